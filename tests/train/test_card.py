"""The card: figures from metrics.json alone, parts that may be missing, snippets that run."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from huggingface_hub import ModelCard

from emotion.types import LABELS
from tests.train.finished import measured, metrics
from train import plots
from train.card import PLOTS, write_card
from train.figures import FiguresError


@pytest.fixture(autouse=True)
def model(tmp_path: Path, tiny_model: Path) -> Path:
    """The file that the card is about."""
    return Path(shutil.copy(tiny_model, tmp_path / "emotion.onnx"))


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


def snippets(card: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", card, re.DOTALL)


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


def test_front_matter_has_a_model_index_with_splits_and_nothing_verified(tmp_path: Path) -> None:
    content = card_of(tmp_path, metrics())
    data = ModelCard(content).data
    values = {
        (result.dataset_type, result.dataset_split, result.metric_name): result.metric_value
        for result in data.eval_results
    }
    assert values == {
        ("somefaces-votes", "validation", "Accuracy"): 0.713,
        ("somefaces-votes", "validation", "Macro F1"): 0.681,
        ("somefaces-votes", "validation", "Mean one-vs-rest AUC"): 0.934,
        ("somefaces-votes", "test", "Accuracy"): 0.697,
        ("somefaces-votes", "test", "Macro F1"): 0.665,
        ("somefaces-votes", "test", "Mean one-vs-rest AUC"): 0.934,
        ("fer2013", "test", "Accuracy"): 0.702,
        ("fer2013", "test", "Macro F1"): 0.67,
        ("fer2013", "test", "Mean one-vs-rest AUC"): 0.934,
        # It was chosen by this collection, which is no test then.
        ("pressphotographs", "validation", "Balanced accuracy, detection included"): 0.619,
    }
    assert "verif" not in content.partition("\n---\n")[0]
    assert (data.license, data.library_name, data.model_name) == ("cc-by-4.0", "onnx", "name")
    assert data.datasets == ["somefaces"]


def test_every_percentage_comes_from_the_metrics(tmp_path: Path) -> None:
    known = {f"{100 * number:.1f}" for number in numbers(metrics())}
    # An interval is of 95 % by its definition, and annotators agree with 63 % of the labels.
    shown = set(re.findall(r"([\d.]+) %", card_of(tmp_path, metrics()))) - {"95", "63"}
    assert len(shown) > 30
    assert shown <= known


def test_says_what_the_law_says_and_whom_to_cite(tmp_path: Path) -> None:
    card = card_of(tmp_path, metrics())
    for words in ("Art. 5(1)(f)", "Annex III, 1(c)", "Art. 50(3)"):
        assert words in card
    assert "bibtex" not in card
    figures = metrics()
    figures["training"]["dataset"] = "FER-2013"
    card = card_of(tmp_path, figures)
    for words in ("goodfellow2013challenges", "barsoum2016training", "The rights in the"):
        assert words in card


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


def test_a_visitor_reads_plain_words(tmp_path: Path) -> None:
    card = card_of(tmp_path, metrics())
    assert "| angry | 40.2 % | 50.1 % | 30.3 % | 0.900 | 400 |" in card
    assert "Angry is recognised worst" in card
    for jargon in ("lfw_expr", r"\bvalid\b", r"\b[Rr]ecall\b", r"in train\b"):
        assert not re.search(jargon, card), jargon
    for words in ("Press photographs", "validation", "Share recognised"):
        assert words in card


def test_it_says_what_was_learned_before_other_people_s_photographs(tmp_path: Path) -> None:
    figures = metrics()
    figures["training"] |= {"start": "emotion.onnx", "learned_before": "FER-2013 with FER+ votes"}
    card = card_of(tmp_path, figures)
    assert "Before these the network had learned FER-2013 with FER+ votes." in card
    assert "The rights in the photographs stay with others" in card


def test_groups_of_people_are_compared_where_they_were_told_apart(tmp_path: Path) -> None:
    figures = metrics()
    card = card_of(tmp_path, figures)
    assert "| female | 200 | 190 | 72.1 % | 70.2 % to 74.3 % |" in card
    assert "often enough: happy, neutral. Too few photographs: not stated (14).\n" in card
    assert "was **not measured**" not in card
    assert "| Press photographs | blur | 409 | 51.9 % | 46.2 % to 57.6 % |" in card
    parts = figures["photographs"]["lfw_expr"]["by"]["gender"]
    parts["scored"] = []
    for group in parts["groups"].values():
        group["balanced_accuracy"] = group["interval"] = None
    card = card_of(tmp_path, figures)
    assert "share no expression that all show often enough" in card
    assert "| female | 200 | 190 | – | – |" in card
    figures["photographs"]["lfw_expr"] |= {"by": {}, "corrupted": {}}
    card = card_of(tmp_path, figures)
    assert "spoilt" not in card
    assert "Fairness between groups of people was **not measured**" in card


def test_it_says_what_a_probability_means(tmp_path: Path) -> None:
    figures = metrics()
    card = card_of(tmp_path, figures)
    assert "what people said they saw" in card
    assert "**if all seven expressions were met equally often**" in card
    assert "as FER-2013's own labels have it" in card
    assert "Cross-entropy with the votes is 0.876; balanced accuracy" in card
    assert "less certain than others, with an AUC of 0.765." in card
    assert "| test, output `fer2013`, FER-2013's labels | 3589 | 70.2 % |" in card
    for part in ("fer2013", "cross_entropy", "unnamed_auc"):
        del figures["test"][part]
    figures["model"] |= {"votes": False, "prior_floor": None}
    figures["training"]["votes"] = False
    for split in ("valid", "test"):
        figures[split]["truth"] = "labels"
    card = card_of(tmp_path, figures)
    for words in ("fer2013", "equally often", "FER+", "annotators"):
        assert words not in card


def test_fewer_labels_than_seven(tmp_path: Path) -> None:
    figures = metrics()
    for split in ("valid", "test"):
        figures[split]["classes"]["disgust"] |= {"count": 0, "recall": 0.0}
        figures[split]["auc"] |= {"mean": None}
        figures[split]["auc"]["classes"]["disgust"] = None
    card = card_of(tmp_path, figures)
    assert "| disgust | " not in card.partition("## Photographs")[0]
    assert "Angry is recognised worst" in card
    assert "None" not in card


def test_it_says_who_taught_and_what_it_started_from(tmp_path: Path) -> None:
    said = card_of(tmp_path, metrics())
    assert "what `lite0`, `vgg16` say" in said
    assert "12 epochs in 1 h 2 min" in said
    assert "Epoch 9 was the best on the validation split" in said
    assert "VGGFace2" in said
    assert "One of its teachers started from weights learned on ImageNet" in said
    assert "[the project](https://code.example/faces)" in said
    figures = metrics()
    for weights in ([], ["vggface2"], ["imagenet"]):
        figures["training"] |= {"weights": weights, "teachers": []}
        said = card_of(tmp_path, figures)
        assert ("It started from weights learned on ImageNet" in said) is (weights == ["imagenet"])
        assert ("VGGFace2" in said) is (weights == ["vggface2"])
        assert "It also learned" not in said


def test_words_from_the_labels_file_are_no_markup(tmp_path: Path) -> None:
    figures = metrics()
    by = figures["photographs"]["lfw_expr"].pop("by")
    parts = by["gender"]
    parts["groups"] = {"<b>a|b</b>\n": parts["groups"]["female"]}
    figures["photographs"] = {"<i>|": figures["photographs"]["lfw_expr"] | {"by": {"<u>": parts}}}
    card = card_of(tmp_path, figures).partition("\n---\n")[2]
    assert "| &lt;b&gt;a\\|b&lt;/b&gt; | 200 |" in card
    assert not re.search("<[biu]>", card)


def test_plots_are_those_of_evaluation_and_shown_where_they_are(tmp_path: Path) -> None:
    assert tuple(PLOTS) == plots.NAMES
    assert "![" not in card_of(tmp_path, metrics())
    (tmp_path / "roc.png").touch()
    assert re.findall(r"!\[.+\]\((.+)\)", card_of(tmp_path, metrics())) == ["roc.png"]


def test_tables_have_as_many_cells_as_their_heads(tmp_path: Path) -> None:
    tables = re.findall(r"(?:^\|.*\n)+", card_of(tmp_path, metrics()), re.MULTILINE)
    widths = [{line.count("|") for line in table.splitlines()} for table in tables]
    assert [len(width) for width in widths] == [1] * 7


def test_without_a_name_the_card_is_of_the_bundled_model(tmp_path: Path) -> None:
    card = card_of(tmp_path, metrics(), None)
    assert "EmotionRecognizer()" in card
    assert "--model" not in card
    plain = snippets(card, "python")[1]
    done = subprocess.run(
        [sys.executable, "-c", plain], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert tuple(eval(done.stdout)) == LABELS


def test_with_a_name_the_snippets_load_it_by_that(tmp_path: Path) -> None:
    card = card_of(tmp_path, metrics())
    recognize, plain, network = snippets(card, "python")
    assert 'EmotionRecognizer("owner/name")' in recognize
    assert 'hf_hub_download("owner/name", "emotion.onnx")' in plain
    assert snippets(card, "sh") == [
        "emotion photo.jpg --model owner/name\n",
        "python -m train --data FOLDER --weights owner/name\n",
    ]
    for code in (recognize, plain, network):
        compile(code, "card", "exec")
