"""The component for input pictures, an ordered list of at most 14, and the check of what it sends.

Drawn and moved in the browser (`static/js/tray.js`); what arrives here is a list that anybody could
have written, so every path in it is checked before a file is touched.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any
from urllib.parse import quote

import gradio as gr
from gradio.utils import get_upload_folder

from playground.errors import InvalidRequest, UnusablePicture
from playground.history import SHARED_OWNER, History
from playground.images import PLACES
from playground.server.doors import LENT_FOLDER
from playground.server.uploads import UploadOwners
from playground.text import is_chinese
from playground.ui import script
from playground.ui.rendering import render
from playground.ui.words import DEFAULT, LANGUAGES, Words, words_for

MAX_UPLOAD_BYTES = 40_000_000
MAX_IMAGES = 14
_MAX_NAME = 300
SAMPLES = ("house", "room", "cat", "sketch")
"""Names of the pictures that ways to start put into the trays; files in `static/samples`."""
ROLES = ("subject", "style", "background", "product", "pose", "text")
"""What a picture can be for, as `static/js/tray_roles.js` has them; a sentence of the prompt each."""
_TEXTS = (
    "edit_title",
    "compose_title",
    "compose_more",
    "how",
    "add",
    "remove",
    "picture",
    "moved",
    "move",
    "count",
    "size",
    "full",
    "only_one",
    "too_large",
    "not_picture",
    "failed",
    "uploading",
    "replaced",
    "unmentioned",
    "absent",
    "mixed",
    "advised",
    "bytes",
    "will_shrink",
    "will_convert",
    "too_much",
    "mark",
    "mark_again",
    "marked",
    "marked_in_words",
    "locked",
    "locked_hint",
    "extend",
    "extend_where",
    *(f"extend_{place}" for place in PLACES),
    "extended",
    "extended_in_words",
    "draw",
    "draw_on",
    "draw_over",
    "not_opened",
    "role",
    "role_none",
    *(f"role_{role}{kind}" for role in ROLES for kind in ("", "_says")),
)


def tray(*, min_images: int, max_images: int, **props: Any) -> gr.HTML:
    """A list of pictures in a language of its own: its script speaks both, so a switch costs no round trip.

    The value is a list of `{"path", "picture" or "sample", "name", "size", "url"}`: "path" is a file that
    this server received as an upload, "picture" is "<generation>/<name>" of the history, "sample" is one
    of our own. "mask" is another such picture: white where the one may change;
    with "keep" false, what an answer changes elsewhere is not undone.
    "extend" is where it lies in a larger one.
    """
    # In the markup and not as properties: an update of the value drops those.
    facts = {
        "fewest": max(min_images, 1),
        "most": max_images,
        "heaviest": MAX_UPLOAD_BYTES,
        "words": {language: _texts(words_for(language)) for language in LANGUAGES},
    }
    return gr.HTML(
        value=[],
        html_template=render("tray", words_for(DEFAULT), facts=json.dumps(facts)),
        js_on_load=script.on_load("tray", "change"),
        apply_default_css=False,
        **props,
    )


def _texts(words: Words) -> dict[str, str]:
    """The texts that the tray's script fills in by itself; placeholders stay."""
    return {name: words.get(f"tray.{name}") for name in _TEXTS}


def with_roles(prompt: str, roles: Sequence[str], pictures: int) -> str:
    """A prompt with what its pictures are for, as the page writes it: at its end, and in its language.

    Args:
        roles: of each picture in order, one of `ROLES` or ""; fewer than there are pictures will do.

    Raises:
        InvalidRequest: no such role, or of no picture.
    """
    if not any(roles):
        return prompt
    for number, role in enumerate(roles, 1):
        if role not in ("", *ROLES) or number > pictures:
            allowed = ", ".join(ROLES) if number <= pictures else str(pictures)
            raise InvalidRequest("not_allowed", field="roles", value=role[:40], allowed=allowed)
    words = words_for("zh" if is_chinese(prompt) else DEFAULT)
    said = (words(f"tray.role_{role}_says", number=at) for at, role in enumerate(roles, 1) if role)
    return "\n".join(filter(None, (prompt.rstrip(), words.together(*said))))


def files(value: Any, history: History, owner: str) -> list[Path]:
    """The files behind a tray's value, in order; pictures of the history only as far as they are the owner's.

    Raises:
        UnusablePicture: a path that is no upload of the owner's, or a picture that is gone.
    """
    items = value if isinstance(value, list) else []
    return [_file(item, number, history, owner) for number, item in enumerate(items, 1)]


