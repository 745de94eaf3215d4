"""What happens when somebody does something: handlers start, stop and watch jobs, and fill in the form.

All of them run on the event loop, because jobs live there. What the table shows is text made by `results`
and `history_tab`.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import gradio as gr

from playground.credentials import Credentials
from playground.errors import InvalidRequest, PlaygroundError
from playground.request import ImageRequest, require_images
from playground.request import build as build_request
from playground.settings import Settings
from playground.studio import Job, Studio
from playground.ui import (
    cards,
    history_jobs,
    history_tab,
    image_tray,
    mode_tabs,
    request_panel,
    results,
)
from playground.ui.explain import explain
from playground.ui.localized import Localized
from playground.ui.markup import text
from playground.ui.page import Page
from playground.ui.request_panel import Choice, PanelView, credentials
from playground.ui.watching import Watching
from playground.ui.words import LANGUAGES, Words, language_of, words
from playground.web import VISITOR_COOKIE

Updates = dict[Any, Any]
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")
_log = logging.getLogger(__name__)


class Handlers:
    """The page's handlers. They hold nothing of a visitor but who watches a job that is running."""

    def __init__(
        self, studio: Studio, settings: Settings, page: Page, view: PanelView, localized: Localized
    ) -> None:
        self.studio = studio
        self.settings = settings
        self.page = page
        self.view = view
        self.localized = localized
        self.watching = Watching(page, self._strips)

    # ── the page ────────────────────────────────────────────────────────────────────────────────────────

    async def on_load(self, language: str, request: gr.Request) -> Updates:
        """First paint: the language, this visitor's pictures, and the job that still runs."""
        browsers = language_of(request.headers.get("accept-language"))
        language = language if language in LANGUAGES else browsers
        owner = owner_of(request)
        updates: Updates = {self.page.language: language}
        if language != browsers:
            updates |= self._said(self.view.first_choice(), language)
        updates |= await self._strips(owner, language, None)
        running, cut_off = self.studio.running(owner), self.studio.interrupted(owner)
        latest = running or await history_jobs.latest(self.studio, owner)
        if running is None and len(cut_off) > 1:
            updates |= await self._now_shown(("cut off", tuple(job.id for job in cut_off)), owner, language)
        elif latest is not None:
            updates = _laid_over(updates, self.watching.view(latest, language))
        if running is not None:
            updates[self.page.resume] = running.id
        return updates

    async def on_resume(self, job_id: str, language: str, request: gr.Request) -> AsyncIterator[Updates]:
        """A page that was loaded while a job runs goes on watching it."""
        job = self.studio.job(job_id, owner=owner_of(request))
        if job is not None:
            async for update in self.watching.watch(job, language, _session(request)):
                yield update

    async def on_language(
        self, shown: Any, current: str, following: str, request: gr.Request, **values: Any
    ) -> Updates:
        """Says everything anew in the chosen language; nothing in the form is touched."""
        choice, language = _split(values)
        owner = owner_of(request)
        updates = self._said(self.view.valid(choice), language, given=choice)
        updates[self.page.table] = gr.update(value=await self._table(shown, owner, language))
        updates |= await self._strips(owner, language, current)
        updates |= self.watching.switch(_session(request), language)
        if chip := await self.chip(owner, following, language):
            updates[self.page.chip] = gr.update(value=chip)
        return updates

    async def on_mode(self, **values: Any) -> Updates:
        """Another tab: only words change. Values may just be changing too, so none is sent back."""
        choice, language = _split(values)
        panel = self.page.panel
        updates = self.view.updates(panel, self.view.valid(choice), language)
        return {
            panel.prompt: updates[panel.prompt],
            panel.aspect_ratio: gr.update(choices=updates[panel.aspect_ratio]["choices"]),
        }

    # ── the panel ───────────────────────────────────────────────────────────────────────────────────────

    def unfold(self, widgets: Sequence[Any], **values: Any) -> Updates:
        """Shows the widgets of a fold, as the choice has them."""
        choice, language = _split(values)
        updates = self.view.updates(self.page.panel, self.view.valid(choice), language, given=choice)
        return {widget: {"visible": True, **updates.get(widget, gr.update())} for widget in widgets}

    async def on_choice(self, **values: Any) -> Updates:
        """Something in the settings changed: their choices and texts follow; the connection stays."""
        choice, language = _split(values)
        updates = self.view.updates(self.page.panel, self.view.valid(choice), language, given=choice)
        for untouched in (self.page.panel.pill, self.page.panel.connection):
            updates.pop(untouched)
        return updates

    async def on_credentials(self, **values: Any) -> Updates:
        """Key or address changed: the pill says what is still missing."""
        choice, language = _split(values)
        return self.view.updates(self.page.panel, self.view.valid(choice), language, given=choice)

    async def on_provider(self, **values: Any) -> Updates:
        """Another provider: its models and fields, and never the key that was typed for the last one."""
        choice, language = _split(values)
        turned = self.view.with_provider(choice)
        updates = self.view.updates(self.page.panel, turned, language, given=choice)
        return _laid_over(updates, {self.page.panel.key: gr.update(value="")})

    async def on_check(self, request: gr.Request, **values: Any) -> AsyncIterator[Updates]:
        """A free look at the address: does it answer, is the key accepted?"""
        choice, language = _split(values)
        spoken, place = words(language), self.page.panel.connection
        yield {place: gr.update(value=f"<p data-say>{text(spoken('connection.checking'))}</p>")}
        row = self.studio.catalogue.provider(choice.provider)
        try:
            report = await self.studio.provider.check(choice.provider, self._credentials(choice, request))
        except PlaygroundError as error:
            yield {place: gr.update(value=_connection_problem(error, spoken))}
            return
        said = spoken("connection.ok_demo" if row.free else f"connection.{report.code}")
        yield {
            place: gr.update(value=f'<p class="ok" data-say>{text(said)}</p>'),
            self.page.panel.pill: self.view.checked_pill(choice, spoken, sure=report.code == "ok"),
        }

    # ── jobs ────────────────────────────────────────────────────────────────────────────────────────────

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
        choice, language = _split(values)
        tray = {"edit": edit_image, "compose": compose_images}.get(choice.mode)
        try:
            job = await self._start(choice, prompt, tray, following, token, request)
        except PlaygroundError as error:
            yield self._not_sent(error, language)
            return
        async for update in self.watching.watch(job, language, _session(request)):
            yield update

    async def on_again(
        self, event: gr.EventData, request: gr.Request, **values: Any
    ) -> AsyncIterator[Updates]:
        """The same request once more, with the key of the provider it goes to and no other."""
        choice, language = _split(values)
        owner = owner_of(request)
        before = await self._job(owner, str(event.job))
        if before is None or before.request.provider not in self.studio.catalogue.providers:
            gr.Info(text(words(language)("history.gone" if before is None else "history.provider_gone")))
            return
        if self.studio.running(owner) is not None:
            return
        if before.request.provider != choice.provider:
            yield self._other_provider(before, choice, language)
            return
        try:
            given = self._credentials(choice, request)
            wanted = await self._with_turns(before.request, owner)
            job = await self.studio.start(
                wanted, given, owner=owner, mode=before.mode, token=str(event.token)
            )
        except PlaygroundError as error:
            yield self._not_sent(error, language)
            return
        async for update in self.watching.watch(job, language, _session(request)):
            yield update

    async def _with_turns(self, wanted: ImageRequest, owner: str) -> ImageRequest:
        """A request with the earlier turns that it had; one from a record knows only where it went on."""
        if not wanted.continues or wanted.turns or wanted.collapsed:
            return wanted
        generation, _, picture = wanted.continues.partition("/")
        return await self.studio.continue_from(wanted, owner=owner, generation=generation, picture=picture)

    async def on_stop(self, current: str, request: gr.Request) -> Any:
        """Ends the running job; what has arrived stays."""
        self.studio.stop(current, owner=owner_of(request))
        return gr.skip()

    # ── results and history ─────────────────────────────────────────────────────────────────────────────

    async def on_open(self, event: gr.EventData, language: str, request: gr.Request) -> Any:
        """An earlier result back on the table, with the picture that was pressed in front."""
        owner, spoken = owner_of(request), words(language)
        job = await self._job(owner, str(event.job))
        if job is None:
            gr.Info(text(spoken("history.gone")))
            return gr.skip()
        place = getattr(event, "place", None)
        chosen = int(place) if str(place).isdecimal() else None
        strip = await self._strip(owner, spoken, job.id)
        return {
            self.page.table: results.job_view(job, spoken, chosen),
            self.page.shown: ("job", job.id),
            self.page.strip: gr.update(value=strip),
            **self.watching.turn_to(_session(request), job.id),
        }

    async def on_follow(self, event: gr.EventData, prompt: str, request: gr.Request, **values: Any) -> Any:
        """The next request continues from a result: the form is made ready for it and nothing is sent."""
        choice, language = _split(values)
        following = str(event.picture)
        job = await self._job(owner_of(request), following.partition("/")[0])
        chip = await self.chip(owner_of(request), following, language)
        if job is None or not chip:
            gr.Info(text(words(language)("history.gone")))
            return gr.skip()
        wanted = self.view.valid(replace(choice, mode="text"))
        updates = self.view.updates(self.page.panel, wanted, language, given=choice)
        updates |= self._to_tab("text")
        if (
            prompt.strip() == job.request.prompt.strip()
        ):  # what was already drawn makes room; other words stay
            updates = _laid_over(updates, {self.page.panel.prompt: gr.update(value="")})
        return {
            **updates,
            self.page.following: following,
            self.page.chip: gr.update(value=chip, visible=True),
        }

    async def chip(self, owner: str, following: str, language: str) -> str:
        """What stands above the prompt while the next request continues from a picture; "" without one."""
        generation, _, name = following.partition("/")
        job = await self._job(owner, generation)
        picture = next((one for one in job.pictures if one.name == name), None) if job else None
        return results.following(picture, words(language)) if picture else ""

    async def on_unfollow(self) -> Updates:
        """The next request begins anew."""
        return {self.page.following: "", self.page.chip: gr.update(value="", visible=False)}

    async def on_changed(self, shown: Any, language: str, request: gr.Request) -> Updates:
        """The history won or lost something: the strip follows, and a deleted result leaves the table."""
        owner, (kind, what) = owner_of(request), shown
        current = what if kind == "job" else ""
        updates = await self._strips(owner, language, current or None)
        job = self.studio.job(current, owner=owner)
        is_running = job is not None and not job.is_done
        if not current or is_running or await asyncio.to_thread(self.studio.history.entry, owner, current):
            return updates
        empty = gr.update(value=results.empty(words(language)))
        return updates | {self.page.table: empty, self.page.shown: ("empty", None)}

    async def on_use(
        self, event: gr.EventData, compose_images: Any, request: gr.Request, **values: Any
    ) -> Any:
        """A result becomes an input: of Edit, or one more of Compose."""
        choice, language = _split(values)
        generation, _, name = str(event.picture).partition("/")
        path = await asyncio.to_thread(self.studio.history.find_file, owner_of(request), generation, name)
        if path is None:
            gr.Info(text(words(language)("history.gone")))
            return gr.skip()
        job = await self._job(owner_of(request), generation)
        title = " ".join(job.request.prompt.split())[:60] if job else name
        item = image_tray.item_for(generation, name, title, path.stat().st_size)
        mode = "edit" if event.do == "edit" else "compose"
        before = compose_images if mode == "compose" and isinstance(compose_images, list) else []
        if len(before) >= image_tray.MAX_IMAGES:
            gr.Info(text(words(language)("tray.full", max=image_tray.MAX_IMAGES, name=title)))
            return gr.skip()
        wanted = self.view.valid(replace(choice, mode=mode))
        updates = self.view.updates(self.page.panel, wanted, language, given=choice)
        updates |= self._to_tab(mode)
        updates[self.page.tabs.trays[mode]] = gr.update(value=[*before, item])
        return updates

    # ── ways to start, and remedies: they fill in the form and send nothing ─────────────────────────────

    async def on_tile(self, event: gr.EventData, **values: Any) -> Any:
        """A way to start: prompt, shape, tab and sample pictures."""
        choice, language = _split(values)
        tile = mode_tabs.TILES.get(str(event.tile))
        if tile is None:
            return gr.skip()
        wanted = self.view.valid(replace(choice, mode=tile.mode, aspect_ratio=tile.aspect_ratio))
        updates = self.view.updates(self.page.panel, wanted, language, given=choice)
        prompt = words(language)(f"tiles.{event.tile}.prompt")
        updates = _laid_over(updates, {self.page.panel.prompt: gr.update(value=prompt)})
        updates |= self._to_tab(tile.mode)
        if tile.samples:
            items = [image_tray.sample_item(name) for name in tile.samples]
            updates[self.page.tabs.trays[tile.mode]] = gr.update(value=items)
        return updates

    async def on_remedy(
        self, event: gr.EventData, prompt: str, compose_images: Any, **values: Any
    ) -> Updates:
        """Changes the form in the way that a refusal suggests."""
        choice, language = _split(values)
        remedy, page = str(event.remedy), self.page
        changed = self._remedied(choice, remedy, str(getattr(event, "model", "")))
        updates = self.view.updates(page.panel, changed, language, given=choice)
        if changed.provider != choice.provider:
            updates = _laid_over(updates, {page.panel.key: gr.update(value="")})
        if remedy == "ask":
            asked = words(language)("refusal.plainly", prompt=prompt)
            updates = _laid_over(updates, {page.panel.prompt: gr.update(value=asked)})
        if remedy == "last" and isinstance(compose_images, list):
            updates[page.tabs.trays["compose"]] = gr.update(value=compose_images[:-1])
        if remedy == "connect":
            updates[page.knock] = _knock()
        return updates

    def _remedied(self, choice: Choice, remedy: str, model: str) -> Choice:
        if remedy == "demo":
            return self.view.with_provider(replace(choice, provider=self.view.demo))
        changes: dict[str, dict[str, str]] = {
            "images": {"response_modalities": request_panel.IMAGE_ONLY},
            "model": {"model": model},
            "size": {"image_size": "1K"},
        }
        return self.view.valid(replace(choice, **changes.get(remedy, {})))

    # ── helpers ─────────────────────────────────────────────────────────────────────────────────────────

    async def _start(
        self, choice: Choice, prompt: str, tray: Any, following: str, token: str, request: gr.Request
    ) -> Job:
        """Raises PlaygroundError, whatever goes wrong: a press of Generate never ends in silence."""
        try:
            files = await asyncio.to_thread(image_tray.files, tray, self.studio.history, owner_of(request))
            given = self._credentials(choice, request)
            if not following:
                require_images(choice.mode, len(files))
            wanted = build_request(
                prompt=prompt or "",
                provider=choice.provider,
                model=choice.model,
                aspect_ratio=choice.aspect_ratio,
                image_size=choice.image_size,
                response_modalities=tuple(choice.response_modalities.split(",")),
                output_format=choice.output_format,
                count=choice.count,
            )
            images = await self.studio.prepare(files, choice.provider)
            wanted = wanted.model_copy(update={"images": images})
            owner = owner_of(request)
            if following:
                generation, _, picture = following.partition("/")
                wanted = await self.studio.continue_from(
                    wanted, owner=owner, generation=generation, picture=picture
                )
            return await self.studio.start(wanted, given, owner=owner, mode=choice.mode, token=token)
        except OSError as error:
            _log.error("a request could not be prepared: %s", error.strerror)
            raise PlaygroundError("disk_not_ready", reason=error.strerror or "OSError") from None

    def _credentials(self, choice: Choice, request: gr.Request) -> Credentials:
        """Key and address as typed.

        A page that came through a proxy is open to others than this machine, whatever address the app
        listens on: an address typed there counts only when the operator has said so.
        """
        given = credentials(choice.key, choice.base_url)
        is_forwarded = any(name in request.headers for name in _FORWARDED)
        if given.base_url and is_forwarded and not self.settings.visitor_base_url_asked:
            raise InvalidRequest("base_url_not_allowed", field="base_url")
        return given

    def _not_sent(self, error: PlaygroundError, language: str) -> Updates:
        """A refusal before sending. What is wrong with key or address is said where they are typed."""
        spoken = words(language)
        if isinstance(error, InvalidRequest) and error.field in ("key", "base_url"):
            problem = gr.update(value=_connection_problem(error, spoken))
            return {self.page.panel.connection: problem, self.page.knock: _knock()}
        return {
            self.page.table: gr.update(value=cards.card(error, spoken)),
            self.page.shown: ("error", error),
        }

    def _other_provider(self, before: Job, choice: Choice, language: str) -> Updates:
        """The form turned to the provider of an earlier job, whose key has to be typed anew."""
        spoken, panel = words(language), self.page.panel
        turned = self.view.with_provider(replace(choice, provider=before.request.provider))
        turned = self.view.valid(replace(turned, model=before.request.model))
        row = self.studio.catalogue.provider(before.request.provider)
        note = spoken("connection.turned", provider=row.name)
        updates = self.view.updates(panel, turned, language)
        above: Updates = {
            panel.key: gr.update(value=""),
            panel.connection: gr.update(value=f"<p data-say>{text(note)}</p>"),
        }
        return {**_laid_over(updates, above), self.page.knock: _knock()}

    async def _now_shown(self, shown: Any, owner: str, language: str) -> Updates:
        return {
            self.page.table: gr.update(value=await self._table(shown, owner, language)),
            self.page.shown: shown,
        }

    async def _job(self, owner: str, generation: str) -> Job | None:
        return await history_jobs.find(self.studio, owner, generation)

    async def _table(self, shown: Any, owner: str, language: str) -> str:
        """What the table shows, said in a language."""
        kind, what = shown
        spoken = words(language)
        if kind == "error":
            return cards.card(what, spoken)
        if kind == "cut off":
            jobs = [job for job_id in what if (job := self.studio.job(job_id, owner=owner))]
            return cards.cut_off(jobs, spoken)
        job = await self._job(owner, what) if kind == "job" else None
        return results.job_view(job, spoken) if job else results.empty(spoken)

    async def _strip(self, owner: str, spoken: Words, current: str | None) -> str:
        newest = await history_jobs.newest(self.studio, owner, history_tab.IN_STRIP)
        return history_tab.strip(newest, spoken, current)

    async def _strips(self, owner: str, language: str, current: str | None) -> Updates:
        spoken = words(language)
        strip = await self._strip(owner, spoken, current)
        used = bool(strip) or bool(current)
        return {
            self.page.strip: gr.update(value=strip, visible=bool(strip)),
            self.page.tiles: gr.update(value=results.tile_strip(spoken) if used else "", visible=used),
        }

    def _said(self, choice: Choice, language: str, given: Choice | None = None) -> Updates:
        """Every text of the page; where choice and language both have a say, the choice's is newer."""
        said = dict(zip(self.localized.components, self.localized.updates(language), strict=True))
        return _laid_over(said, self.view.updates(self.page.panel, choice, language, given))

    def _to_tab(self, mode: str) -> Updates:
        return {self.page.tabs.tabs: gr.update(selected=mode), self.page.tabs.mode: mode}


def owner_of(request: gr.Request) -> str:
    """Whose jobs these are: the browser's cookie, or for a page without one, its session."""
    return request.cookies.get(VISITOR_COOKIE) or f"session-{request.session_hash}"


def _session(request: gr.Request) -> str:
    """One load of the page."""
    return str(request.session_hash)


def _split(values: dict[str, Any]) -> tuple[Choice, str]:
    language = values.pop("language", "en")
    return Choice(**{name: value or "" for name, value in values.items()}), language


def _knock() -> str:
    return secrets.token_hex(4)


def _connection_problem(error: PlaygroundError, spoken: Words) -> str:
    told = explain(error, spoken)
    said = f" {told.said}" if told.said else ""
    return f'<p class="bad" data-say>{text(told.what + said)} {text(told.do)}</p>'


def _laid_over(below: Updates, above: Updates) -> Updates:
    """Two sets of updates as one, property by property: the upper one counts where both say something."""
    merged = dict(below)
    for component, update in above.items():
        before = merged.get(component)
        both = isinstance(before, dict) and isinstance(update, dict)
        merged[component] = {**before, **update} if both else update
    return merged
