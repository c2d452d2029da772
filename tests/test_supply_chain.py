"""Requirements and their locks agree, actions are pinned, and the image is plain."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCKS = {"requirements.lock": {"app"}, "requirements-dev.lock": {"dev"}}
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def required(*extras: str) -> dict[str, Requirement]:
    """The package's requirements and those of its extras, by name."""
    lines = list(PROJECT["dependencies"])
    for extra in extras:
        lines += PROJECT["optional-dependencies"][extra]
    found = [Requirement(line) for line in lines]
    inner = sorted({extra for each in found if each.name == "emotion" for extra in each.extras})
    nested = required(*inner) if inner else {}
    return nested | {each.name: each for each in found if each.name != "emotion"}


def locked(name: str) -> dict[str, list[str]]:
    """The versions of each package; one may have several, for one Python and another."""
    versions: dict[str, list[str]] = {}
    text = (ROOT / name).read_text()
    for package, version in re.findall(r"^([\w.-]+)==([\w.]+)", text, re.MULTILINE):
        versions.setdefault(canonicalize_name(package), []).append(version)
    return versions


def test_a_space_installs_what_the_package_says() -> None:
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    listed = {str(Requirement(line)) for line in lines if not line.startswith("#")}
    assert listed == {str(each) for each in required("app").values()}


def test_bounds() -> None:
    everything = required(*PROJECT["optional-dependencies"])
    operators = {name: {s.operator for s in each.specifier} for name, each in everything.items()}
    assert len(operators) > 20
    assert [name for name, used in operators.items() if ">=" not in used] == []
    assert [name for name, used in operators.items() if "<" not in used] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_satisfies_the_requirements(lock: str) -> None:
    versions = locked(lock)
    for name, wanted in required(*LOCKS[lock]).items():
        found = versions.get(canonicalize_name(name), [])
        assert found, f"{name} is not locked: make lock"
        assert all(wanted.specifier.contains(version) for version in found), "make lock"


@pytest.mark.parametrize("lock", LOCKS)
def test_everything_locked_has_a_hash_and_no_other_source(lock: str) -> None:
    text = (ROOT / lock).read_text()
    entries = re.split(r"\n(?=[a-z])", text.strip())
    assert len(entries) > 30
    assert [entry for entry in entries if "--hash=sha256:" not in entry] == []
    assert not re.search(r"://|--(extra-)?index-url|--find-links| @ ", text)


def test_the_tests_run_on_what_the_app_is_locked_to() -> None:
    app, tests = (locked(lock) for lock in LOCKS)
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


def test_the_image_is_pinned_and_runs_without_rights() -> None:
    assert re.search(r"^FROM python:3\.12\.\d+-slim-\w+$", DOCKERFILE, re.MULTILINE)
    assert re.search(r"^USER [1-9]\d+:[1-9]\d+$", DOCKERFILE, re.MULTILINE)
    assert "--require-hashes -r requirements.lock" in DOCKERFILE
    assert "/healthz" in DOCKERFILE


def test_the_image_copies_what_is_not_ignored() -> None:
    allowed = re.findall(r"^!([\w.-]+)", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    copied = re.findall(r"^COPY ((?:\S+ )+)\S+$", DOCKERFILE, re.MULTILINE)
    assert {name for names in copied for name in names.split()} == set(allowed)
    assert all((ROOT / name).exists() for name in allowed)
