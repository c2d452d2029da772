"""From the best checkpoint to what is published: emotion.onnx, metrics.json and the plots."""

import dataclasses
import json
import os
import platform
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import onnx
import torch

from train import checkpoint, evaluate, metrics
from train.calibrate import Calibration, calibrate
from train.checkpoint import BEST, LAST
from train.data import Split
from train.export import describe, export, save
from train.figures import add
from train.network import LEARNED_BEFORE, restore
from train.recipes import RECIPES, Recipe
from train.validate import predict, scores

MODEL_FILE = "emotion.onnx"
# Faces of valid on which torch and onnxruntime are compared at export.
PARITY_FACES = 256


@dataclass(frozen=True, slots=True)
class Run:
    """What metrics.json says of a run beside its results."""

    recipe: str  # its name
    seed: int
    images: int  # learned from
    twins_dropped: int
    dataset: str  # its name
    votes: bool  # whether the data had those of FER+
    version: str  # of the model
    licence: str | None = None  # of the model file


def finish(run: Run, splits: dict[str, Split], out: Path, *, test: bool) -> dict[str, Any]:
    """Export `best.pt` of `out` and measure the file on valid, and on test where asked.

    It is calibrated on valid. Returns the figures that go into metrics.json. Raises
    ExportError where the exported file differs from the network.
    """
    network, recipe = restore(out / BEST)
    size, valid = recipe.phases[-1].size, splits["valid"]
    images, labels = torch.from_numpy(valid.images), torch.from_numpy(valid.labels)
    calibration = calibrate(network, size, images, labels, recipe.served_bias)
    path = out / MODEL_FILE
    about = _about(run, recipe, network, calibration)
    export(
        network,
        size,
        valid.images[:PARITY_FACES],
        path,
        calibration=calibration,
        metadata=_metadata(about, run, recipe),
    )
    figures: dict[str, Any] = {
        "model": about,
        "training": _training(run, recipe, out),
    }
    asked = ("valid", "test") if test else ("valid",)
    measured = {name: splits[name] for name in asked if name in splits}
    for name in measured:
        figures[name] = evaluate.evaluate_split(path, splits, name, out, run.dataset)
        print(f"{name}: {evaluate.report(figures[name])}")
    if recipe.served_votes:
        figures["label_head"] = label_head(out / BEST, measured)
    _stamp(path, figures)
    about["bytes"] = path.stat().st_size
    add(out, path, figures, anew=True)
    return figures


def label_head(best: Path, splits: Mapping[str, Split]) -> dict[str, Any]:
    """Figures of the labels' head alone, where what is served has the FER+ head's votes in it.

    Benchmarks compare that one: it answers in FER-2013's own labels. Of the checkpoint, before
    export and calibration.
    """
    network, recipe = restore(best, served=False)
    size, figures = recipe.phases[-1].size, {}
    for name, split in splits.items():
        guesses = predict(network, torch.from_numpy(split.images), size).argmax(1).numpy()
        found = scores(split.labels, guesses)
        figures[name] = {
            "accuracy": found["valid_accuracy"],
            "interval": metrics.wilson(int((guesses == split.labels).sum()), len(guesses)),
            "macro_f1": found["valid_macro_f1"],
        }
    return figures


def _about(
    run: Run, recipe: Recipe, network: torch.nn.Module, calibration: Calibration
) -> dict[str, Any]:
    return {
        "version": run.version,
        "licence": run.licence,
        "recipe": run.recipe,
        "architecture": recipe.architecture,
        "size": recipe.phases[-1].size,
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "commit": _commit(),
        **dataclasses.asdict(calibration),
        "served_votes": recipe.served_votes,
        "served_bias": recipe.served_bias,
    }


def _metadata(about: dict[str, Any], run: Run, recipe: Recipe) -> dict[str, str]:
    licence = {"licence": run.licence} if run.licence else {}
    return licence | {
        "version": about["version"],
        "architecture": about["architecture"],
        "recipe": about["recipe"],
        "commit": about["commit"],
        "dataset": _dataset(run, recipe),
    }


def _training(run: Run, recipe: Recipe, out: Path) -> dict[str, Any]:
    history = checkpoint.load(out / LAST, "history")["history"]
    return {
        "dataset": run.dataset,
        "votes": run.votes,
        "seed": run.seed,
        "epochs": len(history),
        "best_epoch": len(checkpoint.load(out / BEST, "history")["history"]),
        "seconds": round(sum(epoch["seconds"] for epoch in history), 1),
        "machine": _machine(),
        "date": date.today().isoformat(),
        "images": run.images,
        "twins_dropped": run.twins_dropped,
        "teachers": list(recipe.teachers),
        "weights": _beginnings(recipe),
    }


def _dataset(run: Run, recipe: Recipe) -> str:
    """What was learned last, and what the network and its teachers had learned before."""
    before = sorted({LEARNED_BEFORE[weights] for weights in _beginnings(recipe)})
    own = f"{run.dataset} with FER+ votes" if run.votes else run.dataset
    return f"{own}, after {' and '.join(before)}" if before else own


def _beginnings(recipe: Recipe) -> list[str]:
    """What the network and its teachers started from, by the names that recipes know."""
    own = {recipe.weights} & set(LEARNED_BEFORE)
    return sorted(own.union(*(_beginnings(RECIPES[name]) for name in recipe.teachers)))


def _stamp(path: Path, figures: dict[str, Any]) -> None:
    """Let the model file carry its own main figures."""
    main = ("accuracy", "calibration_error")
    metrics = {
        name: {key: figures[name][key] for key in main} | {"macro_f1": figures[name]["macro"]["f1"]}
        for name in ("valid", "test")
        if name in figures
    }
    model = onnx.load(path)
    describe(model, {"metrics": json.dumps(metrics)})
    save(model, path)


def _machine() -> str:
    if torch.cuda.is_available():
        return f"{torch.cuda.device_count()} x {torch.cuda.get_device_name()}"
    return f"{os.cpu_count()} CPU cores, {platform.machine()}"


def _commit() -> str:
    """The commit of the code that trains, or unknown outside a checkout."""
    # Asked where this file lies: a run may be started from another checkout.
    asked = ("git", "-C", str(Path(__file__).parent), "rev-parse", "--short=12", "HEAD")
    try:
        answer = subprocess.run(asked, capture_output=True, text=True, check=True)  # noqa: S603
    except (FileNotFoundError, subprocess.CalledProcessError):
        return "unknown"
    return answer.stdout.strip()
