"""The About tab: the card of the model in use."""

import json
import re

import gradio as gr

from emotion.hub import BUNDLED_MODEL

FOLDER = BUNDLED_MODEL.parent
# Where the page finds the plots beside the card, relative to itself: see ui/page.py.
PLOTS = "model"


def about_tab(metadata: dict[str, str]) -> None:
    """Adds the tab's parts to the Blocks around; metadata is what the model's file says."""
    gr.Markdown(shown_card(metadata), elem_id="about")


def shown_card(metadata: dict[str, str]) -> str:
    """The bundled model's card as Markdown, or what the file of another model says of itself."""
    card = (FOLDER / "MODEL_CARD.md").read_text(encoding="utf-8")
    # The card names the version and the commit of its model.
    if not all(metadata.get(key) and metadata[key] in card for key in ("version", "commit")):
        said = json.dumps(metadata, indent=1, ensure_ascii=False)
        return f"## Another model\n\nIts file says of itself:\n\n```json\n{said}\n```\n"
    text = re.sub(r"\A---\n.*?\n---\n", "", card, flags=re.DOTALL)
    # The page has a heading above. Its address may have a prefix, so the plots' are relative.
    text = re.sub(r"^#", "##", text, flags=re.MULTILINE)
    # A table scrolls where it has no room, and keys reach only what has the focus.
    text = re.sub(r"(?m)(?:^\|.*\n)+", r'<div tabindex="0">\n\n\g<0>\n</div>\n', text)
    return re.sub(r"\]\((\w+\.png)\)", rf"]({PLOTS}/\1)", text)
