"""Who is asking: a secret in the browser's cookie outside, the name of an owner made from it inside."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from ipaddress import IPv6Address, ip_address

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.history import PROGRAM_PREFIX, SHARED_OWNER
from playground.server.proxied import path_in_app
from playground.settings import Settings

VISITOR_COOKIE = "playground_visitor"
_YEAR_SECONDS = 31_536_000
_OWN_SITE = "SameSite=Lax"
_IN_A_FRAME = "SameSite=None; Secure; Partitioned"  # the only cookie that lives in a frame of another site


class Visitors:
    """ASGI middleware that gives each browser an unguessable id in a cookie that scripts cannot read.

    Whoever stands below sees in the cookie not the browser's secret but the name of an owner made from it, so
    that no record and no index holds what would open somebody's history. Where visitors are not told apart,
    all of them are one owner.
    """

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self._app = app
        self._hosted = settings.hosted
        self._separate = settings.has_strangers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        token = visitor(headers.get("cookie"))
        is_new = path_in_app(scope) == "/" and token is None

        async def send_with_cookie(message: Message) -> None:
            if is_new and message["type"] == "http.response.start":
                MutableHeaders(scope=message).append("set-cookie", self._new_cookie(headers, scope["scheme"]))
            await send(message)

        await self._app(self._as_owner(scope, token), receive, send_with_cookie)

    def _new_cookie(self, headers: Headers, scheme: str) -> str:
        site = cookie_site(headers, scheme, hosted=self._hosted)
        token = secrets.token_urlsafe(24)
        return f"{VISITOR_COOKIE}={token}; Path=/; Max-Age={_YEAR_SECONDS}; HttpOnly; {site}"

    def _as_owner(self, scope: Scope, token: str | None) -> Scope:
        if token is None and self._separate:
            return scope
        owner = owner_of(token or "") if self._separate else SHARED_OWNER
        others = [(name, value) for name, value in scope["headers"] if name != b"cookie"]
        cookies = b";".join(value for name, value in scope["headers"] if name == b"cookie").split(b";")
        kept = [pair for pair in cookies if pair.partition(b"=")[0].strip() != VISITOR_COOKIE.encode()]
        mine = f"{VISITOR_COOKIE}={owner}".encode()
        return {**scope, "headers": [*others, (b"cookie", b";".join([mine, *kept]))]}


def cookie_site(headers: Headers, scheme: str, *, hosted: bool) -> str:
    """Where a cookie is sent: a cookie's attributes, for a page of its own or one in another site's frame."""
    if hosted or headers.get("sec-fetch-dest") == "iframe":
        return _IN_A_FRAME
    return f"{_OWN_SITE}; Secure" if scheme == "https" else _OWN_SITE


def owner_of(token: str) -> str:
    """The name of the owner behind a visitor's secret; it does not lead back."""
    return f"visitor-{hashlib.sha256(token.encode()).hexdigest()[:40]}"


def visitor(cookie_header: str | None) -> str | None:
    """The visitor id in a Cookie header, or None.

    The standard library's parser gives up at the first cookie it dislikes, and on localhost all programs of
    a machine share one header; Starlette's reads on, and is also the one behind `request.cookies`.
    """
    return cookie_parser(cookie_header or "").get(VISITOR_COOKIE) or None


def program_owner(cookie_header: str | None, address: str, secret: bytes) -> str:
    """Whose the calls of a program are, so that its places in the line and its quota are one visitor's.

    A program that sends a visitor's cookie works for that visitor. Any other is known by the address that it
    calls from (of IPv6 the network, because one machine has its pick of 2**64 addresses there): nobody can
    list what such an owner keeps, and its pictures are found by their unguessable addresses alone. Retention
    and quotas count them like a visitor's. Behind a proxy that the operator has not named
    (PLAYGROUND_TRUSTED_PROXIES), all programs are one.

    Args:
        secret: of this process, so that what is stored does not lead back to an address.
    """
    owner = visitor(cookie_header)
    if owner not in (None, SHARED_OWNER):
        return owner
    digest = hmac.digest(secret, network(address).encode(), "sha256").hex()
    return f"{PROGRAM_PREFIX}{digest[:40]}"


def caller(cookie_header: str | None, address: str) -> str:
    """Whose uploads a request may name, as `Doors` notes them: a visitor's by the owner's name that stands in
    the cookie by now, else those of the address; SHARED_OWNER where nobody is told apart."""
    return visitor(cookie_header) or f"address {network(address)}"


def network(address: str) -> str:
    """A machine by its address: of IPv6 by its network, because one machine has its pick there."""
    try:
        known = ip_address(address)
    except ValueError:  # none is known, as over a socket of the system
        return address
    if not isinstance(known, IPv6Address):
        return str(known)
    return str(known.ipv4_mapped or int(known) >> 64)
