"""What the project is made of: locks that fit the requirements, pinned actions, a plain image."""

import re
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
BOUNDS = tuple(f"requirements{what}.txt" for what in ("", "-bulk", "-train", "-dev"))
LOCKS = {"requirements.lock": BOUNDS[:1], "requirements-dev.lock": BOUNDS}
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def requirements(text: str) -> list[Requirement]:
    lines = [line.partition(" #")[0].strip() for line in text.splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith(("#", "-r"))]


def locked(text: str) -> dict[str, list[str]]:
    """The versions of each package; one may have several, for one Python and another."""
    versions: dict[str, list[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE):
        versions.setdefault(canonicalize_name(name), []).append(version)
    return versions


def test_requirements_and_locks_are_read() -> None:
    assert requirements("") == []
    assert locked("") == {}
    (read,) = requirements("# why\n-r other.txt\na_b>=1,<2; python_version >= '3.13'  # why\n")
    assert (read.name, str(read.specifier)) == ("a_b", "<2,>=1")
    assert locked("a-b==1.0 ; x\n    --hash=sha256:00\na-b==2.0\n") == {"a-b": ["1.0", "2.0"]}


@pytest.mark.parametrize("name", BOUNDS)
def test_every_requirement_has_a_lower_bound_and_most_an_upper_one(name: str) -> None:
    found = requirements((ROOT / name).read_text())
    assert found
    operators = {each.name: {part.operator for part in each.specifier} for each in found}
    assert [name for name, used in operators.items() if ">=" not in used] == []
    # An empty shell of one module that Python dropped: it will not change.
    loose = [name for name, used in operators.items() if "<" not in used]
    assert set(loose) <= {"standard-imghdr"}


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_fits_the_requirements(lock: str) -> None:
    text = (ROOT / lock).read_text()
    versions = locked(text)
    for name in LOCKS[lock]:
        for wanted in requirements((ROOT / name).read_text()):
            found = versions.get(canonicalize_name(wanted.name), [])
            assert found, f"{wanted.name} is not locked: make lock"
            assert all(wanted.specifier.contains(version) for version in found), "make lock"


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_locked_has_a_hash_and_no_other_source(lock: str) -> None:
    text = (ROOT / lock).read_text()
    entries = re.split(r"\n(?=[a-z])", text.strip())
    assert len(entries) > 30
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert not re.search(r"://|--(extra-)?index-url|--find-links| @ ", text)


def test_the_app_runs_in_tests_on_what_it_is_locked_to() -> None:
    app, tests = (locked((ROOT / lock).read_text()) for lock in LOCKS)
    assert app.items() <= tests.items()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_pin_actions_and_ask_for_little(path: Path) -> None:
    text = path.read_text()
    uses = re.findall(r"uses: (\S+)(.*)", text)
    assert uses
    assert all(re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action) for action, _ in uses)
    assert all(re.fullmatch(r" # v[\d.]+", version) for _, version in uses)
    assert yaml.safe_load(text)["permissions"] == {"contents": "read"}
    assert text.count("persist-credentials: false") == text.count("actions/checkout@")


def test_the_makefile_has_every_target_that_is_spoken_of() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    spoken_of = "".join(path.read_text() for path in (*WORKFLOWS, ROOT / "SECURITY.md"))
    named = set(re.findall(r"(?:`|run: )make ([a-z]+)", spoken_of))
    assert {"audit", "hosting", "licences", "lock", "sbom", "test"} <= named <= targets


def test_the_image_is_pinned_and_runs_without_rights() -> None:
    assert re.search(r"^FROM python:3\.12\.\d+-slim-\w+$", DOCKERFILE, re.MULTILINE)
    assert re.search(r"^USER [1-9]\d+:[1-9]\d+$", DOCKERFILE, re.MULTILINE)
    assert "--require-hashes -r requirements.lock" in DOCKERFILE
    assert "/healthz" in DOCKERFILE


def test_the_image_gets_what_it_copies_and_nothing_else() -> None:
    allowed = re.findall(r"^!([\w.-]+)", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    copied = re.findall(r"^COPY ((?:\S+ )+)\S+$", DOCKERFILE, re.MULTILINE)
    assert {name for names in copied for name in names.split()} == set(allowed)
    assert all((ROOT / name).exists() for name in allowed)
