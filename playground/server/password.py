"""One password before everything, where the operator has set one: for the page a form, for programs Basic.

There is one password and no users: whoever has it is let in, and is still a visitor like any other. What was
entered becomes a cookie that says until when it holds, signed with a key made from the password: every
process with the same password knows it, and a new password ends them all.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import parse_qs

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request, cookie_parser
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from playground.errors import NotStarted
from playground.server.body_clock import in_time
from playground.server.budgets import Budgets, Spender
from playground.server.doors import is_inside, over_budget, read_body
from playground.server.headers import form_policy
from playground.server.proxied import path_in_app
from playground.server.visitors import cookie_site, network
from playground.settings import Settings

COOKIE: Final = "playground_login"
LOGIN: Final = "/login"
FREE: Final = frozenset({"/health", "/ready"})
"""For whoever keeps the server running, who has no password."""

_SECONDS: Final = 30 * 86_400
_BODY_BYTES: Final = 4000
_MOST_KNOWN: Final = 1000
_WANTED = "This server wants its password: enter it on its page, or send it by HTTP Basic with any name."

Page = Callable[[Headers, str, Mapping[str, str]], str]
"""The form's HTML, by the request's headers, what went wrong ("wrong", "too_fast", ""), and facts of that."""


class Password:
    """ASGI middleware that lets in who has entered the password, or sends it along.

    It stands before the table of `doors`: no body is read and no session is taken before. A wrong one counts
    to the budgets "passwords" and "guesses", and once one is used up, right ones wait too: else guessing had
    no end. "guesses" is everybody's together, and an address that the right one has come from is not asked
    for it: nobody keeps it out by guessing.
    """

    def __init__(
        self, app: ASGIApp, *, settings: Settings, budgets: Budgets, page: Page, inside: str = ""
    ) -> None:
        """`inside` is the secret of calls that this process makes to itself, see `Doors`."""
        secret = settings.password.get_secret_value() if settings.password else ""
        self._app = app
        self._settings = settings
        self._budgets = budgets
        self._page = page
        self._inside = inside
        self._one_at_a_time = asyncio.Lock()
        self._known: OrderedDict[str, None] = OrderedDict()  # networks that the right one came from
        self._password = hashlib.sha256(secret.encode()).digest()
        self._signing = hashlib.scrypt(secret.encode(), salt=COOKIE.encode(), n=2**14, r=8, p=1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or path_in_app(scope) in FREE:
            await self._app(scope, receive, send)
            return
        request = Request(scope, in_time(receive))
        try:
            answer = await self._answer(request)
        except ClientDisconnect:
            return
        except NotStarted as over:
            answer = self._too_fast(request, over)
        except HTTPException as refused:
            answer = PlainTextResponse(refused.detail, refused.status_code)
        if answer is None:
            await self._app(_without_password(scope), receive, send)
        else:
            await answer(scope, receive, send)

    async def _answer(self, request: Request) -> Response | None:
        """What is answered instead of the app; None for who may come in."""
        is_login = path_in_app(request.scope) == LOGIN
        if is_login and request.method == "POST":
            return await self._log_in(request)
        if is_inside(request.headers, self._inside) or self._is_signed(_cookie(request.headers)):
            return RedirectResponse("./", 303) if is_login else None
        given = _basic(request.headers)
        if given is not None and await self._is_right(request, given):
            return None
        return self._wanted(request, "" if given is None else "wrong")

    async def _log_in(self, request: Request) -> Response:
        body = await read_body(request, _BODY_BYTES)
        given = parse_qs(body.decode(errors="replace")).get("password", [""])[0]
        if not await self._is_right(request, given):
            return self._wanted(request, "wrong")
        # Programs, Gradio's client among them, look for a success and the cookie.
        answer = RedirectResponse("./", 303) if _is_page(request) else JSONResponse({"success": True})
        ends = str(int(time.time()) + _SECONDS)
        site = cookie_site(request.headers, request.url.scheme, hosted=self._settings.hosted)
        answer.headers.append(
            "set-cookie",
            f"{COOKIE}={ends}.{self._signature(ends)}; Path=/; Max-Age={_SECONDS}; HttpOnly; {site}",
        )
        return answer

    async def _is_right(self, request: Request, given: str) -> bool:
        """Whether it is the password. Raises NotStarted when too many wrong ones came before."""
        client = request.client.host if request.client else ""
        spender = Spender(f"address {network(client)}", network(client))
        digest = hashlib.sha256(given.encode(errors="replace")).digest()
        async with self._one_at_a_time:  # of many at once, none would have been counted yet
            asked = ("passwords",) if spender.network in self._known else ("passwords", "guesses")
            for name in asked:
                await self._budgets.require(name, spender)
            if hmac.compare_digest(digest, self._password):
                self._remember(spender.network)
                return True
            for name in asked:
                await self._budgets.spend(name, spender)
            return False

    def _remember(self, address: str) -> None:
        """Of many addresses, those that it came from last."""
        self._known[address] = None
        self._known.move_to_end(address)
        if len(self._known) > _MOST_KNOWN:
            self._known.popitem(last=False)

    def _is_signed(self, cookie: str) -> bool:
        ends, _, signature = cookie.partition(".")
        is_ours = hmac.compare_digest(signature.encode(), self._signature(ends).encode())
        return is_ours and int(ends) > time.time()

    def _signature(self, ends: str) -> str:
        return hmac.new(self._signing, ends.encode(), hashlib.sha256).hexdigest()

    def _wanted(self, request: Request, problem: str) -> Response:
        if _is_page(request):
            return self._form(request, problem, 401)
        # A browser would ask by itself, over the page, for each picture of it.
        is_browser = "sec-fetch-mode" in request.headers
        asking = {} if is_browser else {"www-authenticate": 'Basic realm="Image Playground", charset="UTF-8"'}
        return PlainTextResponse(_WANTED, 401, asking)

    def _too_fast(self, request: Request, over: NotStarted) -> Response:
        if not _is_page(request):
            return over_budget(over)
        answer = self._form(request, "too_fast", 429, over.facts)
        answer.headers["retry-after"] = over.facts["seconds"]
        return answer

    def _form(
        self, request: Request, problem: str, status: int, facts: Mapping[str, str] | None = None
    ) -> Response:
        headers = {
            "cache-control": "no-store",
            "content-security-policy": form_policy(self._settings),
            "vary": "accept-language",
        }
        return HTMLResponse(self._page(request.headers, problem, facts or {}), status, headers)


def _is_page(request: Request) -> bool:
    """Whether a person's browser opens the page, or sends its form."""
    is_at = path_in_app(request.scope) in ("/", LOGIN)
    return is_at and "text/html" in request.headers.get("accept", "")


def _cookie(headers: Headers) -> str:
    return str(cookie_parser(headers.get("cookie", "")).get(COOKIE, ""))


def _basic(headers: Headers) -> str | None:
    """The password of HTTP Basic; None where there is none."""
    scheme, _, value = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name_and_password = base64.b64decode(value.strip(), validate=True).decode()
    except (binascii.Error, ValueError):
        return ""
    return name_and_password.partition(":")[2]


def _without_password(scope: Scope) -> Scope:
    """The request without what opened the door: nothing below passes it on or writes it down."""
    headers = MutableHeaders(raw=list(scope["headers"]))
    if _basic(headers) is not None:
        del headers["authorization"]
    return {**scope, "headers": headers.raw}
