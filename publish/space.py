"""Create or update a Hugging Face Space with this app, in one commit.

    python -m publish.space OWNER/NAME                         on the hardware the README names
    python -m publish.space OWNER/NAME --hardware zero-a10g    a new Space on a free account
    python -m publish.space OWNER/NAME --dry-run               list the files without uploading them

The Space ends up with exactly these files: files that were removed here are deleted there.
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

# Everything `python app.py` reads. The pictures shown in the README are added.
PARTS = (
    "app.py",
    "requirements.txt",
    "README.md",
    "LICENSE",
    "emotion/**/*.py",
    "emotion/detection/mtcnn_networks/*",
    "emotion/model/*",
    "ui/**/*.py",
    "ui/static/**/*",
    "ui/texts/*.json",
    "examples/*.jpg",
    "examples/SOURCES.md",
)
README_PICTURE = re.compile(r"!\[[^]]*\]\(([\w./-]+)\)")

KEPT = {".gitattributes"}  # created by the Hub to track its large files

# 402 Payment Required: the Hub's answer when a free account asks for a Space on cpu-basic.
HINTS = {
    402: "the Hub makes no new Gradio Space on cpu-basic for a free account: "
    "try --hardware zero-a10g (ZeroGPU, two are free), or subscribe to PRO"
}


def main(argv: list[str] | None = None) -> int:
    """Run the command line. Return 0, or 1 after printing one sentence to stderr."""
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
    """Create or update the Space, and return the URL of the commit.

    hardware applies to new Spaces only. Raises PushError, and then nothing was committed.
    """
    check_name(repo_id)
    files = space_files()
    api = HfApi(token=find_token())
    check_rights(api, repo_id, "space")
    _create(api, repo_id, private=private, hardware=hardware)
    # Each attempt reads the Space again, so a retry never commits twice.
    return attempt(repo_id, lambda: _commit(api, repo_id, files))


def space_files() -> list[str]:
    """Return the sorted paths a Space needs. Raises PushError if one is missing."""
    found = {part: _matching(part) for part in PARTS}
    if found["README.md"]:
        shown = README_PICTURE.findall((ROOT / "README.md").read_text(encoding="utf-8"))
        found |= {picture: _matching(picture) for picture in shown}
    missing = [part for part, paths in found.items() if not paths]
    if missing:
        raise PushError(f"{ROOT} is not the whole project: it has no {', '.join(missing)}")
    return sorted({path for paths in found.values() for path in paths})


def _matching(part: str) -> list[str]:
    paths = [path.relative_to(ROOT) for path in ROOT.glob(part) if path.is_file()]
    return [path.as_posix() for path in paths if not any(p.startswith(".") for p in path.parts)]


def _create(api: HfApi, repo_id: str, *, private: bool, hardware: str | None) -> None:
    """Create the Space if it doesn't exist. Raises PushError if it exists and doesn't fit."""
    if attempt(repo_id, lambda: api.repo_exists(repo_id, repo_type="space")):
        if hardware:
            raise PushError(f"{repo_id} already exists: choose its hardware in its settings")
        if private and not attempt(repo_id, lambda: api.space_info(repo_id)).private:
            raise PushError(
                f"{repo_id} already exists and is public: make it private in its settings first"
            )
        return
    attempt(
        repo_id,
        lambda: api.create_repo(
            repo_id,
            repo_type="space",
            space_sdk="gradio",
            space_hardware=SpaceHardware(hardware) if hardware else None,
            private=private or None,
            exist_ok=True,  # a retry after the connection broke
        ),
        advice=HINTS,
    )


def _commit(api: HfApi, repo_id: str, files: list[str]) -> str:
    space = api.space_info(repo_id)
    operations: list[CommitOperationAdd | CommitOperationDelete] = [
        *(CommitOperationAdd(path, _content(path, repo_id)) for path in files),
        *(CommitOperationDelete(path) for path in sorted(_paths(space) - KEPT - set(files))),
    ]
    commit = api.create_commit(
        repo_id,
        operations,
        repo_type="space",
        commit_message="Deploy the app",
        parent_commit=space.sha,  # refuse to overwrite someone else's commit
    )
    return commit.commit_url


def _content(path: str, repo_id: str) -> Path | bytes:
    return _readme(repo_id) if path == "README.md" else ROOT / path


def _readme(repo_id: str) -> bytes:
    """Return the README with its first picture as the Space's thumbnail.

    A thumbnail needs a full URL, which depends on where the Space is.
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
    parser = argparse.ArgumentParser(prog="python -m publish.space", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("space", metavar="OWNER/NAME")
    parser.add_argument("--private", action="store_true", help="make a new Space private")
    parser.add_argument(
        "--hardware",
        choices=[kind.value for kind in SpaceHardware],
        metavar="KIND",
        help="hardware of a new Space, such as zero-a10g or cpu-upgrade",
    )
    parser.add_argument("--dry-run", action="store_true", help="list the files without uploading")
    return parser


if __name__ == "__main__":
    sys.exit(main())
