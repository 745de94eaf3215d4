"""What a page shows of the jobs that its visitor waits for: one on the table, all of them in a line above it.

A job outlives its page, and a page may look at an earlier result while the next are made. So each page that
follows jobs is remembered by its session for as long as one of them runs: the language it has switched to,
and what it looks at, which is left alone.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
from markupsafe import Markup

from playground import region
from playground.jobs.studio import Job
from playground.ui import results, waiting
from playground.ui.page import Page
from playground.ui.rendering import render
from playground.ui.updates import Updates
from playground.ui.words import Words, words_for

ANSWER_SECONDS = 2.0
"""A press is answered after so long, whatever the lists around the table wait for: a page takes a press that
nobody answers for one that has not arrived."""
Strips = Callable[[str, str, str | None], Coroutine[Any, Any, Updates]]
Pending = Callable[[str], Sequence[Job]]


@dataclass
class _Viewer:
    """What one page that follows jobs looks at.

    Attributes:
        owner: whose jobs they are.
        language: the one it speaks now.
        shown: id of the job on its table; "" where something else is there, or nothing.
        told: what the page has been told last: of each job by its id, and of the line by "".
        turned: set when the page looks at something else, or speaks another language.
        opened: what it shows then, if that is no running job.
    """

    owner: str
    language: str
    shown: str = ""
    told: dict[str, object] = field(default_factory=dict)
    turned: asyncio.Event = field(default_factory=asyncio.Event)
    opened: Updates = field(default_factory=dict)

    def is_news(self, of: str, now: object) -> bool:
        """Whether something is not what the page has been told last; from now on it is."""
        is_news = self.told.get(of) != now
        self.told[of] = now
        return is_news


class Watching:
    """Makes the updates of pages that follow jobs; forgets a page when it stops to follow them."""

    def __init__(self, page: Page, strips: Strips, pending: Pending) -> None:
        """`strips(owner, language, job id)` are the updates of the small lists around the result;
        `pending(owner)` what an owner waits for, see `Studio.pending`."""
        self._page = page
        self._strips = strips
        self._pending = pending
        self._viewers: dict[str, _Viewer] = {}  # by session: one load of the page

    def switch(self, session: str, owner: str, language: str, shown: str) -> Updates:
        """A page that shows the job `shown`, or something else (""), speaks another language from now on."""
        viewer = self._viewers.get(session)
        if viewer is not None:
            viewer.language = language
        return self.retold(session, owner, language, shown)

    def turn_to(
        self, session: str, owner: str, language: str, shown: str, updates: Updates | None = None
    ) -> Updates:
        """A page shows the job `shown` now, or something that is no job (""), by `updates`."""
        viewer = self._viewers.get(session)
        if viewer is not None:
            viewer.shown = shown
            viewer.opened |= updates or {}
        for job in self._pending(owner):
            job.seen = job.seen or (job.id == shown and job.is_settled)
        line = self.retold(session, owner, language, shown)
        return line if viewer is not None else (updates or {}) | line

    def shown(self, session: str) -> str:
        """Id of the job that a page which follows jobs has on its table; "" where there is none."""
        viewer = self._viewers.get(session)
        return viewer.shown if viewer else ""

    def retold(self, session: str, owner: str, language: str, shown: str) -> Updates:
        """The line for a page that shows the job `shown`, after something in it has changed.

        Nothing for a page that follows jobs: it is told there, because of two answers at once the older could
        be shown last.
        """
        viewer = self._viewers.get(session)
        if viewer is None:
            return self.line(owner, language, shown)
        viewer.turned.set()
        return {}

    def line(self, owner: str, language: str, shown: str) -> Updates:
        """The line about all that an owner waits for, and the button that ends the only job."""
        words, jobs = words_for(language), self._pending(owner)
        html = line(jobs, shown, words)
        running = [job.id for job in jobs if not job.is_done]
        return {
            self._page.running_notice: html,
            self._page.current: running[0] if running else "",
            self._page.stop: gr.update(visible=len(running) == 1),
        }

    async def begin(self, job: Job, language: str, session: str, answered: Updates) -> AsyncIterator[Updates]:
        """The updates for a press that has started a job, the first one with what is `answered` to it.

        The job takes the table unless something is looked at while other jobs run; a page that follows those
        already is told of it there.
        """
        viewer = self._viewers.get(session)
        if job.is_settled:  # a press that was heard twice
            yield answered | self.view(job, language) | self.line(job.owner, language, job.id)
        elif viewer is None:
            updates = self.follow(job.owner, language, session, job.id)
            async for update in _within(ANSWER_SECONDS, answered, updates):
                yield update
        else:
            if not viewer.shown:
                viewer.shown = job.id
                job.notify()
            yield answered

    async def follow(self, owner: str, language: str, session: str, shown: str) -> AsyncIterator[Updates]:
        """The page's updates, at once and after each change, until none of the owner's jobs runs any more.

        A page is followed once: the latest call counts, and the one before ends.
        """
        viewer = self._viewers[session] = _Viewer(owner, language, shown)
        running: list[Job] = []
        try:
            while self._viewers.get(session) is viewer:
                # One that has ended is told here, too, when another page has told it first.
                jobs = list({job.id: job for job in (*running, *self._pending(owner))}.values())
                viewer.turned.clear()
                running = [job for job in jobs if not job.is_settled]
                changes = [job.next_change for job in running]
                if update := await self._news(viewer, jobs):
                    yield update
                elif not changes and not viewer.turned.is_set():
                    return
                else:
                    await _first([*changes, viewer.turned])
        finally:
            if self._viewers.get(session) is viewer:
                del self._viewers[session]

    async def _news(self, viewer: _Viewer, jobs: Sequence[Job]) -> Updates:
        """What the page has not been told yet."""
        updates, viewer.opened = viewer.opened, {}
        has_turned, turns = False, []
        for job in jobs:
            is_first = job.id not in viewer.told
            if viewer.is_news(job.id, (_state(job), viewer.language, viewer.shown == job.id)):
                has_turned |= is_first or job.is_settled
                turns += [job] * job.is_settled
                if viewer.shown == job.id:
                    self._moved(job, viewer)  # the view says it
                    updates |= self.view(job, viewer.language)
            elif viewer.shown == job.id and not job.is_done:
                updates |= self._moved(job, viewer)
        lined = [(job.id, _state(job)) for job in self._pending(viewer.owner)]
        if viewer.is_news("", (lined, viewer.language, viewer.shown)):
            updates |= self.line(viewer.owner, viewer.language, viewer.shown)
        updates |= self.turns(turns)
        if has_turned:
            updates |= await self._strips(viewer.owner, viewer.language, viewer.shown or None)
        return updates

    def turns(self, jobs: Iterable[Job]) -> Updates:
        """Tells the page which pictures have come where requests went on from others."""
        came = [
            {"from": job.request.continues, "to": newest(job), "prompt": region.without(job.request.prompt)}
            for job in jobs
            if job.request.continues and job.pictures
        ]
        return {self._page.turns: json.dumps(came, ensure_ascii=False)} if came else {}

    def _moved(self, job: Job, viewer: _Viewer) -> Updates:
        said = waiting.progress(job, words_for(viewer.language))
        return {self._page.progress: said} if viewer.is_news("progress", said) else {}

    def view(self, job: Job, language: str) -> Updates:
        """The job on the table, as it stands."""
        job.seen = job.seen or job.is_settled
        return {
            self._page.result: gr.update(value=results.job_view(job, words_for(language))),
            self._page.shown: ("job", job.id),
        }


def newest(job: Job) -> str:
    """The picture to go on from, "<generation>/<name>": the one that a result has in front."""
    return f"{job.id}/{job.pictures[results.in_front(job)].name}"


def _state(job: Job) -> object:
    """What of a job is told by a new view: all but how far its calls have come."""
    return (
        len(job.outcomes),
        tuple(map(len, job.drafts.values())),
        job.stopped,
        job.is_waiting,
        job.is_settled,
    )


async def _within(
    seconds: float, answered: Updates, updates: AsyncIterator[Updates]
) -> AsyncIterator[Updates]:
    """The updates, what is `answered` with the first of them, or before it where that takes longer."""
    first = asyncio.ensure_future(anext(updates))
    try:
        if not (await asyncio.wait({first}, timeout=seconds))[0]:
            yield answered
            answered = {}
        yield answered | await first
        async for update in updates:
            yield update
    finally:
        first.cancel()


async def _first(changes: Iterable[asyncio.Event]) -> None:
    """Returns when one of them is set."""
    waiting_for = [asyncio.ensure_future(change.wait()) for change in changes]
    try:
        await asyncio.wait(waiting_for, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waiting_for:
            one.cancel()


def line(jobs: Sequence[Job], shown: str, words: Words) -> Markup:
    """A line over the table: what runs, what waits and what has ended unseen. Empty where the table says it
    all."""
    if all(job.id == shown for job in jobs):
        return Markup()
    told = [{"job": job, "kind": (kind := _kind(job)), "said": _said(job, kind, words)} for job in jobs]
    return render("jobs", words, told=told, shown=shown)


def _kind(job: Job) -> str:
    if job.is_settled:
        return "done" if job.pictures else "missed"
    if job.stopped:
        return "stopping"
    return "waiting" if job.is_waiting else "running"


def _said(job: Job, kind: str, words: Words) -> str:
    if kind == "running" and job.request.count > 1:
        return words(
            "jobs.running_some", ready=sum(not one.locked for one in job.pictures), count=job.request.count
        )
    return words(f"jobs.{kind}")
