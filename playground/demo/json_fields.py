"""Reads JSON as Google's API does: camelCase and snake_case alike, a lone value for a list of one.

Both `json.loads` and a base64 decoder hold the interpreter for as long as their input is: other threads, the
event loop among them, would stand still for a quarter of a second with 14 large pictures. So pictures are
lifted out of the body before it is parsed, and are decoded in slices.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

from playground.demo.api_error import ApiError, invalid_value

Object = Mapping[str, Any]

LONG = 1 << 16
"""Bytes from which on the value of a "data" member is lifted out."""

_MOST_STRINGS = 10_000
_SLICE = 1 << 18
_CAPITAL = re.compile(r"[A-Z]")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")


class LongText(str):
    """The beginning of a long string, for messages, and all of it as `whole`."""

    whole: bytes


def loads(body: bytes | bytearray) -> Any:
    """The JSON document of a body; a long "data" member in it is a `LongText`. Raises ValueError."""
    lifted: dict[str, LongText] = {}
    skeleton = bytearray()
    kept = 0
    for start, end in _long_data(body):
        text = LongText(body[start : start + 30].decode("ascii", "replace"))
        text.whole = bytes(body[start:end])
        token = secrets.token_hex(16)
        lifted[token] = text
        skeleton += body[kept:start] + token.encode("ascii")
        kept = end
    skeleton += body[kept:]

    def put_back(members: dict[str, Any]) -> dict[str, Any]:
        data = members.get("data")
        return members | {"data": lifted[data]} if isinstance(data, str) and data in lifted else members

    return json.loads(bytes(skeleton), object_hook=put_back)


def _long_data(body: bytes | bytearray) -> Iterator[tuple[int, int]]:
    """Where the long strings without escapes are that are called "data": first byte, and the one after."""
    before, after_before = b"", 0
    quote = body.find(b'"')
    for _ in range(_MOST_STRINGS):
        if quote < 0:
            return
        start, end = quote + 1, _closing_quote(body, quote + 1)
        named = before == b"data" and bytes(body[after_before:quote]).strip() == b":"
        if named and end - start >= LONG and body.find(b"\\", start, end) < 0:
            yield start, end
        before, after_before = bytes(body[start : min(end, start + 5)]), end + 1
        quote = body.find(b'"', end + 1)


def _closing_quote(body: bytes | bytearray, start: int) -> int:
    """The place of the quote that ends the string from `start` on; the body's length when none does."""
    end = body.find(b'"', start)
    while end >= 0:
        # An even number of backslashes escape each other, not the quote.
        first = end
        while first > start and body[first - 1] == 0x5C:
            first -= 1
        if (end - first) % 2 == 0:
            return end
        end = body.find(b'"', end + 1)
    return len(body)


def snake(name: str) -> str:
    """`imageSize` as `image_size`."""
    return _CAPITAL.sub(lambda letter: "_" + letter[0].lower(), name)


def get(parent: Object, name: str) -> Any:
    """The member called `name` (camelCase) in either spelling; None when it is absent or null."""
    value = parent.get(name)
    return parent.get(snake(name)) if value is None else value


def get_object(parent: Object, name: str, path: str) -> Object:
    """A member that is an object, empty when absent. Raises ApiError naming `path` for anything else."""
    value = get(parent, name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise invalid_value(path)
    return value


def get_list(parent: Object, name: str) -> list[Any]:
    """A member that is a list, empty when absent. A lone value counts as a list of one, as at Google."""
    value = get(parent, name)
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def get_text(parent: Object, name: str, path: str) -> str | None:
    """A member that is a string, None when absent. Raises ApiError naming `path` for anything else."""
    value = get(parent, name)
    if value is not None and not isinstance(value, str):
        raise invalid_value(path, suffix=" (TYPE_STRING)")
    return value


def decode_base64(text: str, path: str) -> bytes:
    """The bytes of standard or URL-safe base64, padded or not.

    Raises:
        ApiError: for anything else, naming `path`. A "data:" prefix is refused, as at Google.
    """
    try:
        raw = (text.whole if isinstance(text, LongText) else text.encode("ascii")).rstrip(b"=")
        return b"".join(_decoded(raw))
    except (UnicodeEncodeError, binascii.Error):
        raise _not_base64(text, path) from None


def _decoded(raw: bytes) -> Iterator[bytes]:
    for start in range(0, len(raw), _SLICE):
        part = raw[start : start + _SLICE].translate(_URL_SAFE)
        if b"=" in part:
            raise binascii.Error("padding before the end")
        yield base64.b64decode(part + b"=" * (-len(part) % 4), validate=True)


def _not_base64(text: str, path: str) -> ApiError:
    beginning = text[:20] + ("…" if len(text) > 20 else "")
    return invalid_value(path, suffix=f' (TYPE_BYTES), Base64 decoding failed for "{beginning}"')
