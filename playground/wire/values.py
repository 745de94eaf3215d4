"""Careful reading of JSON values: nothing here raises, whatever type the gateway sent."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from playground.text import mended

_CAPITAL = re.compile(r"[A-Z]")
_NAME = re.compile(
    r"<?(?:\w*Reason\.)?(?:FINISH_REASON_|BLOCK(?:ED)?_REASON_)?([A-Za-z][\w -]*)(?::.*>)?", re.IGNORECASE
)
_MAX_COUNT = 10**15
_MAX_NAME = 80


def pick(data: object, key: str) -> Any:
    """The value under a camelCase `key` or its snake_case twin; None when absent, null or no object."""
    if not isinstance(data, Mapping):
        return None
    value = data.get(key)
    return data.get(_CAPITAL.sub(lambda letter: "_" + letter[0].lower(), key)) if value is None else value


def has(data: object, key: str) -> bool:
    """Whether `data` carries `key` in either spelling, even as null."""
    snake = _CAPITAL.sub(lambda letter: "_" + letter[0].lower(), key)
    return isinstance(data, Mapping) and (key in data or snake in data)


def text_of(data: object, key: str) -> str:
    """The string under `key`, fit for UTF-8; "" for anything else."""
    value = pick(data, key)
    return mended(value) if isinstance(value, str) else ""


def list_of(data: object, key: str) -> list[Any]:
    """The list under `key`; a lone object counts as a list of one, anything else as an empty list."""
    value = pick(data, key)
    if isinstance(value, Mapping):
        return [value]
    return value if isinstance(value, list) else []


def flag_of(data: object, key: str) -> bool:
    """Whether the value under `key` is true; gateways write the word as well."""
    value = pick(data, key)
    return value is True or (isinstance(value, str) and value.lower() == "true")


def count_of(data: object, key: str) -> int | None:
    """The whole number under `key`, also when written as text or as 12.0; None for anything else."""
    value = pick(data, key)
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 15:
        value = int(value)
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and 0 <= value <= _MAX_COUNT else None


def enum_name(text: str, enum: str) -> str:
    """The name of an enum's value as Google writes it, for "FinishReason.STOP", "stop" and "image-safety".

    What was never the name of a value stays as it is. `enum` is the enum's own name, "FINISH_REASON", which
    stands before its value for nothing said: "FINISH_REASON_UNSPECIFIED".
    """
    found = _NAME.fullmatch(text.strip())
    if found is None or len(text) > _MAX_NAME:
        return text
    name = found[1].strip().replace("-", "_").replace(" ", "_").upper()
    return f"{enum}_{name}" if name == "UNSPECIFIED" else name
