"""What the tab "Batch" asks of the server, and what its buttons do there.

Looking and watching are questions of the page's script, without a key; what may send is an event of the page,
with the form as it stands.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import json
import re
import secrets
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from markupsafe import Markup

from playground.batches import pictures, table
from playground.batches import plan as plans
from playground.batches.pictures import Named
from playground.batches.plan import Call, Find, Plan, no_picture
from playground.batches.runner import Batches
from playground.batches.sending import Keys
from playground.errors import InvalidRequest, PlaygroundError
from playground.history import Batch, BatchState
from playground.jobs.studio import Studio
from playground.request import ImageRequest, require_provider
from playground.ui import image_tray
from playground.ui.batch import view as views
from playground.ui.context import Context, Press
from playground.ui.explain import sentence
from playground.ui.form import Choice
from playground.ui.history.calls import Answer, Asked, plain, words_of
from playground.ui.history.calls import Call as PageCall
from playground.ui.starting import spender_of
from playground.ui.updates import Updates
from playground.ui.words import LANGUAGES, Words, words_for

MAX_CHARACTERS = table.MAX_BYTES
MAX_PICTURES = 1000
"""Files that lie beside a table."""
_ADDRESS = re.compile(r"(?:^|/)pictures/([\w-]{1,99}/[\w.-]{1,99})$")
_MAX_ID = 64


class Tables:
    """Reads tables as forms have them: the same for a page and for a program."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        labels = {name: _labels(name) for name in (*plans.COLUMNS, table.PICTURES[0])}
        self._known = plans.known_columns(labels)

    async def plan(
        self,
        text: str,
        template: str,
        base: Mapping[str, Any],
        *,
        combine: bool,
        find: Find = no_picture,
    ) -> Plan:
        """What a table would send, with its pictures ready to be sent: see `pictures.drop_copies`."""
        made = await asyncio.to_thread(self._plan, text, template, base, combine, find)
        return await pictures.prepared(made, self._studio)

    def _plan(self, text: str, template: str, base: Mapping[str, Any], combine: bool, find: Find) -> Plan:
        read = table.read(text[:MAX_CHARACTERS], self._known, template, combine=combine)
        return plans.plan(read, base, self._studio.catalogue, find)

    def require(self, calls: Sequence[Call], keys: Keys, owner: str) -> None:
        """Raises what a press of Generate would, once for each provider and model among the calls."""
        seen: dict[tuple[str, str], ImageRequest] = {}
        for call in calls:
            seen.setdefault((call.request.provider, call.request.model), call.request)
        for request in seen.values():
            self._studio.require(request, keys.at(request.provider), owner=owner)


def _labels(name: str) -> list[str]:
    """What people call a column: the label of the setting, in every language."""
    path = {"prompt": "prompt.label", "provider": "connection.provider", "model": "panel.model"}
    key = path.get(name, f"settings.{name}.label")  # a picture has no label, and other names alone
    speaking = [words_for(code) for code in LANGUAGES]
    others = ",".join(words.get(f"batch.called.{name}") for words in speaking)
    return [*(words.get(key) for words in speaking), *others.split(",")]


