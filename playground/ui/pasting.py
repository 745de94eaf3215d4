"""What comes from outside fills in the form: a call that was pasted into the prompt, or a link. Nothing is
sent, and no key is taken.

A call's address is only offered. What is already so in the form stays.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr

from playground import snippets
from playground.catalogue import Catalogue
from playground.errors import InvalidRequest
from playground.modes import mode_taking
from playground.request import AUTO
from playground.snippets import Pasted
from playground.ui import form_notice, image_tray, links, pasted_turns
from playground.ui.context import Context, Press
from playground.ui.form import Choice
from playground.ui.panel_view import PanelView
from playground.ui.updates import Updates, merged
from playground.ui.words import Words
from playground.wire import models_path

_UPLOAD = "upload:"


@dataclass(frozen=True)
class Reading:
    """What a pasted call makes of a form.

    Attributes:
        choice: the panel.
        set_back: keys of the words for what the call says and the panel does not offer.
        offer: an address that only the person may choose: values by the names of widgets, or none.
    """

    choice: Choice
    set_back: tuple[str, ...] = ()
    offer: Mapping[str, str] | None = None


async def on_paste(context: Context, press: Press) -> Updates:
    """The form as the call has it."""
    page = context.page
    pasted = snippets.read(press.data("text"))
    if pasted is None:
        return {page.form_notice: _unreadable("paste.unreadable", press)}
    reading = understood(pasted, press.choice, context.view, context.studio.catalogue)
    items = await asyncio.to_thread(_items, context, press, pasted.pictures)
    continues = await _continued(context, press, pasted, reading.choice)
    mode = mode_taking(len(pasted.pictures))
    choice = replace(reading.choice, mode=mode)
    above: Updates = {page.panel.prompt: gr.update(value=pasted.prompt)}
    if choice.provider != press.choice.provider:  # no key goes where it was not typed for
        above[page.panel.key] = gr.update(value="")
    updates = merged(context.view.updates(page.panel, choice, press.language, press.choice), above)
    notice = await context.versions(press.owner, continues, press.language, choice)
    updates |= context.to_tab(mode) | context.continuing(continues if notice else "", notice)
    if mode in page.tabs.trays:
        updates[page.tabs.trays[mode]] = gr.update(value=[item for item in items if item])
    offer = json.dumps(reading.offer) if reading.offer else ""
    updates[page.form_notice] = form_notice.update(
        lambda words: _told(pasted, reading, items, words, is_back=bool(notice)),
        press.language,
        can_undo=True,
        offer=offer,
    )
    return updates


async def _continued(context: Context, press: Press, pasted: Pasted, choice: Choice) -> str:
    """The picture that the pasted conversation goes on from; "" where there is none that can be held."""
    turns, owner = pasted.turns, press.owner
    if not turns:
        return ""
    names = tuple(dict.fromkeys(pasted_turns.pictures_of(turns)))
    files = await asyncio.to_thread(_files, context, press, names)
    there = await pasted_turns.found(context, turns, files, owner, choice)
    return there or await pasted_turns.kept(context, turns, files, owner, choice, press.request)


def _files(context: Context, press: Press, names: tuple[str, ...]) -> dict[str, Path]:
    """The pictures that are there, by what the call names them."""
    history, items = context.studio.history, _items(context, press, names)
    paths = [image_tray.path_of(item, history, press.owner) for item in items]
    return {name: path for name, path in zip(names, paths, strict=True) if path is not None}


def _unreadable(key: str, press: Press) -> str:
    return form_notice.update(lambda words: words(key), press.language)


def _told(
    pasted: Pasted,
    reading: Reading,
    items: Sequence[dict[str, Any] | None],
    words: Words,
    *,
    is_back: bool = False,
) -> str:
    """What became of the call."""
    lacking = [name for name, item in zip(pasted.pictures, items, strict=True) if item is None]
    named = [name for name in lacking if "." in name]
    unknown = [f"{words(f'settings.{name}.label')} {value}" for name, value in pasted.unknown.items()]
    told = (
        (True, words("paste.filled")),
        (is_back, words("paste.back", count=len(pasted.turns))),
        (pasted.earlier and not is_back, words("paste.earlier", count=pasted.earlier)),
        (pasted.had_key, words("paste.key")),
        (named, words("paste.missing", names=words.names(named))),
        (len(lacking) > len(named), words("paste.unnamed", count=len(lacking) - len(named))),
        (reading.set_back, words("paste.set_back", names=words.names(map(words, reading.set_back)))),
        (unknown, words("paste.unknown", names=words.names(unknown))),
        (pasted.ignored, words("paste.ignored", names=words.names(pasted.ignored))),
        (reading.offer, words("paste.address", address=pasted.base_url)),
    )
    return words.together(*(text for applies, text in told if applies))


async def on_link(context: Context, press: Press) -> Updates:
    """The form as a link has it. Provider and address stay; a model that is not theirs is left out."""
    page = context.page
    linked = links.read(press.data("link"))
    if linked is None:
        return {page.form_notice: _unreadable("share.unreadable", press)}
    now, model = press.choice, linked.model
    is_known = not model or links.knows(context.studio.catalogue, now.provider, model)
    wanted = replace(
        now, mode=linked.mode, model=model if model and is_known else now.model, settings=linked.settings
    )
    choice = context.view.valid(wanted)
    set_back = [] if is_known else ["panel.model"]
    set_back += [
        f"settings.{name}.label" for name, value in linked.settings.items() if value != choice.settings[name]
    ]
    updates = merged(
        context.view.updates(page.panel, choice, press.language, now),
        {page.panel.prompt: gr.update(value=linked.prompt)},
    )
    notice = form_notice.update(
        lambda words: words.together(
            words("share.filled"),
            words("paste.set_back", names=words.names(map(words, set_back))) if set_back else "",
        ),
        press.language,
        can_undo=True,
    )
    return updates | context.to_tab(choice.mode) | context.continuing("", "") | {page.form_notice: notice}


def understood(pasted: Pasted, now: Choice, view: PanelView, catalogue: Catalogue) -> Reading:
    """The panel as the call has it, as far as provider and model allow it."""
    provider, is_known = _provider(pasted, now, view, catalogue)
    if not is_known:
        usual = catalogue.providers[provider].auth
        way = "" if pasted.auth in ("", usual) else pasted.auth
        there = replace(now, provider=provider, base_url=pasted.base_url, key="", auth=way)
        offered, _ = _chosen(pasted, there, view, catalogue)
        offer = {name: value for name, value in offered.values.items() if name != "key"}
        return Reading(
            *_chosen(pasted, now, view, catalogue), offer=offer if view.takes_address(there) else None
        )
    if provider != now.provider:
        now = view.with_provider(replace(now, provider=provider))
    return Reading(*_chosen(pasted, now, view, catalogue))


def _chosen(
    pasted: Pasted, now: Choice, view: PanelView, catalogue: Catalogue
) -> tuple[Choice, tuple[str, ...]]:
    model, settings = pasted.model or now.model, {**now.settings, **pasted.settings}
    for name, row in (
        catalogue.providers[now.provider].models.items() if view.is_offered(now.provider) else ()
    ):
        for size, full_id in row.ids.items():
            if full_id == model:  # the size is part of the id
                model = name
                if settings["image_size"] == AUTO and size != row.default_image_size:
                    settings["image_size"] = size
    choice = view.valid(replace(now, model=model, settings=settings))
    changed = [name for name, value in settings.items() if value and value != choice.settings[name]]
    return choice, tuple(f"settings.{name}.label" for name in changed)


def _provider(pasted: Pasted, now: Choice, view: PanelView, catalogue: Catalogue) -> tuple[str, bool]:
    """Whose address the call went to, and whether that is one of the catalogue's or already in the form."""
    wanted = _same(pasted.base_url)
    if wanted in ("", _same(snippets.NO_ADDRESS)) or wanted == _same(now.base_url):
        return now.provider, True
    if wanted == _same(snippets.DEMO_ADDRESS):
        return view.demo, True
    for provider, row in catalogue.providers.items():
        if wanted == _same(row.base_url or ""):
            return provider, True
    own = {provider: row for provider, row in catalogue.providers.items() if row.base_url is None}
    alike = (provider for provider, row in own.items() if row.auth == pasted.auth)
    return next(alike, next(iter(own), now.provider)), False


def _same(address: str) -> str:
    """An address as it is compared."""
    try:
        return models_path(address.strip())
    except InvalidRequest:
        return ""


def _items(context: Context, press: Press, pictures: tuple[str, ...]) -> list[dict[str, Any] | None]:
    """The item of each picture: one that went up with the call, or one of that name that is in a tray."""
    given = _uploads(press.data("pictures"))
    there = [item for tray in press.trays.values() for item in tray if isinstance(item, dict)]
    by_name = {snippets.file_name(str(item.get("name") or "")): item for item in there}
    items: list[dict[str, Any] | None] = []
    for name in pictures:
        number = name.removeprefix(_UPLOAD)
        item = given.get(int(number)) if name != number and number.isdecimal() else by_name.get(name)
        found = image_tray.still_there([item], context.studio.history, press.owner) if item else []
        items.append(found[0] if found else None)
    return items


def _uploads(text: str) -> dict[int, Any]:
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return dict(enumerate(given, 1)) if isinstance(given, list) else {}
