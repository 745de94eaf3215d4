"""What the history does to the form: a recipe goes back into every field, and nothing is sent."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import gradio as gr
from markupsafe import escape

from playground.history import Recipe, recipes
from playground.record import Record
from playground.request import SETTINGS
from playground.ui import image_tray
from playground.ui.context import Context, owner_of, split
from playground.ui.settings_panel import Choice
from playground.ui.updates import Updates
from playground.ui.words import words


class HistoryHandlers:
    """The handlers of the history's own buttons."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._studio = context.studio
        self._history = context.studio.history

    async def on_history(self) -> Any:
        """The history's place on the page, which then fills itself."""
        return gr.update(visible=True)

    async def on_reuse(self, event: gr.EventData, request: gr.Request, **values: Any) -> Any:
        """Everything back into the form: prompt, settings and input pictures. Nothing is sent."""
        choice, language = split(values)
        generation, path = str(getattr(event, "entry", "")), str(getattr(event, "path", ""))
        if generation:
            record = await asyncio.to_thread(self._history.record, owner_of(request), generation)
            if record is not None:
                return await self._refilled(record, owner_of(request), choice, language)
        elif (file := image_tray.uploaded(path)) is not None:
            recipe_inside = await asyncio.to_thread(self._history.read_recipe, file)
            if recipe_inside is not None:
                return self._filled(recipe_inside, choice, language) | self._following("", "")
        gr.Info(escape(words(language)("history.gone")))
        return gr.skip()

    async def _refilled(self, record: Record, owner: str, choice: Choice, language: str) -> Updates:
        """The form as a record has it, with the picture that it went on from, if it did."""
        updates = self._filled(recipes.of(record), choice, language)
        trays = self._context.page.tabs.trays
        if record.mode in trays:
            items = await asyncio.to_thread(self._items, record, owner, language)
            updates[trays[record.mode]] = gr.update(value=items)
        before = record.continues
        chip = await self._context.chip(owner, before, language) if before else ""
        return updates | self._following(before if chip else "", chip)

    def _following(self, picture: str, chip: str) -> Updates:
        page = self._context.page
        return {page.following: picture, page.chip: gr.update(value=chip, visible=bool(chip))}

    def _items(self, record: Record, owner: str, language: str) -> list[dict[str, Any]]:
        """The tray's items for the person's own pictures that are still there, named by their numbers."""
        spoken = words(language)
        own = [given for given in record.inputs if not given.continued]
        there = [one for one in own if self._history.find_file(owner, record.id, one.name) is not None]
        return [
            image_tray.item_for(record.id, one.name, spoken("history.input", number=number), one.bytes)
            for number, one in enumerate(there, 1)
        ]

    def _filled(self, recipe: Recipe, choice: Choice, language: str) -> Updates:
        """The form as a recipe has it. A key that was typed for another provider is taken out."""
        view, page = self._context.view, self._context.page
        wanted = choice
        if recipe.provider in self._context.studio.catalogue.providers and recipe.provider != choice.provider:
            wanted = view.with_provider(replace(choice, provider=recipe.provider))
        mode = recipe.mode if recipe.mode in page.tabs.by_mode else "text"
        settings = {setting.name: setting.spelled(recipe.settings[setting.name]) for setting in SETTINGS}
        wanted = replace(wanted, mode=mode, model=recipe.model or wanted.model, settings=settings)
        wanted = view.valid(wanted)
        updates = view.updates(page.panel, wanted, language, given=choice)
        updates[page.panel.prompt] = {**updates[page.panel.prompt], "value": recipe.prompt}
        if wanted.provider != choice.provider:
            updates[page.panel.key] = {**updates[page.panel.key], "value": ""}
        updates[page.tabs.tabs], updates[page.tabs.mode] = gr.update(selected=mode), mode
        return updates
