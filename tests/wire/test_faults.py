"""Error bodies of Google and of the gateways: the contract's fixtures 21 to 28, then the rest."""

# ruff: noqa: E501 - one case, one row: the tables below are read by column

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playground import wire
from playground.errors import Billed, ProviderError, ProviderRefused, TransferBroken, UnreadableAnswer
from playground.wire.faults import read_report, text_wait
from tests.wire.test_answer import VALUES


def fault(status: int, body: object, headers: dict[str, str] | None = None) -> ProviderError:
    data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return wire.read_error(status, headers or {}, data)


def google(code: int, status: str, message: str, *details: dict[str, Any]) -> dict[str, Any]:
    error: dict[str, Any] = {"code": code, "message": message, "status": status}
    return {"error": error | ({"details": list(details)} if details else {})}


def new_api(message: str, code: object, kind: str = "new_api_error") -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": "", "code": code}}


def lite_llm(message: str, code: str = "500", kind: str = "internal_server_error") -> dict[str, Any]:
    """An error as LiteLLM 1.108 sends it: the answer behind it stands among its own words."""
    message += "\n\nLiteLLM: model group 'x' failed with the error above. No fallback was attempted."
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def info(reason: str) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": reason}


def quota(*ids: str) -> dict[str, Any]:
    violations = [{"quotaMetric": "m", "quotaId": quota_id} for quota_id in ids]
    return {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": violations}


def retry(delay: object) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": delay}


INTERNAL = google(500, "INTERNAL", "An internal error has occurred.")
KEY_WORDS = "API key not valid. Please pass a valid API key."
PAGE = (
    b"<html><head><title>524: A timeout occurred</title></head><body><script>x()</script>words</body></html>"
)


def test_21_bad_key() -> None:
    error = fault(400, google(400, "INVALID_ARGUMENT", KEY_WORDS, info("API_KEY_INVALID")))
    assert isinstance(error, ProviderRefused)
    assert (error.code, error.said, error.billed) == ("key_refused", KEY_WORDS, Billed.NO)
    assert error.http_status == 400
    assert dict(error.facts) == {"status": "400"}


def test_22_missing_signature() -> None:
    words = (
        "Image part is missing a thought_signature in content position 2, part position 1. Please refer to …"
    )
    assert fault(400, google(400, "INVALID_ARGUMENT", words)).code == "missing_signature"


def test_23_bad_size_names_the_field() -> None:
    field = "generation_config.image_config.image_size"
    details = {"@type": "…BadRequest", "fieldViolations": [{"field": field, "description": "Invalid value"}]}
    for body in (
        google(400, "INVALID_ARGUMENT", f"Invalid value at '{field}'", details),
        google(400, "INVALID_ARGUMENT", f"Invalid value at '{field}' (…), \"9K\""),
    ):
        error = fault(400, body)
        assert (error.code, error.facts["fields"]) == ("not_allowed_by_provider", field)


def test_24_rate_limit_waits_for_the_longer() -> None:
    body = google(429, "RESOURCE_EXHAUSTED", "Quota exceeded", retry("3.700s"))
    error = fault(429, body, {"retry-after": "7"})
    assert (error.code, error.retry_after, error.facts["seconds"]) == ("rate_limited", 7.0, "7")
    assert fault(429, body, {"Retry-After": "1"}).retry_after == 3.7


def test_25_overload() -> None:
    words = "This model is currently experiencing high demand. Spikes in demand are usually temporary."
    error = fault(503, google(503, "UNAVAILABLE", words))
    assert (error.code, error.billed, error.retry_after) == ("overloaded", Billed.NO, None)


def test_26_relayed_rate_limit_has_its_delay_in_the_words() -> None:
    words = "Resource has been exhausted. Please retry in 12.5s. (request id: 20261122)"
    error = fault(429, new_api(words, 429, "upstream_error"))
    assert (error.code, error.retry_after, error.said) == ("rate_limited", 12.5, words)


def test_26_an_error_among_the_words_of_a_gateway() -> None:
    inner = google(
        429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", quota("PerMinute"), retry("7s")
    )
    for relayed in (json.dumps(inner), f"b'{json.dumps(inner)}'"):
        message = f"litellm.RateLimitError: GeminiException - {relayed}"
        error = fault(429, lite_llm(message, "429", "throttling_error"))
        assert (error.code, error.retry_after, error.said) == ("rate_limited", 7.0, inner["error"]["message"])
    daily = google(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota.", quota("FooPerDay"))
    assert fault(429, lite_llm(f"GeminiException - {json.dumps(daily)}", "429")).code == "daily_quota"
    cut = 'GeminiException - {"error":{"code":429,"mess'
    assert fault(429, new_api(cut, "429")).said == cut


NESTED = (
    '{\n  "error": {\n    "code": 503,\n    "message": "overloaded",\n    "status": "UNAVAILABLE"\n  }\n}\n'
)


@pytest.mark.parametrize(
    ("body", "said", "at_401", "at_500"),
    [
        ({"success": False, "message": "无效的令牌"}, "无效的令牌", "key_refused", "provider_trouble"),
        ({"error": "unauthorized"}, "unauthorized", "key_refused", "provider_trouble"),
        ({"code": 500, "msg": "服务器错误", "data": None}, "服务器错误", "key_refused", "provider_trouble"),
        ({"detail": "Not Found"}, "Not Found", "key_refused", "provider_trouble"),
        ({"error": {"message": NESTED, "code": 503, "status": "Service Unavailable"}}, "overloaded", "overloaded", "overloaded"),
        ([google(400, "INVALID_ARGUMENT", "list wrapped")], "list wrapped", "bad_request", "bad_request"),
        ({"header": {"message": "in the header"}}, "in the header", "key_refused", "provider_trouble"),
        ({"error_msg": "a"}, "a", "key_refused", "provider_trouble"),
        ({"err": "b"}, "b", "key_refused", "provider_trouble"),
        ({"detail": [{"loc": ["body"], "msg": "field required"}]}, "field required", "key_refused", "provider_trouble"),
        ({"error": {"message": json.dumps({"error": {"message": NESTED}})}}, "overloaded", "overloaded", "overloaded"),
    ],
)  # fmt: skip
def test_27_odd_shapes(body: object, said: str, at_401: str, at_500: str) -> None:
    assert (fault(401, body).code, fault(401, body).said) == (at_401, said)
    assert (fault(500, body).code, fault(500, body).said) == (at_500, said)


@pytest.mark.parametrize(
    ("status", "kind", "code", "billed"),
    [
        (502, UnreadableAnswer, "proxy_page", "maybe"),
        (503, UnreadableAnswer, "proxy_page", "maybe"),
        (500, UnreadableAnswer, "proxy_page", "maybe"),
        (504, TransferBroken, "timed_out_there", "maybe"),
        (520, UnreadableAnswer, "proxy_page", "maybe"),
        (523, UnreadableAnswer, "proxy_page", "maybe"),
        (524, TransferBroken, "timed_out_there", "maybe"),
        (403, UnreadableAnswer, "proxy_page", "no"),
        (404, ProviderRefused, "wrong_endpoint", "no"),
        (413, ProviderRefused, "too_large", "no"),
        (429, ProviderRefused, "rate_limited", "no"),
    ],
)
def test_28_web_pages(status: int, kind: type[ProviderError], code: str, billed: str) -> None:
    error = fault(status, PAGE, {"content-type": "text/html"})
    assert type(error) is kind
    assert (error.code, error.billed, error.said) == (code, billed, "524: A timeout occurred")


@pytest.mark.parametrize(
    ("status", "body", "code", "billed"),
    [
        (503, b"upstream connect error or disconnect/reset before headers", "proxy_page", "maybe"),
        (520, b"error code: 520", "proxy_page", "maybe"),
        (524, b"error code: 524", "timed_out_there", "maybe"),
        (502, b"", "proxy_page", "maybe"),
        (429, b"slow down", "rate_limited", "no"),
        (401, b"", "key_refused", "no"),
        (404, b"404 page not found", "wrong_endpoint", "no"),
        (418, b"teapot", "bad_request", "no"),
        (302, b"", "wrong_endpoint", "no"),
        (500, b"", "proxy_page", "maybe"),
        (507, {"error": {"message": "x"}}, "provider_trouble", "maybe"),
        (500, {"error": {"message": "x"}}, "provider_trouble", "maybe"),
        (500, lite_llm(f"litellm.InternalServerError: GeminiException - {json.dumps(INTERNAL)}"), "provider_trouble", "no"),
        (500, lite_llm("litellm.APIConnectionError: GeminiException - Error transforming generate content response: Unterminated string"), "provider_trouble", "maybe"),
        (500, lite_llm("litellm.APIConnectionError: GeminiException - <html><head><title>502 Bad Gateway</title></head></html>"), "provider_trouble", "maybe"),
        (408, lite_llm("litellm.Timeout: Connection timed out after 600.0 seconds.", "408", "timeout_error"), "timed_out_there", "maybe"),
        (500, new_api("An internal error has occurred.", 500, "upstream_error"), "provider_trouble", "no"),
        (500, new_api("bad gateway", 502, "upstream_error"), "provider_trouble", "maybe"),
        (502, new_api("bad response status code 502", "bad_response_status_code"), "provider_trouble", "maybe"),
        (500, new_api("do request failed", "do_request_failed"), "provider_trouble", "maybe"),
        (500, new_api("bad body", "bad_response_body"), "provider_trouble", "maybe"),
        (500, google(500, "INTERNAL", "An internal error has occurred."), "provider_trouble", "no"),
        (504, google(504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete."), "timed_out_there", "maybe"),
    ],
)  # fmt: skip
def test_what_may_have_been_billed(status: int, body: object, code: str, billed: str) -> None:
    error = fault(status, body)
    assert (error.code, error.billed) == (code, billed)


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (403, google(403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers (callers without established identity). Please use API Key or other form of API consumer identity to call this API."), "key_missing"),
        (401, {"error": {"message": "未提供令牌", "type": "new_api_error"}}, "key_missing"),
        (401, {"error": {"message": "Missing API key", "type": "auth_error"}}, "key_missing"),
        (401, {"error": {"message": "No token provided"}}, "key_missing"),
        (401, google(401, "UNAUTHENTICATED", "Request had invalid authentication credentials."), "key_refused"),
        (401, new_api("无效的令牌 (request id: 1)", ""), "key_refused"),
        (401, new_api("该令牌已过期", ""), "key_refused"),
        (403, google(403, "PERMISSION_DENIED", "Your API key was reported as leaked. Please use another API key."), "key_refused"),
        (400, new_api(KEY_WORDS, 400, "upstream_error"), "key_refused"),
        (403, google(403, "PERMISSION_DENIED", "The caller does not have permission"), "permission_denied"),
        (403, new_api("no", "access_denied"), "permission_denied"),
        (403, google(403, "PERMISSION_DENIED", "x", info("SERVICE_DISABLED")), "permission_denied"),
        (403, new_api("用户额度不足, 剩余额度: $0.00", "insufficient_user_quota"), "no_credit"),
        (429, new_api("You have insufficient quota", "insufficient_user_quota"), "no_credit"),
        (403, new_api("预扣费额度失败", "pre_consume_token_quota_failed"), "no_credit"),
        (403, {"message": "账户余额不足"}, "no_credit"),
        (402, {"message": "pay"}, "no_credit"),
        (404, google(404, "NOT_FOUND", "models/x is not found for API version v1beta"), "model_not_found"),
        (404, {"error": {"message": "The model `x` does not exist"}}, "model_not_found"),
        (503, new_api("No available channel for model x under group default (distributor)", "model_not_found"), "model_not_found"),
        (503, new_api("No available channel for model x under group default (distributor)", ""), "model_not_found"),
        (503, new_api("当前分组 default 下对于模型 x 无可用渠道", ""), "model_not_found"),
        (404, {"error": {"message": "Invalid URL (POST /v1beta/models/x)", "type": "invalid_request_error"}}, "wrong_endpoint"),
        (404, {"detail": "Not Found"}, "wrong_endpoint"),
        (405, {"detail": "Method Not Allowed"}, "wrong_endpoint"),
        (400, google(400, "INVALID_ARGUMENT", "Unhandled generated data mime type: image/jpeg"), "wrong_endpoint"),
        (400, google(400, "FAILED_PRECONDITION", "User location is not supported for the API use."), "region_or_billing"),
        (400, new_api("User location is not supported for the API use.", 400, "upstream_error"), "region_or_billing"),
        (400, google(400, "FAILED_PRECONDITION", "Please do something."), "region_or_billing"),
        (400, google(400, "INVALID_ARGUMENT", "Request contains an invalid argument."), "bad_request"),
        (400, google(400, "INVALID_ARGUMENT", "Unable to process input image."), "bad_request"),
        (400, google(400, "INVALID_ARGUMENT", "The input token count is invalid: no token limit"), "bad_request"),
        (413, {"error": {"message": "x", "code": "read_request_body_failed"}}, "too_large"),
        (400, google(400, "INVALID_ARGUMENT", "Request payload size exceeds the limit: 20971520 bytes."), "too_large"),
        (429, google(429, "RESOURCE_EXHAUSTED", "Quota exceeded for metric: x, limit: 0, model: y", quota("FooPerDay")), "no_free_tier"),
        (429, google(429, "RESOURCE_EXHAUSTED", "Quota exceeded for metric: x, limit: 0.5"), "rate_limited"),
        (429, google(429, "RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan and billing details. limit: 10"), "rate_limited"),
        (429, google(429, "RESOURCE_EXHAUSTED", "Quota", quota("GenerateRequestsPerDayPerProjectPerModel")), "daily_quota"),
        (429, google(429, "RESOURCE_EXHAUSTED", "Quota", quota("GenerateRequestsPerMinutePerProject")), "rate_limited"),
        (500, google(429, "RESOURCE_EXHAUSTED", "Quota"), "rate_limited"),
        (500, new_api("Too many", 429, "upstream_error"), "rate_limited"),
        (503, google(503, "UNAVAILABLE", "The model is overloaded. Please try again later."), "overloaded"),
        (500, new_api("The model is overloaded.", 500, "upstream_error"), "overloaded"),
        (400, new_api("blocked", "prompt_blocked"), "prompt_blocked"),
        (500, new_api("x", "sensitive_words_detected"), "prompt_blocked"),
        (400, {"message": "包含敏感词"}, "prompt_blocked"),
        (503, new_api("x", "get_channel_failed"), "provider_trouble"),
        (400, lite_llm("No connected db.", "400", "no_db_connection"), "key_refused"),
        (401, lite_llm("Authentication Error, Invalid proxy server token passed.", "401", "token_not_found_in_db"), "key_refused"),
        (400, lite_llm("Budget has been exceeded! Current cost: 2.1, Max budget: 2.0", "400", "budget_exceeded"), "no_credit"),
        (401, lite_llm("key not allowed to access model.", "401", "key_model_access_denied"), "permission_denied"),
        (400, lite_llm("agenerate_content: Invalid model name passed in model=x. Call `/v1/models` to view available models for your key.", "400", "invalid_request_error"), "model_not_found"),
    ],
)  # fmt: skip
def test_classes(status: int, body: object, code: str) -> None:
    error = fault(status, body)
    assert isinstance(error, ProviderRefused)
    assert (error.code, error.billed) == (code, Billed.NO)
    assert error.facts["status"] == str(status)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Please retry in 35.84s.", 35.84),
        ("Please retry in 14h39m18.5s.", 52758.5),
        ("Please retry in 250ms.", 0.25),
        ("try again in 20 seconds", 20),
        ("Try again after 2 minutes", 120),
        ("请在 30 秒后重试", 30),
        ("retry in a moment", None),
        ("Try again in 3 days.", 259_200),
        ("Retry after 1 hour and 20 minutes", 4800),
        ("try again in 2 months", None),
        ("请 3 小时后再试", 10_800),
        ("请在 2 天后重试", 172_800),
        ("请 5 分钟之后重试", 300),
        ("nothing", None),
    ],
)
def test_delays_in_words(text: str, seconds: float | None) -> None:
    assert text_wait(text) == (None if seconds is None else pytest.approx(seconds))


@pytest.mark.parametrize(
    ("delay", "seconds"),
    [("35s", 35), ("52758s", 52758), ({"seconds": "9", "nanos": 5}, 9), ("-5s", 5), ("soon", None), (None, None), ([], None)],
)  # fmt: skip
def test_delays_in_details(delay: object, seconds: float | None) -> None:
    assert read_report(google(429, "RESOURCE_EXHAUSTED", "x", retry(delay))).retry_after == seconds


@pytest.mark.parametrize("value", ["nan", "inf", "-3", "soon", "", "Mon, 99 Foo 2026"])
def test_senseless_headers_are_ignored(value: str) -> None:
    assert fault(429, {"message": "x"}, {"retry-after": value}).retry_after is None


def test_a_date_in_the_header() -> None:
    now = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
    headers = {
        "RETRY-AFTER": format_datetime(now + timedelta(seconds=90), usegmt=True),
        "date": format_datetime(now, usegmt=True),
    }
    assert fault(503, {"message": "x"}, headers).retry_after == 90
    assert fault(503, {"message": "x"}, headers | {"date": "broken"}).retry_after in (
        None,
        pytest.approx(0, abs=1e8),
    )


def test_an_endless_wait_is_bounded() -> None:
    assert fault(429, {"message": "x"}, {"retry-after": "9" * 30}).retry_after == 36_500 * 86_400


def test_said_is_one_plain_short_line() -> None:
    words = (
        "<b>Bad</b>\n\n  &lt;script&gt;x&lt;/script&gt; see https://h.example/p?key=secret now \u202e\x07"
        + "w" * 900
    )
    error = fault(500, {"message": words})
    assert error.said.startswith("Bad x see https://h.example/p now w")
    assert len(error.said) == 600
    assert "secret" not in error.raw
    assert len(error.raw) <= 4096


@given(st.text("<>/bscript &lt;gt=!?-", max_size=60))
def test_said_never_holds_a_tag(words: str) -> None:
    said = fault(500, {"message": words}).said
    assert "<b>" not in said
    assert "<script>" not in said


def test_a_report_of_everything() -> None:
    body = google(429, "RESOURCE_EXHAUSTED", "m", info("RATE_LIMIT_EXCEEDED"), quota("A", "B"), retry("5s"))
    report = read_report(body, asked=2.0)
    assert (report.message, report.status, report.code, report.reason) == (
        "m",
        "RESOURCE_EXHAUSTED",
        "429",
        "RATE_LIMIT_EXCEEDED",
    )
    assert report.quota_ids == ("A", "B")
    assert report.retry_after == 5.0
    assert not report.is_html


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.integers(300, 599),
    st.dictionaries(st.sampled_from(["retry-after", "Date", "x"]), st.text(max_size=9)),
    VALUES,
)
def test_any_json_is_an_error_of_ours(status: int, headers: dict[str, str], body: object) -> None:
    error = wire.read_error(status, headers, json.dumps(body).encode())
    assert isinstance(error, (ProviderRefused, TransferBroken, UnreadableAnswer))
    assert len(error.said) <= 600
    f"{error} {error.raw} {error.facts}".encode()


@given(st.integers(300, 599), st.binary())
def test_any_bytes_are_an_error_of_ours(status: int, body: bytes) -> None:
    assert isinstance(wire.read_error(status, {}, body), ProviderError)


@pytest.mark.parametrize(
    "body",
    [b"[" * 100_000, b'{"error":' * 100_000, b'{"message":"' + b"<" * 2_000_000 + b'"}', b"<" * 3_000_000],
)
@pytest.mark.timeout(10)
def test_hostile_bodies(body: bytes) -> None:
    assert isinstance(wire.read_error(500, {}, body), ProviderError)


def test_what_is_told_of_a_success_is_the_status_that_came() -> None:
    with pytest.raises(ProviderError) as raised:
        wire.decode(b'{"id": "task_9", "status": "queued"}')
    error = wire.unread_success(raised.value, 202, "https://gw.example/tasks/9")
    assert error.code == "answers_later"
    assert (error.http_status, error.facts["status"]) == (202, "202")
    assert error.facts["address"] == "https://gw.example/tasks/9"
