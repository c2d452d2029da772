"""Every form of the data gives the same splits; every fault is told with its file and row."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from huggingface_hub.errors import LocalEntryNotFoundError
from PIL import Image

from emotion.types import LABELS
from train import data
from train.data import DataError, Split
from train.read_images import read_parquet

SHARED = Path(__file__).parents[3] / "shared" / "data" / "fer2013"
USAGES = {"train": "Training", "valid": "PublicTest", "test": "PrivateTest"}
VOTES = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"]
FERPLUS = ["Usage", "Image name", *VOTES, "unknown", "NF"]
PIXELS = " ".join(["7"] * 2304)
FACE = np.full((48, 48), 7, np.uint8)


def write_csv(path: Path, *rows: list[object]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def write_faces(path: Path, splits: dict[str, Split], names: list[str]) -> Path:
    rows = [
        [label, " ".join(map(str, image.ravel())), USAGES[name]]
        for name, split in splits.items()
        for label, image in zip(split.labels, split.images, strict=True)
    ]
    return write_csv(path, names, *rows)


def png(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "png")
    return file.getvalue()


def write_tree(folder: Path, splits: dict[str, Split]) -> Path:
    for name, split in splits.items():
        for n, (label, image) in enumerate(zip(split.labels, split.images, strict=True)):
            home = folder / ("train" if name == "train" else "test") / LABELS[label]
            home.mkdir(parents=True, exist_ok=True)
            (home / f"{USAGES[name]}_{n:04}.png").write_bytes(png(image))
    return folder


def write_parquet(path: Path, split: Split, **columns: list[object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = [{"bytes": png(image), "path": None} for image in split.images]
    pq.write_table(pa.table({"image": cells, "label": split.labels.tolist()} | columns), path)


def as_csv(folder: Path, splits: dict[str, Split]) -> Path:
    return write_faces(folder / "any.csv", splits, ["emotion", "pixels", "Usage"])


def as_icml(folder: Path, splits: dict[str, Split]) -> Path:
    write_faces(folder / "icml_face_data.csv", splits, ["emotion", " pixels", " Usage"])
    return folder


def as_parquet(folder: Path, splits: dict[str, Split]) -> Path:
    for name, split in splits.items():
        write_parquet(folder / f"{name}.parquet", split)
    return folder


def as_hub_parquet(folder: Path, splits: dict[str, Split]) -> Path:
    """As `push_to_hub` lays them out, train in two files."""
    train = splits["train"]
    for part in range(2):
        rows = np.arange(len(train)) % 2 == part
        write_parquet(folder / f"data/train-0000{part}-of-00002.parquet", train.where(rows))
    write_parquet(folder / "data/validation-00000-of-00001.parquet", splits["valid"])
    write_parquet(folder / "default/test/0000.parquet", splits["test"])
    return folder


def as_named_parquet(folder: Path, splits: dict[str, Split]) -> Path:
    """Labels numbered by the alphabet, their names in the schema, as `datasets` writes them."""
    names = sorted(LABELS)
    feature = {"label": {"names": names, "_type": "ClassLabel"}}
    metadata = {"huggingface": json.dumps({"info": {"features": feature}})}
    for name, split in splits.items():
        path = folder / f"{name}.parquet"
        numbers = [names.index(LABELS[label]) for label in split.labels]
        write_parquet(path, split, label=numbers)
        pq.write_table(pq.read_table(path).replace_schema_metadata(metadata), path)
    return folder


def rows_of(split: Split) -> list[tuple[int, bytes]]:
    """In one order for all: a folder tree has none of its own."""
    pairs = zip(split.labels.tolist(), split.images, strict=True)
    return sorted((label, image.tobytes()) for label, image in pairs)


@pytest.mark.parametrize(
    "form", [as_csv, as_icml, write_tree, as_parquet, as_hub_parquet, as_named_parquet]
)
def test_every_form_gives_the_same(
    form: Callable[[Path, dict[str, Split]], Path], splits: dict[str, Split], tmp_path: Path
) -> None:
    loaded = data.load(form(tmp_path, splits))
    assert list(loaded) == ["train", "valid", "test"]
    for name, split in loaded.items():
        assert rows_of(split) == rows_of(splits[name])
        assert (split.images.dtype, split.labels.dtype) == (np.uint8, np.int64)
        assert split.votes.shape == (len(split), 10)
        assert not split.votes.any()


def test_ferplus_joins_the_csv(splits: dict[str, Split], tmp_path: Path) -> None:
    source = as_csv(tmp_path, splits)
    usages = [USAGES[name] for name, split in splits.items() for _ in range(len(split))]
    rows = [[usage, "x.png", 6, 0, 0, 0, 3, 0, 0, 0, 0, 1] for usage in usages]
    rows[0][2:] = [0] * 10
    votes = write_csv(tmp_path / "fer2013new.csv", FERPLUS, *rows)
    loaded = data.load(source, votes)
    assert not loaded["train"].votes[0].any()
    expected = np.array([0.6, 0, 0, 0, 0.3, 0, 0, 0, 0, 0.1], np.float32)
    assert loaded["train"].votes[1] == pytest.approx(expected)
    assert loaded["test"].votes[-1] == pytest.approx(expected)


def test_parquet_brings_its_votes(splits: dict[str, Split], tmp_path: Path) -> None:
    source = as_parquet(tmp_path, splits)
    votes = [None, *[[0, 10, 0, 0, 0, 0, 0, 0, 0, 0]] * (len(splits["test"]) - 1)]
    write_parquet(source / "test.parquet", splits["test"], ferplus_votes=votes)
    loaded = data.load(source)
    assert not loaded["test"].votes[0].any()
    assert loaded["test"].votes[1, 1] == 1
    assert not loaded["train"].votes.any()


GOOD = [["emotion", "pixels", "Usage"], *([0, PIXELS, usage] for usage in USAGES.values())]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "no column 'emotion' (found: none)"),
        (GOOD[:1], "no images for the split train"),
        ([["emotion", "pixels"], [0, PIXELS]], "no column 'Usage' (found: emotion, pixels)"),
        (GOOD[:2], "no images for the split valid"),
        (GOOD[:3], "no images for the split test"),
        ([*GOOD, [7, PIXELS, "Training"]], "faces.csv, row 5: label '7', expected 0 to 6"),
        ([*GOOD, ["sad", PIXELS, "Training"]], "faces.csv, row 5: label 'sad'"),
        ([*GOOD, [0, "1 2 3", "Training"]], "row 5: expected 2304 pixels, but got 3"),
        ([*GOOD, [0, "1 256", "Training"]], "row 5: a pixel is not a number of 0 to 255"),
        ([*GOOD, [0, "1 x", "Training"]], "row 5: a pixel is not a number of 0 to 255"),
        ([*GOOD, [0, PIXELS, "Public"]], "row 5: Usage 'Public', expected Training, PublicTest"),
        ([*GOOD, [0, PIXELS]], "row 5: expected 3 columns, but got 2"),
    ],
)
def test_csv_faults(rows: list[list[object]], message: str, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "faces.csv", *rows)
    with pytest.raises(DataError) as raised:
        data.load(path)
    assert message in str(raised.value)
    assert "faces.csv" in str(raised.value)


def test_csv_that_is_not_text(tmp_path: Path) -> None:
    path = tmp_path / "faces.csv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match=r"faces\.csv: can't be read as CSV"):
        data.load(path)


VOTE = [6, 0, 0, 0, 3, 0, 0, 0, 0, 1]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "no column 'Usage'"),
        ([FERPLUS], "not as many rows"),
        ([FERPLUS, *[["Training", "", *VOTE]] * 4], "row 3: Usage is not that of"),
        (
            [FERPLUS, ["Training", "", *VOTE], ["PublicTest", "", "x", *VOTE[1:]]],
            "row 3: a vote is not a count",
        ),
        ([FERPLUS[:-1]], "no column 'NF'"),
    ],
)
def test_ferplus_faults(rows: list[list[object]], message: str, tmp_path: Path) -> None:
    faces = write_csv(tmp_path / "faces.csv", *GOOD)
    votes = write_csv(tmp_path / "votes.csv", *rows)
    with pytest.raises(DataError) as raised:
        data.load(faces, votes)
    assert message in str(raised.value)
    assert "votes.csv" in str(raised.value)


@pytest.mark.parametrize(
    ("path", "content", "message"),
    [
        ("train/happy/a.png", b"", "a.png: not an image that can be read"),
        ("train/happy/a.png", png(FACE)[:60], "a.png: not an image that can be read"),
        ("train/happy/a.png", png(FACE[:40]), "a.png: expected 48x48 pixels, but got 48x40"),
        ("train/glad/a.png", png(FACE), "glad: not a label, expected angry"),
        ("test/happy/a.png", png(FACE), "a.png: expected a name that begins with PublicTest_"),
        ("train/happy/a.png", png(FACE), "no images for the split valid"),
    ],
    ids=["empty", "cut short", "size", "label", "name", "valid"],
)
def test_tree_faults(path: str, content: bytes, message: str, tmp_path: Path) -> None:
    (tmp_path / path).parent.mkdir(parents=True)
    (tmp_path / path).write_bytes(content)
    with pytest.raises(DataError) as raised:
        data.load(tmp_path)
    assert message in str(raised.value)


def test_tree_with_a_valid_folder_needs_no_names(tmp_path: Path) -> None:
    for folder in ("train", "validation", "test"):
        (tmp_path / folder / "sad").mkdir(parents=True)
        (tmp_path / folder / "sad" / "1.png").write_bytes(png(FACE))
    loaded = data.load(tmp_path)
    assert [len(split) for split in loaded.values()] == [1, 1, 1]


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"image": [], "label": []}, "train.parquet: no rows"),
        ({"label": [0]}, "no column 'image' (found: label)"),
        ({"image": [{"bytes": png(FACE)}]}, "no column 'label' (found: image)"),
        ({"image": [{"bytes": None}], "label": [0]}, "row 0: no image bytes"),
        ({"image": [{"bytes": b"GIF89a"}], "label": [0]}, "row 0: not an image that can be read"),
        ({"image": [{"bytes": png(FACE[:, 1:])}], "label": [0]}, "row 0: expected 48x48 pixels"),
        ({"image": [{"bytes": png(FACE)}] * 2, "label": [0, 9]}, "row 1: label '9', expected 0"),
        (
            {"image": [{"bytes": png(FACE)}], "label": [0], "ferplus_votes": [[1, 2]]},
            "row 0: expected 10 votes, but got 2",
        ),
    ],
)
def test_parquet_faults(table: dict[str, list[object]], message: str, tmp_path: Path) -> None:
    pq.write_table(pa.table(table), tmp_path / "train.parquet")
    with pytest.raises(DataError) as raised:
        data.load(tmp_path)
    assert message in str(raised.value)
    assert "train.parquet" in str(raised.value)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("train.parquet", "train.parquet: can't be read as parquet"),
        ("faces.parquet", "faces.parquet: its name tells no split"),
    ],
)
def test_parquet_files_that_are_none(name: str, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"PAR1")
    with pytest.raises(DataError, match=message):
        data.load(tmp_path)


def test_a_folder_of_something_else(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"neither fer2013\.csv, icml_face_data\.csv, nor parquet"):
        data.load(tmp_path)


def test_votes_go_with_a_csv_only(splits: dict[str, Split], tmp_path: Path) -> None:
    source = as_parquet(tmp_path, splits)
    with pytest.raises(DataError, match=r"votes\.csv: its votes can be joined to a CSV only"):
        data.load(source, "votes.csv")


@pytest.mark.parametrize("name", ["nowhere", "nowhere.csv", "a/b/c", "owner/name"])
def test_what_is_not_there(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> str:
        raise LocalEntryNotFoundError("offline")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(data, "snapshot_download", refuse)
    with pytest.raises(DataError) as raised:
        data.load(name)
    assert len(str(raised.value).splitlines()) == 1
    assert ("LocalEntryNotFoundError" in str(raised.value)) == (name == "owner/name")


@pytest.mark.parametrize("revision", ["main", "refs/convert/parquet"])
def test_a_data_set_of_the_hub(
    revision: str, splits: dict[str, Split], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own parquet, or where it has none, the conversion that the Hub makes."""
    as_hub_parquet(tmp_path / revision, splits)
    asked = []

    def snapshot(name: str, **how: str) -> str:
        asked.append((name, how["repo_type"], how["revision"]))
        return str(tmp_path / how["revision"])

    monkeypatch.setattr(data, "snapshot_download", snapshot)
    loaded = data.load("owner/name")
    assert rows_of(loaded["train"]) == rows_of(splits["train"])
    assert asked[-1] == ("owner/name", "dataset", revision)


