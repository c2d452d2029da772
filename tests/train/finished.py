"""A finished --out folder made up of small, false figures, for the tests of card and push."""

import json
import shutil
from pathlib import Path
from typing import Any

import torch

from emotion.types import LABELS
from train import checkpoint
from train.card import PLOTS
from train.figures import fingerprint
from train.recipes import RECIPES, to_json


def split(accuracy: float) -> dict[str, Any]:
    """Figures of one split, none twice, so that a test can tell where one in the card is from."""
    averages = {"precision": accuracy + 0.011, "recall": accuracy + 0.012}
    return {
        "count": 3589,
        "accuracy": accuracy,
        "interval": [accuracy - 0.014, accuracy + 0.013],
        "without_twins": {"count": 3303, "accuracy": accuracy - 0.021},
        "macro": averages | {"f1": accuracy - 0.032},
        "auc": {"mean": 0.934, "classes": {label: 0.9 + n / 100 for n, label in enumerate(LABELS)}},
        "calibration_error": 0.0213,
        "classes": {
            label: {
                "precision": 0.501 + n / 100,
                "recall": 0.402 + n / 100,
                "f1": 0.303 + n / 100,
                "count": 400 + n,
            }
            for n, label in enumerate(LABELS)
        },
        "confusion": [[100 + 10 * row + column for column in range(7)] for row in range(7)],
    }


def groups() -> dict[str, Any]:
    """Two groups that can be compared, and one that is too small."""
    return {
        "scored": ["happy", "neutral"],
        "groups": {
            name: {
                "count": 200 + n,
                "found": 190 + n,
                "balanced_accuracy": 0.721 + n / 10,
                "interval": [0.702 + n / 10, 0.743 + n / 10],
            }
            for n, name in enumerate(("female", "male"))
        },
        "small": {"not stated": 14},
    }


def metrics() -> dict[str, Any]:
    """All that metrics.json can hold."""
    return {
        "model": {
            "version": "0.1.0",
            "recipe": "lite0",
            "architecture": "tf_efficientnet_lite0",
            "size": 96,
            "parameters": 3_400_000,
            "bytes": 6_900_000,
            "commit": "0123456789ab",
            "temperature": 1.234,
            "votes": True,
            "prior_floor": 0.04,
            "licence": "cc-by-4.0",
        },
        "training": {
            "dataset": "Some Faces",
            "votes": True,
            "project": "https://code.example/faces",
            "seed": 0,
            "epochs": 12,
            "best_epoch": 9,
            "seconds": 3725.0,
            "machine": "2 CPU cores, x86_64",
            "date": "2026-11-21",
            "images": 28011,
            "twins_dropped": 698,
            "teachers": ["lite0", "vgg16"],
            "start": None,
            "weights": ["lite-pypi", "vggface2"],
        },
        "valid": split(0.713) | {"truth": "votes"},
        "test": split(0.697)
        | {
            "truth": "votes",
            "balanced_accuracy": 0.6543,
            "cross_entropy": 0.8765,
            "unnamed_auc": 0.7654,
            "fer2013": split(0.702),
        },
        "photographs": {
            "lfw_expr": {
                "count": 415,
                "chosen": True,
                "macro_f1": 0.6078,
                "false": {label: 0.01 + n / 100 for n, label in enumerate(LABELS)},
                "found": 410,
                "balanced_accuracy": 0.619,
                "interval": [0.561, 0.675],
                "scored": ["angry", "happy", "sad", "surprise", "neutral"],
                "recall": {label: 0.65 + n / 100 for n, label in enumerate(LABELS) if n != 1},
                "confusion": [[5] * 7] * 7,
                "detector": "yunet",
                "by": {"gender": groups()},
                "corrupted": {
                    "blur": {
                        "found": 409,
                        "balanced_accuracy": 0.5193,
                        "interval": [0.4617, 0.5762],
                    }
                },
            }
        },
    }


def measured(folder: Path, figures: dict[str, Any]) -> None:
    """Write metrics.json with figures of the emotion.onnx in the folder."""
    mark = {"fingerprint": fingerprint(folder / "emotion.onnx")}
    model = {"model": figures["model"] | mark} if "model" in figures else {}
    (folder / "metrics.json").write_text(json.dumps(figures | model))


def finished(folder: Path, model: Path) -> Path:
    """The folder as training and evaluation leave it; weights of a network of one layer."""
    folder.mkdir()
    shutil.copy(model, folder / "emotion.onnx")
    measured(folder, metrics())
    for plot in PLOTS:
        (folder / plot).write_bytes(b"\x89PNG " + plot.encode())
    weight = torch.arange(6.0).reshape(1, 2, 3, 1).to(memory_format=torch.channels_last)
    best = {"network": {"weight": weight}, "recipe": to_json(RECIPES["lite0"]), "history": []}
    checkpoint.save(best, folder / "best.pt")
    return folder
