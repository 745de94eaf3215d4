"""The text of an answer as a list of JSON chunks: one for a unary answer, several for a streamed one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from playground.errors import TransferBroken, UnreadableAnswer
from playground.wire.text import page_title, plain_text

_LINE_END = re.compile(r"\r\n|\n|\r")  # not str.splitlines: JSON strings may hold other line separators
_OUR_KEYS = tuple(
    f'{{"{key}"'
    for key in (
        "candidates", "promptFeedback", "prompt_feedback", "usageMetadata", "usage_metadata",
        "modelVersion", "model_version", "responseId", "response_id",
    )
)  # fmt: skip
_LONGEST_KEY = max(map(len, _OUR_KEYS))


@dataclass(frozen=True)
class Chunks:
    """Parsed chunks in order. `whole` is False when the last one was cut off."""

    values: tuple[Any, ...]
    whole: bool = True


def split_answer(body: bytes, content_type: str = "") -> Chunks:
    """The chunks of an answer with HTTP 200, whether it was streamed or not.

    Raises:
        UnreadableAnswer: "empty_answer", "proxy_page" or "unreadable_answer".
        TransferBroken: "cut_off", when a unary answer breaks off.
    """
    # A few wrong bytes in the words must not cost a picture that was paid for, hence "replace".
    text = body.decode("utf-8-sig", "replace").strip(" \t\r\n\0")
    if not text:
        raise UnreadableAnswer("empty_answer", http_status=200)
    if text.startswith("<"):
        raise UnreadableAnswer(
            "proxy_page", said=page_title(text), http_status=200, raw=plain_text(text, 1000)
        )
    if text[0] not in "{[" and _looks_streamed(text, content_type):
        return _events(text)
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        return _unparsed(text, content_type, is_deep=isinstance(error, RecursionError))
    return Chunks(tuple(data) if isinstance(data, list) else (data,))


def _looks_streamed(text: str, content_type: str) -> bool:
    return "event-stream" in content_type.lower() or text.startswith(
        ("data:", ":", "event:", "id:", "retry:")
    )


def _unparsed(text: str, content_type: str, *, is_deep: bool) -> Chunks:
    """What is not one JSON value: a stream that begins with a bare object, a torn answer, or noise."""
    if not is_deep and ("event-stream" in content_type.lower() or re.search(r"[\r\n]data:", text)):
        return _events(text)
    if not is_deep and text.startswith("["):
        return _torn_list(text)
    if not is_deep and _begins_like_ours(text):
        raise TransferBroken("cut_off", http_status=200)
    raise UnreadableAnswer("unreadable_answer", said=plain_text(text, 300), http_status=200)


def _torn_list(text: str) -> Chunks:
    """The whole chunks at the beginning of a JSON array that breaks off."""
    decoder = json.JSONDecoder()
    values: list[Any] = []
    place = 1
    while match := re.compile(r"[\s,]*+(?=\{)").match(text, place):
        try:
            value, place = decoder.raw_decode(text, match.end())
        except (ValueError, RecursionError):
            break
        values.append(value)
    if not values and not _begins_like_ours(text[1:]):
        raise UnreadableAnswer("unreadable_answer", said=plain_text(text, 300), http_status=200)
    return Chunks(tuple(values), whole=False)


def _begins_like_ours(text: str) -> bool:
    head = "".join(text[:200].split())[:_LONGEST_KEY]
    return any(head.startswith(key) or key.startswith(head) for key in _OUR_KEYS)


def _events(text: str) -> Chunks:
    values: list[Any] = []
    whole = True
    for block in _blocks(text):
        if block.strip() == "[DONE]":
            continue
        found = _parse_block(block)
        whole = bool(found)
        values.extend(found)
    return Chunks(tuple(values), whole=whole and bool(values))


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
