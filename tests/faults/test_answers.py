"""F4, F5, F6, F9: answers that are none, pictures that are none, every status, and answers without end."""

from __future__ import annotations

import asyncio
import functools
import io
import struct
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from playground.errors import Billed, NoPicture, ProviderError
from tests.faults.oracle import CANARY, Watched
from tests.faults.server import Connection, Script, answering, as_json, gateway, http
from tests.wire.samples import b64, candidate, inline, picture

# ── F4 ──────────────────────────────────────────────────────────────────────────────────────────────────────

PAGE = b"<html><head><title>Log in</title></head><body>Please log in</body></html>"


def finished(reason: str, *parts: dict[str, Any]) -> bytes:
    return http(as_json(candidate(*parts, finish=reason)))


def blocked(reason: str) -> bytes:
    return http(as_json({"promptFeedback": {"blockReason": reason}}))


NO_ANSWER: dict[str, tuple[bytes, str, Billed]] = {
    "a page": (http(PAGE, "200 OK", "Content-Type: text/html"), "proxy_page", Billed.MAYBE),
    "a page that calls itself JSON": (http(PAGE), "proxy_page", Billed.MAYBE),
    "nothing": (http(b""), "empty_answer", Billed.MAYBE),
    "an empty object": (http(b"{}"), "unreadable_answer", Billed.MAYBE),
    "a list": (http(b"[]"), "unreadable_answer", Billed.MAYBE),
    "no candidates": (http(b'{"candidates":[]}'), "nothing_drawn", Billed.MAYBE),
    "null": (http(b"null"), "unreadable_answer", Billed.MAYBE),
    "an OpenAI answer": (
        http(b'{"choices":[{"message":{"content":""}}]}'),
        "wrong_endpoint",
        Billed.PROBABLY,
    ),
    "an error inside": (http(b'{"error":{"code":401,"message":"x"}}'), "key_refused", Billed.NO),
    "a blocked prompt": (blocked("SAFETY"), "prompt_blocked", Billed.NO),
    "a blocked prompt, no reason told": (blocked("OTHER"), "prompt_blocked", Billed.NO),
    "SAFETY": (finished("SAFETY"), "picture_blocked", Billed.MAYBE),
    "PROHIBITED_CONTENT": (finished("PROHIBITED_CONTENT"), "picture_blocked", Billed.MAYBE),
    "RECITATION": (finished("RECITATION"), "picture_blocked", Billed.MAYBE),
    "NO_IMAGE": (finished("NO_IMAGE"), "no_picture", Billed.MAYBE),
    "MAX_TOKENS": (finished("MAX_TOKENS", {"text": "I am"}), "cut_by_length", Billed.PROBABLY),
    "text only": (finished("STOP", {"text": "Which cat?"}), "text_only", Billed.PROBABLY),
    "only a thought": (
        finished("STOP", inline(b64(picture()), thought=True)),
        "only_thoughts",
        Billed.PROBABLY,
    ),
    "a reason of tomorrow": (finished("BORED"), "unknown_finish", Billed.MAYBE),
    "a link": (finished("STOP", {"text": "![x](https://x.invalid/a.png)"}), "link_only", Billed.PROBABLY),
}


@pytest.mark.parametrize("what", NO_ANSWER)
async def test_f4_an_answer_without_a_picture_says_why(bench: Watched, what: str) -> None:
    answer, code, billed = NO_ANSWER[what]
    with gateway(answering(answer)) as server:
        error = await bench.failure(server.base_url)
    assert isinstance(error, ProviderError | NoPicture)
    assert (error.code, error.billed) == (code, billed)
    assert len(server.requests) == 1


# ── F5 ──────────────────────────────────────────────────────────────────────────────────────────────────────


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("evil.html", "<script>alert(1)</script>")
    return buffer.getvalue()


