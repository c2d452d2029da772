"""What is measured, as tables for people and records for programs."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

Row = dict[str, str | int | float]


class Section(NamedTuple):
    """One table: its title, what must be known to read it, and rows with the same keys."""

    title: str
    note: str
    rows: list[Row]

    def markdown(self) -> str:
        """A heading, the note and a table."""
        parts = [f"## {self.title}", self.note]
        if self.rows:
            parts.append("\n".join(_lines(self.rows)))
        return "\n\n".join(part for part in parts if part) + "\n"


def write(folder: Path, name: str, heading: str, sections: Sequence[Section]) -> str:
    """NAME.md and NAME.json below the folder; returns the Markdown."""
    text = "\n".join([f"# {heading}\n", *(section.markdown() for section in sections)])
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.md").write_text(text)
    records = {"heading": heading, "sections": [section._asdict() for section in sections]}
    (folder / f"{name}.json").write_text(json.dumps(records, indent=1) + "\n")
    return text


def _lines(rows: list[Row]) -> list[str]:
    titles = list(rows[0])
    cells = [titles, ["---"] * len(titles), *([_cell(row[t]) for t in titles] for row in rows)]
    return ["| " + " | ".join(row) + " |" for row in cells]


def _cell(value: str | float) -> str:
    return f"{value:.2f}" if isinstance(value, float) else str(value)
