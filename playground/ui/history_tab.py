"""This session's generations: the strip under the result, and the page with every prompt."""

from __future__ import annotations

from collections.abc import Sequence

from playground.studio import Job
from playground.ui.markup import deed, text
from playground.ui.results import thumbnail_address
from playground.ui.words import Words

_IN_STRIP = 24


def strip(jobs: Sequence[Job], spoken: Words, current: str | None = None) -> str:
    """The newest pictures, small, under the table's result. Empty while there are none."""
    every = [(job, place, picture) for job in jobs for place, picture in enumerate(job.pictures)]
    if not every:
        return ""
    buttons = "".join(
        f'<button type="button" data-do="open" data-job="{job.id}" data-place="{place}" '
        f'aria-label="{text(_label(job, place, spoken))}" '
        f'title="{text(_caption(job, spoken))}"{_current(job, place, current)}>'
        f'<img src="{text(thumbnail_address(picture))}" alt="" loading="lazy"></button>'
        for job, place, picture in every[:_IN_STRIP]
    )
    more = deed("album", spoken("history.all"), css="text-link")
    return (
        f'<div class="days"><section><h3>{text(spoken("history.title"))}</h3>'
        f'<div class="row">{buttons}</div></section><div class="all">{more}</div></div>'
    )


def _label(job: Job, place: int, spoken: Words) -> str:
    shown = spoken("history.open", prompt=_caption(job, spoken))
    return shown if len(job.pictures) < 2 else f"{shown} ({place + 1})"


def _current(job: Job, place: int, current: str | None) -> str:
    return ' aria-current="true"' if job.id == current and place == 0 else ""


def album(jobs: Sequence[Job], spoken: Words) -> str:
    """Every picture of the session with its prompt; each goes to Edit or Compose in one press."""
    figures = "".join(_figure(job, index, spoken) for job in jobs for index in range(len(job.pictures) or 1))
    count = sum(len(job.pictures) for job in jobs)
    body = f'<div class="rows">{figures}</div>' if figures else f"<p>{text(spoken('history.empty'))}</p>"
    summary = text(spoken("history.pictures", count=count))
    return (
        f'<div class="albumpage" data-state="history"><div class="albumbar">'
        f"<h2>{text(spoken('history.title'))} <small>{summary}</small></h2></div>"
        f'<div class="album"><section>{body}</section></div></div>'
    )


def _figure(job: Job, index: int, spoken: Words) -> str:
    caption = text(_caption(job, spoken))
    if not job.pictures:
        return (
            f'<figure><button type="button" class="failed" data-do="open" data-job="{job.id}">'
            f"{text(spoken('history.failed'))}</button>"
            f'<figcaption><span title="{caption}">{caption}</span></figcaption></figure>'
        )
    picture = job.pictures[index]
    handle = f"{picture.generation}/{picture.name}"
    return (
        f'<figure><button type="button" class="open" data-do="open" data-job="{job.id}" '
        f'data-place="{index}">'
        f'<img src="{text(thumbnail_address(picture))}" alt="{caption}" loading="lazy"></button>'
        f'<figcaption><span title="{caption}">{caption}</span></figcaption><div class="uses">'
        + deed("edit", spoken("history.edit"), css="text-link", picture=handle)
        + deed("compose", spoken("history.compose"), css="text-link", picture=handle)
        + "</div></figure>"
    )


def _caption(job: Job, spoken: Words) -> str:
    words = " ".join(job.request.prompt.split())
    return (words if len(words) <= 160 else words[:159] + "…") or spoken("history.untitled")
