"""F15, F16, F17, F19, F21: files that change, odd pictures, odd keys, odd names, and clocks that jump."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
import json
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from playground.errors import InvalidRequest, UnusablePicture
from playground.jobs import studio as studio_module
from playground.providers.credentials import Credentials, clean_key
from playground.record import LAST
from playground.request import ImageRequest
from tests.faults.oracle import CANARY, MODEL, Watched, assert_no_trace, ended
from tests.faults.server import Connection, answering, gateway, good
from tests.wire.samples import picture


def noise(path: Path, side: int) -> Path:
    pixels = np.random.default_rng(5).integers(0, 256, (side, side, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, "PNG", compress_level=0)
    return path


# ── F15 ─────────────────────────────────────────────────────────────────────────────────────────────────────

CHANGES: dict[str, Any] = {
    "vanished": lambda path: path.unlink(),
    "shrunk": lambda path: path.write_bytes(path.read_bytes()[:-10]),
    "grown": lambda path: path.write_bytes(path.read_bytes() + b"more"),
    "emptied": lambda path: path.write_bytes(b""),
    "a folder now": lambda path: (path.unlink(), path.mkdir()),
}


@pytest.mark.parametrize("change", CHANGES)
async def test_f15_a_file_that_is_no_longer_the_one_prepared_is_not_sent(bench: Watched, change: str) -> None:
    path = bench.folder.parent / "in.png"
    path.write_bytes(picture("PNG", 64, 64))
    images = await bench.studio.prepare([path], "google")
    CHANGES[change](path)
    with gateway(answering(good())) as server:
        error = await bench.failure(server.base_url, images=images)
    assert isinstance(error, UnusablePicture)
    assert (error.code, error.facts["number"]) == ("picture_changed", "1")
    assert server.requests == []


async def test_f15_a_file_that_shrinks_while_it_is_sent_never_breaks_the_promised_length(
    bench: Watched,
) -> None:
    path = await asyncio.to_thread(noise, bench.folder.parent / "in.png", 2400)  # 17 MB
    images = await bench.studio.prepare([path], "google")

    def shrink_it(connection: Connection) -> None:
        path.write_bytes(b"gone")
        connection.wait_for_end()

    with gateway(shrink_it, reads_body=False) as server:
        error = await bench.failure(server.base_url, images=images)
    assert (error.code, error.facts["number"]) == ("picture_changed", "1")
    assert len(server.requests) == 1


# ── F16 ─────────────────────────────────────────────────────────────────────────────────────────────────────


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def turned(orientation: int) -> bytes:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return saved(Image.new("RGB", (40, 20), "red"), "JPEG", exif=exif)


FRAMES = [Image.new("RGB", (30, 20), colour) for colour in ("red", "blue")]
INPUTS: dict[str, bytes] = {
    "CMYK": saved(Image.new("CMYK", (30, 20), (0, 255, 255, 0)), "JPEG"),
    "16 bits": saved(Image.fromarray(np.full((20, 30), 40_000, np.uint16)), "PNG"),
    "palette": saved(Image.new("P", (30, 20), 3), "PNG"),
    "grey with alpha": saved(Image.new("LA", (30, 20), (9, 9)), "PNG"),
    **{f"orientation {number}": turned(number) for number in range(1, 9)},
    "MPO": saved(FRAMES[0], "MPO", save_all=True, append_images=FRAMES[1:]),
    "animated GIF": saved(FRAMES[0], "GIF", save_all=True, append_images=FRAMES[1:]),
    "animated WebP": saved(FRAMES[0], "WEBP", save_all=True, append_images=FRAMES[1:]),
    "BMP": saved(FRAMES[0], "BMP"),
    "TIFF": saved(FRAMES[0], "TIFF"),
    "1 x 1": picture("PNG", 1, 1),
    "30,000 x 10": saved(Image.new("RGB", (30_000, 10)), "PNG"),
    "a page behind": picture("PNG") + b"<html>",
}
REFUSED: dict[str, bytes] = {
    "nothing": b"",
    "words": b"no picture",
    "half a BMP": saved(FRAMES[0], "BMP")[:80],
    "SVG": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "PDF": b"%PDF-1.7",
}


def type_of(data: bytes) -> str:
    """The MIME type of a picture that can be decoded to its end."""
    with Image.open(io.BytesIO(data)) as sent:
        sent.load()
        # An MPO is a JPEG with more pictures behind it, which whoever wants a JPEG does not see.
        return {"MPO": "image/jpeg"}.get(sent.format or "") or Image.MIME[sent.format or ""]


@pytest.mark.parametrize("kind", INPUTS)
async def test_f16_what_is_sent_is_a_picture_of_the_type_it_is_sent_as(bench: Watched, kind: str) -> None:
    path = bench.folder.parent / "in.bin"
    path.write_bytes(INPUTS[kind])
    images = await bench.studio.prepare([path], "google")
    bodies: list[bytes] = []

    def keep(connection: Connection) -> None:
        bodies.append(connection.body)
        connection.send(good())

    with gateway(keep) as server:
        job = await bench.run(server.base_url, images=images)
    assert len(job.pictures) == 1
    inline = json.loads(bodies[0])["contents"][0]["parts"][1]["inline_data"]
    assert await asyncio.to_thread(type_of, base64.b64decode(inline["data"])) == inline["mime_type"]
    assert inline["mime_type"] in bench.studio.catalogue.provider("google").accepts


@pytest.mark.parametrize("kind", REFUSED)
async def test_f16_what_is_no_picture_is_refused_before_anything_is_sent(bench: Watched, kind: str) -> None:
    path = bench.folder.parent / "in.bin"
    path.write_bytes(REFUSED[kind])
    with pytest.raises(UnusablePicture) as caught:
        await bench.studio.prepare([path], "google")
    assert caught.value.facts["number"] == "1"
    assert list((bench.studio.history.staging_dir / "inputs").glob("*")) == []


async def test_f16_the_fifteenth_picture_is_refused_before_anything_is_sent(bench: Watched) -> None:
    path = bench.folder.parent / "in.png"
    path.write_bytes(picture())
    images = await bench.studio.prepare([path] * 15, "google")
    with gateway(answering(good())) as server:
        with pytest.raises(InvalidRequest, match="too_many_images"):
            await bench.start(server.base_url, images=images)
        job = await bench.run(server.base_url, images=images[:14])
    assert len(job.pictures) == 1
    assert len(server.requests) == 1


# ── F17 ─────────────────────────────────────────────────────────────────────────────────────────────────────

KEYS: dict[str, str] = {
    "a line end": CANARY + "\r\n",
    "a line end and a header": CANARY + "\r\nX-Evil: 1",
    "NUL": CANARY + "\0",
    "NUL inside": CANARY[:6] + "\0" + CANARY[6:],
    "spaces around": f"   {CANARY}  ",
    "a space inside": CANARY[:6] + " " + CANARY[6:],
    "no ASCII": CANARY + "ключ",
    "10 kB": CANARY * 500,
    "a space of no width": CANARY[:6] + "\u200b" + CANARY[6:],
    "quotes": f'"{CANARY}"',
    "its scheme": f"Bearer {CANARY}",
    "a right-to-left mark": "\u202e" + CANARY,
}


@pytest.mark.parametrize("kind", KEYS)
async def test_f17_a_key_is_cleaned_or_refused_and_never_repeated(bench: Watched, kind: str) -> None:
    key = None
    with contextlib.suppress(InvalidRequest):
        key = clean_key(KEYS[kind])
    if key is None:
        with pytest.raises(InvalidRequest, match="key_invalid") as caught:
            clean_key(KEYS[kind])
        assert_no_trace(repr([caught.value.args, dict(caught.value.facts), caught.value.__context__]))
        return
    with gateway(answering(good())) as server:
        request = ImageRequest(prompt="a cat", provider="google", model=MODEL)
        job = await bench.studio.start(request, Credentials(key, server.base_url), owner="me", mode="text")
        await ended(job)
    assert len(job.pictures) == 1
    headers = server.requests[0].decode("latin-1").split("\r\n")
    assert [line for line in headers if CANARY in line] == [f"x-goog-api-key: {CANARY}"]
    assert not [line for line in headers if line.lower().startswith("x-evil")]


@pytest.mark.parametrize("nothing", ["", "   ", "\r\n", "\u200b"])
async def test_f17_no_key_is_told_before_anything_is_sent(bench: Watched, nothing: str) -> None:
    with gateway(answering(good())) as server:
        request = ImageRequest(prompt="a cat", provider="google", model=MODEL)
        with pytest.raises(InvalidRequest) as caught:
            await bench.studio.start(
                request, Credentials(clean_key(nothing), server.base_url), owner="me", mode="text"
            )
    assert caught.value.code in ("key_missing", "key_invalid")
    assert server.requests == []


# ── F19 ─────────────────────────────────────────────────────────────────────────────────────────────────────

NAMES = (
    "../../../etc/passwd",
    "..",
    "%2e%2e%2f",
    "a/../../b",
    "a:streamGenerateContent",
    "a?key=x&alt=sse",
    "a#b",
    "a\0b",
    "a\r\nX-Evil: 1",
    "\u202egnp.exe",
    "CON",
    "x" * 200,
    "图像模型",
    "a b",
)


@pytest.mark.parametrize("name", NAMES)
async def test_f19_an_odd_model_name_stays_one_segment_of_the_address(bench: Watched, name: str) -> None:
    with gateway(answering(good())) as server:
        try:
            job = await bench.run(server.base_url, model=name)
        except InvalidRequest:
            assert server.requests == []
            return
    if server.requests:
        line, *headers = server.requests[0].decode("ascii").split("\r\n")
        method, target, version = line.split(" ")
        assert (method, version) == ("POST", "HTTP/1.1")
        assert target.startswith("/v1beta/models/")
        assert target.endswith(":generateContent")
        segment = target.removeprefix("/v1beta/models/").removesuffix(":generateContent")
        assert not {"?", "#", "\\"} & set(segment)
        assert ".." not in target.split("/")
        assert not [header for header in headers if header.lower().startswith("x-evil")]
    else:
        assert [error.code for error in job.errors] in (["bad_model"], ["model_missing"])
    ours = ("generations", "incoming", "history.sqlite3")
    assert [path.name for path in bench.folder.iterdir() if not path.name.startswith(ours)] == []


# ── F21 ─────────────────────────────────────────────────────────────────────────────────────────────────────

MOMENTS = (
    datetime(2026, 10, 25, 0, 59, 59, tzinfo=UTC),  # an hour that comes twice in many places
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC),
    datetime(2026, 2, 28, 23, 59, 59, tzinfo=UTC),
)


class Jumping(datetime):
    """A wall clock that jumps at every look."""

    looks = 0

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        cls.looks += 1
        return MOMENTS[cls.looks % len(MOMENTS)]


async def test_f21_order_and_durations_do_not_follow_the_wall_clock(
    bench: Watched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(studio_module, "datetime", Jumping)
    with gateway(answering(good())) as server:
        jobs = [await bench.run(server.base_url) for _ in range(len(MOMENTS))]
    assert {job.started.year for job in jobs} >= {1970, 2038, 9999}
    for job in jobs:
        assert job.seconds is not None
        assert 0 <= job.seconds < 100
        assert 0 <= job.outcomes[0].seconds < 100
    assert bench.studio.latest("me") is jobs[-1]
    started = {
        datetime.fromisoformat(json.loads(path.read_text(encoding="utf-8"))["started"])
        for path in bench.folder.glob("generations/*/record.json")
    }
    assert {min(job.started, LAST) for job in jobs} <= started
