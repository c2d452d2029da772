"""Export a finished run once more, as after a change of train/export.py.

    python -m train.reexport --data DIR --out runs/lite0

Weights, calibration, figures and metadata stay what they were: a file that says anything else of
the faces in valid than the one in --out is not written.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np

from emotion.classify import EmotionClassifier
from emotion.types import EmotionError
from train import data, evaluate
from train.calibrate import Calibration
from train.card import METRICS, read_metrics
from train.checkpoint import BEST
from train.errors import TrainError
from train.export import TOLERANCE, ExportError, export
from train.finish import MODEL_FILE, PARITY_FACES
from train.network import restore


def main(argv: list[str] | None = None) -> int:
    """The command line; the exit status is 0, or 1 after one sentence on stderr."""
    options = _parser().parse_args(argv)
    try:
        reexport(options.out, data.load(options.data)["valid"].images[:PARITY_FACES])
    except (EmotionError, TrainError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def reexport(out: Path, faces: np.ndarray) -> None:
    """Write emotion.onnx of a finished `out` anew, checked on faces, uint8 (N, 48, 48).

    Raises ExportError where it would differ from the network or from the file that was measured.
    """
    about: dict[str, Any] = read_metrics(out / METRICS)["model"]
    network, recipe = restore(out / BEST)
    path = out / MODEL_FILE
    measured, fresh = EmotionClassifier(path), path.with_name("again.onnx")
    export(
        network,
        recipe.phases[-1].size,
        faces,
        fresh,
        calibration=Calibration.of(about),
        metadata=measured.metadata,
    )
    difference = np.abs(EmotionClassifier(fresh).classify(faces) - measured.classify(faces)).max()
    if difference > TOLERANCE:
        fresh.unlink()
        raise ExportError(
            f"{out / BEST} gives probabilities that differ by {difference:.1e} from {path}, which "
            "was measured: it is not the network of that file"
        )
    fresh.replace(path)
    evaluate.add(out, {"model": about | {"bytes": path.stat().st_size}})
    print(f"{path}: largest difference of a probability {difference:.1e}")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m train.reexport", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--data", required=True, help="FER-2013, as for python -m train")
    parser.add_argument("--out", type=Path, required=True, help="the folder of the finished run")
    return parser


if __name__ == "__main__":
    sys.exit(main())
