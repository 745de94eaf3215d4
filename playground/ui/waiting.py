"""What is shown while a job runs: what is happening, for how long, and frames that fill in.

The whole view is made anew only when a call ends. What changes more often, the words for how far each call
has come, goes to the page as a small message that its script puts into the view that stands; seconds are
counted by the script alone.
"""

from __future__ import annotations

import json
import math
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from playground import pixels
from playground.jobs.studio import Job, Outcome
from playground.providers.progress import Phase, Progress
from playground.request import ImageRequest
from playground.ui import versus
from playground.ui.rendering import Countdown, render
from playground.ui.wall import in_rows, ratio_of
from playground.ui.words import Words

_WORTH_COUNTING = 1_000_000
"""Bytes from which a transfer is told in megabytes: less is gone before anybody has read it."""

_MOST_THOUGHTS = 400
"""Characters: what is read while one waits; all of it is in Details afterwards."""


def running(job: Job, words: Words) -> Markup:
    """The wait: a sentence, the clock, a ruler with the usual time, and frames in the final shape."""
    usual, count = job.usual_seconds or 0, job.request.count
    by_call = {outcome.call: outcome for outcome in job.outcomes}
    captions = versus.captions(job, words)
    frames = [
        {**_frame(job, number, by_call.get(number), words), "caption": captions.get(number)}
        for number in range(1, count + 1)
    ]
    return render(
        "running",
        words,
        job=job,
        title=title(job, words),
        elapsed=job.elapsed(),
        phase=_line(job, words),
        thoughts=_thoughts(job),
        longest=max(24, 2 * usual),
        usual=words("running.usual", seconds=words.number(max(usual, 1))),
        wall=in_rows(_ratios(job, frames)),
        frames=frames,
    )


def title(job: Job, words: Words) -> str:
    """What is being made, and how much of it is there."""
    if job.stopped:
        return words("running.stopping")
    return words(
        "running.drawing", count=job.request.count, ready=sum(not one.locked for one in job.pictures)
    )


def progress(job: Job, words: Words) -> str:
    """How far each call has come, as JSON for the page's script: its words are HTML already."""
    calls = {
        number: render("countdown", words, sentence=_doing(job, number, words)) for number in _open_calls(job)
    }
    line = render("countdown", words, sentence=_line(job, words))
    said = {"job": job.id, "line": line, "calls": calls, "thoughts": _thoughts(job)}
    return json.dumps(said, ensure_ascii=False)


def _thoughts(job: Job) -> str:
    """The end of what a model has thought aloud, of the call that has told last; "" for nothing."""
    newest = next(reversed(job.thoughts.values()), "").strip()
    return newest if len(newest) <= _MOST_THOUGHTS else f"…{newest[-_MOST_THOUGHTS:]}"


def _open_calls(job: Job) -> list[int]:
    ended = {outcome.call for outcome in job.outcomes}
    return [number for number in range(1, job.request.count + 1) if number not in ended]


def _line(job: Job, words: Words) -> Countdown:
    """What is happening, for all calls in one line: whole for one of them, counted where several differ."""
    waiting = _open_calls(job)
    if job.stopped or not waiting:
        return Countdown("")
    phases = Counter(_progress(job, number).phase for number in waiting)
    if len(waiting) == 1:
        return _doing(job, waiting[0], words)
    return Countdown(words.listed(words(f"running.{phase}_many", count=n) for phase, n in phases.items()))


def _progress(job: Job, number: int) -> Progress:
    return job.progress.get(number, Progress(Phase.WAITING))


def _doing(job: Job, number: int, words: Words) -> Countdown:
    """What one call is doing."""
    now = _progress(job, number)
    if now.phase == Phase.QUEUED:
        place = job.queue_position(number)
        return Countdown(words("running.queued", place=place) if place else words("running.queued_next"))
    if now.phase == Phase.RETRYING and now.retry_at is not None:
        seconds = max(0, math.ceil(now.retry_at - time.monotonic()))
        before, _, after = words("running.retrying", seconds="\0", attempt=now.attempt).partition("\0")
        return Countdown(before, str(seconds), after)
    if now.phase in (Phase.SENDING, Phase.RECEIVING):
        return Countdown(_moved(now, words))
    return Countdown(words("running.waiting"))


def _moved(now: Progress, words: Words) -> str:
    """A transfer: in megabytes where it takes long enough to be read."""
    if max(now.bytes_done, now.bytes_total or 0) < _WORTH_COUNTING:
        return words(f"running.{now.phase}")
    done = words.megabytes(now.bytes_done)
    if now.bytes_total is None:
        return words(f"running.{now.phase}_some", done=done)
    return words(f"running.{now.phase}_of", done=done, total=words.megabytes(now.bytes_total))


def _frame(job: Job, number: int, outcome: Outcome | None, words: Words) -> dict[str, Any]:
    """One picture to come: empty, filled, or known to stay empty."""
    final = [picture for picture in outcome.pictures if not picture.thought] if outcome else []
    return {
        "number": number,
        "outcome": outcome,
        "picture": final[-1] if final else None,
        "seconds": words("running.seconds", seconds=words.number(outcome.seconds, 1)) if outcome else "",
        "draft": b64encode(job.drafts.get(number, b"")).decode() if not outcome else "",
        "doing": Countdown("") if outcome else _doing(job, number, words),
    }


def _ratios(job: Job, frames: Sequence[Mapping[str, Any]]) -> list[float]:
    """The shape of each frame: its picture's, or the one that is to be expected."""
    there = [ratio_of(p.width, p.height) if (p := frame["picture"]) else None for frame in frames]
    # What has come tells more of what is to come than what was asked for, where all ask for the same.
    came = None if job.request.versus else next((ratio for ratio in reversed(there) if ratio), None)
    return [
        ratio or came or ratio_of(*_shape(call)) for ratio, call in zip(there, job.request.calls, strict=True)
    ]


def _shape(request: ImageRequest) -> tuple[int, int]:
    """Width and height that a frame gets before any picture is there."""
    ratio = request.aspect_ratio
    known = [*(image for turn in request.turns for image in turn.pictures), *request.images]
    if ratio == "auto" and known:
        return known[-1].width, known[-1].height
    return pixels.PIXELS["1K"].get(ratio) or pixels.sides(ratio) or (1, 1)
