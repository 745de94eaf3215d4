"""Reads the error bodies of Google and of the gateways, whatever their shape."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from playground.errors import (
    Billed,
    ErrorReport,
    ProviderError,
    ProviderRefused,
    TransferBroken,
    UnreadableAnswer,
)
from playground.wire.outcomes import billed_for, classify
from playground.wire.outline import outline
from playground.wire.text import page_title, plain_text, without_queries, without_surrogates
from playground.wire.values import count_of, list_of, pick, text_of

MAX_RAW_BYTES = 4096
_MAX_PARSED_BYTES = 1_000_000
_MAX_NESTING = 3
_MAX_WAIT_SECONDS = 30 * 86_400.0
_MESSAGE_KEYS = ("message", "msg", "detail", "error_msg", "err", "error_description")
_RETRY_TEXT = re.compile(
    r"(?:retry|try again) (?:in|after) ((?:\d{1,9}(?:\.\d{1,9})?\s?(?:ms|h|m|s)[a-z]{0,7}\s?){1,4})",
    re.IGNORECASE,
)
_CHINESE_RETRY = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s?秒(?:后|之后)")
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s?(ms|h|m|s)", re.IGNORECASE)
_UNIT_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_FIELD_IN_TEXT = re.compile(r"\bat '([\w.\[\]]{1,120})'")


def read_error(
    status: int, headers: Mapping[str, str], body: bytes
) -> ProviderRefused | TransferBroken | UnreadableAnswer:
    """The error behind an answer whose HTTP status is not 200. It is returned, not raised.

    Args:
        status: the HTTP status.
        headers: of the answer, names in any case; Retry-After, Date and Content-Type are looked at.
        body: of the answer, as far as it arrived.
    """
    text = body[:_MAX_PARSED_BYTES].decode("utf-8-sig", "replace").strip()
    lower = {name.lower(): value for name, value in headers.items()}
    raw = without_queries(without_surrogates(body[:MAX_RAW_BYTES].decode("utf-8", "replace")))
    asked = _header_wait(lower)
    if text.startswith("<"):
        report = ErrorReport(message=page_title(text), is_html=True, retry_after=asked)
        return _fault(_page_code(status), report, status, raw)
    data = _parsed(text)
    if data is None:
        report = ErrorReport(message=plain_text(text, 300), retry_after=_longest(asked, text_wait(text)))
        code = "proxy_page" if status in (500, 502, 503, 520, 521, 522, 523) else classify(report, status)
        return _fault(code, report, status, raw)
    report = read_report(data, asked)
    return _fault(classify(report, status), report, status, raw, in_json=True)


def refusal(data: object, status: int = 200) -> ProviderError:
    """The error that sits inside an answer with HTTP 200, already parsed. It is returned, not raised."""
    report = read_report(data)
    raw = json.dumps(outline(data), ensure_ascii=False)[:MAX_RAW_BYTES]
    return _fault(classify(report, status), report, status, without_queries(raw), in_json=True)


def says_error(data: object) -> bool:
    """Whether parsed JSON without candidates is an error: `{"error":…}`, `{"code":…,"msg":…}` etc."""
    if not isinstance(data, Mapping):
        return False
    if data.get("error"):
        return True
    if data.get("success") is False:
        return True
    code = data.get("code")
    is_good = code in (0, 200, "0", "200", None, "") or isinstance(code, (dict, list))
    words = any(isinstance(data.get(key), str) and data[key].strip() for key in _MESSAGE_KEYS)
    return words and not (is_good and "code" in data)


def read_report(data: object, asked: float | None = None) -> ErrorReport:
    """What an error body says. `asked` are the seconds that the Retry-After header asked for."""
    layers = list(_layers(data))
    details = [
        detail for layer in layers for detail in list_of(layer, "details") if isinstance(detail, Mapping)
    ]
    message = plain_text(_message(layers))
    words = " ".join(text_of(layer, "message") for layer in layers) or message
    return ErrorReport(
        message=message,
        status=_deepest(layers, "status") or _deepest(layers, "type"),
        code=_code(layers),
        reason=next((reason for detail in details if (reason := text_of(detail, "reason"))), ""),
        quota_ids=_each(details, "violations", "quotaId"),
        field_violations=_each(details, "fieldViolations", "field") or tuple(_FIELD_IN_TEXT.findall(words)),
        retry_after=_longest(asked, text_wait(words), *map(_delay, details)),
    )


def text_wait(text: str) -> float | None:
    """Seconds in "retry in 12.5s", "retry in 14h39m18.3s", "请在 30 秒后重试"; None when there are none."""
    match = _RETRY_TEXT.search(text)
    if match:
        return sum(
            float(number) * _UNIT_SECONDS[unit.lower()] for number, unit in _DURATION.findall(match[1])
        )
    chinese = _CHINESE_RETRY.search(text)
    return float(chinese[1]) if chinese else None


def _fault(
    code: str, report: ErrorReport, status: int, raw: str, *, in_json: bool = False
) -> ProviderRefused | TransferBroken | UnreadableAnswer:
    kinds: dict[str, type[ProviderRefused] | type[TransferBroken] | type[UnreadableAnswer]] = {
        "timed_out_there": TransferBroken,
        "proxy_page": UnreadableAnswer,
    }
    facts: dict[str, object] = {"status": status}
    if code == "not_allowed_by_provider":
        facts["fields"] = plain_text(", ".join(report.field_violations), 200)
    if report.retry_after is not None:
        facts["seconds"] = math.ceil(report.retry_after)
    billed: Billed = billed_for(code, report, status)
    return kinds.get(code, ProviderRefused)(
        code,
        said=report.message,
        billed=billed,
        http_status=status,
        retry_after=report.retry_after,
        raw=raw,
        in_json=in_json,
        **facts,
    )


def _page_code(status: int) -> str:
    """Web pages say nothing that could be relied on, so only the plainest statuses are believed."""
    plainly = {404: "wrong_endpoint", 405: "wrong_endpoint", 413: "too_large", 429: "rate_limited"}
    return plainly.get(status, "timed_out_there" if status in (504, 524) else "proxy_page")


def _parsed(text: str) -> object:
    """The JSON value of a body; None when it is none, or only a number or null."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, (dict, list, str)) else None


