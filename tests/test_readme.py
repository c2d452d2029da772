"""README and docs against the code: commands can be typed, links work, figures are the model's."""

import contextlib
import io
import json
import re
import shlex
import tomllib
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

import emotion
from emotion import hub
from emotion.cli import main as cli
from train import __main__ as train_command
from train import evaluate
from train.recipes import RECIPES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
DOCS = {path.name: path.read_text() for path in (ROOT / "docs").glob("*.md")}
PAGES = {
    path: path.read_text()
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "SECURITY.md")
}
METRICS = json.loads((ROOT / "emotion" / "model" / "metrics.json").read_text())


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def commands(program: str) -> list[list[str]]:
    """The arguments of each line that starts the program, in all pages."""
    shell = "".join(block for text in PAGES.values() for block in blocks(text, "shell"))
    lines = [
        line for line in shell.replace("\\\n", " ").splitlines() if line.startswith(program + " ")
    ]
    start = len(program.split())
    return [shlex.split(line, comments=True)[start:] for line in lines]


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= 180


def test_the_front_matter_fits_what_is_installed() -> None:
    front = yaml.safe_load(README.split("---")[1])
    assert front["sdk_version"] == version("gradio")
    assert (ROOT / front["app_file"]).is_file()
    assert front["preload_from_hub"] == [f"{hub.YUNET_REPO} {hub.YUNET_FILE} {hub.YUNET_REVISION}"]
    assert len(front["short_description"]) <= 60, "the Hub refuses a longer one"


@pytest.mark.parametrize("page", ["README.md", "docs/python.md"])
def test_the_lines_of_python_print_what_follows(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    text = (ROOT / page).read_text()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(blocks(text, "python")[0], {})
    assert printed.getvalue() == blocks(text, "text")[0]


def test_the_json_has_the_keys_of_the_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert cli.main(["examples/astronaut.jpg", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    shown = json.loads(blocks(DOCS["command-line.md"], "json")[0])
    assert list(printed) == list(shown)
    assert list(printed["ms"]) == list(shown["ms"])
    (face,), (shown_face,) = printed["faces"], shown["faces"]
    assert list(face) == list(shown_face)
    assert shown_face["label"] == face["label"]
    assert shown_face["probabilities"].keys() < face["probabilities"].keys()
    assert shown_face["box"] == pytest.approx(face["box"], abs=1)


def test_every_command_parses() -> None:
    recognising = commands("emotion") + commands("python -m emotion")
    training, evaluating = commands("python -m train"), commands("python -m train.evaluate")
    assert [len(lines) > 1 for lines in (recognising, training, evaluating)] == [True] * 3
    for words in recognising:
        if words != ["download"]:
            cli.make_parser().parse_args(words)
    for words in training:
        train_command._parser().parse_args(words)
    for words in evaluating:
        evaluate._parser().parse_args(words)


def test_every_make_target_and_extra_exists() -> None:
    workflows = (ROOT / ".github" / "workflows").glob("*.yml")
    text = "\n".join([*PAGES.values(), *(path.read_text() for path in workflows)])
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    named = set(re.findall(r"(?:^|`|run: )make ([a-z-]+)", text, re.MULTILINE))
    assert {"audit", "hosting", "licences", "lock", "run", "sbom", "test"} <= named <= set(targets)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = set(re.findall(r"'\.\[(\w+)\]'", text))
    assert extras
    assert extras <= set(project["optional-dependencies"])


def test_the_results_are_those_of_the_bundled_model() -> None:
    test, model, press = METRICS["test"], METRICS["model"], METRICS["photographs"]["lfw_expr"]
    benchmark, twins = test["fer2013"], test["fer2013"]["without_twins"]
    corrupted = press["corrupted"]
    name, worst = min(corrupted.items(), key=lambda item: item[1]["balanced_accuracy"])
    for row in (
        f"| FER+ test, accuracy | {with_interval(test['accuracy'], test)} | "
        f"{test['count']:,} images, the majority of ten annotators |",
        f"| FER-2013 test, accuracy | {with_interval(benchmark['accuracy'], benchmark)} | "
        f"{benchmark['count']:,} images, one view, the bundled file |",
        "| … excluding images with a near-duplicate in train | "
        f"{percent(twins['accuracy'])} | {twins['count']:,} images |",
        f"| expected calibration error | {test['calibration_error']:.3f} | on the test split |",
        f"| press photographs, balanced accuracy | "
        f"{with_interval(press['balanced_accuracy'], press)} | "
        f"{press['count']} photographs, five expressions |",
        f"| size of the model | {model['bytes'] / 1e6:.1f} MB | {model['architecture']} at "
        f"{model['size']} px |",
        f"| … with {name} | {percent(worst['balanced_accuracy'])} | the worst of "
        f"{len(corrupted)} corruptions |",
    ):
        assert row in README


def with_interval(share: float, figures: dict) -> str:
    low, high = figures["interval"]
    return f"{percent(share)} [{100 * low:.1f}, {100 * high:.1f}]"


def test_every_recipe_is_in_the_table() -> None:
    assert re.findall(r"^\| `([\w-]+)` \|", DOCS["training.md"], re.MULTILINE) == list(RECIPES)


def test_every_link_leads_somewhere() -> None:
    links = {
        (page, link)
        for page, text in PAGES.items()
        for link in re.findall(r"\]\(([\w./-]+)\)", re.sub(r"\s+", " ", text))
    }
    assert len(links) > 10
    assert [str(link) for link in links if not (link[0].parent / link[1]).exists()] == []


def test_the_changelog_has_the_version() -> None:
    changelog = (ROOT / "CHANGELOG.md").read_text()
    released = re.findall(r"^## \[(\d+\.\d+\.\d+)\] - \d{4}-\d\d-\d\d$", changelog, re.MULTILINE)
    assert released[0] == emotion.__version__
