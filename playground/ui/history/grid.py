"""The grid of the history page: tiles of thumbnails, grouped by day. Pure: entries in, HTML out.

A page of the grid loads thumbnails only. A picture that has none shows its place, never its original.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, tzinfo
from itertools import groupby

from playground.history import Entry, SavedPicture
from playground.ui.figures import dollars
from playground.ui.history.days import day_name
from playground.ui.markup import text
from playground.ui.words import Words

ModelName = Callable[[str, str], str]
"""(provider, model id) -> the name that people read."""

_IN_TILE = 4
_MAX_CAPTION = 160
_NARROWEST, _WIDEST = 0.5, 2.4


def days(entries: Sequence[Entry], zone: tzinfo, spoken: Words, name: ModelName) -> str:
    """The tiles of one page, a section for each day. Entries come newest first."""
    today = datetime.now(zone).date()
    return "".join(
        _day(day, today, tuple(found), spoken, name)
        for day, found in groupby(entries, key=lambda entry: entry.created.astimezone(zone).date())
    )


def _day(day: date, today: date, entries: Sequence[Entry], spoken: Words, name: ModelName) -> str:
    tiles = "".join(tile(entry, spoken, name) for entry in entries)
    return (
        f'<section data-day="{day.isoformat()}"><h3>{text(day_name(day, today, spoken))} <small></small></h3>'
        f'<div class="rows">{tiles}</div></section>'
    )


def tile(entry: Entry, spoken: Words, name: ModelName) -> str:
    """One generation: its pictures as one mosaic, prompt and facts under it, a star."""
    prompt = caption(entry, spoken)
    pictures = shown_pictures(entry)
    model, *figures = facts_of(entry, spoken, name)
    label = spoken("history.open", prompt=prompt)
    if len(pictures) > 1:
        label = f"{label} ({spoken('history.pictures', count=len(pictures))})"
    cost = "" if entry.cost is None else f"{entry.cost:.6f}"
    return (
        f'<figure class="tile" data-entry="{text(entry.id)}" data-count="{len(pictures)}" '
        f'data-cost="{cost}" style="--wide:{_width(pictures):.3f}">'
        f'<button type="button" class="shot" data-open aria-label="{text(label)}">'
        f"{_mosaic(entry, pictures, spoken)}</button>"
        f'<figcaption><span class="said" title="{text(prompt)}">{text(prompt)}</span>'
        f"{star(entry, spoken)}<small><span>{text(model)}</span> "
        f"<span>{text(' · '.join(figures))}</span></small></figcaption></figure>"
    )


def star(entry: Entry, spoken: Words) -> str:
    """The button that marks a generation."""
    return (
        f'<button type="button" class="star" data-star aria-pressed="{str(entry.starred).lower()}" '
        f'aria-label="{text(spoken("history.star", prompt=caption(entry, spoken)))}"></button>'
    )


def caption(entry: Entry, spoken: Words) -> str:
    """The prompt in one line."""
    prompt = " ".join(entry.prompt.split())
    return (prompt if len(prompt) <= _MAX_CAPTION else prompt[: _MAX_CAPTION - 1] + "…") or spoken(
        "history.untitled"
    )


def facts_of(entry: Entry, spoken: Words, name: ModelName) -> list[str]:
    """Model, seconds and cost, as far as they are known."""
    facts = [name(entry.provider, entry.model)]
    if entry.seconds:
        facts.append(spoken("done.facts_seconds", seconds=f"{entry.seconds:.1f}"))
    if entry.cost is not None:
        facts.append(dollars(entry.cost) if entry.cost else spoken("history.free"))
    return facts


def shown_pictures(entry: Entry) -> tuple[SavedPicture, ...]:
    """The pictures that count as results: the model's interim ones are left out."""
    return tuple(picture for picture in entry.pictures if not picture.thought)


def small_address(picture: SavedPicture) -> str:
    """Where the browser finds the thumbnail; empty when there is none."""
    return f"pictures/{picture.generation}/{picture.thumbnail.name}" if picture.thumbnail else ""


def reason(entry: Entry, spoken: Words) -> str:
    """Why a generation has no picture, in a few words: the title of its card."""
    for part in ("title", "what"):
        said = spoken.get(f"outcome.{entry.error_code}.{part}")
        if said and "{" not in said:
            return said
    return spoken("history.failed")


def _mosaic(entry: Entry, pictures: Sequence[SavedPicture], spoken: Words) -> str:
    if not pictures:
        return f'<span class="missed">{text(reason(entry, spoken))}</span>'
    seen = "".join(_thumbnail(picture, spoken) for picture in pictures[:_IN_TILE])
    more = len(pictures) - _IN_TILE
    rest = f'<span class="rest">+{more}</span>' if more > 0 else ""
    return f'<span class="mosaic of{min(len(pictures), _IN_TILE)}">{seen}{rest}</span>'


def _thumbnail(picture: SavedPicture, spoken: Words) -> str:
    address = small_address(picture)
    if not address:
        return f'<span class="missed">{text(spoken("history.no_preview"))}</span>'
    return f'<img src="{text(address)}" alt="" loading="lazy" decoding="async">'


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
