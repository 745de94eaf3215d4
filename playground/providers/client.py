"""One call to a provider: address, key, deadlines, and every way that HTTP can fail, as our errors.

The demo is one more address: `http://demo.invalid` is mounted on an in-process ASGI transport, and nothing
here or above knows the difference.
The deadlines are in `transfer`; what may be sent again without asking, and when, says `retries`. All tries
of a call share one deadline.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import httpx

from playground import wire
from playground.cancellation import uninterrupted
from playground.catalogue import Catalogue, ModelRow, ProviderRow
from playground.errors import (
    ConfigurationError,
    InvalidRequest,
    ProviderError,
    TransferBroken,
)
from playground.providers.credentials import Credentials, Key, clean_key, redact
from playground.providers.exchange import CONNECT_SECONDS, Limits, Reply, Transfer
from playground.providers.progress import Phase, Progress, Tell, unheard
from playground.providers.retries import Pace, is_this_machine, wait_before_next
from playground.request import ImageRequest
from playground.result import ImageResult, TextPart

WRITE_SECONDS = 180.0
READ_SECONDS = 300.0
READ_SECONDS_4K = 600.0
MAX_ANSWER_BYTES = 256 * 1024 * 1024
_RAW_CHARACTERS = 4096


@dataclass(frozen=True)
class Answer:
    """What one call brought: the result, how long it took in seconds, and with how many tries."""

    result: ImageResult
    seconds: float
    attempts: int = 1


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
        transports: Mapping[str, httpx.AsyncBaseTransport] = MappingProxyType({}),
        incoming: Path | None = None,
        pace: Pace | None = None,
    ) -> None:
        """Connects nothing yet.

        `transports` maps URL patterns, e.g. "http://demo.invalid", to where they are served. `incoming` is
        the folder in which long pictures arrive as temporary files; without one they are kept in memory.
        `pace` says how time passes between tries.
        """
        self._catalogue = catalogue
        self._keys = _keys_by_provider(catalogue, environment)
        self._visitor_base_url = visitor_base_url
        self._incoming = incoming
        self._pace = pace or Pace()
        self._client = httpx.AsyncClient(
            transport=_Network(use_proxy=use_proxy),
            mounts=dict(transports),
            trust_env=False,
            follow_redirects=False,  # a redirect would carry the key to an address that nobody chose
            headers={"User-Agent": "image-playground", "Accept-Encoding": "gzip"},
        )

    async def aclose(self) -> None:
        await self._client.aclose()

    def has_key(self, provider: str) -> bool:
        """Whether calls to `provider` need nothing from the visitor."""
        row = self._catalogue.provider(provider)
        return row.base_url is not None and (not row.needs_key or provider in self._keys)

    def require_address(self, provider: str, credentials: Credentials) -> None:
        """Raises InvalidRequest when a call to `provider` could not even be addressed."""
        base_url, _ = self._address(provider, credentials)
        wire.models_path(base_url)

    async def generate(
        self, request: ImageRequest, model: ModelRow, credentials: Credentials, *, tell: Tell = unheard
    ) -> Answer:
        """One `generateContent` call; sent again only where that cannot cost anything.

        The temporary files among the pictures of the answer are the caller's to move or to remove.

        Args:
            request: already checked against `model`.
            model: the row that serves it.
            credentials: the visitor's key and address.
            tell: hears how far the call has come.

        Raises:
            InvalidRequest: the address or the key is missing or malformed; nothing was sent.
            UnusablePicture: an input file changed; nothing was sent.
            ProviderError: everything that went wrong at or on the way to the provider.
            OSError: the disk did not take the answer.
        """
        base_url, key = self._address(request.provider, credentials)
        url = wire.model_path(base_url, model.id_for(request.model, request.image_size))
        started = self._pace.clock()
        deadline = started + WRITE_SECONDS + _read_seconds(request)
        attempt = 1
        while True:
            try:
                left = deadline - self._pace.clock()
                result = await self._attempt(request, model, url, key, left, _numbered(tell, attempt))
                return Answer(result, self._pace.clock() - started, attempt)
            except ProviderError as error:
                error.attempts = attempt
                now = self._pace.clock()
                wait = wait_before_next(error, attempt, deadline - now, self._pace.chance())
                if wait is None:
                    raise
            attempt += 1
            tell(Progress(Phase.RETRYING, attempt=attempt, retry_at=now + wait))
            await self._pace.sleep(wait)

    async def _attempt(
        self, request: ImageRequest, model: ModelRow, url: str, key: Key | None, seconds: float, tell: Tell
    ) -> ImageResult:
        """One try, which ends after `seconds` at the latest."""
        row = self._catalogue.provider(request.provider)
        frame = wire.frame(request, model)
        try:
            async with asyncio.timeout(seconds):
                with wire.Receiving(self._incoming) as receiving:
                    reply = await self._exchange(
                        "POST", url, row, key, _read_seconds(request), frame, receiving, tell
                    )
                    if reply.status != 200:
                        said = _masked(reply.content, key)
                        raise await asyncio.to_thread(wire.read_error, reply.status, reply.headers, said)
                    content_type = reply.headers.get("content-type", "")
                    result = await uninterrupted(asyncio.to_thread(receiving.result, content_type))
        except TimeoutError:
            broken = TransferBroken("timed_out", host=urlsplit(url).hostname)
            raise _ready_to_tell(broken, row, key) from None
        except ProviderError as error:
            raise _ready_to_tell(error, row, key) from None
        return _without_key(result, key)

    async def check(self, provider: str, credentials: Credentials) -> ConnectionReport:
        """Asks for the list of models, which costs nothing anywhere.

        Raises:
            InvalidRequest, ProviderError: as `generate`.
        """
        base_url, key = self._address(provider, credentials)
        row = self._catalogue.provider(provider)
        url = wire.models_path(base_url)
        reply = await self._exchange("GET", url, row, key, 20.0)
        if reply.status == 200 and _lists_models(reply.content):
            return ConnectionReport("ok")
        if reply.status in (404, 405, 501):
            return ConnectionReport("no_listing")
        error = wire.read_error(reply.status, reply.headers, _masked(reply.content, key))
        raise _ready_to_tell(error, row, key) from None

    def _address(self, provider: str, credentials: Credentials) -> tuple[str, Key | None]:
        """Where a call goes and with which key. The operator's key goes to the operator's address only."""
        row = self._catalogue.provider(provider)
        given = (credentials.base_url or "").strip()
        visitors_own = bool(given) and given != row.base_url
        if visitors_own and not self._visitor_base_url:
            raise InvalidRequest("base_url_not_allowed", field="base_url")
        base_url = given if visitors_own else row.base_url
        if not base_url:
            raise InvalidRequest("base_url_missing", field="base_url", provider=row.name)
        if not row.needs_key:
            return base_url, None
        key = credentials.key or (None if visitors_own else self._keys.get(provider))
        if key is None:
            raise InvalidRequest("key_missing", field="key", provider=row.name)
        return base_url, key

    async def _exchange(
        self,
        method: str,
        url: str,
        row: ProviderRow,
        key: Key | None,
        read_seconds: float,
        frame: wire.Frame | None = None,
        receiving: wire.Receiving | None = None,
        tell: Tell = unheard,
    ) -> Reply:
        """Sends one request and takes its whole answer."""
        transfer = Transfer(Limits(WRITE_SECONDS, read_seconds, MAX_ANSWER_BYTES), tell)
        request = self._request(method, url, row, key, frame, transfer)
        return await transfer.run(self._client, request, receiving.feed if receiving else None)

    def _request(
        self,
        method: str,
        url: str,
        row: ProviderRow,
        key: Key | None,
        frame: wire.Frame | None,
        transfer: Transfer,
    ) -> httpx.Request:
        headers, params = _authentication(row, key)
        content = None
        if frame is not None:
            headers |= {"Content-Type": "application/json", "Content-Length": str(frame.length)}
            content = transfer.sending(frame.chunks(), frame.length)
        if is_this_machine(urlsplit(url).hostname or ""):
            headers["Accept-Encoding"] = "identity"  # packing costs more than the way within a machine
        try:
            return self._client.build_request(
                method,
                url,
                headers=headers,
                params=params,
                content=content,
                timeout=httpx.Timeout(CONNECT_SECONDS),
            )
        except (httpx.InvalidURL, UnicodeError):  # a host name that no look-up could take
            raise InvalidRequest("base_url_invalid", field="base_url", problem="host") from None


class _Network(httpx.AsyncBaseTransport):
    """The real network, loaded at the first call that needs it: that import takes a quarter of a second."""

    def __init__(self, *, use_proxy: bool) -> None:
        self._use_proxy = use_proxy
        self._sockets: httpx.AsyncBaseTransport | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._sockets is None:
            network = await asyncio.to_thread(import_module, "playground.providers.transport")
            self._sockets = self._sockets or network.Sockets(use_proxy=self._use_proxy)
        return await self._sockets.handle_async_request(request)

    async def aclose(self) -> None:
        if self._sockets is not None:
            await self._sockets.aclose()


def _read_seconds(request: ImageRequest) -> float:
    return READ_SECONDS_4K if request.image_size == "4K" else READ_SECONDS


def _numbered(tell: Tell, attempt: int) -> Tell:
    """Tells the same, with the number of the try that it is about."""
    return lambda progress: tell(replace(progress, attempt=attempt))


def _without_key(result: ImageResult, key: Key | None) -> ImageResult:
    """The same answer with the key taken out of its words: a gateway may repeat it anywhere."""
    if key is None:
        return result
    parts = (replace(p, text=redact(p.text, key)) if isinstance(p, TextPart) else p for p in result.parts)
    return replace(
        result,
        parts=tuple(parts),
        finish_message=redact(result.finish_message, key),
        raw=MappingProxyType(_masked_values(dict(result.raw), key)),
    )


def _masked_values(value: Any, key: Key) -> Any:
    if isinstance(value, str):
        return redact(value, key)
    if isinstance(value, Mapping):
        return {name: _masked_values(inner, key) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_masked_values(inner, key) for inner in value]
    return value


def _keys_by_provider(catalogue: Catalogue, environment: Mapping[str, str]) -> dict[str, Key]:
    keys: dict[str, Key] = {}
    for provider_id, row in catalogue.providers.items():
        for name in row.key_env:
            try:
                key = clean_key(environment.get(name))
            except InvalidRequest:
                raise ConfigurationError(f"{name}: what it holds cannot be a key") from None
            if key is not None:
                keys.setdefault(provider_id, key)
    return keys


def _authentication(row: ProviderRow, key: Key | None) -> tuple[dict[str, str], dict[str, str] | None]:
    """Headers and query of the row's one authentication style; two at once confuse gateways."""
    if key is None:
        return {}, None
    if row.auth == "x-goog-api-key":
        return {"x-goog-api-key": key.secret}, None
    if row.auth == "bearer":
        return {"Authorization": f"Bearer {key.secret}"}, None
    return {}, {"key": key.secret}


def _lists_models(content: bytes) -> bool:
    """Whether a 200 really is a list: gateways also send their errors with it."""
    try:
        answer = json.loads(content)
    except ValueError:
        return False
    return isinstance(answer, dict) and any(isinstance(answer.get(name), list) for name in ("models", "data"))


def _masked(content: bytes, key: Key | None) -> bytes:
    """An error body without the key, before anything cuts it: half a key could not be recognised later."""
    return content if key is None else content.replace(key.secret.encode(), b"***")


def _ready_to_tell(error: ProviderError, row: ProviderRow, key: Key | None) -> ProviderError:
    """The same error with the provider's name, and with anything key-like taken out of its words."""
    error.said = redact(error.said, key)
    error.raw = redact(error.raw, key)[:_RAW_CHARACTERS]
    facts = {name: redact(value, key) for name, value in error.facts.items()}
    error.facts = MappingProxyType({"provider": row.name, **facts})
    return error
