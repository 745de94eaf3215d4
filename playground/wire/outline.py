"""An answer as small JSON-like data for people to read: shape kept, pictures and long texts left out."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from playground.text import mended
from playground.wire.values import text_of

_MAX_DEPTH = 16
_MAX_ITEMS = 50
_MAX_NODES = 2_000
_MAX_CHARACTERS = 100_000
_MAX_STRING = 4_000
_MAX_READ = 1_000_000
_MAX_KEY = 100
MAX_SUGGESTIONS = 20_000
"""Characters of `renderedContent`, which has to be shown whole; real ones have a few thousand."""
_SHORT = 64
_PICTURE_KEYS = ("data", "b64_json")
_DATA_URI = re.compile(r"(data:[\w.+/-]{1,60};base64,)[A-Za-z0-9+/=_%\s-]{64,}+", re.IGNORECASE)
_LONG_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{64,}+={0,2}")
_BASE64 = re.compile(r"[A-Za-z0-9+/=_\s-]{500,}+")


def byte_note(count: int, mime_type: str) -> str:
    """What stands in the place of a picture: "<1,234,567 bytes of image/jpeg>"."""
    return f"<{count:,} bytes of {mime_type}>"


def signature_note(signature: str) -> str:
    """What stands in the place of a thought signature: "<signature of 1,234 characters>"."""
    return f"<signature of {len(signature):,} characters>"


def outline(data: object, sizes: Mapping[str, int] = MappingProxyType({})) -> Any:
    """A copy of parsed JSON of bounded depth and size, with base64 replaced by its length.

    `sizes` tells the bytes behind each placeholder that already stands for a picture.
    """
    return _Outline(sizes).value(data, 0)


def outline_text(text: str, sizes: Mapping[str, int] = MappingProxyType({})) -> str:
    """The text of an answer as it came, of bounded length, with base64 replaced by its length."""

    def note(found: re.Match[str]) -> str:
        return byte_note(sizes.get(found[0], len(found[0]) * 3 // 4), "base64")

    # Cut before and after: what comes in is long, and what goes out may be.
    short = _LONG_BASE64.sub(note, text[:_MAX_READ])
    return mended(short if len(short) <= _MAX_CHARACTERS else short[:_MAX_CHARACTERS] + "…")


class _Outline:
    """Counts what was already taken over: an answer of a million empty objects is one as well."""

    def __init__(self, sizes: Mapping[str, int]) -> None:
        self._sizes = sizes
        self._nodes = _MAX_NODES
        self._characters = _MAX_CHARACTERS

    def value(self, data: object, depth: int) -> Any:
        self._nodes -= 1
        if isinstance(data, str):
            return self._string(data)
        if isinstance(data, (Mapping, list)) and data:
            if depth >= _MAX_DEPTH or self._nodes <= 0:
                return "…"
            return self._mapping(data, depth) if isinstance(data, Mapping) else self._list(data, depth)
        if isinstance(data, int) and not -(10**18) < data < 10**18:
            return "…"  # printing a whole number of thousands of digits is refused by Python
        if isinstance(data, float) and not math.isfinite(data):
            return str(data)  # no JSON writer of the screen takes these
        return data

    def _mapping(self, data: Mapping[str, Any], depth: int) -> dict[str, Any]:
        short: dict[str, Any] = {}
        for key, value in list(data.items())[:_MAX_ITEMS]:
            if isinstance(value, str) and key in _PICTURE_KEYS and len(value) > _SHORT:
                size = self._sizes.get(value, len(value) * 3 // 4)
                short[key] = byte_note(size, text_of(data, "mimeType") or "base64")
            elif isinstance(value, str) and _is_signature(key) and len(value) > _SHORT:
                short[key] = signature_note(value)
            elif isinstance(value, str) and key in ("renderedContent", "rendered_content"):
                short[key] = self._string(value, MAX_SUGGESTIONS)
            else:
                short[mended(key)[:_MAX_KEY]] = self.value(value, depth + 1)
        if len(data) > _MAX_ITEMS:
            short["…"] = f"{len(data) - _MAX_ITEMS:,} more"
        return short

    def _list(self, data: list[Any], depth: int) -> list[Any]:
        short = [self.value(value, depth + 1) for value in data[:_MAX_ITEMS]]
        return short if len(data) <= _MAX_ITEMS else [*short, f"… {len(data) - _MAX_ITEMS:,} more"]

    def _string(self, text: str, longest: int = _MAX_STRING) -> str:
        if len(text) > _SHORT:
            text = _DATA_URI.sub(r"\1…", text)
        if len(text) > _MAX_STRING and _BASE64.fullmatch(text):
            text = byte_note(len(text) * 3 // 4, "base64")
        limit = max(0, min(longest, self._characters))
        text = text if len(text) <= limit else text[:limit] + "…"
        self._characters -= len(text)
        return mended(text)


def _is_signature(key: str) -> bool:
    return key.lower().replace("_", "") == "thoughtsignature"
