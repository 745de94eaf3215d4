"""Base64 as gateways really write it."""

from __future__ import annotations

import binascii
import re
from urllib.parse import unquote

DATA_URI = re.compile(r"\s*data:[^,]{0,200},", re.IGNORECASE)
URL_SAFE = bytes.maketrans(b"-_", b"+/")
BLANKS = b" \t\r\n\v\f"


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
    if not signs:
        return None
    try:
        return binascii.a2b_base64(signs + b"=" * (-len(signs) % 4), strict_mode=True)
    except binascii.Error:
        return None
