"""The real network: aiohttp's connections in the shape of an httpx transport.

Everything above speaks httpx, so that the demo and the tests can stand in for the network. Below it httpx's
own connections are replaced, because moving pictures is what this program is for: on one machine, over
loopback, 30 MB arrived in a quarter of the time, and 200 calls at once cost a third of the processor time.

aiohttp follows no redirect here, keeps no cookie, reads no .netrc, unpacks nothing and repeats no POST.

Why not httpx-aiohttp 0.2.0 (looked at on 26 November 2026): it reports a connection that breaks after the
request went out as a failed connect, so that a call which may be billed would be sent again; it makes its TLS
context on the event loop, takes one proxy for all hosts, and reads 16 KiB at a time. In
`tests.benchmarks.transport` on two busy cores, medians of 5 in turns, it took 1.8 times our processor time
to receive 30 MB, 1.5 times for 50 calls at once and 1.4 times to send 14 pictures of 7 MB.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from types import MappingProxyType
from typing import Any
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx
from aiohttp.client_proto import ResponseHandler
from yarl import URL

from playground.errors import InvalidRequest, UnreadableAnswer
from playground.providers.heads import HeadMending

IDLE_SECONDS = 15.0
"""How long an unused connection is kept: less than servers do, so that none is reused just as it closes."""

# A gateway may be silent for minutes while it draws, and a router on the way then forgets the connection.
_KEEPALIVE = MappingProxyType({"TCP_KEEPIDLE": 30, "TCP_KEEPINTVL": 15, "TCP_KEEPCNT": 4})
_TRANSLATED = ip_network("64:ff9b::/96")
"""What networks without IPv4 call its addresses by."""
_NEVER = (ip_network("64:ff9b:1::/48"), ip_network("::/96"))
"""The same within a network of its own, and what was meant for that once; Python calls them global."""
_READ_BUFFER_BYTES = 256 * 1024
MAX_HEADER_BYTES = 256 * 1024
"""Of one header field: proxies with a login send cookies of many kilobytes."""

MAX_HEADERS = 1000
PUBLIC = "public"
"""In a request's extensions, true: it goes to an address of the internet only, wherever its name leads."""


class AiohttpTransport(httpx.AsyncBaseTransport):
    """Real connections. Belongs to the event loop of its first call; close it there."""

    def __init__(self, *, use_proxy: bool) -> None:
        self._use_proxy = use_proxy
        self._sessions: dict[bool, aiohttp.ClientSession] = {}  # whether for `PUBLIC` alone
        self._tls: ssl.SSLContext | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Sends the request; the answer's body is still to come.

        Raises:
            httpx.TransportError: in httpx's terms; the text says nothing of address or headers.
            UnreadableAnswer: the head of the answer is too large, or is not HTTP.
        """
        proxy = self._proxy(request.url)  # which then decides where one may go
        session = self._opened(is_public=bool(request.extensions.get(PUBLIC)) and proxy is None)
        with _translated():
            response = await session.request(
                request.method,
                URL(str(request.url), encoded=True),
                headers=list(request.headers.multi_items()),
                data=request.stream if int(request.headers.get("content-length", "0")) else None,
                allow_redirects=False,
                proxy=proxy,
                ssl=await self._tls_for(request.url),
                timeout=aiohttp.ClientTimeout(sock_connect=_connect_seconds(request)),
            )
        return httpx.Response(
            response.status, headers=response.raw_headers, stream=_Body(response), request=request
        )

    async def aclose(self) -> None:
        for session in self._sessions.values():
            await session.close()

    def _opened(self, *, is_public: bool) -> aiohttp.ClientSession:
        if is_public not in self._sessions:
            made = public_only if is_public else kept_alive
            self._sessions[is_public] = aiohttp.ClientSession(
                connector=_Connector(limit=0, keepalive_timeout=IDLE_SECONDS, socket_factory=made),
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                timeout=aiohttp.ClientTimeout(total=None),
                read_bufsize=_READ_BUFFER_BYTES,
                max_line_size=MAX_HEADER_BYTES,
                max_field_size=MAX_HEADER_BYTES,
                max_headers=MAX_HEADERS,
                skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding", "Content-Type"),
            )
        return self._sessions[is_public]

    async def _tls_for(self, url: httpx.URL) -> ssl.SSLContext | bool:
        if url.scheme != "https":
            return True
        if self._tls is None:  # reads some hundred certificates
            self._tls = await asyncio.to_thread(httpx.create_ssl_context)
        return self._tls

    def _proxy(self, url: httpx.URL) -> str | None:
        if not self._use_proxy or proxy_bypass(url.host):
            return None
        proxies = getproxies()
        return proxies.get(url.scheme) or proxies.get("all")


class _Connector(aiohttp.TCPConnector):
    """aiohttp's connections, each behind a look at the heads of its answers."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        handler: Callable[..., ResponseHandler] = _Handler
        self._factory = partial(handler, self._loop)  # aiohttp has no public place for it; tests would tell


