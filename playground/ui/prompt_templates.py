"""Prompts with fields, a row each: `[name: example]` in a text becomes a little input.

To add one, write a row here and `template.<name>` in both languages, and have the demo draw its picture:
`python -m tests.template_pictures`.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from markupsafe import Markup

from playground.ui.rendering import render
from playground.ui.words import Words

FIELD = re.compile(r"\[([^\[\]:：\n]{1,60})(?:[:：][ ]?([^\[\]\n]*))?\]")
"""A field and its example; `static/js/prompts/fields.js` reads the same."""


@dataclass(frozen=True)
class PromptTemplate:
    """One template.

    Attributes:
        group: what people think of first, `templates.groups.<group>`.
        mode: the tab that it belongs to.
        samples: pictures that stand in for the person's own while its tray holds none.
        aspect_ratio: the shape that it wants; "" leaves what is chosen.
    """

    group: str
    mode: str = "text"
    samples: tuple[str, ...] = ()
    aspect_ratio: str = ""


_T = PromptTemplate

TEMPLATES = {
    "plinth": _T("product", aspect_ratio="1:1"),
    "tabletop": _T("product", aspect_ratio="4:3"),
    "outdoors": _T("product", aspect_ratio="4:3"),
    "portrait": _T("portrait", aspect_ratio="3:4"),
    "animal_portrait": _T("portrait", aspect_ratio="3:4"),
    "profession": _T("portrait", aspect_ratio="4:3"),
    "sticker_full": _T("sticker", aspect_ratio="1:1"),
    "sticker_set": _T("sticker", aspect_ratio="16:9"),
    "sticker_travel": _T("sticker", aspect_ratio="1:1"),
    "app_icon": _T("icon", aspect_ratio="1:1"),
    "icon_set": _T("icon", aspect_ratio="1:1"),
    "poster_event": _T("poster", aspect_ratio="2:3"),
    "poster_sale": _T("poster", aspect_ratio="3:4"),
    "poster_travel": _T("poster", aspect_ratio="2:3"),
    "living_room": _T("interior", aspect_ratio="4:3"),
    "sofa_colour": _T("interior", "edit", ("room",)),
    "noodles": _T("food", aspect_ratio="1:1"),
    "dessert": _T("food", aspect_ratio="4:3"),
    "flying": _T("scene", aspect_ratio="4:3"),
    "ink": _T("scene", aspect_ratio="3:4"),
    "season": _T("scene", aspect_ratio="16:9"),
    "painted": _T("restyle", "edit", ("house",)),
    "drawn": _T("restyle", "edit", ("cat",)),
    "pixels": _T("restyle", "edit", ("house",)),
    "from_sketch": _T("restyle", "edit", ("sketch",)),
    "daytime": _T("restyle", "edit", ("house",)),
    "weather": _T("restyle", "edit", ("house",)),
    "plain": _T("background", "edit", ("cat",)),
    "elsewhere": _T("background", "edit", ("cat",)),
    "surface": _T("background", "edit", ("cat",)),
    "place_onto": _T("combine", "compose", ("room", "cat"), "16:9"),
    "collage": _T("combine", "compose", ("house", "cat", "room"), "4:3"),
    "side_by_side": _T("combine", "compose", ("sketch", "house"), "16:9"),
    "hat": _T("try_on", "edit", ("cat",)),
    "glasses": _T("try_on", "edit", ("cat",)),
    "comic": _T("comic", aspect_ratio="16:9"),
    "comic_joke": _T("comic", aspect_ratio="4:3"),
    "treasure_map": _T("map", aspect_ratio="4:3"),
    "trail_map": _T("map", aspect_ratio="3:4"),
    "steps": _T("infographic", aspect_ratio="16:9"),
    "compare": _T("infographic", aspect_ratio="16:9"),
}
"""Name -> template, in the order of the gallery; those of a group stand together."""


def fields_of(text: str) -> dict[str, str]:
    """Name -> example of each field, in order; a name that comes again means the same field."""
    examples = {name: example for name, example in reversed(FIELD.findall(text)) if example}
    return {name: examples.get(name, "") for name, _ in FIELD.findall(text)}


def filled(text: str, given: Mapping[str, str] = MappingProxyType({})) -> str:
    """The prompt with what is given for each field in its place, or else its example."""
    values = {**fields_of(text), **given}
    return FIELD.sub(lambda field: values[field[1]] or field[0], text)


def gallery(words: Words) -> Markup:
    """All templates with their pictures, for a dialog that the page's script opens whenever it is another."""
    groups: dict[str, list[str]] = {}
    for name, template in TEMPLATES.items():
        groups.setdefault(template.group, []).append(name)
    said = {name: words.get(f"templates.{name}") for name in ("kept", "no_fields")}
    mark = secrets.token_hex(4)
    return render(
        "templates", words, groups=groups, templates=TEMPLATES, prompts=_prompts(words), said=said, mark=mark
    )


def _prompts(words: Words) -> dict[str, str]:
    return {name: words.get(f"template.{name}.text") for name in TEMPLATES}
