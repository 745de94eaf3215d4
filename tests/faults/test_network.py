"""F1, F2, F3, F7, F8: connections that fail, break off, lie about their length, answer early, or crawl."""

from __future__ import annotations

import asyncio
import io
import random
import socket
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from playground.errors import Billed, CannotConnect, NoPicture, TransferBroken
from playground.providers import client as provider_module
from playground.providers.progress import Phase
from tests.faults.oracle import Watched, ended
from tests.faults.server import Connection, Script, answering, as_json, gateway, good, http
from tests.wire.samples import b64, candidate, inline, picture


def noise(side: int = 256) -> bytes:
    """A picture that no packing makes small: its base64 is longer than any buffer on the way."""
    buffer = io.BytesIO()
    pixels = np.random.default_rng(7).integers(0, 256, (side, side, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


LARGE = good(noise())
HEAD = LARGE.index(b"\r\n\r\n") + 4
DATA = LARGE.index(b'"data": "') + 9
CUTS = {
    "before the answer": 0,
    "in the status line": 10,
    "in the headers": HEAD - 20,
    "right after the headers": HEAD,
    **{f"{count} bytes into the picture": DATA + count for count in (1, 3, 4_095, 65_535)},
    **{f"at byte {at}": at for at in random.Random(24).sample(range(HEAD, len(LARGE) - 1), 6)},
    "before the last byte": len(LARGE) - 1,
}


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A picture of 6 MB, which fills every buffer on the way."""
    path = tmp_path_factory.mktemp("large") / "large.png"
    path.write_bytes(noise(1400))
    return path


# ── F1 ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("fault", ["cannot_connect", "name_not_found", "tls_failed"])
async def test_f1_no_connection_is_told_within_ten_seconds(bench: Watched, fault: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with gateway(lambda connection: None) as plain:
        base_url = {
            "cannot_connect": nobody,
            "name_not_found": "http://nosuch.invalid",
            "tls_failed": plain.base_url.replace("http:", "https:"),
        }[fault]
        error = await bench.failure(base_url)
    assert isinstance(error, CannotConnect)
    assert (error.code, error.billed) == (fault, Billed.NO)
    assert sum(bench.pauses.seconds) <= 10
    assert error.attempts == (3 if fault == "name_not_found" else 1)  # this machine is not asked again


# ── F2 ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("where", "by_reset"),
    [*((where, False) for where in CUTS), *((where, True) for where in list(CUTS)[:4])],
)
async def test_f2_an_answer_that_breaks_off_is_told_and_not_asked_for_again(
    bench: Watched, where: str, by_reset: bool
) -> None:
    def break_off(connection: Connection) -> None:
        connection.send(LARGE[: CUTS[where]])
        if by_reset:
            connection.reset()

    with gateway(break_off) as server:
        if where == "before the last byte":  # only a bracket is missing
            job = await bench.run(server.base_url)
            assert len(job.complete_pictures) == 1
            assert job.outcomes[0].result.oddities == ("cut_off",)
        else:
            error = await bench.failure(server.base_url)
            assert isinstance(error, TransferBroken | NoPicture)
            assert error.code in ("cut_off", "incomplete_picture")
            assert error.billed is Billed.MAYBE
    assert len(server.requests) == 1


# ── F3 ──────────────────────────────────────────────────────────────────────────────────────────────────────

BODY = as_json(candidate(inline(b64(picture()))))


def chunked(*pieces: bytes) -> bytes:
    return http(b"".join(pieces), "200 OK", "Transfer-Encoding: chunked")


LIES: dict[str, bytes] = {
    "shorter than promised": http(BODY, length=len(BODY) + 100),
    "no length that is one": http(BODY, "200 OK", "Content-Length: many", length=0),
    "a chunk with a bad size": chunked(b"zz\r\n", BODY, b"\r\n0\r\n\r\n"),
    "a chunk that is cut": chunked(f"{len(BODY):x}\r\n".encode(), BODY[:50]),
    "chunks without an end": chunked(f"{len(BODY):x}\r\n".encode(), BODY, b"\r\n"),
    "promises less than the picture": http(BODY, length=len(BODY) - 40),
}


@pytest.mark.parametrize("lie", LIES)
async def test_f3_a_lie_about_the_length_never_leaves_half_a_picture(bench: Watched, lie: str) -> None:
    with gateway(answering(LIES[lie])) as server:
        job = await bench.run(server.base_url)
    assert [saved.path.read_bytes() for saved in job.complete_pictures] in ([], [picture()])
    assert job.complete_pictures or all(error.billed is not Billed.NO for error in job.errors)
    assert len(job.complete_pictures) + len(job.errors) == 1
    assert len(server.requests) == 1


async def test_f3_bytes_after_the_promised_end_are_no_part_of_a_picture(bench: Watched) -> None:
    with gateway(answering(http(BODY + b"<html>more</html>", length=len(BODY)))) as server:
        job = await bench.run(server.base_url)
    kept = [saved.path.read_bytes() for saved in job.pictures]
    codes = [error.code for error in job.errors]
    assert kept == [picture()] or codes in (["cut_off"], ["headers_unreadable"])
    assert len(server.requests) == 1


# ── F7 ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("status", "code"), [("413 Payload Too Large", "too_large"), ("401 Unauthorized", "key_refused")]
)
async def test_f7_a_refusal_before_the_whole_body_is_out_is_told_as_what_it_is(
    bench: Watched, large: Path, status: str, code: str
) -> None:
    images = await bench.studio.prepare([large] * 4, "google")

    def refuse(connection: Connection) -> None:
        connection.send(http(as_json({"error": {"message": "no"}}), status))
        connection.wait_for_end(20)

    with gateway(refuse, reads_body=False) as server:
        error = await bench.failure(server.base_url, images=images)
    assert (error.code, len(server.requests)) == (code, 1)


# ── F8 ──────────────────────────────────────────────────────────────────────────────────────────────────────


def dripping(data: bytes, seconds: float) -> Script:
    def drip(connection: Connection) -> None:
        for at in range(len(data)):
            connection.send(data[at : at + 1])
            if connection.server.someone_hung_up.wait(seconds):
                return

    return drip


def silent(connection: Connection) -> None:
    connection.wait_for_end()


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Deadlines of a second instead of minutes."""
    monkeypatch.setattr(provider_module, "WRITE_SECONDS", 0.5)
    monkeypatch.setattr(provider_module, "READ_SECONDS", 0.5)


SLOW: dict[str, Script] = {
    "headers that drip for ever": dripping(b"HTTP/1.1 200 OK\r\n" + b"x-a: b\r\n" * 1000, 0.05),
    "a body that drips for ever": dripping(good(), 0.05),
    "silence": silent,
}


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("how", SLOW)
async def test_f8_whatever_drips_or_is_silent_ends_at_the_deadline(bench: Watched, how: str) -> None:
    with gateway(SLOW[how]) as server:
        error = await bench.failure(server.base_url)
        assert await asyncio.to_thread(server.someone_hung_up.wait, 30)
    assert (type(error), error.code) == (TransferBroken, "timed_out")
    assert len(server.requests) == 1


async def test_f8_a_long_silence_before_the_answer_is_waited_out(bench: Watched) -> None:
    def think(connection: Connection) -> None:
        connection.server.someone_hung_up.wait(1.0)
        connection.send(good())

    with gateway(think) as server:
        job = await bench.run(server.base_url)
    assert len(job.pictures) == 1


@pytest.mark.parametrize("how", ["while it is silent", "in the headers", "in the picture", "while sending"])
async def test_f8_stop_closes_the_socket_at_once(bench: Watched, large: Path, how: str) -> None:
    sent = {"in the headers": LARGE[: HEAD - 10], "in the picture": LARGE[: DATA + 5_000]}.get(how, b"")
    images = await bench.studio.prepare([large] * 4, "google") if how == "while sending" else ()

    def hold(connection: Connection) -> None:
        connection.send(sent)
        if how == "while sending":  # the other side stands in front of full buffers
            connection.server.someone_hung_up.wait(0.3)
        connection.wait_for_end()

    with gateway(hold, reads_body=how != "while sending") as server:
        job = await bench.start(server.base_url, images=images)
        wanted = {"while sending": Phase.SENDING, "in the picture": Phase.RECEIVING}.get(how, Phase.WAITING)
        async with asyncio.timeout(60):
            async for seen in job.watch():
                if seen.progress and seen.progress[1].phase is wanted and server.arrived.is_set():
                    break
        pressed = time.monotonic()
        bench.studio.stop(job.id, owner="me")
        await ended(job)
        assert await asyncio.to_thread(server.someone_hung_up.wait, 30)
    assert server.hung_up[0] - pressed < 5.0  # 0.2 s on a machine with nothing else to do
    assert job.stop_reason().code == "stopped"
    assert job.errors == ()
