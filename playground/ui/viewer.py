"""What the viewer shows: the pictures of one generation, each with its line and its buttons. Pure.

The page's script (`static/js/viewer/`) asks for one generation after another, and draws the pictures from
their own addresses.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from markupsafe import Markup

from playground import pixels
from playground.history import Entry, SavedPicture
from playground.jobs.studio import Job
from playground.ui import actions, addresses
from playground.ui.history.grid import caption, shown_pictures
from playground.ui.rendering import render
from playground.ui.words import Words

_SAID_BY_SCRIPT = (
    "place",
    "zoom",
    "preview",
    "original",
    "converted",
    "failed",
    "no_answer",
    "starred",
    "unstarred",
    "nothing_to_compare",
    "sizes",
    "shapes_differ",
    "counting",
    "changed",
    "unchanged",
    "counted_smaller",
    "changes_failed",
    "presenting",
)

Shown = dict[str, Any]
"""A picture as the script knows it: its addresses, pixels and names, its line and its buttons."""


def frame(words: Words) -> Markup:
    """The viewer without a picture; the script opens it."""
    said = {key: words.get(f"viewer.{key}") for key in _SAID_BY_SCRIPT}
    return render("viewer/frame", words, said=json.dumps(said, ensure_ascii=False))


def generation(entry: Entry, job: Job, given: Sequence[SavedPicture], words: Words) -> dict[str, Any]:
    """What came of a generation, in the order in which it was asked for, and what was sent along.

    Args:
        given: the input pictures, as sent.
    """
    return {
        "id": entry.id,
        "pictures": [_shown(entry, one, name, words) for one, name in _named(job.pictures, words)],
        "given": [_shown(entry, one, name, words) for one, name in _named_as_sent(given, words)],
    }


def others(
    picture: str,
    entry: Entry,
    job: Job,
    given: Sequence[SavedPicture],
    newest: Sequence[Entry],
    words: Words,
) -> dict[str, Any]:
    """What a picture of a generation can be compared with: what was sent, its siblings, and the newest.

    Args:
        picture: which one, "<generation>/<name>".
    """
    groups = [
        ("sent", [_shown(entry, one, name, words) for one, name in _named_as_sent(given, words)]),
        ("siblings", [_shown(entry, one, name, words) for one, name in _named(job.pictures, words)]),
        ("recent", list(_recent(newest, entry.id, words))),
    ]
    rest = [(kind, [one for one in shown if one["picture"] != picture]) for kind, shown in groups]
    html = render("viewer/others", words, groups=[(kind, shown) for kind, shown in rest if shown])
    return {"html": html, "pictures": [one for _, shown in rest for one in shown]}


def _recent(newest: Sequence[Entry], but: str, words: Words) -> Iterator[Shown]:
    for entry in newest:
        if entry.id != but:
            for one in shown_pictures(entry):
                yield _shown(entry, one, caption(entry, words), words)


def _named(pictures: Sequence[SavedPicture], words: Words) -> Iterator[tuple[SavedPicture, str]]:
    for number, one in enumerate(pictures, 1):
        yield one, words("done.picture", number=number)


def _named_as_sent(given: Sequence[SavedPicture], words: Words) -> Iterator[tuple[SavedPicture, str]]:
    for number, one in enumerate(given, 1):
        yield one, words("history.input", number=number)


def _shown(entry: Entry, picture: SavedPicture, name: str, words: Words) -> Shown:
    is_starred = picture.name in entry.all_stars
    subject = actions.Subject(entry.id, picture, caption(entry, words), is_starred, entry.prompt)
    return {
        "picture": subject.data("picture"),
        "generation": entry.id,
        "name": name,
        "prompt": caption(entry, words),
        "shown": addresses.shown_address(picture),
        "preview": addresses.preview_address(picture),
        "is_converted": not addresses.is_drawn(picture),
        "width": picture.width,
        "height": picture.height,
        "figures": " · ".join(_figures(picture)),
        "actions": actions.viewer_buttons(subject, words),
    }


def _figures(picture: SavedPicture) -> Iterator[str]:
    """Pixels, shape where it has a name, format."""
    if picture.width and picture.height:
        yield f"{picture.width} × {picture.height}"
        shape = pixels.ratio_name(picture.width, picture.height)
        if not pixels.differs(shape, "auto", picture.width, picture.height):
            yield shape
    yield picture.mime_type.rpartition("/")[2].upper()
