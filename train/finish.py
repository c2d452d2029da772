"""From the best checkpoint to what is published: emotion.onnx, metrics.json and the plots."""

import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import onnx
import torch

from train import checkpoint, evaluate, published
from train.calibrate import cool, temperature
from train.card import MODEL
from train.checkpoint import BEST, LAST
from train.export import describe, export, save
from train.figures import add
from train.network import LEARNED_BEFORE, restore
from train.objective import decided
from train.recipes import RECIPES, Recipe
from train.split import Split
from train.teach import teachers_of

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
    project: str | None = None  # the address of the code


def finish(run: Run, splits: dict[str, Split], out: Path, *, test: bool) -> dict[str, Any]:
    """Export `best.pt` of `out` and measure the file on valid, and on test where asked.

    It is calibrated on valid. Returns the figures that go into metrics.json.
    """
    network, recipe = restore(out / BEST)
    size, valid = recipe.phases[-1].size, splits["valid"]
    truth = decided(recipe, valid)
    fitted = temperature(network, size, torch.from_numpy(valid.images), truth)
    cool(network, fitted)
    path = out / MODEL
    about = _about(run, recipe, network, fitted)
    said = ("version", "licence", "architecture", "recipe", "commit")
    metadata = {name: about[name] for name in said if about[name]}
    metadata["dataset"] = _dataset(run.dataset, recipe)
    export(network, size, valid.images[:PARITY_FACES], path, metadata)
    figures: dict[str, Any] = {"model": about, "training": _training(run, recipe, out)}
    asked = ("valid", "test") if test else ("valid",)
    for name in [name for name in asked if name in splits]:
        figures[name] = evaluate.evaluate_split(path, splits, name, out, run.dataset)
        print(f"{name}: {evaluate.report(figures[name])}")
    _stamp(path, figures)
    about["bytes"] = path.stat().st_size
    add(out, path, figures, anew=True)
    return figures


def _about(run: Run, recipe: Recipe, network: torch.nn.Module, fitted: float) -> dict[str, Any]:
    return {
        "version": run.version,
        "licence": run.licence,
        "recipe": run.recipe,
        "architecture": recipe.architecture,
        "size": recipe.phases[-1].size,
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "commit": _commit(),
        "temperature": fitted,
        "votes": recipe.votes,
        "prior_floor": recipe.prior_floor,
    }


def _training(run: Run, recipe: Recipe, out: Path) -> dict[str, Any]:
    history = checkpoint.load(out / LAST, "history")["history"]
    return {
        **asdict(run),
        "epochs": len(history),
        "best_epoch": len(checkpoint.load(out / BEST, "history")["history"]),
        "seconds": round(sum(epoch["seconds"] for epoch in history), 1),
        "machine": _machine(),
        "date": date.today().isoformat(),
        "teachers": list(recipe.teachers),
        "start": _start(recipe),
        "learned_before": _learned_before(recipe),
    }


def _dataset(name: str, recipe: Recipe) -> str:
    """What was learned last, and what the network and its teachers had learned before."""
    own = f"{name} with FER+ votes" if recipe.votes else name
    before = _learned_before(recipe)
    if own in before:
        return before
    return f"{own}, after {before}" if before else own


def _learned_before(recipe: Recipe) -> str:
    """What the network, or any of its teachers, had learned when it began."""
    if published.is_published(recipe.weights):
        return published.dataset(recipe.weights)
    begun = {recipe.weights, *(RECIPES[name].weights for name in teachers_of(recipe))}
    return " and ".join(sorted({LEARNED_BEFORE[name] for name in LEARNED_BEFORE if name in begun}))


def _start(recipe: Recipe) -> str | None:
    """The file that training went on from; None for weights that recipes know by name."""
    known = (None, *LEARNED_BEFORE, *recipe.teachers)
    return None if recipe.weights in known else Path(str(recipe.weights)).name


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
