"""What the page says, in every language it speaks: texts/PART.json hold it, a file for each part.

Gradio finds the language (the browser's, or the one chosen in its own settings), writes it into
`<html lang>` and translates the labels of its components; static/faces.js follows that.
"""

import json
from pathlib import Path

import gradio as gr
from gradio.i18n import I18nData

LANGUAGES = ("en", "de", "es", "fr")

# "part.key" to the text in each language.
TEXTS: dict[str, dict[str, str]] = {
    f"{part.stem}.{key}": languages
    for part in sorted((Path(__file__).parent / "texts").glob("*.json"))
    for key, languages in json.loads(part.read_text(encoding="utf-8")).items()
}

# For `launch`; the page's script reads its texts from there too.
I18N = gr.I18n(
    **{
        language: {key: languages[language] for key, languages in TEXTS.items()}
        for language in LANGUAGES
    }
)


def text(key: str) -> I18nData:
    """The text "part.key" for a label of a Gradio component, translated in the browser."""
    if key not in TEXTS:
        raise KeyError(f"no file in texts/ has the key {key}")
    return I18N(key)
