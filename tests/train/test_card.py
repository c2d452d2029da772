"""The card: figures from metrics.json alone, parts that may be missing, snippets that run."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelCard

from emotion.hub import BUNDLED_MODEL
from emotion.types import LABELS
from tests.train.finished import measured, metrics
from train.card import write_card
from train.figures import FiguresError


@pytest.fixture(autouse=True)
def _model(tmp_path: Path, tiny_model: Path) -> None:
    shutil.copy(tiny_model, tmp_path / "emotion.onnx")


def card_of(folder: Path, figures: Any, repo_id: str | None = "owner/name") -> str:
    measured(folder, figures)
    return write_card(folder, repo_id).read_text()


def numbers(node: Any) -> Iterator[float]:
    """All the numbers in a JSON value."""
    if isinstance(node, dict | list):
        for child in node.values() if isinstance(node, dict) else node:
            yield from numbers(child)
    elif isinstance(node, int | float):
        yield node


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "does not exist"),
        ("", "not JSON"),
        ("{}", "neither test nor valid"),
        (json.dumps({"test": {}}), "figures of another file"),
    ],
)
def test_bad_metrics_are_named_and_no_card_is_written(
    tmp_path: Path, content: str | None, said: str
) -> None:
    if content is not None:
        (tmp_path / "metrics.json").write_text(content)
    with pytest.raises(FiguresError, match=said) as caught:
        write_card(tmp_path, None)
    assert str(tmp_path / "metrics.json") in str(caught.value)
    assert not (tmp_path / "README.md").exists()


def test_the_bundled_card_is_written_in_plain_words_and_up_to_date(tmp_path: Path) -> None:
    shutil.copytree(BUNDLED_MODEL.parent, tmp_path / "bundled")
    card = write_card(tmp_path / "bundled", None).read_text()
    assert card == (BUNDLED_MODEL.parent / "MODEL_CARD.md").read_text()
    for jargon in ("lfw_expr", r"\bvalid\b", r"\b[Rr]ecall\b", r"in train\b"):
        assert not re.search(jargon, card), jargon


def test_front_matter_has_a_model_index_with_splits_and_nothing_verified(tmp_path: Path) -> None:
    figures = metrics()
    content = card_of(tmp_path, figures)
    data = ModelCard(content).data
    values = {
        (result.dataset_type, result.dataset_split, result.metric_type): result.metric_value
        for result in data.eval_results
    }
    test, press = figures["test"], figures["photographs"]["lfw_expr"]
    expected = {
        ("somefaces-votes", "validation", "accuracy"): figures["valid"]["accuracy"],
        ("somefaces-votes", "test", "f1"): test["macro"]["f1"],
        ("fer2013", "test", "roc_auc"): test["fer2013"]["auc"]["mean"],
        # It was chosen by this collection, which is no test then.
        ("pressphotographs", "validation", "accuracy"): press["balanced_accuracy"],
    }
    assert {key: values[key] for key in expected} == pytest.approx(expected, abs=1e-4)
    assert "verif" not in content.partition("\n---\n")[0]
    assert (data.license, data.library_name, data.model_name) == ("cc-by-4.0", "onnx", "name")
    assert data.datasets == ["somefaces"]


def test_every_percentage_comes_from_the_metrics(tmp_path: Path) -> None:
    known = {f"{100 * number:.1f}" for number in numbers(metrics())}
    # An interval is of 95 % by its definition, and annotators agree with 63 % of the labels.
    shown = set(re.findall(r"([\d.]+) %", card_of(tmp_path, metrics()))) - {"95", "63"}
    assert len(shown) > 30
    assert shown <= known


@pytest.mark.parametrize(
    ("part", "gone", "instead"),
    [
        ("training", "seed 0", "Not stated"),
        ("photographs", "Press photographs", "Not measured"),
        ("valid", "| validation |", "| test |"),
        ("test", "| test |", "There are no figures on a test split"),
    ],
)
def test_parts_may_be_missing(tmp_path: Path, part: str, gone: str, instead: str) -> None:
    figures = metrics()
    assert gone in card_of(tmp_path, figures)
    del figures[part]
    card = card_of(tmp_path, figures)
    assert gone not in card
    assert instead in card
    assert "None" not in card
    assert "![" not in card, "no plot lies there"


def test_groups_of_people_are_compared_where_they_were_told_apart(tmp_path: Path) -> None:
    figures = metrics()
    card = card_of(tmp_path, figures)
    assert "| female | 200 | 190 | 72.1 % | 70.2 % to 74.3 % |" in card
    assert "often enough: happy, neutral. Too few photographs: not stated (14).\n" in card
    assert "was **not measured**" not in card
    parts = figures["photographs"]["lfw_expr"]["by"]["gender"]
    parts["scored"] = []
    for group in parts["groups"].values():
        group["balanced_accuracy"] = group["interval"] = None
    card = card_of(tmp_path, figures)
    assert "share no expression that all show often enough" in card
    assert "| female | 200 | 190 | – | – |" in card


def test_a_model_without_votes_speaks_of_labels(tmp_path: Path) -> None:
    figures = metrics()
    figures["model"] |= {"votes": False, "prior_floor": None}
    figures["training"]["votes"] = False
    for split in ("valid", "test"):
        figures[split]["truth"] = "labels"
        for part in ("fer2013", "cross_entropy", "unnamed_auc"):
            del figures[split][part]
    card = card_of(tmp_path, figures)
    for words in ("fer2013", "equally often", "FER+", "annotators", "bibtex"):
        assert words not in card


def test_fewer_labels_than_seven(tmp_path: Path) -> None:
    figures = metrics()
    for split in ("valid", "test"):
        figures[split]["classes"]["disgust"] |= {"count": 0, "recall": 0.0}
        figures[split]["auc"] |= {"mean": None}
        figures[split]["auc"]["classes"]["disgust"] = None
    card = card_of(tmp_path, figures)
    assert "| disgust | " not in card.partition("## Photographs")[0]
    assert "Fear is recognised worst" in card
    assert "None" not in card


def test_it_says_who_taught_and_what_it_started_from(tmp_path: Path) -> None:
    figures = metrics()
    said = card_of(tmp_path, figures)
    assert "what `lite0`, `vgg16` say" in said
    assert "VGGFace2" in said
    assert "One of its teachers started from weights learned on ImageNet" in said
    assert "[the project](https://code.example/faces)" in said
    for before in ("", "VGGFace2", "ImageNet"):
        figures["training"] |= {"weights": [], "learned_before": before, "teachers": []}
        said = card_of(tmp_path, figures)
        assert ("It started from weights learned on ImageNet" in said) is (before == "ImageNet")
        assert ("VGGFace2" in said) is (before == "VGGFace2")
        assert "It also learned" not in said
        assert "The rights in the photographs" not in said
    figures["training"] |= {"start": "emotion.onnx", "learned_before": "FER-2013 with FER+ votes"}
    said = card_of(tmp_path, figures)
    assert "Before these the network had learned FER-2013 with FER+ votes." in said
    assert "The rights in the photographs stay with others" in said


def test_words_from_the_labels_file_are_no_markup(tmp_path: Path) -> None:
    figures = metrics()
    press = figures["photographs"]["lfw_expr"]
    parts = press["by"]["gender"]
    parts["groups"] = {"<b>a|b</b>\n": parts["groups"]["female"]}
    figures["photographs"] = {"<i>|": press | {"by": {"<u>": parts}}}
    card = card_of(tmp_path, figures).partition("\n---\n")[2]
    assert "| &lt;b&gt;a\\|b&lt;/b&gt; | 200 |" in card
    assert not re.search("<[biu]>", card)
    tables = re.findall(r"(?:^\|.*\n)+", card.replace("\\|", ""), re.MULTILINE)
    widths = [{line.count("|") for line in table.splitlines()} for table in tables]
    assert [len(width) for width in widths] == [1] * 7


def test_the_snippets_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    _, plain = re.findall(r"```python\n(.*?)```", card_of(tmp_path, metrics(), None), re.DOTALL)
    exec(plain, {})
    assert tuple(eval(capsys.readouterr().out)) == LABELS
    card = card_of(tmp_path, metrics())
    for code in re.findall(r"```python\n(.*?)```", card, re.DOTALL):
        compile(code, "card", "exec")
    for named in (
        'EmotionRecognizer("owner/name")',
        'hf_hub_download("owner/name", "emotion.onnx")',
        "emotion photo.jpg --model owner/name\n",
        "python -m train --data FOLDER --weights owner/name\n",
    ):
        assert named in card
