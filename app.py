"""The demo: `python app.py`, then open the address it prints."""

import os
import signal
import sys

import numpy as np

from emotion import EmotionError, EmotionRecognizer, Face
from emotion.memory import share_arenas
from ui.page import build_page, launch_options
from ui.settings import Recognizers
from ui.sweep import own_upload_folder

try:
    import spaces
except ImportError:
    # At home, or on a Space without ZeroGPU.
    pass
else:

    @spaces.GPU
    def _required_by_zero_gpu() -> None:
        """ZeroGPU starts no Space without a GPU function; this app needs none."""


# With glibc's own number, 16 who upload and 4 with cameras brought the app to 470 MB in 40 s, with
# two to 435, at the same speed.
ARENAS = 2


def run_once(recognizer: EmotionRecognizer) -> None:
    """Runs both networks: the first time takes longest, and shall not be a visitor's."""
    frame = np.zeros((480, 640, 3), np.uint8)
    recognizer.detect(frame)
    recognizer.classify(frame, [Face((240, 160, 400, 320), 1.0)])


def main() -> None:
    """EMOTION_MODEL names another model: a path, or OWNER/NAME on the Hub."""
    share_arenas(ARENAS)
    try:
        recognizers = Recognizers(os.environ.get("EMOTION_MODEL"))
    except EmotionError as error:
        sys.exit(str(error))
    run_once(recognizers.default)
    # Files are deleted in the end, also where the system ends the app.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())
    with own_upload_folder():
        build_page(recognizers).launch(**launch_options(recognizers))


if __name__ == "__main__":
    main()
