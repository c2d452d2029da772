"""The settings panel above the tabs, and one recognizer for each combination of settings."""

import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from os import PathLike
from typing import Any, NamedTuple, get_args

import gradio as gr

from emotion import EmotionError, EmotionRecognizer
from emotion.detection import Name, mtcnn, yunet
from emotion.hub import download_yunet
from ui.limits import FETCH_SECONDS, RECOGNIZERS, UNCERTAIN_BELOW
from ui.text import text
from ui.view import AT_ONCE, Json, calling


class Scores(NamedTuple):
    """The range of a slider, and where it starts."""

    minimum: float
    maximum: float
    value: float


# On ten group photographs with 43 faces, YuNet finds 55 boxes at the lowest score and 36 at the
# highest, MTCNN 43 and 40.
SCORES: dict[str, Scores] = {
    "yunet": Scores(0.3, 0.9, yunet.MIN_SCORE),
    "mtcnn": Scores(0.5, 0.99, mtcnn.MIN_SCORE),
}
NAMES = {"yunet": "YuNet", "mtcnn": "MTCNN"}

# The strongest of seven expressions has at least one in seven, rounded up.
UNCERTAIN = Scores(0.15, 0.95, UNCERTAIN_BELOW)


class SettingsError(EmotionError):
    """A setting has a value that it can't have."""


@dataclass(frozen=True, slots=True)
class Settings:
    """A visitor's choices. A min_score of None is the detector's default."""

    detector: Name = "auto"
    min_score: float | None = None
    largest: bool = False
    uncertain_below: float = UNCERTAIN_BELOW

    @classmethod
    def of(cls, value: Any) -> "Settings":
        """Checks an object from the page, with defaults for missing keys; raises SettingsError."""
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


SETTINGS = tuple(field.name for field in fields(Settings))


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
    # Visitors who choose nearly the same share a recognizer.
    return round(float(value), 2)


class Recognizers:
    """One recognizer for each combination of settings, all with the same classifier.

    model is that of `EmotionRecognizer`. Raises ModelError. Safe to share between threads.
    """

    def __init__(self, model: str | PathLike[str] | None = None) -> None:
        self.default = EmotionRecognizer(model)
        self._chosen = lru_cache(maxsize=RECOGNIZERS)(self._load)

    def scores(self) -> dict[str, Scores]:
        """The detectors to choose from. YuNet is one only where its file is installed."""
        automatic = self.default.detector.name
        offered = list(SCORES) if automatic == "yunet" else [automatic]
        return {"auto": SCORES[automatic]} | {name: SCORES[name] for name in offered}

    def fetch_yunet(self) -> None:
        """Fetches YuNet, and finds faces with it from now on; raises ModelError."""
        download_yunet(timeout=FETCH_SECONDS)
        self.default = EmotionRecognizer(self.default.classifier)
        self._chosen.cache_clear()

    def get(self, settings: Settings) -> EmotionRecognizer:
        """The recognizer for these settings; raises ModelError if its detector is missing."""
        min_score = settings.min_score
        usual = self.scores().get(settings.detector)
        if usual and min_score == usual.value:
            min_score = None
        return self._chosen(settings.detector, min_score, settings.largest)

    def _load(self, detector: Name, min_score: float | None, largest: bool) -> EmotionRecognizer:
        if (detector, min_score, largest) == ("auto", None, False):
            return self.default
        return EmotionRecognizer(
            self.default.classifier, detector=detector, min_score=min_score, largest=largest
        )


