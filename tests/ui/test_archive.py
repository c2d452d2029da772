"""Zips as visitors send them, and as nobody should."""

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

import ui.archive
from emotion import EmotionError, ImageError
from ui.archive import MEMBERS, Archive, is_archive, open_archive

Content = dict[str, bytes]
Make = Callable[..., Path]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Writes a zip."""

    def write(content: Content, method: int = zipfile.ZIP_DEFLATED) -> Path:
        path = tmp_path / "sent"
        with zipfile.ZipFile(path, "w", method) as file:
            for name, data in content.items():
                file.writestr(name, data)
        return path

    return write


def refusal(path: Path) -> str:
    """The sentence with which a zip is refused."""
    with pytest.raises(EmotionError) as raised, open_archive(path, "mine.zip"):
        pass
    return str(raised.value)


def shown(archive: Archive) -> list[str]:
    return [archive.shown(member) for member in archive.members]


@pytest.mark.parametrize(
    "content",
    [{}, {"folder/": b""}, {"notes.txt": b"hello"}, {"__MACOSX/._a.jpg": b"1", ".b.png": b"2"}],
)
def test_a_zip_without_pictures_says_so(make: Make, content: Content) -> None:
    path = make(content)
    assert is_archive(path)
    assert refusal(path) == "mine.zip holds no pictures"


def test_pictures_are_listed_in_order_and_read(make: Make) -> None:
    path = make({"b.JPG": b"bee", "trip/": b"", "trip/a.png": b"ay", "notes.txt": b"hello"})
    with open_archive(path, "mine.zip") as archive:
        assert shown(archive) == ["mine.zip/b.JPG", "mine.zip/trip/a.png"]
        assert [archive.read(member) for member in archive.members] == [b"bee", b"ay"]
        assert archive.others == 1


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("../../etc/a.png", "mine.zip/etc/a.png"),
        ("/etc/a.png", "mine.zip/etc/a.png"),
        ("..\\..\\windows\\a.png", "mine.zip/windows/a.png"),
        ("a\nb.png", "'mine.zip/a\\nb.png'"),
        ("x" * 1000 + ".png", "x" * 196 + ".png"),
    ],
)
def test_a_name_leads_nowhere(
    make: Make, tmp_path: Path, name: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    path = make({name: b"content"})
    before = set(tmp_path.rglob("*"))
    with open_archive(path, "mine.zip") as archive:
        assert shown(archive) == [expected]
        assert archive.read(archive.members[0]) == b"content"
    assert set(tmp_path.rglob("*")) == before


def test_a_thousand_small_files_are_read_and_one_more_refused(make: Make) -> None:
    content = {f"{number}.png": b"x" for number in range(MEMBERS)}
    with open_archive(make(content), "mine.zip") as archive:
        assert len(archive.members) == MEMBERS
    sentence = refusal(make(content | {"more.txt": b""}))
    assert sentence == "mine.zip holds more than 1000 files"


def test_a_million_files_are_counted_without_being_kept(
    make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The list of a zip takes memory before it can be looked at: it is not made."""
    path = make({"a.png": b"x"})
    path.write_bytes(path.read_bytes() + 1_000_000 * b"PK\x01\x02")
    monkeypatch.setattr(zipfile, "ZipFile", lambda _: pytest.fail("was opened"))
    assert refusal(path) == "mine.zip holds more than 1000 files"


def test_a_bomb_is_refused_by_what_it_says(make: Make) -> None:
    sentence = refusal(make({"a.png": bytes(10 * 2**20)}))
    assert sentence == "mine.zip unpacks to more than 100 times its size: no pictures do"


def test_too_much_in_all_is_refused(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ui.archive, "TOTAL_BYTES", 2**20)
    half = bytes(range(256)) * 2048
    with open_archive(make({"a.png": half, "b.png": half}, zipfile.ZIP_STORED), "x") as archive:
        assert len(archive.members) == 2
    sentence = refusal(make({"a.png": half, "b.png": half + b"1"}, zipfile.ZIP_STORED))
    assert sentence == "mine.zip holds more than 1 MB when unpacked"


