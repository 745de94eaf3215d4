"""What gateways do to answers, beyond the contract's fixtures."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from playground import wire
from playground.errors import Billed, NoPicture, ProviderError, ProviderRefused
from playground.result import ImageResult, PicturePart, TextPart
from tests.wire.samples import JPG1, JPG2, PNG1, b64, candidate, decoded, inline, picture


def test_a_data_uri_inside_the_words_keeps_its_place() -> None:
    text = (
        f'Before ![image](data:image/png;base64,{PNG1} "title") between data:image/jpeg;base64,{JPG1} after'
    )
    result = decoded(candidate({"text": text, "thoughtSignature": "s"}))
    kinds = [part.text if isinstance(part, TextPart) else part.mime_type for part in result.parts]
    assert kinds == ["Before ", "image/png", " between ", "image/jpeg", " after"]
    assert [part.signature for part in result.parts] == ["s", None, None, None, None]


@pytest.mark.parametrize(
    "wrap", ["data:image/png;base64,{}", "  data:image/png;base64,{}\n", "![](data:image/png;base64,{})"]
)
@pytest.mark.parametrize("gap", [0, 76])
def test_a_bare_data_url(wrap: str, gap: int) -> None:
    data = "\n".join(PNG1[place : place + gap] for place in range(0, len(PNG1), gap)) if gap else PNG1
    result = decoded(candidate({"text": wrap.format(data)}))
    assert [part.data for part in result.pictures] == [picture("PNG")]
    assert len(result.parts) == 1


def test_links_are_collected_once_and_never_from_thoughts() -> None:
    result = decoded(
        candidate(
            {
                "text": "![a](https://x.invalid/1) ![b](<https://x.invalid/1>) [c](https://x.invalid/2.webp?sig=1)."
            },
            {"text": "![t](https://x.invalid/3.png)", "thought": True},
            {"fileData": {"fileUri": "https://x.invalid/4", "mimeType": "image/png"}},
            {"file_data": {"file_uri": "gs://bucket/5.png"}},
            {"inlineData": {"data": "https://x.invalid/6"}},
            {"text": "See https://x.invalid/page and https://x.invalid/7.jpg."},
        )
    )
    names = ["1", "2.webp?sig=1", "4", "6", "7.jpg"]
    assert result.links == tuple(f"https://x.invalid/{name}" for name in names)


def test_a_file_uri_may_be_a_data_uri() -> None:
    assert decoded(candidate({"fileData": {"fileUri": f"data:image/png;base64,{PNG1}"}})).pictures


@pytest.mark.parametrize(
    "data",
    [
        b64(b"<html><body>502 Bad Gateway</body></html>"),
        b64(b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        b64(picture("PNG")[:12]),
        "",
        "not base64!",
        PNG1[:21],
    ],
)
def test_what_is_no_picture_is_counted(data: str) -> None:
    result = decoded(candidate(inline(data), {"text": "Here!"}))
    assert (result.dropped, result.pictures) == (1, ())
    reason = wire.why_no_picture(result)
    assert reason is not None
    assert (reason.code, reason.facts["count"], reason.billed) == (
        "undecodable_picture",
        "1",
        Billed.PROBABLY,
    )


def test_one_lost_picture_leaves_the_others() -> None:
    result = decoded(candidate(inline(PNG1), inline("!!"), inline(JPG2)))
    assert [part.mime_type for part in result.pictures] == ["image/png", "image/jpeg"]
    assert result.dropped == 1
    assert wire.why_no_picture(result) is None


def test_thought_pictures_alone_are_no_final_picture() -> None:
    reason = wire.why_no_picture(
        decoded(candidate(inline(PNG1, thought=True), {"text": "T", "thought": "true"}))
    )
    assert reason is not None
    assert (reason.code, reason.billed) == ("only_thoughts", Billed.PROBABLY)
    assert reason.result.thoughts == "T"


def test_a_picture_counts_whatever_the_finish_reason() -> None:
    result = decoded(candidate(inline(PNG1), finish="IMAGE_PROHIBITED_CONTENT"))
    assert wire.why_no_picture(result) is None
    assert result.finish_reason == "IMAGE_PROHIBITED_CONTENT"


@pytest.mark.parametrize(
    ("finish", "text", "code", "billed"),
    [
        ("STOP", "", "no_picture", "maybe"),
        (None, "words", "text_only", "probably"),
        ("NO_IMAGE", "words", "text_only", "probably"),
        ("IMAGE_OTHER", "words", "no_picture", "maybe"),
        ("OTHER", "", "no_picture", "maybe"),
        ("CONTINUATION", "words", "cut_by_length", "probably"),
        ("PUP_LIMITED_DISABLED", "", "account_stopped", "maybe"),
        ("ESCALATION", "words", "account_stopped", "maybe"),
        ("SPII", "words", "picture_blocked", "maybe"),
        ("MISSING_THOUGHT_SIGNATURE", "", "missing_signature", "maybe"),
        ("NEVER_HEARD_OF", "words", "unknown_finish", "maybe"),
        ("LANGUAGE", "", "unknown_finish", "maybe"),
    ],
)
def test_finish_reasons(finish: str | None, text: str, code: str, billed: str) -> None:
    reason = wire.why_no_picture(decoded(candidate({"text": text}, finish=finish)))
    assert reason is not None
    assert (reason.code, reason.billed) == (code, billed)
    assert reason.facts["reason"] == (finish or "")


@pytest.mark.parametrize(
    ("block", "reason"),
    [
        ("BLOCK_REASON_UNSPECIFIED", "BLOCK_REASON_UNSPECIFIED"),
        ("BlockedReason.BLOCKED_REASON_UNSPECIFIED", "BLOCK_REASON_UNSPECIFIED"),
        ("unspecified", "BLOCK_REASON_UNSPECIFIED"),
        ("BLOCK_REASON_SAFETY", "SAFETY"),
    ],
)
def test_block_reasons_keep_the_name_of_their_enum(block: str, reason: str) -> None:
    told = wire.why_no_picture(decoded({"promptFeedback": {"blockReason": block}}))
    assert told is not None
    assert (told.code, told.facts["reason"]) == ("prompt_blocked", reason)


@pytest.mark.parametrize("candidates", [None, []])
def test_a_gateway_swallows_the_block_reason(candidates: object) -> None:
    answer = {"candidates": candidates, "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 0}}
    reason = wire.why_no_picture(decoded(answer))
    assert reason is not None
    assert (reason.code, reason.billed) == ("nothing_drawn", Billed.NO)
    assert reason.facts["prompt_tokens"] == "9"


def test_nulls_anywhere() -> None:
    result = decoded(
        {
            "candidates": [
                None,
                {
                    "content": {
                        "parts": [None, {"text": None, "inlineData": None, "thought": None}, inline(PNG1)]
                    },
                    "finishReason": None,
                    "safetyRatings": None,
                },
            ],
            "promptFeedback": None,
            "usageMetadata": None,
            "modelVersion": None,
            "error": None,
        }
    )
    assert len(result.parts) == len(result.pictures) == 1


@pytest.mark.parametrize("key", ["response", "data", "result"])
def test_an_envelope_is_opened(key: str) -> None:
    assert decoded({"code": 0, "msg": "ok", key: candidate(inline(PNG1))}).pictures


@pytest.mark.parametrize(
    ("answer", "code", "said"),
    [
        (
            {"error": {"code": 429, "message": "Quota. Please retry in 7s.", "status": "RESOURCE_EXHAUSTED"}},
            "rate_limited",
            "Quota. Please retry in 7s.",
        ),
        ({"error": {"message": "no", "code": "insufficient_user_quota"}}, "no_credit", "no"),
        ({"error": "unauthorized"}, "provider_refused", "unauthorized"),
        ({"code": 500, "msg": "服务器错误", "data": None}, "provider_trouble", "服务器错误"),
        ({"success": False, "message": "nope"}, "provider_refused", "nope"),
        ({"candidates": [], "error": {"code": 503, "message": "later"}}, "overloaded", "later"),
        (
            [{"error": {"code": 400, "message": "listed", "status": "INVALID_ARGUMENT"}}],
            "bad_request",
            "listed",
        ),
    ],
)
def test_an_error_inside_of_a_200(answer: object, code: str, said: str) -> None:
    with pytest.raises(ProviderRefused) as caught:
        decoded(answer)
    assert (caught.value.code, caught.value.said, caught.value.http_status) == (code, said, 200)
    unsure = ("provider_refused", "provider_trouble")
    assert caught.value.billed == (Billed.MAYBE if code in unsure else Billed.NO)
    if code == "rate_limited":
        assert caught.value.retry_after == 7


def test_words_beside_a_picture_are_no_error() -> None:
    assert decoded(candidate(inline(PNG1)) | {"code": 200, "message": "success"}).pictures
    assert decoded(candidate({"text": "x"}) | {"message": "success"}).text == "x"


def test_raw_holds_no_picture_and_is_bounded() -> None:
    parts = [
        inline(b64(bytes(3000)), thoughtSignature="s" * 9000),
        {"text": f"![i](data:image/png;base64,{PNG1})"},
    ]
    raw = decoded(candidate(*parts, {"text": "w" * 9000})).raw
    shown = raw["candidates"][0]["content"]["parts"]
    assert shown[0]["inlineData"]["data"] == "<3,000 bytes of image/png>"
    assert shown[0]["thoughtSignature"] == "<signature of 9,000 characters>"
    assert PNG1 not in json.dumps(dict(raw))
    assert len(shown[2]["text"]) < 5000
    many = decoded(candidate(*[{"text": "word" * 900} for _ in range(5000)])).raw
    assert len(json.dumps(dict(many))) < 300_000


@pytest.mark.parametrize(
    "text",
    [
        "![[" * 300_000 + "http",
        "http://" * 300_000,
        "data:image/png;base64," + " " * 2_000_000 + "x!",
        "![](https://" * 100_000,
        "![" + "a" * 2_000_000 + "data:",
        "data:image/png;" + "a=b;" * 300_000,
    ],
)
@pytest.mark.timeout(10)
def test_hostile_words_take_no_time(text: str) -> None:
    assert isinstance(decoded(candidate({"text": text})), ImageResult)


def test_half_a_surrogate_pair_can_still_be_written() -> None:
    result = wire.decode(
        b'{"candidates":[{"content":{"parts":[{"text":"a\\ud83d"}]},"finishReason":"\\ud800"}]}'
    )
    reason = wire.why_no_picture(result)
    assert reason is not None
    (result.text + result.finish_reason + str(result.raw) + str(reason)).encode("utf-8")


KEYS = st.sampled_from(
    (
        "candidates",
        "content",
        "parts",
        "text",
        "inlineData",
        "inline_data",
        "mimeType",
        "data",
        "thought",
        "thoughtSignature",
        "finishReason",
        "finishMessage",
        "promptFeedback",
        "blockReason",
        "safetyRatings",
        "category",
        "usageMetadata",
        "totalTokenCount",
        "error",
        "message",
        "code",
        "status",
        "details",
        "retryDelay",
        "fileData",
        "fileUri",
        "choices",
        "success",
        "msg",
        "detail",
        "violations",
        "@type",
    )
)
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(
        [PNG1, JPG1, f"![i](data:image/png;base64,{PNG1})", "https://x.invalid/a.png", "STOP", "5s"]
    )
)
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS | st.text(max_size=3), inner, max_size=4)
    ),
    max_leaves=12,
)
PARTS = st.lists(
    st.fixed_dictionaries({}, optional={"text": VALUES, "inlineData": VALUES, "thought": VALUES}) | VALUES
)
SHAPED = st.fixed_dictionaries(
    {},
    optional={
        "candidates": st.lists(
            st.fixed_dictionaries(
                {}, optional={"content": st.fixed_dictionaries({"parts": PARTS}), "finishReason": VALUES}
            )
            | VALUES,
            max_size=2,
        )
        | VALUES,
        "promptFeedback": VALUES,
        "usageMetadata": VALUES,
        "error": VALUES,
    },
)


def read_or_refused(body: bytes, content_type: str = "") -> None:
    """Only an answer or an error of our tree, and both can be written down."""
    try:
        result = wire.decode(body, content_type)
    except ProviderError as error:
        f"{error} {error.raw} {error.facts}".encode()
        return
    reason = wire.why_no_picture(result)
    assert (reason is None) is bool(result.complete_pictures)
    assert reason is None or isinstance(reason, NoPicture)
    json.dumps(dict(result.raw), allow_nan=False, ensure_ascii=False).encode()
    for part in result.parts:
        assert isinstance(part, (TextPart, PicturePart))


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(SHAPED | VALUES | st.lists(SHAPED, max_size=3))
def test_any_json_near_the_contract(answer: object) -> None:
    read_or_refused(json.dumps(answer).encode())


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(SHAPED, max_size=3), st.sampled_from(["\n\n", "\n", "\r\n\r\n", ""]), st.integers(0, 400))
def test_any_stream_torn_anywhere(chunks: list[object], end: str, keep: int) -> None:
    text = "".join(f"data: {json.dumps(chunk)}{end}" for chunk in chunks)
    read_or_refused(text[:keep].encode(), "text/event-stream")


@given(st.binary() | st.text().map(str.encode), st.sampled_from(["", "text/event-stream", "text/html"]))
def test_any_bytes(body: bytes, content_type: str) -> None:
    read_or_refused(body, content_type)


@given(st.integers(0, len(json.dumps(candidate(inline(PNG1)))) - 1), st.binary(max_size=3))
def test_a_damaged_answer(place: int, noise: bytes) -> None:
    body = json.dumps(candidate(inline(PNG1))).encode()
    read_or_refused(body[:place] + noise + body[place + len(noise) :])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-8-sig"])
def test_other_encodings_of_the_text(encoding: str) -> None:
    body = json.dumps(candidate({"text": "中文 🦊"}, inline(PNG1)), ensure_ascii=False).encode(encoding)
    result = wire.decode(body, "application/json")
    assert (len(result.complete_pictures), result.text, result.oddities) == (1, "中文 🦊", ())


def test_empty_bytes_around_a_text_do_not_make_it_another_encoding() -> None:
    body = b"\0\0\0" + json.dumps(candidate(inline(PNG1))).encode() + b"\0" * 50
    assert len(wire.decode(body, "application/json").complete_pictures) == 1


def test_of_very_many_pictures_only_so_many_are_kept() -> None:
    result = decoded(candidate(*[inline(PNG1)] * 40, {"inlineData": [{"data": JPG1}] * 9}))
    assert (len(result.pictures), result.dropped, result.oddities) == (32, 0, ("left_out",))


def test_drafts_take_no_place_from_the_picture_that_was_asked_for() -> None:
    result = decoded(candidate(*[inline(PNG1) | {"thought": True}] * 40, inline(JPG1)))
    assert (len(result.thought_pictures), len(result.pictures), result.oddities) == (32, 1, ())
