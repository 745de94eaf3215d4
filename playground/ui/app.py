"""Builds the page from its parts and mounts it on the host.

The parts: `page` (what stands where), handlers (what happens), `wiring` (which press does what).
"""

from __future__ import annotations

import gradio as gr
from fastapi import FastAPI
from starlette.middleware import Middleware

from playground.batches.runner import Batches
from playground.jobs.studio import Studio
from playground.server.budgets import UPLOADS_KEPT_SECONDS
from playground.server.endings import Endings
from playground.server.mending import BodyMending
from playground.settings import Settings
from playground.ui import exports, image_tray, light_updates, page, parameters
from playground.ui.account import AccountPrograms
from playground.ui.api import Endpoints
from playground.ui.batch.calls import BatchCalls, BatchHandlers, Tables
from playground.ui.batch.programs import BatchPrograms
from playground.ui.context import Context
from playground.ui.history.calls import HistoryCalls
from playground.ui.localized import Localized
from playground.ui.mcp import InnerCalls
from playground.ui.panel_view import PanelView
from playground.ui.programs import Programs
from playground.ui.sharing import ShareCalls
from playground.ui.starting import Starting
from playground.ui.theme import TITLE, theme
from playground.ui.wiring import Wiring

MAX_THREADS = 400
"""Gradio counts waiting calls against its threads, asynchronous ones too."""


def mount(
    host: FastAPI, studio: Studio, settings: Settings, inside: str, starting: Starting, batches: Batches
) -> FastAPI:
    """Builds the page and mounts it at the root of `host`, made with the same `inside` and budgets."""
    exports.add_routes(host, studio.history, studio.catalogue)
    light_updates.skip_matplotlib()
    localized = Localized()
    blocks = build(studio, settings, localized, starting, batches)
    # Gradio checks the paths that a client names only for apps that it has launched by itself. Without
    # this, any file of the server could be named as an input picture.
    blocks.has_launched = True
    around = [Middleware(one) for one in (Endings, BodyMending)]
    around.append(Middleware(light_updates.StreamEnds, blocks=blocks))
    mounted: FastAPI = gr.mount_gradio_app(
        host,
        blocks,
        path="/",
        root_path="",  # each request says it, see `playground.server.proxied`
        server_name=settings.server_name,
        server_port=settings.server_port,
        theme=theme(),
        i18n=localized.dictionary(),
        footer_links=[],
        run_history=False,  # it would keep the key's value in the browser's storage
        show_error=False,
        ssr_mode=False,
        pwa=False,
        mcp_server=True,
        app_kwargs={
            "middleware": around,
            "exception_handlers": {TypeError: parameters.on_type_error, KeyError: parameters.on_key_error},
        },
        max_file_size=image_tray.MAX_UPLOAD_BYTES,
    )
    parameters.guard_tools(blocks)
    inner = InnerCalls(inside)
    inner.serve(blocks.mcp_server_obj)
    host.add_middleware(inner.around)
    return mounted


def build(
    studio: Studio, settings: Settings, localized: Localized, starting: Starting, batches: Batches
) -> gr.Blocks:
    """The page, laid out and wired."""
    view = PanelView(studio.catalogue, studio.provider, settings)
    blocks: gr.Blocks
    with parameters.Blocks(
        title=TITLE,
        analytics_enabled=False,
        fill_width=True,
        delete_cache=(3600, UPLOADS_KEPT_SECONDS),
    ) as blocks:
        calls = HistoryCalls(studio)
        sharing = ShareCalls(studio, view).functions()
        tables = Tables(studio)
        batching = BatchCalls(batches).functions()
        asked = page.Calls(calls.functions(), calls.recognising(), batching, calls.viewing(), sharing)
        parts = page.lay_out(localized, view, view.first_choice(), asked)
        context = Context(studio, settings, parts, view, localized, starting)
        handlers, endpoints = BatchHandlers(batches, tables), Endpoints(studio, starting)
        Wiring(context, handlers).connect(blocks)
        endpoints.register()
        BatchPrograms(batches, tables, handlers, endpoints.owner).register()
        AccountPrograms(studio, endpoints.owner).register()
        Programs(studio, starting, endpoints.owner).register()
    blocks.max_threads = MAX_THREADS
    blocks.queue(max_size=1000, status_update_rate=5, default_concurrency_limit=None)
    light_updates.keep_no_statistics(blocks)
    light_updates.look_less_often(blocks)
    return blocks
