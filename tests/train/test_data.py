"""Every form of the data gives the same splits; every fault is told with its file and row."""

import csv
import gzip
import io
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from emotion.types import LABELS
from tests.hub_stand_in import HubStandIn, Repository
from tests.train.conftest import write_csv
from train import data
from train.errors import DataError
from train.split import Split, person_in

USAGES = {"train": "Training", "valid": "PublicTest", "test": "PrivateTest"}
VOTES = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"]
FERPLUS = ["Usage", "Image name", *VOTES, "unknown", "NF"]
PIXELS = " ".join(["7"] * 2304)
FACE = np.full((48, 48), 7, np.uint8)


def write_rows(path: Path, *rows: list[object]) -> Path:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return path


def png(image: np.ndarray) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "png")
    return file.getvalue()


def write(folder: Path, *names: str) -> Path:
    """A face of one grey under each name."""
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(FACE + number).save(folder / name)
    return folder


def write_parquet(path: Path, split: Split, **columns: list[object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cells = [{"bytes": png(image), "path": None} for image in split.images]
    pq.write_table(pa.table({"image": cells, "label": split.labels.tolist()} | columns), path)


def as_gzip_one_folder_down(folder: Path, splits: dict[str, Split]) -> None:
    path = write_csv(folder.with_suffix(".csv"), splits, "emotion, pixels, Usage")
    (folder / "fer2013").mkdir(parents=True)
    (folder / "fer2013" / "icml_face_data.csv.gz").write_bytes(gzip.compress(path.read_bytes()))


def as_tree(folder: Path, splits: dict[str, Split]) -> None:
    """As Kaggle has it, with what else such folders hold."""
    for name, split in splits.items():
        for n, (label, image) in enumerate(zip(split.labels, split.images, strict=True)):
            home = folder / "a" / ("train" if name == "train" else "test") / LABELS[label]
            home.mkdir(parents=True, exist_ok=True)
            (home / f"{USAGES[name]}_{n:04}.png").write_bytes(png(image))
            (home / f"._{USAGES[name]}_{n:04}.png").write_bytes(b"macOS")


def as_hub_parquet(folder: Path, splits: dict[str, Split]) -> None:
    """As `push_to_hub` lays them out, train in two files."""
    train = splits["train"]
    for part in range(2):
        rows = np.arange(len(train)) % 2 == part
        write_parquet(folder / f"data/train-0000{part}-of-00002.parquet", train.where(rows))
    write_parquet(folder / "data/validation-00000-of-00001.parquet", splits["valid"])
    write_parquet(folder / "default/test/0000.parquet", splits["test"])


def as_named_parquet(folder: Path, splits: dict[str, Split]) -> None:
    """Other names, numbered by the alphabet, in the schema, as `datasets` writes them."""
    theirs = {"angry": "anger", "disgust": "disgust", "fear": "Fearful", "happy": "happiness"}
    theirs |= {"sad": "sadness", "surprise": "surprised", "neutral": "neutral"}
    names = ["contempt", *sorted(theirs.values())]
    feature = {"label": {"names": names, "_type": "ClassLabel"}}
    metadata = {"huggingface": json.dumps({"info": {"features": feature}})}
    for name, split in splits.items():
        path = folder / f"{name}.parquet"
        write_parquet(path, split, label=[names.index(theirs[LABELS[n]]) for n in split.labels])
        pq.write_table(pq.read_table(path).replace_schema_metadata(metadata), path)


def rows_of(split: Split) -> list[tuple[int, bytes]]:
    """In one order for all: a folder tree has none of its own."""
    pairs = zip(split.labels.tolist(), split.images, strict=True)
    return sorted((label, image.tobytes()) for label, image in pairs)


def fault_of(source: Path, *arguments: object) -> str:
    with pytest.raises(DataError) as raised:
        data.load(source, *arguments)
    assert "\n" not in str(raised.value)
    return str(raised.value)


@pytest.mark.parametrize(
    "form", [as_gzip_one_folder_down, as_tree, as_hub_parquet, as_named_parquet]
)
def test_every_form_gives_the_same_here_and_on_the_hub(
    form: Callable[[Path, dict[str, Split]], None],
    hub: HubStandIn,
    splits: dict[str, Split],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    form(tmp_path / "faces", splits)
    paths = [path for path in (tmp_path / "faces").rglob("*.*") if path.is_file()]
    files = {str(path.relative_to(tmp_path / "faces")): path.read_bytes() for path in paths}
    held = hub.repositories["owner/faces"] = Repository(commits=[files])
    if form == as_named_parquet:  # so FER-Universe/DiffusionFER lies there
        held.commits, held.converted = [{"README.md": b""}], files
    for loaded in (data.load(tmp_path / "faces"), data.load("owner/faces")):
        assert list(loaded) == ["train", "valid", "test"]
        for name, split in loaded.items():
            assert rows_of(split) == rows_of(splits[name])
            assert (split.images.dtype, split.labels.dtype) == (np.uint8, np.int64)
            assert split.labels.flags.writeable, "as torch asks"
            assert split.votes.shape == (len(split), 10)
            assert not split.votes.any()
    assert "Can't be read" not in capsys.readouterr().out, "hidden files are no images"


def test_ferplus_joins_the_csv(splits: dict[str, Split], tmp_path: Path) -> None:
    source = write_csv(tmp_path / "any.csv", splits)
    source.write_text(source.read_text(), encoding="utf-16")
    usages = [USAGES[name] for name, split in splits.items() for _ in range(len(split))]
    rows = [[usage, "x.png", 6, 0, 0, 0, 3, 0, 0, 0, 0, 1] for usage in usages]
    rows[0][2:] = [0] * 10
    votes = write_rows(tmp_path / "fer2013new.csv", FERPLUS, *rows)
    loaded = data.load(source, votes)
    assert not loaded["train"].votes[0].any()
    expected = np.array([0.6, 0, 0, 0, 0.3, 0, 0, 0, 0, 0.1], np.float32)
    assert loaded["train"].votes[1] == pytest.approx(expected)
    assert loaded["test"].votes[-1] == pytest.approx(expected)


def test_parquet_brings_its_votes(splits: dict[str, Split], tmp_path: Path) -> None:
    votes = [None, *[[0, 10, 0, 0, 0, 0, 0, 0, 0, 0]] * (len(splits["train"]) - 1)]
    write_parquet(tmp_path / "train.parquet", splits["train"], ferplus_votes=votes)
    (split,) = data.read(tmp_path / "train.parquet").values()
    assert "votes.csv: its votes can be joined to a CSV only" in fault_of(tmp_path, "votes.csv")
    assert not split.votes[0].any()
    assert split.votes[1, 1] == 1


GOOD = [["emotion", "pixels", "Usage"], *([0, PIXELS, usage] for usage in USAGES.values())]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (GOOD[:1], "no faces in it"),
        ([["emotion", "pixels"], [0, PIXELS]], "no column 'Usage' (found: emotion, pixels)"),
        ([GOOD[0], *GOOD[2:]], "no images for the split train"),
        (GOOD[:2], "1 faces are too few to take a valid split from"),
        ([*GOOD, [7, PIXELS, "Training"]], "faces.csv, row 5: label '7', expected angry"),
        ([*GOOD, [0, "1 2 3", "Training"]], "row 5: expected 2304 pixels, but got 3"),
        ([*GOOD, [0, "1 256", "Training"]], "row 5: a pixel is not a number of 0 to 255"),
        ([*GOOD, [0, PIXELS, "Public"]], "row 5: Usage 'Public', expected Training, PublicTest"),
    ],
)
def test_csv_faults(rows: list[list[object]], message: str, tmp_path: Path) -> None:
    assert message in fault_of(write_rows(tmp_path / "faces.csv", *rows))


VOTE = [6, 0, 0, 0, 3, 0, 0, 0, 0, 1]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([FERPLUS, *[["Training", "", *VOTE]] * 3], "votes.csv: Usage is not that of"),
        ([FERPLUS, *([name, "", "x", *VOTE[1:]] for name in USAGES.values())], "row 2: a vote is"),
    ],
)
def test_ferplus_faults(rows: list[list[object]], message: str, tmp_path: Path) -> None:
    faces = write_rows(tmp_path / "faces.csv", *GOOD)
    assert message in fault_of(faces, write_rows(tmp_path / "votes.csv", *rows))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"image": [], "label": []}, "no faces in it"),
        ({"image": [{"bytes": b""}], "mood": ["x"]}, "no column 'label' (found: image, mood)"),
        (
            {"image": [{"bytes": png(FACE)}], "annotations": [{"Awe": "much"}]},
            "row 0: expected scores by name, but got {'Awe': 'much'}",
        ),
        ({"image": [{"bytes": None}], "label": [0]}, "row 0: no image bytes"),
        ({"image": [{"bytes": b"?"}], "label": [0]}, "Can't be read:"),
        (
            {"image": [{"bytes": png(FACE)}], "label": [0], "ferplus_votes": [[1, 2]]},
            "row 0: expected 10 votes, but got 2",
        ),
    ],
)
def test_parquet_faults(table: dict[str, list[object]], message: str, tmp_path: Path) -> None:
    pq.write_table(pa.table(table), tmp_path / "train.parquet")
    assert message in fault_of(tmp_path)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("x.txt", "expected fer2013.csv, icml_face_data.csv (also .gz), parquet files, images in"),
        ("fer2013.zip", "fer2013.zip: an archive: unpack it"),
        ("train.parquet", "train.parquet: can't be read as parquet"),
        ("fer2013.csv.gz", "fer2013.csv.gz: can't be read as CSV"),
        ("happy/x.bmp", "Can't be read:"),
    ],
)
def test_files_that_are_something_else(name: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"\xff\xff\x00 no such thing")
    assert message in fault_of(tmp_path)
    if path.parent == tmp_path:
        assert message in fault_of(path)


