"""A gateway that repeats the key it was sent in every place, and how to look for what is left of it."""

from __future__ import annotations

import base64
import io
from pathlib import Path
from typing import Any
from urllib.parse import quote

from PIL import Image, PngImagePlugin
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from tests.wire.samples import b64, inline

CANARY = "AQ." + "canary+Key/0123456789_abcdefghijklmnopqrs"  # no scanner takes it for a real one
HALVES = (CANARY[: len(CANARY) // 2], CANARY[len(CANARY) // 2 :])


def in_base64(text: str) -> list[str]:
    """Every way in which a text may stand in base64, without the signs that it shares with its neighbours."""
    packed = [base64.b64encode(b"\0" * before + text.encode()).decode().rstrip("=") for before in range(3)]
    return [one[2 + before : -2] for before, one in enumerate(packed)]


FORMS = (CANARY, quote(CANARY, safe=""), *in_base64(CANARY), *HALVES)
"""Whichever of these is found anywhere, somebody could make the key of it."""


def left_in(text: str | bytes) -> list[str]:
    """The forms of the key that stand in a text."""
    shown = text.decode("latin-1") if isinstance(text, bytes) else text
    return [form for form in FORMS if form in shown]


def marked_picture(key: str) -> bytes:
    """A PNG whose metadata repeat a key."""
    told, data = PngImagePlugin.PngInfo(), io.BytesIO()
    told.add_text("Comment", f"made for {key} and {quote(key, safe='')}")
    Image.new("RGB", (64, 48), "teal").save(data, "PNG", pnginfo=told)
    return data.getvalue()


def answer(key: str) -> dict[str, Any]:
    """A good answer that holds nothing but the key."""
    packed, middle = base64.b64encode(f"key:{key}".encode()).decode(), len(key) // 2
    parts: list[dict[str, Any]] = [
        {"text": f"Your key is {key}, {quote(key, safe='')}, {packed}, {key[:middle]}"},
        {"text": f"{key[middle:]} it was."},
        {"text": key, "thought": True, "thoughtSignature": packed},
        {**inline(b64(marked_picture(key)), f"image/png; key={key}"), "thoughtSignature": key},
    ]
    said = {
        "content": {"parts": parts, "role": key},
        "finishReason": "STOP",
        "finishMessage": key,
        "safetyRatings": [{"category": key, "probability": key}],
        "groundingMetadata": {
            "groundingChunks": [{"web": {"uri": f"https://a.example/?key={key}", "title": key}}],
            "searchEntryPoint": {"renderedContent": f"<b>{key}</b>"},
        },
        key: key,
    }
    return {
        "candidates": [said],
        "modelVersion": key,
        "responseId": key,
        "usageMetadata": {"totalTokenCount": 1, key: key},
        "promptFeedback": {key: [key]},
    }


def refusal(key: str) -> dict[str, Any]:
    """An error that holds nothing but the key."""
    details = [{"@type": key, "reason": key, "metadata": {key: key}}]
    return {"error": {"code": 400, "status": key, "message": f"bad {key[:20]}", "details": details, key: key}}


class Echo:
    """The gateway; a prompt with "refuse" in it is refused.

    Attributes:
        keys: what it was sent, one for each call.
        lists: it lists models, with the key among them, for whoever looks at the address first.
    """

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.lists = False

    def app(self) -> Starlette:
        """Every call answers."""
        return Starlette(routes=[Route("/{path:path}", self._answer, methods=["GET", "POST"])])

    async def _answer(self, request: Request) -> JSONResponse:
        given = [request.headers.get("x-goog-api-key"), request.query_params.get("key")]
        given.append(request.headers.get("authorization", "").removeprefix("Bearer "))
        key = next(filter(None, given), "")
        self.keys.append(key)
        if self.lists and request.method == "GET":
            return JSONResponse({"models": [{"name": f"models/{key}"}, {"name": "models/a-model"}], key: key})
        is_refused = b"refuse" in await request.body()
        headers = {"x-request-id": key, "retry-after": key}
        body = refusal(key) if is_refused else answer(key)
        return JSONResponse(body, 400 if is_refused else 200, headers=headers)


def files_with_it(*folders: Path) -> dict[str, list[str]]:
    """The files below the folders that hold the key, and in which forms."""
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    found = {str(path): left_in(path.read_bytes()) for path in files}
    return {path: forms for path, forms in found.items() if forms}
