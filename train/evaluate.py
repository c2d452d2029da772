"""Measure an ONNX file, as users get it.

    python -m train.evaluate --model FILE.onnx --data DIR --split test --out DIR
    python -m train.evaluate --model FILE.onnx --photographs DIR --out DIR
    python -m train.evaluate --model FILE.onnx --photographs DIR --by gender --by age --out DIR
    python -m train.evaluate --model FILE.onnx --photographs DIR --corrupted --out DIR

The first reads FER-2013 in any form that `python -m train` reads. The second reads
photographs in folders named after their labels, or beside a labels.csv (file, label), and measures
detection, crop and network together. The
third does so also for each group that further columns of labels.csv tell apart, the fourth also
after spoiling each photograph in the ways of train/corrupt.py. All add their figures to
metrics.json in the --out folder.
"""

import argparse
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.metrics import confusion_matrix, roc_auc_score
from tqdm import tqdm

from emotion.classify import CHUNK, FER2013, INPUT, EmotionClassifier
from emotion.crop import crop_faces
from emotion.detection import Name, load_detector
from emotion.hub import find_model
from emotion.image import Pixels, load_image
from emotion.session import Network
from emotion.types import LABELS, EmotionError, Face, ImageError
from train import data, groups, metrics, plots, votes
from train.corrupt import CORRUPTIONS, Corruption
from train.errors import DataError, TrainError
from train.export import LOG_PRIOR
from train.figures import add
from train.labels import LabelNames
from train.read_images import list_photographs
from train.split import Split

MISSED = -1  # the guess where no face was found
CORES = os.cpu_count() or 1
# Figures of a split that are printed beside its accuracy.
FURTHER = ("calibration_error", "balanced_accuracy", "cross_entropy", "unnamed_auc")
# Figures of photographs that are printed.
PRINTED = ["count", "found", "macro_f1", "balanced_accuracy", "interval"]

Floats = npt.NDArray[np.float32]


