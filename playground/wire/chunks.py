"""The text of an answer as a list of JSON chunks: one for a unary answer, several for a streamed one."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from playground.errors import UnreadableAnswer
from playground.wire import lenient
from playground.wire.text import page_title, plain_text

_LINE_END = re.compile(r"\r\n|\n|\r")  # not str.splitlines: JSON strings may hold other line separators
_BLANK: Final = " \t\r\n\0\ufeff"
_NESTED_LISTS: Final = 3
_LOOKED_AT: Final = 200
_ANSWER_KEYS = frozenset(
    {
        "candidates", "promptFeedback", "prompt_feedback", "usageMetadata", "usage_metadata",
        "modelVersion", "model_version", "responseId", "response_id", "error", "choices",
    }
)  # fmt: skip


@dataclass(frozen=True)
class Chunks:
    """Parsed chunks in order.

    Attributes:
        text: the whole answer as text.
        whole: False when the last chunk was cut off.
        oddities: what the ordinary parser would not have read, see `ImageResult.oddities`.
        is_page: the answer is a web page, whatever stands in it.
    """

    values: tuple[Any, ...]
    text: str = ""
    whole: bool = True
    oddities: tuple[str, ...] = ()
    is_page: bool = False

    def unread(self, raw: str) -> UnreadableAnswer:
        """The error that says that nothing in it is an answer. `raw` is the answer as people read it."""
        if self.is_page:
            return UnreadableAnswer("proxy_page", said=page_title(raw), http_status=200, raw=raw)
        return UnreadableAnswer("unreadable_answer", said=plain_text(raw, 300), http_status=200, raw=raw)


def split_answer(body: bytes, content_type: str = "") -> Chunks:
    """The chunks of an answer with HTTP 200, whether it was streamed or not; none for what is no answer.

    Raises:
        UnreadableAnswer: "empty_answer".
    """
    # A few wrong bytes in the words must not cost a picture that was paid for, hence "replace".
    text = body.decode(_encoding(body), "replace").strip(_BLANK)
    if not text:
        raise UnreadableAnswer("empty_answer", http_status=200)
    if text[0] not in "{[" and _looks_streamed(text, content_type):
        return _events(text)
    try:
        data = json.loads(text)
        data = json.loads(data) if isinstance(data, str) else data  # packed into a string by a careful proxy
    except (ValueError, RecursionError) as error:
        is_stream = "event-stream" in content_type.lower() or re.search(r"[\r\n]data:", text)
        if is_stream and isinstance(error, ValueError) and (found := _events(text)).values:
            return found
        return _leniently(text)
    return Chunks(tuple(data) if isinstance(data, list) else (data,), text)


def _encoding(body: bytes) -> str:
    """UTF-8, or UTF-16 where its mark says so or every other byte is empty."""
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    even, odd = body[:_LOOKED_AT:2], body[1:_LOOKED_AT:2]
    if odd and even.count(0) * 2 > len(even) and not odd.count(0):
        return "utf-16-be"
    return "utf-16-le" if odd.count(0) * 2 > len(odd) and not even.count(0) else "utf-8"


def _looks_streamed(text: str, content_type: str) -> bool:
    return "event-stream" in content_type.lower() or text.startswith(
        ("data:", ":", "event:", "id:", "retry:")
    )


def _leniently(text: str) -> Chunks:
    """What is not one JSON value, as far as it can be read."""
    reading = lenient.read(text)
    values = _objects(reading.values)
    is_page = text.startswith("<")
    if not any(values) or (is_page and not any(map(_is_answer, values))):
        return Chunks((), text, reading.whole or text[0] not in "{[", is_page=is_page)
    noted = {
        "surrounded": reading.surrounded,
        "several": len(values) > 1 and not text.startswith("["),
        "cut_off": not reading.whole,
    }
    oddities = tuple(name for name, is_so in noted.items() if is_so) or ("malformed",)
    return Chunks(tuple(values), text, reading.whole, oddities)


def _is_answer(value: dict[str, Any]) -> bool:
    """Whether an object in the middle of a web page is what was asked for, in an envelope or without."""
    inside = (one for one in value.values() if isinstance(one, dict))
    return any(_ANSWER_KEYS.intersection(one) for one in (value, *inside)) or isinstance(
        value.get("data"), list
    )


def _objects(values: tuple[Any, ...]) -> list[dict[str, Any]]:
    """The objects among values, lists opened."""
    for _ in range(_NESTED_LISTS):
        values = tuple(one for value in values for one in (value if isinstance(value, list) else (value,)))
    return [value for value in values if isinstance(value, dict)]


def _events(text: str) -> Chunks:
    values: list[Any] = []
    whole = True
    oddities: list[str] = []
    for block in _blocks(text):
        if block.strip() == "[DONE]":
            continue
        found = _parse_block(block)
        whole = bool(found)
        if not found:
            read = _leniently(block.strip(_BLANK) or "-")
            found, whole = list(read.values), bool(read.values) and read.whole
            oddities += read.oddities if found else ()
        values.extend(found)
    whole = whole and bool(values)
    kept = dict.fromkeys(one for one in oddities if one != "cut_off")
    return Chunks(tuple(values), text, whole, (*kept, *(() if whole else ("cut_off",))))


def _blocks(text: str) -> Iterator[str]:
    """The data of each server-sent event, and every run of lines that is no field: a bare JSON error."""
    data: list[str] = []
    stray: list[str] = []
    for line in [*_LINE_END.split(text), ""]:
        is_data = line.startswith("data:")
        if (is_data or not line.strip()) and stray:
            yield "\n".join(stray)
            stray = []
        if is_data:
            data.append(line[5:].removeprefix(" "))
        elif not line.strip():
            if data:
                yield "\n".join(data)
            data = []
        elif not line.startswith((":", "event:", "id:", "retry:")):
            stray.append(line)
    if stray:
        yield "\n".join(stray)


def _parse_block(block: str) -> list[Any]:
    """The values of one event; some gateways forget the blank line between two, so lines are tried."""
    try:
        data = json.loads(block)
    except (ValueError, RecursionError):
        lines = block.split("\n")
        return [] if len(lines) == 1 else [value for line in lines for value in _parse_block(line)]
    return data if isinstance(data, list) else [data]
