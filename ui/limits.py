"""Every size and count that the page keeps to, in one place. Seconds unless the name says more."""

from typing import Any

MIB = 2**20

# Pictures. The largest that phones make.
PICTURE_BYTES = 10 * MIB
# The page shrinks pictures to this before it sends them: faces in a crowd stay sharp.
SENT_PIXELS = 12_000_000
# A format that the browser can't read is sent as it is.
ORIGINAL_BYTES = 40 * MIB
# In one call of /predict_batch, and in one run of the batch tab: a minute on two cores.
PICTURES_AT_ONCE = 200
# Pictures that the server shows: wide enough for a laptop's screen, and a quarter of a megabyte
# instead of a photograph's ten. Faces in the batch tab, and the examples.
PICTURE_SIDE = 1280
CROP_SIDE = 112
THUMBNAIL_SIDE = 128
# Below this no single expression holds most of the probability, and the page says so.
UNCERTAIN_BELOW = 0.5
# For events that read one picture: they share a queue. A picture takes 50 to 60 ms of a core with
# one, two or four at once: two keep both cores of a Space busy, and each more holds another 15 MB
# (python -m benchmarks.load --uploading 16).
PICTURES: dict[str, Any] = {"concurrency_id": "pictures", "concurrency_limit": 2}
# Pictures waiting in the queue, of all visitors; a visitor who comes after that is told at once to
# try again. A picture takes 55 ms, so two cores clear all 40 in a second or two. With a third of a
# core to spare, 64 visitors waited 8 s at the median, and 19 in 20 of them at most 15 s
# (python -m benchmarks.load --uploading 64).
WAITING = 40
# Choices of detector, score and largest face whose recognisers are kept. They share the
# classifier; a detector takes 15 MB, and 15 ms to load.
RECOGNIZERS = 8

# For fetching YuNet while a visitor waits.
FETCH_SECONDS = 10.0

# Zips in the batch tab, which the browser opens: files of any kind in one.
ZIP_MEMBERS = 1000
# Characters of a file's name that are shown.
NAME_CHARACTERS = 200

# Clips. A minute of full HD from a phone takes about this much.
CLIP_BYTES = 100 * MIB
# Two cores do this much in five minutes, at five frames a second.
CLIP_SECONDS = 180.0
# A clip in 4K, or of a thousand frames a second, holds up the others no longer than this.
CLIP_WORK_SECONDS = 600.0
# Frames analysed in each second of a clip; the page offers these.
CLIP_RATES = (1, 2, 5, 10, 30)
CLIP_RATE = 5
# A clip takes more than one core, and pictures and webcams need the rest of two.
CLIPS_AT_ONCE = 1
# Clips that wait for their turn: 800 MB on disk at worst.
CLIPS = 8
# Between two reports of how far an analysis is; it can be cancelled at each.
PROGRESS_SECONDS = 0.5

# Webcams. A JPEG of 640x480 has about 60,000 characters as base64: ten times that is no frame.
FRAME_CHARACTERS = 600_000
# Two cores work on two frames; with two more waiting, neither core idles.
FRAMES_AT_ONCE = 4
# Cameras whose faces are followed; the one silent for longest is forgotten first.
CAMERAS = 64
MAX_SMOOTHING = 2.0

# Requests. The page sends one file at a time; a little more is for the form around it.
UPLOAD_BYTES = CLIP_BYTES + MIB
# A picture of 10 MB as base64, the most that any call carries, is 13.4 MB.
CALL_BYTES = 16 * MIB
# Between two pieces of a request; phones lose their connection for shorter.
SILENT_SECONDS = 30.0
# A connection without a request is closed after one to two times this.
IDLE_SECONDS = 10.0
# Visitors whose state Gradio keeps, 33 KB each; its default is 10,000.
SESSIONS = 250

# Between two looks at the temporary files, and the age at which a file is deleted, counted from
# the first look that saw it. Together they keep the promise "within two minutes".
SWEEP_EVERY = 10.0
SWEEP_AGE = 50.0
