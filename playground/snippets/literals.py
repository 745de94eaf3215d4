"""Values as source code spells them."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

JSON = ("true", "false", "null")
PYTHON = ("True", "False", "None")

_WIDTH = 90
_PLAIN = re.compile(r"[\w./:%?=~+-]+", re.ASCII)


@dataclass(frozen=True)
class Expression:
    """Source code in the place of a value."""

    source: str


def literal(
    value: Any, constants: tuple[str, str, str] = JSON, *, indent: str = "", escaped: str = ""
) -> str:
    """A JSON value as source code, short lists and objects on one line.

    The texts of JSON mean the same in Python and JavaScript.

    Args:
        constants: how true, false and null are spelled.
        indent: what the lines after the first begin with.
        escaped: characters of texts that get a backslash.
    """
    if isinstance(value, Expression):
        return value.source
    if isinstance(value, Mapping):
        members = [(f"{json.dumps(str(name))}: ", inner) for name, inner in value.items()]
        return _row(members, ("{", "}"), constants, indent, escaped)
    if isinstance(value, list | tuple):
        return _row([("", inner) for inner in value], ("[", "]"), constants, indent, escaped)
    if value is None or isinstance(value, bool):
        return constants[2 if value is None else not value]
    text = json.dumps(value, ensure_ascii=False)
    return re.sub(f"[{re.escape(escaped)}]", r"\\\g<0>", text) if escaped else text


def _row(
    members: list[tuple[str, Any]],
    brackets: tuple[str, str],
    constants: tuple[str, str, str],
    indent: str,
    escaped: str,
) -> str:
    opening, closing = brackets
    deeper = f"{indent}  "
    said = [name + literal(inner, constants, indent=deeper, escaped=escaped) for name, inner in members]
    line = f"{opening}{', '.join(said)}{closing}"
    if len(indent) + len(line) <= _WIDTH and "\n" not in line:
        return line
    return f"{opening}\n{deeper}" + f",\n{deeper}".join(said) + f"\n{indent}{closing}"


def shell_word(text: str) -> str:
    """A text as one word of a shell, in double quotes where it has no sign that a shell reads."""
    return f'"{text}"' if _PLAIN.fullmatch(text) else shlex.quote(text)
