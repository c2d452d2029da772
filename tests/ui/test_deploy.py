"""The Space over real HTTP to the stand-in Hub: what arrives, what runs, what is refused."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from huggingface_hub import SpaceCard

from publish.calls import WAITS, PushError
from tests.hub_stand_in import Fault, HubStandIn, Repository
from ui import deploy

# The Hub's client hands large files to httpx2 in a way that httpx2 is about to drop.
pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=<...>':DeprecationWarning")

ROOT = Path(__file__).parents[2]

# In the order of a deployment.
REQUESTS = ("whoami", "repos/create", "validate-yaml", "preupload", "objects/batch", "commit")


def commits(hub: HubStandIn) -> list[dict[str, bytes]]:
    return [files for there in hub.repositories.values() for files in there.commits]


def space(hub: HubStandIn, *names: str, private: bool = False) -> Repository:
    """A Space that is there already, with these files."""
    made = Repository(private, "gradio", commits=[dict.fromkeys(names, b"old")])
    hub.repositories["owner/name"] = made
    return made


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A small project of the same shape, which the tests may change."""
    root = tmp_path / "project"
    for part in deploy.PARTS:
        path = root / part.replace("**/*", "deep/any").replace("*", "any")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(part)
    monkeypatch.setattr(deploy, "ROOT", root)
    (root / "README.md").write_text("---\nsdk: gradio\n---\n")
    return root


def test_a_new_space_is_made_in_one_commit(hub: HubStandIn) -> None:
    url = deploy.deploy("owner/name")
    (files,) = commits(hub)
    assert url.startswith(f"{hub.url}/owner/name/commit/")
    assert sorted(files) == deploy.space_files()
    same = set(files) - {"README.md"}
    assert {path: (ROOT / path).read_bytes() for path in same} == {
        path: files[path] for path in same
    }
    assert hub.repositories["owner/name"].sdk == "gradio"
    assert not hub.repositories["owner/name"].private


def test_the_files_are_those_the_app_needs_and_no_others() -> None:
    files = deploy.space_files()
    assert {"app.py", "LICENSE", "README.md", "requirements.txt", "ui/page.py"} < set(files)
    assert {"emotion/model/emotion.onnx", "examples/astronaut.jpg", "ui/static/page.css"} < set(
        files
    )
    tops = {path.partition("/")[0] for path in files if "/" in path}
    assert tops <= {"emotion", "ui", "examples", "docs"}
    wanted = {".py", ".txt", ".md", ".json", ".onnx", ".png", ".jpg", ".css", ".js", ".html", ""}
    assert {Path(path).suffix for path in files} <= wanted
    assert not [path for path in files if "cache" in path or "test" in path]


def test_what_arrives_starts_in_a_folder_of_its_own(hub: HubStandIn, tmp_path: Path) -> None:
    deploy.deploy("owner/name")
    (files,) = commits(hub)
    fresh = tmp_path / "fresh"
    for name, content in files.items():
        (fresh / name).parent.mkdir(parents=True, exist_ok=True)
        (fresh / name).write_bytes(content)
    code = (
        "import json, sys, gradio, app, emotion, ui\n"
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
    assert (Path(package), Path(page)) == (
        fresh / "emotion" / "__init__.py",
        fresh / "ui" / "__init__.py",
    )
    assert not {"train", "tests", "publish", "torch"} & set(modules)


def test_what_vanished_here_is_deleted_there_in_the_same_commit(
    hub: HubStandIn, project: Path
) -> None:
    there = space(hub, "app.py", "old.py", "ui/gone.py", ".gitattributes")
    deploy.deploy("owner/name")
    before, after = there.commits
    assert set(before) - set(after) == {"old.py", "ui/gone.py"}
    assert set(after) == {*deploy.space_files(), ".gitattributes"}
    assert after["app.py"] == b"app.py"
    assert hub.asked("repos/create") == 0


def test_a_second_time_commits_what_changed_and_nothing_twice(
    hub: HubStandIn, project: Path
) -> None:
    deploy.deploy("owner/name")
    deploy.deploy("owner/name")
    assert len(commits(hub)) == 1
    (project / "app.py").write_text("new")
    deploy.deploy("owner/name")
    first, second = commits(hub)
    assert {name for name in first if first[name] != second[name]} == {"app.py"}


def test_a_new_space_is_private_and_of_the_hardware_asked_for(
    hub: HubStandIn, project: Path
) -> None:
    assert deploy.main(["owner/name", "--private", "--hardware", "zero-a10g"]) == 0
    made = hub.repositories["owner/name"]
    assert (made.private, made.hardware) == (True, "zero-a10g")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"private": True}, "is there already, and public: make it private there first"),
        ({"hardware": "cpu-upgrade"}, "is there already: choose its hardware in its settings"),
    ],
)
def test_a_space_that_does_not_fit_is_left_alone(
    hub: HubStandIn, project: Path, options: dict[str, object], said: str
) -> None:
    there = space(hub, "app.py")
    with pytest.raises(PushError, match=f"^owner/name {said}"):
        deploy.deploy("owner/name", **options)
    assert len(there.commits) == 1


def test_a_private_space_stays_private(hub: HubStandIn, project: Path) -> None:
    there = space(hub, "app.py", private=True)
    deploy.deploy("owner/name", private=True)
    assert (there.private, len(there.commits)) == (True, 2)


