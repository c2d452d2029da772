"""The model card: metrics.json to README.md with front matter that the Hub reads.

Every figure in it comes from metrics.json; the words stand in card.md.jinja beside this file.
"""

import html
from pathlib import Path
from typing import Any

import jinja2
from huggingface_hub import EvalResult, ModelCard, ModelCardData

from emotion.crop import BOX_PER_FRAME, CENTRE_LIFT
from emotion.types import CROP_SIZE, LABELS
from train.figures import METRICS, FiguresError, is_of, read

TEMPLATE = Path(__file__).with_name("card.md.jinja")
CARD, MODEL = "README.md", "emotion.onnx"
# Shown where the file lies beside the card.
PLOTS = {
    "confusion.png": "Confusion matrix",
    "roc.png": "ROC curve of each class",
    "reliability.png": "Reliability diagram",
}
# What metrics.json may hold beside the splits.
PARTS = ("model", "training", "photographs")
# Off the diagonal of the confusion matrix: how many pairs the card names.
CONFUSIONS = 3


def write_card(folder: Path, repo_id: str | None) -> Path:
    """Write README.md into the folder from its metrics.json, and return its path.

    Without a `repo_id` the card speaks of the model that is bundled with the package. The plots
    that lie in the folder are shown. Raises FiguresError.
    """
    figures = read(folder / METRICS)
    if not {"valid", "test"} & set(figures):
        raise FiguresError(f"{folder / METRICS} has figures of neither test nor valid")
    if not is_of(figures, folder / MODEL):
        raise FiguresError(f"{folder / METRICS} has the figures of another file than {MODEL}")
    path = folder / CARD
    try:
        card = ModelCard(_render(figures, folder, repo_id))
    except (jinja2.UndefinedError, KeyError) as error:
        raise FiguresError(f"{folder / METRICS} lacks a figure for the card: {error}") from error
    card.save(path)
    return path


def _render(figures: dict[str, Any], folder: Path, repo_id: str | None) -> str:
    environment = jinja2.Environment(  # noqa: S701  # Markdown, not HTML
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"percent": _percent, "duration": _duration, "cell": _cell}
    splits = {name: figures[name] for name in ("test", "valid") if name in figures}
    split, main = next(iter(splits.items()))
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        card_data=_metadata(figures, repo_id).to_yaml(),
        repo_id=repo_id,
        labels=LABELS,
        crop_size=CROP_SIZE,
        box_per_frame=BOX_PER_FRAME,
        centre_lift=CENTRE_LIFT,
        split=split,
        main=main,
        splits=splits,
        confused=_confused(main["confusion"]),
        weakest=_by_recall(main["classes"])[0],
        strongest=_by_recall(main["classes"])[-1],
        plots={file: title for file, title in PLOTS.items() if (folder / file).is_file()},
        compared=_each(figures, "by"),
        spoilt=_each(figures, "corrupted"),
        **{part: figures.get(part) for part in PARTS},
    )


def _metadata(figures: dict[str, Any], repo_id: str | None) -> ModelCardData:
    return ModelCardData(
        license="mit",
        library_name="onnx",
        pipeline_tag="image-classification",
        tags=["facial-expression-recognition", "emotion-recognition", "fer2013", "onnxruntime"],
        metrics=["accuracy", "f1", "roc_auc"],
        model_name=repo_id.split("/")[-1] if repo_id else "emotion",
        eval_results=_results(figures),
    )


def _results(figures: dict[str, Any]) -> list[EvalResult]:
    """The model-index; `verified` is the Hub's to set, never ours."""
    results = []
    for split in ("valid", "test"):
        if split in figures:
            found = figures[split]
            results += [
                _result("fer2013", split, "accuracy", "Accuracy", found["accuracy"]),
                _result("fer2013", split, "f1", "Macro F1", found["macro"]["f1"]),
                _result("fer2013", split, "roc_auc", "Mean one-vs-rest AUC", found["auc"]["mean"]),
            ]
    name = "Balanced accuracy, detection included"
    for collection, found in (figures.get("photographs") or {}).items():
        value = found["balanced_accuracy"]
        results.append(_result(collection, "test", "accuracy", name, value))
    return results


def _result(dataset: str, split: str, kind: str, name: str, value: float) -> EvalResult:
    return EvalResult(
        task_type="image-classification",
        task_name="Facial expression recognition",
        dataset_type=dataset,
        dataset_name="FER-2013" if dataset == "fer2013" else dataset,
        dataset_split=split,
        metric_type=kind,
        metric_name=name,
        metric_value=round(value, 4),
    )


def _confused(matrix: list[list[int]]) -> list[tuple[str, str, int]]:
    """(true, taken for, how often), the most frequent first; rows of the matrix are true."""
    pairs = [
        (LABELS[true], LABELS[taken], count)
        for true, row in enumerate(matrix)
        for taken, count in enumerate(row)
        if true != taken and count
    ]
    return sorted(pairs, key=lambda pair: -pair[2])[:CONFUSIONS]


def _each(figures: dict[str, Any], part: str) -> list[tuple[str, str, dict[str, Any]]]:
    """(collection, name, figures) of all that the part of a collection holds by name."""
    return [
        (collection, name, inner)
        for collection, found in (figures.get("photographs") or {}).items()
        for name, inner in found.get(part, {}).items()
    ]


def _by_recall(classes: dict[str, Any]) -> list[str]:
    """The labels, worst recognised first."""
    return sorted(LABELS, key=lambda label: classes[label]["recall"])


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _cell(text: str) -> str:
    """Words from a file of others, as they stand in a table: no markup, no further cell."""
    return html.escape(" ".join(text.split())).replace("|", "\\|")


def _duration(seconds: float) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{seconds:.0f} s"
