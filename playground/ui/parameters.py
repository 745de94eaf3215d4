"""What programs give to the endpoints, looked at by name before Gradio or the MCP library does.

Theirs is the shape of a value and ours is the sentence about it: Gradio tells a program nothing of a value
that it cannot read, and the MCP library does not say which parameter it speaks of.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any

import gradio as gr
import httpx
from mcp import types
from starlette.requests import Request
from starlette.responses import JSONResponse

from playground.errors import InvalidRequest, PlaygroundError, UnusablePicture
from playground.request import AUTO, SETTINGS, build, require_images
from playground.server.visitors import caller
from playground.ui import account, image_tray, light_updates, programs
from playground.ui.api import ENDPOINTS, Endpoint
from playground.ui.batch import programs as batches
from playground.ui.batch.calls import MAX_PICTURES
from playground.ui.explain import sentence
from playground.ui.words import Words, language_of, words_for

_SHOWN_CHARACTERS = 60
_log = logging.getLogger(__name__)
_ENDPOINTS = {endpoint.name: endpoint for endpoint in ENDPOINTS}
_PARAMETERS = {**batches.PARAMETERS, **account.PARAMETERS, **programs.PARAMETERS}
_caller: ContextVar[str] = ContextVar("caller")
"""Who calls, while the values of the call are read: Gradio passes the request to the function alone."""


def _is_number(value: Any) -> bool:
    is_whole = isinstance(value, float) and value.is_integer()
    return is_whole or (isinstance(value, int) and not isinstance(value, bool))


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are_texts(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, list) and all(map(_is_text, value)))


def _is_file(value: Any) -> bool:
    """A file as Gradio's clients send it: uploaded before, or at an address."""
    return isinstance(value, dict) and isinstance(value.get("path"), str)


def _is_address(value: Any) -> bool:
    """A file as MCP's clients send it."""
    return isinstance(value, str) and value.startswith(("http://", "https://", "data:"))


_MADE_UP = (gr.Error, AttributeError, LookupError, OSError, TypeError, ValueError)
"""What Gradio raises while it reads the values of an event that no page of ours has sent: a file elsewhere, a
list for a word. It would print the whole stack, as often as a stranger asks."""

_FITS: Mapping[str, Callable[[Any], bool]] = {"text": _is_text, "number": _is_number, "texts": _are_texts}
"""What a parameter takes, see `Endpoint.parameters` -> whether a value is that. Pictures are told apart by
the door that they come through."""


def checked(
    endpoint: Endpoint, given: Mapping[str, Any], is_picture: Callable[[Any], bool] = _is_file
) -> dict[str, Any]:
    """Name -> value of every parameter that was given; null is the same as nothing.

    Raises:
        InvalidRequest: a parameter is missing, is none of the endpoint's, or cannot have this value at all.
    """
    for name in given.keys() - endpoint.parameters.keys():
        raise InvalidRequest("parameter_unknown", field=name, allowed=", ".join(endpoint.parameters))
    values = {name: value for name, value in given.items() if value is not None}
    settings = {setting.name for setting in SETTINGS}
    for name, value in values.items():
        takes = endpoint.parameters[name]
        if takes == "pictures":
            fits = isinstance(value, list) and all(map(is_picture, value))
        else:
            fits = _FITS.get(takes, is_picture)(value)
        if not fits:
            raise InvalidRequest("parameter_mistyped", field=name, value=_short(value), takes=takes)
    build(model=AUTO, **{name: values[name] for name in settings & values.keys() if values[name]})
    if endpoint.images not in values:
        require_images(endpoint.mode, 0)
    if "prompt" not in values:
        raise InvalidRequest("prompt_missing", field="prompt")
    return values


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN_CHARACTERS else text[: _SHOWN_CHARACTERS - 1] + "…"


class Blocks(gr.Blocks):
    """Gradio's page, but for the values of its named endpoints, which are ours to refuse, and for the work
    that updates and sessions make, see `light_updates`."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.default_config = light_updates.PageConfig(self)
        self.state_session_capacity = light_updates.SESSIONS

    async def preprocess_data(
        self, block_fn: Any, inputs: list[Any], state: Any, explicit_call: bool = False
    ) -> Any:
        light_updates.drop_descriptions(state)
        endpoint = _ENDPOINTS.get(block_fn.api_name)
        if endpoint is None:
            given = [_as_shown(block, value) for block, value in zip(block_fn.inputs, inputs, strict=False)]
            given = _with_files(block_fn.api_name, given)
            try:
                return await super().preprocess_data(block_fn, given, state, explicit_call)
            except _MADE_UP as error:
                _log.warning(
                    "refused: %s with values of no page (%s)", block_fn.api_name, type(error).__name__
                )
                raise InvalidRequest(
                    "parameter_mistyped", field=block_fn.api_name, value="…", takes="what the page sends"
                ) from None
        values = checked(endpoint, dict(zip(endpoint.parameters, inputs, strict=False)))
        for name in {*endpoint.pictures} & values.keys():
            values[name] = _located(values[name], _caller.get())
        ordered = [values.get(name) for name in endpoint.parameters]
        try:
            return await super().preprocess_data(block_fn, ordered, state, explicit_call)
        except (httpx.HTTPError, OSError, ValueError):  # what Gradio and httpx raise about an address
            if not endpoint.images:
                raise
            raise InvalidRequest("picture_not_fetched", field=endpoint.images) from None

    async def postprocess_data(self, block_fn: Any, predictions: Any, state: Any) -> list[Any]:
        made = None if state is None else light_updates.outputs(block_fn.outputs, predictions, state)
        return await super().postprocess_data(block_fn, predictions, state) if made is None else made

    def handle_streaming_diffs(
        self,
        block_fn: Any,
        data: list[Any],
        session_hash: str | None,
        run: str | None,
        final: bool,
        simple_format: bool = False,
    ) -> list[Any]:
        """At the end of a generator Gradio sends its last output once more: what a person has opened
        meanwhile would be painted over. Programs wait for just that."""
        made = super().handle_streaming_diffs(block_fn, data, session_hash, run, final, simple_format)
        if not final or block_fn.api_name in {**_ENDPOINTS, **_PARAMETERS}:
            return made
        return [None if isinstance(output, gr.State) else gr.skip() for output in block_fn.outputs]

    async def process_api(self, *args: Any, **options: Any) -> Any:
        _caller.set(_caller_of(options.get("request")))
        try:
            return await super().process_api(*args, **options)
        except PlaygroundError as error:
            told = sentence(error, _words_of(options.get("request")))
            raise gr.Error(told, print_exception=False) from None
        except gr.Error as refused:
            if refused.print_exception:  # Gradio's own word about what it was given
                _log.warning("refused by Gradio: %.200r", refused.message)
            refused.print_exception = False
            raise


def _as_shown(block: Any, value: Any) -> Any:
    """A value of the page's form. A field of text gives nothing else, unless somebody made the event up."""
    is_text = isinstance(block, gr.Textbox | gr.Radio) or (
        isinstance(block, gr.Dropdown) and not block.multiselect
    )
    return "" if is_text and value is not None and not isinstance(value, str) else value


