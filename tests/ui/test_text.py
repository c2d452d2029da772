"""What the page says, in every language, and that its scripts and templates say nothing else."""

import re
import string
from pathlib import Path

from ui.text import LANGUAGES, TEXTS
from ui.view import STATIC

# data-text="part.key", data-text-title="part.key", text("part.key" …), count("part.key" …
USED = re.compile(r"""(?:data-text[a-z-]*=|\b(text|count)\()["']([\w.-]+)["']""")


def placeholders(message: str) -> set[str | None]:
    return {name for _, name, _, _ in string.Formatter().parse(message) if name is not None}


def test_every_text_is_there_in_every_language() -> None:
    assert TEXTS
    for key, languages in TEXTS.items():
        assert tuple(languages) == LANGUAGES, key
        assert all(message.strip() == message != "" for message in languages.values()), key
        # One form says "1" where the other says {n}.
        forms = {frozenset(placeholders(message)) for message in languages.values()}
        assert len(forms) == 1 or key.endswith(".one"), key


def test_numbers_have_both_forms() -> None:
    ones = [key for key in TEXTS if key.endswith(".one")]
    assert "labels.faces.one" in ones
    assert {f"{key.removesuffix('.one')}.other" for key in ones} <= TEXTS.keys()


def used_keys(file: Path) -> set[str]:
    found = USED.findall(file.read_text(encoding="utf-8"))
    return {f"{key}.one" if kind == "count" else key for kind, key in found}


def test_templates_and_scripts_use_texts_that_exist() -> None:
    files = [path for path in STATIC.iterdir() if path.suffix in {".html", ".js"}]
    assert {"image.choose", "image.take"} <= used_keys(STATIC / "image.html")
    for file in files:
        assert used_keys(file) - TEXTS.keys() == set(), file.name
