"""The form that a browser has kept, put back: it is checked like anything else that comes from outside.

The browser keeps it without the key (`static/js/kept_form.js`) and sends it along when the page is loaded.
A form that is brought back by an undo goes the same way.
"""

from __future__ import annotations

import asyncio
import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import gradio as gr

from playground import region
from playground.modes import MODES, mode_of
from playground.request import MAX_MODEL_CHARACTERS, MAX_PROMPT_CHARACTERS, SETTINGS
from playground.text import mended_json
from playground.ui import form_notice, image_tray
from playground.ui.context import TRAY, Context, Press
from playground.ui.form import Choice, ticked
from playground.ui.updates import Updates, merged
from playground.ui.watching import newest
from playground.ui.words import Words, words_for

VERSION = 1
MAX_CHARACTERS = 200_000
"""Of the JSON that a browser sends."""

_MAX_WORD = 2_000


@dataclass(frozen=True)
class KeptForm:
    """What a form held.

    Attributes:
        choice: the panel's values, without a key.
        continues: the picture that the next request continues from, "<generation>/<name>", or "".
        trays: mode -> the items of its tray, as the browser had them; unchecked.
        shown: id of the job that stood as the result, or "".
        awaited: id of the job whose end no page has seen, or "".
    """

    choice: Choice
    prompt: str = ""
    continues: str = ""
    trays: Mapping[str, list[Any]] = field(default_factory=dict)
    shown: str = ""
    awaited: str = ""


def read(text: object) -> KeptForm | None:
    """The form in what a browser has sent, or None where there is none that can be read."""
    if not isinstance(text, str) or len(text) > MAX_CHARACTERS:
        return None
    try:
        kept = json.loads(mended_json(text.encode("utf-8", "surrogatepass")))
    except (ValueError, RecursionError):
        return None
    form = kept.get("form") if isinstance(kept, dict) and kept.get("version") == VERSION else None
    if not isinstance(form, dict):
        return None
    choice = Choice(
        provider=_word(form, "provider"),
        model=_word(form, "model", MAX_MODEL_CHARACTERS),
        settings={
            setting.name: _word({**form, "versus": ticked(form)}, setting.name) for setting in SETTINGS
        },
        base_url=_word(form, "base_url"),
        auth=_word(form, "auth"),
        quirks=_word(form, "quirks"),
        mode=mode_of(_word(form, "mode")).id,
    )
    trays = {mode: form.get(f"{TRAY}{mode}") for mode in MODES}
    return KeptForm(
        choice,
        prompt=_word(form, "prompt", MAX_PROMPT_CHARACTERS),
        continues=_word(form, "continues"),
        trays={mode: items for mode, items in trays.items() if isinstance(items, list)},
        shown=_word(kept, "shown"),
        awaited=_word(kept, "awaited"),
    )


def _word(values: Mapping[str, Any], name: str, most: int = _MAX_WORD) -> str:
    """A text; "" for anything else, or for one that is too long."""
    value = values.get(name)
    return value if isinstance(value, str) and len(value) <= most else ""


async def caught_up(context: Context, kept: KeptForm, owner: str) -> KeptForm:
    """The form of a conversation whose next pictures came while no page was open: it goes on from the newest,
    and what was said for it makes room in the prompt."""
    unseen = [job for job in context.studio.pending(owner) if job.is_settled]
    awaited = await context.job(owner, kept.awaited) if kept.awaited else None
    if awaited is not None and awaited.id not in {job.id for job in unseen}:
        unseen.insert(0, awaited)
    for job in unseen:
        if kept.continues and job.request.continues == kept.continues and job.pictures:
            is_said = region.without(job.request.prompt).strip() == kept.prompt.strip()
            kept = replace(kept, continues=newest(job), prompt="" if is_said else kept.prompt)
    return kept


async def put_back(
    context: Context, kept: KeptForm, owner: str, language: str, now: Choice | None = None, prompt: str = ""
) -> Updates:
    """The updates that make the form what it was, as far as it can still be that, and say what cannot.

    Args:
        now: what the panel holds, `prompt` what the prompt holds: what is so already is not sent again,
            because the person may be typing. Without `now` the panel is as new.
    """
    page = context.page
    choice, set_back = _offered(context, kept.choice)
    updates = context.view.updates(page.panel, choice, language, now)
    # No key goes where it was not typed for.
    if now is not None and (now.provider, now.base_url) != (choice.provider, choice.base_url):
        updates = merged(updates, {page.panel.key: gr.update(value="")})
    if kept.prompt != prompt:
        updates = merged(updates, {page.panel.prompt: gr.update(value=kept.prompt)})
    updates |= context.to_tab(choice.mode)
    lost = 0
    for mode, tray in page.tabs.trays.items():
        before = kept.trays.get(mode, [])
        items = await asyncio.to_thread(_still_there, context, before, MODES[mode].max_images, owner)
        lost += len(before) - len(items)
        if now is not None or before:
            updates[tray] = gr.update(value=items)
    versions = await context.versions(owner, kept.continues, language, choice)
    lost += bool(kept.continues) and not versions
    updates |= context.continuing(kept.continues if versions else "", versions)
    say = functools.partial(_gone, set_back, lost)
    return updates | {page.form_notice: form_notice.update(say, language)}


def _gone(set_back: Sequence[str], lost: int, words: Words) -> str:
    """What of a form is no longer there: keys of the words for settings, and how many pictures."""
    return words.together(
        words("form.set_back", names=words.names(words(key) for key in set_back)) if set_back else "",
        words("form.pictures_gone", count=lost) if lost else "",
    )


def _still_there(context: Context, items: list[Any], most: int, owner: str) -> list[dict[str, Any]]:
    return image_tray.still_there(items[:most], context.studio.history, owner)


def _offered(context: Context, kept: Choice) -> tuple[Choice, list[str]]:
    """The choice as far as it is offered, and the keys of the words for what is not."""
    view, set_back = context.view, []
    wanted = kept
    if kept.provider not in {provider for _, provider in view.providers(words_for("en"))}:
        first = view.first_choice()
        wanted = view.with_provider(replace(kept, provider=first.provider))
        set_back.append("connection.provider")
    choice = view.valid(wanted)
    if choice.base_url and not view.takes_address(choice):
        choice = replace(choice, base_url="")
        set_back.append("connection.base_url")
    changed = [name for name, value in kept.settings.items() if value and value != choice.settings[name]]
    return choice, [*set_back, *(f"settings.{name}.label" for name in changed)]


def filled_in(context: Context, updates: Any, press: Press) -> Any:
    """The updates of a press; one that has written over a prompt or pictures offers to undo that."""
    page = context.page
    if not isinstance(updates, dict) or page.form_notice in updates:
        return updates
    written = (updates.get(page.panel.prompt) or {}).get("value")
    trays = {mode: (updates.get(tray) or {}).get("value") for mode, tray in page.tabs.trays.items()}
    is_prompt_lost = written is not None and bool(press.prompt.strip()) and written != press.prompt
    are_pictures_lost = any(
        items is not None and items[: len(press.trays[mode])] != press.trays[mode]
        for mode, items in trays.items()
    )
    if is_prompt_lost or are_pictures_lost:
        told = form_notice.update(lambda words: words("form.filled"), press.language, can_undo=True)
        return updates | {page.form_notice: told}
    is_filled = written is not None or any(items is not None for items in trays.values())
    return updates | {page.form_notice: ""} if is_filled else updates
