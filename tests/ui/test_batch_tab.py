"""The batch tab: its server functions over HTTP, and the whole in a real browser."""

import csv
import json
import shutil
import zipfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import ui.batch_tab
from emotion.report import COLUMNS
from tests.ui.tools import files_in

NAME = f"batch-{'0123456789abcdef' * 2}"

Ask = Callable[..., Any]


@pytest.fixture
def ask(call: Callable[[str, str, Any], Any]) -> Ask:
    """Calls a server function of the tab, as its script does."""
    return lambda question, function="read_files": call("batch", function, question)


@pytest.fixture
def send(upload: Callable[[bytes, str], Path]) -> Callable[..., Path]:
    """Uploads content; gives its path on the server."""
    return lambda content, name=NAME: upload(content, name)


def zipped(content: dict[str, bytes]) -> bytes:
    file = BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return file.getvalue()


def question(path: Path, name: str = "mine.jpg", **more: Any) -> dict[str, Any]:
    return {"path": str(path), "name": name, "start": 0} | more


def test_a_picture_is_answered_and_deleted(ask: Ask, send: Any, astronaut: Path) -> None:
    path = send(astronaut.read_bytes())
    assert path.is_file()
    answer = ask(question(path))
    assert not path.exists()
    (result,) = answer["results"]
    assert (answer["total"], "next" in answer) == (1, False)
    assert result["record"]["image"] == "mine.jpg"
    assert result["faces"][0]["crop"].startswith("data:image/jpeg;base64,")
    (row,) = csv.DictReader(result["csv"].splitlines(), fieldnames=COLUMNS)
    assert row["label"] == result["faces"][0]["label"] == result["record"]["faces"][0]["label"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "mine.jpg is empty"),
        (b"not a picture", "mine.jpg is not an image of a kind that can be read"),
        (b"PK\x03\x04 cut short", "mine.jpg is damaged, or no zip"),
    ],
)
def test_a_bad_file_is_named_and_deleted(
    ask: Ask, send: Any, content: bytes, sentence: str
) -> None:
    path = send(content)
    answer = ask(question(path))
    errors = [answer.get("error"), *(r["record"].get("error") for r in answer.get("results", []))]
    assert sentence in errors
    assert not path.exists()


def test_a_large_picture_is_refused_and_deleted(
    ask: Ask, send: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ui.batch_tab, "PICTURE_BYTES", 2**20)
    path = send(bytes(2**20 + 1))
    assert ask(question(path)) == {"error": "mine.jpg is larger than 1 MB"}
    assert not path.exists()


def test_a_zip_is_read_part_by_part_then_deleted(
    ask: Ask, send: Any, astronaut: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ui.batch_tab, "PART_SECONDS", 0)
    content = {"../a.jpg": astronaut.read_bytes(), "b.png": b"bad", "c.txt": b"", "d.zip": b""}
    path = send(zipped(content))
    records, start = [], 0
    while start is not None:
        assert path.exists()
        answer = ask(question(path, "trip.zip", start=start))
        assert (len(answer["results"]), answer["total"], answer["others"]) == (1, 3, 1)
        records.append(answer["results"][0]["record"])
        start = answer.get("next")
    assert not path.exists()
    assert [record["image"] for record in records] == [
        "trip.zip/a.jpg",
        "trip.zip/b.png",
        "trip.zip/d.zip",
    ]
    assert len(records[0]["faces"]) == 1
    assert records[1]["error"].startswith("trip.zip/b.png is not an image")
    assert records[2]["error"] == "trip.zip/d.zip is a zip inside a zip: send it by itself"


def test_what_was_cancelled_is_deleted(ask: Ask, send: Any) -> None:
    path = send(zipped({"a.png": b"x"}))
    ask(question(path, "trip.zip"), function="forget_file")
    assert not path.exists()
    assert ask(question(path, "trip.zip")) == {
        "error": "trip.zip is not here any more: send it again"
    }


def test_another_visitors_upload_is_neither_read_nor_deleted(
    ask: Ask, send: Any, astronaut: Path
) -> None:
    path = send(astronaut.read_bytes(), "theirs.jpg")
    assert ask(question(path)) == {"error": "mine.jpg is not a file that was sent here"}
    ask(question(path), function="forget_file")
    assert path.is_file()


def test_settings_are_followed(ask: Ask, send: Any, two_faces: Path) -> None:
    settings = {"detector": "mtcnn", "largest": True, "uncertain_below": 1}
    content = two_faces.read_bytes()
    (result,) = ask(question(send(content), settings=settings))["results"]
    assert [face["uncertain"] for face in result["faces"]] == [True]
    answer = ask(question(send(content), settings={"detector": "eyes"}))
    assert "detector must be" in answer["error"]


@pytest.mark.parametrize(
    "asked",
    [None, [], 7, "x", {}, {"name": "a"}, {"path": 7, "name": "a", "start": 0}],
)
def test_rubbish_is_one_sentence(ask: Ask, asked: Any) -> None:
    assert ask(asked)["error"].startswith("the question must")


