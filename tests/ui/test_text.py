"""What the page says, in every language, and that its scripts and templates say nothing else."""

import re
import string
from pathlib import Path

import pytest

from ui.text import I18N, LANGUAGES, TEXTS, text
from ui.view import STATIC

# data-text="part.key", data-text-title="part.key", page.text("part.key" …), page.count("part.key" …
USED = re.compile(r"""(?:data-text[a-z-]*=|page\.(text|count)\()["']([\w.-]+)["']""")


def placeholders(message: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(message) if name is not None}


@pytest.mark.parametrize("key", TEXTS)
def test_every_text_is_there_in_every_language(key: str) -> None:
    languages = TEXTS[key]
    assert tuple(languages) == LANGUAGES
    assert all(message.strip() == message != "" for message in languages.values())
    # One form says "1" where the other says {n}.
    if not key.endswith(".one"):
        assert len({frozenset(placeholders(message)) for message in languages.values()}) == 1


def test_numbers_have_both_forms() -> None:
    ones = [key for key in TEXTS if key.endswith(".one")]
    assert "labels.faces.one" in ones
    assert {f"{key.removesuffix('.one')}.other" for key in ones} <= TEXTS.keys()


def used_keys(file: Path) -> set[str]:
    found = USED.findall(file.read_text(encoding="utf-8"))
    return {f"{key}.one" if kind == "count" else key for kind, key in found}


@pytest.mark.parametrize(
    "name", sorted(path.name for path in STATIC.iterdir() if path.suffix in {".html", ".js"})
)
def test_templates_and_scripts_use_texts_that_exist(name: str) -> None:
    assert used_keys(STATIC / name) - TEXTS.keys() == set()


def test_used_keys_are_found() -> None:
    assert used_keys(STATIC / "head.html") == {"page.title", "page.intro"}


def test_a_label_is_translated_in_the_browser() -> None:
    assert text("page.title").key == "page.title"
    assert I18N.translations_dict["de"]["page.title"] == "Gesichtsausdrücke"


def test_a_key_that_is_none() -> None:
    with pytest.raises(KeyError, match=r"page\.missing"):
        text("page.missing")
