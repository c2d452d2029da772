"""The batch tab: many pictures, or zips of them; a list, CSV, JSON and a contact sheet out.

static/batch.js unpacks the zips, uploads one picture after another and asks `read_picture` about
each. Progress is the number read, cancelling is to send no more, and nobody waits for another's
two hundred pictures. The server has two pictures in memory and none on disk for long.
"""

from emotion.report import COLUMNS
from ui.gallery import CAPTIONS
from ui.image_tab import picture_reader
from ui.limits import MIB, ORIGINAL_BYTES, PICTURES_AT_ONCE, SENT_PIXELS, ZIP_MEMBERS
from ui.settings import Recognizers
from ui.view import component


def batch_tab(recognizers: Recognizers) -> None:
    """Adds the tab to the Blocks around."""
    component(
        "batch",
        server_functions=[picture_reader(recognizers)],
        columns=COLUMNS,
        samples=[f"{name}.jpg" for name in CAPTIONS],
        limits={
            "pictures": PICTURES_AT_ONCE,
            "megabytes": ORIGINAL_BYTES // MIB,
            "pixels": SENT_PIXELS,
            "members": ZIP_MEMBERS,
        },
    )
