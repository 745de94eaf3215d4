"""Who may ask: no page of another site gets in. What may be asked for is said in `doors`.

A page that a person has open could otherwise start paid calls here with the operator's key. It has two ways:
to send its requests straight to this address, which browsers mark, and to let its own name point to this
address (DNS rebinding), which makes it look like our own page, but for the name that it was asked by.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from playground.settings import Settings

_ONLY_LOOKS = frozenset({"GET", "HEAD", "OPTIONS"})
_FOREIGN_PAGE = "Only this app's own page may do this."
_UNKNOWN_NAME = (
    "This app does not know the name that it was asked by. Open it at the address that it printed when it "
    "started, or have this name added to PLAYGROUND_HOST_NAMES."
)


class Guard:
    """Answers 403 to pages of other sites and to names that are not known.

    Programs, which say nothing of a site, are let in. A Space that shares no key is open to all sites, as
    every server is that strangers are meant to use: they find no key there and nobody's history. Names are
    compared where the app listens to its own machine only, and where the operator names some.
    """

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self._app = app
        self._is_open = settings.hosted and not settings.share_key
        self._names = settings.host_names
        self._compares = not settings.hosted and (settings.is_local or bool(settings.host_names))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if refusal := self._refusal(Request(scope)) if scope["type"] == "http" else "":
            await PlainTextResponse(refusal, 403)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _refusal(self, request: Request) -> str:
        if self._compares and not self._knows(request.headers.get("host", "")):
            return _UNKNOWN_NAME
        if not self._is_open and request.method not in _ONLY_LOOKS and not is_own_page(request.headers):
            return _FOREIGN_PAGE
        return ""

    def _knows(self, host: str) -> bool:
        """A number is no name that could point elsewhere; "localhost" is this machine in every browser."""
        name = hostname(host)
        return name in self._names or name == "localhost" or name.endswith(".localhost") or _is_number(name)


def is_own_page(headers: Mapping[str, str]) -> bool:
    """Whether a request comes from this app's own page, or from a program that is no browser.

    Browsers say so themselves in `Sec-Fetch-Site`; older ones, and addresses without https, at least name
    the page's origin.
    """
    if site := headers.get("sec-fetch-site"):
        return site == "same-origin"
    origin = headers.get("origin")
    return origin is None or urlsplit(origin).netloc in (headers.get("host"), headers.get("x-forwarded-host"))


def hostname(host: str) -> str:
    """The name in a Host header, lower case, without port, brackets and final dot; "" for none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").removesuffix(".")
    except ValueError:
        return ""


def _is_number(name: str) -> bool:
    try:
        return bool(ip_address(name))
    except ValueError:
        return False