class _Handler(ResponseHandler):
    """Gives aiohttp's parser the bytes of a connection, mended."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self._mending: HeadMending | None = None

    def set_response_params(self, **params: Any) -> None:
        """A request goes out: what comes next is the head of its answer, and may have come already."""
        self._mending = HeadMending()
        super().set_response_params(**params)

    def data_received(self, data: bytes) -> None:
        if self._mending is None or not data:  # nothing was asked yet, or the parser is told to go on
            super().data_received(data)
            return
        mended = self._mending.feed(data)
        if self._mending.has_more:
            self.force_close()
        if mended:
            super().data_received(mended)

    def connection_lost(self, exc: BaseException | None) -> None:
        if self._mending is not None and (held := self._mending.finish()):
            super().data_received(held)
        super().connection_lost(exc)


class _Body(httpx.AsyncByteStream):
    """The body of an answer as it arrives, still packed if it was sent packed."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _translated():
            async for chunk in self._response.content.iter_any():
                yield chunk

    async def aclose(self) -> None:
        # A body read to its end gives its connection back by itself; any other connection ends here and now.
        self._response.close()


def _connect_seconds(request: httpx.Request) -> float | None:
    timeout: dict[str, Any] = request.extensions.get("timeout", {})
    return timeout.get("connect")


def kept_alive(address: aiohttp.AddrInfoType) -> socket.socket:
    """A socket that asks now and then whether the other side is still there."""
    family, kind, protocol, _, _ = address
    made = socket.socket(family, kind, protocol)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in _KEEPALIVE.items():
        option = getattr(socket, name, None)  # not every system has all three
        if option is not None:
            made.setsockopt(socket.IPPROTO_TCP, option, value)
    return made


class _NotPublic(PermissionError):
    """Whoever typed the address is told so, not that nothing answers there."""


def public_only(address: aiohttp.AddrInfoType) -> socket.socket:
    """The same to an address of the internet. Asked with what a name has led to, so that none can lead
    elsewhere a moment later. Raises OSError for an address of this machine or of a network of its own."""
    if not is_public(str(address[4][0])):
        raise _NotPublic("not an address of the internet")
    return kept_alive(address)


def is_public(host: str) -> bool:
    """Whether an address is one of the internet, and so is the one that it stands for, if any."""
    found = ip_address(host.partition("%")[0])
    if isinstance(found, IPv6Address):
        if found.is_site_local:
            return False
        inner = found.ipv4_mapped or found.sixtofour
        if found in _TRANSLATED:
            inner = IPv4Address(int(found) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast and not any(found in network for network in _NEVER)


def _unreadable_head(error: aiohttp.ClientResponseError) -> UnreadableAnswer:
    """What is wrong with the lines before a body: a limit of ours, or that they are not HTTP."""
    if "Too many headers" in error.message or "Got more than" in error.message:
        return UnreadableAnswer("headers_too_large", kilobytes=MAX_HEADER_BYTES // 1024, count=MAX_HEADERS)
    return UnreadableAnswer("headers_unreadable")


@contextmanager
def _translated() -> Iterator[None]:
    """aiohttp's failures as httpx's. Their texts are left out: they may hold the address, and so a key."""
    try:
        yield
    except (aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError) as error:
        raise httpx.ProxyError("proxy") from error
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, _NotPublic):
            raise InvalidRequest("base_url_not_allowed", field="base_url") from None
        raise httpx.ConnectError("no connection") from error
    except (aiohttp.ServerTimeoutError, TimeoutError) as error:
        raise httpx.ConnectTimeout("no connection in time") from error
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError, UnicodeError) as error:
        raise httpx.UnsupportedProtocol("address") from error
    except aiohttp.ClientResponseError as error:
        if "chunk" in error.message.lower():  # the body's first bytes came together with the head
            raise httpx.RemoteProtocolError("broken off") from error
        raise _unreadable_head(error) from None
    except (aiohttp.ServerDisconnectedError, aiohttp.ClientPayloadError) as error:
        raise httpx.RemoteProtocolError("broken off") from error
    except (aiohttp.ClientError, OSError) as error:
        raise httpx.ReadError("reset") from error
