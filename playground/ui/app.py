"""The page: lays out header, desk and table, and wires what people do to the studio.

Widgets are passed to handlers by name, never by position. Handlers only start, stop and watch jobs; what
the table shows is text made by `results` and `history_tab`.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from dataclasses import fields
from typing import Any

import gradio as gr
from fastapi import FastAPI

from playground.errors import InvalidRequest, PlaygroundError
from playground.request import build as build_request
from playground.settings import Settings
from playground.studio import Job, Studio
from playground.ui import history_tab, image_tray, mode_tabs, request_panel, results
from playground.ui.api import Endpoints, require_images
from playground.ui.explain import explain
from playground.ui.localized import Localized
from playground.ui.markup import LOGO, text
from playground.ui.request_panel import Choice, Panel, PanelView, credentials
from playground.ui.theme import TITLE, theme
from playground.ui.words import LANGUAGES, Words, language_of, words
from playground.web import VISITOR_COOKIE

MAX_THREADS = 400
_QUIET: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
# Many calls wait at once; one shared name, because the lowest limit of a name counts for all its events.
_CALLS: dict[str, Any] = {**_QUIET, "concurrency_limit": None, "concurrency_id": "generate"}
_DEEDS = "const names = ['tile', 'edit', 'compose', 'again', 'open', 'album', 'remedy'];"
_DEEDS_ON_LOAD = (
    _DEEDS
    + "const start = () => window.playground ? window.playground.deeds(element, trigger)"
    + " : setTimeout(start, 20); start();"
)


def mount(host: FastAPI, studio: Studio, settings: Settings) -> FastAPI:
    """Builds the page and mounts it at the root of `host`."""
    screen = Screen(studio, settings)
    page = screen.build()
    return gr.mount_gradio_app(
        host,
        page,
        path="/",
        server_name=settings.server_name,
        server_port=settings.server_port,
        theme=theme(),
        i18n=screen.localized.dictionary(),
        footer_links=[],
        run_history=False,  # it would keep the key's value in the browser's storage
        show_error=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=True,
        max_file_size=image_tray.MAX_UPLOAD_BYTES,
    )


class Screen:
    """One page for all visitors."""

    def __init__(self, studio: Studio, settings: Settings) -> None:
        self.studio = studio
        self.settings = settings
        self.localized = Localized()
        self.view = PanelView(studio.catalogue, studio.provider, settings)
        self.first = self.view.first_choice()
        # Running job -> language chosen since it began; forgotten when it ends.
        self._switched: dict[str, str] = {}

    # ── layout ──────────────────────────────────────────────────────────────────────────────────────────

    def build(self) -> gr.Blocks:
        """Lays out and wires the page."""
        with gr.Blocks(
            title=TITLE, analytics_enabled=False, fill_width=True, delete_cache=(3600, 172_800)
        ) as page:
            self._lay_out()
            self._wire(page)
            Endpoints(self.studio).register()
        page.max_threads = MAX_THREADS
        page.queue(max_size=1000, status_update_rate=5, default_concurrency_limit=None)
        return page

    def _lay_out(self) -> None:
        self.shown = gr.State(("empty", None))
        self.current = gr.State("")
        self.resume = gr.State("")
        self.knock = gr.Textbox("", visible=False)  # a new value opens the connection panel
        parts = self._header()
        with gr.Column(elem_id="connect", elem_classes="folded"):
            parts |= self._connection()
        with gr.Column(elem_id="desk"):
            with gr.Column(elem_id="composer"):
                self.tabs = mode_tabs.build(self.localized)
                with gr.Column(elem_id="promptbox"):
                    parts["prompt"] = self.localized.make(
                        gr.Textbox,
                        says={
                            "label": lambda w: w("prompt.label"),
                            "placeholder": lambda w: w("prompt.hint"),
                        },
                        lines=4,
                        max_lines=14,
                        elem_id="prompt",
                        container=False,
                        interactive=True,
                    )
                    self._html(_shortcut, "prompttools")
                self.strip_of_tiles = gr.HTML(
                    "", elem_id="tiles", visible=False, js_on_load=_DEEDS_ON_LOAD, apply_default_css=False
                )
                parts["settings"] = self.localized.make(
                    gr.Button, says={"value": lambda w: self.view.summary(self.first, w)}, elem_id="settings"
                )
                with gr.Column(elem_id="settings-fold", elem_classes="folded"):
                    parts |= request_panel.build_settings(self.localized, self.view, self.first)
                with gr.Column(elem_id="go-row"):
                    self.go = self.localized.make(
                        gr.Button, says={"value": lambda w: w("panel.generate")}, elem_id="go"
                    )
                    self.stop = self.localized.make(
                        gr.Button, says={"value": lambda w: w("panel.stop")}, elem_id="stop", visible=False
                    )
                parts["price"] = self._html(lambda w: self.view.price_html(self.first, w), "price")
            with gr.Column(elem_id="table"):
                self.table = self._html(results.empty, "stage", js_on_load=_DEEDS_ON_LOAD)
                self.strip = gr.HTML(
                    "", elem_id="strip", visible=False, js_on_load=_DEEDS_ON_LOAD, apply_default_css=False
                )
        self.panel = Panel(**parts)

    def _header(self) -> dict[str, Any]:
        with gr.Column(elem_id="bar"):
            self._html(_brand, "brand")
            self.language = gr.Textbox(value="en", visible=False)
            self.language_switch = self.localized.make(
                gr.Button, says={"value": lambda w: w("app.other_language")}, elem_id="lang"
            )
            self.localized.make(
                gr.Button,
                says={"value": lambda w: w("app.theme")},
                elem_id="theme",
                elem_classes=["ic", "ic-theme"],
            )
            _, ready = self.view.connection(self.first, words("en"))
            pill = self.localized.make(
                gr.Button,
                says={"value": lambda w: self.view.connection(self.first, w)[0]},
                elem_id="pill",
                elem_classes=["on"] if ready else [],
            )
        return {"pill": pill}

    def _connection(self) -> dict[str, Any]:
        self._html(
            lambda w: f"<h2>{text(w('connection.title'))}</h2><p>{text(w('connection.intro'))}</p>", None
        )
        parts = request_panel.build_connection(self.localized, self.view, self.first)
        parts["connection"] = gr.HTML("", elem_id="connection-report", apply_default_css=False)
        with gr.Column(elem_id="connect-row"):
            self.check = self.localized.make(
                gr.Button, says={"value": lambda w: w("connection.check")}, elem_id="testconn"
            )
            self.close = self.localized.make(
                gr.Button, says={"value": lambda w: w("connection.close")}, elem_id="closeconn"
            )
        return parts

    def _html(self, say: Any, elem_id: str | None, **props: Any) -> gr.HTML:
        return self.localized.make(
            gr.HTML,
            says={"value": say},
            elem_id=elem_id,
            apply_default_css=False,
            **{"js_on_load": None, **props},
        )

    # ── wiring ──────────────────────────────────────────────────────────────────────────────────────────

    def _wire(self, page: gr.Blocks) -> None:
        panel, tabs = self.panel, self.tabs
        choice = self._choice_inputs()
        self.static = list(self.localized.components)
        panel_outputs = [getattr(panel, field.name) for field in fields(Panel)]
        trays = list(tabs.trays.values())
        job_outputs = [
            panel.connection, self.table, self.shown, self.current,
            self.go, self.stop, self.strip, self.strip_of_tiles,
            self.knock,
        ]  # fmt: skip
        form_outputs = [*panel_outputs, tabs.tabs, tabs.mode, *trays]
        everything = list(dict.fromkeys([*self.static, *form_outputs, *job_outputs, self.language]))
        form = {
            "prompt": panel.prompt,
            **choice,
            "edit_image": tabs.trays["edit"],
            "compose_images": tabs.trays["compose"],
        }

        page.load(
            self.on_load,
            inputs=[self.language],
            outputs=[*everything, self.resume],
            js="(chosen) => window.playground ? window.playground.language() : chosen",
            queue=False,
            **_QUIET,
        )
        self.resume.change(self.on_resume, [self.resume, self.language], job_outputs, **_CALLS)
        self.language_switch.click(
            None, self.language, self.language, js="(now) => window.playground.switchLanguage(now)"
        ).then(
            self.on_language,
            inputs_kwargs={**choice, "shown": self.shown, "current": self.current},
            outputs=everything,
            queue=False,
            **_QUIET,
        )
        panel.provider.input(
            self.on_provider, inputs_kwargs=choice, outputs=panel_outputs, queue=False, **_QUIET
        )
        for widget in (
            panel.model,
            panel.aspect_ratio,
            panel.image_size,
            panel.count,
            panel.output_format,
            panel.response_modalities,
        ):
            widget.input(self.on_choice, inputs_kwargs=choice, outputs=panel_outputs, queue=False, **_QUIET)
        for widget in (panel.key, panel.base_url):
            widget.blur(self.on_choice, inputs_kwargs=choice, outputs=panel_outputs, queue=False, **_QUIET)
        tabs.tabs.select(None, tabs.mode, tabs.mode, js="(mode) => window.playground.mode(mode)")
        tabs.mode.change(
            self.on_mode,
            inputs_kwargs=choice,
            outputs=[panel.prompt, panel.aspect_ratio],
            queue=False,
            **_QUIET,
        )
        panel.shape_more.click(
            None, js="() => { document.getElementById('ratiobox').classList.toggle('all') }"
        )
        self._fold(panel.settings, "settings-fold", request_panel.SETTINGS)
        self._fold(panel.pill, "connect", request_panel.CONNECTION)
        self.close.click(None, js="() => window.playground.fold('connect')")
        self.knock.change(None, self.knock, None, js="() => window.playground.unfold('connect')")
        self.check.click(self.on_check, inputs_kwargs=choice, outputs=[panel.connection], **_CALLS)
        self.go.click(None, js="() => window.playground.pressed()")
        self.go.click(self.on_generate, inputs_kwargs=form, outputs=job_outputs, **_CALLS)
        self.stop.click(self.on_stop, [self.current], [self.table], queue=False, **_QUIET)
        for html in (self.table, self.strip, self.strip_of_tiles):
            html.tile(self.on_tile, inputs_kwargs=choice, outputs=form_outputs, queue=False, **_QUIET)
            html.edit(
                self.on_use, inputs_kwargs={**choice, "compose_images": tabs.trays["compose"]},
                outputs=form_outputs, queue=False, **_QUIET,
            )  # fmt: skip
            html.compose(
                self.on_use, inputs_kwargs={**choice, "compose_images": tabs.trays["compose"]},
                outputs=form_outputs, queue=False, **_QUIET,
            )  # fmt: skip
            html.open(
                self.on_open, [self.language], [self.table, self.shown, self.strip], queue=False, **_QUIET
            )
            html.album(self.on_album, [self.language], [self.table, self.shown], queue=False, **_QUIET)
            html.remedy(
                self.on_remedy,
                inputs_kwargs={**choice, "prompt": panel.prompt, "compose_images": tabs.trays["compose"]},
                outputs=[*form_outputs, self.knock],
                queue=False,
                **_QUIET,
            )
            html.again(
                self.on_again,
                inputs_kwargs={"language": self.language, "key": panel.key, "base_url": panel.base_url},
                outputs=job_outputs,
                **_CALLS,
            )

    def _fold(self, button: gr.Button, elem_id: str, names: tuple[str, ...]) -> None:
        """`button` folds and unfolds a column. What is in it is built at the first unfolding, so that the
        first screen loads none of it."""
        button.click(None, js=f"() => window.playground.fold('{elem_id}')")
        widgets = {getattr(self.panel, name): name for name in names}
        button.click(
            lambda **values: self._unfold(widgets, **values),
            inputs_kwargs=self._choice_inputs(),
            outputs=list(widgets),
            queue=False,
            **_QUIET,
        )

    def _unfold(self, widgets: dict[Any, str], **values: Any) -> dict[Any, Any]:
        choice, language = _split(values)
        updates = self.view.updates(self.panel, self.view.valid(choice), language)
        return {widget: {"visible": True, **updates.get(widget, gr.update())} for widget in widgets}

    def _choice_inputs(self) -> dict[str, Any]:
        panel = self.panel
        named = {field.name: getattr(panel, field.name) for field in fields(Choice) if field.name != "mode"}
        return {**named, "mode": self.tabs.mode, "language": self.language}

    # ── handlers ────────────────────────────────────────────────────────────────────────────────────────

    def on_load(self, language: str, request: gr.Request) -> dict[Any, Any]:
        """First paint: the language, this visitor's pictures, and the job that still runs."""
        language = language if language in LANGUAGES else language_of(request.headers.get("accept-language"))
        owner = owner_of(request)
        updates: dict[Any, Any] = {self.language: language}
        if language != language_of(request.headers.get("accept-language")):
            updates |= self._said(self.first, language)
            updates[self.table] = gr.update(value=results.empty(words(language)))
        jobs = self.studio.jobs(owner)
        updates |= self._strips(owner, language, None)
        if jobs:
            updates = _laid_over(updates, self._view(jobs[0], language))
        running = self.studio.running(owner)
        if running is not None:
            updates[self.resume] = running.id
        return updates

    async def on_resume(
        self, job_id: str, language: str, request: gr.Request
    ) -> AsyncIterator[dict[Any, Any]]:
        """A page that was loaded while a job runs goes on watching it."""
        job = self.studio.job(job_id, owner=owner_of(request))
        if job is not None:
            async for update in self._watch(job, language):
                yield update

    def on_language(self, shown: Any, current: str, request: gr.Request, **values: Any) -> dict[Any, Any]:
        """Says everything anew in the chosen language; nothing in the form is touched."""
        choice, language = _split(values)
        owner = owner_of(request)
        updates = self._said(self.view.valid(choice), language)
        updates[self.table] = gr.update(value=self._table(shown, owner, language))
        updates |= self._strips(owner, language, current)
        job = self.studio.job(current, owner=owner)
        if job is not None and not job.is_done:
            self._switched[job.id] = language
        return updates

    def on_choice(self, **values: Any) -> dict[Any, Any]:
        """Something in the panel changed: its choices and texts follow."""
        choice, language = _split(values)
        return self.view.updates(self.panel, self.view.valid(choice), language)

    def on_mode(self, **values: Any) -> dict[Any, Any]:
        """Another tab: only words change. Values may just be changing too, so none is sent back."""
        choice, language = _split(values)
        updates = self.view.updates(self.panel, self.view.valid(choice), language)
        shapes = updates[self.panel.aspect_ratio]["choices"]
        return {
            self.panel.prompt: updates[self.panel.prompt],
            self.panel.aspect_ratio: gr.update(choices=shapes),
        }

    def on_provider(self, **values: Any) -> dict[Any, Any]:
        """Another provider: its models, its fields."""
        choice, language = _split(values)
        return self.view.updates(self.panel, self.view.with_provider(choice), language)

    async def on_check(self, **values: Any) -> AsyncIterator[dict[Any, Any]]:
        """A free look at the address: does it answer, is the key accepted?"""
        choice, language = _split(values)
        spoken = words(language)
        place = self.panel.connection
        yield {place: gr.update(value=f'<p role="status">{text(spoken("connection.checking"))}</p>')}
        try:
            given = credentials(choice.key, choice.base_url)
            report = await self.studio.provider.check(choice.provider, given)
        except PlaygroundError as error:
            yield {place: gr.update(value=_connection_problem(error, spoken))}
            return
        free = self.studio.catalogue.provider(choice.provider).free
        key = "connection.ok_demo" if free else f"connection.{report.code}"
        yield {place: gr.update(value=f'<p class="ok" role="status">{text(spoken(key))}</p>')}

    async def on_generate(
        self, prompt: str, edit_image: Any, compose_images: Any, request: gr.Request, **values: Any
    ) -> AsyncIterator[dict[Any, Any]]:
        """Checks, starts a job, and shows it until it is done."""
        choice, language = _split(values)
        trays = {"edit": edit_image, "compose": compose_images}
        try:
            job = await self._start(choice, prompt, trays.get(choice.mode), owner_of(request))
        except PlaygroundError as error:
            yield self._not_sent(error, language)
            return
        async for update in self._watch(job, language):
            yield update

    async def on_again(
        self, event: gr.EventData, language: str, key: str, base_url: str, request: gr.Request
    ) -> AsyncIterator[dict[Any, Any]]:
        """The same request once more."""
        owner = owner_of(request)
        before = self.studio.job(str(event.job), owner=owner)
        if before is None:
            return
        try:
            job = await self.studio.start(
                before.request, credentials(key, base_url), owner=owner, mode=before.mode
            )
        except PlaygroundError as error:
            yield self._not_sent(error, language)
            return
        async for update in self._watch(job, language):
            yield update

    def on_stop(self, current: str, request: gr.Request) -> Any:
        """Ends the running job; what has arrived stays."""
        self.studio.stop(current, owner=owner_of(request))
        return gr.skip()

    def on_open(self, event: gr.EventData, language: str, request: gr.Request) -> tuple[Any, Any, Any]:
        """An earlier result back on the table."""
        owner = owner_of(request)
        job = self.studio.job(str(event.job), owner=owner)
        if job is None:
            return gr.skip(), gr.skip(), gr.skip()
        spoken = words(language)
        strip = history_tab.strip(self.studio.jobs(owner), spoken, job.id)
        return results.job_view(job, spoken), ("job", job.id), gr.update(value=strip)

    def on_album(self, language: str, request: gr.Request) -> tuple[Any, Any]:
        """All pictures of the session with their prompts."""
        return self._table(("album", None), owner_of(request), language), ("album", None)

    def on_tile(self, event: gr.EventData, **values: Any) -> dict[Any, Any]:
        """A way to start: fills in the form and sends nothing."""
        choice, language = _split(values)
        tile = mode_tabs.TILES.get(str(event.tile))
        if tile is None:
            return {}
        wanted = Choice(**{**choice.__dict__, "mode": tile.mode, "aspect_ratio": tile.aspect_ratio})
        updates = self.view.updates(self.panel, self.view.valid(wanted), language)
        prompt = words(language)(f"tiles.{event.tile}.prompt")
        updates[self.panel.prompt] = {**updates[self.panel.prompt], "value": prompt}
        updates |= self._to_tab(tile.mode)
        if tile.samples:
            items = [image_tray.sample_item(name) for name in tile.samples]
            updates[self.tabs.trays[tile.mode]] = gr.update(value=items)
        return updates

    def on_use(
        self, event: gr.EventData, compose_images: Any, request: gr.Request, **values: Any
    ) -> dict[Any, Any]:
        """A result becomes an input: of Edit, or one more of Compose."""
        choice, language = _split(values)
        generation, _, name = str(event.picture).partition("/")
        path = self.studio.history.find_file(generation, name)
        if path is None:
            return {}
        job = self.studio.job(generation, owner=owner_of(request))
        title = " ".join(job.request.prompt.split())[:60] if job else name
        item = image_tray.item_for(generation, name, title, path.stat().st_size)
        mode = "edit" if event.do == "edit" else "compose"
        updates = self.view.updates(
            self.panel, self.view.valid(Choice(**{**choice.__dict__, "mode": mode})), language
        )
        before = compose_images if mode == "compose" and isinstance(compose_images, list) else []
        updates |= self._to_tab(mode)
        updates[self.tabs.trays[mode]] = gr.update(value=[*before, item][: image_tray.MAX_IMAGES])
        if len(before) >= image_tray.MAX_IMAGES:
            gr.Info(text(words(language)("tray.full", max=image_tray.MAX_IMAGES, name=name)))
        return updates

    def on_remedy(
        self, event: gr.EventData, prompt: str, compose_images: Any, **values: Any
    ) -> dict[Any, Any]:
        """Changes the form in the way that a refusal suggests. Sends nothing."""
        choice, language = _split(values)
        changed = dict(choice.__dict__)
        remedy = str(event.remedy)
        if remedy == "images":
            changed["response_modalities"] = request_panel.IMAGE_ONLY
        elif remedy == "model":
            changed["model"] = str(event.model)
        elif remedy == "size":
            changed["image_size"] = "1K"
        elif remedy == "demo":
            changed["provider"] = "demo"
            changed = self.view.with_provider(Choice(**changed)).__dict__
        updates = self.view.updates(self.panel, self.view.valid(Choice(**changed)), language)
        if remedy == "ask":
            asked = words(language)("refusal.plainly", prompt=prompt)
            updates[self.panel.prompt] = {**updates[self.panel.prompt], "value": asked}
        if remedy == "last" and isinstance(compose_images, list):
            updates[self.tabs.trays["compose"]] = gr.update(value=compose_images[:-1])
        if remedy == "connect":
            updates[self.knock] = self._knock()
        return updates

    # ── helpers ─────────────────────────────────────────────────────────────────────────────────────────

    async def _start(self, choice: Choice, prompt: str, tray: Any, owner: str) -> Job:
        files = image_tray.files(tray, self.studio.history)
        given = credentials(choice.key, choice.base_url)
        require_images(choice.mode, len(files))
        request = build_request(
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
        request = request.model_copy(update={"images": images})
        return await self.studio.start(request, given, owner=owner, mode=choice.mode)

    async def _watch(self, job: Job, language: str) -> AsyncIterator[dict[Any, Any]]:
        """What the page shows of a job, at once and after each change until it is done."""
        async for _ in job.watch():
            language = self._switched.get(job.id, language)
            if job.is_done:
                self._switched.pop(job.id, None)
            strips = self._strips(job.owner, language, job.id) if job.is_done or not job.outcomes else {}
            yield self._view(job, language) | strips

    def _view(self, job: Job, language: str) -> dict[Any, Any]:
        return {
            self.table: gr.update(value=results.job_view(job, words(language))),
            self.shown: ("job", job.id),
            self.current: job.id,
            self.go: gr.update(interactive=job.is_done),
            self.stop: gr.update(visible=not job.is_done),
        }

    def _not_sent(self, error: PlaygroundError, language: str) -> dict[Any, Any]:
        """A refusal before sending. What is wrong with key or address is said where they are typed."""
        spoken = words(language)
        if isinstance(error, InvalidRequest) and error.field in ("key", "base_url"):
            return {
                self.panel.connection: gr.update(value=_connection_problem(error, spoken)),
                self.knock: self._knock(),
            }
        return {
            self.table: gr.update(value=results.refused(error, spoken)),
            self.shown: ("error", error),
        }

    def _knock(self) -> str:
        return secrets.token_hex(4)

    def _table(self, shown: Any, owner: str, language: str) -> str:
        """What the table shows, said in a language."""
        kind, what = shown
        spoken = words(language)
        if kind == "error":
            return results.refused(what, spoken)
        if kind == "album":
            return history_tab.album(self.studio.jobs(owner), spoken)
        job = self.studio.job(what, owner=owner) if kind == "job" else None
        return results.job_view(job, spoken) if job else results.empty(spoken)

    def _strips(self, owner: str, language: str, current: str | None) -> dict[Any, Any]:
        spoken = words(language)
        strip = history_tab.strip(self.studio.jobs(owner), spoken, current)
        used = bool(strip) or bool(current)
        return {
            self.strip: gr.update(value=strip, visible=bool(strip)),
            self.strip_of_tiles: gr.update(value=results.tile_strip(spoken) if used else "", visible=used),
        }

    def _said(self, choice: Choice, language: str) -> dict[Any, Any]:
        """Every text of the page; where choice and language both have a say, the choice's is newer."""
        said = dict(zip(self.localized.components, self.localized.updates(language), strict=True))
        return _laid_over(said, self.view.updates(self.panel, choice, language))

    def _to_tab(self, mode: str) -> dict[Any, Any]:
        return {self.tabs.tabs: gr.update(selected=mode), self.tabs.mode: mode}


def _connection_problem(error: PlaygroundError, spoken: Words) -> str:
    told = explain(error, spoken)
    said = f" {told.said}" if told.said else ""
    return f'<p class="bad" role="alert">{text(told.what + said)} {text(told.do)}</p>'


def _laid_over(below: dict[Any, Any], above: dict[Any, Any]) -> dict[Any, Any]:
    """Two sets of updates as one, property by property: the upper one counts where both say something."""
    merged = dict(below)
    for component, update in above.items():
        before = merged.get(component)
        both = isinstance(before, dict) and isinstance(update, dict)
        merged[component] = {**before, **update} if both else update
    return merged


def _brand(spoken: Words) -> str:
    other = "en" if spoken.language == "zh" else "zh-CN"
    return (
        f'<div class="brand">{LOGO}<h1>{text(spoken("app.name"))}'
        f'<span lang="{other}">{text(spoken("app.other_name"))}</span></h1></div>'
    )


def _shortcut(spoken: Words) -> str:
    return f'<div class="tools"><kbd>{text(spoken("prompt.shortcut"))}</kbd></div>'


def owner_of(request: gr.Request) -> str:
    """Whose jobs these are: the browser's cookie, or for a page without one, its session."""
    return request.cookies.get(VISITOR_COOKIE) or f"session-{request.session_hash}"


def _split(values: dict[str, Any]) -> tuple[Choice, str]:
    language = values.pop("language", "en")
    return Choice(**{name: value or "" for name, value in values.items()}), language
