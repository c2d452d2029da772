"""What a call has to be, seen to before Gradio.

Gradio answers a call that is none by an error without a word, and a trace in the server's log.
"""

import inspect
from typing import Any

import gradio as gr
from gradio.block_function import BlockFunction
from pydantic import ValidationError

from emotion import EmotionError

API = "/gradio_api/"

# Routes of Gradio's that are followed by a function's name.
NAMED = ("call", "call/v2", "run", "api")

NO_FUNCTION = "there is no such function: /gradio_api/info lists those that there are"


class CallError(EmotionError):
    """A call of something that is not there, or with values that do not fit it."""


def check_call(page: gr.Blocks, path: str, body: Any) -> None:
    """Raises CallError for the JSON body of a POST that Gradio could make nothing of."""
    route, _, name = path.removeprefix(API).rstrip("/").rpartition("/")
    if (route, name) == ("", "component_server"):
        _check_component(page, body)
    elif (route, name) == ("queue", "join"):
        _check_data(_numbered(page, body), body)
    elif route == "call/v2":
        _check_names(_named(page, name), body)
    elif route in NAMED:
        _check_data(_called(page, name, body), body)


def _check_component(page: gr.Blocks, body: Any) -> None:
    number = body.get("component_id") if isinstance(body, dict) else None
    if not isinstance(number, int) or number not in page.blocks:
        raise CallError("there is no such part of the page")


def _called(page: gr.Blocks, name: str, body: Any) -> BlockFunction:
    """A number goes before a name."""
    has_number = isinstance(body, dict) and body.get("fn_index") is not None
    return _numbered(page, body) if has_number else _named(page, name)


def _numbered(page: gr.Blocks, body: Any) -> BlockFunction:
    number = body.get("fn_index") if isinstance(body, dict) else None
    if not isinstance(number, int) or number not in page.fns:
        raise CallError(NO_FUNCTION)
    return page.fns[number]


def _named(page: gr.Blocks, name: str) -> BlockFunction:
    for function in page.fns.values():
        if function.api_name == name:
            return function
    raise CallError(NO_FUNCTION)


def _check_names(function: BlockFunction, body: Any) -> None:
    """What /call/v2 takes: an object with the function's parameters."""
    names = list(inspect.signature(function.fn).parameters) if function.fn else []
    if not isinstance(body, dict) or set(body) != set(names):
        raise CallError(f"the call must be an object with {' and '.join(names) or 'nothing'} in it")
    _check_values(function, [body[name] for name in names])


def _check_data(function: BlockFunction, body: Any) -> None:
    """What the other routes take: a list of values under "data"."""
    values = body.get("data") if isinstance(body, dict) else None
    if not isinstance(values, list) or len(values) < len(function.inputs):
        raise CallError(f"the data must be a list of {len(function.inputs)}")
    _check_values(function, values)


def _check_values(function: BlockFunction, values: list[Any]) -> None:
    for number, (part, value) in enumerate(zip(function.inputs, values, strict=False), start=1):
        form = getattr(part, "data_model", None)
        if form is None or value is None:
            continue
        try:
            form.model_validate(value)
        except ValidationError as error:
            kind = "files" if getattr(part, "file_count", "single") == "multiple" else "a file"
            raise CallError(
                f"value {number} of the data must be {kind}: an object with a path or url"
            ) from error