def test_a_formula_stays_text(ask: Ask, send: Any, astronaut: Path) -> None:
    answer = ask(question(send(astronaut.read_bytes()), "=cmd|' /C calc'!A0.jpg"))
    assert answer["results"][0]["csv"].startswith("'=cmd")


@pytest.fixture
def batch(page: Any) -> Any:
    """The page with the tab open."""
    page.get_by_role("tab", name="Batch").click()
    page.locator("#batch .drop").wait_for()
    return page


def finish(page: Any) -> str:
    """Waits for the end; the summary."""
    page.locator("#batch .outcome").wait_for()
    return str(page.locator("#batch .summary").text_content())


@pytest.fixture
def mixed(two_faces: Path, no_faces: Path, astronaut: Path, tmp_path: Path) -> list[Path]:
    """Three pictures, one called like markup, one that is none, and a zip with a good and a bad."""
    astronaut = Path(shutil.copy(astronaut, tmp_path / "<img src=x onerror=alert(1)>.jpg"))
    bad, archive = tmp_path / "bad.jpg", tmp_path / "trip.zip"
    bad.write_bytes(b"not a picture")
    archive.write_bytes(zipped({"in/a.jpg": astronaut.read_bytes(), "b.png": b"bad"}))
    return [astronaut, two_faces, no_faces, bad, archive]


def kept(folder: Path) -> list[Path]:
    """What the page sent and is still there; other tests send under NAME."""
    return [p for p in files_in(folder) if p.name.startswith("batch-") and p.name != NAME]


def saved(page: Any, kind: str) -> bytes:
    with page.expect_download() as download:
        page.locator(f"#batch [data-kind={kind}]").click()
    return Path(download.value.path()).read_bytes()


@pytest.mark.browser
def test_many_files_end_in_a_table_and_files_to_keep(
    batch: Any, mixed: list[Path], temp_folder: Path
) -> None:
    batch.set_input_files("#batch .files", mixed)
    assert finish(batch) == "4 pictures read · 4 faces · 2 could not be read"
    assert batch.locator("#batch img").count() == 4
    assert batch.locator("#batch tbody th").all_text_contents() == [
        *(path.name for path in mixed[:4]),
        "trip.zip/in/a.jpg",
        "trip.zip/b.png",
    ]
    assert [text.split(" is ")[0] for text in batch.locator(".bad td").all_text_contents()] == [
        "bad.jpg",
        "trip.zip/b.png",
    ]
    rows = list(csv.DictReader(saved(batch, "csv").decode().splitlines()))
    assert [row["image"] for row in rows] == [
        mixed[0].name,
        *2 * ["two-faces.png"],
        "trip.zip/in/a.jpg",
    ]
    records = json.loads(saved(batch, "json"))
    assert ["error" in record for record in records] == 3 * [False] + [True, False, True]
    sheet = Image.open(BytesIO(saved(batch, "sheet")))
    # Four faces: two columns, two rows.
    assert (sheet.format, sheet.size) == ("JPEG", (3 * 152, 2 * 192))
    assert kept(temp_folder) == []
    batch.set_viewport_size({"width": 390, "height": 844})
    rows = batch.locator("#batch .rows")
    assert rows.evaluate("rows => rows.scrollWidth <= rows.clientWidth")
    assert batch.evaluate("document.documentElement.scrollWidth") <= 390


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
    assert finish(batch) == "4 pictures read · 0 faces"
    names = batch.locator("#batch tbody th").all_text_contents()
    assert names == ["9.png", "10.png", "a.png", no_faces.name]


@pytest.mark.browser
def test_cancel_stops_at_once_and_keeps_what_was_read(
    batch: Any, no_faces: Path, temp_folder: Path
) -> None:
    files = []
    for number in range(40):
        files.append(no_faces.with_name(f"{number}.png"))
        files[-1].write_bytes(no_faces.read_bytes())
    batch.set_input_files("#batch .files", files)
    batch.locator("#batch tbody:first-of-type .none", has_text="No face found").wait_for()
    batch.get_by_role("button", name="Cancel").click()
    assert finish(batch).endswith("cancelled")
    read = len(json.loads(saved(batch, "json")))
    assert 1 <= read < 40
    assert batch.locator("#batch td", has_text="not read").count() == 40 - read
    assert kept(temp_folder) == []


@pytest.mark.browser
def test_no_more_is_read_than_is_said(batch: Any, tmp_path: Path, temp_folder: Path) -> None:
    assert "200 pictures" in batch.locator("#batch .limits").text_content()
    archive = tmp_path / "many.zip"
    archive.write_bytes(zipped({f"{number}.png": b"bad" for number in range(203)}))
    batch.set_input_files("#batch .files", archive)
    assert finish(batch) == "0 pictures read · 0 faces · 200 could not be read"
    assert batch.locator("#batch .none td").all_text_contents() == [
        "left out: there are more pictures than are read at once"
    ]
    assert kept(temp_folder) == []
    batch.get_by_role("button", name="Other pictures").click()
    batch.locator("#batch .drop").wait_for()
    assert batch.locator("#batch tbody").count() == 0
