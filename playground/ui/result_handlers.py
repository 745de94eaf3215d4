"""What is done with a result, a remedy or a way to start: it is shown, or it fills in the form.

Nothing here sends a request.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import gradio as gr
from markupsafe import escape

from playground.request import AUTO, SETTINGS
from playground.ui import image_tray, mode_tabs, results
from playground.ui.context import Context, knock, owner_of, session_of, split
from playground.ui.settings_panel import Choice
from playground.ui.updates import Updates, laid_over
from playground.ui.words import words


class ResultHandlers:
    """The handlers of results, of the ways to start and of remedies."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._studio = context.studio
        self._page = context.page
        self._view = context.view

    async def on_open(self, event: gr.EventData, language: str, request: gr.Request) -> Any:
        """An earlier result back on the table, with the picture that was pressed in front."""
        owner, spoken = owner_of(request), words(language)
        job = await self._context.job(owner, str(event.job))
        if job is None:
            gr.Info(escape(spoken("history.gone")))
            return gr.skip()
        place = str(getattr(event, "place", ""))
        chosen = int(place) if place.isdecimal() else None
        strip = await self._context.strip(owner, spoken, job.id)
        return {
            self._page.table: results.job_view(job, spoken, chosen),
            self._page.shown: ("job", job.id),
            self._page.strip: gr.update(value=strip),
            **self._context.watching.turn_to(session_of(request), job.id),
        }

    async def on_changed(self, shown: Any, language: str, request: gr.Request) -> Updates:
        """The history won or lost something: the strip follows, and a deleted result leaves the table."""
        owner, (kind, what) = owner_of(request), shown
        current = what if kind == "job" else ""
        updates = await self._context.strips(owner, language, current or None)
        job = self._studio.job(current, owner=owner)
        is_running = job is not None and not job.is_done
        if not current or is_running:
            return updates
        if await asyncio.to_thread(self._studio.history.entry, owner, current) is not None:
            return updates
        empty = gr.update(value=results.empty(words(language)))
        return updates | {self._page.table: empty, self._page.shown: ("empty", None)}

    # ── the form is filled in ───────────────────────────────────────────────────────────────────────────

    async def on_follow(self, event: gr.EventData, prompt: str, request: gr.Request, **values: Any) -> Any:
        """The next request continues from a result: the form is made ready for it and nothing is sent."""
        choice, language = split(values)
        following = str(event.picture)
        job = await self._context.job(owner_of(request), following.partition("/")[0])
        chip = await self._context.chip(owner_of(request), following, language)
        if job is None or not chip:
            gr.Info(escape(words(language)("history.gone")))
            return gr.skip()
        wanted = self._view.valid(replace(choice, mode="text"))
        updates = self._view.updates(self._page.panel, wanted, language, given=choice)
        updates |= self._context.to_tab("text")
        # What was already drawn makes room; other words stay.
        if prompt.strip() == job.request.prompt.strip():
            updates = laid_over(updates, {self._page.panel.prompt: gr.update(value="")})
        return {
            **updates,
            self._page.following: following,
            self._page.chip: gr.update(value=chip, visible=True),
        }

    async def on_unfollow(self) -> Updates:
        """The next request begins anew."""
        return {self._page.following: "", self._page.chip: gr.update(value="", visible=False)}

    async def on_use(
        self, event: gr.EventData, compose_images: Any, request: gr.Request, **values: Any
    ) -> Any:
        """A result becomes an input: of Edit, or one more of Compose."""
        choice, language = split(values)
        generation, _, name = str(event.picture).partition("/")
        path = await asyncio.to_thread(self._studio.history.find_file, owner_of(request), generation, name)
        if path is None:
            gr.Info(escape(words(language)("history.gone")))
            return gr.skip()
        job = await self._context.job(owner_of(request), generation)
        title = " ".join(job.request.prompt.split())[:60] if job else name
        item = image_tray.item_for(generation, name, title, path.stat().st_size)
        mode = "edit" if event.do == "edit" else "compose"
        before = compose_images if mode == "compose" and isinstance(compose_images, list) else []
        if len(before) >= image_tray.MAX_IMAGES:
            gr.Info(escape(words(language)("tray.full", max=image_tray.MAX_IMAGES, name=title)))
            return gr.skip()
        wanted = self._view.valid(replace(choice, mode=mode))
        updates = self._view.updates(self._page.panel, wanted, language, given=choice)
        updates |= self._context.to_tab(mode)
        updates[self._page.tabs.trays[mode]] = gr.update(value=[*before, item])
        return updates

    async def on_tile(self, event: gr.EventData, **values: Any) -> Any:
        """A way to start: prompt, shape, tab and sample pictures."""
        choice, language = split(values)
        tile = mode_tabs.TILES.get(str(event.tile))
        if tile is None:
            return gr.skip()
        wanted = replace(choice, mode=tile.mode).having(aspect_ratio=tile.aspect_ratio)
        wanted = self._view.valid(wanted)
        updates = self._view.updates(self._page.panel, wanted, language, given=choice)
        prompt = words(language)(f"tiles.{event.tile}.prompt")
        updates = laid_over(updates, {self._page.panel.prompt: gr.update(value=prompt)})
        updates |= self._context.to_tab(tile.mode)
        if tile.samples:
            items = [image_tray.sample_item(name) for name in tile.samples]
            updates[self._page.tabs.trays[tile.mode]] = gr.update(value=items)
        return updates

    async def on_remedy(
        self, event: gr.EventData, prompt: str, compose_images: Any, **values: Any
    ) -> Updates:
        """Changes the form in the way that a refusal suggests."""
        choice, language = split(values)
        remedy, page = str(event.remedy), self._page
        changed = self._remedied(choice, remedy, str(getattr(event, "model", "")))
        updates = self._view.updates(page.panel, changed, language, given=choice)
        if changed.provider != choice.provider:
            updates = laid_over(updates, {page.panel.key: gr.update(value="")})
        if remedy == "ask":
            asked = words(language)("refusal.plainly", prompt=prompt)
            updates = laid_over(updates, {page.panel.prompt: gr.update(value=asked)})
        if remedy == "last" and isinstance(compose_images, list):
            updates[page.tabs.trays["compose"]] = gr.update(value=compose_images[:-1])
        if remedy == "connect":
            updates[page.knock] = knock()
        return updates

    def _remedied(self, choice: Choice, remedy: str, model: str) -> Choice:
        if remedy == "demo":
            return self._view.with_provider(replace(choice, provider=self._view.demo))
        if remedy == "model":
            return self._view.valid(replace(choice, model=model))
        changes: dict[str, dict[str, str]] = {
            "auto": {setting.name: AUTO for setting in SETTINGS if setting.default == AUTO},
            "images": {"response_modalities": "IMAGE"},
            "size": {"image_size": "1K"},
        }
        return self._view.valid(choice.having(**changes.get(remedy, {})))
