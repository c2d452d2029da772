"""onnxruntime reports to its makers by default; here it must not."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

# With these onnxruntime keeps quiet by itself, and the test would show nothing.
QUIET = {"CI", "GITHUB_ACTIONS", "ORT_DISABLE_TELEMETRY"}

CODE = """
import os, sys, numpy
from emotion import EmotionClassifier
assert "ORT_DISABLE_TELEMETRY" not in os.environ, "nothing is set at import"
EmotionClassifier(sys.argv[1]).classify(numpy.zeros((1, 48, 48), numpy.uint8))
print(os.environ["ORT_DISABLE_TELEMETRY"])
"""


def test_no_identifier_and_no_report_is_kept(tmp_path: Path, tiny_model: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if name not in QUIET}
    done = subprocess.run(
        [sys.executable, "-c", CODE, str(tiny_model)],
        cwd=ROOT,
        env=kept | {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "1\n"
    # Else: its identifier of this machine, and a database of reports to be sent.
    assert list(tmp_path.iterdir()) == []
