"""The line above the prompt while requests go on from a picture: all that came of one beginning, as small
pictures, and in words what is sent along. Pure: HTML as text."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from playground.history import Entry, SavedPicture
from playground.ui.history.grid import caption, shown_pictures
from playground.ui.rendering import render
from playground.ui.words import Words

_MOST = 48


def line(tree: Sequence[Entry], continues: str, turns: int, words: Words) -> Markup:
    """The versions, oldest first; empty when the one to go on from is not among them.

    Args:
        tree: everything that came from one beginning, oldest first: what the history shows as a tree.
        continues: the picture that the next request goes on from, "<generation>/<name>".
        turns: how many earlier turns are sent along with it; 0 for the picture alone.
    """
    every = [_version(entry, picture, words) for entry in tree for picture in shown_pictures(entry)]
    for number, version in enumerate(every, 1):
        version["number"] = number
    current = next((version for version in every if version["id"] == continues), None)
    if current is None:
        return Markup()
    newest = every[-_MOST:] if current in every[-_MOST:] else [current, *every[1 - _MOST :]]
    along = words("versions.along", count=turns) if turns else words("versions.alone")
    return render("versions", words, versions=newest, current=current, along=along)


def _version(entry: Entry, picture: SavedPicture, words: Words) -> dict[str, object]:
    return {"id": f"{entry.id}/{picture.name}", "picture": picture, "prompt": caption(entry, words)}
