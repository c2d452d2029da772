"""The about tab: what the model can do and can't, who made it of what, where it runs.

Every figure comes from the metrics.json that evaluation wrote, or from the model file itself.
"""

import base64
import json
from importlib.metadata import version
from pathlib import Path
from typing import Any

import gradio as gr

from emotion.hub import BUNDLED_MODEL
from emotion.types import LABELS, ModelError
from ui.view import Json, old_script, static

METRICS = "metrics.json"
PLOTS = ("roc", "reliability")
# What a model's file and metrics.json both say of the model.
NAMED = ("version", "recipe", "architecture", "commit")
SOFTWARE = ("gradio", "onnxruntime", "opencv-python-headless", "numpy")


def about_tab(metadata: dict[str, str], folder: Path = BUNDLED_MODEL.parent) -> None:
    """Adds the tab's parts to the Blocks around.

    metadata is what the file of the model in use says of itself; folder has the bundled model's
    metrics.json and plots. Raises ModelError where one of them is missing or damaged.
    """
    card = model_card(metadata, folder)

    def read_card(_question: Json) -> Json:
        """Sent when the tab is opened first, so that the page itself stays light."""
        return card

    gr.HTML(
        html_template=static("about.html"),
        js_on_load=old_script(static("about.js")),
        server_functions=[read_card],
        apply_default_css=False,
        elem_id="about",
    )


def model_card(metadata: dict[str, str], folder: Path) -> Json:
    """What static/about.js shows; a model that is not the bundled one has no `figures`, `plots`."""
    card: Json = {
        "labels": list(LABELS),
        "metadata": metadata,
        "stated": stated_figures(metadata),
        "figures": None,
        "plots": None,
        "software": {name: version(name) for name in SOFTWARE},
    }
    figures = read_metrics(folder / METRICS)
    if is_of(figures, metadata):
        card |= {"figures": figures, "plots": {name: _plot(folder, name) for name in PLOTS}}
    return card


def read_metrics(path: Path) -> dict[str, Any]:
    """What evaluation wrote of the bundled model; raises ModelError."""
    try:
        figures: dict[str, Any] = json.loads(_read(path))
    except ValueError as error:
        raise ModelError(f"the bundled model's {path.name} is not JSON") from error
    return figures


def is_of(figures: dict[str, Any], metadata: dict[str, str]) -> bool:
    """Whether the figures are those of the model with this metadata."""
    stated = stated_figures(metadata)
    # Two runs of one recipe and commit are told apart by what each reached.
    return (
        all(metadata.get(key) == figures["model"][key] for key in NAMED)
        and bool(stated)
        and all(
            own.get("accuracy") == figures.get(split, {}).get("accuracy")
            for split, own in stated.items()
        )
    )


def stated_figures(metadata: dict[str, str]) -> dict[str, dict[str, float]]:
    """The figures that a model's file gives of itself, by split; {} where it gives none."""
    try:
        splits = json.loads(metadata.get("metrics", "{}"))
    except ValueError:
        # Files of other makers may mean something else by this word.
        return {}
    if not isinstance(splits, dict):
        return {}
    return {
        str(split): {key: value for key, value in own.items() if isinstance(value, int | float)}
        for split, own in splits.items()
        if isinstance(own, dict)
    }


def _plot(folder: Path, name: str) -> str:
    return "data:image/png;base64," + base64.b64encode(_read(folder / f"{name}.png")).decode()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        raise ModelError(
            f"the bundled model's {path.name} is missing: install the package again"
        ) from error
