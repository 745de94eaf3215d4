"""What every handler works with: who asks, what the form says, and what the page shows around it.

It holds nothing of a visitor but who watches a job that is running.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import gradio as gr

from playground import region
from playground.errors import InvalidRequest, PlaygroundError
from playground.history import Entry
from playground.jobs.studio import Job, Studio
from playground.providers.credentials import Credentials
from playground.request import build
from playground.server.headers import SPACES_ANCESTORS
from playground.server.visitors import VISITOR_COOKIE
from playground.settings import Settings
from playground.ui import cards, form_notice, results, versions
from playground.ui.explain import explain
from playground.ui.form import Choice, credentials
from playground.ui.history import jobs as history_jobs
from playground.ui.history import page as history_page
from playground.ui.localized import Localized
from playground.ui.page import Page
from playground.ui.panel_view import PanelView
from playground.ui.starting import Starting
from playground.ui.updates import Updates
from playground.ui.watching import Watching
from playground.ui.words import DEFAULT, Words, words_for

FRAMED_HEADER = "x-playground-framed"
"""Set by the page's script while another page shows it in a frame: the outermost origin, or "unknown"."""
_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")
TRAY = "tray_"
"""What the names of the trays' values begin with; the mode follows."""


@dataclass(frozen=True)
class Press:
    """A press of a button in our HTML, and what the form said at that moment.

    Attributes:
        trays: mode -> the pictures of its tray, as the browser sent them.
        continues: the picture that the next request continues from, "<generation>/<name>", or "".
    """

    event: gr.EventData
    request: gr.Request
    choice: Choice
    language: str
    prompt: str
    continues: str
    trays: Mapping[str, list[Any]]

    @classmethod
    def of(cls, event: gr.EventData, request: gr.Request, values: dict[str, Any]) -> Press:
        """The press from the values of the form by name, see `Wiring.form`."""
        trays = {name: values.pop(name) for name in [*values] if name.startswith(TRAY)}
        prompt, continues = values.pop("prompt") or "", values.pop("continues") or ""
        pictures = {
            name.removeprefix(TRAY): value if isinstance(value, list) else [] for name, value in trays.items()
        }
        choice, language = split(values)
        return cls(event, request, choice, language, prompt, continues, pictures)

    def data(self, name: str) -> str:
        """What the button carries along as `data-<name>`; "" where it carries none."""
        return carried(self.event, name)

    @property
    def owner(self) -> str:
        return owner_of(self.request)

    @property
    def session(self) -> str:
        return session_of(self.request)


