"""Small pictures to upload."""

from __future__ import annotations

import io

from PIL import Image
from playwright.sync_api import FilePayload


def picture(name: str, width: int = 64, height: int = 48, colour: str = "teal") -> FilePayload:
    """A PNG in one colour. Its width tells it from others in the exact request and in the answer."""
    data = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(data, "PNG")
    return {"name": name, "mimeType": "image/png", "buffer": data.getvalue()}


def pictures(count: int) -> list[FilePayload]:
    """Pictures named p1.png, p2.png and so on, of different byte counts."""
    return [picture(f"p{number}.png", width=64 * number) for number in range(1, count + 1)]
