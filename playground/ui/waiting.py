"""The wait: what is happening, how long it has taken, and frames in the final shape that fill in.

The whole view is made anew only when a call ends. What changes more often, the words for how far each call
has come, goes to the page as a small `pulse` that its script puts into the view that stands; seconds are
counted by the script alone.
"""

from __future__ import annotations

import json
import math
import time
from collections import Counter

from playground import pixels
from playground.jobs.studio import Job, Outcome
from playground.providers.progress import Phase, Progress
from playground.ui.addresses import address
from playground.ui.figures import megabytes
from playground.ui.markup import text
from playground.ui.words import Words

_WORTH_COUNTING = 1_000_000
"""Bytes from which a transfer is told in megabytes: less is gone before anybody has read it."""


def running(job: Job, spoken: Words) -> str:
    """The wait: a sentence, the clock, a ruler with the usual time, and frames in the final shape."""
    said = head(job, spoken)
    return (
        f'<div class="running" data-state="running" data-job="{job.id}" data-say="{text(said)}">'
        f'<div class="statusline" data-started="{job.id}" data-elapsed="{job.elapsed():.1f}">'
        f'<h2>{text(said)} <small class="phase">{_line(job, spoken)}</small></h2>'
        f'<p class="clock" aria-hidden="true"><span class="now">{job.elapsed():.1f}</span> '
        f"<small>{text(spoken('running.unit'))}</small></p></div>"
        f"{_ruler(job, spoken)}{_frames(job, spoken)}</div>"
    )


def head(job: Job, spoken: Words) -> str:
    """What is being made, and how much of it is there."""
    if job.stopped:
        return spoken("running.stopping")
    if job.request.count == 1:
        return spoken("running.one")
    return spoken("running.many", count=job.request.count, ready=len(job.pictures))


def pulse(job: Job, spoken: Words) -> str:
    """How far each call has come, as JSON for the page's script: its words are HTML already."""
    calls = {number: _doing(job, number, spoken) for number in _open_calls(job)}
    return json.dumps({"job": job.id, "line": _line(job, spoken), "calls": calls}, ensure_ascii=False)


def _open_calls(job: Job) -> list[int]:
    ended = {outcome.call for outcome in job.outcomes}
    return [number for number in range(1, job.request.count + 1) if number not in ended]


def _line(job: Job, spoken: Words) -> str:
    """What is happening, for all calls in one line: whole for one of them, counted where several differ."""
    waiting = _open_calls(job)
    if job.stopped or not waiting:
        return ""
    phases = Counter(_progress(job, number).phase for number in waiting)
    if len(waiting) == 1:
        return _doing(job, waiting[0], spoken)
    counted = [spoken(f"running.{phase}_many", count=count) for phase, count in phases.items()]
    return text(spoken.listed(counted))


def _progress(job: Job, number: int) -> Progress:
    return job.progress.get(number, Progress(Phase.WAITING))


def _doing(job: Job, number: int, spoken: Words) -> str:
    """What one call is doing, as HTML."""
    now = _progress(job, number)
    if now.phase == Phase.QUEUED:
        place = job.place_in_line(number)
        return text(spoken("running.queued", place=place) if place else spoken("running.queued_next"))
    if now.phase == Phase.RETRYING and now.retry_at is not None:
        seconds = max(0, math.ceil(now.retry_at - time.monotonic()))
        words = text(spoken("running.retrying", seconds="\0", attempt=now.attempt))
        return words.replace("\0", f'<b data-wait="{seconds}">{seconds}</b>')
    if now.phase in (Phase.SENDING, Phase.RECEIVING):
        return text(_moved(now, spoken))
    return text(spoken("running.waiting"))


def _moved(now: Progress, spoken: Words) -> str:
    """A transfer: in megabytes where it takes long enough to be read."""
    if max(now.bytes_done, now.bytes_total or 0) < _WORTH_COUNTING:
        return spoken(f"running.{now.phase}")
    done = megabytes(now.bytes_done)
    if now.bytes_total is None:
        return spoken(f"running.{now.phase}_some", done=done)
    return spoken(f"running.{now.phase}_of", done=done, total=megabytes(now.bytes_total))


def _ruler(job: Job, spoken: Words) -> str:
    """A tick a second, and a mark where a picture of this kind is usually done."""
    usual = job.usual_seconds
    longest = max(24, 2 * (usual or 0))
    mark = ""
    if usual:
        label = spoken("running.usual", seconds=f"{max(usual, 1):.0f}")
        mark = f'<div class="usual" style="--usual:{usual:.1f}"><span>{text(label)}</span></div>'
    return (
        f'<div class="ruler" data-max="{longest:.0f}" aria-hidden="true" style="--max:{longest:.0f};--now:0">'
        f'<div class="ticks"></div><div class="fill"></div>{mark}</div>'
    )


def _frames(job: Job, spoken: Words) -> str:
    width, height = _shape(job)
    by_call = {outcome.call: outcome for outcome in job.outcomes}
    figures = "".join(
        _frame(job, number, by_call.get(number), spoken) for number in range(1, job.request.count + 1)
    )
    kind = " single" if job.request.count == 1 else " many" if job.request.count > 4 else ""
    return f'<div class="frames{kind}" style="--ratio:{width / height:.4f}">{figures}</div>'


def _frame(job: Job, number: int, outcome: Outcome | None, spoken: Words) -> str:
    if outcome is None:
        return (
            f'<figure><div class="blank"></div><figcaption><span>{number}</span>'
            f'<span data-call="{number}">{_doing(job, number, spoken)}</span></figcaption></figure>'
        )
    final = [picture for picture in outcome.pictures if not picture.thought]
    if not final:
        return (
            f'<figure><div class="missed">{text(spoken("running.failed"))}</div><figcaption>'
            f"<span>{number}</span></figcaption></figure>"
        )
    seconds = spoken("running.seconds", seconds=f"{outcome.seconds:.1f}")
    return (
        f'<figure><img src="{text(address(final[-1]))}" decoding="sync" '
        f'alt="{text(spoken("done.picture", number=number))}">'
        f"<figcaption><span>{number}</span><span>{text(seconds)}</span></figcaption></figure>"
    )


def _shape(job: Job) -> tuple[int, int]:
    """Width and height that the frames get before any picture is there."""
    ratio = job.request.aspect_ratio
    known = [*(image for turn in job.request.turns for image in turn.pictures), *job.request.images]
    if ratio == "auto" and known:
        return known[-1].width, known[-1].height
    return pixels.PIXELS["1K"].get(ratio, (1024, 1024))
