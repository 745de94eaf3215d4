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

# Model text can never make the page fetch from elsewhere. Gradio's own page needs inline code and eval.
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self' data: blob:; media-src 'self' blob:; worker-src 'self' blob:; object-src 'none'; "
    "base-uri 'self'; form-action 'self'; frame-ancestors"
)


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


def _headers(settings: Settings) -> dict[str, str]:
    ancestors = (*(SPACES_ANCESTORS if settings.hosted else ()), *settings.frame_ancestors)
    headers = {
        "x-content-type-options": "nosniff",
        "referrer-policy": "no-referrer",
        "permissions-policy": "camera=(), microphone=(), geolocation=()",
        "content-security-policy": " ".join([_POLICY, "'self'", *ancestors]),
    }
    if not ancestors:  # the older header knows no list of origins
        headers["x-frame-options"] = "SAMEORIGIN"
    return headers
