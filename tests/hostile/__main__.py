"""`python -m tests.hostile`: writes the corpus, reads it, and prints how each class ended."""

import sys
import tempfile
from itertools import chain, groupby
from pathlib import Path

from tests.hostile.corpus import expected, read_in_child, write

COLUMNS = ("class", "inputs", "pictures", "sentences", "else", "slowest, CPU s", "most MB")


def main() -> int:
    """The exit code: 1 where an input ended otherwise than it must."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        ends = read_in_child(Path(folder), Path(folder))
    print("|", " | ".join(COLUMNS), "|")
    print("|---" * len(COLUMNS), end="|\n")
    for kind, group in chain(groupby(ends, lambda end: end["kind"]), [("all", ends)]):
        print("|", " | ".join(map(str, [kind, *_counts(list(group))])), "|")
    wrong = [end for end in ends if not expected(end)]
    for end in wrong:
        print(end)
    return 1 if wrong else 0


def _counts(ends: list[dict[str, object]]) -> list[object]:
    counts = [sum(end["ended"] == which for end in ends) for which in ("picture", "sentence")]
    slowest, most = (max(end[name] for end in ends) for name in ("seconds", "megabytes"))
    return [len(ends), *counts, len(ends) - sum(counts), f"{slowest:.2f}", round(most)]


if __name__ == "__main__":
    sys.exit(main())
