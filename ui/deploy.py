"""This app to a Space on Hugging Face, created or updated in one commit.

    python -m ui.deploy OWNER/NAME                         as the README's front matter says
    python -m ui.deploy OWNER/NAME --hardware zero-a10g    for a new Space of a free account
    python -m ui.deploy OWNER/NAME --dry-run               list the files, ask nobody

The Space then holds these files and no others: what vanished here is deleted there.
"""

import argparse
import re
import sys
from pathlib import Path

from huggingface_hub import (
    CommitOperationAdd,
    CommitOperationDelete,
    HfApi,
    SpaceCard,
    SpaceHardware,
    constants,
)
from huggingface_hub.hf_api import SpaceInfo

from emotion.types import EmotionError
from publish.calls import PushError, attempt
from publish.rights import check_name, check_rights, find_token

ROOT = Path(__file__).parents[1]

# All that `python app.py` reads; the pictures that the README shows come on top.
PARTS = (
    "app.py",
    "requirements.txt",
    "README.md",
    "LICENSE",
    "emotion/**/*.py",
    "emotion/model/*",
    "ui/**/*.py",
    "ui/static/**/*",
    "ui/texts/*.json",
    "examples/*.jpg",
    "examples/SOURCES.md",
)
README_PICTURE = re.compile(r"!\[[^]]*\]\(([\w./-]+)\)")

OURS = {"ui/deploy.py"}  # deploys, and is not needed there
THEIRS = {".gitattributes"}  # the Hub makes it, and keeps large files by it

# Payment required: what the Hub says to a free account that wants a Space on cpu-basic.
HINTS = {
    402: "the Hub makes no new Gradio Space on cpu-basic for a free account: "
    "try --hardware zero-a10g (ZeroGPU, two are free), or subscribe to PRO"
}


def main(argv: list[str] | None = None) -> int:
    """The command line; the exit status is 0, or 1 after one sentence on stderr."""
    options = _parser().parse_args(argv)
    try:
        if options.dry_run:
            check_name(options.space)
            print("\n".join(space_files()))
        else:
            print(deploy(options.space, private=options.private, hardware=options.hardware))
    except EmotionError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def deploy(repo_id: str, *, private: bool = False, hardware: str | None = None) -> str:
    """Create or update the Space, and return the address of the commit.

    hardware is for a new Space. Raises PushError; then the Space has all of it or nothing.
    """
    check_name(repo_id)
    files = space_files()
    api = HfApi(token=find_token())
    check_rights(api, repo_id, "space")
    _create(api, repo_id, private=private, hardware=hardware)
    # A second attempt reads anew what is there, and commits nothing twice.
    return attempt(repo_id, lambda: _commit(api, repo_id, files))


def space_files() -> list[str]:
    """The paths under the root that a Space needs, sorted; PushError where one is missing."""
    found = {part: _matching(part) for part in PARTS}
    if found["README.md"]:
        shown = README_PICTURE.findall((ROOT / "README.md").read_text(encoding="utf-8"))
        found |= {picture: _matching(picture) for picture in shown}
    missing = [part for part, paths in found.items() if not paths]
    if missing:
        raise PushError(f"{ROOT} is not the whole project: it has no {', '.join(missing)}")
    return sorted({path for paths in found.values() for path in paths} - OURS)


def _matching(part: str) -> list[str]:
    paths = [path.relative_to(ROOT) for path in ROOT.glob(part) if path.is_file()]
    return [path.as_posix() for path in paths if not any(p.startswith(".") for p in path.parts)]


def _create(api: HfApi, repo_id: str, *, private: bool, hardware: str | None) -> None:
    """Make the Space where there is none; PushError where one is there that does not fit."""
    if attempt(repo_id, lambda: api.repo_exists(repo_id, repo_type="space")):
        if hardware:
            raise PushError(f"{repo_id} is there already: choose its hardware in its settings")
        if private and not attempt(repo_id, lambda: api.space_info(repo_id)).private:
            raise PushError(f"{repo_id} is there already, and public: make it private there first")
        return
    attempt(
        repo_id,
        lambda: api.create_repo(
            repo_id,
            repo_type="space",
            space_sdk="gradio",
            space_hardware=SpaceHardware(hardware) if hardware else None,
            private=private or None,
            exist_ok=True,  # where the connection broke after it was made
        ),
        advice=HINTS,
    )


def _commit(api: HfApi, repo_id: str, files: list[str]) -> str:
    there = api.space_info(repo_id)
    operations: list[CommitOperationAdd | CommitOperationDelete] = [
        *(CommitOperationAdd(path, _content(path, repo_id)) for path in files),
        *(CommitOperationDelete(path) for path in sorted(_paths(there) - THEIRS - set(files))),
    ]
    done = api.create_commit(
        repo_id,
        operations,
        repo_type="space",
        commit_message="Deploy the app",
        parent_commit=there.sha,  # what another changes meanwhile is not overwritten unseen
    )
    return done.commit_url


def _content(path: str, repo_id: str) -> Path | bytes:
    return _readme(repo_id) if path == "README.md" else ROOT / path


def _readme(repo_id: str) -> bytes:
    """The README, with its first picture as the one to be shown where the Space is linked.

    That needs a full address, which no file here can know.
    """
    card = SpaceCard((ROOT / "README.md").read_text(encoding="utf-8"))
    pictures = README_PICTURE.findall(card.text)
    if pictures and not card.data.get("thumbnail"):
        address = f"{constants.ENDPOINT}/spaces/{repo_id}/resolve/main/{pictures[0]}"
        card.data["thumbnail"] = address
    return str(card).encode()


def _paths(space: SpaceInfo) -> set[str]:
    return {file.rfilename for file in space.siblings or []}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ui.deploy", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("space", metavar="OWNER/NAME")
    parser.add_argument("--private", action="store_true", help="a new Space only you can see")
    parser.add_argument(
        "--hardware",
        choices=[kind.value for kind in SpaceHardware],
        metavar="KIND",
        help="of a new Space, such as zero-a10g or cpu-upgrade",
    )
    parser.add_argument("--dry-run", action="store_true", help="list the files, upload nothing")
    return parser


if __name__ == "__main__":
    sys.exit(main())
