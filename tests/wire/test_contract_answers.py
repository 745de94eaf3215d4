"""The contract's answers with HTTP 200, one test each, in the contract's order and numbering."""

from __future__ import annotations

import json

import pytest

from playground import wire
from playground.errors import Billed, NoPicture, ProviderRefused, TransferBroken, UnreadableAnswer
from playground.result import ImageResult, PicturePart, Source, TextPart
from tests.wire.samples import JPG1, PNG1, candidate, decoded, filled, inline, picture


def missed(result: ImageResult) -> NoPicture:
    reason = wire.why_no_picture(result)
    assert reason is not None
    assert reason.result is result
    return reason


def test_01_one_jpeg_with_zero_usage() -> None:
    result = decoded(
        filled(
            '{"candidates":[{"content":{"role":"model","parts":[{"inlineData":{"mimeType":"image/jpeg",'
            '"data":"JPG1"}}]},"finishReason":"STOP","safetyRatings":[]}],"usageMetadata":'
            '{"promptTokenCount":0,"candidatesTokenCount":0,"totalTokenCount":0}}'
        )
    )
    assert [part.mime_type for part in result.pictures] == ["image/jpeg"]
    assert result.pictures[0].data == picture("JPEG")
    assert (result.pictures[0].width, result.pictures[0].height) == (8, 6)
    assert result.usage.total == 0
    assert result.usage.thoughts is None
    assert wire.why_no_picture(result) is None


def test_02_text_then_picture_with_signatures() -> None:
    result = decoded(
        filled(
            '{"candidates":[{"content":{"role":"model","parts":[{"text":"Here it is.","thoughtSignature":'
            '"c2lnQQ=="},{"inlineData":{"mimeType":"image/png","data":"PNG1"},"thoughtSignature":"c2lnQg=="}]},'
            '"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":12,"candidatesTokenCount":1290,'
            '"totalTokenCount":1302},"modelVersion":"gemini-3.1-flash-image","responseId":"r2"}'
        )
    )
    assert result.parts[0] == TextPart("Here it is.", False, "c2lnQQ==")
    assert result.parts[1].signature == "c2lnQg=="
    assert isinstance(result.parts[1], PicturePart)
    assert (result.usage.prompt, result.usage.candidates, result.usage.total) == (12, 1290, 1302)
    assert (result.model_version, result.response_id) == ("gemini-3.1-flash-image", "r2")
    assert result.text == "Here it is."


def test_03_picture_then_text() -> None:
    result = decoded(candidate(inline(PNG1), {"text": "Done."}))
    assert [type(part) for part in result.parts] == [PicturePart, TextPart]
    assert len(result.pictures) == 1
    assert result.text == "Done."


def test_04_thoughts_are_apart() -> None:
    result = decoded(
        candidate(
            {"text": "Planning…", "thought": True},
            inline(PNG1, thought=True),
            inline(JPG1, "image/jpeg", thoughtSignature="czE="),
        )
        | {"usageMetadata": {"thoughtsTokenCount": 208, "totalTokenCount": 1438}}
    )
    assert result.thoughts == "Planning…"
    assert [part.mime_type for part in result.thought_pictures] == ["image/png"]
    assert [(part.mime_type, part.signature) for part in result.pictures] == [("image/jpeg", "czE=")]
    assert result.text == ""
    assert result.usage.thoughts == 208


def test_05_interleaved_order_is_kept() -> None:
    result = decoded(
        candidate(
            {"text": "Step 1", "thoughtSignature": "QQ=="},
            inline(PNG1, thoughtSignature="Qg=="),
            {"text": "Step 2"},
            inline(PNG1, thoughtSignature="Qw=="),
        )
    )
    assert [type(part) for part in result.parts] == [TextPart, PicturePart, TextPart, PicturePart]
    assert [part.signature for part in result.parts] == ["QQ==", "Qg==", None, "Qw=="]
    assert result.text == "Step 1\n\nStep 2"


def test_06_text_only() -> None:
    reason = missed(decoded(candidate({"text": "I can only describe it."})))
    assert (reason.code, reason.billed) == ("text_only", Billed.PROBABLY)
    assert reason.result.text == "I can only describe it."


