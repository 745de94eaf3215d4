"""What the server does for an action: `again` sends a request, the others fill in the form."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import gradio as gr

from playground import region
from playground.errors import PlaygroundError
from playground.history import History, Recipe, recipes
from playground.jobs.studio import Job
from playground.modes import MODES, mode_of
from playground.record import Record
from playground.request import SETTINGS
from playground.ui import image_tray
from playground.ui.figures import shortened
from playground.ui.history import jobs as history_jobs
from playground.ui.updates import Updates, merged
from playground.ui.words import words_for

if TYPE_CHECKING:
    from playground.ui.context import Context, Press
    from playground.ui.form import Choice

_LATELY = 12
"""How many of the newest generations count as drawn lately."""

Handler = Callable[["Context", "Press"], Any]
"""Returns the page's updates, or yields them one after another."""


def _told(context: Context, press: Press, key: str, **facts: object) -> Updates:
    """Says above the prompt why nothing happens."""
    return context.told(key, press.language, **facts)


# ── a picture goes into the form ────────────────────────────────────────────────────────────────────────────


async def edit(context: Context, press: Press) -> Any:
    """The picture becomes the one to edit."""
    return await _use(context, press, "edit")


async def compose(context: Context, press: Press) -> Any:
    """The picture becomes one more to compose."""
    return await _use(context, press, "compose")


async def _use(context: Context, press: Press, mode: str) -> Any:
    history = context.studio.history
    generation, _, name = press.data("picture").partition("/")
    path = await asyncio.to_thread(history.find_file, press.owner, generation, name)
    if path is None:
        return _told(context, press, "history.gone")
    job = await context.job(press.owner, generation)
    title = shortened(" ".join(region.without(job.request.prompt).split()), 60) if job else name
    item = image_tray.item_for(generation, name, title, path.stat().st_size)
    most = MODES[mode].max_images
    before = press.trays[mode] if most > 1 else []
    if len(before) >= most:
        return _told(context, press, "tray.full", max=most, name=title)
    wanted = replace(press.choice, mode=mode)
    if mode == "edit":  # a shape that was chosen for something else would cut it, or put bars beside it
        wanted = replace(wanted, settings={**wanted.settings, "aspect_ratio": ""})
    updates = context.form(wanted, press) | context.to_tab(mode)
    updates[context.page.tabs.trays[mode]] = gr.update(value=[*before, item])
    updates = merged(updates, await _room(context, press))
    goes_on = mode == press.choice.mode == "compose"  # more pictures for the conversation that is there
    return updates | ({} if goes_on else context.continuing("", ""))


async def _room(context: Context, press: Press) -> Updates:
    """An empty prompt in place of one that was drawn lately; other words stay."""
    drawn = await history_jobs.newest(context.studio, press.owner, _LATELY)
    is_drawn = press.prompt.strip() in {region.without(entry.prompt).strip() for entry in drawn}
    return {context.page.panel.prompt: gr.update(value="")} if is_drawn else {}


async def continue_(context: Context, press: Press) -> Any:
    """The next request continues from the picture: the form is made ready for it."""
    job = await context.job(press.owner, press.data("picture").partition("/")[0])
    updates = await context.going_on(press, press.data("picture"))
    if job is None or not updates[context.page.continues]:
        return _told(context, press, "history.gone")
    updates |= await _room(context, press)
    # The pictures that were sent go along by themselves.
    if press.choice.mode == job.mode and press.trays.get(job.mode):
        updates[context.page.tabs.trays[job.mode]] = gr.update(value=[])
    return updates


# ── once more ───────────────────────────────────────────────────────────────────────────────────────────────


async def again(context: Context, press: Press) -> AsyncIterator[Updates]:
    """The same request once more, with the key of the provider it goes to and no other."""
    studio, choice = context.studio, press.choice
    before = await context.job(press.owner, press.data("job"))
    if before is None or before.request.provider not in studio.catalogue.providers:
        gone = "history.gone" if before is None else "history.provider_gone"
        yield _told(context, press, gone) | context.answered(press.data("token"))
        return
    if before.request.provider != choice.provider:
        yield _other_provider(context, before, press)
        return
    try:
        given = context.credentials(choice, press.request)
        wanted = await studio.again(before)
        job = await context.starting.start(
            wanted, given, press.request, owner=press.owner, mode=before.mode, token=press.data("token")
        )
    except PlaygroundError as error:
        yield context.not_sent(error, press.language, press.owner) | context.answered(press.data("token"))
        return
    answered = context.answered(press.data("token"), job)
    async for update in context.watching.begin(job, press.language, press.session, answered):
        yield update


