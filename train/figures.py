"""metrics.json: what was measured of one model file, which it names by a fingerprint."""

import hashlib
import json
from pathlib import Path
from typing import Any

import onnx

from emotion.atomic import replacing
from train.errors import TrainError

METRICS = "metrics.json"

Figures = dict[str, Any]


class FiguresError(TrainError):
    """metrics.json is missing, broken, lacks a figure, or has those of another file."""


def fingerprint(model: Path) -> str:
    """The first 16 digits of the SHA-256 of what a file computes, whatever its metadata say."""
    loaded = onnx.load(model)
    del loaded.metadata_props[:]
    return hashlib.sha256(loaded.SerializeToString(deterministic=True)).hexdigest()[:16]


def read(path: Path) -> Figures:
    """The figures in a file; FiguresError where it is missing or broken."""
    try:
        figures: Figures = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise FiguresError(f"{path} does not exist: evaluate the model first") from error
    except ValueError as error:
        raise FiguresError(f"{path} is not JSON: {error}") from error
    return figures


def is_of(figures: Figures, model: Path) -> bool:
    """Whether the figures were measured on this file."""
    return bool(figures.get("model", {}).get("fingerprint") == fingerprint(model))


def add(out: Path, model: Path, figures: Figures, *, anew: bool = False) -> None:
    """Put figures of a model file into metrics.json, beside those of the same file.

    Figures of another file are dropped with `anew`; without it, FiguresError is raised.
    """
    path = out / METRICS
    known = read(path) if path.is_file() else {}
    if known and not is_of(known, model):
        if not anew:
            raise FiguresError(f"{path} has the figures of another model: choose another --out")
        known = {}
    merged = known | figures
    for part in ("model", "photographs"):
        if part in merged:
            merged[part] = known.get(part, {}) | figures.get(part, {})
    merged["model"] = merged.get("model", {}) | {"fingerprint": fingerprint(model)}
    with replacing(path) as beside:
        beside.write_text(json.dumps(merged, indent=1) + "\n", encoding="utf-8")
