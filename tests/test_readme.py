"""The README against the code: what it says can be typed, and the figures are the model's."""

import contextlib
import io
import json
import re
import shlex
from importlib.metadata import version
from pathlib import Path

import pytest
import yaml

from emotion import hub
from emotion.cli import main as cli
from train import __main__ as train_command
from train import evaluate
from train.recipes import RECIPES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
METRICS = json.loads((ROOT / "emotion" / "model" / "metrics.json").read_text())


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)


def shell_lines(program: str) -> list[list[str]]:
    """The arguments of each line that starts the program."""
    lines = "".join(blocks("shell")).splitlines()
    split = [shlex.split(line, comments=True) for line in lines if line.startswith(program + " ")]
    return [words[len(program.split()) :] for words in split]


def percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def test_the_front_matter_fits_what_is_installed() -> None:
    front = yaml.safe_load(README.split("---")[1])
    assert front["sdk_version"] == version("gradio")
    assert (ROOT / front["app_file"]).is_file()
    assert front["preload_from_hub"] == [f"{hub.YUNET_REPO} {hub.YUNET_FILE} {hub.YUNET_REVISION}"]
    assert len(front["short_description"]) <= 60, "the Hub refuses a longer one"


def test_the_five_lines_of_python_print_what_stands_below_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(ROOT)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(blocks("python")[0], {})
    assert printed.getvalue() == blocks("text")[0]


def test_the_json_has_the_keys_of_the_command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert cli.main(["examples/astronaut.jpg", "--json"]) == 0
    printed, shown = json.loads(capsys.readouterr().out), json.loads(blocks("json")[0])
    assert list(printed) == list(shown)
    assert list(printed["ms"]) == list(shown["ms"])
    (face,), (shown_face,) = printed["faces"], shown["faces"]
    assert list(face) == list(shown_face)
    assert shown_face["probabilities"].items() <= face["probabilities"].items()
    assert shown_face["box"] == face["box"]


def test_every_command_is_one_that_the_programs_take() -> None:
    emotion, training = shell_lines("python -m emotion"), shell_lines("python -m train")
    evaluating = shell_lines("python -m train.evaluate")
    assert [len(lines) > 1 for lines in (emotion, training, evaluating)] == [True] * 3
    for words in emotion:
        if words != ["download"]:
            cli.make_parser().parse_args(words)
    for words in training:
        train_command._parser().parse_args(words)
    for words in evaluating:
        evaluate._parser().parse_args(words)


def test_make_has_the_two_targets() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = [line.split()[1] for line in blocks("shell")[0].splitlines()]
    assert targets == ["run", "test"]
    assert all(f"\n{target}:" in makefile for target in targets)


def test_the_results_are_those_of_the_bundled_model() -> None:
    for row in results(METRICS):
        assert row in README


def results(metrics: dict) -> list[str]:
    """The rows of the README's table of results."""
    test, model = metrics["test"], metrics["model"]
    press = metrics["photographs"]["lfw_expr"]
    low, high = test["interval"]
    press_low, press_high = press["interval"]
    rest, head = test["without_twins"], metrics["label_head"]["test"]
    hardest = min(press["corrupted"].values(), key=lambda found: found["balanced_accuracy"])
    return [
        f"| FER-2013 test, accuracy | {percent(test['accuracy'])} [{100 * low:.1f}, "
        f"{100 * high:.1f}] | {test['count']:,} images, one view, the bundled file |",
        f"| … without images that have a twin in train | {percent(rest['accuracy'])} | "
        f"{rest['count']:,} images |",
        f"| … macro-F1 | {test['macro']['f1']:.3f} | |",
        f"| … expected calibration error | {test['calibration_error']:.3f} | calibrated on valid |",
        f"| … accuracy of the labels' head alone | {percent(head['accuracy'])} | not what is "
        "served |",
        f"| press photographs, balanced accuracy | {percent(press['balanced_accuracy'])} "
        f"[{100 * press_low:.1f}, {100 * press_high:.1f}] | {press['count']} photographs, five "
        "expressions |",
        f"| … with mouth and chin behind a mask | {percent(hardest['balanced_accuracy'])} | the "
        f"worst of {len(press['corrupted'])} ways of spoiling them |",
        f"| size | {model['bytes'] / 1e6:.1f} MB | {model['architecture']} at {model['size']} px |",
    ]


def test_every_recipe_is_in_the_table() -> None:
    assert re.findall(r"^\| `([\w-]+)` \|", README, re.MULTILINE) == list(RECIPES)


@pytest.mark.parametrize("path", sorted(set(re.findall(r"\]\(([\w./-]+)\)", README))))
def test_every_link_leads_somewhere(path: str) -> None:
    assert (ROOT / path).exists()
