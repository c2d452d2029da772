"""Push a finished --out folder to the Hub, in one commit or not at all."""

import json
import shutil
import tempfile
from pathlib import Path

from huggingface_hub import CommitOperationAdd, HfApi
from safetensors.torch import save_file

from emotion.types import LABELS
from publish.calls import WAITS, PushError, attempt
from publish.rights import check_name, check_rights, find_token
from train import checkpoint
from train.card import MODEL, PLOTS, write_card
from train.checkpoint import BEST
from train.figures import METRICS

NEEDED = (MODEL, METRICS, BEST, *PLOTS)
STAGED = "hub"  # the folder in --out that a dry run leaves


def check(repo_id: str, *, create_pr: bool = False) -> None:
    """Check that a push to OWNER/NAME can work, before hours of training.

    Anyone may open a pull request, so with `create_pr` no right to write is asked for. Raises
    PushError.
    """
    check_name(repo_id)
    api = HfApi(token=find_token())
    if create_pr:
        attempt(repo_id, api.whoami)
    else:
        check_rights(api, repo_id)


def push(
    folder: Path,
    repo_id: str,
    *,
    private: bool = False,
    create_pr: bool = False,
    dry_run: bool = False,
) -> str:
    """Upload a finished --out folder and return the address of the commit or pull request.

    With `dry_run` nothing is uploaded: the files lie in the folder's `hub`, whose path is returned.
    Raises PushError, and FiguresError where metrics.json lacks a figure.
    """
    check_name(repo_id)
    _check_finished(folder)
    if dry_run:
        staged = folder / STAGED
        if staged.exists():
            shutil.rmtree(staged)
        return str(prepare(folder, staged, repo_id))
    api = HfApi(token=find_token())
    with tempfile.TemporaryDirectory() as temporary:
        staged = prepare(folder, Path(temporary) / STAGED, repo_id)
        return _upload(api, staged, repo_id, private=private, create_pr=create_pr)


def prepare(folder: Path, staged: Path, repo_id: str) -> Path:
    """Fill the new folder `staged` with what the repository will hold, and return it."""
    staged.mkdir(parents=True)
    for name in (MODEL, METRICS, *PLOTS):
        shutil.copyfile(folder / name, staged / name)
    best = checkpoint.load(folder / BEST, "network", "recipe")
    weights = {name: tensor.contiguous() for name, tensor in best["network"].items()}
    save_file(weights, staged / "model.safetensors", metadata={"format": "pt"})
    config = {"labels": list(LABELS), "recipe": json.loads(best["recipe"])}
    (staged / "config.json").write_text(json.dumps(config, indent=2) + "\n", encoding="utf-8")
    write_card(staged, repo_id)
    return staged


def _upload(api: HfApi, staged: Path, repo_id: str, *, private: bool, create_pr: bool) -> str:
    attempt(repo_id, lambda: api.create_repo(repo_id, private=private or None, exist_ok=True))
    if private and not attempt(repo_id, lambda: api.model_info(repo_id)).private:
        raise PushError(f"{repo_id} is on the Hub already, and public: make it private there first")
    # Trying a commit again commits nothing twice: the client omits files that have not changed. It
    # would open a second pull request, though.
    waits = () if create_pr else WAITS
    return attempt(repo_id, lambda: _commit(api, staged, repo_id, create_pr), waits)


def _commit(api: HfApi, staged: Path, repo_id: str, create_pr: bool) -> str:
    # Not upload_folder: over Xet it splits what takes more than five minutes into several commits.
    done = api.create_commit(
        repo_id,
        [CommitOperationAdd(path.name, path) for path in sorted(staged.iterdir())],
        commit_message="Upload the model, its card and its figures",
        create_pr=create_pr,
    )
    return done.pr_url or done.commit_url


def _check_finished(folder: Path) -> None:
    missing = [name for name in NEEDED if not (folder / name).is_file()]
    if missing:
        raise PushError(f"{folder} is not finished: it has no {', '.join(missing)}")
