"""The model card: metrics.json to README.md with front matter that the Hub reads.

Every figure in it comes from metrics.json; the words stand in card.md.jinja beside this file.
"""

import html
import re
from pathlib import Path
from typing import Any

import jinja2
from huggingface_hub import EvalResult, ModelCard, ModelCardData

from emotion.crop import BOX_PER_FRAME, CENTRE_LIFT
from emotion.types import CROP_SIZE, LABELS
from train.figures import METRICS, Figures, FiguresError, is_of, read

TEMPLATE = Path(__file__).with_name("card.md.jinja")
CARD, MODEL = "README.md", "emotion.onnx"
# What an evaluation draws, in this order; shown where the file lies beside the card.
PLOTS = {
    "confusion.png": "Confusion matrix",
    "roc.png": "ROC curve of each class",
    "reliability.png": "Reliability diagram",
}
# What a visitor reads for the names of splits, and of the collections that were measured here.
SPLITS = {"test": "test", "valid": "validation"}
COLLECTIONS = {
    "ck": "Posed faces (CK+)",
    "jaffe": "Posed faces (JAFFE)",
    "lfw_expr": "Press photographs",
}
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


def _render(figures: Figures, folder: Path, repo_id: str | None) -> str:
    environment = jinja2.Environment(  # noqa: S701  # Markdown, not HTML
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    filters = {"percent": _percent, "duration": _duration, "cell": _cell, "decimals": _decimals}
    environment.filters |= filters
    splits = {shown: figures[name] for name, shown in SPLITS.items() if name in figures}
    split, main = next(iter(splits.items()))
    shown = [label for label in LABELS if main["classes"][label]["count"]]
    by_recall = sorted(shown, key=lambda label: float(main["classes"][label]["recall"]))
    collections = _photographs(figures)
    return environment.from_string(TEMPLATE.read_text(encoding="utf-8")).render(
        card_data=_metadata(figures, repo_id).to_yaml(),
        repo_id=repo_id,
        labels=LABELS,
        crop_size=CROP_SIZE,
        box_per_frame=BOX_PER_FRAME,
        centre_lift=CENTRE_LIFT,
        split=split,
        main={"fer2013": None} | main,
        splits={name: {"fer2013": None} | found for name, found in splits.items()},
        confused=_confused(main["confusion"]),
        weakest=by_recall[0],
        strongest=by_recall[-1],
        plots={file: title for file, title in PLOTS.items() if (folder / file).is_file()},
        compared=any(found["by"] for found in collections.values()),
        spoilt=any(found["corrupted"] for found in collections.values()),
        photographs=collections,
        model=figures["model"],
        training=figures.get("training"),
    )


def _photographs(figures: Figures) -> Figures:
    """Each collection, under the name that is shown."""
    found = figures.get("photographs", {})
    return {COLLECTIONS.get(name, name): inner for name, inner in found.items()}


def _metadata(figures: Figures, repo_id: str | None) -> ModelCardData:
    trained = figures.get("training") or {}
    return ModelCardData(
        license=figures["model"]["licence"] or "unknown",
        library_name="onnx",
        pipeline_tag="image-classification",
        tags=["facial-expression-recognition", "emotion-recognition", "onnxruntime"],
        datasets=[_slug(trained["dataset"])] if trained else None,
        metrics=["accuracy", "f1", "roc_auc"],
        model_name=repo_id.split("/")[-1] if repo_id else "emotion",
        eval_results=_results(figures, trained.get("dataset", "unknown")),
    )


def _slug(dataset: str) -> str:
    """As the Hub writes a data set: OWNER/NAME as it is, fer2013 for FER-2013."""
    return dataset if "/" in dataset else re.sub(r"[^a-z0-9]+", "", dataset.lower())


def _results(figures: Figures, dataset: str) -> list[EvalResult]:
    """The model-index; `verified` is the Hub's to set, never ours."""
    rows: list[tuple[Any, ...]] = []
    for part, split in SPLITS.items():
        found = figures.get(part, {})
        source = (_slug(dataset), dataset)
        if found.get("truth") == "votes":
            source = (f"{source[0]}-votes", f"{dataset} by the majority of FER+ votes")
        for (kind, name), one in (
            (source, found),
            (("fer2013", "FER-2013"), found.get("fer2013")),
        ):
            if one:
                about = (kind, name, split)
                rows.append((*about, "accuracy", "Accuracy", one["accuracy"]))
                rows.append((*about, "f1", "Macro F1", one["macro"]["f1"]))
                rows.append((*about, "roc_auc", "Mean one-vs-rest AUC", one["auc"]["mean"]))
    for name, found in _photographs(figures).items():
        about = (_slug(name), name, "validation" if found["chosen"] else "test")
        what = "Balanced accuracy, detection included"
        rows.append((*about, "accuracy", what, found["balanced_accuracy"]))
    return [
        EvalResult(
            task_type="image-classification",
            task_name="Facial expression recognition",
            dataset_type=kind,
            dataset_name=name,
            dataset_split=split,
            metric_type=metric,
            metric_name=metric_name,
            metric_value=round(value, 4),
        )
        for kind, name, split, metric, metric_name, value in rows
        if value is not None
    ]


def _confused(matrix: list[list[int]]) -> list[tuple[str, str, int]]:
    """(true, taken for, how often), the most frequent first; rows of the matrix are true."""
    pairs = [
        (LABELS[true], LABELS[taken], count)
        for true, row in enumerate(matrix)
        for taken, count in enumerate(row)
        if true != taken and count
    ]
    return sorted(pairs, key=lambda pair: -pair[2])[:CONFUSIONS]


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{100 * share:.1f} %"


def _decimals(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _cell(text: str) -> str:
    """Words from a file of others, as they stand in a table: no markup, no further cell."""
    return html.escape(" ".join(text.split())).replace("|", "\\|")


def _duration(seconds: float) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min" if minutes else f"{seconds:.0f} s"
