"""The fold under a result or a refusal: the exact request, the raw answer, both to copy, and the thoughts."""

from __future__ import annotations

import json
from typing import Any, Final

from markupsafe import Markup

from playground.jobs.job import Served
from playground.jobs.studio import Job, Outcome
from playground.result import ImageResult
from playground.ui.addresses import answer_address
from playground.ui.rendering import render
from playground.ui.words import Words

MAX_CHARACTERS: Final = 400_000
"""Of a text that is shown; where several pictures stand above each other, of all of them."""


def fold(
    job: Job,
    words: Words,
    *,
    outcome: Outcome | None = None,
    result: ImageResult | None = None,
    raw: str = "",
    most: int = MAX_CHARACTERS,
) -> Markup:
    """The folded part itself, of each of its texts so many characters at most.

    `raw` is shown as the answer where there is no `result`.
    """
    served = job.served(outcome.call if outcome else 1)
    thoughts = [picture for picture in outcome.pictures if picture.thought] if outcome and result else []
    return render(
        "details",
        words,
        job=job.id,
        facts=_facts(served, result, words) if result else None,
        thinking=clipped(result.thoughts, most) if outcome and result else "",
        thoughts=thoughts,
        sent=_readable(job.sent_by(outcome.call if outcome else 1), most),
        answer=_answer(result, most) if result else clipped(raw, most),
        whole=whole_answer(job, outcome, words),
    )


def whole_answer(job: Job, outcome: Outcome | None, words: Words) -> tuple[str, str] | None:
    """Where the raw answer of a call is to be had, and a sentence that says so; None where it is not kept."""
    if outcome is None or not outcome.answer_bytes:
        return None
    size = words.number(outcome.answer_bytes)
    return answer_address(job.id, outcome.call), words("done.answer_shown", bytes=size)


def clipped(text: str, most: int) -> str:
    """A text for a page that nobody has to wait for; all of it is in the raw answer."""
    return text if len(text) <= most else f"{text[:most]}…"


def _answer(result: ImageResult, most: int) -> str:
    """The raw answer: as it came where it was no proper JSON, else neatly indented."""
    return clipped(result.raw_text, most) or (_readable(dict(result.raw), most) if result.raw else "")


def _readable(value: dict[str, Any], most: int) -> str:
    """JSON as people read it, which makes deep lists a hundred times as long: no more is made than shown."""
    pieces, size = list[str](), 0
    for piece in json.JSONEncoder(ensure_ascii=False, indent=2, default=str).iterencode(value):
        pieces.append(piece)
        size += len(piece)
        if size > most:
            break
    return clipped("".join(pieces), most)


def _facts(served: Served, result: ImageResult, words: Words) -> list[tuple[str, str]]:
    """Name and value of what the answer tells of itself; a value may be empty."""
    tokens = result.usage.total
    return [
        (words("panel.model"), served.model_id),
        (words("done.model_version"), result.model_version),
        (words("done.finish"), " ".join(filter(None, (result.finish_reason, result.finish_message)))),
        (words("done.request_id"), result.response_id),
        (words("done.tokens"), words.number(tokens) if tokens else ""),
    ]
