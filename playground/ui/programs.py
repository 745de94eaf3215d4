"""Named endpoints around a call, which Gradio offers as MCP tools too: prompt templates to begin with, and a
report of what came. All are free.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import gradio as gr

from playground import images
from playground.errors import InvalidRequest, PlaygroundError
from playground.history import History
from playground.jobs.studio import Studio
from playground.request import AUTO
from playground.ui.api import ENDPOINTS, lent, texts
from playground.ui.batch.programs import told, words_of
from playground.ui.prompt_templates import TEMPLATES, fields_of, filled
from playground.ui.report import Reports
from playground.ui.starting import Starting
from playground.ui.words import LANGUAGES, Words, words_for

PARAMETERS: Final = {
    "list_templates": ("language",),
    "fill_template": ("template", "fields", "language"),
    "make_report": ("generations", "language"),
}
_ENDPOINT_OF: Final = {endpoint.mode: endpoint.name for endpoint in ENDPOINTS}


class Programs:
    """The functions behind the endpoints."""

    def __init__(self, studio: Studio, starting: Starting, owner: Callable[[gr.Request | None], str]) -> None:
        """`owner` says whose the calls of a program are."""
        self._studio = studio
        self._starting = starting
        self._owner = owner

    async def list_templates(self, language: str = "", request: gr.Request | None = None) -> dict[str, Any]:
        """List the prompt templates, for fill_template.

        Args:
            language: en or zh; empty for that of the Accept-Language header.

        Returns:
            Name, group, title, text with its fields in brackets, the fields with their examples, and for
            which endpoint and aspect ratio each is meant.
        """
        with told(words_of(request)):
            words = _words(language, request)
            return {"templates": [_template(name, words) for name in TEMPLATES]}

    async def fill_template(
        self,
        template: str = "",
        fields: dict[str, str] | None = None,
        language: str = "",
        request: gr.Request | None = None,
    ) -> dict[str, Any]:
        """Make a prompt of a template; nothing is sent.

        Args:
            template: A name from list_templates.
            fields: Field names with what is to stand there, as JSON; the others keep their examples.
            language: en or zh; empty for that of the Accept-Language header.

        Returns:
            The prompt, and for which endpoint and aspect ratio it is meant.
        """
        with told(words_of(request)):
            words = _words(language, request)
            _require("template", template, TEMPLATES)
            text = words.get(f"template.{template}.text")
            given = _fields(fields, fields_of(text))
            return {"prompt": filled(text, given), **_meant(template)}

    async def make_report(
        self, generations: list[str] | None = None, language: str = "", request: gr.Request | None = None
    ) -> str:
        """Make one self-contained web page of results: pictures, prompts, settings, versions, costs, dates.

        Args:
            generations: The ids of results that this program has made; details name each as generation.
            language: en or zh; empty for that of the Accept-Language header.

        Returns:
            The page, an HTML file that opens without a network.
        """
        with told(words_of(request)):
            owner, ids = self._owner(request), texts(generations)
            reports = Reports(self._studio.history, self._studio.catalogue, owner, _words(language, request))
            with self._starting.exporting(owner, request):
                return await self._written(reports, ids, request)

    async def _written(self, reports: Reports, ids: Sequence[str], request: gr.Request | None) -> str:
        """A copy of the report where programs may fetch it. Raises PlaygroundError, OSError."""
        history, owner = self._studio.history, reports.owner
        entries = await asyncio.to_thread(history.entries, owner, ids)
        if not entries or len(entries) < len({*ids}):
            raise PlaygroundError("history_gone")
        name = await asyncio.to_thread(history.zip_name, owner, ids)
        with tempfile.TemporaryDirectory(dir=history.staging_dir) as made:
            page, size = Path(made, f"{name.removesuffix('.zip')}.html"), 0
            pieces = filter(None, reports.pieces(entries))
            # A turn for each result: pictures of others come in between.
            while added := await images.run(_add, page, pieces, history):
                size += added
            await self._starting.keep(size, owner, request)
            return await asyncio.to_thread(lent, page)

    def register(self) -> None:
        """Adds the endpoints to the page that is being built, over components never shown."""
        door = gr.Button(visible=False)
        details, page = gr.JSON(label="details", visible=False), gr.File(label="report", visible=False)
        for function, output in (
            (self.list_templates, details),
            (self.fill_template, details),
            (self.make_report, page),
        ):
            name = function.__name__
            door.click(
                fn=function,
                inputs=[_component(parameter) for parameter in PARAMETERS[name]],
                outputs=[output],
                api_name=name,
                preprocess=False,
                concurrency_limit=None,
                show_progress="hidden",
            )


def _add(page: Path, pieces: Iterator[bytes], history: History) -> int:
    """Adds the next piece to the page. Returns its bytes, 0 at the end. Raises PlaygroundError, OSError."""
    piece = next(pieces, b"")
    history.require_disk(2 * len(piece))  # there is a copy in the end
    with page.open("ab") as file:
        return file.write(piece)


def _component(name: str) -> Any:
    if name == "fields":
        return gr.JSON(label=name, visible=False)
    if name == "generations":
        return gr.Dropdown([], label=name, multiselect=True, allow_custom_value=True, visible=False)
    return gr.Textbox(label=name, value="", visible=False)


def _words(language: str, request: gr.Request | None) -> Words:
    """The words of a language that a program names, or else of its requests."""
    if language:
        _require("language", language, LANGUAGES)
    return words_for(language) if language else words_of(request)


def _require(field: str, value: str, allowed: Mapping[str, object]) -> None:
    if value not in allowed:
        raise InvalidRequest("not_allowed", field=field, value=value[:40], allowed=", ".join(allowed))


def _fields(given: object, known: Mapping[str, str]) -> dict[str, str]:
    """What a program fills in. Raises InvalidRequest for what is no text, or no field of the template."""
    if not isinstance(given, Mapping | None):
        raise InvalidRequest("parameter_mistyped", field="fields", value=str(given)[:40], takes="object")
    for name, value in (given or {}).items():
        _require("fields", str(name), known)
        if not isinstance(value, str):
            raise InvalidRequest("parameter_mistyped", field=name, value=str(value)[:40], takes="text")
    return {name: value for name, value in (given or {}).items() if value}


def _template(name: str, words: Words) -> dict[str, Any]:
    text = words.get(f"template.{name}.text")
    return {
        "template": name,
        "group": words(f"templates.groups.{TEMPLATES[name].group}"),
        "title": words(f"template.{name}.title"),
        "text": text,
        "fields": fields_of(text),
        **_meant(name),
    }


def _meant(name: str) -> dict[str, str]:
    """The endpoint that a template's prompt is for, and the shape that it wants; "auto" for any."""
    template = TEMPLATES[name]
    return {"endpoint": _ENDPOINT_OF[template.mode], "aspect_ratio": template.aspect_ratio or AUTO}
