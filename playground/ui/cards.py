"""What did not work, as a card: what happened, why, what to do, whether it cost money, and remedies."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from markupsafe import Markup

from playground.demo import rehearsals
from playground.errors import PlaygroundError
from playground.jobs.studio import Job, Outcome
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


def card(error: PlaygroundError, words: Words, job: Job | None = None) -> Markup:
    """The whole card of a request that brought no picture. Without a `job`, nothing was sent."""
    explanation = _rehearsed(_explained(error, words, job), words, job)
    others = [] if job is None else [other for other in job.errors if other is not error]
    return render(
        "refusal",
        words,
        **_body(explanation, words, job),
        title=words(
            _CALM.get(explanation.code) or ("refusal.title" if explanation.sent else "refusal.title_unsent")
        ),
        is_calm=explanation.code in _CALM or not explanation.sent,
        misses=misses(others, words, job, error) if job else "",
        remedies=remedies.html(explanation, words, job),
        details=_details(explanation, words, job, error),
    )


def _explained(error: PlaygroundError, words: Words, job: Job | None) -> Explanation:
    """The error in words that fit the request."""
    is_alone = job is not None and not (job.request.images or job.request.turns)
    kinds = {"free": _free(job), "alone": is_alone}
    return explain(error, words, [kind for kind, holds in kinds.items() if holds])


def _rehearsed(explanation: Explanation, words: Words, job: Job | None) -> Explanation:
    """Words without a picture that were rehearsed on the demo, which says something else of its own ones."""
    called = rehearsals.parse(job.request.prompt) if job is not None and job.free else None
    if called is None or explanation.code != "text_only":
        return explanation
    if called.name:
        why, do = (words(f"outcome.text_only.{part}") for part in ("why", "do"))
        return replace(explanation, why=why, do=do)
    what, why, do = (words(f"rehearsals.unknown_{part}") for part in ("what", "why", "do"))
    return replace(explanation, code=remedies.REHEARSAL_UNKNOWN, what=what, why=why, do=do, said="")


def _free(job: Job | None) -> bool:
    return job is not None and job.free


def line(error: PlaygroundError, words: Words) -> Markup:
    """An error on one line, for where key and address are typed."""
    explanation = explain(error, words)
    said = words("refusal.quoted", said=explanation.said) if explanation.said else ""
    return notice(words.together(explanation.what, said, explanation.do), words, css="bad")


def notice(text: str, words: Words, css: str | None = None) -> Markup:
    """A sentence for where key and address are typed; "ok" and "bad" have colours of their own."""
    return render("notice", words, text=text, css=css)


def interrupted(jobs: Sequence[Job], words: Words) -> Markup:
    """Several jobs that a restart of the server cut off, each a line that leads to what is left of it."""
    return render("interrupted", words, jobs=jobs)


def misses(
    errors: Sequence[PlaygroundError], words: Words, job: Job, told: PlaygroundError | None = None
) -> Markup:
    """The calls of a job that brought no picture, beside those that did or beside the one whose error is
    `told` above: a line each kind, which unfolds."""
    kinds: dict[tuple[str, str, str], list[PlaygroundError]] = defaultdict(list)
    for error in errors:
        explanation = _explained(error, words, job)
        kinds[explanation.what, explanation.said, explanation.billed].append(error)
    what = _explained(told, words, job).what if told is not None else ""
    return Markup().join(_miss(alike, words, job, what) for alike in kinds.values())


def _miss(alike: list[PlaygroundError], words: Words, job: Job, told: str) -> Markup:
    explanation = _explained(alike[0], words, job)
    outcome = _outcome_of(alike[0], job)
    return render(
        "miss",
        words,
        note=words("refusal.likewise", count=len(alike))
        if explanation.what == told
        else _miss_note(explanation, len(alike), words, job),
        whole=details.whole_answer(job, outcome, words),
        **_body(explanation, words, job),
    )


def _miss_note(explanation: Explanation, failed: int, words: Words, job: Job) -> str:
    """One line: how many calls ended so, where there were several, and how."""
    if job.request.count == 1:
        return explanation.what
    key = "done.partly"
    if explanation.code == "picture_not_in_zip":
        key = "done.partly_lost"
    elif explanation.is_incomplete:  # of which "incomplete_picture" has no more to say
        is_plain = explanation.code == "incomplete_picture"
        key = "done.partly_incomplete" if is_plain else "done.partly_incomplete_since"
    return words(key, failed=failed, count=job.request.count, reason=explanation.what)


def _outcome_of(error: PlaygroundError, job: Job) -> Outcome | None:
    return next((outcome for outcome in job.outcomes if outcome.error is error), None)


def _body(explanation: Explanation, words: Words, job: Job | None) -> dict[str, Any]:
    """What the middle of a card is made of."""
    why = words.together(explanation.why, _retired(explanation, job, words))
    return {
        "error": explanation,
        "parts": {
            "what": Countdown(explanation.what),
            "why": _timed(why, explanation, counts=False),
            "do": _timed(explanation.do, explanation, counts=True),
        },
        "speaker": _speaker(explanation, words, job),
        "money": _money(explanation, words, job),
        "job": job.id if job else "",
    }


def _speaker(explanation: Explanation, words: Words, job: Job | None) -> str:
    """Whose words are quoted: in the demo there is no model that could say any."""
    if not explanation.by_model:
        return words("refusal.provider_words")
    return words("refusal.demo_words" if _free(job) else "refusal.model_words")


def _timed(sentence: str, explanation: Explanation, *, counts: bool) -> Countdown:
    """A sentence with the end of a long wait in it, or the seconds of a short one."""
    if explanation.until is not None:
        return Countdown.until(sentence, explanation.until.written, explanation.until.iso)
    return Countdown.within(sentence, explanation.retry_after or None) if counts else Countdown(sentence)


def _retired(explanation: Explanation, job: Job | None, words: Words) -> str:
    """When the model was taken away and what is there instead; empty for one that stays."""
    gone = job.model.retirement if job and explanation.code == "model_not_found" else None
    if gone is None:
        return ""
    return words(f"refusal.{gone.state}", date=gone.date, successor=gone.successor)


def _money(explanation: Explanation, words: Words, job: Job | None) -> str:
    if _free(job):
        return words("refusal.free")
    if not explanation.sent or job is None:
        return words("refusal.unsent")
    return words(f"refusal.billed_{explanation.billed}")


def _details(explanation: Explanation, words: Words, job: Job | None, error: PlaygroundError) -> Markup:
    """What was sent and what came back, for whoever wants to see or to report it."""
    outcome = _outcome_of(error, job) if job else None
    if job is None or outcome is None:
        return Markup()
    has_answer = outcome.result or explanation.raw or outcome.answer_bytes
    label = words("refusal.details" if has_answer else "refusal.request")
    subject = actions.Subject(job.id, None)
    row = actions.buttons(actions.Place.RESULT, subject, words, {"details": label})
    return row + details.fold(job, words, outcome=outcome, result=outcome.result, raw=explanation.raw)
