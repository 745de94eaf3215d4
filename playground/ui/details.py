"""The fold under a result or a refusal: the exact request, the raw answer, both to copy, and the thoughts."""

from __future__ import annotations

from typing import Any

from playground.jobs.studio import Job, Outcome
from playground.result import ImageResult
from playground.ui.addresses import address
from playground.ui.markup import code, lines, text
from playground.ui.words import Words


def button(label: str) -> str:
    """Folds and unfolds the `.details` beside it."""
    return (
        f'<button type="button" class="ic ic-info last" data-details aria-expanded="false">'
        f"{text(label)}</button>"
    )


def fold(
    job: Job,
    spoken: Words,
    *,
    outcome: Outcome | None = None,
    result: ImageResult | None = None,
    raw: str = "",
) -> str:
    """The folded part itself. `raw` is shown as the answer where there is no `result`."""
    facts = _listed(job, result, spoken) if result else ""
    thinking = _thinking(outcome, result, spoken) if outcome and result else ""
    answer: Any = dict(result.raw) if result else raw
    return (
        f'<div class="details" hidden>{facts}{thinking}'
        + copyable(spoken("done.sent"), job.sent, spoken, hint=spoken("done.elided"))
        + (copyable(spoken("done.answer"), answer, spoken) if answer else "")
        + "</div>"
    )


def copyable(title: str, content: Any, spoken: Words, hint: str = "") -> str:
    """JSON or text under a title, with a button that copies it."""
    said = f'<p class="hint">{text(hint)}</p>' if hint else ""
    return (
        f'<section class="copyable"><div class="copybar"><h3>{text(title)}</h3>'
        f'<button type="button" class="text-link" data-copy data-done="{text(spoken("done.copied"))}">'
        f"{text(spoken('done.copy'))}</button></div>{said}{code(content)}</section>"
    )


def _listed(job: Job, result: ImageResult, spoken: Words) -> str:
    rows = [
        (spoken("panel.model"), job.model_id),
        (spoken("done.model_version"), result.model_version),
        (spoken("done.finish"), " ".join(filter(None, (result.finish_reason, result.finish_message)))),
        (spoken("done.request_id"), result.response_id),
    ]
    listed = "".join(f"<dt>{text(name)}</dt><dd>{text(value)}</dd>" for name, value in rows if value)
    return f"<dl>{listed}</dl>"


def _thinking(outcome: Outcome, result: ImageResult, spoken: Words) -> str:
    thoughts = [picture for picture in outcome.pictures if picture.thought]
    if not thoughts and not result.thoughts:
        return ""
    images = "".join(
        f'<img src="{text(address(picture))}" alt="{text(spoken("done.thoughts"))}" loading="lazy">'
        for picture in thoughts
    )
    return (
        f"<h3>{text(spoken('done.thoughts'))}</h3><p>{lines(result.thoughts)}</p>"
        f'<div class="thoughts">{images}</div>'
    )
