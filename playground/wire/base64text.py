"""The bytes of a picture as gateways really write them: sloppy base64, base64 twice, lists of numbers."""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from typing import TypeGuard
from urllib.parse import unquote

DATA_URI = re.compile(r"\s*data:[^,]{0,200},", re.IGNORECASE)
URL_SAFE = bytes.maketrans(b"-_", b"+/")
BLANKS = b" \t\r\n\v\f"


# A picture whose first bytes are written in hex: no base64 of any picture begins so.
HEX = re.compile(r"\s*(?:0x|\\x)?(?=(?:89504e47|ffd8ff|47494638|52494646|424d)[0-9a-f]{56})", re.IGNORECASE)


def without_prefix(text: str) -> str:
    """`text` without the "data:image/png;base64," in front that some gateways write."""
    prefix = DATA_URI.match(text)
    return text[prefix.end() :] if prefix else text


def from_base64(text: str) -> bytes | None:
    """The bytes behind sloppy base64, or None when it is something else, e.g. a web page.

    A data-URI prefix, blanks, missing or doubled padding, the `-_` alphabet and percent-escapes are
    forgiven; every other foreign character is not, because skipping it would yield a broken picture.
    """
    text = without_prefix(text)
    if "%" in text:
        text = unquote(text)
    try:
        signs = text.encode("ascii")
    except UnicodeEncodeError:
        return None
    signs = signs.translate(URL_SAFE, BLANKS).rstrip(b"=")
    if len(signs) % 4 == 1:  # where it was cut; no byte can come of it
        signs = signs[:-1]
    if not signs:
        return None
    try:
        return binascii.a2b_base64(signs + b"=" * (-len(signs) % 4), strict_mode=True)
    except binascii.Error:
        return None


_BASE64 = re.compile(rb"(?:data:image/[\w.+-]{1,40};base64,)?[A-Za-z0-9+/_\s-]{16,}+={0,2}\s*")


def picture_bytes(value: object) -> bytes | None:
    """The bytes behind picture data in any spelling; None for what is none.

    | spelling | written by |
    |---|---|
    | a string | everybody; see `from_base64` |
    | hex, `89504e47` | databases |
    | base64 of base64 | a gateway that packs what was packed already |
    | strings in a list | one that cuts long lines |
    | `[137, 80, 78, 71]`, also as signed bytes | Go, Java, Rust |
    | `{"type": "Buffer", "data": [137, 80]}` | Node |
    | `{"0": 137, "1": 80}` | a `Uint8Array` in a browser or a worker |
    """
    if isinstance(value, str):
        return _from_hex(value) or once_more(from_base64(value))
    if isinstance(value, Mapping):
        inner = value.get("data", list(value.values()) if _are_places(value) else None)
        return picture_bytes(inner) if isinstance(inner, str | list) else None
    if is_byte_list(value):
        return bytes(number & 0xFF for number in value)
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return picture_bytes("".join(value))
    return None


def _from_hex(text: str) -> bytes | None:
    begin = HEX.match(text)
    digits = "".join(text[begin.end() :].split()) if begin else ""
    try:
        return bytes.fromhex(digits[: len(digits) // 2 * 2])
    except ValueError:
        return None


def is_byte_list(value: object) -> TypeGuard[list[int]]:
    """Whether `value` is a list of bytes, signed or not."""
    return isinstance(value, list) and bool(value) and all(type(n) is int and -128 <= n <= 255 for n in value)


def once_more(data: bytes | None) -> bytes | None:
    """What is behind `data` where that is base64 itself: no picture is made of its signs alone."""
    if data is None or not _BASE64.fullmatch(data):
        return data
    return from_base64(data.decode("ascii")) or data


def _are_places(value: Mapping[str, object]) -> bool:
    return list(value) == [str(place) for place in range(len(value))]
