"""The table: what it shows while empty, running, done or refused, as HTML. Pure: state in, text out."""

from __future__ import annotations

from collections.abc import Sequence

from playground.history import SavedPicture
from playground.jobs.studio import Job
from playground.result import ImageResult
from playground.ui import cards, comparison, details
from playground.ui.addresses import address, thumbnail_address
from playground.ui.explain import reason
from playground.ui.figures import shortened
from playground.ui.markup import deed, lines, text
from playground.ui.waiting import running
from playground.ui.words import Words

FIRST_TILES = ("pig", "night", "together")
MORE_TILES = ("lighthouse", "teapot", "poster", "sticker", "ink")


def empty(spoken: Words) -> str:
    """The first visit: one sentence and three ways to start, one for each tab."""
    tiles = "".join(
        f'<li><button type="button" data-do="tile" data-tile="{name}"><div class="frame">'
        f'<img src="look/tiles/{name}.webp" alt="" decoding="async"></div>'
        f"<b>{text(spoken(f'tiles.{name}.title'))}</b>"
        f"<span>{text(spoken(f'tiles.{name}.hint'))}</span></button></li>"
        for name in FIRST_TILES
    )
    return (
        f'<div class="empty" data-state="empty"><div><h2>{text(spoken("empty.title"))}</h2>'
        f'<p>{text(spoken("empty.text"))}</p></div><ul class="sheet">{tiles}</ul></div>'
    )


def tile_strip(spoken: Words) -> str:
    """More ways to start, small, once the table belongs to results."""
    buttons = "".join(
        f'<button type="button" data-do="tile" data-tile="{name}">'
        f'<img src="look/tiles/{name}.webp" alt="" loading="lazy">'
        f"<span>{text(spoken(f'tiles.{name}.title'))}</span></button>"
        for name in MORE_TILES
    )
    return f'<div class="strip">{buttons}</div>'


def following(picture: SavedPicture, spoken: Words) -> str:
    """The chip above the prompt while the next request continues from a picture."""
    end = text(spoken("done.continue_end"))
    return (
        f'<p class="following"><img src="{text(thumbnail_address(picture))}" alt="">'
        f"<span data-say>{text(spoken('done.continued'))}</span>"
        f'<button type="button" class="x" data-do="unfollow" aria-label="{end}" title="{end}">×</button></p>'
    )


def job_view(job: Job, spoken: Words, chosen: int | None = None) -> str:
    """A job as it stands: running, done with the picture `chosen` in front, or refused."""
    if not job.is_done:
        return running(job, spoken)
    if job.pictures:
        return done(job, spoken, chosen)
    error = job.errors[0] if job.errors else job.stop_reason()
    return cards.card(error, spoken, job)


def done(job: Job, spoken: Words, wanted: int | None = None) -> str:
    """The result: its prompt, the picture as big as the height allows, actions, text and facts.

    In front is the picture that is wanted, else the last one of the first call: what came before it in
    the same answer are drafts.
    """
    pictures = job.pictures
    chosen = wanted if wanted is not None and wanted < len(pictures) else _final_of_first(job)
    meta = _summary(job, spoken)
    sections = "".join(
        _photo(job, picture, index, spoken, hidden=index != chosen) for index, picture in enumerate(pictures)
    )
    notes = "".join(
        _notes(job, picture, index, spoken, hidden=index != chosen) for index, picture in enumerate(pictures)
    )
    return (
        f'<div class="result" data-state="done" data-result="{job.id}" data-say="{text(meta)}">'
        '<div class="statusline">'
        f'<h2 class="prompt">{text(shortened(job.request.prompt))}</h2>'
        f"<p>{text(meta)}{_continues(job, spoken)}</p></div>"
        f"{_partly(job, spoken)}"
        f'<div class="stage">{sections}{_numbers(pictures, chosen, spoken)}</div>{notes}</div>'
    )


def _summary(job: Job, spoken: Words) -> str:
    """How many pictures came in which time; of a job that was cut off, nobody knows the time."""
    count, seconds = len(job.pictures), f"{job.elapsed():.1f}"
    if job.interrupted:
        return spoken("refusal.cut_off_kept", kept=count, count=job.request.count)
    if count == 1:
        return spoken("done.one", seconds=seconds)
    return spoken("done.many", count=count, seconds=seconds)


