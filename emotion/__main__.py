"""`python -m emotion photo.jpg`: see emotion/cli.py."""

import sys

from emotion.cli import run

sys.exit(run())