def mask(value: Any, history: History, owner: str) -> Path | None:
    """The mask of a tray's first picture; None where no region is marked.

    Raises:
        UnusablePicture: one is, and its file is gone or was never the owner's.
    """
    first = value[0] if isinstance(value, list) and value else None
    given = first.get("mask") if isinstance(first, dict) else None
    return _file(given, 2, history, owner) if given else None


def extension(value: Any) -> str:
    """Where a tray's first picture lies in a larger one, of `images.PLACES`; "" for no larger one."""
    first = value[0] if isinstance(value, list) and value else None
    place = first.get("extend") if isinstance(first, dict) else None
    return place if isinstance(place, str) and place in PLACES else ""


def _file(item: Any, number: int, history: History, owner: str) -> Path:
    path = path_of(item, history, owner)
    if path is None or not path.is_file():
        raise UnusablePicture("picture_missing", number=number)
    return path


def still_there(value: list[Any], history: History, owner: str) -> list[dict[str, Any]]:
    """A tray's items anew, without those whose picture is gone or was never this visitor's."""
    paths = [(item, path_of(item, history, owner)) for item in value]
    return [
        _anew(item, path) | _mask_anew(item, history, owner) | _extension_anew(item)
        for item, path in paths
        if path is not None and path.is_file()
    ]


def _mask_anew(item: dict[str, Any], history: History, owner: str) -> dict[str, Any]:
    """The mask of an item, which is a file of its own; nothing where it is gone."""
    mask = item.get("mask")
    path = path_of(mask, history, owner)
    if not mask or path is None or not path.is_file():
        return {}
    return {"mask": {**_anew(mask, path), "keep": mask.get("keep") is not False}}


def _extension_anew(item: dict[str, Any]) -> dict[str, Any]:
    return {"extend": place} if (place := extension([item])) else {}


def _anew(item: dict[str, Any], path: Path) -> dict[str, Any]:
    """The item of a file that is there. Of what the browser says of it, only the name counts."""
    name = item.get("name")
    title = name[:_MAX_NAME] if isinstance(name, str) else path.name
    size = path.stat().st_size
    if isinstance(item.get("picture"), str):
        generation, _, picture = item["picture"].partition("/")
        return item_for(generation, picture, title, size)
    if item.get("sample") in SAMPLES:
        return sample_item(str(item["sample"]))
    return {"path": str(path), "name": title, "size": size, "url": f"gradio_api/file={quote(str(path))}"}


def path_of(item: Any, history: History, owner: str) -> Path | None:
    """The file of an item of a tray; None where it is gone or was never this visitor's."""
    path: Path | None = None
    if isinstance(item, dict) and isinstance(item.get("picture"), str):
        generation, _, name = item["picture"].partition("/")
        path = history.find_file(owner, generation, name)
    elif isinstance(item, dict) and item.get("sample") in SAMPLES:
        path = _sample(str(item["sample"]))
    elif isinstance(item, dict) and isinstance(item.get("path"), str):
        path = uploaded(item["path"], owner)
    return path


def uploaded(text: str, who: str) -> Path | None:
    """The file at a path that `who` uploaded, or that a program was answered with; None for any other.

    Gradio checks paths only in values that carry its own marker, and there the folder alone; a forged list
    carries none.

    Args:
        who: an owner, or a program as `visitors.caller` names it; SHARED_OWNER may name any upload.
    """
    if "\0" in text:
        return None
    folder, path = Path(get_upload_folder()).resolve(), Path(text).resolve()
    try:
        is_there = path.is_relative_to(folder) and path.is_file()
        is_theirs = is_there and (who == SHARED_OWNER or UploadOwners(folder).has(str(path), who))
    except OSError:  # no disk has a name of that kind
        return None
    is_lent = is_there and path.parent.parent == folder / LENT_FOLDER
    return path if is_theirs or is_lent else None


def _sample(name: str) -> Path:
    return Path(str(resources.files("playground.ui") / "static" / "samples" / f"{name}.jpg"))


def sample_item(name: str) -> dict[str, Any]:
    """A tray item that stands for one of our own pictures."""
    return {
        "sample": name,
        "name": f"{name}.jpg",
        "size": _sample(name).stat().st_size,
        "url": f"look/samples/{name}.jpg",
    }


def item_for(generation: str, name: str, title: str, byte_count: int) -> dict[str, Any]:
    """A tray item that stands for a picture of the history; `title` is what people read."""
    return {
        "picture": f"{generation}/{name}",
        "name": title,
        "size": byte_count,
        "url": f"pictures/{generation}/{name}",
    }