def _continues(job: Job, spoken: Words) -> str:
    """The way back to the picture that this result goes on from."""
    before = job.request.continues.partition("/")[0]
    if not before:
        return ""
    return " · " + deed("open", spoken("done.continues"), css="text-link", job=before)


def _final_of_first(job: Job) -> int:
    first_call = job.outcome_of(job.pictures[0])
    return sum(not picture.thought for picture in first_call.pictures) - 1


def _oddities(job: Job, spoken: Words) -> list[str]:
    """What is strange about answers that did bring pictures."""
    notes = []
    for result in (outcome.result for outcome in job.outcomes if outcome.pictures and outcome.result):
        if result.finish_reason not in ("", "STOP"):
            named = reason(result.finish_reason, spoken)
            notes.append(
                spoken("done.odd_finish", reason=": ".join(filter(None, (named, result.finish_message))))
            )
        if result.dropped:
            notes.append(spoken("done.dropped", count=result.dropped))
        notes.extend(spoken("done.linked", link=link) for link in result.links)
    return notes


def _partly(job: Job, spoken: Words) -> str:
    """What did not come along with the pictures that did, and what was done to the pictures sent."""
    notes = _oddities(job, spoken)
    if job.stopped:
        notes.append(spoken("done.stopped_note"))
    if job.request.collapsed:
        notes.append(spoken(f"done.collapsed_{job.request.collapsed}"))
    for number, image in enumerate(job.request.images, 1):
        changes = [spoken(f"done.change_{change}", number=number) for change in image.changes]
        if changes:
            notes.append(spoken("done.changes", changes=spoken.listed(changes)))
    plain = "".join(f'<p class="note">{text(note)}</p>' for note in notes)
    return cards.misses(job.errors, spoken, job) + plain


def _photo(job: Job, picture: SavedPicture, index: int, spoken: Words, *, hidden: bool) -> str:
    return (
        f'<div class="photo" data-index="{index}"{" hidden" if hidden else ""}>'
        f'<a href="{text(address(picture))}" target="_blank" rel="noopener" '
        f'title="{text(spoken("done.open"))}"><img src="{text(address(picture))}" '
        f'width="{picture.width}" height="{picture.height}" loading="lazy" decoding="async" '
        f'alt="{text(shortened(job.request.prompt, 200))}"></a></div>'
    )


def _numbers(pictures: Sequence[SavedPicture], chosen: int, spoken: Words) -> str:
    if len(pictures) < 2:
        return ""
    buttons = "".join(
        f'<li><button type="button" data-show="{index}" aria-pressed="{str(index == chosen).lower()}" '
        f'aria-label="{text(spoken("done.thumbnail", number=index + 1))}">'
        f'<img src="{text(thumbnail_address(picture))}" alt=""><span>{index + 1}</span></button></li>'
        for index, picture in enumerate(pictures)
    )
    return f'<ol class="numbers">{buttons}</ol>'


def _notes(job: Job, picture: SavedPicture, index: int, spoken: Words, *, hidden: bool) -> str:
    outcome = job.outcome_of(picture)
    result = outcome.result or ImageResult()
    handle = f"{picture.generation}/{picture.name}"
    answer = (
        f'<p class="answer"><small>{text(spoken("done.model_wrote"))}</small>{lines(result.text)}</p>'
        if result.text
        else '<p class="answer"></p>'
    )
    return (
        f'<div data-index="{index}"{" hidden" if hidden else ""}><div class="actions">'
        f'<a class="ic ic-down first" href="{text(address(picture))}?download" download>'
        f"{text(spoken('done.download'))}</a>"
        + deed("edit", spoken("done.edit"), css="ic ic-edit", picture=handle)
        + deed("compose", spoken("done.compose"), css="ic ic-add", picture=handle)
        + deed("follow", spoken("done.continue"), css="ic ic-next", picture=handle)
        + deed("again", spoken("done.again"), css="ic ic-again", job=job.id)
        + details.button(spoken("done.details"))
        + f'</div><div class="result-notes">{answer}{comparison.table(job, picture, outcome, spoken)}</div>'
        + details.fold(job, spoken, outcome=outcome, result=result)
        + "</div>"
    )
