"""What answers and errors mean, as data: every table here maps the provider's names to our outcome codes.

Nothing is looked at but these tables and `classify`, so what the README says can be tested against them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from playground.errors import Billed, ErrorReport


@dataclass(frozen=True)
class Outcome:
    """What a finish reason without a picture means, and whether the call was probably paid for."""

    code: str
    billed: Billed


@dataclass(frozen=True)
class WordRule:
    """An outcome told by the words of a message. Empty `statuses` means: whatever the HTTP status."""

    pattern: re.Pattern[str]
    code: str
    statuses: frozenset[int] = frozenset()


_BLOCKED = Outcome("picture_blocked", Billed.MAYBE)
_SOFT = Outcome("no_picture", Billed.MAYBE)
_CUT = Outcome("cut_by_length", Billed.PROBABLY)
_STOPPED = Outcome("account_stopped", Billed.MAYBE)

FINISH_REASONS: Final[Mapping[str, Outcome]] = MappingProxyType(
    {
        "IMAGE_SAFETY": _BLOCKED,
        "IMAGE_PROHIBITED_CONTENT": _BLOCKED,
        "IMAGE_RECITATION": _BLOCKED,
        "PROHIBITED_CONTENT": _BLOCKED,
        "SAFETY": _BLOCKED,
        "SPII": _BLOCKED,
        "BLOCKLIST": _BLOCKED,
        "RECITATION": _BLOCKED,
        "MODEL_ARMOR": _BLOCKED,
        "NO_IMAGE": _SOFT,
        "IMAGE_OTHER": _SOFT,
        "OTHER": _SOFT,
        "MALFORMED_RESPONSE": _SOFT,
        "STOP": _SOFT,
        "FINISH_REASON_UNSPECIFIED": _SOFT,
        "": _SOFT,
        "MAX_TOKENS": _CUT,
        "CONTINUATION": _CUT,
        "PUP_LIMITED_DISABLED": _STOPPED,
        "ESCALATION": _STOPPED,
        "MISSING_THOUGHT_SIGNATURE": Outcome("missing_signature", Billed.MAYBE),
    }
)
"""finishReason of an answer without a picture -> what it means. Anything else is `UNKNOWN_FINISH`."""

UNKNOWN_FINISH: Final = Outcome("unknown_finish", Billed.MAYBE)

TEXT_ONLY_AFTER: Final = frozenset({"STOP", "", "FINISH_REASON_UNSPECIFIED", "NO_IMAGE"})
"""Finish reasons after which words without a picture are the model's answer, to be shown as such."""

UNBILLED_WORDS: Final = re.compile(
    r"will not be charged|won't be charged|不会(?:被)?(?:收费|计费|扣费)", re.I
)

GATEWAY_CODES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "model_not_found": "model_not_found",
        "insufficient_user_quota": "no_credit",
        "pre_consume_token_quota_failed": "no_credit",
        "insufficient_quota": "no_credit",
        "sensitive_words_detected": "prompt_blocked",
        "prompt_blocked": "prompt_blocked",
        "invalid_api_key": "key_refused",
        "access_denied": "permission_denied",
        "no_db_connection": "key_refused",
        "token_not_found_in_db": "key_refused",
        "expired_key": "key_refused",
        "budget_exceeded": "no_credit",
        "key_model_access_denied": "permission_denied",
        "team_model_access_denied": "permission_denied",
        "get_channel_failed": "provider_trouble",
        "channel:no_available_key": "provider_trouble",
        "bad_response_body": "provider_trouble",
        "bad_response_status_code": "provider_trouble",
        "do_request_failed": "provider_trouble",
    }
)
"""A gateway's own `error.code`, or `error.type` at LiteLLM -> our code. It says more than its HTTP status.

A LiteLLM without a database says "no_db_connection" to every key but its own.
"""

UNSERVED_GATEWAY_CODES: Final = frozenset({"get_channel_failed", "channel:no_available_key"})
"""The gateway found nobody to ask, so that nobody can have served the call."""

REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "API_KEY_INVALID": "key_refused",
        "API_KEY_EXPIRED": "key_refused",
        "API_KEY_SERVICE_BLOCKED": "permission_denied",
        "API_KEY_HTTP_REFERRER_BLOCKED": "permission_denied",
        "API_KEY_IP_ADDRESS_BLOCKED": "permission_denied",
        "SERVICE_DISABLED": "permission_denied",
        "BILLING_DISABLED": "region_or_billing",
    }
)
"""Google's `ErrorInfo.reason` -> our code."""

_KEY_STATUSES = frozenset({400, 401, 403})
_LOGIN_STATUSES = frozenset({401, 403})
_QUOTA_STATUSES = frozenset({429})
_LOOKUP_STATUSES = frozenset({400, 404, 500, 503})


def _rule(pattern: str, code: str, statuses: frozenset[int] = frozenset()) -> WordRule:
    return WordRule(re.compile(pattern, re.IGNORECASE), code, statuses)


WORD_RULES: Final = (
    _rule(r"missing a thought_?signature", "missing_signature"),
    _rule(r"\blimit:\s*0(?![\d.])", "no_free_tier", _QUOTA_STATUSES),
    _rule(
        r"余额|额度(?:不足|已用尽|不够)|预扣费|insufficient (?:balance|credit|funds|quota|user quota)",
        "no_credit",
    ),
    _rule(
        r"quota is not enough|credits? (?:is|are|balance is) (?:depleted|exhausted)|out of credits",
        "no_credit",
    ),
    _rule(r"敏感词|sensitive words", "prompt_blocked"),
    _rule(
        r"unregistered callers|api[ _-]?key (?:is |was )?(?:missing|required|not provided)"
        r"|(?:missing|no|without an?) api[ _-]?key\b|未提供(?:令牌|密钥)|缺少(?:令牌|密钥)",
        "key_missing",
        _KEY_STATUSES,
    ),
    # "Token" is also what texts are counted in, so it only means a key where the status says so.
    _rule(
        r"(?:token|credentials?) (?:is |was )?(?:missing|required|not provided)"
        r"|(?:missing|no|without an?) (?:token|authorization|credentials?)\b",
        "key_missing",
        _LOGIN_STATUSES,
    ),
    _rule(
        r"api[ _-]?key.{0,40}(?:not valid|invalid|incorrect|expired|leaked|revoked|disabled)"
        r"|(?:invalid|incorrect|expired|leaked|wrong) api[ _-]?key"
        r"|无效的令牌|令牌(?:无效|已过期|状态不可用|已禁用)|密钥(?:无效|错误)",
        "key_refused",
        _KEY_STATUSES,
    ),
    _rule(r"token.{0,40}(?:invalid|expired)|(?:invalid|expired) token", "key_refused", _LOGIN_STATUSES),
    _rule(
        r"location is not supported|not available in your (?:country|region)|enable billing",
        "region_or_billing",
        frozenset({400, 403}),
    ),
    _rule(r"payload size exceeds|request (?:entity|body) (?:is )?too large|body too large", "too_large"),
    _rule(r"^Invalid URL \(|unhandled generated data mime type", "wrong_endpoint"),
    _rule(r"PerDay|\bper day\b|\bdaily (?:quota|limit)", "daily_quota", _QUOTA_STATUSES),
    _rule(
        r"no available channel for model|is not found for api version"
        r"|model .{0,120}(?:not found|does not exist)|invalid model name"
        r"|模型.{0,120}(?:不存在|无可用渠道)|无可用渠道",
        "model_not_found",
        _LOOKUP_STATUSES,
    ),
    _rule(r"model is overloaded|high demand|^overloaded\b", "overloaded", frozenset({500, 502, 503, 529})),
)
"""Tried in this order on the message, after `GATEWAY_CODES` and `REASONS`: the first that fits wins."""