def test_07_image_other_says_it_is_free() -> None:
    message = (
        "Unable to show the generated image. The model could not generate the image based on the prompt "
        "provided. You will not be charged for this request. Try rephrasing the prompt."
    )
    reason = missed(
        decoded(
            {
                "candidates": [{"content": {}, "finishReason": "IMAGE_OTHER", "finishMessage": message}],
                "modelVersion": "gemini-3.1-flash-image",
            }
        )
    )
    assert (reason.code, reason.billed) == ("no_picture", Billed.NO)
    assert dict(reason.facts) == {"reason": "IMAGE_OTHER", "message": message}
    assert reason.result.finish_message == message


def test_08_image_safety_with_parts_null() -> None:
    result = decoded(
        {
            "candidates": [
                {
                    "content": {"parts": None},
                    "finishReason": "IMAGE_SAFETY",
                    "finishMessage": "Unable to show the generated image.",
                }
            ],
            "usageMetadata": {"candidatesTokenCount": 180, "thoughtsTokenCount": 180, "totalTokenCount": 230},
        }
    )
    assert missed(result).code == "picture_blocked"
    assert result.usage.candidates == result.usage.thoughts == 180


def test_09_prohibited_content_with_role_only() -> None:
    message = "Unable to show the generated image due to interests of third-party content providers."
    reason = missed(
        decoded(
            {
                "candidates": [
                    {
                        "content": {"role": "model"},
                        "finishReason": "IMAGE_PROHIBITED_CONTENT",
                        "finishMessage": message,
                    }
                ]
            }
        )
    )
    assert (reason.code, reason.billed) == ("picture_blocked", Billed.MAYBE)
    assert reason.facts["message"] == message


def test_10_recitation_without_content() -> None:
    reason = missed(decoded({"candidates": [{"finishReason": "IMAGE_RECITATION", "index": 0}]}))
    assert (reason.code, reason.facts["reason"]) == ("picture_blocked", "IMAGE_RECITATION")


def test_11_no_image() -> None:
    reason = missed(decoded(candidate(finish="NO_IMAGE") | {"usageMetadata": {"totalTokenCount": 11}}))
    assert (reason.code, reason.billed) == ("no_picture", Billed.MAYBE)


@pytest.mark.parametrize(
    ("finish", "code"), [("MAX_TOKENS", "cut_by_length"), ("MALFORMED_RESPONSE", "no_picture")]
)
def test_12_length_and_malformed(finish: str, code: str) -> None:
    assert missed(decoded(candidate({"text": "…"}, finish=finish))).code == code


def test_13_prompt_blocked_without_candidates() -> None:
    result = decoded(
        {
            "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"},
            "usageMetadata": {"promptTokenCount": 271, "totalTokenCount": 271},
            "modelVersion": "gemini-3-pro-image",
        }
    )
    reason = missed(result)
    assert (reason.code, reason.billed) == ("prompt_blocked", Billed.NO)
    assert reason.facts["reason"] == result.block_reason == "PROHIBITED_CONTENT"


def test_14_blocked_other_with_empty_lists() -> None:
    reason = missed(
        decoded({"candidates": [], "promptFeedback": {"blockReason": "OTHER", "safetyRatings": []}})
    )
    assert dict(reason.facts) == {"reason": "OTHER", "message": "", "categories": ""}
    assert reason.code == "prompt_blocked"


def test_15_safety_lists_the_categories() -> None:
    rating = {"category": "HARM_CATEGORY_SEXUALLY_EXPLICIT", "probability": "HIGH", "blocked": True}
    harmless = {"category": "HARM_CATEGORY_HARASSMENT", "probability": "LOW"}
    result = decoded({"promptFeedback": {"blockReason": "SAFETY", "safetyRatings": [harmless, rating]}})
    assert missed(result).facts["categories"] == "SEXUALLY_EXPLICIT (HIGH)"
    assert len(result.safety_ratings) == 2


def test_16_snake_case() -> None:
    result = decoded(
        {
            "candidates": [
                {
                    "content": {
                        "parts": [
                            {
                                "inline_data": {"mime_type": "image/png", "data": PNG1},
                                "thought_signature": "c2ln",
                            }
                        ]
                    },
                    "finish_reason": "STOP",
                    "finish_message": "fine",
                }
            ],
            "usage_metadata": {"prompt_token_count": 3, "total_token_count": 1123},
            "model_version": "m",
            "response_id": "r",
            "prompt_feedback": {"block_reason": "", "safety_ratings": [{"category": "X"}]},
        }
    )
    assert result.pictures[0].signature == "c2ln"
    assert result.pictures[0].declared_mime_type == "image/png"
    assert (result.finish_reason, result.finish_message) == ("STOP", "fine")
    assert (result.usage.prompt, result.usage.total) == (3, 1123)
    assert (result.model_version, result.response_id) == ("m", "r")
    assert result.safety_ratings[0].category == "X"


