"""The table in SOURCES.md: `python -m examples.sources` fills its column "Recognised as"."""

from pathlib import Path

from emotion import EmotionRecognizer, FacePrediction

FOLDER = Path(__file__).parent
TABLE = FOLDER / "SOURCES.md"
COLUMNS = ("File", "Faces", "Drawn to show", "Recognised as", "Source", "Licence")


def read_table(text: str) -> list[dict[str, str]]:
    """The rows below the heading, keyed by COLUMNS."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    return [dict(zip(COLUMNS, row, strict=True)) for row in rows]


def recognised_as(predictions: list[FacePrediction]) -> str:
    """The labels of the faces from left to right."""
    ordered = sorted(predictions, key=lambda prediction: prediction.face.box[0])
    return ", ".join(prediction.label for prediction in ordered)


def fill(text: str, recognizer: EmotionRecognizer) -> str:
    """The text with what the model says of each picture."""
    for row in read_table(text):
        said = recognised_as(recognizer.recognize(FOLDER / row["File"]))
        before, after = (
            "| " + " | ".join(cells.values()) + " |"
            for cells in (row, {**row, "Recognised as": said})
        )
        text = text.replace(before, after)
    return text


def main() -> None:
    # MTCNN is always there, so that everybody gets the same table.
    recognizer = EmotionRecognizer(detector="mtcnn")
    TABLE.write_text(fill(TABLE.read_text("utf-8"), recognizer), "utf-8")


if __name__ == "__main__":
    main()
