"""What a call of the demo holds while it waits: little memory, and files that are gone when it has ended."""

from __future__ import annotations

import asyncio
import base64
import gc
import subprocess
import sys
import tracemalloc
from collections.abc import AsyncIterator, Callable, Sequence
from functools import partial
from io import BytesIO
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image

from playground import catalogue
from playground.demo import painter
from playground.demo.gateway import create_app

MODEL = "gemini-3.1-flash-image"
PATH = f"/v1beta/models/{MODEL}:generateContent"
STREAM = f"/v1beta/models/{MODEL}:streamGenerateContent?alt=sse"


def noise(width: int, height: int) -> bytes:
    """A JPEG that is large for its pixels."""
    pixels = np.random.default_rng(1).integers(0, 255, (height, width, 3), dtype=np.uint8)
    file = BytesIO()
    Image.fromarray(pixels).save(file, "JPEG", quality=95)
    return file.getvalue()


PHOTO = noise(320, 240)


async def body(prompt: str, pictures: Sequence[bytes], end: bytes = b"]}]}") -> AsyncIterator[bytes]:
    """A request in pieces."""
    yield b'{"contents":[{"parts":[{"text":"%s"}' % prompt.encode()
    for data in pictures:
        yield b',{"inlineData":{"mimeType":"image/jpeg","data":"%s"}}' % base64.b64encode(data)
    yield end


def client(folder: Path) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(create_app(catalogue.load(), folder=folder, max_body_bytes=2_000_000))
    return httpx.AsyncClient(transport=transport, base_url="http://demo.invalid", timeout=60)


def left(folder: Path) -> list[Path]:
    """Whatever is in `folder`."""
    return sorted(folder.iterdir())


def written(folder: Path) -> list[bytes]:
    """The files of calls below `folder`."""
    return [path.read_bytes() for path in folder.glob("*/*")]


@pytest.mark.parametrize(
    ("prompt", "pictures", "end", "status"),
    [
        ("mix", [PHOTO] * 3, b"]}]}", 200),
        ("demo: drafts", [PHOTO], b"]}]}", 200),
        ("mix", [PHOTO] * 15, b"]}]}", 400),
        ("mix", [PHOTO, PHOTO[:200] * 300], b"]}]}", 400),
        ("mix", [PHOTO, b"no picture" * 3000], b"]}]}", 400),
        ("mix", [PHOTO], b',{"inlineData":{"data":"' + b"A" * 100_000, 400),
        ("mix", [PHOTO], b",[" * 60_000, 400),
        ("mix", [PHOTO], b" " * 3_000_000, 413),
        ("demo: overloaded", [PHOTO], b"]}]}", 503),
    ],
)
@pytest.mark.parametrize("path", [PATH, STREAM])
async def test_no_file_is_left_by_an_answer_or_an_error(
    tmp_path: Path, path: str, prompt: str, pictures: list[bytes], end: bytes, status: int
) -> None:
    async with client(tmp_path) as opened:
        response = await opened.post(path, content=body(prompt, pictures, end))
    assert response.status_code == status, response.text[:300]
    assert left(tmp_path) == []


@pytest.mark.parametrize("path", [PATH, STREAM])
async def test_a_waiting_call_keeps_its_pictures_in_files_and_a_stop_removes_them(
    tmp_path: Path, path: str
) -> None:
    arrived = asyncio.Event()

    async def watched() -> AsyncIterator[bytes]:
        async for chunk in body("demo: slow 60", [PHOTO, PHOTO]):
            yield chunk
        arrived.set()  # the last piece was taken

    async with client(tmp_path) as opened:
        call = asyncio.create_task(opened.post(path, content=watched()))
        await asyncio.wait_for(arrived.wait(), 10)
        assert written(tmp_path) == [PHOTO, PHOTO]
        call.cancel()
        await asyncio.wait({call})
    assert left(tmp_path) == []


async def test_a_sender_that_goes_away_in_the_middle_leaves_no_file(tmp_path: Path) -> None:
    async def torn() -> AsyncIterator[bytes]:
        async for chunk in body("mix", [PHOTO, PHOTO]):
            yield chunk
        assert written(tmp_path) == [PHOTO, PHOTO]
        raise ConnectionResetError

    async with client(tmp_path) as opened:
        with pytest.raises(ConnectionResetError):
            await opened.post(PATH, content=torn())
    assert left(tmp_path) == []


CHILD = """
import asyncio, resource, sys
from pathlib import Path
import httpx
from playground import catalogue
from playground.demo import painter
from playground.demo.gateway import create_app
from tests.demo.test_spool import PATH, body

picture, count, calls = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024

async def main():
    transport = httpx.ASGITransport(create_app(catalogue.load()))
    async with httpx.AsyncClient(transport=transport, base_url="http://demo.invalid", timeout=120) as opened:
        await opened.post(PATH, content=body("mix", []))
        await opened.post(PATH, content=body("mix", [b"x" * 50_000]))
        before = peak()
        ended = await asyncio.gather(
            *(opened.post(PATH, content=body("mix", [picture.read_bytes()] * count)) for _ in range(calls))
        )
    print(*{answer.status_code for answer in ended}, peak() - before)

asyncio.run(main())
"""


def flat(side: int, form: str) -> bytes:
    """A picture that is small only as a file."""
    file = BytesIO()
    Image.new("RGB", (side, side)).save(file, form)
    return file.getvalue()


@pytest.mark.parametrize(
    ("picture", "count", "calls", "status", "most"),
    [
        pytest.param(partial(noise, 1200, 1000), 14, 6, 200, 120, id="14 photographs, six calls"),
        pytest.param(partial(flat, 7000, "PNG"), 1, 1, 400, 30, id="49 megapixels in few bytes"),
    ],
)
def test_memory_does_not_grow_with_what_waits(
    tmp_path: Path, picture: Callable[[], bytes], count: int, calls: int, status: int, most: int
) -> None:
    """`most` is the growth of resident memory, in MB, at its peak."""
    path = tmp_path / "picture"
    path.write_bytes(picture())
    command = [sys.executable, "-c", CHILD, str(path), str(count), str(calls)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    answered, grown = done.stdout.split()
    assert int(answered) == status
    assert int(grown) < most


def test_no_prompt_is_remembered() -> None:
    """Fault Z3: a cache by prompts kept seven megabytes for each new word of 32,000 letters."""
    prompts = ["a cat called " + letter * 32_000 for letter in "abcdef"]
    painter.paint(painter.Commission(prompts[0], 64, 64))
    tracemalloc.start()
    try:
        for prompt in prompts[1:]:
            painter.paint(painter.Commission(prompt, 64, 64))
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert kept < 500_000
