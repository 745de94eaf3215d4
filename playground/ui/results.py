"""The HTML of a result, made from a job that runs, is done or was refused, or from none. Pure functions."""

from __future__ import annotations

from markupsafe import Markup

from playground.history import SavedPicture
from playground.jobs.studio import Job
from playground.modes import MODES
from playground.result import ImageResult
from playground.ui import actions, cards, comparison, details, versus
from playground.ui.explain import reason
from playground.ui.figures import price_of
from playground.ui.mode_tabs import TILES
from playground.ui.rendering import render
from playground.ui.waiting import running
from playground.ui.wall import in_rows, ratio_of
from playground.ui.words import Words


def empty(words: Words) -> Markup:
    """The first visit: one sentence and three ways to start, one for each tab."""
    return render("empty", words, tiles=[name for name, tile in TILES.items() if tile.is_first])


def tile_strip(words: Words) -> Markup:
    """Ways to start, small, below Generate: the page shows those of the open tab."""
    return render("tile_strip", words, modes=MODES, tiles=TILES)


def job_view(job: Job, words: Words, chosen: int | None = None, *, is_past: bool = False) -> Markup:
    """A job as it stands: running, done with the picture `chosen` in front, or refused.

    `is_past` for the history, where there is more to be done with a result.
    """
    if not job.is_done:
        return running(job, words)
    if job.pictures:
        return done(job, words, chosen, is_past=is_past)
    error = job.errors[0] if job.errors else job.stop_reason()
    return cards.card(error, words, job)


def done(job: Job, words: Words, wanted: int | None = None, *, is_past: bool = False) -> Markup:
    """The result: its prompt, the picture as big as the height allows, actions, text and facts.

    Chosen, so that its words and figures stand below, is the picture that is wanted, else the last one of
    the first call.
    """
    pictures = job.pictures
    most = details.MAX_CHARACTERS // len(pictures)  # each stands below every picture of its call
    shown = [_shown(job, number, words, most, is_past=is_past) for number in range(len(pictures))]
    return render(
        "result",
        words,
        job=job,
        summary=_summary(job, words),
        continued=job.request.continues.partition("/")[0],
        misses=cards.misses(job.errors, words, job),
        notes=_notes(job, words),
        pictures=shown,
        wall=in_rows([ratio_of(picture.width, picture.height) for picture in pictures]),
        whole=actions.buttons(actions.Place.WALL, actions.Subject(job.id, None), words),
        chosen=wanted if wanted is not None and wanted < len(pictures) else in_front(job),
    )


def _summary(job: Job, words: Words) -> str:
    """How many pictures came in which time; of a job that was cut off, nobody knows the time.

    The time of a single call is its own, as it stands below, and not that of its turn in the line.
    """
    count = len(job.complete_pictures)
    if job.interrupted:
        return words("refusal.interrupted_kept", kept=count, count=job.request.count)
    alone = job.outcomes[0].seconds if job.request.count == 1 and job.outcomes else None
    seconds = words.number(job.elapsed() if alone is None else alone, 1)
    return (
        words("done.summary", count=count, seconds=seconds) if count else words("done.none", seconds=seconds)
    )


def in_front(job: Job) -> int:
    """Number of the picture that is chosen at first: what came before it in the same answer are drafts."""
    first_call = job.outcome_of(job.pictures[0])
    return sum(not picture.thought for picture in first_call.pictures) - 1


def _notes(job: Job, words: Words) -> list[str]:
    """What is strange about answers that did bring pictures, and what was done to the pictures sent."""
    notes = _oddities(job, words)
    if job.stopped:
        notes.append(words("done.stopped_note_free" if job.free else "done.stopped_note"))
    if job.request.collapsed:
        notes.append(words(f"done.collapsed_{job.request.collapsed}"))
    for number, image in enumerate(job.request.images, 1):
        changes = [words(f"done.change_{change}", number=number) for change in image.changes]
        if changes:
            notes.append(words("done.changes", changes=words.names(changes)))
    return notes


def _oddities(job: Job, words: Words) -> list[str]:
    notes = []
    for outcome in job.outcomes:
        if not outcome.pictures or (result := outcome.result) is None:
            continue
        if result.finish_reason not in ("", "STOP"):
            named = reason(result.finish_reason, words)
            notes.append(
                words("done.odd_finish", reason=": ".join(filter(None, (named, result.finish_message))))
            )
        told = outcome.error.code if outcome.error else ""
        odd = [f"done.odd_{name}" for name in result.oddities if name != told]
        notes.extend(words(key) for key in odd if key in words)
        if result.dropped:
            notes.append(words("done.dropped", count=result.dropped))
        notes.extend(words("done.linked", link=link) for link in result.links)
    return [*dict.fromkeys(notes)]  # of several calls, what is odd about all is said once


def again(job: Job, words: Words) -> Markup:
    """What the button says that sends a request once more: for how many pictures, and for how much."""
    count, price = job.request.count, job.price_of_all
    said = words("panel.about", price=words.dollars(price)) if price else price_of(price, words)
    told = [words("panel.pictures", count=count)] * (count > 1)
    return render("again", words, facts=words.listed([*told, said]))


def _shown(job: Job, index: int, words: Words, most: int, *, is_past: bool) -> dict[str, object]:
    """One picture with what stands below it."""
    picture = job.pictures[index]
    outcome = job.outcome_of(picture)
    result = outcome.result or ImageResult()
    subject = _subject(job, index, words)
    labels = {"again": again(job, words)}
    row = actions.past_buttons(subject, words, labels) if is_past else None
    return {
        "picture": picture,
        "is_draft": not picture.locked
        and picture != [one for one in outcome.pictures if not (one.thought or one.locked)][-1],
        "caption": _caption(job, picture, words),
        "quick": actions.quick_buttons(subject, words),
        "actions": row or actions.buttons(actions.Place.RESULT, subject, words, labels),
        "text": details.clipped(result.text, most),
        "sources": result.sources,
        "suggestions": result.search_suggestions,
        "comparison": comparison.table(job, picture, outcome, words),
        "details": details.fold(job, words, outcome=outcome, result=result, most=most),
    }


def _caption(job: Job, picture: SavedPicture, words: Words) -> versus.Caption | None:
    """What stands under one of several: what it was made with, or whether it is as it came."""
    call = job.outcome_of(picture).call
    compared = versus.captions(job, words).get(call)
    if picture.locked:
        return versus.Caption(words("done.locked"), "", words("done.locked_how"))
    if compared is None and any(one.locked for one in job.outcome_of(picture).pictures):
        return versus.Caption(words("done.as_came"), "", price_of(job.price(call), words))
    return compared


def _subject(job: Job, index: int, words: Words) -> actions.Subject:
    """A picture as the table of actions knows it."""
    picture = job.pictures[index]
    title = words("done.picture", number=index + 1) if len(job.pictures) > 1 else job.request.prompt
    return actions.Subject(job.id, picture, title, picture.name in job.stars, job.request.prompt)
