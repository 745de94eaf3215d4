"""The dialect of the Batch API: whatever the pieces, every line is read once, and what its numbers mean."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground import wire
from playground.catalogue import Catalogue
from playground.errors import InvalidRequest, ProviderError, UnreadableAnswer
from playground.request import ImageRequest, PreparedImage
from playground.result import ImageResult
from tests.wire.samples import b64, candidate, inline, picture

GOOGLE = "https://generativelanguage.googleapis.com"


def _lines() -> list[bytes]:
    drawn = candidate(inline(b64(picture())))
    lines = [
        {"key": "1", "response": drawn},
        {"key": "2", "error": {"code": 8, "message": "Quota exceeded."}},
        {"metadata": {"key": "3"}, "response": drawn},
        {"key": "4", "error": {"code": 3, "message": "bad field"}},
        {"response": drawn},
    ]
    return [json.dumps(line).encode() for line in lines]


@given(st.lists(st.integers(1, 900), max_size=30), st.sampled_from([b"\n", b"\r\n", b"\n\n"]))
def test_every_line_is_read_once_wherever_it_is_cut(cuts: list[int], newline: bytes) -> None:
    whole, read, lines = newline.join(_lines()), [], []
    reading = wire.AnswerLines(None, lines.append)
    for cut in [*cuts, len(whole)]:
        reading.feed(whole[:cut])
        whole = whole[cut:]
    reading.close()
    for line in lines:
        key, brought = line.read()
        told = len(brought.pictures) if isinstance(brought, ImageResult) else brought.code
        read.append((line.number, key, told))
    assert read == [(0, "1", 1), (1, "2", "rate_limited"), (2, "3", 1), (3, "4", "bad_request"), (4, "", 1)]


def test_a_line_that_is_cut_or_too_long_takes_no_other_with_it_and_leaves_no_file(tmp_path: Path) -> None:
    first, second, *_ = _lines()
    long = b'{"key":"x","response":{"text":"' + b"a" * 9_000_000 + b'"}}'
    lines: list[wire.AnswerLine] = []
    reading = wire.AnswerLines(tmp_path, lines.append)
    reading.feed(
        b"\n".join([long, second, b'{"key":"9","response":{"candidates":[{"content":{"parts":[{"inli'])
    )
    reading.close()
    codes = [
        (key, brought.code)
        for key, brought in map(wire.AnswerLine.read, lines)
        if isinstance(brought, ProviderError)
    ]
    assert codes == [("x", "answer_too_large"), ("2", "rate_limited"), ("9", "cut_off")]
    reading.feed(first[: len(first) // 2])
    reading.abandon()
    assert [*tmp_path.iterdir()] == []


def test_the_file_of_requests_is_bodies_under_keys(catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    path.write_bytes(picture())
    image = PreparedImage(path, "image/png", 8, 8, path.stat().st_size)
    requests = {
        "1": ImageRequest(prompt="a\nfox", model="m"),
        "2": ImageRequest(prompt="it", model="m", images=(image,)),
    }
    row = catalogue.unknown_model
    body = wire.batch_input((key, wire.request_body(request, row)) for key, request in requests.items())
    content = b"".join(body.chunks())
    assert len(content) == body.length
    read = [json.loads(line) for line in content.splitlines()]
    assert [one["key"] for one in read] == ["1", "2"]
    assert read[0]["request"]["contents"][0]["parts"] == [{"text": "a\nfox"}]
    assert read[1]["request"]["contents"][0]["parts"][1]["inline_data"]["data"] == b64(picture())


@pytest.mark.parametrize(
    ("operation", "state", "answers"),
    [
        ({"metadata": {"state": "BATCH_STATE_PENDING"}}, "waiting", ""),
        ({"metadata": {"state": "JOB_STATE_RUNNING"}}, "running", ""),
        ({"done": True, "response": {"responsesFile": "files/a"}}, "succeeded", "files/a"),
        (
            {"metadata": {"state": "BATCH_STATE_SUCCEEDED", "output": {"responses_file": "files/b"}}},
            "succeeded",
            "files/b",
        ),
        ({"done": True, "error": {"code": 13, "message": "x"}}, "failed", ""),
        ({"state": "BATCH_STATE_EXPIRED"}, "expired", ""),
        ({"metadata": {"state": "SOMETHING_NEW"}}, "waiting", ""),
    ],
)
def test_states_are_read_however_they_are_spelled(operation: object, state: str, answers: str) -> None:
    assert isinstance(operation, dict)
    batch = wire.read_batch(json.dumps({"name": "batches/x1", **operation}).encode())
    assert (batch.state, batch.answers) == (state, answers)


def test_addresses_lead_nowhere_else() -> None:
    assert wire.batch_path(GOOGLE) == f"{GOOGLE}/v1beta/batches"
    assert wire.batch_path(f"{GOOGLE}/v1", "batches/a-1", "cancel") == f"{GOOGLE}/v1/batches/a-1:cancel"
    assert wire.upload_path(f"{GOOGLE}/v1beta/models") == f"{GOOGLE}/upload/v1beta/files"
    for name in ("../models", "files/../x", "files/a?b", "https://elsewhere.example/files/a"):
        with pytest.raises(UnreadableAnswer):
            wire.batch_path(GOOGLE, name)
    with pytest.raises(InvalidRequest):
        wire.upload_path("nowhere")