def test_twins(splits: dict[str, Split]) -> None:
    nothing = splits["train"].where(np.zeros(0, int))
    assert data.twins(nothing, splits["valid"]).shape == (0,)
    assert not data.twins(splits["train"], splits["valid"], splits["test"]).any()
    with_twins = splits["valid"].where(np.array([3, 0, 3]))
    train = Split(
        *(
            np.concatenate([getattr(splits["train"], name), getattr(with_twins, name)])
            for name in ("images", "labels", "votes")
        )
    )
    kept = data.drop_twins(train, splits["valid"], splits["test"])
    assert rows_of(kept) == rows_of(splits["train"])


def test_report_tells_what_differs(splits: dict[str, Split]) -> None:
    text = data.report({**splits, "test": splits["valid"].where(np.array([1, 2]))})
    assert "all             28      14       2" in text
    assert "warning: train, valid, test differ from it" in text
    assert "Pixel-identical twins: 0 images of train" in text


def test_the_real_data(tmp_path: Path) -> None:
    if not SHARED.is_dir():
        pytest.skip("FER-2013 is not beside the repository (../shared/data/fer2013)")
    for name in ("valid", "test"):  # a fifth of the images: decoding all takes a while
        (tmp_path / f"{name}.parquet").symlink_to(SHARED / f"{name}.parquet")
    splits = read_parquet(tmp_path)
    assert tuple(splits["valid"].counts.values()) == data.OFFICIAL["valid"]
    assert tuple(splits["test"].counts.values()) == data.OFFICIAL["test"]
    assert data.twins(splits["test"], splits["valid"]).sum() == 44
    assert splits["test"].votes.sum(1).max() == pytest.approx(1)