def test_17_the_declared_type_lies() -> None:
    part = decoded(candidate(inline(JPG1, "image/png"))).pictures[0]
    assert (part.mime_type, part.declared_mime_type) == ("image/jpeg", "image/png")
    assert part.data == picture("JPEG")


def test_18_a_hosted_address_is_a_link() -> None:
    result = decoded(candidate({"text": "Look: ![image](https://cdn.example.invalid/x.png) nice"}))
    assert result.links == ("https://cdn.example.invalid/x.png",)
    assert "cdn" not in result.text
    reason = missed(result)
    assert (reason.code, reason.facts["count"], reason.billed) == ("link_only", "1", Billed.PROBABLY)


@pytest.mark.parametrize(
    "answer",
    [
        {
            "choices": [
                {
                    "message": {
                        "role": "assistant",
                        "content": "",
                        "images": [
                            {
                                "type": "image_url",
                                "image_url": {"url": f"data:image/png;base64,{PNG1}"},
                            }
                        ],
                    },
                    "finish_reason": "stop",
                }
            ]
        },
        {"choices": [{"message": {"content": "![image](https://x.invalid/a.png)"}}]},
        {"created": 1, "data": [{"b64_json": PNG1}]},
        {"created": 1, "data": [{"url": "https://x.invalid/a.png"}]},
    ],
)
def test_19_openai_shapes_give_their_picture_or_name_the_endpoint(answer: object) -> None:
    if PNG1 in json.dumps(answer):
        result = decoded(answer)
        assert [part.data for part in result.pictures] == [picture("PNG")]
        assert result.oddities == ("misplaced",)
        return
    with pytest.raises(UnreadableAnswer) as caught:
        decoded(answer)
    assert caught.value.code == "wrong_endpoint"


@pytest.mark.parametrize("names", [("sourceUri", "imageUri"), ("uri", "image_uri")])
def test_20_grounding_names_its_sources(names: tuple[str, str]) -> None:
    chip = "<div>chip</div>" * 900  # longer than other texts are kept
    page, image = "https://e.invalid/p2", "https://e.invalid/i.jpg"
    answer = candidate(inline(JPG1))
    answer["candidates"][0]["groundingMetadata"] = {
        "webSearchQueries": ["q"],
        "groundingChunks": [
            {"web": {"uri": "https://e.invalid/p", "title": "t"}},
            {"web": {"uri": "https://e.invalid/p", "title": "t"}},
            {"web": {"uri": "javascript:alert(1)", "title": "no page"}},
            {"image": dict(zip(names, (page, image), strict=True), domain="e.invalid")},
        ],
        "searchEntryPoint": {"renderedContent": chip},
    }
    for result in (decoded(answer), decoded(dict(decoded(answer).raw))):  # as it came, and from a record
        assert result.links == ()
        assert result.sources == (
            Source("https://e.invalid/p", "t"),
            Source(page, "e.invalid", is_picture=True),
        )
        assert result.search_suggestions == chip


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"<html><head><title>Sign &amp; in</title></head>", "text/html", "proxy_page"),
        (b"\n <!DOCTYPE html><title>Sign &amp; in</title>", "application/json", "proxy_page"),
        (b"", "application/json", "empty_answer"),
        (b" \r\n\0", "", "empty_answer"),
        (b"nonsense", "text/plain", "unreadable_answer"),
        (b"null", "", "unreadable_answer"),
        (b"[]", "", "unreadable_answer"),
        (b"[[]]", "", "unreadable_answer"),
        (b"{}", "", "unreadable_answer"),
        (b'"words"', "", "unreadable_answer"),
        (b"17", "", "unreadable_answer"),
        (b'{"code": 0, "msg": "ok"}', "", "unreadable_answer"),
    ],
)
def test_28_what_is_no_answer(body: bytes, content_type: str, code: str) -> None:
    with pytest.raises(UnreadableAnswer) as caught:
        wire.decode(body, content_type)
    assert (caught.value.code, caught.value.billed) == (code, Billed.MAYBE)
    if code == "proxy_page":
        assert caught.value.said == "Sign & in"


