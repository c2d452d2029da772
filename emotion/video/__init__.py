"""Videos: read, people followed from frame to frame, faces marked, the annotated video written."""

from emotion.video.analysis import COLUMNS, Analysed, Progress, analyse
from emotion.video.reading import Video, open_video
from emotion.video.tracking import TrackedFace, Tracker, overlap

__all__ = [
    "COLUMNS",
    "Analysed",
    "Progress",
    "TrackedFace",
    "Tracker",
    "Video",
    "analyse",
    "open_video",
    "overlap",
]
