"""What one small picture tells of a gateway: the job that asks for it, and what its outcome shows."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from playground import pixels
from playground.catalogue import Catalogue
from playground.errors import PlaygroundError
from playground.jobs.job import Job
from playground.request import AUTO, ImageRequest, build

PROMPT: Final = "A single red circle in the middle of a plain white background, flat colours, no text."
SHAPE: Final = "16:9"
_WITHIN: Final = 0.25
"""How far the longest side may be from the expected one: half of it, or twice, is another size."""


@dataclass(frozen=True)
class Found:
    """What one picture has shown; None where it cannot be told.

    Attributes:
        came: how the picture came: in its place, within the words, as a link, elsewhere, or not at all.
        shape, size: what was asked for came.
        declared: the format is the one that the answer names.
        streamed: a stream was sent as one.
        silence: seconds for which nothing came, at the longest.
        error: why there is no picture.
    """

    came: Literal["inline", "text", "link", "elsewhere", "nothing"]
    shape: bool | None = None
    size: bool | None = None
    declared: bool | None = None
    streamed: bool | None = None
    silence: float | None = None
    error: PlaygroundError | None = None


def request(catalogue: Catalogue, provider: str, model: str) -> ImageRequest:
    """The smallest picture that says something: another shape than the usual, the smallest size there is."""
    row = catalogue.model(provider, model)
    size = row.image_sizes[0] if len(row.image_sizes) > 1 else AUTO
    shape = SHAPE if SHAPE in row.aspect_ratios else AUTO
    return build(prompt=PROMPT, provider=provider, model=model, aspect_ratio=shape, image_size=size)


def found(job: Job) -> Found:
    """What a job that has ended shows of the gateway that it went to."""
    outcome = next(iter(job.outcomes), None)
    result = outcome.result if outcome else None
    if outcome is None or result is None:
        error = job.errors[0] if job.errors else job.stop_reason()
        return Found("nothing", error=error)
    streamed = outcome.heard.streamed if outcome.heard else None
    silence = outcome.heard.silence if outcome.heard else None
    if not outcome.received:
        linked = Found("link", streamed=streamed, silence=silence)
        return linked if result.links else replace(linked, came="nothing", error=outcome.error)
    came, asked = outcome.received[-1], job.request
    missed = {difference.code for difference in came.differences}
    where: Literal["text", "elsewhere", "inline"] = "inline"
    if result.in_text:
        where = "text"
    elif "misplaced" in result.oddities:
        where = "elsewhere"
    return Found(
        where,
        None if asked.aspect_ratio == AUTO else "aspect_ratio" not in missed,
        None if asked.image_size == AUTO else _is_size(asked.image_size, came.width, came.height),
        "mime_type" not in missed if came.declared_mime_type else None,
        streamed,
        silence,
    )


def _is_size(size: str, width: int, height: int) -> bool | None:
    """Whether a picture has the size that was asked for, measured against the shape that came."""
    table = pixels.PIXELS.get(size)
    if table is None:
        return None
    expected = max(table[pixels.nearest_ratio(width, height, table)])
    return abs(max(width, height) - expected) <= _WITHIN * expected
