"""The grid of the history page: tiles of thumbnails, grouped by day. Pure: entries in, HTML out.

A page of the grid loads thumbnails only. A picture that has none shows its place, never its original.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from itertools import groupby, pairwise
from unicodedata import east_asian_width

from markupsafe import Markup

from playground import region
from playground.history import Entry, SavedPicture
from playground.ui.actions import Place, Subject, buttons
from playground.ui.history.days import day_name
from playground.ui.rendering import render
from playground.ui.words import Words

ModelName = Callable[[str, str], str]
"""(provider, model id) -> the name that people read."""

_IN_TILE = 4
_MAX_CAPTION = 160
_NARROWEST, _WIDEST = 0.75, 2.4
_SEEN_ALIKE = 20
"""Columns that prompts may begin alike with: a narrow tile shows twice as many."""


def days(
    entries: Sequence[Entry], zone: tzinfo, words: Words, name: ModelName, *, is_folded: bool = True
) -> Markup:
    """The tiles of one page, a section for each day, those of a day together.

    `is_folded`: what brought no picture is a line that unfolds.
    """
    today = datetime.now(zone).date()
    captions = dict(zip([entry.id for entry in entries], told_apart(entries, words), strict=True))
    found = [
        {
            "date": day.isoformat(),
            "name": day_name(day, today, words),
            "tiles": [
                _tile(entry, captions[entry.id], words, name) | {"clock": words.clock(at)}
                for entry in entries_of_day
                for at in [entry.created.astimezone(zone)]
            ],
        }
        for day, entries_of_day in groupby(entries, key=lambda entry: entry.created.astimezone(zone).date())
    ]
    return render(
        "history/days", words, days=found, is_folded=is_folded, no_preview=words("history.no_preview")
    )


def told_apart(entries: Sequence[Entry], words: Words) -> list[str]:
    """The caption of each tile; where others begin alike for longer than a tile shows, what differs."""
    whole = [caption(entry, words) for entry in entries]
    ordered = sorted(set(whole))
    alike = dict.fromkeys(ordered, 0)
    for one, other in pairwise(ordered):
        length = next((at for at, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
        alike[one], alike[other] = max(alike[one], length), max(alike[other], length)
    return [_without(one, alike[one]) for one in whole]


def _without(text: str, length: int) -> str:
    """`text` without its first characters, down to a whole word, where that leaves something."""
    start = length
    is_between = text[start : start + 1].isspace()
    while 0 < start < len(text) and not is_between and text[start - 1].isascii():
        is_between = text[start - 1].isspace()
        start -= not is_between
    shown = sum(_columns(letter) for letter in text[:start])
    return f"…{text[start:].lstrip()}" if shown >= _SEEN_ALIKE and text[start:].strip() else text


def _columns(letter: str) -> int:
    return 2 if east_asian_width(letter) in "WF" else 1


def _tile(entry: Entry, shown: str, words: Words, name: ModelName) -> dict[str, object]:
    """One generation: its pictures as one mosaic, prompt and facts under it, a star."""
    pictures = shown_pictures(entry)
    model, *figures = facts_of(entry, words, name)
    label = words("history.open", prompt=caption(entry, words))
    if len(pictures) > 1:
        count = words("history.pictures", count=len(pictures))
        label = f"{label} ({count})"
        figures.append(count)
    return {
        "entry": entry,
        "caption": caption(entry, words),
        "told": shown,
        "label": label,
        "pictures": pictures,
        "seen": pictures[:_IN_TILE],
        "reason": "" if pictures else reason(entry, words),
        "width": _width(pictures),
        "cost": "" if entry.paid is None else f"{entry.paid:.6f}",
        "star": star(entry, words),
        "model": model,
        "figures": " · ".join(figures),
    }


def star(entry: Entry, words: Words) -> Markup:
    """The button that marks a generation."""
    return buttons(Place.TITLE, subject(entry, words), words)


def subject(entry: Entry, words: Words) -> Subject:
    """A generation as the table of actions knows it."""
    pictures = shown_pictures(entry)
    picture = pictures[0] if pictures else None
    return Subject(entry.id, picture, caption(entry, words), entry.starred, entry.prompt)


def caption(entry: Entry, words: Words) -> str:
    """The prompt in one line."""
    prompt = " ".join(region.without(entry.prompt).split())
    return (prompt if len(prompt) <= _MAX_CAPTION else prompt[: _MAX_CAPTION - 1] + "…") or words(
        "history.untitled"
    )


def facts_of(entry: Entry, words: Words, name: ModelName) -> list[str]:
    """Model, seconds and cost, as far as they are known."""
    facts = [name(entry.provider, entry.model)]
    if entry.seconds:
        facts.append(words("done.facts_seconds", seconds=words.number(entry.seconds, 1)))
    if entry.paid is not None:
        facts.append(words.dollars(entry.paid) if entry.paid else words("history.free"))
    return facts


def shown_pictures(entry: Entry) -> tuple[SavedPicture, ...]:
    """The pictures that count as results: the model's interim ones are left out."""
    return tuple(picture for picture in entry.pictures if not picture.thought)


def reason(entry: Entry, words: Words) -> str:
    """Why a generation has no picture, in a few words: the title of its card."""
    for part in ("title", "what"):
        said = words.get(f"outcome.{entry.error_code}.{part}")
        if said and "{" not in said:
            return said
    return words("history.failed")


def _ratio(picture: SavedPicture) -> float:
    ratio = picture.width / picture.height if picture.width and picture.height else 1.0
    return min(max(ratio, _NARROWEST), _WIDEST)


def _width(pictures: Sequence[SavedPicture]) -> float:
    """Width of a tile's mosaic as a multiple of its height. The stylesheet lays it out the same way."""
    if not pictures:
        return 1.0
    first = _ratio(pictures[0])
    if len(pictures) == 2:
        return first + _ratio(pictures[1])
    return first * 1.5 if len(pictures) == 3 else first
