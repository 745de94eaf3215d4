"""What a page shows of a job that runs: the table while somebody looks at it, one line while they do not.

A job outlives its page, and one page may look at an earlier result while the next is made. So each watching
page is remembered by its session for as long as the job runs: the language it has switched to, and whether
it has turned to something else, which is then left alone.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import gradio as gr

from playground.studio import Job
from playground.ui import results, waiting
from playground.ui.markup import deed, text
from playground.ui.page import Page
from playground.ui.words import Words, words

Updates = dict[Any, Any]


class Watching:
    """Makes the updates of pages that watch jobs. Holds nothing of a job that has ended."""

    def __init__(self, page: Page, strips: Callable[[str, str, str | None], Updates]) -> None:
        """`strips(owner, language, job id)` are the updates of the small lists around the table."""
        self._page = page
        self._strips = strips
        # Running job -> language chosen since it began.
        self._switched: dict[str, str] = {}
        # Running job -> sessions that look at something else.
        self._away: dict[str, set[str]] = {}

    def switch(self, job: Job, language: str) -> None:
        """The pages of a running job speak another language from now on."""
        if not job.is_done:
            self._switched[job.id] = language

    def turn_to(self, session: str, shown: str | None, running: Job | None, language: str) -> Updates:
        """A page shows the job `shown` now, or something else (None), while another may be running."""
        if running is None or running.id == shown:
            for away in self._away.values():
                away.discard(session)
            return self._nothing_aside()
        self._away.setdefault(running.id, set()).add(session)
        return {self._page.aside: gr.update(value=elsewhere(running, words(language)), visible=True)}

    async def watch(self, job: Job, language: str, session: str) -> AsyncIterator[Updates]:
        """The page's updates, at once and after each change until the job is done."""
        told: object = None
        try:
            async for _ in job.watch():
                language = self._switched.get(job.id, language)
                is_away = session in self._away.get(job.id, ())
                now = (len(job.outcomes), job.stopped, job.is_done, language, is_away)
                if now == told:
                    yield {self._page.pulse: waiting.pulse(job, words(language))}
                    continue
                strips = self._strips(job.owner, language, job.id) if job.is_done or told is None else {}
                told = now
                yield (self._aside(job, language) if is_away else self.view(job, language)) | strips
        finally:
            if job.is_done:
                self._switched.pop(job.id, None)
                self._away.pop(job.id, None)

    def view(self, job: Job, language: str) -> Updates:
        """The job on the table, as it stands."""
        page = self._page
        return {
            page.table: gr.update(value=results.job_view(job, words(language))),
            page.shown: ("job", job.id),
            **self._nothing_aside(),
            **self._buttons(job),
        }

    def _aside(self, job: Job, language: str) -> Updates:
        bar = gr.update(value=elsewhere(job, words(language)), visible=True)
        return {self._page.aside: bar, **self._buttons(job)}

    def _nothing_aside(self) -> Updates:
        return {self._page.aside: gr.update(value="", visible=False)}

    def _buttons(self, job: Job) -> Updates:
        page = self._page
        return {
            page.current: job.id,
            page.go: gr.update(interactive=job.is_done),
            page.stop: gr.update(visible=not job.is_done),
        }


def elsewhere(job: Job, spoken: Words) -> str:
    """One line over the table about the job that is not on it, and the way to it."""
    if not job.is_done:
        said = spoken("running.elsewhere")
    else:
        said = spoken("running.elsewhere_done" if job.pictures else "running.elsewhere_failed")
    clock = (
        f' <span data-started="{job.id}" data-elapsed="{job.elapsed():.1f}"><span class="now"></span> '
        f"{text(spoken('running.unit'))}</span>"
        if not job.is_done
        else ""
    )
    show = deed("open", spoken("running.show"), css="text-link", job=job.id)
    return f'<p class="aside"><span data-say="{text(said)}">{text(said)}</span>{clock}{show}</p>'
