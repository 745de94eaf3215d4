"""Tiny real pictures and short hands for answers."""

from __future__ import annotations

import base64
import functools
import io
import json
from typing import Any

from PIL import Image

from playground import wire
from playground.result import ImageResult


@functools.cache
def picture(kind: str = "PNG", width: int = 8, height: int = 6, colour: str = "red") -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(buffer, kind)
    return buffer.getvalue()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


PNG1 = b64(picture("PNG"))
JPG1 = b64(picture("JPEG"))
JPG2 = b64(picture("JPEG", 10, 4, "blue"))


def filled(text: str) -> Any:
    """JSON written by hand, with PNG1, JPG1 and JPG2 standing for pictures."""
    return json.loads(
        text.replace('"PNG1"', f'"{PNG1}"').replace('"JPG1"', f'"{JPG1}"').replace("JPG2", JPG2)
    )


def decoded(answer: object, content_type: str = "application/json") -> ImageResult:
    data = answer if isinstance(answer, bytes) else json.dumps(answer, ensure_ascii=False).encode()
    return wire.decode(data, content_type)


def candidate(*parts: object, finish: str | None = "STOP") -> dict[str, Any]:
    made: dict[str, Any] = {"content": {"role": "model", "parts": list(parts)}}
    if finish is not None:
        made["finishReason"] = finish
    return {"candidates": [made]}


def inline(data: str, mime_type: str = "image/png", **more: object) -> dict[str, Any]:
    return {"inlineData": {"mimeType": mime_type, "data": data}, **more}