STATUS_NUMBERS: Final[Mapping[str, int]] = MappingProxyType(
    {
        "INVALID_ARGUMENT": 400,
        "FAILED_PRECONDITION": 400,
        "OUT_OF_RANGE": 400,
        "UNAUTHENTICATED": 401,
        "PERMISSION_DENIED": 403,
        "NOT_FOUND": 404,
        "RESOURCE_EXHAUSTED": 429,
        "INTERNAL": 500,
        "UNAVAILABLE": 503,
        "DEADLINE_EXCEEDED": 504,
    }
)
"""Google's status name -> HTTP status; it survives gateways that answer with a status of their own."""

HTTP_STATUSES: Final[Mapping[int, str]] = MappingProxyType(
    {
        400: "bad_request",
        401: "key_refused",
        402: "no_credit",
        403: "permission_denied",
        404: "wrong_endpoint",
        405: "wrong_endpoint",
        406: "bad_request",
        408: "timed_out_there",
        411: "bad_request",
        413: "too_large",
        415: "bad_request",
        422: "bad_request",
        429: "rate_limited",
        451: "region_or_billing",
        500: "provider_trouble",
        503: "overloaded",
        504: "timed_out_there",
        524: "timed_out_there",
        529: "overloaded",
    }
)
"""HTTP status -> our code, where nothing in the body says more."""

AMBIGUOUS_STATUSES: Final = frozenset({408, 502, 504, 520, 521, 522, 523, 524})
"""Somebody between us and the model gave up; the model may have finished and billed."""


def classify(report: ErrorReport, status: int) -> str:
    """The outcome code of an error that is no web page. `status` is the HTTP status, 200 included."""
    if status in (504, 524):
        return "timed_out_there"
    number = effective_status(report, status)
    known = GATEWAY_CODES.get(report.code) or GATEWAY_CODES.get(report.status) or REASONS.get(report.reason)
    return known or _by_words(report, number) or _by_status(report, number)


def effective_status(report: ErrorReport, status: int) -> int:
    """The status that counts: Google's name for it, else the HTTP status, else a number in the body.

    A plain 200 or 500 around an error says nothing, so there the number in the body is believed.
    """
    if report.status in STATUS_NUMBERS:
        return STATUS_NUMBERS[report.status]
    inside = (
        int(report.code) if report.code.isascii() and report.code.isdigit() and len(report.code) == 3 else 0
    )
    return inside if status in (200, 500) and 400 <= inside <= 599 else status


def billed_for(code: str, report: ErrorReport, status: int) -> Billed:
    """Whether a refused or failed call was probably paid for."""
    if code in ("timed_out_there", "proxy_page") and status >= 500:
        return Billed.MAYBE
    if code == "provider_trouble":
        return Billed.NO if status not in AMBIGUOUS_STATUSES and _was_unserved(report) else Billed.MAYBE
    return Billed.MAYBE if code in ("provider_refused", "timed_out_there", "answers_later") else Billed.NO


def _was_unserved(report: ErrorReport) -> bool:
    """Whether a fault is the model's own or came before it was asked.

    A plain 500 is neither for certain: LiteLLM, for one, answers with it when it could not read a picture
    that the model had drawn, or when a proxy in between had hung up.
    """
    if report.code in UNSERVED_GATEWAY_CODES or report.status == "INTERNAL":
        return True
    return report.status == "upstream_error" and report.code == "500"  # new-api, of the model's own 500


def _by_words(report: ErrorReport, status: int) -> str:
    words = report.message + " " + " ".join(report.quota_ids)
    for rule in WORD_RULES:
        if (not rule.statuses or status in rule.statuses) and rule.pattern.search(words):
            return rule.code
    return ""


def _by_status(report: ErrorReport, status: int) -> str:
    if report.status == "FAILED_PRECONDITION":
        return "region_or_billing"
    if status == 400 and report.field_violations:
        return "not_allowed_by_provider"
    if status == 404 and (report.status == "NOT_FOUND" or "model" in report.message.lower()):
        return "model_not_found"
    if status in HTTP_STATUSES:
        return HTTP_STATUSES[status]
    if status >= 500:
        return "provider_trouble"
    return "bad_request" if status >= 400 else "wrong_endpoint" if status >= 300 else "provider_refused"
