"""Calls to the Hub: retried when the connection breaks, with failures told in one sentence."""

import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from httpx2 import HTTPError, TransportError  # what the Hub's client speaks
from huggingface_hub import constants
from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

from emotion.types import EmotionError

# Seconds before each further attempt. The client itself retries uploads, but not whoami, the
# creation of a repository, or the commit.
WAITS = (1.0, 5.0)

# From here on a status is the server's fault, and may pass.
SERVER_ERROR = 500

Result = TypeVar("Result")


class PushError(EmotionError):
    """The push failed; says why in one sentence. The repository has all of it or nothing."""


def attempt(
    repo_id: str,
    call: Callable[[], Result],
    waits: tuple[float, ...] = WAITS,
    advice: Mapping[int, str] | None = None,
) -> Result:
    """The call's result, retried once for each wait; raises PushError when all attempts fail.

    advice maps the Hub's status to the sentence to say instead of the usual one.
    """
    try:
        return call()
    # ValueError: an answer that the client does not understand. RuntimeError, OSError: from Xet.
    except (HTTPError, RuntimeError, ValueError, OSError) as error:
        root = _root(error)
        if not waits or not _may_pass(root):
            raise PushError(_explain(root, repo_id, advice or {})) from error
    time.sleep(waits[0])
    return attempt(repo_id, call, waits[1:], advice)


def first_line(error: BaseException) -> str:
    """An error's message without the client's advice below it."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]


def _root(error: Exception) -> BaseException:
    """The client wraps what happens in an upload's thread into a RuntimeError."""
    return error.__cause__ if type(error) is RuntimeError and error.__cause__ else error


def _may_pass(error: BaseException) -> bool:
    if isinstance(error, HfHubHTTPError):
        return error.response.status_code >= SERVER_ERROR
    return isinstance(error, TransportError)


def _explain(error: BaseException, repo_id: str, advice: Mapping[int, str]) -> str:
    if isinstance(error, HfHubHTTPError):
        return _explain_status(error, repo_id, advice)
    if isinstance(error, OfflineModeIsEnabled):
        return "HF_HUB_OFFLINE is set, so nothing can be pushed to the Hub"
    if isinstance(error, TransportError):
        return f"the Hub at {constants.ENDPOINT} can't be reached: {first_line(error)}"
    return f"the Hub did not take {repo_id}: {first_line(error)}"


def _explain_status(error: HfHubHTTPError, repo_id: str, advice: Mapping[int, str]) -> str:
    status = error.response.status_code
    known = {
        401: "the Hub does not accept the token: make a new one in its settings, Access Tokens",
        402: f"the Hub asks for payment before it takes {repo_id}",
        403: f"the token for the Hub may not write to {repo_id}: make one that may",
        404: f"the Hub has no {repo_id}, or the token may not see it",
        409: f"something else is changing {repo_id} just now: try again in a minute",
        412: f"{repo_id} was changed while this was uploaded: look at the change, then try again",
        **advice,
    }
    said = f" ({error.server_message.splitlines()[0]})" if error.server_message else ""
    return known.get(status, f"the Hub answered {status} for {repo_id}") + said