def test_labels_are_mapped_by_name(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(tmp_path, *(f"{name}/{n}.png" for name in ("Joy", "glum", "Contempt") for n in range(9)))
    assert "expected angry, disgust" in fault_of(tmp_path)
    assert "--labels 'sad': expected OURS=THEIRS" in fault_of(tmp_path, None, "sad")
    loaded = data.load(tmp_path, labels="sad=glum")
    counts = {name: sum(s.counts[name] for s in loaded.values()) for name in LABELS}
    assert counts == dict.fromkeys(LABELS, 0) | {"happy": 9, "sad": 9}
    assert "Left out, none of the seven labels: 9 of 'Contempt'." in capsys.readouterr().out


def test_numbered_folders_are_those_of_raf_db(tmp_path: Path) -> None:
    write(tmp_path, *(f"{usage}/{n}/x.png" for usage in ("train", "val") for n in range(1, 8)))
    loaded = data.load(tmp_path)["train"]
    grey = dict(zip(loaded.images[:, 0, 0].tolist(), loaded.labels.tolist(), strict=True))
    assert [LABELS[grey[7 + n]] for n in range(7)] == [
        *("surprise", "fear", "disgust", "happy", "sad", "angry", "neutral")
    ]
    shutil.rmtree(tmp_path / "train" / "7")
    shutil.rmtree(tmp_path / "val" / "7")
    assert "neither FER-2013's 0 to 6 nor RAF-DB's 1 to 7" in fault_of(tmp_path)


def test_people_in_names() -> None:
    told = {"": "", "happy_01": "", "Ann_Lee_0003": "Ann_Lee", "ann7": "ann"}
    told |= {"KA.AN1.39": "KA", "sad-ann-2": "ann"}
    assert {stem: person_in(stem) for stem in told} == told


def test_a_valid_split_is_made_with_nobody_in_both(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    people = ("ann", "bob", "cem", "dag", "eve", "fay")
    names = [f"{label}/{who}_{n}.png" for label in ("happy", "sad") for who in people for n in "12"]
    write(tmp_path, *names)
    loaded = data.load(tmp_path)
    assert list(loaded) == ["train", "valid"]
    who = {7 + n: Path(name).stem.split("_")[0] for n, name in enumerate(names)}
    train, valid = ({who[int(n)] for n in split.images[:, 0, 0]} for split in loaded.values())
    assert valid
    assert not train & valid
    assert {label for label, n in loaded["valid"].counts.items() if n} == {"happy", "sad"}
    assert "(nobody is in both)" in capsys.readouterr().out


def test_photographs_are_cropped_and_listed(
    tmp_path: Path, astronaut: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy(astronaut, tmp_path / "she.jpg")
    Image.new("RGB", (90, 60)).save(tmp_path / "dark.png")
    (tmp_path / "notes.png").write_text("no image")
    rows = [[name, "happy", "dev" if name == "old.png" else ""] for name in ("she.jpg", "old.png")]
    rows += [["dark.png", "sad", "train"], ["notes.png", "sad", "train"]]
    write_rows(tmp_path / "labels.csv", ["file", "label", "split"], *rows)
    write(tmp_path, "old.png")
    loaded = data.load(tmp_path)
    assert loaded["train"].images.shape == loaded["valid"].images.shape == (1, 48, 48)
    assert loaded["train"].images.std() > 20
    said = capsys.readouterr().out
    assert f"No face found: {tmp_path / 'dark.png'} (1 in all)." in said
    assert f"Can't be read: {tmp_path / 'notes.png'} (" in said
    write_rows(tmp_path / "labels.csv", ["file"], ["she.jpg"])
    assert "no column 'label' (found: file)" in fault_of(tmp_path)


def test_what_is_not_there(hub: HubStandIn, tmp_path: Path) -> None:
    for name in ("nowhere", "nowhere.csv", "a/b/c"):
        assert fault_of(Path(name)) == f"{name}: no such file or folder"
    assert hub.requests == []
    assert "not to be had from the Hub (RepositoryNotFoundError)" in fault_of(Path("owner/name"))
    hub.repositories["owner/none"] = Repository(commits=[{"README.md": b""}])
    assert fault_of(Path("owner/none")).startswith("owner/none: expected fer2013.csv, ")


@pytest.mark.parametrize("several", [False, True])
def test_scores_of_many_categories(
    several: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As laion/emonet-face-big: the highest score's name is the label."""
    rows = [[1, 6, 0], [5, 2, None], [0, 1, 7], [3, 3, 0]]
    scores = [dict(zip(("Anger", "Elation", "Awe"), row, strict=True)) for row in rows]
    said_by = [[score, score] if several else score for score in scores]
    table = {"image": [{"bytes": png(FACE)}] * 4, "annotations": said_by}
    pq.write_table(pa.table(table), tmp_path / "train.parquet")
    loaded = data.read(tmp_path, labels="happy=Elation,drop=*")
    assert loaded["train"].labels.tolist() == [3, 0]
    said = "Left out, none of the seven labels: 1 of 'Awe', 1 of 'unknown'."
    assert said in capsys.readouterr().out


def test_twins_are_dropped_and_labels_counted(splits: dict[str, Split]) -> None:
    train, valid = splits["train"], splits["valid"]
    assert not data.twins(train, valid, splits["test"]).any()
    some = valid.where(np.array([3, 0, 3]))
    assert len(data.drop_twins(some, train)) == 3
    assert len(data.drop_twins(some, train, valid.where(np.arange(2)))) == 2
    some = train.where(np.array([1, 2]))
    text = data.report({"train": some, "valid": some})
    assert re.search(r"(?m)^all +2 +2$", text)
    assert "No images of disgust, fear, happy, sad, surprise, neutral:" in text


def test_the_real_data(shared_data: Path, tmp_path: Path) -> None:
    for name in ("valid", "test"):  # a fifth of the images: decoding all takes a while
        (tmp_path / f"{name}.parquet").symlink_to(shared_data / "fer2013" / f"{name}.parquet")
    splits = data.read(tmp_path)
    assert tuple(splits["valid"].counts.values()) == data.OFFICIAL["valid"]
    assert tuple(splits["test"].counts.values()) == data.OFFICIAL["test"]
    assert data.twins(splits["test"], splits["valid"]).sum() == 44
    assert splits["test"].votes.sum(1).max() == pytest.approx(1)
