"""Generate, once more, stop: a job is started, watched and ended, or it is said why nothing was sent."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import gradio as gr
from markupsafe import escape

from playground.errors import InvalidRequest, PlaygroundError
from playground.jobs.studio import Job
from playground.request import build as build_request
from playground.request import require_images
from playground.ui import cards, image_tray
from playground.ui.context import Context, knock, owner_of, session_of, split
from playground.ui.settings_panel import Choice
from playground.ui.updates import Updates, laid_over
from playground.ui.words import words

_log = logging.getLogger(__name__)


class JobHandlers:
    """They run on the event loop, because jobs live there."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._studio = context.studio
        self._page = context.page
        self._view = context.view

    async def on_generate(
        self,
        token: str,
        prompt: str,
        following: str,
        edit_image: Any,
        compose_images: Any,
        request: gr.Request,
        **values: Any,
    ) -> AsyncIterator[Updates]:
        """Checks, starts a job, and shows it until it is done. The same `token` never starts two."""
        choice, language = split(values)
        tray = {"edit": edit_image, "compose": compose_images}.get(choice.mode)
        try:
            job = await self._start(choice, prompt, tray, following, token, request)
        except PlaygroundError as error:
            yield self._not_sent(error, language)
            return
        async for update in self._context.watching.watch(job, language, session_of(request)):
            yield update

    async def on_again(
        self, event: gr.EventData, request: gr.Request, **values: Any
    ) -> AsyncIterator[Updates]:
        """The same request once more, with the key of the provider it goes to and no other."""
        choice, language = split(values)
        owner = owner_of(request)
        before = await self._context.job(owner, str(event.job))
        if before is None or before.request.provider not in self._studio.catalogue.providers:
            gr.Info(escape(words(language)("history.gone" if before is None else "history.provider_gone")))
            return
        if self._studio.running(owner) is not None:
            gr.Info(escape(words(language)("history.still_running")))
            return
        if before.request.provider != choice.provider:
            yield self._other_provider(before, choice, language)
            return
        try:
            given = self._context.credentials(choice, request)
            wanted = await self._studio.again(before)
            job = await self._studio.start(
                wanted, given, owner=owner, mode=before.mode, token=str(event.token)
            )
        except PlaygroundError as error:
            yield self._not_sent(error, language)
            return
        async for update in self._context.watching.watch(job, language, session_of(request)):
            yield update

    async def on_resume(self, job_id: str, language: str, request: gr.Request) -> AsyncIterator[Updates]:
        """A page that was loaded while a job runs goes on watching it."""
        job = self._studio.job(job_id, owner=owner_of(request))
        if job is not None:
            async for update in self._context.watching.watch(job, language, session_of(request)):
                yield update

    async def on_stop(self, current: str, request: gr.Request) -> Any:
        """Ends the running job; what has arrived stays."""
        self._studio.stop(current, owner=owner_of(request))
        return gr.skip()

    async def _start(
        self, choice: Choice, prompt: str, tray: Any, following: str, token: str, request: gr.Request
    ) -> Job:
        """Raises PlaygroundError, whatever goes wrong: a press of Generate never ends in silence."""
        try:
            files = await asyncio.to_thread(image_tray.files, tray, self._studio.history, owner_of(request))
            given = self._context.credentials(choice, request)
            if not following:
                require_images(choice.mode, len(files))
            wanted = build_request(
                prompt=prompt or "",
                provider=choice.provider,
                model=choice.model,
                **choice.settings,
            )
            images = await self._studio.prepare(files, choice.provider)
            wanted = wanted.model_copy(update={"images": images})
            owner = owner_of(request)
            if following:
                generation, _, picture = following.partition("/")
                wanted = await self._studio.continue_from(
                    wanted, owner=owner, generation=generation, picture=picture
                )
            return await self._studio.start(wanted, given, owner=owner, mode=choice.mode, token=token)
        except OSError as error:
            _log.error("a request could not be prepared: %s", error.strerror)
            raise PlaygroundError("disk_not_ready", reason=error.strerror or "OSError") from None

    def _not_sent(self, error: PlaygroundError, language: str) -> Updates:
        """A refusal before sending. What is wrong with key or address is said where they are typed."""
        spoken = words(language)
        if isinstance(error, InvalidRequest) and error.field in ("key", "base_url"):
            problem = gr.update(value=cards.line(error, spoken))
            return {self._page.panel.connection: problem, self._page.knock: knock()}
        return {
            self._page.table: gr.update(value=cards.card(error, spoken)),
            self._page.shown: ("error", error),
        }

    def _other_provider(self, before: Job, choice: Choice, language: str) -> Updates:
        """The form turned to the provider of an earlier job, whose key has to be typed anew."""
        spoken, panel = words(language), self._page.panel
        turned = self._view.with_provider(replace(choice, provider=before.request.provider))
        turned = self._view.valid(replace(turned, model=before.request.model))
        row = self._studio.catalogue.provider(before.request.provider)
        note = spoken("connection.turned", provider=row.name)
        updates = self._view.updates(panel, turned, language)
        above: Updates = {
            panel.key: gr.update(value=""),
            panel.connection: gr.update(value=cards.notice(note, spoken)),
        }
        return {**laid_over(updates, above), self._page.knock: knock()}
