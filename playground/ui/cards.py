"""What did not work, as a card: what happened, why, what to do, whether it cost money, and remedies."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from playground.errors import PlaygroundError
from playground.jobs.studio import Job
from playground.ui import details, remedies
from playground.ui.explain import Explanation, explain
from playground.ui.figures import shortened
from playground.ui.markup import deed, lines, text
from playground.ui.words import Words

_CALM = {
    "stopped": "refusal.title_stopped",
    "stopped_unsent": "refusal.title_stopped",
    "interrupted": "refusal.title_interrupted",
    "interrupted_unsent": "refusal.title_interrupted",
}
"""What is nobody's fault and no surprise, or over already: told without red, under a title of its own."""


def card(error: PlaygroundError, spoken: Words, job: Job | None = None) -> str:
    """The whole card of a request that brought no picture. Without a `job`, nothing was sent."""
    told = explain(error, spoken)
    title = spoken(_CALM.get(told.code) or ("refusal.title" if told.sent else "refusal.title_unsent"))
    calm = " calm" if told.code in _CALM or not told.sent else ""
    others = [] if job is None else [other for other in job.errors if other is not error]
    return (
        f'<div id="refused" data-state="refused" data-code="{told.code}" data-say="{text(title)}: '
        f'{text(told.what)}"><div class="refusal{calm}"><h2>{text(title)}</h2>{_body(told, spoken, job)}'
        f"{misses(others, spoken, job) if job else ''}</div>{remedies.html(told, spoken, job)}"
        f"{_fold(told, spoken, job, error)}</div>"
    )


def line(error: PlaygroundError, spoken: Words) -> str:
    """An error on one line, for where key and address are typed."""
    told = explain(error, spoken)
    said = f" {told.said}" if told.said else ""
    return f'<p class="bad" data-say>{text(told.what + said)} {text(told.do)}</p>'


def cut_off(jobs: Sequence[Job], spoken: Words) -> str:
    """Several jobs that a restart of the server cut off, each a line that leads to what is left of it."""
    title = spoken("refusal.title_interrupted")
    rows = "".join(_cut_off_row(job, spoken) for job in jobs)
    return (
        f'<div id="refused" data-state="refused" data-code="interrupted" data-say="{text(title)}">'
        f'<div class="refusal calm"><h2>{text(title)}</h2><p>{text(spoken("refusal.cut_off"))}</p>'
        f'<ul class="cutoff">{rows}</ul></div></div>'
    )


def _cut_off_row(job: Job, spoken: Words) -> str:
    kept = spoken("refusal.cut_off_kept", kept=len(job.pictures), count=job.request.count)
    return (
        f"<li><span>{text(shortened(job.request.prompt, 120))}</span><small>{text(kept)}</small>"
        + deed("open", spoken("running.show"), css="text-link", job=job.id)
        + "</li>"
    )


def misses(errors: Sequence[PlaygroundError], spoken: Words, job: Job) -> str:
    """The calls of a job that brought no picture, beside those that did: a line each kind, which unfolds."""
    kinds: dict[tuple[str, str, str], list[Explanation]] = defaultdict(list)
    for told in (explain(error, spoken) for error in errors):
        kinds[told.what, told.said, told.billed].append(told)
    return "".join(_miss(alike, spoken, job) for alike in kinds.values())


def _miss(alike: list[Explanation], spoken: Words, job: Job) -> str:
    told = alike[0]
    note = spoken("done.partly", failed=len(alike), count=job.request.count, reason=told.what)
    raw = details.copyable(spoken("done.answer"), told.raw, spoken) if told.raw else ""
    return (
        f'<details class="miss"><summary>{text(note)}</summary>'
        f'<div class="refusal">{_body(told, spoken, job)}</div>{raw}</details>'
    )


def _body(told: Explanation, spoken: Words, job: Job | None) -> str:
    parts = "".join(
        f"<dt>{text(spoken(f'refusal.{name}'))}</dt><dd>{_part(told, name, job, spoken)}</dd>"
        for name in ("what", "why", "do")
    )
    return f"<dl>{parts}</dl>{_said(told, spoken)}{_links(told)}{_money(told, spoken, job)}"


def _retired(job: Job, spoken: Words) -> str:
    """When the model was taken away and what is there instead; empty for one that stays."""
    gone = job.model.retirement
    if gone is None:
        return ""
    return spoken(f"refusal.{gone.state}", date=gone.date, successor=gone.successor)


def _part(told: Explanation, name: str, job: Job | None, spoken: Words) -> str:
    words = text(getattr(told, name))
    if name == "why" and told.code == "model_not_found" and job is not None:
        return text(spoken.together(told.why, _retired(job, spoken)))
    if name == "do" and told.retry_after:
        seconds = str(math.ceil(told.retry_after))
        counted = f'<b data-wait="{seconds}" data-job="{job.id if job else ""}">{seconds}</b>'
        return words.replace(seconds, counted, 1)
    return words


def _said(told: Explanation, spoken: Words) -> str:
    if not told.said:
        return ""
    whose = spoken("refusal.model_words" if told.by_model else "refusal.provider_words")
    return f"<blockquote><small>{text(whose)}</small>{lines(told.said)}</blockquote>"


def _links(told: Explanation) -> str:
    return "".join(
        f'<p><a href="{text(link)}" target="_blank" rel="noopener noreferrer nofollow">{text(link)}</a></p>'
        for link in told.links
        if link.startswith(("https://", "http://"))
    )


def _money(told: Explanation, spoken: Words, job: Job | None) -> str:
    if job is not None and job.free:
        money = spoken("refusal.free")
    elif not told.sent or job is None:
        money = spoken("refusal.unsent")
    else:
        money = spoken(f"refusal.billed_{told.billed}")
    return f'<p class="money">{text(money)}</p>'


def _fold(told: Explanation, spoken: Words, job: Job | None, error: PlaygroundError) -> str:
    """What was sent and what came back, for whoever wants to see or to report it."""
    outcome = next((o for o in job.outcomes if o.error is error), None) if job else None
    if job is None or outcome is None:
        return ""
    label = spoken("refusal.details" if outcome.result or told.raw else "refusal.request")
    return (
        f'<div class="actions">{details.button(label)}</div>'
        + details.fold(job, spoken, outcome=outcome, result=outcome.result, raw=told.raw)
    )  # fmt: skip
