"""Security headers on every answer: what a page of this app may load, and which pages may show it in a frame.

A page that could frame this app would lay it, unseen, under its own buttons: a press there would be a press
on Generate, with the operator's key (clickjacking).
"""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from playground.settings import Settings

SPACES_ANCESTORS = ("https://huggingface.co", "https://*.hf.space")
"""Hugging Face shows each Space in a frame of its own page."""

# Model text can never make the page fetch from elsewhere, and no code within HTML runs but the page's own,
# which carries the nonce. Gradio makes functions of texts, ours among them, and needs eval for that; it puts
# its theme, and a provider its search suggestions, into style elements of the page. A ZIP comes into a frame.
_PAGE = (
    "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; frame-src 'self'; manifest-src 'self'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors {ancestors}"
)
# Browsers wrap a picture that is opened by itself into a page with a style; ours reads what is in a frame.
_ALL_ELSE = (
    "default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors {ancestors}; sandbox allow-same-origin"
)
_FORM = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors {ancestors}"
)
_NO_DEVICES = ("camera", "microphone", "geolocation", "display-capture", "payment", "usb")


class SecurityHeaders:
    """Adds the headers to each answer of the app it stands around, errors and static files included."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._headers = _headers(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)


def page_policy(settings: Settings, nonce: str) -> str:
    """The policy of the page: what it may load and run. Only scripts with the nonce may stand in its HTML."""
    return _PAGE.format(nonce=nonce, ancestors=" ".join(["'self'", *_ancestors(settings)]))


def form_policy(settings: Settings) -> str:
    """The policy of a page that is nothing but a form: it runs nothing and loads nothing."""
    return _FORM.format(ancestors=" ".join(["'self'", *_ancestors(settings)]))


def _ancestors(settings: Settings) -> tuple[str, ...]:
    return (*(SPACES_ANCESTORS if settings.hosted else ()), *settings.frame_ancestors)


def _headers(settings: Settings) -> dict[str, str]:
    ancestors = _ancestors(settings)
    headers = {
        "cache-control": "private",  # a shared cache would show one visitor's to the next, with their cookie
        "x-content-type-options": "nosniff",
        # Not "no-referrer": a form of our own would be sent with `Origin: null`, and without https nothing
        # else tells the guard whose it is (https://fetch.spec.whatwg.org/#append-a-request-origin-header).
        "referrer-policy": "same-origin",
        "permissions-policy": ", ".join(f"{device}=()" for device in _NO_DEVICES),
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "content-security-policy": _ALL_ELSE.format(ancestors=" ".join(["'self'", *ancestors])),
    }
    if not ancestors:  # the older header knows no list of origins
        headers["x-frame-options"] = "SAMEORIGIN"
    return headers
