"""One call to a provider: address, key, deadlines, and every way that HTTP can fail, as our errors.

The demo is one more address: `http://demo.invalid` is mounted on an in-process ASGI transport, and nothing
here or above knows the difference.

| limit | seconds | why |
|---|---|---|
| connect | 15 | nothing has been sent yet |
| write | 180 | a slow line and 14 pictures |
| read | 300, or 600 at 4K | a unary answer sends no byte until the picture is done |
| all of it | write + read | a gateway that drips a byte now and then would otherwise hold on for ever |
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

import httpx

from playground import wire
from playground.catalogue import Catalogue, ModelRow, ProviderRow
from playground.credentials import Credentials, Key, clean_key, redact
from playground.errors import (
    CannotConnect,
    ConfigurationError,
    InvalidRequest,
    ProviderError,
    TransferBroken,
    UnreadableAnswer,
)
from playground.request import ImageRequest
from playground.result import ImageResult, TextPart
from playground.uninterrupted import uninterrupted

CONNECT_SECONDS = 15.0
WRITE_SECONDS = 180.0
READ_SECONDS = 300.0
READ_SECONDS_4K = 600.0
MAX_ANSWER_BYTES = 256 * 1024 * 1024
CONNECT_TRIES = 3
_RAW_CHARACTERS = 4096


@dataclass(frozen=True)
class Answer:
    """What one call brought: the result, and how long it took in seconds."""

    result: ImageResult
    seconds: float


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
    ) -> None:
        """`transports` maps URL patterns, e.g. "http://demo.invalid", to where they are served."""
        self._catalogue = catalogue
        self._keys = _keys_by_provider(catalogue, environment)
        self._visitor_base_url = visitor_base_url
        self._client = httpx.AsyncClient(
            mounts=dict(transports),
            trust_env=use_proxy,
            follow_redirects=False,  # a redirect would carry the key to an address that nobody chose
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=32),
            headers={"User-Agent": "image-playground"},
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

    async def generate(self, request: ImageRequest, model: ModelRow, credentials: Credentials) -> Answer:
        """One `generateContent` call, sent once.

        Raises:
            InvalidRequest: the address or the key is missing or malformed; nothing was sent.
            UnusablePicture: an input file changed; nothing was sent.
            ProviderError: everything that went wrong at or on the way to the provider.
        """
        base_url, key = self._address(request.provider, credentials)
        row = self._catalogue.provider(request.provider)
        model_id = model.id_for(request.model, request.image_size)
        url = wire.model_path(base_url, model_id)
        body = await asyncio.to_thread(wire.encode, request, model)
        read_seconds = READ_SECONDS_4K if request.image_size == "4K" else READ_SECONDS
        started = time.monotonic()
        status, headers, content = await self._exchange("POST", url, row, key, body, read_seconds)
        try:
            if status != 200:
                raise wire.read_error(status, headers, _masked(content, key))
            content_type = headers.get("content-type", "")
            result = await uninterrupted(asyncio.to_thread(wire.decode, content, content_type))
        except ProviderError as error:
            raise _ready_to_tell(error, row, key) from None
        return Answer(_without_key(result, key), time.monotonic() - started)

    async def check(self, provider: str, credentials: Credentials) -> ConnectionReport:
        """Asks for the list of models, which costs nothing anywhere.

        Raises:
            InvalidRequest, ProviderError: as `generate`.
        """
        base_url, key = self._address(provider, credentials)
        row = self._catalogue.provider(provider)
        url = wire.models_path(base_url)
        status, headers, content = await self._exchange("GET", url, row, key, None, 20.0)
        if status == 200 and _lists_models(content):
            return ConnectionReport("ok")
        if status in (404, 405, 501):
            return ConnectionReport("no_listing")
        raise _ready_to_tell(wire.read_error(status, headers, _masked(content, key)), row, key) from None

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
        body: bytes | None,
        read_seconds: float,
    ) -> tuple[int, httpx.Headers, bytes]:
        """Sends one request and reads its whole answer; only connecting is tried again."""
        headers, params = _authentication(row, key)
        if body is not None:
            headers["Content-Type"] = "application/json"
        timeout = httpx.Timeout(
            connect=CONNECT_SECONDS, write=WRITE_SECONDS, read=read_seconds, pool=CONNECT_SECONDS
        )
        try:
            request = self._client.build_request(
                method, url, headers=headers, params=params, content=body, timeout=timeout
            )
            async with asyncio.timeout(WRITE_SECONDS + read_seconds):
                return await self._connected(request, key)
        except (httpx.InvalidURL, UnicodeError):  # a host name that no look-up could take
            raise InvalidRequest("base_url_invalid", field="base_url", problem="host") from None
        except TimeoutError:
            raise TransferBroken("timed_out", host=urlsplit(url).hostname) from None

    async def _connected(self, request: httpx.Request, key: Key | None) -> tuple[int, httpx.Headers, bytes]:
        """Sends, and connects anew where a connection was turned down: nothing has been sent then."""
        for _ in range(CONNECT_TRIES - 1):
            try:
                return await self._send(request, key)
            except CannotConnect as error:
                if error.code == "connect_timed_out" or _is_local(request.url.host):
                    raise
        return await self._send(request, key)

    async def _send(self, request: httpx.Request, key: Key | None) -> tuple[int, httpx.Headers, bytes]:
        try:
            response = await self._client.send(request, stream=True)
            try:
                content = await _read_capped(response)
            finally:
                await response.aclose()
        except httpx.TransportError as error:
            raise _transport_failure(error, request, key) from None
        except httpx.DecodingError:
            raise UnreadableAnswer("unreadable_answer") from None
        if response.is_redirect:
            raise UnreadableAnswer("redirected", http_status=response.status_code, host=request.url.host)
        return response.status_code, response.headers, content


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


async def _read_capped(response: httpx.Response) -> bytes:
    chunks = bytearray()
    async for chunk in response.aiter_bytes():
        chunks += chunk
        if len(chunks) > MAX_ANSWER_BYTES:
            raise UnreadableAnswer("answer_too_large", limit=MAX_ANSWER_BYTES)
    return bytes(chunks)


def _transport_failure(error: httpx.TransportError, request: httpx.Request, key: Key | None) -> ProviderError:
    """Our error for httpx's. Its text may hold the URL or a header, so none of it is passed on."""
    host = request.url.host
    if isinstance(error, httpx.ConnectTimeout | httpx.PoolTimeout):
        return CannotConnect("connect_timed_out", host=host)
    if isinstance(error, httpx.ConnectError | httpx.ProxyError | httpx.UnsupportedProtocol):
        return CannotConnect(_connect_code(error), host=host)
    if isinstance(error, httpx.WriteTimeout | httpx.WriteError):
        return TransferBroken("upload_stopped", host=host)
    if isinstance(error, httpx.ReadTimeout):
        return TransferBroken("timed_out", host=host)
    return TransferBroken("cut_off", host=host)


def _connect_code(error: BaseException) -> str:
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return "tls_failed"
        if isinstance(cause, OSError) and cause.__class__.__name__ == "gaierror":
            return "name_not_found"
        cause = cause.__cause__ or cause.__context__
    text = str(error).lower()
    if "ssl" in text or "certificate" in text or "tls" in text:
        return "tls_failed"
    if "name or service not known" in text or "nodename" in text or "name resolution" in text:
        return "name_not_found"
    return "cannot_connect"


def _lists_models(content: bytes) -> bool:
    """Whether a 200 really is a list: gateways also send their errors with it."""
    try:
        answer = json.loads(content)
    except ValueError:
        return False
    return isinstance(answer, dict) and any(isinstance(answer.get(name), list) for name in ("models", "data"))


def _is_local(host: str) -> bool:
    """Whether another try to connect is pointless: nothing listens on this machine's port."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


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
