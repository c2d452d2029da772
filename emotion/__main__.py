"""`python -m emotion photo.jpg`: see emotion/cli/main.py."""

import sys

from emotion.cli.main import run

sys.exit(run())
