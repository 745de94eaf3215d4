"""One call to a provider of the catalogue: made, sent, tried again where that is free, and read.

The demo is one more address: `http://demo.invalid` is mounted on an in-process ASGI transport, and nothing
here or above knows the difference.
"""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from urllib.parse import urlsplit

import httpx

from playground import wire
from playground.cancellation import shielded
from playground.catalogue import Auth, Catalogue, ModelRow
from playground.errors import Billed, InvalidRequest, ProviderError, TransferBroken, UnreadableAnswer
from playground.providers.credentials import Credentials
from playground.providers.destinations import Destination, Destinations
from playground.providers.exchange import (
    CONNECT_SECONDS,
    MAX_ERROR_BYTES,
    Body,
    RawResponse,
    Timeouts,
    Upload,
    exchange,
    named_address,
    refuse_redirect,
)
from playground.providers.looks import (
    AUTHS,
    OPENAI_PATH,
    Listed,
    Look,
    is_openai_list,
    listed_models,
    refusal_form,
)
from playground.providers.progress import (
    OnDraft,
    OnProgress,
    OnThoughts,
    ignore_draft,
    ignore_progress,
    ignore_thoughts,
)
from playground.providers.retries import Pace, is_this_machine, with_retries
from playground.providers.transport import PUBLIC, AiohttpTransport
from playground.request import ImageRequest, PreparedImage
from playground.result import ImageResult, RawAnswer

WRITE_SECONDS = 180.0
READ_SECONDS = 300.0
READ_SECONDS_4K = 600.0
CHECK_SECONDS = 20.0
_ASKED = Timeouts(WRITE_SECONDS, CHECK_SECONDS)
_UNARY, _STREAM = "generateContent", "streamGenerateContent"
_NO_STREAM = (400, 404, 405, 501)
MAX_ANSWER_BYTES = 256 * 1024 * 1024
_MOST_READ = 16 * 1024
"""Bytes of an answer, pictures left out, up to which it is looked through for thoughts while it comes."""


@dataclass
class Heard:
    """How an answer came that was asked for as a stream.

    Attributes:
        streamed: it came as events, and not in one piece.
        silence: seconds for which nothing came, at the longest.
    """

    streamed: bool = False
    silence: float = 0.0
    last: float = field(default_factory=time.monotonic)

    def listen(self, receive: Callable[[bytes], None]) -> Callable[[bytes], None]:
        """`receive`, noting how long each piece was waited for."""

        def noted(piece: bytes) -> None:
            now = time.monotonic()
            self.silence, self.last = max(self.silence, now - self.last), now
            receive(piece)

        return noted


@dataclass(frozen=True)
class Answer:
    """What one call brought: the result, how long it took in seconds, and with how many tries."""

    result: ImageResult
    seconds: float
    attempts: int = 1
    heard: Heard | None = None


@dataclass(frozen=True)
class ConnectionReport:
    """What a free look at an address found: "ok", "no_listing" (it answers, but lists no models)."""

    code: str