def _layers(data: object) -> Iterator[Mapping[str, Any]]:
    """Every object that may carry the message, from the outside in: lists, `error` and JSON in strings."""
    strings = 0
    for _ in range(4 * _MAX_NESTING):
        if isinstance(data, list):
            data = data[0] if data else None
        elif isinstance(data, str):
            strings += 1
            nested = (
                _parsed(data.strip()) if strings <= _MAX_NESTING and data.lstrip()[:1] in ("{", "[") else None
            )
            if nested is None:
                yield {"message": data}
                return
            data = nested
        elif isinstance(data, Mapping):
            yield data
            data = _inner(data)
        else:
            return


def _inner(data: Mapping[str, Any]) -> object:
    """Where the next layer of an error hides, or None."""
    if data.get("error"):
        return data["error"]
    for key in _MESSAGE_KEYS:
        value = data.get(key)
        if isinstance(value, Mapping) or (isinstance(value, str) and value.lstrip()[:1] in ("{", "[")):
            return value
    if isinstance(data.get("header"), Mapping):
        return data["header"]
    # FastAPI lists what it disliked under "detail".
    return data["detail"] if isinstance(data.get("detail"), list) else None


def _message(layers: list[Mapping[str, Any]]) -> str:
    """The innermost sentence: outer layers only wrap it."""
    for layer in reversed(layers):
        for key in _MESSAGE_KEYS:
            words = text_of(layer, key).strip()
            if words:
                return words
    return next((words for layer in reversed(layers) if (words := _deepest([layer], "status"))), "")


def _deepest(layers: list[Mapping[str, Any]], key: str) -> str:
    return next((plain_text(value, 80) for layer in reversed(layers) if (value := text_of(layer, key))), "")


def _code(layers: list[Mapping[str, Any]]) -> str:
    """The innermost `code`, as text: it may be a number, a string, empty or null."""
    for layer in reversed(layers):
        number = count_of(layer, "code")
        code = str(number) if number is not None else plain_text(text_of(layer, "code"), 80)
        if code:
            return code
    return ""


def _each(details: list[Mapping[str, Any]], list_key: str, key: str) -> tuple[str, ...]:
    found = (text_of(item, key) for detail in details for item in list_of(detail, list_key))
    return tuple(plain_text(value, 120) for value in found if value)[:20]


def _delay(detail: Mapping[str, Any]) -> float | None:
    """Seconds of a RetryInfo: "35s", or an object with `seconds`."""
    delay = pick(detail, "retryDelay")
    if isinstance(delay, Mapping):
        seconds = count_of(delay, "seconds")
        return None if seconds is None else float(seconds)
    parts = _DURATION.findall(delay[:40]) if isinstance(delay, str) else []
    return sum(float(number) * _UNIT_SECONDS[unit.lower()] for number, unit in parts) if parts else None


def _header_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds of Retry-After: a number, or a date seen from the answer's own Date, whose clock wrote both."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        return float(value)
    except ValueError:
        until = _date(value)
    since = _date(headers.get("date", "")) or datetime.now(UTC)
    return None if until is None else (until - since).total_seconds()


def _date(value: str) -> datetime | None:
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _longest(*waits: float | None) -> float | None:
    """The longest of the waits that make sense, at most 30 days."""
    sensible = [wait for wait in waits if wait is not None and math.isfinite(wait) and wait >= 0]
    return min(max(sensible), _MAX_WAIT_SECONDS) if sensible else None
