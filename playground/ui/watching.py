"""What a page shows of a job that runs: all of it while somebody looks at it, one line while they do not.

A job outlives its page, and one page may viewer at an earlier result while the next is made. So each watching
page is remembered by its session for as long as the job runs: the language it has switched to, and whether
it has turned to something else, which is then left alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import dataclass
from typing import Any

import gradio as gr
from markupsafe import Markup

from playground.jobs.studio import Job
from playground.ui import results, waiting
from playground.ui.page import Page
from playground.ui.rendering import render
from playground.ui.updates import Updates
from playground.ui.words import Words, words_for

Strips = Callable[[str, str, str | None], Coroutine[Any, Any, Updates]]


@dataclass
class _Viewer:
    """What one page that watches looks at.

    Attributes:
        job: the job that it watches.
        language: the one it speaks now.
        is_away: the page shows something else, which is left alone.
    """

    job: Job
    language: str
    is_away: bool = False


class Watching:
    """Makes the updates of pages that watch jobs; forgets a page when it stops watching."""

    def __init__(self, page: Page, strips: Strips) -> None:
        """`strips(owner, language, job id)` are the updates of the small lists around the result."""
        self._page = page
        self._strips = strips
        self._viewers: dict[str, _Viewer] = {}  # by session: one load of the page

    def switch(self, session: str, language: str) -> Updates:
        """A page speaks another language from now on."""
        viewer = self._viewers.get(session)
        if viewer is None:
            return {}
        viewer.language = language
        return {self._page.running_notice: self._line_of(viewer)} if viewer.is_away else {}

    def turn_to(self, session: str, shown: str | None) -> Updates:
        """A page shows the job `shown` now, or something that is no job (None)."""
        viewer = self._viewers.get(session)
        if viewer is None:
            return self._no_running_notice()
        viewer.is_away = viewer.job.id != shown
        if not viewer.is_away:
            return self._no_running_notice()
        return {self._page.running_notice: self._line_of(viewer)}

    async def watch(
        self, job: Job, language: str, session: str, *, is_away: bool = False
    ) -> AsyncIterator[Updates]:
        """The page's updates, at once and after each change until the job is done.

        `is_away` for a page that shows something else and goes on to do so.
        """
        viewer = self._viewers[session] = _Viewer(job, language, is_away)
        sent: object = None
        try:
            async for _ in job.watch():
                now = (len(job.outcomes), job.stopped, job.is_settled, viewer.language, viewer.is_away)
                if now == sent:
                    yield {self._page.progress: waiting.progress(job, words_for(viewer.language))}
                    continue
                has_turned = sent is None or job.is_settled
                sent = now
                strips = await self._strips(job.owner, viewer.language, job.id) if has_turned else {}
                yield self._update(job, viewer) | strips
        finally:
            if self._viewers.get(session) is viewer:
                del self._viewers[session]

    def _update(self, job: Job, viewer: _Viewer) -> Updates:
        if viewer.is_away:
            return {self._page.running_notice: self._line_of(viewer), **self._buttons(job)}
        return self.view(job, viewer.language)

    def _line_of(self, viewer: _Viewer) -> Any:
        return gr.update(value=elsewhere(viewer.job, words_for(viewer.language)), visible=True)

    def view(self, job: Job, language: str) -> Updates:
        """The job as it stands."""
        page = self._page
        return {
            page.result: gr.update(value=results.job_view(job, words_for(language))),
            page.shown: ("job", job.id),
            **self._no_running_notice(),
            **self._buttons(job),
        }

    def _no_running_notice(self) -> Updates:
        return {self._page.running_notice: gr.update(value="", visible=False)}

    def _buttons(self, job: Job) -> Updates:
        page = self._page
        return {
            page.current: job.id,
            page.go: gr.update(interactive=job.is_done),
            page.stop: gr.update(visible=not job.is_done),
        }


def elsewhere(job: Job, words: Words) -> Markup:
    """One line over the result about a job that is not shown there, and the way to it."""
    if not job.is_done:
        said = words("running.elsewhere")
    else:
        said = words("running.elsewhere_done" if job.pictures else "running.elsewhere_failed")
    return render("running_elsewhere", words, job=job, text=said)