class Provider:
    """Speaks to every provider of the catalogue. One for the whole process; close it with `aclose`."""

    def __init__(
        self,
        catalogue: Catalogue,
        *,
        environment: Mapping[str, str] = MappingProxyType({}),
        use_proxy: bool = False,
        visitor_base_url: bool = True,
        public_only: bool = False,
        transports: Mapping[str, httpx.AsyncBaseTransport] = MappingProxyType({}),
        staging_dir: Path | None = None,
        pace: Pace | None = None,
    ) -> None:
        """Connects nothing yet.

        Args:
            environment: where the operator's keys are.
            use_proxy: calls go through the proxy that the process's environment names.
            visitor_base_url: visitors may name an address of their own.
            public_only: theirs has to be one of the internet.
            transports: URL patterns, e.g. "http://demo.invalid", and where they are served.
            staging_dir: the folder in which long pictures arrive as temporary files; without one they are
                kept in memory.
            pace: how time passes between tries.
        """
        self._catalogue = catalogue
        self._destinations = Destinations(catalogue, environment, visitor_base_url=visitor_base_url)
        self._public_only = public_only
        self._staging_dir = staging_dir
        self._pace = pace or Pace()
        self._client = httpx.AsyncClient(
            transport=AiohttpTransport(use_proxy=use_proxy),
            mounts=dict(transports),
            trust_env=False,
            follow_redirects=False,  # a redirect would carry the key to an address that nobody chose
            headers={"User-Agent": "image-playground", "Accept-Encoding": "gzip"},
            timeout=httpx.Timeout(CONNECT_SECONDS),
            event_hooks={"response": [refuse_redirect]},
        )

    async def aclose(self) -> None:
        """Closes all connections."""
        await self._client.aclose()

    def has_key(self, provider: str) -> bool:
        """Whether calls to `provider` need nothing from the visitor."""
        return self._destinations.needs_nothing(provider)

    def spends_ours(self, provider: str, credentials: Credentials) -> bool:
        """Whether a call, where there can be one, would take the operator's key."""
        return self._destinations.spends_ours(provider, credentials)

    def require_address(self, provider: str, credentials: Credentials) -> None:
        """Raises InvalidRequest when a call to `provider` could not even be addressed."""
        wire.models_path(self._destinations.find(provider, credentials).base_url)

    async def generate(
        self,
        request: ImageRequest,
        model: ModelRow,
        credentials: Credentials,
        *,
        on_progress: OnProgress = ignore_progress,
        on_draft: OnDraft = ignore_draft,
        on_thoughts: OnThoughts = ignore_thoughts,
        visitor: str = "",
        streams: bool = False,
    ) -> Answer:
        """One `generateContent` call; sent again only where that cannot cost anything. The temporary files
        among the pictures of the answer are the caller's to move or to remove.

        Args:
            request: already checked against `model`.
            on_progress: called with how far the call has come.
            on_draft, on_thoughts: called with each long picture and what was thought aloud, as they come.
            visitor: who it is made for: told to transports, as an extension of the request, and never sent.
            streams: asks for a stream, and only where that is refused unbilled for the answer in one piece.

        Raises:
            InvalidRequest, UnusablePicture: address, key or an input file cannot be used; nothing was sent.
            ProviderError: everything that went wrong at or on the way to the provider.
            OSError: the disk did not take the answer.
        """
        destination = self._destinations.find(request.provider, credentials)
        url = wire.model_path(destination.base_url, model.id_for(request.model, request.image_size))
        timeouts, heard = _timeouts(request), Heard() if streams else None
        body = functools.partial(wire.request_body, request, model)

        async def once(attempt: int, seconds: float) -> ImageResult:
            told = _numbered(on_progress, attempt), on_draft, on_thoughts
            call = _Call(destination, url, body(), timeouts, *told, visitor, heard)
            return await self._once(call, seconds, body)

        started = self._pace.clock()
        result, attempts = await with_retries(once, timeouts.write + timeouts.read, self._pace, on_progress)
        return Answer(result, self._pace.clock() - started, attempts, heard)

    async def _once(self, call: _Call, seconds: float, body: Callable[[], wire.RequestBody]) -> ImageResult:
        """The answer; where a stream is wanted and refused unbilled, the answer in one piece."""
        if call.heard:
            try:
                url = call.url.removesuffix(_UNARY) + _STREAM
                return await self._attempt(replace(call, url=url, body=body()), seconds)
            except ProviderError as error:
                if error.billed is not Billed.NO or error.http_status not in _NO_STREAM:
                    raise
        return await self._attempt(call, seconds)

    async def write(
        self,
        prompt: str,
        images: tuple[PreparedImage, ...],
        provider: str,
        credentials: Credentials,
        *,
        visitor: str = "",
    ) -> str:
        """What the provider's text model answers, in words; "" when it has none to say.

        Arguments and errors as `generate`.

        Raises:
            InvalidRequest: "no_text_model" also, where the provider has none.
        """
        row = self._catalogue.provider(provider)
        if row.text_model is None:
            raise InvalidRequest("no_text_model", field="provider", provider=row.name)
        request = ImageRequest(
            prompt=prompt,
            provider=provider,
            model=row.text_model.id,
            images=images,
            response_modalities=("TEXT",),
        )
        answer = await self.generate(request, row.text_model.row, credentials, visitor=visitor)
        for picture in answer.result.pictures:  # nobody asked for any
            if picture.file is not None:
                await asyncio.to_thread(picture.file.unlink, missing_ok=True)
        return answer.result.text.strip()

    async def _attempt(self, call: _Call, seconds: float) -> ImageResult:
        """One try, which ends after `seconds` at the latest."""
        try:
            async with asyncio.timeout(seconds):
                result = await self._send(call)
        except TimeoutError:
            broken = TransferBroken("timed_out", host=urlsplit(call.url).hostname)
            raise call.destination.named(broken) from None
        except ProviderError as error:
            raise call.destination.named(error) from None
        return result

    async def _send(self, call: _Call) -> ImageResult:
        upload = Upload(call.body)
        request = self._request("POST", call.url, call.destination, upload)
        if call.url.endswith(_STREAM):
            request.url = request.url.copy_add_param("alt", "sse")
        request.extensions["visitor"] = call.visitor
        with wire.Receiving(self._staging_dir) as receiving:
            receive = _noticing(receiving, call)
            try:
                response = await exchange(
                    self._client,
                    request,
                    call.timeouts,
                    upload=upload,
                    receive=call.heard.listen(receive) if call.heard else receive,
                    max_bytes=MAX_ANSWER_BYTES,
                    on_progress=call.on_progress,
                )
            except (TransferBroken, UnreadableAnswer) as error:  # pictures that had arrived are paid for
                return await shielded(asyncio.to_thread(_received, call, receiving, broken=error))
            if not 200 <= response.status < 300:
                raise await asyncio.to_thread(_error, response, call.destination)
            content_type = response.headers.get("content-type", "")
            if call.heard:
                call.heard.streamed = "event-stream" in content_type
            try:
                return await shielded(asyncio.to_thread(_received, call, receiving, content_type))
            except ProviderError as error:
                address = _place(response.headers, request.url)
                raise wire.unread_success(error, response.status, address) from None

    async def check(self, provider: str, credentials: Credentials) -> ConnectionReport:
        """Asks for the list of models, which costs nothing anywhere.

        Raises:
            InvalidRequest, ProviderError: as `generate`.
        """
        destination = self._destinations.find(provider, credentials)
        request = self._request("GET", wire.models_path(destination.base_url), destination)
        response = await exchange(self._client, request, Timeouts(WRITE_SECONDS, CHECK_SECONDS))
        if response.status == 200 and listed_models(response.content) is not None:
            return ConnectionReport("ok")
        if response.status in (404, 405, 501):
            return ConnectionReport("no_listing")
        raise destination.named(_error(response, destination))

    async def look(self, provider: str, credentials: Credentials) -> Look:
        """What can be found out about an address for free: every way to send the key, one at a time.

        Raises:
            InvalidRequest: nothing was sent.
            ProviderError: it cannot be reached, or refuses the key whichever way it comes.
        """
        whole = self._destinations.find(provider, credentials)
        destination = replace(whole, base_url=wire.repaired(whole.base_url))
        found = await self._each_way(destination)
        root = destination.base_url.removesuffix(OPENAI_PATH)
        if root != destination.base_url and any(one.is_openai for one in found.values()):
            destination = replace(destination, base_url=root)
            found = await self._each_way(destination)
        own = destination.auth or destination.provider.auth
        told = found.get(own) or found[None]
        if root == destination.base_url and any(one.is_missing for one in found.values()):
            found = await self._openai_list(destination, found)
        if None in found and (listed := found[None].models) is not None:
            return Look(destination.base_url, (), listed, is_open=True)
        taken = tuple(auth for auth in AUTHS if auth in found and found[auth].models is not None)
        if taken:
            return Look(destination.base_url, taken, found[taken[0]].models or ())
        let_in = tuple(auth for auth in AUTHS if auth in found and found[auth].is_missing)
        if (
            let_in and not found[None].is_missing
        ):  # the door is closed to other ways: it has looked at the key
            return Look(destination.base_url, let_in, ())
        if told.is_missing and destination.key is not None:
            return Look(destination.base_url, (), ())
        raise told.error or UnreadableAnswer("unreadable_answer")

    async def _each_way(self, destination: Destination) -> dict[Auth | None, Listed]:
        """The list of models asked for without the key and, where that brings none, with it in each way."""
        found: dict[Auth | None, Listed] = {None: await self._listed(replace(destination, key=None))}
        if found[None].models is None and destination.key is not None:
            own = destination.auth or destination.provider.auth
            for auth in dict.fromkeys((own, *AUTHS)):
                found[auth] = await self._listed(replace(destination, auth=auth))
        return found

    async def _openai_list(
        self, destination: Destination, found: dict[Auth | None, Listed]
    ) -> dict[Auth | None, Listed]:
        """The list in the place where OpenAI's clients look for it: many gateways have no other.

        A way to send the key counts only where the address of generateContent did not refuse it.
        """
        there = await self._each_way(replace(destination, base_url=f"{destination.base_url}{OPENAI_PATH}"))
        return {way: one for way, one in there.items() if way is None or found[way].is_missing}

    async def _listed(self, destination: Destination) -> Listed:
        """Which models are listed, or why none is. Raises ProviderError where nobody answers at all."""
        request = self._request("GET", wire.models_path(destination.base_url), destination)
        try:
            response = await exchange(self._client, request, Timeouts(WRITE_SECONDS, CHECK_SECONDS))
        except ProviderError as error:
            raise destination.named(error) from None
        content = destination.masked(response.content)  # it goes onto the page, and into the row
        models = listed_models(content) if response.status == 200 else None
        if models is not None:
            return Listed(models, is_openai=is_openai_list(content))
        return Listed(None, destination.named(_error(response, destination)))

    async def manners(self, provider: str, credentials: Credentials, model: str) -> str:
        """How an address reports a refusal, asked with nothing to draw from: "google", "openai", "json",
        "html", "text", or "none" where it says nothing of it.

        Raises:
            InvalidRequest, ProviderError: as `generate`.
        """
        destination = self._destinations.find(provider, credentials)
        upload = Upload(wire.RequestBody((b'{"contents":[]}',), ()))
        request = self._request("POST", wire.model_path(destination.base_url, model), destination, upload)
        timeouts = Timeouts(WRITE_SECONDS, CHECK_SECONDS)
        response = await exchange(self._client, request, timeouts, upload=upload)
        return refusal_form(response.content)

    def destination(self, provider: str, credentials: Credentials) -> Destination:
        """Where a call goes, and what opens the door. Raises InvalidRequest."""
        return self._destinations.find(provider, credentials)

    async def ask(
        self,
        destination: Destination,
        method: str,
        url: str,
        *,
        body: Body | None = None,
        headers: Mapping[str, str] = MappingProxyType({}),
        query: Mapping[str, str] = MappingProxyType({}),
        timeouts: Timeouts = _ASKED,
        receive: Callable[[bytes], None] | None = None,
        max_bytes: int = MAX_ERROR_BYTES,
        visitor: str = "",
    ) -> RawResponse:
        """One request of another kind, sent once; its answer, which is a success, without the key.

        Args:
            receive, max_bytes: as for `exchange`.
            visitor: as for `generate`.

        Raises:
            InvalidRequest, ProviderError: as `generate`.
        """
        upload = None if body is None else Upload(body)
        request = self._request(method, url, destination, upload)
        request.headers.update(headers)
        for name, value in query.items():
            request.url = request.url.copy_set_param(name, value)
        request.extensions["visitor"] = visitor
        try:
            response = await exchange(
                self._client, request, timeouts, upload=upload, receive=receive, max_bytes=max_bytes
            )
        except ProviderError as error:
            raise destination.named(error) from None
        if not 200 <= response.status < 300:
            raise destination.named(_error(response, destination))
        return replace(response, content=destination.masked(response.content))

    def _request(
        self, method: str, url: str, destination: Destination, upload: Upload | None = None
    ) -> httpx.Request:
        headers, params = destination.authentication()
        if upload:
            headers |= {"Content-Type": "application/json", "Content-Length": str(upload.length)}
        if is_this_machine(urlsplit(url).hostname or ""):
            headers["Accept-Encoding"] = "identity"  # packing costs more than the way within a machine
        extensions = {PUBLIC: destination.is_visitors and self._public_only}
        try:
            return self._client.build_request(
                method, url, headers=headers, params=params, content=upload, extensions=extensions
            )
        except (httpx.InvalidURL, UnicodeError):  # a host name that no look-up could take
            raise InvalidRequest("base_url_invalid", field="base_url", problem="host") from None


