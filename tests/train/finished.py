"""A finished --out folder with figures of the bundled model, for the tests of card and push."""

import json
import shutil
from pathlib import Path
from typing import Any

import torch

from emotion.hub import BUNDLED_MODEL
from train import checkpoint
from train.card import PLOTS
from train.figures import fingerprint
from train.recipes import RECIPES, to_json


def metrics() -> dict[str, Any]:
    """The bundled model's figures, and what those lack: teachers, a project, groups of people."""
    figures = json.loads(BUNDLED_MODEL.with_name("metrics.json").read_text())
    figures["model"]["licence"] = "cc-by-4.0"
    figures["training"] |= {
        "dataset": "Some Faces",
        "project": "https://code.example/faces",
        "teachers": ["lite0", "vgg16"],
        "start": None,
    }
    group = {"count": 200, "found": 190, "balanced_accuracy": 0.721, "interval": [0.702, 0.743]}
    figures["photographs"]["lfw_expr"]["by"] = {
        "gender": {
            "scored": ["happy", "neutral"],
            "groups": {"female": group, "male": group | {"count": 201}},
            "small": {"not stated": 14},
        }
    }
    return figures


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