class Context:
    """The page, what stands behind it, and what is asked of both by handlers of more than one kind."""

    def __init__(
        self,
        studio: Studio,
        settings: Settings,
        page: Page,
        view: PanelView,
        localized: Localized,
        starting: Starting,
    ) -> None:
        self.studio = studio
        self.settings = settings
        self.page = page
        self.view = view
        self.localized = localized
        self.starting = starting
        self.watching = Watching(page, self.strips, studio.pending)

    def credentials(self, choice: Choice, request: gr.Request) -> Credentials:
        """Key and address as typed.

        A page that came through a proxy is open to others than this machine, whatever address the app
        listens on: an address typed there counts only when the operator has said so.
        """
        given = credentials(choice.key, choice.base_url, choice.auth)
        is_forwarded = any(name in request.headers for name in _FORWARDED)
        if given.base_url and is_forwarded and not self.settings.visitor_base_url_explicit:
            raise InvalidRequest("base_url_not_allowed", field="base_url")
        return replace(given, may_spend=not is_embedded(request.headers, self.settings))

    async def job(self, owner: str, generation: str) -> Job | None:
        """A job of today or of the history; None when it is gone."""
        return await history_jobs.find(self.studio, owner, generation)

    async def now_shown(self, shown: Any, owner: str, language: str) -> Updates:
        """Another result is shown."""
        return {
            self.page.result: gr.update(value=await self.result_html(shown, owner, language)),
            self.page.shown: shown,
        }

    async def result_html(self, shown: Any, owner: str, language: str) -> str:
        """What is shown as the result, in a language."""
        kind, what = shown
        words = words_for(language)
        if kind == "error":
            return cards.card(what, words)
        if kind == "interrupted":
            jobs = [job for job_id in what if (job := self.studio.job(job_id, owner=owner))]
            return cards.interrupted(jobs, words)
        job = await self.job(owner, what) if kind == "job" else None
        if job is not None:
            return results.job_view(job, words)
        return await self.greeting(owner, words) or results.empty(words)

    async def greeting(self, owner: str, words: Words) -> str:
        """What an empty table says to somebody who has made pictures before; "" for a first visit."""
        return history_page.greeting(await self._newest(owner), words)

    async def strip(self, owner: str, words: Words, current: str | None) -> str:
        """The newest pictures in a row, the current one marked."""
        return history_page.strip(await self._newest(owner), words, current)

    async def _newest(self, owner: str) -> Sequence[Entry]:
        return await history_jobs.newest(self.studio, owner, history_page.IN_STRIP)

    async def strips(self, owner: str, language: str, current: str | None) -> Updates:
        """The small lists around the result."""
        words = words_for(language)
        newest = await self._newest(owner)
        strip, recents = history_page.strip(newest, words, current), history_page.recents(newest, words)
        return {
            self.page.strip: strip,
            self.page.recents: recents,
        }

    async def versions(self, owner: str, continues: str, language: str, choice: Choice) -> str:
        """What stands above the prompt while the next request goes on from a picture; "" without one.

        Args:
            choice: what the panel holds: only the model that made a conversation gets all of it.
        """
        if not continues:
            return ""
        generation, _, picture = continues.partition("/")
        try:
            asked = build(prompt="-", provider=choice.provider, model=choice.model)
            turns = await self.studio.turns_along(asked, owner=owner, generation=generation, picture=picture)
            tree = await asyncio.to_thread(self.studio.history.tree, owner, generation)
        except PlaygroundError:
            return ""
        return versions.line(tree, continues, len(turns), words_for(language))

    async def going_on(self, press: Press, continues: str, choice: Choice | None = None) -> Updates:
        """The next request goes on from a picture of the owner's, or from none where it is gone."""
        notice = await self.versions(press.owner, continues, press.language, choice or press.choice)
        return self.continuing(continues if notice else "", notice)

    def to_tab(self, mode: str) -> Updates:
        """Another tab in front."""
        return {self.page.tabs.tabs: gr.update(selected=mode), self.page.tabs.mode: mode}

    def form(self, wanted: Choice, press: Press) -> Updates:
        """The panel as `wanted`, as far as provider and model allow it."""
        return self.view.updates(self.page.panel, self.view.valid(wanted), press.language, press.choice)

    def continuing(self, picture: str, notice: str) -> Updates:
        """What the next request continues from, and the line that says so; both empty for nothing."""
        return {
            self.page.continues: picture,
            self.page.continuing_notice: notice,
        }

    def open_connection(self) -> Updates:
        """Unfolds the connection: the page's script acts when the value changes, to anything."""
        return {self.page.open_connection: secrets.token_hex(4)}

    def answered(self, token: str, job: Job | None = None) -> Updates:
        """Tells the page's script what has become of a press: it has started a job, or none."""
        said = {"token": token, "prompt": region.without(job.request.prompt) if job else ""}
        return {self.page.answered: json.dumps(said, ensure_ascii=False)}

    def told(self, key: str, language: str, **facts: object) -> Updates:
        """The words of a key in the line above the prompt.

        Gradio's own messages come from its queue alone, in which a press does not wait.
        """
        return {self.page.form_notice: form_notice.update(lambda words: words(key, **facts), language)}

    def told_at_form(self, error: PlaygroundError, language: str, lacks: str = "") -> Updates:
        """A refusal in the line above the prompt; `lacks` is the field that is to be filled in."""

        def say(words: Words) -> str:
            explanation = explain(error, words)
            return words.together(explanation.what, explanation.do)

        return {self.page.form_notice: form_notice.update(say, language, lacks=lacks)}

    def not_sent(self, error: PlaygroundError, language: str, owner: str) -> Updates:
        """A refusal before sending. What is wrong with the connection is said where it is chosen; while
        something runs, the table keeps what is on it."""
        words = words_for(language)
        if isinstance(error, InvalidRequest) and error.field in ("provider", "key", "base_url"):
            return {
                self.page.panel.connection: gr.update(value=cards.line(error, words)),
                **self.open_connection(),
            }
        if any(not job.is_done for job in self.studio.pending(owner)):
            return self.told_at_form(error, language)
        return {
            self.page.result: gr.update(value=cards.card(error, words)),
            self.page.shown: ("error", error),
        }

    def notice(self, text: str, language: str) -> Any:
        """The update that says something where key and address are typed."""
        return gr.update(value=cards.notice(text, words_for(language)))


class Handlers:
    """What all classes of handlers work with."""

    def __init__(self, context: Context) -> None:
        self._context = context
        self._studio = context.studio
        self._page = context.page
        self._view = context.view


def carried(event: gr.EventData, name: str) -> str:
    """What an event carries along by that name; "" where it carries none. Anybody can write events."""
    return str(event._data.get(name, "")) if isinstance(event._data, dict) else ""


def owner_of(request: gr.Request) -> str:
    """Whose jobs these are: the browser's cookie, or for a page without one, its session."""
    return request.cookies.get(VISITOR_COOKIE) or f"session-{request.session_hash}"


def is_embedded(headers: Mapping[str, str], settings: Settings) -> bool:
    """Whether a page that the operator has let in shows this one in a frame: its visitors bring keys of their
    own. On Spaces the frame is Hugging Face's, and the app is at home in it."""
    around = headers.get(FRAMED_HEADER, "")
    is_at_home = settings.hosted and around in SPACES_ANCESTORS
    return bool(around) and bool(settings.frame_ancestors) and not is_at_home


def session_of(request: gr.Request) -> str:
    """One load of the page."""
    return str(request.session_hash)


def job_on(shown: tuple[str, Any]) -> str:
    """Id of the job on the table, from what `Page.shown` holds; "" where something else is there."""
    kind, what = shown
    return what if kind == "job" else ""


def split(values: dict[str, Any]) -> tuple[Choice, str]:
    """The values of a form: what is chosen, and the language."""
    language = values.pop("language", DEFAULT)
    return Choice.of(values), language if isinstance(language, str) else DEFAULT