def png_of(width: int, height: int) -> bytes:
    """The header of a PNG that would need gigabytes once decoded."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = b"\x00\x00\x00\r" + header + struct.pack(">I", zlib.crc32(header)) + b"\x00\x00\x00\x00IDAT"
    return b"\x89PNG\r\n\x1a\n" + chunks + struct.pack(">I", zlib.crc32(b"IDAT"))


def animation() -> bytes:
    buffer = io.BytesIO()
    frames = [Image.new("RGB", (2000, 2000), colour) for colour in ("red", "blue")] * 20
    frames[0].save(buffer, "PNG", save_all=True, append_images=frames[1:])
    return buffer.getvalue()


KEPT: dict[str, tuple[bytes, str, str]] = {
    "JPEG called PNG": (picture("JPEG"), "image/png", "1-1.jpg"),
    "WebP called JPEG": (picture("WEBP"), "image/jpeg", "1-1.webp"),
    "PNG called a page": (picture("PNG"), "text/html", "1-1.png"),
    "PNG with a ZIP behind": (picture("PNG") + zipped(), "image/png", "1-1.png"),
    "PNG with a page behind": (picture("PNG") + PAGE, "image/png", "1-1.png"),
    "half a PNG": (picture("PNG")[:60], "image/png", "1-1.png"),
    "60,000 x 60,000 pixels": (png_of(60_000, 60_000), "image/png", "1-1.png"),
    "an animation": (animation(), "image/png", "1-1.png"),
}


@pytest.mark.parametrize("what", KEPT)
async def test_f5_what_is_a_picture_is_kept_byte_for_byte_under_its_true_type(
    bench: Watched, what: str
) -> None:
    data, declared, name = KEPT[what]
    with gateway(answering(http(as_json(candidate(inline(b64(data), declared)))))) as server:
        job = await bench.run(server.base_url)
    (saved,) = job.pictures
    assert (saved.name, saved.path.read_bytes()) == (name, data)


NO_PICTURES: dict[str, str] = {
    "broken base64": "iVBORw0KGgo!!!!",
    "0 bytes": "",
    "words": b64(b"this is no picture at all, whatever it says"),
    "a page": b64(PAGE),
    "a ZIP": b64(zipped()),
    "a script": b64(b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"),
}


@pytest.mark.parametrize("what", NO_PICTURES)
async def test_f5_what_is_no_picture_is_not_kept(bench: Watched, what: str) -> None:
    with gateway(answering(http(as_json(candidate(inline(NO_PICTURES[what])))))) as server:
        error = await bench.failure(server.base_url)
    assert error.code in ("undecodable_picture", "no_picture")
    assert [path.name for path in bench.folder.glob("generations/*/1-*") if path.suffix == ".html"] == []


# ── F6 ──────────────────────────────────────────────────────────────────────────────────────────────────────

SHAPES: dict[str, bytes] = {
    "Google": b'{"error":{"code":%d,"message":"not this time","status":"%s","details":[]}}',
    "OpenAI": b'{"error":{"message":"not this time","type":"upstream_error","param":"","code":""}}',
    "in a list": b'[{"error":{"code":%d,"message":"not this time"}}]',
    "none": b"",
    "a page": PAGE,
}
CODES = {
    400: "bad_request",
    401: "key_refused",
    403: "permission_denied",
    404: "wrong_endpoint",
    408: "timed_out_there",
    413: "too_large",
    429: "rate_limited",
    500: "provider_trouble",
    502: "provider_trouble",
    503: "overloaded",
    504: "timed_out_there",
}


@pytest.mark.parametrize(
    ("status", "shape"),
    [
        *((status, "Google") for status in CODES),
        *((status, shape) for status in (400, 429, 503) for shape in SHAPES if shape != "Google"),
    ],
)
async def test_f6_every_status_in_every_shape_is_told_and_repeated_by_the_policy(
    bench: Watched, status: int, shape: str
) -> None:
    name = b"INTERNAL" if status == 500 else b""  # by which the model's own 500 is known
    body = SHAPES[shape].replace(b"%d", str(status).encode()).replace(b"%s", name)
    with gateway(answering(http(body, f"{status} No"))) as server:
        error = await bench.failure(server.base_url)
    assert isinstance(error, ProviderError)
    assert error.http_status == status
    in_json = shape in ("Google", "OpenAI", "in a list")
    if in_json:
        assert (error.code, error.said) == (CODES[status], "not this time")
    assert len(server.requests) == (4 if in_json and status in (429, 500, 503) else 1)


WAITS: dict[str, list[float]] = {
    "7": [7.0, 7.0, 7.0],
    "Sun, 22 Nov 2026 08:00:09 GMT": [9.0, 9.0, 9.0],
    "99999": [],
    "soon": [2.0, 4.0, 8.0],
    "-5": [2.0, 4.0, 8.0],
}


@pytest.mark.parametrize("retry_after", WAITS)
async def test_f6_the_wait_that_a_gateway_asks_for_is_kept(bench: Watched, retry_after: str) -> None:
    headers = f"Retry-After: {retry_after}", "Date: Sun, 22 Nov 2026 08:00:00 GMT"
    refusal = http(SHAPES["OpenAI"], "429 Too Many Requests", *headers)
    with gateway(answering(refusal)) as server:
        error = await bench.failure(server.base_url)
    assert error.code == "rate_limited"
    assert bench.pauses.seconds == WAITS[retry_after]
    assert len(server.requests) == 1 + len(WAITS[retry_after])


async def test_f6_a_refusal_that_passes_ends_in_one_picture(bench: Watched) -> None:
    refusal = http(SHAPES["Google"].replace(b"%d", b"503"), "503 Busy")
    body = as_json(candidate(inline(b64(picture()))))
    with gateway(answering(refusal, refusal, http(body))) as server:
        job = await bench.run(server.base_url)
    assert len(job.pictures) == 1
    assert job.outcomes[0].attempts == len(server.requests) == 3


@pytest.mark.parametrize("status", [200, 302, 401, 429, 500])
async def test_f24_a_gateway_that_repeats_the_key_tells_nobody(bench: Watched, status: int) -> None:
    def echo(connection: Connection) -> None:
        seen = connection.head.decode("latin-1") + CANARY
        more = (f"X-Echo: {CANARY}", f"Location: https://x.invalid/?key={CANARY}")
        connection.send(
            http(as_json({"error": {"message": seen, "status": CANARY}}), f"{status} {CANARY}", *more)
        )

    with gateway(echo) as server:
        await bench.failure(server.base_url)


# ── F9 ──────────────────────────────────────────────────────────────────────────────────────────────────────

MEGABYTE = 1_000_000
MAX_GROWTH = 16 * MEGABYTE


def resident_peak() -> int:
    """Most bytes of memory that this process has had since `forget_peak`."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM"))) * 1024


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def sending(head: bytes, pieces: Iterator[bytes]) -> Script:
    """Sends pieces until they end or the other side has had enough."""

    def script(connection: Connection) -> None:
        connection.send(head)
        for piece in pieces:
            if connection.server.someone_hung_up.is_set():
                return
            connection.send(piece)

    return script


