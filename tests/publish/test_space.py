"""Deploying the Space over real HTTP to the stand-in Hub: what is uploaded and what is refused."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import SpaceCard

from publish import space
from publish.calls import PushError
from tests.hub_stand_in import Fault, HubStandIn, Repository

# The Hub's client passes large files to httpx2 in a way that httpx2 deprecates.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")

ROOT = Path(__file__).parents[2]


def commits(hub: HubStandIn) -> list[dict[str, bytes]]:
    return [files for repository in hub.repositories.values() for files in repository.commits]


def existing_space(hub: HubStandIn, *names: str) -> Repository:
    """A Space that already holds these files."""
    repository = Repository(sdk="gradio", commits=[dict.fromkeys(names, b"old")])
    hub.repositories["owner/name"] = repository
    return repository


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project of the same shape, which a test may change."""
    root = tmp_path / "project"
    for part in space.PARTS:
        path = root / part.replace("**/*", "deep/any").replace("*", "any")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(part)
    monkeypatch.setattr(space, "ROOT", root)
    (root / "README.md").write_text("---\nsdk: gradio\n---\n")
    return root


def test_the_files_are_what_the_app_needs_and_no_more() -> None:
    files = space.space_files()
    assert {"app.py", "LICENSE", "README.md", "requirements.txt", "ui/page.py"} < set(files)
    assert {"emotion/model/emotion.onnx", "examples/astronaut.jpg"} < set(files)
    tops = {path.partition("/")[0] for path in files if "/" in path}
    assert tops <= {"emotion", "ui", "examples", "docs"}
    assert not [path for path in files if "cache" in path or "test" in path]


def test_a_new_space_starts_from_what_was_uploaded(hub: HubStandIn, tmp_path: Path) -> None:
    url = space.deploy("owner/name")
    (files,) = commits(hub)
    assert url.startswith(f"{hub.url}/owner/name/commit/")
    assert sorted(files) == space.space_files()
    assert hub.repositories["owner/name"].sdk == "gradio"
    assert not hub.repositories["owner/name"].private
    fresh = tmp_path / "fresh"
    for name, content in files.items():
        (fresh / name).parent.mkdir(parents=True, exist_ok=True)
        (fresh / name).write_bytes(content)
    code = (
        "import sys, gradio, app, emotion, ui\n"
        "gradio.Blocks.launch = lambda page, **options: None\n"
        "app.main()\n"
        "print(emotion.__file__, ui.__file__, *(name for name in sys.modules if '.' not in name))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=fresh,
        env=os.environ | {"GRADIO_TEMP_DIR": str(tmp_path / "gradio")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    package, page, *modules = done.stdout.split()
    assert package == str(fresh / "emotion" / "__init__.py")
    assert page == str(fresh / "ui" / "__init__.py")
    assert not {"train", "tests", "publish", "torch"} & set(modules)


def test_removed_files_are_deleted_in_the_same_commit(hub: HubStandIn, project: Path) -> None:
    repository = existing_space(hub, "app.py", "old.py", "ui/gone.py", ".gitattributes")
    space.deploy("owner/name")
    before, after = repository.commits
    assert set(before) - set(after) == {"old.py", "ui/gone.py"}
    assert set(after) == {*space.space_files(), ".gitattributes"}
    assert after["app.py"] == b"app.py"
    assert hub.asked("repos/create") == 0
    space.deploy("owner/name")
    assert len(repository.commits) == 2, "nothing has changed"


def test_options_are_for_a_new_space(hub: HubStandIn, project: Path) -> None:
    assert space.main(["owner/name", "--private", "--hardware", "zero-a10g"]) == 0
    repository = hub.repositories["owner/name"]
    assert (repository.private, repository.hardware) == (True, "zero-a10g")
    repository.private = False
    with pytest.raises(PushError, match="owner/name already exists and is public: make it"):
        space.deploy("owner/name", private=True)
    with pytest.raises(PushError, match="owner/name already exists: choose its hardware in"):
        space.deploy("owner/name", hardware="cpu-upgrade")
    assert len(repository.commits) == 1


def test_a_dry_run_lists_the_files_offline(
    hub: HubStandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    assert space.main(["owner/name", "--dry-run"]) == 0
    assert capsys.readouterr().out.splitlines() == space.space_files()
    assert hub.requests == []


def test_an_incomplete_project_is_not_deployed(hub: HubStandIn, project: Path) -> None:
    """The pictures that the README shows are part of it, and what it links to is not."""
    (project / "README.md").write_text("![The page](docs/page.png) [not](train/RESULTS.md)")
    (project / "app.py").unlink()
    with pytest.raises(PushError, match=r"the whole project: it has no app\.py, docs/page\.png$"):
        space.deploy("owner/name")
    assert hub.requests == []
    for name in ("app.py", "docs/page.png"):
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).touch()
    assert {"app.py", "docs/page.png"} <= set(space.space_files())
    assert "train/RESULTS.md" not in space.space_files()


def test_caches_and_hidden_files_are_not_uploaded(project: Path) -> None:
    before = space.space_files()
    for junk in ("ui/__pycache__/page.pyc", "ui/.old/page.py", "emotion/model/.part", "run.log"):
        (project / junk).parent.mkdir(exist_ok=True)
        (project / junk).touch()
    assert space.space_files() == before


def test_the_readme_gets_a_thumbnail(hub: HubStandIn) -> None:
    space.deploy("owner/name")
    (files,) = commits(hub)
    local = SpaceCard((ROOT / "README.md").read_text())
    uploaded = SpaceCard(files["README.md"].decode())
    assert uploaded.text == local.text
    thumbnail = uploaded.data.to_dict().pop("thumbnail")
    address = f"{hub.url}/spaces/owner/name/resolve/main/"
    assert thumbnail.startswith(address)
    assert thumbnail.removeprefix(address) in files
    assert uploaded.data.to_dict() == local.data.to_dict() | {"thumbnail": thumbnail}


def test_what_goes_wrong_on_the_way(hub: HubStandIn, project: Path, pauses: list[float]) -> None:
    with pytest.raises(PushError, match="'name' lacks its owner"):
        space.deploy("name")
    assert hub.requests == []
    hub.fail("repos/create", 402)
    with pytest.raises(PushError, match="for a free account: try --hardware zero-a10g"):
        space.deploy("owner/name")
    assert commits(hub) == []
    for request in ("repos/create", "commit"):  # once broken, they are tried again
        hub.cut(request, "after")
    space.deploy("owner/name")
    assert len(commits(hub)) == 1
    assert len(pauses) == 2


def test_someone_elses_commit_is_not_overwritten(
    hub: HubStandIn, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository, usual = existing_space(hub, "app.py"), hub.fault

    def commit_meanwhile(request: str) -> Fault | None:
        if "preupload" in request:
            repository.commits.append({"app.py": b"theirs"})
        return usual(request)

    monkeypatch.setattr(hub, "fault", commit_meanwhile)
    with pytest.raises(PushError, match="owner/name was changed while this was uploaded"):
        space.deploy("owner/name")
    assert repository.commits[-1] == {"app.py": b"theirs"}
