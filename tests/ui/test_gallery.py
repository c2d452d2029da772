from ui.gallery import CAPTIONS, EXAMPLES, thumbnails
from ui.text import TEXTS


def test_every_example_has_a_caption_and_a_thumbnail() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.jpg")} == CAPTIONS.keys()
    assert set(CAPTIONS.values()) <= TEXTS.keys()
    assert [thumbnail["name"] for thumbnail in thumbnails()] == list(CAPTIONS)


def test_captions_say_what_the_drawings_show() -> None:
    rows = [line.split(" | ") for line in (EXAMPLES / "SOURCES.md").read_text().splitlines()]
    shown = {row[0].strip("| ").removesuffix(".jpg"): row[2] for row in rows if len(row) > 3}
    drawn = {name: text for name, text in CAPTIONS.items() if name.startswith("portrait")}
    assert drawn == {name: f"labels.{shown[name]}" for name in drawn}
    assert len(drawn) >= 8
