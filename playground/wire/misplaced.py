"""Finds pictures that stand where no answer of the dialect has them: what was paid for is shown all the same.

Two ways, from careful to blunt: through the parsed answer, and, where the text is no proper JSON, through the
text itself, in which a stray quote may have swallowed whole objects. Thoughts, and what a gateway repeats of
the request, are no pictures of the answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from playground.images import sniff
from playground.wire.base64text import picture_bytes
from playground.wire.embedded import Embedded, split
from playground.wire.values import flag_of

_PICTURE_KEYS: Final = frozenset(
    {
        "data",
        "inlinedata",
        "b64json",
        "fileuri",
        "bytesbase64encoded",
        "imagebytes",
        "base64",
        "b64",
        "image",
        "url",
    }
)
_NOT_THE_ANSWER: Final = frozenset(
    {
        "contents", "request", "input", "inputs", "prompt", "instances", "parameters", "systeminstruction",
        "messages", "error", "groundingmetadata", "thoughtsignature", "usagemetadata",
    }
)  # fmt: skip
_STRING = re.compile(
    r"""["'](?:data|inline_?data|b64_json|file_?uri|bytesBase64Encoded|image_?bytes)["']\s{0,99}:\s{0,99}"""
    r"""["']([A-Za-z0-9+/=_\-\\]{32,}+)["']""",
    re.IGNORECASE,
)
_IS_THOUGHT = re.compile(r"""["']thought["']\s{0,99}:\s{0,99}["']?true""", re.IGNORECASE)
_NEAR = 400


def misplaced(values: Iterable[object], seen: set[object]) -> Iterator[Any]:
    """What may be a picture and was not read yet, in order: strings, and lists and objects of byte values.

    Args:
        values: the parsed answer.
        seen: strings, and ids of lists and objects, that were read already; what is met is added.
    """
    left: list[tuple[str, object, bool]] = [("", value, True) for value in reversed(list(values))]
    while left:
        key, value, is_answer = left.pop()
        mark = value if isinstance(value, str) else id(value)
        if isinstance(value, str) and mark not in seen:
            seen.add(mark)
            if is_answer:
                yield from _in_string(key, value)
        elif isinstance(value, Mapping) and mark not in seen:
            if is_answer and key in _PICTURE_KEYS and not _was_read(value, seen):
                yield value
            is_answer = is_answer and not flag_of(value, "thought")
            inside = [(str(name).replace("_", "").lower(), one) for name, one in value.items()]
            left += [(name, one, is_answer and name not in _NOT_THE_ANSWER) for name, one in reversed(inside)]
        elif isinstance(value, list) and mark not in seen and value:
            if is_answer and key in _PICTURE_KEYS and _are_pieces(value):
                yield value
            elif not isinstance(value[0], int):
                left += [(key, one, is_answer) for one in reversed(value)]
            elif is_answer and key in _PICTURE_KEYS:
                yield value


def _was_read(value: Mapping[str, Any], seen: set[object]) -> bool:
    """Whether this object is the `inlineData` of a picture that every answer has in its place."""
    data = value.get("data")
    return isinstance(data, str) and data in seen


def _are_pieces(value: list[Any]) -> bool:
    """Whether the strings of a list are one picture: the second one alone is none."""
    are_strings = len(value) > 1 and all(isinstance(one, str) for one in value)
    return are_strings and sniff(picture_bytes(value[1]) or b"") is None


def _in_string(key: str, value: str) -> Iterator[str]:
    if key in _PICTURE_KEYS and value[:4].lower() != "http":
        yield value
    elif "data:image" in value[:20] or ";base64," in value:
        yield from (piece.data_uri for piece in split(value) if isinstance(piece, Embedded))


def swallowed(text: str, placeholders: Iterable[str], seen: set[object]) -> Iterator[str]:
    """What may be a picture in the text of an answer and stands in none of its parsed values.

    `placeholders` stand for pictures wherever they are; other strings must follow a name of picture data.
    """
    found = {match[1]: match.span(1) for match in _STRING.finditer(text)}
    for one in placeholders:
        begin = text.find(one)
        place = begin if begin >= 0 else len(text)  # in what was not read of an answer without end
        found.setdefault(one, (place, place + len(one)))
    for data, (begin, end) in sorted(found.items(), key=lambda item: item[1]):
        data = data.replace("\\/", "/")
        if data not in seen and not _is_thought(text, begin, end):
            seen.add(data)
            yield data


def _is_thought(text: str, begin: int, end: int) -> bool:
    """Whether the part around a string says that it is a thought: before its data or before the next part."""
    behind = text[end : end + _NEAR].partition("{")[0]
    before = text[max(0, begin - _NEAR) : begin]
    before = "{".join(before.split("{")[-2:]).rpartition("}")[2]
    return _IS_THOUGHT.search(behind) is not None or _IS_THOUGHT.search(before) is not None
