"""Reads the error bodies of Google and of the gateways, whatever their shape."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import Any

from playground.errors import (
    Billed,
    ErrorReport,
    ProviderError,
    ProviderRefused,
    TransferBroken,
    UnreadableAnswer,
)
from playground.text import mended
from playground.wire.outcomes import billed_for, classify
from playground.wire.outline import outline
from playground.wire.text import page_title, plain_text, without_queries
from playground.wire.values import count_of, flag_of, list_of, pick, text_of

MAX_RAW_BYTES = 4096
_MAX_PARSED_BYTES = 1_000_000
_MAX_NESTING = 3
_MAX_WAIT_SECONDS = 100 * 365 * 86_400.0
_MESSAGE_KEYS = ("message", "msg", "detail", "error_msg", "err", "error_description")
_RETRY_TEXT = re.compile(
    r"(?:retry|try again) (?:in|after) "
    r"((?:\d{1,9}(?:\.\d{1,9})?\s?(?:ms|(?!mo)[wdhms])[a-z]{0,7},?\s?(?:and\s)?){1,4})",
    re.IGNORECASE,
)
_RETRY_DATE = re.compile(
    r"(?:retry|try again|available|resets?|until)\b[^\d]{0,30}"
    r"(\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:\.\d{1,9})?\s?(?:Z|UTC|GMT|[+-]\d\d:?\d\d))",
    re.IGNORECASE,
)
_CHINESE_RETRY = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s?个?(秒|分钟|小时|天)钟?(?:后|之后|以后)")
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)\s?(ms|(?!mo)[wdhms])", re.IGNORECASE)
_UNIT_SECONDS = {
    "ms": 0.001,
    "s": 1.0,
    "m": 60.0,
    "h": 3600.0,
    "d": 86_400.0,
    "w": 7 * 86_400.0,
    "秒": 1.0,
    "分钟": 60.0,
    "小时": 3600.0,
    "天": 86_400.0,
}
_TASK_KEYS = ("task_id", "taskId", "job_id", "jobId", "request_id", "requestId", "id", "name")
_SURE_TASK_KEYS = frozenset(_TASK_KEYS[:4])
_STATE_KEYS = ("status", "state", "task_status", "taskStatus")
_UNFINISHED = frozenset(
    {"accepted", "created", "generating", "in_progress", "in_queue", "not_start", "not_started", "pending"}
    | {"processing", "queued", "queueing", "running", "starting", "submitted", "waiting"}
)
_FIELD_IN_TEXT = re.compile(r"\bat '([\w.\[\]]{1,120})'")


def read_error(
    status: int, headers: Mapping[str, str], body: bytes
) -> ProviderRefused | TransferBroken | UnreadableAnswer:
    """The error behind an answer whose HTTP status is not 200. It is returned, not raised.

    Args:
        status: the HTTP status.
        headers: of the answer, names in any case; Retry-After, Retry-After-Ms and Date are looked at.
        body: of the answer, as far as it arrived.
    """
    text = body[:_MAX_PARSED_BYTES].decode("utf-8-sig", "replace").strip()
    lower = {name.lower(): value for name, value in headers.items()}
    raw = without_queries(mended(body[:MAX_RAW_BYTES].decode("utf-8", "replace")))
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
    raw = without_queries(json.dumps(outline(data), ensure_ascii=False)[:MAX_RAW_BYTES])
    promise = _promise(data)
    if promise:
        report = replace(report, message=plain_text(_joined(report.message, promise)))
    return _fault("answers_later" if promise else classify(report, status), report, status, raw, in_json=True)


def unread_success(error: ProviderError, status: int, address: str = "") -> ProviderError:
    """The error behind an answer with a 2xx status that brought no picture. It is returned, not raised.

    A 202 without anything to read promises the picture for later, perhaps at the `address` that it names.
    """
    error.http_status = status
    if status == 202 and error.code in ("empty_answer", "unreadable_answer"):
        later = UnreadableAnswer("answers_later", said=error.said, http_status=status, raw=error.raw)
        later.answer, error = error.answer, later
    facts = {**error.facts, "status": str(status)} if "status" in error.facts else {**error.facts}
    if address and error.code == "answers_later":
        facts["address"] = address
    error.facts = MappingProxyType(facts)
    return error


def says_error(data: object) -> bool:
    """Whether parsed JSON without candidates is an error: `{"error":…}`, `{"code":…,"msg":…}` etc."""
    if not isinstance(data, Mapping):
        return False
    if data.get("error") or _promise(data):
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
    """Seconds in "retry in 14h39m18.3s", "try again in 2 days", "请在 30 秒后重试", or until the date that is
    named; None when there are none.
    """
    match = _RETRY_TEXT.search(text)
    if match:
        return sum(
            float(number) * _UNIT_SECONDS[unit.lower()] for number, unit in _DURATION.findall(match[1])
        )
    chinese = _CHINESE_RETRY.search(text)
    if chinese:
        return float(chinese[1]) * _UNIT_SECONDS[chinese[2]]
    named = _RETRY_DATE.search(text)
    until = _date(named[1]) if named else None
    return None if until is None else (until - datetime.now(UTC)).total_seconds()


def _promise(data: object) -> str:
    """State and id of a task whose picture is to be fetched later, e.g. "queued (task_9)"; else empty."""
    inner = [data, *(pick(data, key) for key in ("data", "output", "result", "task"))]
    for layer in inner:
        state = next((text for key in _STATE_KEYS if (text := text_of(layer, key))), "")
        key = next((key for key in _TASK_KEYS if text_of(layer, key)), "")
        is_unfinished = re.sub(r"[\s-]+", "_", state.strip().lower()) in _UNFINISHED
        is_task = key in _SURE_TASK_KEYS and not state
        is_operation = key == "name" and "operations/" in text_of(layer, key) and not flag_of(layer, "done")
        if key and (is_unfinished or is_task or is_operation):
            return f"{state} ({text_of(layer, key)})".strip()
    return ""


def _joined(message: str, promise: str) -> str:
    return f"{message} {promise}".strip() if message not in promise else promise


def _fault(
    code: str, report: ErrorReport, status: int, raw: str, *, in_json: bool = False
) -> ProviderRefused | TransferBroken | UnreadableAnswer:
    kinds: dict[str, type[ProviderRefused] | type[TransferBroken] | type[UnreadableAnswer]] = {
        "timed_out_there": TransferBroken,
        "proxy_page": UnreadableAnswer,
        "answers_later": UnreadableAnswer,
    }
    facts: dict[str, object] = {"status": status}
    if code == "not_allowed_by_provider":
        facts["fields"] = plain_text(", ".join(report.field_violations), 200)
    if report.retry_after is not None:
        facts["seconds"] = math.ceil(report.retry_after)
        facts["retry_at"] = (datetime.now(UTC) + timedelta(seconds=report.retry_after)).isoformat()
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


def _parsed_within(text: str) -> object:
    """The JSON that a string is, or the error that stands among its words as LiteLLM relays it; else None."""
    text = text.strip()
    if text[:1] in ("{", "["):
        return _parsed(text)
    start = text.find('{"error"')
    try:
        return json.JSONDecoder().raw_decode(text, start)[0] if start > 0 else None
    except (ValueError, RecursionError):
        return None


def _layers(data: object) -> Iterator[Mapping[str, Any]]:
    """Every object that may carry the message, from the outside in: lists, `error` and JSON in strings."""
    strings = 0
    for _ in range(4 * _MAX_NESTING):
        if isinstance(data, list):
            data = data[0] if data else None
        elif isinstance(data, str):
            strings += 1
            nested = _parsed_within(data) if strings <= _MAX_NESTING else None
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
        if isinstance(value, Mapping) or (isinstance(value, str) and _parsed_within(value) is not None):
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
    return _seconds(delay) if isinstance(delay, str) else None


def _seconds(duration: str) -> float | None:
    """Seconds in "35s", "1h30m" or "2 days"; None when there are none."""
    parts = _DURATION.findall(duration[:40])
    return sum(float(number) * _UNIT_SECONDS[unit.lower()] for number, unit in parts) if parts else None


def _header_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds of Retry-After: a number, "2h", or a date; or of the milliseconds that Azure and OpenAI write.

    A date is seen from the answer's own Date, whose clock wrote both.
    """
    milliseconds = headers.get("retry-after-ms") or headers.get("x-ms-retry-after-ms", "")
    if re.fullmatch(r"\s*\d{1,15}(?:\.\d{1,9})?\s*", milliseconds):
        return float(milliseconds) / 1000
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    try:
        return float(value)
    except ValueError:
        until = _date(value)
    if until is None and _DURATION.match(value):
        return _seconds(value)
    since = _date(headers.get("date", "")) or datetime.now(UTC)
    return None if until is None else (until - since).total_seconds()


def _date(value: str) -> datetime | None:
    """A date as HTTP or as ISO 8601 writes it."""
    try:
        date = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        try:
            date = datetime.fromisoformat(re.sub(r"\s?(?:UTC|GMT)$", "Z", value, flags=re.IGNORECASE))
        except ValueError:
            return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _longest(*waits: float | None) -> float | None:
    """The longest of the waits that make sense, at most a hundred years."""
    sensible = [wait for wait in waits if wait is not None and math.isfinite(wait) and wait >= 0]
    return min(max(sensible), _MAX_WAIT_SECONDS) if sensible else None
