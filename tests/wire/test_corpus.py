"""Every picture comes out, byte for byte, of answers that are spoiled in ever new ways; see `corpus`.

A fixed sample each time; PLAYGROUND_CORPUS=20000 tries that many.
"""

from __future__ import annotations

import base64
import json
import os
import random
import re
import time
import tracemalloc
from pathlib import Path

import pytest

from playground import wire
from playground.result import ImageResult
from playground.ui.words import LANGUAGES, words_for
from tests.wire import corpus

COUNT = int(os.environ.get("PLAYGROUND_CORPUS", "300"))
_OURS = re.compile(r"picture[0-9a-f]{64}")


def received(answer: corpus.Answer, folder: Path, seed: int) -> ImageResult:
    """What comes of an answer that arrives in pieces."""
    chance = random.Random(seed)
    with wire.Receiving(folder) as receiving:
        place = 0
        while place < len(answer.body):
            size = chance.choice((1, 7, 1000, 60_000))
            receiving.feed(answer.body[place : place + size])
            place += size
        return receiving.result(chance.choice(("application/json", "text/plain", "")))


def check(answer: corpus.Answer, result: ImageResult, folder: Path) -> None:
    """The oracle."""
    data = [part.data if part.file is None else part.file.read_bytes() for part in result.complete_pictures]
    assert sorted(data) == sorted(answer.pictures)
    assert wire.why_no_picture(result) is None
    assert ("cut_off" in result.oddities) <= answer.is_cut
    for language in LANGUAGES:
        assert all(f"done.odd_{name}" in words_for(language) for name in result.oddities)
    told = [result.raw_text, json.dumps(dict(result.raw)), result.text, result.finish_reason]
    assert told[0] or result.raw
    assert not any(_OURS.search(one) for one in told)
    assert all(len(one) < 300_000 for one in told)
    assert "STOP".startswith(result.finish_reason)
    check_raw(result)
    files = {part.file for part in (*result.pictures, *result.thought_pictures) if part.file is not None}
    assert set(folder.iterdir()) == files
    for file in files:
        file.unlink()


def check_raw(result: ImageResult) -> None:
    """Nothing of ours is in the raw answer once its pictures are put back."""
    assert result.answer is not None
    text = result.answer.text
    for mark, file in result.answer.files.items():
        assert text.count(mark.encode()) >= 1
        data = file.read_bytes()
        written = {'"': json.dumps(list(data)).encode(), "h": data.hex().encode()}
        text = text.replace(mark.encode(), written.get(mark[0], base64.b64encode(data)))
    assert not re.search(rb"picture[0-9a-f]{64}|bytes of ", text)


@pytest.mark.parametrize("seed", range(COUNT))
def test_every_picture_comes_out(seed: int, tmp_path: Path) -> None:
    answer = corpus.answer(seed)
    print(answer.made)  # stands beside a failure
    began = time.thread_time()
    check(answer, received(answer, tmp_path, seed), tmp_path)
    assert time.thread_time() - began < 10  # seconds; most take some milliseconds


def test_memory_stays_near_the_size_of_the_answer(tmp_path: Path) -> None:
    answers = [corpus.answer(seed) for seed in range(15)]
    tracemalloc.start()
    for answer in answers:
        received(answer, tmp_path, 1)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 60 * max(len(answer.body) for answer in answers)
