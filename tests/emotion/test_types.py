"""What the package gives, and how light it is."""

import subprocess
import sys

import emotion


def test_public_names() -> None:
    assert emotion.__all__ == [
        "LABELS",
        "EmotionClassifier",
        "EmotionError",
        "EmotionRecognizer",
        "Face",
        "FacePrediction",
        "ImageError",
        "ModelError",
        "VideoError",
    ]
    assert all(hasattr(emotion, name) for name in emotion.__all__)


def test_import_is_light() -> None:
    """In a fresh process: no training or web packages, and nothing that only some calls need."""
    heavy = ["torch", "timm", "gradio", "matplotlib", "sklearn", "pandas", "pyarrow", "ray"]
    late = ["huggingface_hub", "tqdm", "pillow_heif", "av"]
    code = f"import emotion, sys; print([n for n in {heavy + late} if n in sys.modules])"
    command = [sys.executable, "-W", "error", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("[]\n", "")
