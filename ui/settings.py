"""What a visitor may choose for every tab, and one recogniser for each choice."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from os import PathLike
from typing import Any, get_args

import gradio as gr

from emotion import EmotionError, EmotionRecognizer
from emotion.detection import Name, mtcnn, yunet
from ui.view import UNCERTAIN_BELOW, Json, static

# Recognisers kept at once. They share the classifier; a detector takes 15 MB, and 15 ms to load.
KEPT = 8

# What each detector's slider spans: on ten group photographs with 43 faces, YuNet draws 55 boxes at
# the least and 36 at the most, MTCNN 43 and 40.
SCORES = {
    "yunet": {"name": "YuNet", "least": 0.3, "most": 0.9, "default": yunet.MIN_SCORE},
    "mtcnn": {"name": "MTCNN", "least": 0.5, "most": 0.99, "default": mtcnn.MIN_SCORE},
}
# One in seven, rounded up, is the least that a strongest expression can have.
UNCERTAIN = {"least": 0.15, "most": 0.95, "default": UNCERTAIN_BELOW}


class SettingsError(EmotionError):
    """A setting that is none."""


@dataclass(frozen=True, slots=True)
class Settings:
    """A visitor's choices; min_score is the detector's own where it is None."""

    detector: Name = "auto"
    min_score: float | None = None
    largest: bool = False
    uncertain_below: float = UNCERTAIN_BELOW

    @classmethod
    def of(cls, value: Any) -> "Settings":
        """The settings in what the page sends, defaults for what it leaves out.

        Raises SettingsError: the value comes from a client, and can be anything.
        """
        if value is None:
            return cls()
        if not isinstance(value, Mapping):
            raise SettingsError("the settings must be an object")
        min_score = value.get("min_score")
        return cls(
            detector=_detector(value.get("detector", "auto")),
            min_score=None if min_score is None else _share("min_score", min_score),
            largest=_flag("largest", value.get("largest", False)),
            uncertain_below=_share(
                "uncertain_below", value.get("uncertain_below", UNCERTAIN_BELOW)
            ),
        )


def _detector(value: Any) -> Name:
    names: tuple[Name, ...] = get_args(Name)
    for name in names:
        if value == name:
            return name
    raise SettingsError(f"the setting detector must be auto, yunet or mtcnn, but is {value!r:.40}")


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise SettingsError(f"the setting {name} must be true or false, but is {value!r:.40}")
    return value


def _share(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise SettingsError(f"the setting {name} must lie between 0 and 1, but is {value!r:.40}")
    # Steps of a hundredth: visitors who mean the same share a recogniser.
    return round(float(value), 2)


class Recognizers:
    """A recogniser for each choice of settings, all with one classifier.

    model is that of `EmotionRecognizer`. Raises ModelError. Safe to share between threads.
    """

    def __init__(self, model: str | PathLike[str] | None = None) -> None:
        self.default = EmotionRecognizer(model)
        self._chosen = lru_cache(maxsize=KEPT)(self._load)

    def get(self, settings: Settings) -> EmotionRecognizer:
        """The recogniser for these settings; raises ModelError where its detector can't be had."""
        return self._chosen(settings.detector, settings.min_score, settings.largest)

    def _load(self, detector: Name, min_score: float | None, largest: bool) -> EmotionRecognizer:
        if (detector, min_score, largest) == ("auto", None, False):
            return self.default
        return EmotionRecognizer(
            self.default.classifier, detector=detector, min_score=min_score, largest=largest
        )


def settings_panel(recognizers: Recognizers) -> gr.HTML:
    """The panel; its value, a dict that `Settings.of` reads, may be an input of any event."""
    return gr.HTML(
        {},
        html_template=static("settings.html"),
        js_on_load=static("settings.js"),
        apply_default_css=False,
        elem_id="settings",
        offered=offer(recognizers.default.detector.name),
    )


def offer(in_use: str) -> Json:
    """What the panel lets choose, where `in_use` is the detector behind auto.

    That is YuNet wherever its file is at hand: where it is not, YuNet is not offered.
    """
    names = SCORES if in_use == "yunet" else [in_use]
    return {
        "detectors": {name: SCORES[name] for name in names},
        "automatic": in_use,
        "uncertain_below": UNCERTAIN,
    }
