"""Reads JSON as Google's API does: camelCase and snake_case alike, a lone value for a list of one."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

from playground.demo.api_error import ApiError, invalid_value

Object = Mapping[str, Any]

_CAPITAL = re.compile(r"[A-Z]")
_URL_SAFE = bytes.maketrans(b"-_", b"+/")


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
        raw = text.encode("ascii").translate(_URL_SAFE).rstrip(b"=")
        return base64.b64decode(raw + b"=" * (-len(raw) % 4), validate=True)
    except (UnicodeEncodeError, binascii.Error):
        raise _not_base64(text, path) from None


def _not_base64(text: str, path: str) -> ApiError:
    beginning = text[:20] + ("…" if len(text) > 20 else "")
    return invalid_value(path, suffix=f' (TYPE_BYTES), Base64 decoding failed for "{beginning}"')
