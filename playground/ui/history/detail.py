"""One generation of the history: inputs beside outputs, what it came from, and what can be done with it.

The result itself is drawn by `results`, as on the table. Pure: HTML as text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from playground.history import Entry
from playground.jobs.studio import Job
from playground.ui import results
from playground.ui.history.days import moment
from playground.ui.history.grid import caption, reason, shown_pictures, small_address, star
from playground.ui.markup import deed, press, text
from playground.ui.words import Words

_MAX_DEPTH = 8


def detail(entry: Entry, job: Job, tree: Sequence[Entry], zone: tzinfo, spoken: Words) -> str:
    """The whole view. `tree` is everything that came from one beginning, oldest first."""
    inputs = _inputs(entry, job, spoken)
    asked = "" if job.pictures else f'<h2 class="asked-for">{text(caption(entry, spoken))}</h2>'
    return (
        f'<article class="past{" with-inputs" if inputs else ""}" data-past="{text(entry.id)}" '
        f'aria-label="{text(caption(entry, spoken))}">'
        f'<div class="pastbar"><button type="button" class="ic ic-back quiet" data-back>'
        f"{text(spoken('history.title'))}</button>"
        f'<span class="when">{text(moment(entry.created, zone, spoken))}</span>{_walk(spoken)}'
        f'{star(entry, spoken)}</div>{asked}<div class="beside">{inputs}'
        f'<div class="came">{results.job_view(job, spoken)}</div></div>'
        f"{_actions(entry, spoken)}{_tree(entry, tree, spoken)}</article>"
    )


def _walk(spoken: Words) -> str:
    steps = (("-1", "newer", spoken("history.newer")), ("1", "older", spoken("history.older")))
    return "".join(
        press(f'data-walk="{step}" aria-label="{text(said)}" title="{text(said)}"', "", f"ic ic-{kind} quiet")
        for step, kind, said in steps
    )


def _inputs(entry: Entry, job: Job, spoken: Words) -> str:
    if not job.request.images:
        return ""
    items = "".join(
        _input(entry, number, image.path.name, spoken) for number, image in enumerate(job.request.images, 1)
    )
    return f'<section class="given"><h3>{text(spoken("history.inputs"))}</h3><ol>{items}</ol></section>'


def _input(entry: Entry, number: int, name: str, spoken: Words) -> str:
    label = text(spoken("history.input", number=number))
    address, small = (
        f"pictures/{entry.id}/{name}",
        f"pictures/{entry.id}/{name.rpartition('.')[0]}.thumb.webp",
    )
    return (
        f'<li><a href="{text(address)}" target="_blank" rel="noopener" title="{text(spoken("done.open"))}">'
        f'<img src="{text(small)}" alt="{label}" loading="lazy" decoding="async"></a><b>{number}</b></li>'
    )


def _actions(entry: Entry, spoken: Words) -> str:
    hint = f'data-with-recipe title="{text(spoken("history.copy_hint"))}"'
    copy = press(hint, spoken("history.copy"), "ic ic-recipe") if shown_pictures(entry) else ""
    return (
        '<div class="actions deeds">'
        + deed("reuse", spoken("history.reuse"), css="ic ic-form first", entry=entry.id)
        + copy
        + press("data-zip-one", spoken("history.zip"), "ic ic-zip")
        + press("data-delete", spoken("history.delete"), "ic ic-bin last")
        + "</div>"
    )


def _tree(entry: Entry, tree: Sequence[Entry], spoken: Words) -> str:
    """What came from what, each one step to the right of its parent; nothing for one that stands alone."""
    if len(tree) < 2:
        return ""
    items = "".join(
        f'<li style="--depth:{min(depth, _MAX_DEPTH)}">{_kin(one, entry, spoken)}</li>'
        for one, depth in _with_depth(tree)
    )
    return f'<section class="lineage"><h3>{text(spoken("history.tree"))}</h3><ul>{items}</ul></section>'


def _with_depth(tree: Sequence[Entry]) -> Iterator[tuple[Entry, int]]:
    """Parents before children, with how far each is from the beginning. A chain may be thousands long."""
    known = {one.id for one in tree}
    children: dict[str | None, list[Entry]] = {}
    for one in tree:
        children.setdefault(one.parent if one.parent in known else None, []).append(one)
    waiting = [(one, 0) for one in reversed(children.get(None, []))]
    while waiting:
        one, depth = waiting.pop()
        yield one, depth
        waiting.extend((child, depth + 1) for child in reversed(children.get(one.id, [])))


def _kin(one: Entry, entry: Entry, spoken: Words) -> str:
    pictures, prompt = shown_pictures(one), caption(one, spoken)
    small = small_address(pictures[-1]) if pictures else ""
    shown = f'<img src="{text(small)}" alt="" loading="lazy">' if small else '<span class="missed"></span>'
    title = prompt if pictures else f"{prompt} ({reason(one, spoken)})"
    here = ' aria-current="true"' if one.id == entry.id else ""
    return f'<button type="button" data-kin="{text(one.id)}"{here}>{shown}<span>{text(title)}</span></button>'
