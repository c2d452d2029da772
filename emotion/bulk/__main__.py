"""`python -m emotion.bulk SOURCE --out DIR`: see emotion/bulk/cli.py."""

import sys

from emotion.bulk.cli import main

sys.exit(main())