class BatchCalls:
    """The questions. It holds nothing of a visitor."""

    def __init__(self, batches: Batches) -> None:
        self._batches = batches

    def functions(self) -> list[PageCall]:
        """The calls as Gradio marks them as callable from a page."""
        named = {"batch_file": self.file, "batch_status": self.status}
        return [plain(name, call) for name, call in named.items()]

    async def file(self, asked: Asked, owner: str) -> Answer:
        """A file that was opened, as text; and in which encoding, where it is no UTF-8."""
        try:
            data = base64.b64decode(str(asked.get("data")), validate=True)
        except (binascii.Error, ValueError):
            raise InvalidRequest("table_encoding", field="table") from None
        text, encoding = await asyncio.to_thread(table.decode, data)
        is_plain = encoding.startswith("utf")
        said = "" if is_plain else words_of(asked)("batch.read_as", encoding=encoding.upper())
        return {"text": text.removeprefix("\ufeff"), "said": said}

    async def status(self, asked: Asked, owner: str) -> Answer:
        """A batch as it stands; without an id, the newest that is under way, or what there was before."""
        words, wanted = words_of(asked), str(asked.get("id") or "")[:_MAX_ID]
        mine = [] if wanted else await self._batches.of(owner)
        open_ones = [one for one in mine if one.state in (BatchState.RUNNING, BatchState.PAUSED)]
        is_new = bool(asked.get("new"))
        batch = await self._batches.find(wanted, owner) if wanted else next(iter(open_ones), None)
        if batch is None or is_new:
            return {"html": views.empty(mine, words)}
        after = asked.get("after")
        html = await views.status(
            self._batches.history,
            await self._batches.view(batch),
            words,
            tab=str(asked.get("tab")),
            after=after if isinstance(after, int) else 0,
        )
        return {"html": html}


def base_of(choice: Choice) -> dict[str, Any]:
    """What rows have that say nothing of it."""
    settings = {name: value for name, value in choice.settings.items() if name not in plans.OF_A_TABLE}
    return {"provider": choice.provider, "model": choice.model, **settings}


async def looked_at(
    tables: Tables, batches: Batches, choice: Choice, press: Press, words: Words, notice: str = ""
) -> Markup:
    """The preview of what was typed, see `_said`."""
    require_provider(choice.provider, batches.catalogue)
    plan = await _planned(tables, batches, choice, press)
    await asyncio.to_thread(pictures.drop_copies, plan)
    parts = {name: driver.offers(plan) for name, driver in batches.drivers.items() if name != "calls"}
    via = {name: part for name, part in parts.items() if part is not None}
    return views.preview(plan, digest_of(choice, press), words, via=via, notice=notice)


async def _planned(tables: Tables, batches: Batches, choice: Choice, press: Press) -> Plan:
    said, find = _said(press), await asyncio.to_thread(_finder, batches, press)
    text, combine = str(said.get("table") or ""), said.get("combine") in (True, "true")
    return await tables.plan(text, press.prompt, base_of(choice), combine=combine, find=find)


def _finder(batches: Batches, press: Press) -> Find:
    """What a table can name: the files beside it, then those of the trays, and pictures of the history by
    their address."""
    given = _given(press)
    history, owner = batches.history, press.owner
    files = ((str(item.get("name")), image_tray.path_of(item, history, owner)) for item in given)
    named = Named((name, path) for name, path in files if path is not None)

    def find(name: str) -> Path | None:
        kept = _ADDRESS.search(name)
        found = image_tray.path_of({"picture": kept[1]}, history, owner) if kept else None
        return found or named.find(name)

    return find


def _given(press: Press) -> list[dict[str, Any]]:
    """The pictures of the trays and those that lie beside the table, as the browser has them."""
    trays, beside = [item for tray in press.trays.values() for item in tray], _said(press).get("pictures")
    given = (*trays, *(beside[:MAX_PICTURES] if isinstance(beside, list) else ()))
    return [item for item in given if isinstance(item, dict)]


def digest_of(choice: Choice, press: Press) -> str:
    """Names what a preview has shown: where it is another, something was changed since."""
    said = _said(press)
    files = [[item.get(name) for name in ("name", "picture", "sample", "path")] for item in _given(press)]
    told = [
        base_of(choice),
        press.prompt,
        str(said.get("table") or ""),
        said.get("combine") in (True, "true"),
        files,
    ]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:24]


