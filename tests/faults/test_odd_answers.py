"""Answers that are no proper JSON, or say it in words of their own: the picture is shown, the call is one.

The kinds are tried by the hundred in `tests/wire/test_corpus.py`; here each goes all the way to its card.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from playground.errors import Billed
from playground.jobs.records import job_of, record_of
from playground.ui.results import job_view
from playground.ui.words import LANGUAGES, words_for
from tests.faults.oracle import CANARY, Watched
from tests.faults.server import answering, gateway, http
from tests.images.test_completeness import noise
from tests.wire.samples import b64, picture

PICTURE = picture("PNG", 64, 48)
JPEG = picture("JPEG", 400, 300, "green")


def whole(data: object = b64(PICTURE), finish: str = "STOP", inline: str = "inlineData") -> dict[str, Any]:
    part: Any = {inline: {"mimeType": "image/png", "data": data}}
    made = {"content": {"role": "model", "parts": [{"text": "here"}, part]}, "finishReason": finish}
    return {"candidates": [made], "usageMetadata": {"promptTokenCount": 1, "totalTokenCount": 2}}


def with_part(part: object) -> dict[str, Any]:
    answer = whole()
    answer["candidates"][0]["content"]["parts"] = [part]
    return answer


PLAIN = json.dumps(whole())
INLINE = {"inlineData": {"mimeType": "image/png", "data": b64(PICTURE)}}
ODD: dict[str, tuple[str, tuple[str, ...]]] = {
    "a brace too many": (PLAIN + "}", ("surrounded",)),
    "a comment behind": (PLAIN + "\n<!-- cached -->", ("surrounded",)),
    "a semicolon behind": (PLAIN + ";", ("surrounded",)),
    "a trailing comma": (PLAIN[:-1] + ",}", ("malformed",)),
    "sent twice": (PLAIN + PLAIN, ("several", "repeated")),
    "cut behind the picture": (PLAIN[: PLAIN.index('"finishReason')], ("cut_off",)),
    "a Buffer": (json.dumps(whole({"type": "Buffer", "data": list(PICTURE)})), ()),
    "a list for a picture": (json.dumps(with_part({"inlineData": [INLINE["inlineData"]]})), ()),
    "a tool's answer": (json.dumps(with_part({"functionResponse": {"name": "x", "parts": [INLINE]}})), ()),
    "a prefixed reason": (json.dumps(whole(finish="FinishReason.STOP")), ()),
    "somewhere else": (json.dumps({"output": {"image": b64(PICTURE)}, "candidates": []}), ("misplaced",)),
}


@pytest.mark.parametrize("oddity", ODD)
async def test_an_odd_answer_gives_its_picture(bench: Watched, oddity: str) -> None:
    body, noted = ODD[oddity]
    with gateway(answering(http(body.encode()))) as server:
        job = await bench.run(server.base_url)
    assert [saved.path.read_bytes() for saved in job.pictures] == [PICTURE]
    assert (job.errors, len(server.requests)) == ((), 1)
    result = job.outcomes[0].result
    assert result is not None
    assert result.oddities == noted
    again = job_of(record_of(job), "me", bench.studio.catalogue, bench.studio.history)
    assert again.outcomes[0].result == result
    for language in LANGUAGES:
        words = words_for(language)
        for shown in (job_view(job, words), job_view(again, words)):
            assert all(words(f"done.odd_{name}") in shown for name in noted)
            assert "candidates" in shown  # the raw answer


@pytest.mark.parametrize("share", [0.5, 0.8])
async def test_half_a_picture_is_kept_and_is_no_success(bench: Watched, share: float) -> None:
    half = JPEG[: int(len(JPEG) * share)]
    with gateway(answering(http(json.dumps(whole(b64(half))).encode()))) as server:
        job = await bench.run(server.base_url)
    assert [saved.path.read_bytes() for saved in job.pictures] == [half]
    (error,) = job.errors
    assert (error.code, error.billed, len(server.requests)) == ("incomplete_picture", Billed.PROBABLY, 1)
    assert job.complete_pictures == ()
    (saved,) = job.pictures
    assert saved.thumbnail is not None
    assert bench.studio.history.find_file("me", job.id, saved.thumbnail.name) is not None
    again = job_of(record_of(job), "me", bench.studio.catalogue, bench.studio.history)
    for language in LANGUAGES:
        words = words_for(language)
        for shown in (job_view(job, words), job_view(again, words)):
            assert words("done.differs_incomplete") in shown
            assert words("refusal.arrived_picture", received=words.number(len(half))) in shown
            assert saved.name in shown


@pytest.mark.parametrize("pixels", [10, 120], ids=["in memory", "in a file"])
async def test_damage_inside_a_picture_is_seen(bench: Watched, pixels: int) -> None:
    damaged = bytearray(noise("PNG", pixels))
    damaged[len(damaged) // 2] ^= 0xFF
    with gateway(answering(http(json.dumps(whole(b64(bytes(damaged)))).encode()))) as server:
        job = await bench.run(server.base_url)
    assert [saved.path.read_bytes() for saved in job.pictures] == [damaged]
    assert [error.code for error in job.errors] == ["incomplete_picture"]


@pytest.mark.parametrize(
    "usage", [{}, {"promptTokenCount": 7, "candidatesTokenCount": 0, "totalTokenCount": 7}]
)
async def test_an_answer_of_nothing_is_blocked_or_empty(bench: Watched, usage: dict[str, int]) -> None:
    body = json.dumps({"candidates": None, "usageMetadata": usage}).encode()
    with gateway(answering(http(body))) as server:
        job = await bench.run(server.base_url)
    (error,) = job.errors
    assert (error.code, error.billed) == ("nothing_drawn", Billed.NO if usage else Billed.MAYBE)
    shown = job_view(job, words_for("en"))
    assert ("7 tokens for the prompt" if usage else "counted nothing") in shown
    assert "usageMetadata" in shown


@pytest.mark.parametrize(
    "finish", ["FinishReason.IMAGE_SAFETY", "image_safety", "FINISH_REASON_IMAGE_SAFETY"]
)
async def test_a_reason_is_read_in_any_spelling(bench: Watched, finish: str) -> None:
    body = json.dumps({"candidates": [{"content": {"parts": []}, "finishReason": finish}]}).encode()
    with gateway(answering(http(body))) as server:
        error = await bench.failure(server.base_url)
    assert error.code == "picture_blocked"


LONG = noise("PNG", 120)
ECHO = {"note": f"key {CANARY}", "link": f"https://gw/?k={quote(CANARY, safe='')}"}
RAW = {
    "a small picture": json.dumps(whole()),
    "a long picture": json.dumps(whole(b64(LONG))),
    "two": json.dumps(
        {"candidates": whole(b64(LONG))["candidates"] + whole(b64(noise("JPEG", 200)))["candidates"]}
    ),
    "words around it": "// cached\n" + json.dumps(whole(b64(LONG))) + ";",
    "a long one that is none": json.dumps(whole(b64(b"no picture" * 3000))),
    "a cut one": json.dumps(whole(b64(LONG)))[:20_000],
    "a page": "<html>" + "no " * 5000,
    "nothing drawn": json.dumps({"candidates": [], "usageMetadata": {"promptTokenCount": 7}}),
    "an error": json.dumps({"error": {"code": 400, "message": "no " * 5000}}),
}


@pytest.mark.parametrize("status", ["200 OK", "400 Bad Request"])
@pytest.mark.parametrize("name", RAW)
async def test_the_whole_raw_answer_is_there(bench: Watched, name: str, status: str) -> None:
    body = RAW[name].encode()
    with gateway(answering(http(body, status))) as server:
        job = await bench.run(server.base_url)
    history = bench.studio.history
    pieces = history.answer("me", job.id, 1)
    assert pieces is not None
    came = b"".join(pieces)
    assert came in (body, body + b"=", body + b"==")  # what was cut inside base64 is padded
    assert history.answer("somebody", job.id, 1) is None
    again = job_of(record_of(job), "me", bench.studio.catalogue, history)
    for one in (job, again):
        assert one.outcomes[0].answer_bytes == len(came)
        shown = job_view(one, words_for("en"))
        assert f"history/answer/{job.id}/1" in shown
        assert f"{len(came):,} bytes" in shown


async def test_the_raw_answer_holds_no_key(bench: Watched) -> None:
    with gateway(answering(http(json.dumps({**whole(b64(LONG)), **ECHO}).encode()))) as server:
        job = await bench.run(server.base_url)
    came = b"".join(bench.studio.history.answer("me", job.id, 1) or ())
    assert came == json.dumps({**whole(b64(LONG)), "note": "key ***", "link": "https://gw/?k=***"}).encode()


@pytest.mark.parametrize(
    "body", [b'{"candidates": [{"content": {"parts": [{"text": "Hal', b"<html>no", b"words"]
)
async def test_the_raw_answer_is_on_the_card_of_a_failure(bench: Watched, body: bytes) -> None:
    with gateway(answering(http(body))) as server:
        job = await bench.run(server.base_url)
    again = job_of(record_of(job), "me", bench.studio.catalogue, bench.studio.history)
    for one in (job, again):
        assert body.decode()[-5:] in job_view(one, words_for("en")).unescape()