def settings_panel(recognizers: Recognizers, page: gr.Blocks) -> Callable[[Any], None]:
    """Adds the panel to the page; the answer takes an event that asks for the lowest score.

    Every tab gets the settings the same way: its script sends `settings` of static/page.js with
    each question, and the server reads them with `Settings.of`.
    """
    scores = recognizers.scores()
    # Scripts read it here: it is another once YuNet has been fetched.
    offered = gr.JSON(visible=False)
    with gr.Accordion(text("settings.title"), open=False, elem_id="settings-panel"):
        with gr.Row():
            detector = gr.Radio(
                _choices(scores),
                value="auto",
                label=text("settings.detector"),
                info=text("settings.about_detectors"),
            )
            min_score = gr.Slider(
                **scores["auto"]._asdict(),
                step=0.01,
                label=text("settings.min_score"),
                info=text("settings.about_min_score"),
                buttons=[],
            )
            uncertain_below = gr.Slider(
                *UNCERTAIN,
                step=0.05,
                label=text("settings.uncertain_below"),
                info=text("settings.about_uncertain_below"),
                buttons=[],
            )
        with gr.Row():
            largest = gr.Checkbox(label=text("settings.largest"))
            reset = gr.Button(text("settings.reset"), size="sm", scale=0, elem_id="settings-reset")
        gr.Markdown(text("settings.kept"), elem_id="settings-kept")
        fetch = gr.Button(text("settings.fetch_yunet"), size="sm", visible="yunet" not in scores)

    panel = [detector, min_score, largest, uncertain_below]
    changed = calling("settings.js", "changed", json.dumps(UNCERTAIN_BELOW))
    tell: dict[str, Any] = {"fn": None, "inputs": [offered, *panel], "js": changed}
    # Without a secret, Gradio makes up a new one at each start. This one protects nothing.
    remembered = gr.BrowserState({}, storage_key="emotion-settings", secret="emotion")  # noqa: S106

    def restore(values: Any, request: gr.Request) -> list[Any]:
        return _restore(recognizers.scores(), values, request)

    def fetch_yunet() -> None:
        try:
            recognizers.fetch_yunet()
        except EmotionError as error:
            raise gr.Error(str(error), print_exception=False) from error

    page.load(restore, remembered, [offered, fetch, *panel], **AT_ONCE).then(**tell)
    fetch.click(fetch_yunet, api_visibility="private").success(
        restore, remembered, [offered, fetch, *panel], **AT_ONCE
    ).then(**tell)
    # A score means something else to another detector.
    pick = "(scores, name) => scores[name].slider"
    back = f"(scores) => ['auto', scores.auto.slider, false, {UNCERTAIN_BELOW}]"
    for event in (
        detector.input(None, [offered, detector], min_score, js=pick).then,
        reset.click(None, offered, panel, js=back).then,
        *(min_score.input, largest.input, uncertain_below.input),
    ):
        event(**tell).then(_as_object, panel, remembered, **AT_ONCE)

    def lower_score(event: Any) -> None:
        least = "(scores, name) => scores[name].slider.minimum"
        event(None, [offered, detector], min_score, js=least).then(**tell)

    return lower_score


def _choices(scores: Mapping[str, Scores]) -> list[Any]:
    return [(NAMES.get(name) or text("settings.auto"), name) for name in scores]


def _as_object(*values: Any) -> Json:
    return dict(zip(SETTINGS, values, strict=True))


def _restore(scores: dict[str, Scores], remembered: Any, request: gr.Request) -> list[Any]:
    """The panel's first values: from the address, or what this browser remembers."""
    try:
        settings = Settings.of(linked(request.query_params) or remembered)
    except SettingsError:
        settings = Settings()
    if settings.detector not in scores:
        settings = replace(settings, detector="auto", min_score=None)
    low, high, usual = scores[settings.detector]
    score = min(max(settings.min_score or usual, low), high)
    slider = gr.update(minimum=low, maximum=high, value=score)
    below = min(max(settings.uncertain_below, UNCERTAIN.minimum), UNCERTAIN.maximum)
    offered = {name: {"slider": gr.update(**kept._asdict())} for name, kept in scores.items()}
    radio = gr.update(choices=_choices(scores), value=settings.detector)
    fetch = gr.update(visible="yunet" not in scores)
    return [offered, fetch, radio, slider, settings.largest, below]


def linked(query: Mapping[str, str]) -> Json:
    """The settings that an address names; one that names any means all of them.

    So a link shows the same to everybody, whatever their browsers remember.
    """
    named: Json = {name: query[name] for name in SETTINGS if name in query}
    if "largest" in named:
        named["largest"] = named["largest"] == "1"
    for name in {"min_score", "uncertain_below"} & named.keys():
        with suppress(ValueError):
            named[name] = float(named[name])
    return named