@dataclass(frozen=True)
class _Call:
    """One try: where it goes, what it says, and what it may take."""

    destination: Destination
    url: str
    body: wire.RequestBody
    timeouts: Timeouts
    on_progress: OnProgress
    on_draft: OnDraft
    on_thoughts: OnThoughts
    visitor: str
    heard: Heard | None = None


def _timeouts(request: ImageRequest) -> Timeouts:
    return Timeouts(WRITE_SECONDS, READ_SECONDS_4K if request.image_size == "4K" else READ_SECONDS)


def _received(
    call: _Call, receiving: wire.Receiving, content_type: str = "", broken: ProviderError | None = None
) -> ImageResult:
    """The answer without the key, which a gateway may have repeated anywhere in it."""
    return call.destination.without_key(receiving.result(content_type, broken))


def _noticing(receiving: wire.Receiving, call: _Call) -> Callable[[bytes], None]:
    """Takes the pieces of an answer, and tells of each picture and of the thoughts that have come with them.

    What has come is read again only once it has grown by a quarter, and not at all where it is no answer of
    words: all the looks together cost as much as a few."""
    told, read, thought = 0, 0, ""

    def receive(piece: bytes) -> None:
        nonlocal told, read, thought
        receiving.feed(piece)
        arrived = receiving.arrived
        for file in arrived[told:]:
            call.on_draft(file)
        told = len(arrived)
        if read * 5 // 4 < receiving.size <= _MOST_READ:
            read = receiving.size
            said = call.destination.masked(receiving.thoughts().encode()).decode("utf-8", "replace")
            if said != thought:
                thought = said
                call.on_thoughts(said)

    return receive


def _numbered(on_progress: OnProgress, attempt: int) -> OnProgress:
    """The same, with the number of the try that it is about."""
    return lambda progress: on_progress(replace(progress, attempt=attempt))


def _error(response: RawResponse, destination: Destination) -> ProviderError:
    content = destination.masked(response.content)
    error = wire.read_error(response.status, response.headers, content)
    error.answer = RawAnswer(content) if content else None
    return error


def _place(headers: httpx.Headers, base: httpx.URL) -> str:
    """Where an answer that comes later is to be fetched, as far as its headers say."""
    named = (headers.get(name, "") for name in ("location", "operation-location", "content-location"))
    location = next(filter(None, named), "")
    return named_address(base, location) if location else ""
