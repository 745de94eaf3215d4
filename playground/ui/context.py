"""What every handler works with: who asks, what the form says, and what the page shows around it.

It holds nothing of a visitor but who watches a job that is running.
"""

from __future__ import annotations

import secrets
from typing import Any

import gradio as gr

from playground.errors import InvalidRequest
from playground.jobs.studio import Job, Studio
from playground.providers.credentials import Credentials
from playground.server.visitors import VISITOR_COOKIE
from playground.settings import Settings
from playground.ui import cards, results
from playground.ui.history import jobs as history_jobs
from playground.ui.history import page as history_page
from playground.ui.localized import Localized
from playground.ui.page import Page
from playground.ui.settings_panel import Choice, PanelView, credentials
from playground.ui.updates import Updates
from playground.ui.watching import Watching
from playground.ui.words import Words, words

_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


class Context:
    """The page, what stands behind it, and what is asked of both by handlers of more than one kind."""

    def __init__(
        self, studio: Studio, settings: Settings, page: Page, view: PanelView, localized: Localized
    ) -> None:
        self.studio = studio
        self.settings = settings
        self.page = page
        self.view = view
        self.localized = localized
        self.watching = Watching(page, self.strips)

    def credentials(self, choice: Choice, request: gr.Request) -> Credentials:
        """Key and address as typed.

        A page that came through a proxy is open to others than this machine, whatever address the app
        listens on: an address typed there counts only when the operator has said so.
        """
        given = credentials(choice.key, choice.base_url)
        is_forwarded = any(name in request.headers for name in _FORWARDED)
        if given.base_url and is_forwarded and not self.settings.visitor_base_url_explicit:
            raise InvalidRequest("base_url_not_allowed", field="base_url")
        return given

    async def job(self, owner: str, generation: str) -> Job | None:
        """A job of today or of the history; None when it is gone."""
        return await history_jobs.find(self.studio, owner, generation)

    async def now_shown(self, shown: Any, owner: str, language: str) -> Updates:
        """Something else on the table."""
        return {
            self.page.table: gr.update(value=await self.table(shown, owner, language)),
            self.page.shown: shown,
        }

    async def table(self, shown: Any, owner: str, language: str) -> str:
        """What the table shows, said in a language."""
        kind, what = shown
        spoken = words(language)
        if kind == "error":
            return cards.card(what, spoken)
        if kind == "cut off":
            jobs = [job for job_id in what if (job := self.studio.job(job_id, owner=owner))]
            return cards.cut_off(jobs, spoken)
        job = await self.job(owner, what) if kind == "job" else None
        return results.job_view(job, spoken) if job else results.empty(spoken)

    async def strip(self, owner: str, spoken: Words, current: str | None) -> str:
        """The newest pictures in a row, the current one marked."""
        newest = await history_jobs.newest(self.studio, owner, history_page.IN_STRIP)
        return history_page.strip(newest, spoken, current)

    async def strips(self, owner: str, language: str, current: str | None) -> Updates:
        """The small lists around the table."""
        spoken = words(language)
        strip = await self.strip(owner, spoken, current)
        used = bool(strip) or bool(current)
        return {
            self.page.strip: gr.update(value=strip, visible=bool(strip)),
            self.page.tiles: gr.update(value=results.tile_strip(spoken) if used else "", visible=used),
        }

    async def chip(self, owner: str, following: str, language: str) -> str:
        """What stands above the prompt while the next request continues from a picture; "" without one."""
        generation, _, name = following.partition("/")
        job = await self.job(owner, generation)
        picture = next((one for one in job.pictures if one.name == name), None) if job else None
        return results.following(picture, words(language)) if picture else ""

    def to_tab(self, mode: str) -> Updates:
        """Another tab in front."""
        return {self.page.tabs.tabs: gr.update(selected=mode), self.page.tabs.mode: mode}


def owner_of(request: gr.Request) -> str:
    """Whose jobs these are: the browser's cookie, or for a page without one, its session."""
    return request.cookies.get(VISITOR_COOKIE) or f"session-{request.session_hash}"


def session_of(request: gr.Request) -> str:
    """One load of the page."""
    return str(request.session_hash)


def split(values: dict[str, Any]) -> tuple[Choice, str]:
    """The values of a form: what is chosen, and the language."""
    language = values.pop("language", "en")
    return Choice.of(values), language


def knock() -> str:
    """Unfolds the connection: the page's `knock` has to change, to anything."""
    return secrets.token_hex(4)
