from tests.test_examples import ROWS
from ui.gallery import CAPTIONS, EXAMPLES, thumbnails
from ui.text import TEXTS


def test_every_example_has_a_caption_and_a_thumbnail() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.jpg")} == CAPTIONS.keys()
    assert set(CAPTIONS.values()) <= TEXTS.keys()
    assert [thumbnail["name"] for thumbnail in thumbnails()] == list(CAPTIONS)


def test_captions_say_what_the_drawings_show() -> None:
    shown = {row["file"].removesuffix(".jpg"): f"labels.{row['shows']}" for row in ROWS}
    drawn = {name: label for name, label in shown.items() if name.startswith("portrait")}
    assert len(drawn) >= 8
    assert drawn.items() <= CAPTIONS.items()