def repeated(piece: bytes, total: int) -> Iterator[bytes]:
    for _ in range(total // len(piece)):
        yield piece


def endless_head(length: int, *headers: str) -> bytes:
    return http(b"", "200 OK", *headers, length=length)


@functools.cache
def bomb() -> bytes:
    """Packed 300 kB, unpacked 300 MB."""
    packer, made = zlib.compressobj(9, zlib.DEFLATED, 31), io.BytesIO()
    made.write(packer.compress(b'{"x":"'))
    for _ in range(300):
        made.write(packer.compress(b"a" * MEGABYTE))
    made.write(packer.flush())
    return made.getvalue()


START = b'{"candidates":[{"content":{"parts":['
BASE64 = b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk" * 1024


def endless(what: str) -> Script:
    if what == "a body without end":
        return sending(endless_head(10**10), repeated(b" " * 65536, 10**9))
    if what == "a picture without end":
        return sending(endless_head(10**10) + START + b'{"inlineData":{"data":"', repeated(BASE64, 10**9))
    if what == "a text of 100 MB":
        return sending(endless_head(100 * MEGABYTE) + START + b'{"text":"', repeated(b"word " * 13107, 10**8))
    if what == "a million candidates":
        return sending(endless_head(10**8) + b'{"candidates":[', repeated(b'{"content":{}},' * 4096, 10**8))
    if what == "thoughts of 1 MB":
        parts = repeated(b'{"thought":true,"text":"a"},' * 64, 10**6)
        return sending(endless_head(10**6) + b'{"candidates":[{"content":{"parts":[', parts)
    if what == "lists in lists":
        return sending(endless_head(50 * MEGABYTE), repeated(b"[" * 65536, 5 * 10**7))
    packed = bomb()
    return answering(http(packed, "200 OK", "Content-Encoding: gzip"))


@pytest.mark.slow
@pytest.mark.parametrize(
    "what",
    [
        "a body without end",
        "a picture without end",
        "a text of 100 MB",
        "a million candidates",
        "lists in lists",
        "thoughts of 1 MB",
        "a packed bomb",
    ],
)
async def test_f9_an_answer_without_end_stops_at_a_cap_and_never_fills_the_memory(
    bench: Watched, what: str
) -> None:
    script = await asyncio.to_thread(endless, what)
    forget_peak()
    before, started = resident_peak(), time.monotonic()
    with gateway(script) as server:
        error = await bench.failure(server.base_url)
    assert isinstance(error, ProviderError)
    assert error.code in ("answer_too_large", "unreadable_answer", "cut_off")
    assert resident_peak() - before <= MAX_GROWTH
    assert time.monotonic() - started < 90
    assert len(server.requests) == 1


async def test_f9_an_error_without_end_is_read_as_far_as_it_says_something(bench: Watched) -> None:
    head = http(b"", "400 Bad Request", length=10**9)
    message = b'{"error":{"message":"' + b"no " * 10_000
    forget_peak()
    before = resident_peak()
    with gateway(sending(head + message, repeated(b"no " * 20_000, 10**9))) as server:
        error = await bench.failure(server.base_url)
    assert isinstance(error, ProviderError)
    assert error.http_status == 400
    assert resident_peak() - before <= MAX_GROWTH
    assert len(error.said) < 4000


def test_the_bomb_is_one() -> None:
    unpacked = zlib.decompressobj(31).decompress(bomb(), 200 * MEGABYTE)
    assert len(bomb()) < MEGABYTE
    assert len(unpacked) == 200 * MEGABYTE