def _with_files(name: Any, given: list[Any]) -> list[Any]:
    """The values of an endpoint of ours, its files looked at. Raises InvalidRequest, UnusablePicture."""
    parameters = _PARAMETERS.get(str(name), ())
    at = parameters.index("pictures") if "pictures" in parameters else len(given)
    files = given[at] if at < len(given) else None
    if not files:
        return given
    if not isinstance(files, list) or not all(map(_is_file, files)):
        raise InvalidRequest("parameter_mistyped", field="pictures", value=_short(files), takes="pictures")
    names = [str(file.get("orig_name") or "") for file in files]
    located = _located(files, _caller.get())
    given[at] = [{**file, "orig_name": name} for file, name in zip(located, names, strict=True)]
    return given


def _located(given: Any, who: str) -> Any:
    """One file or several, each in the form in which Gradio fetches or finds it.

    Raises:
        InvalidRequest: more than anything takes; none was fetched.
        UnusablePicture: a path that is no upload of the caller's.
    """
    files = given if isinstance(given, list) else [given]
    if len(files) > MAX_PICTURES:
        value, takes = f"{len(files)} files", f"at most {MAX_PICTURES}"
        raise InvalidRequest("parameter_mistyped", field="pictures", value=value, takes=takes)
    for number, file in enumerate(files, 1):
        is_address = file["path"].startswith(("http://", "https://"))
        if not is_address and image_tray.uploaded(file["path"], who) is None:
            raise UnusablePicture("picture_missing", number=number)
    located = [{"path": file["path"], "meta": {"_type": "gradio.FileData"}} for file in files]
    return located if isinstance(given, list) else located[0]


async def on_type_error(request: Request, error: Exception) -> JSONResponse:
    """What the route that takes parameters by name raises about one that is missing or that it lacks, and the
    route of uploads about a file that is none."""
    endpoint = _ENDPOINTS.get(str(request.path_params.get("api_name")))
    if endpoint is None and request.headers.get("content-type", "").lower().startswith("multipart/"):
        return JSONResponse({"detail": "Each of the files has to have a name."}, 400)
    known = _PARAMETERS.get(str(request.path_params.get("api_name")))
    if endpoint is None and known is None:
        raise error
    try:
        if endpoint is None:
            wrong = next((name for name in await request.json() if name not in (known or ())), "")
            raise InvalidRequest("parameter_unknown", field=wrong, allowed=", ".join(known or ()))
        checked(endpoint, await request.json())
    except PlaygroundError as problem:
        return JSONResponse({"detail": sentence(problem, _words_of(request))}, 422)
    raise error


async def on_key_error(request: Request, error: Exception) -> JSONResponse:
    """What Gradio's routes raise about an endpoint that is none, and about the number of no event."""
    is_endpoint = request.path_params.get("api_name", ENDPOINTS[0].name) in _ENDPOINTS
    if is_endpoint and not isinstance(error.args[0], int):
        raise error
    return JSONResponse({"detail": "Not Found"}, 404)


def guard_tools(blocks: gr.Blocks) -> None:
    """Puts our look at the parameters of MCP tools in front of the library's own."""
    server: Any = blocks.mcp_server_obj.mcp_server  # type: ignore[union-attr]
    call_tool = server.request_handlers[types.CallToolRequest]

    async def checked_first(call: types.CallToolRequest) -> types.ServerResult:
        endpoint = _ENDPOINTS.get(call.params.name)
        if endpoint is not None:
            try:
                call.params.arguments = checked(endpoint, call.params.arguments or {}, _is_address)
            except PlaygroundError as error:
                told = types.TextContent(
                    type="text", text=sentence(error, _words_of(server.request_context.request))
                )
                return types.ServerResult(types.CallToolResult(content=[told], isError=True))
        answer: types.ServerResult = await call_tool(call)
        return answer

    server.request_handlers[types.CallToolRequest] = checked_first


def _caller_of(request: Any) -> str:
    client = getattr(request, "client", None)
    headers = getattr(request, "headers", None) or {}
    return caller(headers.get("cookie"), client.host if client is not None else "")


def _words_of(request: Any) -> Words:
    headers = getattr(request, "headers", None) or {}
    return words_for(language_of(headers.get("accept-language")))
