"""A text model of the same provider improves the prompt, or describes a picture as one: shown beside what was
there, used only when somebody says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import gradio as gr
from markupsafe import Markup

from playground.errors import InvalidRequest, PlaygroundError
from playground.modes import mode_of
from playground.request import MAX_PROMPT_CHARACTERS, PreparedImage, require_provider
from playground.ui import cards, image_tray
from playground.ui.context import Context, Press
from playground.ui.rendering import everywhere, render
from playground.ui.updates import Updates
from playground.ui.words import Words, words_for

MAX_CHARACTERS = 6000
"""Of what a model writes; a prompt that is longer is cut."""


async def on_improve(context: Context, press: Press) -> AsyncIterator[Updates]:
    """The prompt, said better."""
    words = words_for(press.language)
    if not press.prompt.strip():
        yield context.told_at_form(InvalidRequest("prompt_missing", field="prompt"), press.language)
        return
    ask = words("writing.ask_improve", prompt=press.prompt)
    async for update in _written(context, press, ask, before=press.prompt):
        yield update


async def on_describe(context: Context, press: Press) -> AsyncIterator[Updates]:
    """The pictures of the open tab as a prompt, each on a line of its own where there are several."""
    items = press.trays.get(press.choice.mode, [])
    if not mode_of(press.choice.mode).max_images or not items:
        yield context.told_at_form(InvalidRequest("image_missing", field="images"), press.language)
        return
    ask = words_for(press.language)("writing.ask_describe", count=len(items))
    async for update in _written(context, press, ask, items=items):
        yield update


async def on_use(context: Context, press: Press) -> Any:
    """What was written becomes the prompt; what stood there comes back by Undo."""
    written = press.data("prompt")[:MAX_PROMPT_CHARACTERS]
    return {context.page.panel.prompt: gr.update(value=written)} | await on_close(context, press)


async def on_close(context: Context, press: Press) -> Any:
    """What was written is put away."""
    return {context.page.writing: gr.update(value="", visible=False)}


async def _written(
    context: Context, press: Press, ask: str, *, before: str = "", items: list[Any] | None = None
) -> AsyncIterator[Updates]:
    """The card while the model writes, and with what it wrote or why it did not. Asks once."""
    page = context.page

    def shown(say: Callable[[Words], Markup]) -> Updates:
        return {page.writing: gr.update(value=everywhere(say, press.language), visible=True)}

    yield shown(lambda words: render("writing_wait", words))
    try:
        provider = press.choice.provider
        require_provider(provider, context.studio.catalogue)
        given = context.credentials(press.choice, press.request)
        images: tuple[PreparedImage, ...] = ()
        if items:
            history = context.studio.history
            files = await asyncio.to_thread(image_tray.files, items, history, press.owner)
            images = await context.studio.prepare(files, provider)
        said = await context.starting.write(ask, images, provider, given, press.request, owner=press.owner)
    except PlaygroundError as error:
        refusal = error
        yield shown(lambda words: cards.line(refusal, words))
        return
    row = context.studio.catalogue.provider(provider)
    facts = {
        "before": before,
        "pictures": len(images),
        "after": said[:MAX_CHARACTERS],
        "is_demo": row.free,
        "model": row.text_model.name if row.text_model else "",
    }
    yield shown(lambda words: render("writing", words, **facts))
