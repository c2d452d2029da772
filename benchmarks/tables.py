"""Tables for people and the same records for programs."""

import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

RESULTS = Path(__file__).parent / "results"

Row = dict[str, Any]


class Table(NamedTuple):
    """A title, what a reader must know, and rows with the same keys."""

    title: str
    note: str
    rows: list[Row]

    def markdown(self) -> str:
        lines: list[str] = []
        if self.rows:
            titles = list(self.rows[0])
            cells = [titles, ["---"] * len(titles)]
            cells += [[str(row.get(title, "")) for title in titles] for row in self.rows]
            lines = ["| " + " | ".join(row) + " |" for row in cells]
        return "\n\n".join(filter(None, [f"## {self.title}", self.note, "\n".join(lines)])) + "\n"


def write(name: str, tables: Sequence[Table], folder: Path = RESULTS) -> str:
    """Write NAME.md and NAME.json into the folder and return the Markdown."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    machine = f"Python {platform.python_version()}, {os.cpu_count()} cores, load {load}"
    parts = [f"# {name.capitalize()}: {machine}\n", *(table.markdown() for table in tables)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.md").write_text("\n".join(parts))
    records = {"machine": machine, "tables": [table._asdict() for table in tables]}
    (folder / f"{name}.json").write_text(json.dumps(records, indent=1) + "\n")
    return "\n".join(parts)


def spread(values: Sequence[float]) -> str:
    """The median, and the quartiles around it."""
    low, median, high = np.percentile(values, [25, 50, 75])
    return f"{median:.1f} ({low:.1f} to {high:.1f})"
