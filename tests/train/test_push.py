"""Pushes over real HTTP to the stand-in Hub: what arrives, what is refused, what is tried again."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import huggingface_hub.constants
import numpy as np
import pytest
import torch
from huggingface_hub import ModelCard
from safetensors.torch import load_file

from emotion.classify import EmotionClassifier
from emotion.types import LABELS
from publish.calls import WAITS, PushError
from tests.hub_stand_in import TOKEN, HubStandIn, running
from tests.train.finished import finished, measured, metrics
from train import checkpoint
from train.network import build
from train.push import NEEDED, check, push
from train.recipes import Recipe, to_json

# The Hub's client hands large files to httpx2 in a way that httpx2 is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")

ROOT = Path(__file__).parents[2]
PUSHED = {
    "README.md", "config.json", "confusion.png", "emotion.onnx", "metrics.json",
    "model.safetensors", "reliability.png", "roc.png",
}  # fmt: skip

# In the order of a push: a break at any of them must leave nothing half done.
REQUESTS = (
    "repos/create",
    "validate-yaml",
    "preupload",
    "objects/batch",
    "PUT .*storage",
    "commit",
)


@pytest.fixture
def out(tmp_path: Path, tiny_model: Path) -> Path:
    """A finished --out folder."""
    return finished(tmp_path / "out", tiny_model)


def commits(hub: HubStandIn) -> list[dict[str, bytes]]:
    return [files for there in hub.repositories.values() for files in there.commits]


def faces() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (3, 48, 48), np.uint8)


def test_pushes_all_in_one_commit(hub: HubStandIn, out: Path) -> None:
    url = push(out, "owner/name")
    (files,) = commits(hub)
    assert url.startswith(f"{hub.url}/owner/name/commit/")
    assert set(files) == PUSHED
    assert files["emotion.onnx"] == (out / "emotion.onnx").read_bytes()
    assert json.loads(files["metrics.json"])["test"] == metrics()["test"]
    assert ModelCard(files["README.md"].decode()).data.model_name == "name"
    assert b'EmotionRecognizer("owner/name")' in files["README.md"]


def test_weights_and_recipe_are_those_of_the_best_checkpoint(
    hub: HubStandIn, out: Path, tmp_path: Path
) -> None:
    push(out, "owner/name")
    (files,) = commits(hub)
    best = checkpoint.load(out / "best.pt")
    (tmp_path / "weights").write_bytes(files["model.safetensors"])
    weights = load_file(tmp_path / "weights")
    assert set(weights) == set(best["network"]) == {"weight"}
    assert torch.equal(weights["weight"], best["network"]["weight"])
    config = json.loads(files["config.json"])
    assert config == {"labels": list(LABELS), "recipe": json.loads(best["recipe"])}


def test_the_card_s_snippet_loads_the_weights(
    hub: HubStandIn, tmp_path: Path, tiny: Recipe, tiny_model: Path
) -> None:
    out = finished(tmp_path / "out", tiny_model)
    torch.manual_seed(0)
    network = build(tiny)
    checkpoint.save({"network": network.state_dict(), "recipe": to_json(tiny)}, out / "best.pt")
    push(out, "owner/name")
    (files,) = commits(hub)
    snippet = re.findall(r"```python\n(.*?)```", files["README.md"].decode(), re.DOTALL)[-1]
    made: dict[str, Any] = {}
    exec(snippet, made)
    for name, tensor in network.state_dict().items():
        assert torch.equal(made["network"].state_dict()[name], tensor)


def test_what_is_pushed_classifies_the_same(hub: HubStandIn, out: Path, tiny_model: Path) -> None:
    push(out, "owner/name")
    expected = EmotionClassifier(tiny_model).classify(faces())
    assert np.array_equal(EmotionClassifier("owner/name").classify(faces()), expected)
    assert hub.asked("^GET /owner/name/resolve/.*/emotion.onnx") == 1


@pytest.mark.slow
def test_by_the_environment_alone_in_processes_of_their_own(out: Path, tmp_path: Path) -> None:
    download = "from emotion import EmotionClassifier as E; print(E('lab/name').metadata)"
    upload = "\n".join(
        [
            "import sys, pathlib; from train.push import check, push",
            "check('lab/name')",
            "print(push(pathlib.Path(sys.argv[1]), 'lab/name'))",
        ]
    )
    with running() as hub:
        env = os.environ | {
            "HF_ENDPOINT": hub.url,
            "HF_HOME": str(tmp_path / "home"),
            "HF_HUB_CACHE": str(tmp_path / "home" / "hub"),
            "HF_HUB_OFFLINE": "0",
            "HF_HUB_DISABLE_XET": "1",
            "HF_TOKEN": TOKEN,
        }
        printed = [
            subprocess.run(
                [sys.executable, "-c", code, str(out)],
                cwd=ROOT, env=env, capture_output=True, text=True, check=True,
            ).stdout
            for code in (upload, download)
        ]  # fmt: skip
        assert len(commits(hub)) == 1
        assert printed[0].startswith(f"{hub.url}/lab/name/commit/")
        assert "'version': 'tiny'" in printed[1]


def test_a_second_push_commits_what_changed_and_nothing_twice(hub: HubStandIn, out: Path) -> None:
    push(out, "owner/name")
    push(out, "owner/name")
    assert len(commits(hub)) == 1
    figures = metrics()
    figures["test"]["accuracy"] = 0.715
    measured(out, figures)
    push(out, "owner/name")
    first, second = commits(hub)
    assert {name for name in PUSHED if first[name] != second[name]} == {"README.md", "metrics.json"}
    assert hub.asked("repos/create") == 3  # answered 409 but for the first


def test_a_pull_request_leaves_main_alone(hub: HubStandIn, out: Path) -> None:
    push(out, "owner/name")
    measured(out, metrics() | {"photographs": {}})
    url = push(out, "owner/name", create_pr=True)
    assert url == f"{hub.url}/owner/name/discussions/1"
    assert len(commits(hub)) == 1
    assert [set(files) for files in hub.repositories["owner/name"].pull_requests] == [PUSHED]


def test_a_dry_run_leaves_the_folder_and_asks_the_hub_nothing(
    hub: HubStandIn, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    for _ in range(2):
        assert push(out, "owner/name", dry_run=True) == str(out / "hub")
        assert {path.name for path in (out / "hub").iterdir()} == PUSHED
    assert hub.requests == []


@pytest.mark.parametrize("missing", [NEEDED, ("best.pt",)], ids="+".join)
def test_an_unfinished_folder_is_named_with_what_it_lacks(
    hub: HubStandIn, out: Path, missing: tuple[str, ...]
) -> None:
    for name in missing:
        (out / name).unlink()
    with pytest.raises(PushError) as caught:
        push(out, "owner/name")
    assert str(caught.value) == f"{out} is not finished: it has no {', '.join(missing)}"
    assert hub.requests == []


@pytest.mark.parametrize("name", ["", "name", "a/b/c", "owner/na me", "owner/-name", "o/n@main"])
def test_a_bad_name_is_refused_before_anything_is_asked(
    hub: HubStandIn, out: Path, name: str
) -> None:
    for call in (
        lambda: check(name),
        lambda: push(out, name),
        lambda: push(out, name, dry_run=True),
    ):
        with pytest.raises(PushError, match=repr(name)):
            call()
    assert hub.requests == []


@pytest.mark.parametrize("repo_id", ["owner/name", "lab/name"])
def test_check_asks_and_makes_nothing(hub: HubStandIn, repo_id: str) -> None:
    check(repo_id)
    assert hub.repositories == {}
    assert hub.asked("whoami-v2") == 1


def scope(name: str, *permissions: str) -> dict[str, object]:
    return {"entity": {"type": "user", "name": name}, "permissions": list(permissions)}


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ({}, None),
        ({"role": "write"}, None),
        ({"role": "read"}, "may not write to owner/name"),
        ({"role": "fineGrained"}, "may not write to owner/name"),
        ({"role": "fineGrained", "fineGrained": {"scoped": [scope("owner", "repo.write")]}}, None),
        (
            {"role": "fineGrained", "fineGrained": {"scoped": [scope("owner", "repo.read")]}},
            "may not write to owner/name",
        ),
        (
            {"role": "fineGrained", "fineGrained": {"scoped": [scope("lab", "repo.write")]}},
            "may not write to owner/name",
        ),
    ],
)
def test_check_of_the_token_s_role(hub: HubStandIn, token: dict, said: str | None) -> None:
    hub.account["auth"]["accessToken"] = token
    if said is None:
        check("owner/name")
        assert hub.asked("whoami-v2") == 1
    else:
        with pytest.raises(PushError, match=said):
            check("owner/name")
        check("owner/name", create_pr=True)


def test_a_private_push_is_refused_where_the_repository_is_public(
    hub: HubStandIn, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    push(out, "owner/hidden", private=True)
    assert hub.repositories["owner/hidden"].private
    push(out, "owner/name")
    with pytest.raises(PushError, match="owner/name is on the Hub already, and public"):
        push(out, "owner/name", private=True)
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(PushError, match="no token for the Hub: set HF_TOKEN"):
        check("owner/name")


def test_check_of_another_s_name(hub: HubStandIn) -> None:
    with pytest.raises(PushError, match="owner can't write for other, only for owner, lab"):
        check("other/name")
    check("other/name", create_pr=True)


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (401, "does not accept the token"),
        (402, "asks for payment before it takes owner/name"),
        (403, "may not write to owner/name"),
        (429, "answered 429"),
    ],
)
def test_a_refusal_is_one_sentence_and_not_tried_again(
    hub: HubStandIn, out: Path, pauses: list[float], status: int, said: str
) -> None:
    for request in ("repos/create", "commit"):
        before = hub.asked(request)
        hub.fail(request, status)
        with pytest.raises(PushError, match=said) as caught:
            push(out, "owner/name")
        assert "\n" not in str(caught.value)
        assert hub.asked(request) == before + 1
    assert commits(hub) == []
    assert pauses == []


@pytest.mark.parametrize("kind", ["before", "after"])
@pytest.mark.parametrize("request_", REQUESTS)
def test_a_connection_that_breaks_once_is_tried_again(
    hub: HubStandIn, out: Path, pauses: list[float], request_: str, kind: str
) -> None:
    hub.cut(request_, kind)
    push(out, "owner/name")
    (files,) = commits(hub)
    assert set(files) == PUSHED
    assert len(pauses) == 1


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_connection_that_stays_broken_commits_nothing(
    hub: HubStandIn, out: Path, pauses: list[float], request_: str
) -> None:
    hub.cut(request_, times=1000)
    with pytest.raises(PushError, match=f"the Hub at {hub.url} can't be reached: "):
        push(out, "owner/name")
    assert commits(hub) == []
    # Between our attempts, and in each up to five of the client's own for each of the large files.
    assert len(WAITS) <= len(pauses) <= len(WAITS) + (len(WAITS) + 1) * 5 * 5


def test_a_pull_request_is_not_opened_twice(
    hub: HubStandIn, out: Path, pauses: list[float]
) -> None:
    hub.cut("commit", "after")
    with pytest.raises(PushError, match="can't be reached"):
        push(out, "owner/name", create_pr=True)
    assert len(hub.repositories["owner/name"].pull_requests) == 1
    assert pauses == []


def test_no_hub_at_all(hub: HubStandIn, pauses: list[float]) -> None:
    hub.shutdown()
    hub.server_close()
    with pytest.raises(PushError, match=f"the Hub at {hub.url} can't be reached"):
        check("owner/name")
    assert pauses == list(WAITS)


def test_offline_by_wish(hub: HubStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    with pytest.raises(PushError, match="HF_HUB_OFFLINE is set"):
        check("owner/name")
    assert hub.requests == []
