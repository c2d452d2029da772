"""The demo: `python app.py`, then open the address it prints."""

import os
import sys

from emotion import EmotionError
from ui.page import build_page, launch_options
from ui.settings import Recognizers

try:
    import spaces
except ImportError:
    # At home, or on a Space without ZeroGPU.
    pass
else:

    @spaces.GPU
    def _required_by_zero_gpu() -> None:
        """ZeroGPU starts no Space without a GPU function; this app needs none."""


def main() -> None:
    """EMOTION_MODEL names another model: a path, or OWNER/NAME on the Hub."""
    try:
        recognizers = Recognizers(os.environ.get("EMOTION_MODEL"))
    except EmotionError as error:
        sys.exit(str(error))
    build_page(recognizers).launch(**launch_options(recognizers))


if __name__ == "__main__":
    main()
