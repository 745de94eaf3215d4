"""One exchange over real sockets: what goes out, what comes in, and what the sockets are told."""

from __future__ import annotations

import asyncio
import base64
import gzip
import json
import os
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest

from playground import wire
from playground.catalogue import Catalogue
from playground.errors import CannotConnect, InvalidRequest, TransferBroken, UnusablePicture
from playground.providers.client import Answer, Provider
from playground.providers.credentials import Credentials, clean_key
from playground.providers.exchange import Timeouts, exchange
from playground.providers.progress import OnProgress, Phase, Progress, ignore_progress
from playground.providers.transport import AiohttpTransport, is_public, kept_alive
from playground.request import ImageRequest, PreparedImage
from playground.result import PicturePart
from tests.wire.samples import b64, candidate, inline, picture

LARGE = 600_000
Served = Callable[[bytes, bytes], bytes]


@asynccontextmanager
async def server(
    answer: Served, heads: list[bytes] | None = None, *, closes: bool = False
) -> AsyncIterator[str]:
    """A server that reads whole requests, head and body, and sends what `answer` makes of each.

    With `closes`, a connection ends behind its first answer.
    """

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            body = await reader.readexactly(_length(head))
            if heads is not None:
                heads.append(head)
            writer.write(answer(head, body))
            if closes:
                break
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        yield f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


async def _head(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError:
        return b""


def _length(head: bytes) -> int:
    lines = [line.split(b":") for line in head.lower().split(b"\r\n") if b":" in line]
    return next((int(line[1]) for line in lines if line[0] == b"content-length"), 0)


def ok(body: bytes, *headers: bytes) -> bytes:
    lines = [b"HTTP/1.1 200 OK", b"Content-Length: %d" % len(body), *headers, b"", b""]
    return b"\r\n".join(lines) + body


def large_picture() -> bytes:
    return picture("PNG") + os.urandom(LARGE)


@pytest.fixture
async def provider(catalogue: Catalogue, tmp_path: Path) -> AsyncIterator[Provider]:
    (tmp_path / "incoming").mkdir()
    made = Provider(catalogue, staging_dir=tmp_path / "incoming")
    yield made
    await made.aclose()


def asking(*paths: Path) -> ImageRequest:
    images = tuple(PreparedImage(path, "image/png", 1, 1, path.stat().st_size) for path in paths)
    return ImageRequest(prompt="a cat", provider="demo", model="demo", images=images)


async def generate(
    provider: Provider,
    catalogue: Catalogue,
    base_url: str,
    *paths: Path,
    on_progress: OnProgress = ignore_progress,
) -> Answer:
    row = catalogue.model("demo", "demo")
    return await provider.generate(asking(*paths), row, Credentials(None, base_url), on_progress=on_progress)


# ── out ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_pictures_go_out_byte_for_byte_and_progress_is_told(
    provider: Provider, catalogue: Catalogue, tmp_path: Path
) -> None:
    sent = [os.urandom(LARGE + more) for more in range(3)]  # all three lengths of the last group
    for number, data in enumerate(sent):
        (tmp_path / str(number)).write_bytes(data)
    arrived: list[bytes] = []

    def answer(_: bytes, body: bytes) -> bytes:
        arrived.append(body)
        return ok(json.dumps(candidate(inline(b64(picture())))).encode())

    told: list[Progress] = []
    async with server(answer) as base_url:
        paths = [tmp_path / str(number) for number in range(3)]
        await generate(provider, catalogue, base_url, *paths, on_progress=told.append)
    (body,) = arrived
    parts = json.loads(body)["contents"][0]["parts"][1:]
    assert [base64.b64decode(part["inline_data"]["data"], validate=True) for part in parts] == sent
    assert [progress.phase for progress in told][:1] == [Phase.SENDING]
    assert {Phase.SENDING, Phase.WAITING, Phase.RECEIVING} == {progress.phase for progress in told}
    assert told[0].bytes_total == len(body)


async def test_a_file_that_shrinks_under_way_breaks_the_call_before_the_promised_end(
    provider: Provider, catalogue: Catalogue, tmp_path: Path
) -> None:
    path = tmp_path / "picture"
    path.write_bytes(os.urandom(8_000_000))
    lengths: asyncio.Queue[int] = asyncio.Queue()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        promised = _length(await _head(reader))
        os.truncate(path, 1_000_000)
        lengths.put_nowait(promised)
        lengths.put_nowait(len(await reader.read()))
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        base_url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        with pytest.raises(UnusablePicture, match="picture_changed"):
            await generate(provider, catalogue, base_url, path)
        promised, received = await lengths.get(), await lengths.get()
    assert received < promised


# ── in ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
async def test_a_long_picture_becomes_a_file_of_its_very_bytes(
    provider: Provider, catalogue: Catalogue, tmp_path: Path, packed: bool
) -> None:
    data = large_picture()
    body = json.dumps(candidate({"text": "Here."}, inline(b64(data)))).encode()
    answer = ok(gzip.compress(body), b"Content-Encoding: gzip") if packed else ok(body)
    async with server(lambda *_: answer) as base_url:
        result = (await generate(provider, catalogue, base_url)).result
    (part,) = result.pictures
    assert isinstance(part, PicturePart)
    assert part.file is not None
    assert part.file.parent == tmp_path / "incoming"
    assert (part.file.read_bytes(), part.byte_count, part.data) == (data, len(data), b"")
    assert (part.mime_type, result.text) == ("image/png", "Here.")


