"""What did not work, as a card: what happened, why, what to do, whether it cost money, and remedies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from playground.errors import PlaygroundError
from playground.jobs.studio import Job
from playground.ui import actions, details, remedies
from playground.ui.explain import Explanation, explain
from playground.ui.rendering import Countdown, render
from playground.ui.words import Words

_CALM = {
    "stopped": "refusal.title_stopped",
    "stopped_unsent": "refusal.title_stopped",
    "interrupted": "refusal.title_interrupted",
    "interrupted_unsent": "refusal.title_interrupted",
    "picture_not_in_zip": "refusal.title_not_in_zip",
}
"""What is nobody's fault and no surprise, or over already: told without red, under a title of its own."""


def card(error: PlaygroundError, spoken: Words, job: Job | None = None) -> Markup:
    """The whole card of a request that brought no picture. Without a `job`, nothing was sent."""
    told = explain(error, spoken)
    others = [] if job is None else [other for other in job.errors if other is not error]
    return render(
        "refusal",
        spoken,
        **_body(told, spoken, job),
        title=spoken(_CALM.get(told.code) or ("refusal.title" if told.sent else "refusal.title_unsent")),
        is_calm=told.code in _CALM or not told.sent,
        misses=misses(others, spoken, job) if job else "",
        remedies=remedies.html(told, spoken, job),
        details=_details(told, spoken, job, error),
    )


def line(error: PlaygroundError, spoken: Words) -> Markup:
    """An error on one line, for where key and address are typed."""
    told = explain(error, spoken)
    return notice(" ".join(filter(None, (told.what, told.said, told.do))), spoken, css="bad")


def notice(text: str, spoken: Words, css: str | None = None) -> Markup:
    """A sentence for where key and address are typed; "ok" and "bad" have colours of their own."""
    return render("notice", spoken, text=text, css=css)


def cut_off(jobs: Sequence[Job], spoken: Words) -> Markup:
    """Several jobs that a restart of the server cut off, each a line that leads to what is left of it."""
    return render("cut_off", spoken, jobs=jobs)


def misses(errors: Sequence[PlaygroundError], spoken: Words, job: Job) -> Markup:
    """The calls of a job that brought no picture, beside those that did: a line each kind, which unfolds."""
    kinds: dict[tuple[str, str, str], list[Explanation]] = defaultdict(list)
    for told in (explain(error, spoken) for error in errors):
        kinds[told.what, told.said, told.billed].append(told)
    return Markup().join(_miss(alike, spoken, job) for alike in kinds.values())


def _miss(alike: list[Explanation], spoken: Words, job: Job) -> Markup:
    told = alike[0]
    is_lost = told.code == "picture_not_in_zip"
    key = "done.partly_lost" if is_lost else "done.partly_incomplete" if told.is_incomplete else "done.partly"
    note = spoken(key, failed=len(alike), count=job.request.count, reason=told.what)
    return render("miss", spoken, note=note, **_body(told, spoken, job))


def _body(told: Explanation, spoken: Words, job: Job | None) -> dict[str, Any]:
    """What the middle of a card is made of."""
    why = spoken.together(told.why, _retired(told, job, spoken))
    return {
        "error": told,
        "parts": {
            "what": Countdown(told.what),
            "why": _timed(why, told, counts=False),
            "do": _timed(told.do, told, counts=True),
        },
        "money": _money(told, spoken, job),
        "job": job.id if job else "",
    }


def _timed(sentence: str, told: Explanation, *, counts: bool) -> Countdown:
    """A sentence with the end of a long wait in it, or the seconds of a short one."""
    if told.until is not None:
        return Countdown.until(sentence, told.until.written, told.until.iso)
    return Countdown.within(sentence, told.retry_after or None) if counts else Countdown(sentence)


def _retired(told: Explanation, job: Job | None, spoken: Words) -> str:
    """When the model was taken away and what is there instead; empty for one that stays."""
    gone = job.model.retirement if job and told.code == "model_not_found" else None
    if gone is None:
        return ""
    return spoken(f"refusal.{gone.state}", date=gone.date, successor=gone.successor)


def _money(told: Explanation, spoken: Words, job: Job | None) -> str:
    if job is not None and job.free:
        return spoken("refusal.free")
    if not told.sent or job is None:
        return spoken("refusal.unsent")
    return spoken(f"refusal.billed_{told.billed}")


def _details(told: Explanation, spoken: Words, job: Job | None, error: PlaygroundError) -> Markup:
    """What was sent and what came back, for whoever wants to see or to report it."""
    outcome = next((o for o in job.outcomes if o.error is error), None) if job else None
    if job is None or outcome is None:
        return Markup()
    label = spoken("refusal.details" if outcome.result or told.raw else "refusal.request")
    subject = actions.Subject(job.id, None)
    row = actions.buttons(actions.Place.RESULT, subject, spoken, {"details": label})
    return row + details.fold(job, spoken, outcome=outcome, result=outcome.result, raw=told.raw)
