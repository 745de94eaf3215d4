"""What happens on the page itself and in its panel: first paint, another language, a choice in the settings.

`job_handlers` start and watch jobs; `result_handlers` show results and fill in the form.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import gradio as gr
from markupsafe import Markup

from playground import wire
from playground.errors import PlaygroundError, ProviderError
from playground.jobs import checkup
from playground.modes import FIRST
from playground.providers.credentials import Credentials
from playground.request import require_provider
from playground.ui import cards, kept_form, spending
from playground.ui.checkup import Examined, known, quirks_of
from playground.ui.checkup import report as checkup_report
from playground.ui.context import Handlers, carried, job_on, owner_of, session_of, split
from playground.ui.form import Choice
from playground.ui.updates import Updates, merged
from playground.ui.words import LANGUAGES, language_of, words_for


class PageHandlers(Handlers):
    """The handlers of the page and of the panel."""

    # ── the page ────────────────────────────────────────────────────────────────────────────────────────

    async def on_load(self, language: str, kept: str, request: gr.Request) -> Updates:
        """First paint: the language, the form that the browser has kept, and the job that still runs.

        A new visit finds no result; a page that is loaded anew finds the one that stood there.
        """
        browsers = language_of(request.headers.get("accept-language"))
        language = language if language in LANGUAGES else browsers
        owner = owner_of(request)
        updates: Updates = {self._page.language: language}
        if language != browsers:
            updates |= self._said(self._view.first_choice(), language)
        form = kept_form.read(kept)
        await self._studio.load_others(owner)
        if form is not None:
            form = await kept_form.caught_up(self._context, form, owner)
            put_back = await kept_form.put_back(self._context, form, owner, language)
            updates = merged(updates, put_back)
        updates |= await self._context.strips(owner, language, None)
        return merged(updates, await self._table(owner, language, form.shown if form else ""))

    async def _table(self, owner: str, language: str, before: str) -> Updates:
        """What a page shows that has just been loaded: the job that it showed `before`, one that runs, what
        was cut off and never told, or a greeting."""
        updates: Updates = {}
        pending, interrupted = self._studio.pending(owner), await self._studio.take_interrupted(owner)
        running = [job for job in pending if not job.is_done]
        if len(interrupted) > 1 and not running:
            cut = ("interrupted", tuple(job.id for job in interrupted))
            return await self._context.now_shown(cut, owner, language)
        shown = await self._context.job(owner, before) if before else None
        if shown is not None and shown.is_done and not shown.pictures:
            shown = None  # the line over the table tells of it
        shown = shown or next(iter([*running[::-1], *interrupted[::-1]]), None)
        if shown is not None:
            updates |= self._context.watching.view(shown, language)
        elif greeting := await self._context.greeting(owner, words_for(language)):
            updates[self._page.result] = gr.update(value=greeting)
        for job in interrupted:  # what is not on the table is told by the line over it
            job.seen = shown is not None and job.id == shown.id
        updates |= self._context.watching.line(owner, language, shown.id if shown else "")
        if running:
            updates[self._page.resume] = running[-1].id
        return updates

    async def on_language(self, shown: Any, continues: str, request: gr.Request, **values: Any) -> Updates:
        """Says everything anew in the chosen language; nothing in the form is touched."""
        choice, language = split(values)
        owner = owner_of(request)
        updates = self._said(self._view.valid(choice), language, given=choice)
        updates[self._page.result] = gr.update(value=await self._context.result_html(shown, owner, language))
        updates |= await self._context.strips(owner, language, job_on(shown) or None)
        updates |= self._context.watching.switch(session_of(request), owner, language, job_on(shown))
        if notice := await self._context.versions(owner, continues, language, self._view.valid(choice)):
            updates[self._page.continuing_notice] = gr.update(value=notice)
        return updates

    async def on_mode(self, **values: Any) -> Updates:
        """Another tab: only words change. Values may just be changing too, so none is sent back."""
        choice, language = split(values)
        panel = self._page.panel
        shape = panel.settings["aspect_ratio"]
        updates = self._view.updates(panel, self._view.valid(choice), language)
        return {
            panel.prompt: updates[panel.prompt],
            panel.writer: updates[panel.writer],
            shape: {name: value for name, value in updates[shape].items() if name != "value"},
        }

    def _said(self, choice: Choice, language: str, given: Choice | None = None) -> Updates:
        """Every text of the page; where choice and language both have a say, the choice's is newer."""
        said = dict(
            zip(self._context.localized.components, self._context.localized.updates(language), strict=True)
        )
        return merged(said, self._view.updates(self._page.panel, choice, language, given))

    # ── the panel ───────────────────────────────────────────────────────────────────────────────────────

    def unfold(self, widgets: Sequence[Any], **values: Any) -> Updates:
        """Shows the widgets of a fold, as the choice has them."""
        choice, language = split(values)
        updates = self._view.updates(self._page.panel, self._view.valid(choice), language, given=choice)
        return {widget: {"visible": True, **updates.get(widget, gr.update())} for widget in widgets}

    async def on_choice(self, continues: str, request: gr.Request, **values: Any) -> Updates:
        """Something in the settings changed: their choices and texts follow; the connection stays."""
        choice, language = split(values)
        updates = self._view.updates(self._page.panel, self._view.valid(choice), language, given=choice)
        for untouched in (self._page.panel.pill, self._page.panel.connection):
            updates.pop(untouched)
        return updates | await self._along(continues, choice, language, request)

    async def _along(self, continues: str, choice: Choice, language: str, request: gr.Request) -> Updates:
        """What is sent along with the next turn of a conversation follows provider and model."""
        if not continues:
            return {}
        valid = self._view.valid(choice)
        notice = await self._context.versions(owner_of(request), continues, language, valid)
        return {self._page.continuing_notice: notice}

    async def on_credentials(self, **values: Any) -> Updates:
        """Key or address changed: the pill says what is still missing."""
        choice, language = split(values)
        return self._view.updates(self._page.panel, self._view.valid(choice), language, given=choice)

    async def on_provider(self, continues: str, request: gr.Request, **values: Any) -> Updates:
        """Another provider: its models and fields, and never the key that was typed for the last one."""
        choice, language = split(values)
        turned = self._view.with_provider(choice)
        updates = self._view.updates(self._page.panel, turned, language, given=choice)
        updates = merged(updates, {self._page.panel.key: gr.update(value="")})
        return updates | await self._along(continues, turned, language, request)

    async def on_check(self, request: gr.Request, **values: Any) -> AsyncIterator[Updates]:
        """A free look at the address: does it answer, is the key accepted? More, where it was typed."""
        choice, language = split(values)
        words, place = words_for(language), self._page.panel.connection
        yield {place: gr.update(value=cards.notice(words("connection.checking"), words))}
        try:
            require_provider(choice.provider, self._studio.catalogue)
            if self._view.takes_address(choice):
                yield self._reported(await self._looked_at(choice, request), language)
                return
            report = await self._studio.provider.check(
                choice.provider, self._context.credentials(choice, request)
            )
        except PlaygroundError as error:
            yield {place: gr.update(value=cards.line(error, words))}
            return
        row = self._studio.catalogue.provider(choice.provider)
        said = words("connection.ok_demo" if row.free else f"connection.{report.code}")
        yield {
            place: gr.update(value=cards.notice(said, words, css="ok")),
            self._page.panel.pill: self._view.checked_pill(choice, words, sure=report.code == "ok"),
        }

    async def on_probe(self, request: gr.Request, **values: Any) -> AsyncIterator[Updates]:
        """One small picture, which is kept and counted as any other, shows what a free look cannot."""
        choice, language = split(values)
        words, place = words_for(language), self._page.panel.connection
        yield {place: gr.update(value=cards.notice(words("checkup.drawing"), words))}
        try:
            require_provider(choice.provider, self._studio.catalogue)
            examined = await self._looked_at(choice, request)
            given = self._context.credentials(examined.choice, request)
            owner, asked = owner_of(request), (choice.provider, examined.choice.model)
            job = await self._context.starting.start(
                checkup.request(self._studio.catalogue, *asked),
                given,
                request,
                owner=owner,
                mode=FIRST,
                listed=False,
                streams="streamed_no" not in known(choice.quirks, choice.base_url),
            )
            async for _ in job.watch():
                pass
            manners = await self._manners(given, *asked)
        except PlaygroundError as error:
            yield {place: gr.update(value=cards.line(error, words))}
            return
        yield self._reported(replace(examined, found=checkup.found(job), manners=manners), language)

    async def _manners(self, given: Credentials, provider: str, model: str) -> str:
        try:
            return await self._studio.provider.manners(provider, given, model)
        except ProviderError:  # of which the picture has told already
            return ""

    async def _looked_at(self, choice: Choice, request: gr.Request) -> Examined:
        """What an address shows for free, and the choice with the address mended and the way of the key."""
        mended = replace(choice, base_url=wire.repaired(choice.base_url))
        look = await self._studio.provider.look(choice.provider, self._context.credentials(mended, request))
        is_taken = not look.auths or choice.auth in look.auths
        auth = choice.auth if is_taken else look.auths[0]
        same = known(choice.quirks, choice.base_url)  # of the address before it was mended
        quirks = " ".join([look.base_url, *same]) if same else ""
        valid = self._view.valid(replace(mended, base_url=look.base_url, auth=auth, quirks=quirks))
        return Examined(valid, choice.base_url, look)

    def _reported(self, examined: Examined, language: str) -> Updates:
        """The report, and the form as what was found has it."""
        words, panel, catalogue = words_for(language), self._page.panel, self._studio.catalogue
        choice = replace(examined.choice, quirks=quirks_of(examined))
        wanted = checkup.request(catalogue, choice.provider, choice.model)
        price = catalogue.model(choice.provider, choice.model).price(wanted.image_size)
        about = words("panel.about", price=words.dollars(price or 0))
        cost = words("panel.price_unknown") if price is None else about
        followed = self._view.updates(panel, choice, language, given=choice)
        shown = [
            panel.summary,
            panel.fineprint,
            *(panel.settings[name] for name in ("aspect_ratio", "image_size")),
        ]
        return {
            **{widget: followed[widget] for widget in shown},
            panel.quirks: gr.update(value=choice.quirks),
            panel.connection: gr.update(value=checkup_report(examined, catalogue, cost, words)),
            panel.base_url: gr.update(value=choice.base_url),
            panel.auth: gr.update(value=choice.auth),
            panel.pill: self._view.checked_pill(choice, words, sure=bool(examined.look.auths)),
        }

    async def on_connect(self, event: gr.EventData, **values: Any) -> Any:
        """A connection that the browser keeps: its provider, address and way of the key, what is known of it,
        and never a key. Where the form has that address, only what is known of it is new."""
        choice, language = split(values)
        names = ("provider", "base_url", "auth", "model", "quirks")
        kept = {name: carried(event, name) for name in names}
        if not self._view.is_offered(kept["provider"]):
            return gr.skip()
        is_there = (kept["provider"], kept["base_url"]) == (choice.provider, choice.base_url)
        wanted = Choice(**kept, settings=choice.settings, mode=choice.mode)
        turned = self._view.valid(replace(choice, quirks=wanted.quirks) if is_there else wanted)
        updates = self._view.updates(self._page.panel, turned, language, given=choice)
        if is_there:
            for untouched in (self._page.panel.pill, self._page.panel.connection):
                updates.pop(untouched)
            return updates
        return merged(updates, {self._page.panel.key: gr.update(value="")})

    # ── what was spent ──────────────────────────────────────────────────────────────────────────────────

    async def on_meter(self, language: str, opened: str, request: gr.Request) -> Any:
        """What was spent since the page was opened and before. The limits may be being typed: they stay."""
        if not opened:  # nobody has looked yet
            return gr.skip()
        return await self._metered(owner_of(request), opened, language)

    async def on_spending(self, language: str, opened: str, request: gr.Request) -> Updates:
        """The same, and the limits that are set."""
        owner, ledger = owner_of(request), self._studio.history.ledger
        try:
            await asyncio.to_thread(ledger.set_zone, owner, spending.zone(opened))
            limits = await asyncio.to_thread(ledger.limits, owner)
        except PlaygroundError:  # the meter tells of it
            return await self._metered(owner, opened, language)
        shown = await self._metered(owner, opened, language)
        return {
            self._page.spending.opened: opened,
            **shown,
            **{
                self._page.spending.limits[name]: gr.update(value=value, visible=True)
                for name, value in spending.fields(limits).items()
            },
        }

    async def on_limits(self, language: str, opened: str, request: gr.Request, **values: str) -> Updates:
        """Sets the limits that were typed."""
        owner, words, place = owner_of(request), words_for(language), self._page.spending.meter
        try:
            limits = spending.typed(values, spending.zone(opened))
            await asyncio.to_thread(self._studio.history.ledger.set_limits, owner, limits)
            meter = await self._meter(owner, opened, language)
        except PlaygroundError as error:
            return {place: gr.update(value=cards.line(error, words))}
        return {place: gr.update(value=cards.notice(words("spending.saved"), words, css="ok") + meter)}

    async def _metered(self, owner: str, opened: str, language: str) -> Updates:
        try:
            meter = await self._meter(owner, opened, language)
        except PlaygroundError as error:
            meter = cards.line(error, words_for(language))
        return {self._page.spending.meter: gr.update(value=meter)}

    async def _meter(self, owner: str, opened: str, language: str) -> Markup:
        catalogue = self._studio.catalogue
        return await asyncio.to_thread(
            spending.meter, self._studio.history, catalogue, owner, opened, words_for(language)
        )