@pytest.mark.parametrize("share", [0.00001, 0.5])
async def test_a_cut_answer_keeps_what_came_or_says_how_much_did(
    provider: Provider, catalogue: Catalogue, tmp_path: Path, share: float
) -> None:
    large = large_picture()
    body = json.dumps(candidate(inline(b64(large)))).encode()
    came = int(len(body) * share)
    half = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body[:came]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(_length(await _head(reader)))
        writer.write(half)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening:
        base_url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        if came > 1000:
            answer = await generate(provider, catalogue, base_url)
            (part,) = answer.result.pictures
            assert part.file is not None
            assert answer.result.oddities == ("cut_off",)
            assert large.startswith(part.file.read_bytes())
            part.file.unlink()
        else:
            with pytest.raises(TransferBroken) as caught:
                await generate(provider, catalogue, base_url)
            assert (caught.value.code, caught.value.facts["received"]) == ("cut_off", str(came))
    assert list((tmp_path / "incoming").iterdir()) == []


async def test_many_calls_at_once_need_no_pool(provider: Provider, catalogue: Catalogue) -> None:
    """Every one is under way before the first is answered: nobody queues for a connection."""
    waiting: list[asyncio.StreamWriter] = []
    answer = ok(json.dumps(candidate(inline(b64(picture())))).encode(), b"Connection: close")

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(_length(await _head(reader)))
        waiting.append(writer)
        if len(waiting) == 200:
            for other in waiting:
                other.write(answer)
                other.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0, backlog=256) as listening:
        base_url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        calls = (generate(provider, catalogue, base_url) for _ in range(200))
        answers = await asyncio.gather(*calls)
    assert [len(one.result.pictures) for one in answers] == [1] * 200


# ── sockets ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_sockets_ask_whether_the_other_side_is_still_there() -> None:
    with kept_alive((socket.AF_INET, socket.SOCK_STREAM, 0, "", ("127.0.0.1", 0))) as made:
        assert made.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert made.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 30


INSIDE = (
    "127.0.0.1", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.0.1", "169.254.169.254", "100.64.0.1",
    "224.0.0.1", "255.255.255.255", "::1", "::", "::127.0.0.1", "::ffff:127.0.0.1", "::ffff:a9fe:a9fe",
    "64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "fe80::1%eth0", "fd00::1", "fec0::1", "ff02::1",
)  # fmt: skip


def test_an_address_that_stands_for_one_of_this_machine_is_none_of_the_internet() -> None:
    assert [host for host in INSIDE if is_public(host)] == []
    outside = ("8.8.8.8", "::ffff:8.8.8.8", "64:ff9b::808:808", "2606:4700::1111")
    assert [host for host in outside if not is_public(host)] == []


async def test_strangers_reach_nothing_inside_whatever_a_name_leads_to(catalogue: Catalogue) -> None:
    heads: list[bytes] = []
    key = clean_key("canary-" + "of-a-stranger")
    async with server(lambda *_: ok(b'{"models": []}'), heads) as inside:
        port = inside.rpartition(":")[2]
        shared = Provider(catalogue, environment={}, use_proxy=False, public_only=True)
        for host in ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "[::ffff:127.0.0.1]", "0"):
            with pytest.raises((CannotConnect, InvalidRequest)):
                await shared.check("gateway", Credentials(key, f"http://{host}:{port}"))
        assert heads == []
        own = Provider(catalogue, environment={}, use_proxy=False)
        assert (await own.check("gateway", Credentials(key, inside))).code == "ok"
        assert len(heads) == 1
        for each in (shared, own):
            await each.aclose()


@asynccontextmanager
async def sockets(*, use_proxy: bool = False) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(transport=AiohttpTransport(use_proxy=use_proxy), trust_env=False) as client:
        yield client


async def test_a_connection_is_used_again_once_its_answer_was_read() -> None:
    def where(head: bytes, _: bytes) -> bytes:
        return ok(head.split(b" ")[1])

    seen: set[int] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head := await _head(reader):
            seen.add(writer.get_extra_info("peername")[1])
            writer.write(where(head, b""))
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as listening, sockets() as client:
        base_url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"
        for path in ("/a%2Fb%3A", "/c"):
            request = client.build_request("GET", base_url + path)
            taken: list[bytes] = []
            await exchange(client, request, Timeouts(20, 20), receive=taken.append)
            assert b"".join(taken) == path.encode()  # and not respelled on the way
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("use_proxy", "expected"), [(True, b"GET http://x.example/y HTTP/1.1"), (False, b"")]
)
async def test_a_proxy_is_used_where_the_operator_says_so(
    monkeypatch: pytest.MonkeyPatch, use_proxy: bool, expected: bytes
) -> None:
    heads: list[bytes] = []
    async with server(lambda *_: ok(b"{}"), heads) as proxy, sockets(use_proxy=use_proxy) as client:
        monkeypatch.setenv("http_proxy", proxy)
        request = client.build_request("GET", "http://x.example/y")
        if use_proxy:
            await exchange(client, request, Timeouts(20, 20))
        else:  # there is no such host
            with pytest.raises(httpx.ConnectError):
                await client.send(request)
    assert b"".join(heads).partition(b"\r\n")[0] == expected


def test_a_frame_promises_its_very_length(tmp_path: Path, catalogue: Catalogue) -> None:
    for size in (0, 1, 2, 3, 49_152, 49_153, 150_000):
        path = tmp_path / str(size)
        path.write_bytes(bytes(size))
        body = wire.request_body(asking(path, path), catalogue.model("demo", "demo"))
        assert sum(map(len, body.chunks())) == body.length


async def test_a_client_that_is_closed_connects_to_nobody() -> None:
    """httpx raises a RuntimeError, which would end whoever still asks at the end of the process."""
    client = httpx.AsyncClient()
    await client.aclose()
    with pytest.raises(CannotConnect):
        await exchange(client, httpx.Request("GET", "http://127.0.0.1:9"), Timeouts(write=1, read=1))