def lying_about_size(path: Path, said: int) -> Path:
    """The zip, whose only file claims to unpack to `said` bytes."""
    content = bytearray(path.read_bytes())
    # Offsets of the unpacked size in the two headers (APPNOTE.TXT, 4.3.7 and 4.3.12).
    for header, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        struct.pack_into("<I", content, content.index(header) + offset, said)
    path.write_bytes(content)
    return path


def test_a_bomb_that_lies_is_read_no_further_than_it_says(make: Make) -> None:
    path = lying_about_size(make({"a.png": bytes(20 * 2**20)}), 1000)
    with open_archive(path, "mine.zip") as archive, pytest.raises(ImageError, match="damaged"):
        archive.read(archive.members[0])


@pytest.mark.parametrize(
    ("name", "method", "sentence"),
    [
        ("inner.zip", zipfile.ZIP_DEFLATED, "mine.zip/inner.zip is a zip inside a zip"),
        ("a.png", zipfile.ZIP_LZMA, "mine.zip/a.png is packed in another way than by deflate"),
        ("a.png", zipfile.ZIP_BZIP2, "mine.zip/a.png is packed in another way than by deflate"),
    ],
)
def test_what_is_not_read_is_named(make: Make, name: str, method: int, sentence: str) -> None:
    with open_archive(make({name: b"content"}, method), "mine.zip") as archive:
        with pytest.raises(ImageError) as raised:
            archive.read(archive.members[0])
        assert str(raised.value).startswith(sentence)


def test_a_large_picture_is_named(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ui.archive, "PICTURE_BYTES", 2**20)
    path = make({"a.png": bytes(2**20 + 1)}, zipfile.ZIP_STORED)
    with open_archive(path, "mine.zip") as archive, pytest.raises(ImageError) as raised:
        archive.read(archive.members[0])
    assert str(raised.value) == "mine.zip/a.png is larger than 1 MB"


def test_a_password_is_named(make: Make) -> None:
    path = make({"a.png": b"content"})
    content = bytearray(path.read_bytes())
    # The general purpose flags; bit 0 is encryption (APPNOTE.TXT, 4.4.4).
    for header, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(header) + offset] |= 1
    path.write_bytes(content)
    assert refusal(path) == "mine.zip has a password: send it without one"


@pytest.mark.parametrize("content", [b"PK\x03\x04", b"PK\x05\x06 and no more", b"PK\x03\x04" * 99])
def test_no_zip_is_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "sent"
    path.write_bytes(content)
    assert is_archive(path)
    assert refusal(path) == "mine.zip is damaged, or no zip"


@pytest.mark.parametrize("content", [b"", b"PK", b"\xff\xd8\xff\xe0"])
def test_other_files_are_not_taken_for_zips(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "sent"
    path.write_bytes(content)
    assert not is_archive(path)


def outcome(path: Path) -> str:
    """ "read", or the sentence; any other exception fails the test."""
    try:
        with open_archive(path, "mine.zip") as archive:
            for member in archive.members:
                archive.read(member)
    except EmotionError as error:
        return str(error)
    return "read"


def test_damage_anywhere_is_one_sentence_or_none(make: Make) -> None:
    path = make({"trip/a.png": bytes(range(256)) * 4, "b.jpg": b"content" * 40})
    whole = path.read_bytes()
    outcomes = {outcome(path)}
    for place in range(len(whole)):
        for damaged in (
            whole[:place],
            bytes([*whole[:place], whole[place] ^ 0xFF, *whole[place + 1 :]]),
        ):
            # mmap takes no empty file, and the first bytes say that it is a zip.
            if damaged[:4] == whole[:4]:
                path.write_bytes(damaged)
                outcomes.add(outcome(path))
    assert "read" in outcomes
    assert all(sentence.startswith("mine.zip") for sentence in outcomes - {"read"})
    assert len(outcomes) > 3


def test_a_zip_behind_something_else_is_none(make: Make) -> None:
    content = io.BytesIO(b"MZ self-extracting" + make({"a.png": b"x"}).read_bytes())
    path = make({})
    path.write_bytes(content.getvalue())
    assert not is_archive(path)