def _other_provider(context: Context, before: Job, press: Press) -> Updates:
    """The form turned to the provider of an earlier job, whose key has to be typed anew."""
    panel, view = context.page.panel, context.view
    turned = view.with_provider(replace(press.choice, provider=before.request.provider))
    turned = view.valid(replace(turned, model=before.request.model))
    row = context.studio.catalogue.provider(before.request.provider)
    note = words_for(press.language)("connection.turned", provider=row.name)
    above: Updates = {panel.key: gr.update(value=""), panel.connection: context.notice(note, press.language)}
    return merged(view.updates(panel, turned, press.language), above) | context.open_connection()


# ── everything back into the form ───────────────────────────────────────────────────────────────────────────


async def reuse(context: Context, press: Press) -> Any:
    """Prompt, settings and input pictures of a generation, or of a picture that carries its recipe."""
    history = context.studio.history
    generation, path = press.data("entry"), press.data("path")
    if generation:
        record = await asyncio.to_thread(history.record, press.owner, generation)
        if record is not None:
            return await _refilled(context, record, press)
    elif (file := image_tray.uploaded(path, press.owner)) is not None:
        recipe = await asyncio.to_thread(history.read_recipe, file)
        if recipe is not None:
            return _filled(context, recipe, press) | context.continuing("", "")
    return _told(context, press, "history.gone")


async def _refilled(context: Context, record: Record, press: Press) -> Updates:
    """The form as a record has it, with the picture that it went on from, if it did."""
    updates = _filled(context, recipes.of(record), press)
    trays = context.page.tabs.trays
    if record.mode in trays:
        items = await asyncio.to_thread(_items, context.studio.history, record, press)
        updates[trays[record.mode]] = gr.update(value=items)
        if any("mask" in item for item in items):  # the next request tells of it anew
            prompt = gr.update(value=region.without(record.prompt))
            updates = merged(updates, {context.page.panel.prompt: prompt})
    return updates | await context.going_on(
        press, record.continues, _wanted(context, recipes.of(record), press)
    )


def _items(history: History, record: Record, press: Press) -> list[dict[str, Any]]:
    """The tray's items for the person's own pictures that are still there, named by their numbers."""
    words = words_for(press.language)
    own = [given for given in record.inputs if not given.continued]
    there = [one for one in own if history.find_file(press.owner, record.id, one.name) is not None]
    items = [
        image_tray.item_for(record.id, one.name, words("history.input", number=number), one.bytes)
        for number, one in enumerate(there, 1)
    ]
    masks = [item for item, one in zip(items, there, strict=True) if one.mask]
    pictures = [item for item, one in zip(items, there, strict=True) if not one.mask]
    if not masks or not pictures:
        return pictures
    keeps = any(one.keeps_outside for one in there)
    return [{**pictures[0], "mask": {**masks[0], "keep": keeps}}, *pictures[1:]]


def _wanted(context: Context, recipe: Recipe, press: Press) -> Choice:
    """The panel as a recipe has it."""
    view, wanted = context.view, press.choice
    if recipe.provider in context.studio.catalogue.providers and recipe.provider != wanted.provider:
        wanted = view.with_provider(replace(wanted, provider=recipe.provider))
    settings = {setting.name: setting.spelled(recipe.settings[setting.name]) for setting in SETTINGS}
    mode = mode_of(recipe.mode).id
    return replace(wanted, mode=mode, model=recipe.model or wanted.model, settings=settings)


def _filled(context: Context, recipe: Recipe, press: Press) -> Updates:
    """The form as a recipe has it. A key that was typed for another provider is taken out."""
    page, wanted = context.page, _wanted(context, recipe, press)
    above: Updates = {page.panel.prompt: gr.update(value=recipe.prompt)}
    if wanted.provider != press.choice.provider:
        above[page.panel.key] = gr.update(value="")
    return merged(context.form(wanted, press), above) | context.to_tab(wanted.mode)
