"""How a request is passed on: the form, or a generation of before, as code and as a link.

What the page sends is the form without its key (`static/js/kept_form.js`); none is asked for here.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlsplit

from playground import snippets
from playground.errors import InvalidRequest, PlaygroundError
from playground.jobs.studio import Studio
from playground.providers.credentials import redact
from playground.request import build, require_provider
from playground.settings import is_loopback
from playground.ui import kept_form, links
from playground.ui.asking import Asked, Made
from playground.ui.explain import sentence
from playground.ui.form import credentials
from playground.ui.history import jobs as history_jobs
from playground.ui.history.calls import Answer, Call, plain, words_of
from playground.ui.history.calls import Asked as Question
from playground.ui.kept_form import KeptForm
from playground.ui.panel_view import PanelView
from playground.ui.rendering import render
from playground.ui.words import Words


class ShareCalls:
    """Answers for the page's dialog. It holds nothing of a visitor."""

    def __init__(self, studio: Studio, view: PanelView) -> None:
        self._studio = studio
        self._view = view

    def functions(self) -> list[Call]:
        """The calls as Gradio marks them as callable from a page."""
        return [plain("share_request", self.request)]

    async def request(self, asked: Question, owner: str) -> Answer:
        """The form, or the generation `id`, as a link and in every language that can say it."""
        words, failed = words_of(asked), ""
        generation, form = str(asked.get("id") or ""), kept_form.read(asked.get("form"))
        written: list[dict[str, str]] = []
        notes: list[str] = []
        address = ""
        try:
            address = await self._link(asked.get("here"), generation, form, owner)
            made = await self._made(generation, form, owner)
            call = self._call(made, form)
        except PlaygroundError as error:
            failed = sentence(error, words)
        else:
            written = [
                _written(language, call, words) for language in snippets.LANGUAGES if language.can(call)
            ]
            notes = _notes(call, made, words)
        code = links.qr_code(address) if address else None
        is_local = bool(address) and is_loopback(urlsplit(address).hostname or "")
        told = {"failed": failed, "written": written, "notes": notes, "link": address, "is_local": is_local}
        html = render("share", words, code=code, **told)
        return {"html": html}

    async def _link(self, here: object, generation: str, form: KeptForm | None, owner: str) -> str:
        """A link needs no picture: it is there where code is not."""
        job = await history_jobs.find(self._studio, owner, generation) if generation else None
        if job is not None:
            return links.link(here, job.request, job.mode)
        if form is None:
            return ""
        choice = self._view.valid(form.choice)
        wanted = build(prompt=form.prompt, provider=choice.provider, model=choice.model, **choice.settings)
        return links.link(here, wanted, choice.mode)

    async def _made(self, generation: str, form: KeptForm | None, owner: str) -> Made:
        if generation:
            job = await history_jobs.find(self._studio, owner, generation)
            if job is None:
                raise InvalidRequest("continued_gone", field="images")
            return Made(await self._studio.again(job))
        if form is None:
            raise InvalidRequest("prompt_missing", field="prompt")
        choice = self._view.valid(form.choice)
        asked = Asked(
            choice, form.prompt, form.continues, form.trays.get(choice.mode), self._view.others(choice)
        )
        return await asked.request(self._studio, owner)

    def _call(self, made: Made, form: KeptForm | None) -> snippets.Call:
        """A generation does not know at which address it was made: the form may."""
        catalogue, wanted = self._studio.catalogue, made.wanted
        require_provider(wanted.provider, catalogue)
        is_same = form is not None and form.choice.provider == wanted.provider
        typed = form.choice.base_url if form and is_same and self._view.takes_address(form.choice) else ""
        wanted = wanted.model_copy(update={"prompt": redact(wanted.prompt)})
        way = credentials("", typed, form.choice.auth).auth if form and typed else None
        return snippets.call_of(wanted, catalogue, typed.strip(), made.names, way)


def _written(language: snippets.Language, call: snippets.Call, words: Words) -> dict[str, str]:
    hint = words("share.saved", file=language.file)
    if language.id == "json":
        hint = words("share.body", url=call.url)
    return {"id": language.id, "name": language.name, "text": language.snippet(call), "hint": hint}


def _notes(call: snippets.Call, made: Made, words: Words) -> list[str]:
    """What has to be there before the code runs, and what it does not do."""
    unable = [language.name for language in snippets.LANGUAGES if not language.can(call)]
    changed, names = [file.name for file in call.files if file.changed], [file.name for file in call.files]
    count = made.wanted.count
    told: Sequence[tuple[object, str]] = (
        (call.auth != "none", words("share.key", variable=call.variable)),
        (call.url.startswith(snippets.DEMO_ADDRESS), words("share.demo")),
        (call.url.startswith(snippets.NO_ADDRESS), words("share.address", address=snippets.NO_ADDRESS)),
        (names, words("share.files", names=words.names(names))),
        (changed, words("share.changed", names=words.names(changed))),
        (count > 1, words("share.count", count=count)),
        (unable, words("share.cannot", languages=words.names(unable))),
    )
    return [text for applies, text in told if applies]
