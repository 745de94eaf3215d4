"""One generation of the history: inputs beside outputs, what it came from, and what can be done with it.

The result itself is drawn by `results`. Pure: HTML as text.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import tzinfo

from markupsafe import Markup

from playground.history import Entry
from playground.jobs.studio import Job
from playground.ui import results
from playground.ui.actions import past_buttons
from playground.ui.addresses import preview_address
from playground.ui.history.days import moment
from playground.ui.history.grid import caption, reason, shown_pictures, star, subject
from playground.ui.rendering import render
from playground.ui.words import Words

_MAX_DEPTH = 8


def detail(entry: Entry, job: Job, tree: Sequence[Entry], zone: tzinfo, words: Words) -> Markup:
    """The whole view. `tree` is everything that came from one beginning, oldest first."""
    return render(
        "history/generation",
        words,
        entry=entry,
        caption=caption(entry, words),
        when=moment(entry.created, zone, words),
        star=star(entry, words) if len(shown_pictures(entry)) != 1 else "",
        inputs=[_input(entry, image.path.name) for image in job.request.images],
        has_pictures=bool(job.pictures),
        result=results.job_view(job, words, is_past=True),
        actions="" if job.pictures else past_buttons(subject(entry, words), words),
        tree=[_relative(one, depth, words) for one, depth in _with_depth(tree)],
    )


def _input(entry: Entry, name: str) -> dict[str, str]:
    stem = name.rpartition(".")[0]
    return {
        "picture": f"{entry.id}/{name}",
        "address": f"pictures/{entry.id}/{name}",
        "preview": f"pictures/{entry.id}/{stem}.thumb.webp",
    }


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


def _relative(one: Entry, depth: int, words: Words) -> dict[str, object]:
    """One of the tree, each a step to the right of what it came from."""
    pictures, prompt = shown_pictures(one), caption(one, words)
    return {
        "id": one.id,
        "depth": min(depth, _MAX_DEPTH),
        "preview": preview_address(pictures[-1]) if pictures else "",
        "title": prompt if pictures else f"{prompt} ({reason(one, words)})",
    }
