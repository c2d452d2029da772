"""The batch tab: its server function over HTTP, and the whole in a real browser."""

import csv
import json
import shutil
import zipfile
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import ui.image_tab
from emotion.image import Pixels
from emotion.report import COLUMNS
from tests.ui.conftest import files_in, save

NAME = f"batch-{'0123456789abcdef' * 2}"


def zipped(content: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return file.getvalue()


def test_a_file_that_is_too_large_is_named_and_deleted(
    call: Any, upload: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ui.image_tab, "ORIGINAL_BYTES", 2**20)
    path = upload(bytes(2**20 + 1), NAME)
    answer = call("batch", "read_picture", {"upload": NAME, "name": "mine.jpg"})
    assert answer == {"problem": "too_large", "error": "mine.jpg is larger than 1 MB"}
    assert not path.exists()


@pytest.mark.parametrize("asked", [None, 7, {}, {"upload": 7}])
def test_nonsense_is_answered(call: Any, asked: Any) -> None:
    assert call("batch", "read_picture", asked)["problem"] == "no_answer"


@pytest.fixture
def batch(page: Any) -> Any:
    """The page with the tab open."""
    page.get_by_role("tab", name="Batch").click()
    page.locator("#batch .drop").wait_for()
    return page


def choose(page: Any, *files: Path) -> str:
    """Chooses files and waits for the end; the summary."""
    page.set_input_files("#batch .files", files)
    page.locator("#batch .outcome").wait_for()
    return str(page.locator("#batch .summary").text_content())


def saved(page: Any, kind: str) -> bytes:
    with page.expect_download() as download:
        page.locator(f"#batch [data-kind={kind}]").click()
    return Path(download.value.path()).read_bytes()


def names(page: Any) -> list[str]:
    shown = page.locator("#batch .picture:visible .name").all_text_contents()
    return [str(name) for name in shown]


def walls(folder: Path, no_faces: Path, count: int) -> list[Path]:
    return [Path(shutil.copy(no_faces, folder / f"{number}.png")) for number in range(count)]


@pytest.fixture
def mixed(two_faces: Path, no_faces: Path, astronaut: Path, tmp_path: Path) -> list[Path]:
    """A picture called like markup, one like a formula, a wall, no picture, and a zip."""
    astronaut = Path(shutil.copy(astronaut, tmp_path / "<img src=x onerror=alert(1)>.jpg"))
    formula = Path(shutil.copy(two_faces, tmp_path / "=1+1.png"))
    bad, archive = tmp_path / "bad.jpg", tmp_path / "trip.zip"
    bad.write_bytes(b"not a picture")
    content = {"in/a.jpg": astronaut.read_bytes(), "b.png": b"bad", "notes.txt": b"", ".c.png": b""}
    archive.write_bytes(zipped(content))
    return [astronaut, formula, no_faces, bad, archive]


@pytest.mark.browser
def test_many_files_end_in_a_list_and_files_to_keep(
    batch: Any, mixed: list[Path], temp_folder: Path
) -> None:
    summary = choose(batch, *mixed)
    assert summary == "4 pictures read · 4 faces · 2 could not be read · 1 other file in a zip"
    every = [*(path.name for path in mixed[:4]), "trip.zip/in/a.jpg", "trip.zip/b.png"]
    assert names(batch) == every
    text = saved(batch, "csv").decode()
    assert text.startswith("\ufeffimage,")
    rows = list(csv.DictReader(text.removeprefix("\ufeff").splitlines()))
    assert list(rows[0]) == [*COLUMNS, "note"]
    expected = [every[0], "'=1+1.png", "'=1+1.png", *every[2:]]
    assert [row["image"] for row in rows] == expected
    assert [bool(row["label"]) for row in rows] == [True, True, True, False, False, True, False]
    assert rows[3]["note"] == "No face found"
    assert rows[4]["note"] == "bad.jpg is not an image of a kind that can be read"
    records = json.loads(saved(batch, "json"))
    assert ["error" in record for record in records] == 3 * [False] + [True, False, True]
    sheet = Image.open(BytesIO(saved(batch, "jpg")))
    # Four faces: three columns, two rows.
    assert (sheet.format, sheet.size) == ("JPEG", (3 * 152, 2 * 192))
    assert [p for p in files_in(temp_folder) if p.name.startswith("batch-")] == []


@pytest.mark.browser
def test_a_row_opens_its_picture_and_an_expression_filters_them(
    batch: Any, mixed: list[Path], astronaut_image: Pixels, tmp_path: Path
) -> None:
    mixed[2] = save(np.tile(astronaut_image[::4, ::4], (3, 5, 1)), tmp_path / "crowd.png")
    choose(batch, *mixed)
    crowd = batch.locator("#batch .picture").nth(2)
    assert crowd.locator(".chip").count() == 5
    assert crowd.locator("summary").bounding_box()["height"] < 150
    row = batch.locator("#batch .picture").nth(4)
    row.locator("summary").click()
    # A picture that lay in a zip, too.
    image = row.locator(".stage img")
    batch.wait_for_function("image => image.naturalWidth === 512", arg=image.element_handle())
    assert row.locator(".bar").count() == 7
    shares = batch.locator("#batch .key")
    label = str(shares.first.get_attribute("data-label"))
    assert sum(int(share.split()[-1]) for share in shares.all_text_contents()) == 19
    shares.first.click()
    assert batch.locator("#batch .key[aria-pressed=true]").get_attribute("data-label") == label
    assert 0 < len(names(batch)) < 5
    batch.locator("#batch .key[aria-pressed=true]").click()
    assert len(names(batch)) == 6


@pytest.mark.browser
def test_every_zip_that_cannot_be_read_says_why(batch: Any, tmp_path: Path) -> None:
    locked = bytearray(zipped({"a.png": b"x"}))
    # The general purpose flags of the directory; bit 0 is encryption (APPNOTE.TXT, 4.4.4).
    locked[locked.index(b"PK\x01\x02") + 8] |= 1
    bomb = bytearray(zipped({"a.png": bytes(41 * 2**20)}))
    lie = bytearray(zipped({"a.png": bytes(2**20)}))
    size = lie.index(b"PK\x01\x02") + 24
    lie[size : size + 4] = (100).to_bytes(4, "little")
    cases = {
        "text": (zipped({"a.txt": b"x", "__MACOSX/._a.jpg": b"x"}), "a zip without pictures"),
        "cut": (zipped({"a.png": b"x" * 99})[:60], "a damaged zip"),
        "locked": (bytes(locked), "a zip with a password: save it without one"),
        "many": (zipped(dict.fromkeys(map(str, range(1001)), b"")), "a zip with more than 1000"),
        "bomb": (bytes(bomb), "larger than 40 MB"),
        "lie": (bytes(lie), "not a picture that can be read, or damaged"),
        "lzma": (zipped({"a.png": b"x"}, zipfile.ZIP_LZMA), "compressed in an unusual way"),
    }
    for name, (content, _) in cases.items():
        (tmp_path / f"{name}.zip").write_bytes(content)
    choose(batch, *(tmp_path / f"{name}.zip" for name in cases))
    found = batch.locator("#batch .picture .found").all_text_contents()
    assert len(found) == len(cases)
    for (_, sentence), said in zip(cases.values(), found, strict=True):
        assert said.startswith(sentence)


@pytest.mark.browser
def test_a_folder_is_searched_when_it_is_dropped(
    batch: Any, no_faces: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "holiday"
    for name in ("10.png", "9.png", ".hidden", "in/a.png"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(no_faces.read_bytes())
    place = batch.locator("#batch .drop").bounding_box()
    where = {"x": place["x"] + 20, "y": place["y"] + 20}
    data = {"items": [], "files": [str(folder), str(no_faces)], "dragOperationsMask": 1}
    devtools = batch.context.new_cdp_session(batch)
    for kind in ("dragEnter", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": kind, **where, "data": data})
    batch.locator("#batch .outcome").wait_for()
    assert names(batch) == ["9.png", "10.png", "a.png", no_faces.name]


@pytest.mark.browser
def test_cancel_keeps_what_was_read_and_the_rest_can_follow(
    batch: Any, no_faces: Path, tmp_path: Path
) -> None:
    batch.set_input_files("#batch .files", walls(tmp_path, no_faces, 40))
    batch.locator("#batch .picture", has_text="No face found").first.wait_for()
    batch.get_by_role("button", name="Cancel").click()
    batch.locator("#batch .outcome").wait_for()
    left = batch.locator("#batch .picture", has_text="not read yet").count()
    assert 0 < left < 40
    assert f"{left} not read yet" in batch.locator("#batch .summary").text_content()
    batch.get_by_role("button", name=f"Read {left} more").click()
    batch.locator("#batch .outcome").wait_for()
    assert batch.locator("#batch .summary").text_content() == "40 pictures read · 0 faces"
    batch.get_by_role("button", name="Other pictures").click()
    # Of two choices, the second wins.
    batch.set_input_files("#batch .files", walls(tmp_path, no_faces, 40))
    assert choose(batch, no_faces) == "1 picture read · 0 faces"
    assert names(batch) == [no_faces.name]


@pytest.mark.browser
@pytest.mark.parametrize("way", ["**/upload", "**/component_server/"])
def test_what_the_network_lost_can_be_tried_again(batch: Any, no_faces: Path, way: str) -> None:
    batch.route(way, lambda route: route.abort())
    assert choose(batch, no_faces) == "0 pictures read · 0 faces · 1 could not be read"
    batch.unroute(way)
    batch.get_by_role("button", name="Read 1 more").click()
    batch.locator("#batch .summary", has_text="1 picture read · 0 faces").wait_for()
    assert not batch.locator("#batch .rest").is_visible()


@pytest.mark.browser
def test_what_is_over_the_limit_is_told_and_read_on_demand(batch: Any, tmp_path: Path) -> None:
    archive = tmp_path / "many.zip"
    archive.write_bytes(zipped({f"{number}.png": b"bad" for number in range(203)}))
    summary = choose(batch, archive)
    assert summary == "0 pictures read · 0 faces · 200 could not be read · 3 not read yet"
    notes = [line.rsplit(",", 1)[1] for line in saved(batch, "csv").decode().splitlines()]
    assert notes[-3:] == ["not read yet"] * 3
    batch.get_by_role("button", name="Read 3 more").click()
    batch.locator("#batch .summary", has_text="203 could not be read").wait_for()


@pytest.mark.browser
def test_a_change_of_settings_is_told_and_can_be_followed(batch: Any, two_faces: Path) -> None:
    assert choose(batch, two_faces).endswith("2 faces")
    assert not batch.locator("#batch .stale").is_visible()
    batch.locator("#settings-panel > button").click()
    batch.get_by_label("Only the largest face").click()
    batch.get_by_role("button", name="Read them again").click()
    batch.locator("#batch .summary", has_text="1 face").wait_for()
    assert not batch.locator("#batch .stale").is_visible()


@pytest.mark.browser
def test_the_examples_can_be_tried_and_a_lost_one_again(batch: Any) -> None:
    batch.route("**/group.jpg", lambda route: route.abort())
    batch.get_by_role("button", name="Try it with the example pictures").click()
    batch.get_by_role("button", name="Read 1 more").wait_for()
    assert names(batch)[:2] == ["astronaut.jpg", "group.jpg"]
