"""The demo: `python app.py`, then open the address it prints."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import numpy as np

from emotion import EmotionError, EmotionRecognizer, Face


@contextmanager
def no_proxy() -> Iterator[None]:
    """Hides the proxies in the environment from Gradio, which needs none.

    It makes a client as it is imported, which fails for SOCKS, and when it starts asks its own
    server whether it is there, which a proxy would not find.
    """
    before = {name: os.environ.get(name) for name in ("no_proxy", "NO_PROXY")}
    os.environ.update(dict.fromkeys(before, "*"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


with no_proxy():
    from ui.page import build_page, launch_options
    from ui.settings import Recognizers
    from ui.uploads import own_upload_folder

try:
    import spaces
except ImportError:
    # At home, or on a Space without ZeroGPU.
    pass
else:

    @spaces.GPU
    def _required_by_zero_gpu() -> None:
        """ZeroGPU starts no Space without a GPU function; this app needs none."""


def run_once(recognizer: EmotionRecognizer) -> None:
    """Runs both networks: the first run takes longest, and no visitor should wait for it."""
    frame = np.zeros((480, 640, 3), np.uint8)
    recognizer.detect(frame)
    recognizer.classify(frame, [Face((240, 160, 400, 320), 1.0)])


def main() -> None:
    """EMOTION_MODEL names another model: a path, or OWNER/NAME on the Hub."""
    try:
        recognizers = Recognizers(os.environ.get("EMOTION_MODEL"))
    except EmotionError as error:
        sys.exit(str(error))
    run_once(recognizers.default)
    # SIGTERM ends the app as Ctrl-C does: connections are closed, files deleted.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    page = build_page(recognizers)
    with suppress(KeyboardInterrupt), own_upload_folder():
        with no_proxy():
            page.launch(**launch_options(recognizers), prevent_thread_lock=True)
        page.block_thread()


if __name__ == "__main__":
    main()
    # A clip may still be at work in native threads, which abort when Python shuts down normally.
    sys.stdout.flush()
    os._exit(0)
