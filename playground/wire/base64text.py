"""Base64 as gateways really write it."""

from __future__ import annotations

import base64
import binascii
import re
from urllib.parse import unquote

_DATA_URI = re.compile(r"\s*data:[^,]{0,200},", re.IGNORECASE)
_URL_SAFE = bytes.maketrans(b"-_", b"+/")
_BLANKS = b" \t\r\n\v\f"


def to_base64(data: bytes) -> str:
    """Standard base64 with padding, no prefix and no line breaks."""
    return base64.b64encode(data).decode("ascii")


def from_base64(text: str) -> bytes | None:
    """The bytes behind sloppy base64, or None when it is something else, e.g. a web page.

    A data-URI prefix, blanks, missing or doubled padding, the `-_` alphabet and percent-escapes are
    forgiven; every other foreign character is not, because skipping it would yield a broken picture.
    """
    prefix = _DATA_URI.match(text)
    if prefix:
        text = text[prefix.end() :]
    if "%" in text:
        text = unquote(text)
    try:
        signs = text.encode("ascii")
    except UnicodeEncodeError:
        return None
    signs = signs.translate(_URL_SAFE, _BLANKS).rstrip(b"=")
    if not signs:
        return None
    try:
        return binascii.a2b_base64(signs + b"=" * (-len(signs) % 4), strict_mode=True)
    except binascii.Error:
        return None