def main(argv: list[str] | None = None) -> int:
    """The command line; the exit status is 0, or 1 after one sentence on stderr."""
    parser = _parser()
    options = parser.parse_args(argv)
    if (options.by or options.corrupted) and not options.photographs:
        parser.error("--by and --corrupted need --photographs: they are not for crops")
    try:
        options.out.mkdir(parents=True, exist_ok=True)
        if options.photographs:
            name, figures = _photographs(options)
            new = {"photographs": {name: figures}}
        else:
            name, figures = _split(options)
            new = {name: figures}
        add(options.out, find_model(options.model), new)
    except (EmotionError, TrainError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def evaluate_split(
    model: str | Path,
    splits: Mapping[str, Split],
    name: str,
    out: Path,
    dataset: str = "FER-2013",
) -> dict[str, Any]:
    """Figures of the model on one split, with its three plots in `out`.

    What is served is compared with what most of FER+'s annotators saw, or with the labels where
    no face has a majority, with the prior restored: as common as each label was in training. The
    output `fer2013`, where the file has it, is compared with FER-2013's labels.
    """
    split = splits[name]
    classifier = EmotionClassifier(model, threads=CORES)
    served = classifier.classify(split.images)
    natural = restored(served, classifier.metadata)
    voted = votes.usable(split.votes)
    truth = votes.majority(split.votes) if voted else split.labels
    rows = truth != votes.NO_MAJORITY
    # Images that stand in the training file too: a model that learned them is flattered.
    learned = [splits["train"]] if "train" in splits and name != "train" else []
    twin = data.twins(split, *learned)
    plots.draw(truth[rows], natural[rows], out, f"{dataset} {name}")
    figures = {
        "truth": "votes" if voted else "labels",
        **metrics.summarize(truth[rows], natural[rows], twin[rows]),
        "balanced_accuracy": metrics.balanced(
            truth[rows], served[rows].argmax(1), sorted(set(truth[rows]))
        ),
    }
    if voted:
        figures |= _voted(split.votes, served, natural)
    if (benchmark := fer2013(model, split.images)) is not None:
        figures["fer2013"] = metrics.summarize(split.labels, benchmark, twin)
    return figures


def _voted(cast: Floats, served: Floats, natural: Floats) -> dict[str, float | None]:
    """Cross-entropy with the votes, and how well a low confidence tells faces without a name.

    That is the area under the ROC curve, None where every face or none has a name.
    """
    targets, unnamed = votes.targets(cast), votes.unnamed(cast)
    logs = np.log(np.maximum(natural, np.finfo(np.float32).tiny))
    mixed = unnamed.any() and not unnamed.all()
    return {
        "cross_entropy": float(-(targets * logs).sum() / targets.sum()),
        "unnamed_auc": float(roc_auc_score(unnamed, -served.max(1))) if mixed else None,
    }


def restored(probabilities: Floats, metadata: Mapping[str, str]) -> Floats:
    """Probabilities (N, 7) as they are where labels are as common as they were in training."""
    prior = np.exp(json.loads(metadata.get(LOG_PRIOR, "0")))
    weighted = probabilities * prior
    natural: Floats = weighted / weighted.sum(1, keepdims=True)
    return natural


def fer2013(model: str | Path, faces: npt.NDArray[np.uint8]) -> Floats | None:
    """(N, 7) of the output that FER-2013's own labels taught, None for a file without it."""
    path = find_model(model)
    session = Network(path, path.name, CORES).session
    if FER2013[0] not in [output.name for output in session.get_outputs()]:
        return None
    parts = [faces[start : start + CHUNK] for start in range(0, len(faces), CHUNK)]
    return np.concatenate([session.run([FER2013[0]], {INPUT[0]: part})[0] for part in parts])


def evaluate_photographs(
    model: str | Path,
    folder: Path,
    detector: Name = "auto",
    by: Sequence[str] = (),
    *,
    corrupted: bool = False,
    labels: str = "",
) -> dict[str, Any]:
    """Figures of detection, crop and network together; the largest face of a photograph counts.

    A photograph that can't be read, or in which no face is found, is a miss. `by` names columns of
    labels.csv whose values tell groups of people apart; with `corrupted` each way of spoiling them
    is measured beside the photographs as they are. `labels` maps other names of labels (see
    `LabelNames.parse`). Raises DataError where the folder or its labels.csv can't be used.
    """
    table = list_photographs(folder, LabelNames.parse(labels))
    if table.empty:
        raise DataError(f"{folder}: no photographs in it, neither in folders nor in labels.csv")
    if missing := [column for column in by if column not in table.columns]:
        raise DataError(f"{folder / 'labels.csv'}: no column {missing[0]!r}")
    truth = table["label"].to_numpy()
    # A class of few photographs says little, but of few photographs there may be nothing else.
    scored = groups.enough(truth) or sorted(set(truth.tolist()))
    people = {column: groups.names(truth, table[column]) for column in by}
    corruptions = CORRUPTIONS if corrupted else {}
    guesses, *spoilt = _guess(model, list(table["path"]), detector, list(corruptions.values()))
    found = guesses != MISSED
    return {
        "detector": load_detector(detector).name,
        "scored": [LABELS[label] for label in scored],
        **groups.figures(truth, guesses, scored),
        # How often each label is given to a photograph of another.
        "false": {
            label: float((guesses[truth != n] == n).sum() / max(1, (truth != n).sum()))
            for n, label in enumerate(LABELS)
        },
        "recall": {
            LABELS[n]: metrics.balanced(truth, guesses, [n]) for n in sorted(set(truth.tolist()))
        },
        "confusion": confusion_matrix(
            truth[found], guesses[found], labels=range(len(LABELS))
        ).tolist(),
        "by": {
            column: groups.break_down(truth, guesses, group) for column, group in people.items()
        },
        "corrupted": {
            name: groups.figures(truth, found, scored)
            for name, found in zip(corruptions, spoilt, strict=True)
        },
    }


def _split(options: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    splits = data.read(options.data, labels=options.labels)
    name = options.split or ("valid" if "valid" in splits else next(iter(splits)))
    if name not in splits:
        raise DataError(f"{options.data}: no split {name}, but {', '.join(splits)}")
    figures = evaluate_split(options.model, splits, name, options.out)
    print(f"{name}: {report(figures)}")
    return name, figures


def _photographs(options: argparse.Namespace) -> tuple[str, dict[str, Any]]:
    folder = options.photographs
    figures = evaluate_photographs(
        options.model,
        folder,
        options.detector,
        options.by,
        corrupted=options.corrupted,
        labels=options.labels,
    )
    print(report_photographs(figures))
    return folder.resolve().name, figures | {"chosen": options.chosen}


def report(figures: dict[str, Any]) -> str:
    """A split's figures for a person."""
    truth = "what most annotators saw" if figures["truth"] == "votes" else "the labels"
    lines = []
    for name, found in (
        (f"served probabilities against {truth}, the prior restored", figures),
        ("output fer2013 against FER-2013's labels", figures.get("fer2013")),
    ):
        if found is not None:
            low, high = found["interval"]
            numbers = f"{found['accuracy']:.4f} [{low:.4f}, {high:.4f}] on {found['count']} images"
            lines.append(f"{name}: accuracy {numbers}")
            rest = {"without twins": found["without_twins"]["accuracy"]}
            rest |= {"macro F1": found["macro"]["f1"], "mean AUC": found["auc"]["mean"]}
            rest |= {key.replace("_", " "): found.get(key) for key in FURTHER}
            lines += [f"  {key:18} {value:.4f}" for key, value in rest.items() if value is not None]
    table = pd.DataFrame(figures["classes"]).T.to_string(float_format="{:.4g}".format)
    return "\n".join([*lines, table])


def report_photographs(figures: dict[str, Any]) -> str:
    """A collection's figures for a person: of all, of each group, and of those spoilt each way."""
    rows, lines = {"all": figures}, [f"all: over {', '.join(figures['scored'])}"]
    for column, parts in figures["by"].items():
        rows |= {f"{column} {name}": group for name, group in parts["groups"].items()}
        lines.append(f"{column}: over {', '.join(parts['scored']) or 'nothing in common'}")
        lines += [f"{column} {name}: too few, {count}" for name, count in parts["small"].items()]
    rows |= {f"under {name}": spoilt for name, spoilt in figures["corrupted"].items()}
    main = pd.DataFrame(list(rows.values()), list(rows), PRINTED)
    main["interval"] = [f"[{i[0]:.3f}, {i[1]:.3f}]" if i else "-" for i in main["interval"]]
    labels = pd.DataFrame({"recall": figures["recall"], "given to others": figures["false"]})
    for table in (main, labels.reindex(LABELS)):
        lines.append(table.to_string(float_format="{:.3f}".format, na_rep="-"))
    return "\n".join(lines)


def _guess(
    model: str | Path, files: list[Path], detector: Name, corruptions: Sequence[Corruption]
) -> np.ndarray:
    """The label of each photograph, int (1 + corruptions, N): as it is, then spoilt each way."""
    finder, classifier = load_detector(detector), EmotionClassifier(model, threads=CORES)
    guesses = np.full((1 + len(corruptions), len(files)), MISSED)
    for column, file in enumerate(tqdm(files, "photographs", leave=False)):
        try:
            image = load_image(file)
        except ImageError as error:
            tqdm.write(f"{error}: counts as not found", file=sys.stderr)
            continue
        faces = finder.detect(image)
        if faces:
            guesses[0, column] = _label(classifier, image, faces)
            # What is hidden or dimmed is where the face was found in the photograph as it is.
            for row, corruption in enumerate(corruptions, start=1):
                spoilt = corruption(image, faces[0])
                guesses[row, column] = _label(classifier, spoilt, finder.detect(spoilt))
    return guesses


def _label(classifier: EmotionClassifier, image: Pixels, faces: list[Face]) -> int:
    if not faces:
        return MISSED
    return int(classifier.classify(crop_faces(image, faces[:1])).argmax())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m train.evaluate", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--data", help="FER-2013, as for python -m train")
    what.add_argument(
        "--photographs", type=Path, help="images in folders named after labels, or labels.csv"
    )
    parser.add_argument("--labels", default="", help="names of labels, as for python -m train")
    parser.add_argument(
        "--by",
        action="append",
        default=[],
        metavar="COLUMN",
        help="figures for each value of this column of labels.csv too; may be given again",
    )
    parser.add_argument(
        "--chosen", action="store_true", help="the model was chosen by these photographs"
    )
    parser.add_argument(
        "--corrupted", action="store_true", help="spoil the photographs too: blur, low light, …"
    )
    parser.add_argument("--model", required=True, help="FILE.onnx, or OWNER/NAME on the Hub")
    parser.add_argument("--split", help="default: valid, or the only one that there is")
    parser.add_argument("--detector", choices=("auto", "yunet", "mtcnn"), default="auto")
    parser.add_argument("--out", type=Path, required=True, help="folder of metrics.json and plots")
    return parser


if __name__ == "__main__":
    sys.exit(main())