class BatchHandlers:
    """The buttons. They run on the event loop, because batches live there."""

    def __init__(self, batches: Batches, tables: Tables) -> None:
        self._batches = batches
        self._tables = tables

    async def on_act(self, context: Context, press: Press) -> Updates:
        """Starts what was looked at, or does something with a batch: see `data-act` in the templates."""
        words = words_for(press.language)
        try:
            html = await self._done(context, press, words)
        except PlaygroundError as error:
            is_connection = isinstance(error, InvalidRequest) and error.field in (
                "key",
                "base_url",
                "provider",
            )
            more = context.open_connection() if is_connection else {}
            return {
                context.page.batch: _shown(await self._refused(press, sentence(error, words), words))
            } | more
        return {context.page.batch: _shown(html)}

    async def _done(self, context: Context, press: Press, words: Words) -> Markup:
        if press.data("act") == "start":
            return await self._start(context, press, words)
        if press.data("act") == "preview":
            choice = context.view.valid(press.choice)
            return await looked_at(self._tables, self._batches, choice, press, words)
        batch = await self._batches.find(press.data("batch")[:_MAX_ID], press.owner)
        if batch is None:
            return views.empty(await self._batches.of(press.owner), words)
        keys = Keys(context.credentials(press.choice, press.request), press.choice.provider)
        await self.act(batch, press.data("act"), keys)
        return await self._status(batch.id, press, words)

    async def act(self, batch: Batch, what: str, keys: Keys) -> None:
        """Does something with a batch; nothing for what nobody knows."""
        batches = self._batches
        if what == "pause":
            await batches.pause(batch)
        elif what == "stop":
            await batches.stop(batch)
        elif what == "go_on":
            await batches.go_on(batch, keys)
        elif what in ("retry", "retry_unclear"):
            await batches.retry(batch, keys, unclear=what == "retry_unclear")

    async def _start(self, context: Context, press: Press, words: Words) -> Markup:
        choice = context.view.valid(press.choice)
        if digest_of(choice, press) != press.data("digest"):
            return await looked_at(self._tables, self._batches, choice, press, words, words("batch.changed"))
        require_provider(choice.provider, context.studio.catalogue)
        plan = await _planned(self._tables, self._batches, choice, press)
        try:
            return await self._begin(context, press, words, choice, plan)
        finally:
            await asyncio.to_thread(pictures.drop_copies, plan)

    async def _begin(
        self, context: Context, press: Press, words: Words, choice: Choice, plan: Plan
    ) -> Markup:
        via = press.data("via") or "calls"
        driver = self._batches.drivers.get(via)
        if not plan.calls or driver is None or driver.offers(plan) is None:
            return await looked_at(self._tables, self._batches, choice, press, words)
        keys = Keys(context.credentials(choice, press.request), choice.provider)
        self._tables.require(plan.calls, keys, press.owner)
        spender = spender_of(press.owner, press.request)
        name = hashlib.sha256(f"{press.owner}/{press.data('token')}".encode()).digest()[:18]
        batch = await self._batches.start(
            plan.calls,
            keys,
            owner=press.owner,
            network=spender.network,
            via=via,
            batch=base64.urlsafe_b64encode(name).decode() if press.data("token") else "",
        )
        return await self._status(batch.id, press, words)

    async def _status(self, batch_id: str, press: Press, words: Words, notice: str = "") -> Markup:
        batch = await self._batches.find(batch_id, press.owner)
        if batch is None:
            return views.empty([], words)
        view = await self._batches.view(batch)
        return await views.status(self._batches.history, view, words, tab=press.data("tab"), notice=notice)

    async def _refused(self, press: Press, said: str, words: Words) -> Markup:
        """What is shown on with what was refused above it."""
        batch_id = press.data("batch")[:_MAX_ID]
        if batch_id and press.data("act") != "start":
            return await self._status(batch_id, press, words, said)
        try:
            return await looked_at(self._tables, self._batches, press.choice, press, words, said)
        except PlaygroundError:  # what was refused is the looking itself: nothing is shown that could start
            return views.preview(Plan(), "", words, notice=said)


def _said(press: Press) -> Mapping[str, Any]:
    """What a press carries along beside the form: "table", "combine" and "pictures"; anybody can write it."""
    return press.event._data if isinstance(press.event._data, dict) else {}


def _shown(html: Markup) -> Any:
    """An update of the piece, which Gradio leaves out where the value is the one before."""
    return gr.update(value=f"{html}<!-- {secrets.token_hex(4)} -->")