TORN = json.dumps(candidate(inline(PNG1))).encode()


@pytest.mark.parametrize(
    "body",
    [
        *(TORN[:keep] for keep in (1, 2, 10, 40)),
        b'{"a": ' * 5000,
        b'{"candidates":' * 100_000,
        b"[" * 100_000,
    ],
)
def test_28_a_torn_answer_was_cut_off(body: bytes) -> None:
    with pytest.raises(TransferBroken) as caught:
        wire.decode(body, "application/json")
    assert (caught.value.code, caught.value.billed) == ("cut_off", Billed.MAYBE)


def test_28_json_with_a_lying_content_type_is_read() -> None:
    assert decoded(candidate(inline(PNG1)), "text/html").pictures


# --- 29: a stream although none was asked for --------------------------------------------------------------

THOUGHT = {"candidates": [{"content": {"parts": [{"text": "Plan", "thought": True}]}}]}
HELLO = [{"candidates": [{"content": {"parts": [{"text": word}]}}]} for word in ("Here ", "it ", "is.")]
PICTURE = {"candidates": [{"content": {"parts": [inline(PNG1)]}}]}
LAST = {
    "candidates": [
        {"content": {"parts": [{"text": "", "thoughtSignature": "c2ln"}]}, "finishReason": "STOP"}
    ],
    "usageMetadata": {"totalTokenCount": 99},
}
FAULT = {"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}


def streamed(*chunks: object, end: str = "\n\n") -> str:
    return "".join(f"data: {json.dumps(chunk)}{end}" for chunk in chunks)


WHOLE = (THOUGHT, *HELLO, PICTURE, LAST)


@pytest.mark.parametrize(
    "text",
    [
        streamed(*WHOLE),
        streamed(*WHOLE, end="\r\n\r\n"),
        streamed(*WHOLE, end="\n"),
        ": keep-alive\n\n" + streamed(*WHOLE) + "data: [DONE]\n\n",
        "event: message\nid: 1\n" + streamed(*WHOLE),
        "".join(
            "".join(f"data: {line}\n" for line in json.dumps(chunk, indent=1).split("\n")) + "\n"
            for chunk in WHOLE
        ),
        json.dumps(WHOLE),
        json.dumps(WHOLE, indent=2),
    ],
)
@pytest.mark.parametrize("content_type", ["text/event-stream", "application/json", ""])
def test_29_streams_are_merged(text: str, content_type: str) -> None:
    result = wire.decode(text.encode(), content_type)
    assert result.thoughts == "Plan"
    assert result.text == "Here it is."
    assert len(result.pictures) == 1
    assert result.parts[-1] == TextPart("", False, "c2ln")
    assert (result.finish_reason, result.usage.total) == ("STOP", 99)
    assert len(result.raw["chunks"]) == len(WHOLE)


def test_29_unary_json_although_a_stream_was_announced() -> None:
    assert decoded(PICTURE, "text/event-stream").pictures
    assert decoded([PICTURE], "text/event-stream").raw["candidates"]


@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize("separator", ["", "\n"])
def test_29_an_error_in_the_middle(indent: int | None, separator: str) -> None:
    stray = json.dumps(FAULT, indent=indent)
    with pytest.raises(ProviderRefused) as caught:
        wire.decode((streamed(THOUGHT) + separator + stray + "\n").encode(), "text/event-stream")
    assert (caught.value.code, caught.value.said) == ("overloaded", "The model is overloaded.")


def test_29_an_error_after_the_picture_does_not_cost_the_picture() -> None:
    assert wire.decode(streamed(PICTURE, FAULT).encode(), "text/event-stream").pictures


@pytest.mark.parametrize("tail", ['data: {"candidates": [{"con', "data: {", '{"candidates"'])
def test_29_a_torn_stream(tail: str) -> None:
    with pytest.raises(TransferBroken):
        wire.decode((streamed(THOUGHT) + tail).encode(), "text/event-stream")
    assert wire.decode((streamed(PICTURE) + tail).encode(), "text/event-stream").pictures


def test_29_a_torn_array() -> None:
    body = json.dumps([THOUGHT, PICTURE, LAST])
    assert wire.decode(body[:-20].encode()).pictures
    with pytest.raises(TransferBroken):
        wire.decode(body[:120].encode())