def test_a_dry_run_lists_the_files_and_asks_nobody(
    hub: HubStandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("HF_TOKEN")
    assert deploy.main(["owner/name", "--dry-run"]) == 0
    assert capsys.readouterr().out.splitlines() == deploy.space_files()
    assert hub.requests == []


@pytest.mark.parametrize("name", ["", "name", "a/b/c", "owner/na me", "owner/-name", "o/n@main"])
@pytest.mark.parametrize("options", [[], ["--dry-run"]], ids=["real", "dry"])
def test_a_bad_name_is_refused_before_anything_is_asked(
    hub: HubStandIn, name: str, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert deploy.main([name, *options]) == 1
    error = capsys.readouterr().err
    assert repr(name) in error
    assert error.count("\n") == 1
    assert hub.requests == []


def test_no_token(hub: HubStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_TOKEN")
    with pytest.raises(PushError, match="no token for the Hub: set HF_TOKEN"):
        deploy.deploy("owner/name")
    assert hub.requests == []


@pytest.mark.parametrize("part", ["app.py", "requirements.txt", "emotion/model", "examples"])
def test_a_project_that_lacks_a_part_is_not_deployed(
    hub: HubStandIn, project: Path, part: str
) -> None:
    missing = project / part
    shutil.rmtree(missing) if missing.is_dir() else missing.unlink()
    with pytest.raises(PushError, match=f"is not the whole project: it has no {re.escape(part)}"):
        deploy.deploy("owner/name")
    assert hub.requests == []


def test_what_is_not_the_project_s_stays_here(project: Path) -> None:
    before = deploy.space_files()
    for junk in ("ui/__pycache__/page.pyc", "ui/.old/page.py", "emotion/model/.part", "run.log"):
        (project / junk).parent.mkdir(exist_ok=True)
        (project / junk).touch()
    assert deploy.space_files() == before


def test_the_readme_gets_a_thumbnail_of_its_own_and_keeps_the_rest(hub: HubStandIn) -> None:
    deploy.deploy("owner/name")
    (files,) = commits(hub)
    here, there = (
        SpaceCard((ROOT / "README.md").read_text()),
        SpaceCard(files["README.md"].decode()),
    )
    assert there.text == here.text
    thumbnail = there.data.to_dict().pop("thumbnail")
    address = f"{hub.url}/spaces/owner/name/resolve/main/"
    assert thumbnail.startswith(address)
    assert thumbnail.removeprefix(address) in files
    assert there.data.to_dict() == here.data.to_dict() | {"thumbnail": thumbnail}


def test_pictures_of_the_readme_come_along(project: Path) -> None:
    (project / "README.md").write_text("![The page](docs/page.png) [not](train/RESULTS.md)")
    with pytest.raises(PushError, match=r"it has no docs/page\.png$"):
        deploy.space_files()
    (project / "docs").mkdir()
    (project / "docs" / "page.png").touch()
    assert "docs/page.png" in deploy.space_files()
    assert "train/RESULTS.md" not in deploy.space_files()


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("request_", "status", "said"),
    [
        ("whoami", 401, "does not accept the token"),
        ("repos/create", 402, "for a free account: try --hardware zero-a10g"),
        ("repos/create", 403, "may not write to owner/name"),
        ("commit", 402, "asks for payment before it takes owner/name"),
        ("commit", 409, "something else is changing owner/name just now"),
        ("commit", 412, "was changed while this was uploaded"),
        ("commit", 429, "answered 429"),
    ],
)
def test_a_refusal_is_one_sentence_and_not_tried_again(
    hub: HubStandIn, pauses: list[float], request_: str, status: int, said: str
) -> None:
    hub.fail(request_, status)
    with pytest.raises(PushError, match=said) as caught:
        deploy.deploy("owner/name")
    assert "\n" not in str(caught.value)
    assert hub.asked(request_) == 1
    assert commits(hub) == []
    assert pauses == []


def test_another_s_commit_in_between_is_not_overwritten(
    hub: HubStandIn, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, usual = space(hub, "app.py"), hub.fault

    def meddle(request: str) -> Fault | None:
        if "preupload" in request:
            there.commits.append({"app.py": b"theirs"})
        return usual(request)

    monkeypatch.setattr(hub, "fault", meddle)
    with pytest.raises(PushError, match="owner/name was changed while this was uploaded"):
        deploy.deploy("owner/name")
    assert there.commits[-1] == {"app.py": b"theirs"}


@pytest.mark.parametrize("kind", ["before", "after"])
@pytest.mark.parametrize("request_", REQUESTS)
def test_a_connection_that_breaks_once_is_tried_again(
    hub: HubStandIn, project: Path, pauses: list[float], request_: str, kind: str
) -> None:
    hub.cut(request_, kind)
    deploy.deploy("owner/name")
    (files,) = commits(hub)
    assert sorted(files) == deploy.space_files()
    assert len(pauses) == 1


@pytest.mark.parametrize("request_", REQUESTS)
def test_a_connection_that_stays_broken_commits_nothing(
    hub: HubStandIn, project: Path, pauses: list[float], request_: str
) -> None:
    hub.cut(request_, times=1000)
    with pytest.raises(PushError, match=f"the Hub at {hub.url} can't be reached: "):
        deploy.deploy("owner/name")
    assert commits(hub) == []
    assert len(pauses) >= len(WAITS)
