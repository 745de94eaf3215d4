"""What a body is packed with is told by its bytes, whatever Content-Encoding says."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import sys
import zlib
from collections.abc import Callable

import brotli
import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.catalogue import Catalogue
from playground.errors import ProviderRefused, UnreadableAnswer
from playground.providers.client import Provider
from playground.providers.unpacking import Unpacker
from tests.providers.test_exchange import generate, ok, provider, server
from tests.wire.samples import b64, candidate, inline, picture

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

__all__ = ["provider"]


def raw_deflate(data: bytes) -> bytes:
    packing = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packing.compress(data) + packing.flush()


def plain(data: bytes) -> bytes:
    return data


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": plain,
    "gzip": gzip.compress,
    "zlib": zlib.compress,
    "deflate": raw_deflate,
    "br": brotli.compress,
    "zstd": zstd.compress,
    "gzip twice": lambda data: gzip.compress(gzip.compress(data)),
    "br in gzip": lambda data: gzip.compress(brotli.compress(data)),
    "gzip in br": lambda data: brotli.compress(gzip.compress(data)),
    "gzip members": lambda data: b"".join(
        gzip.compress(data[at : at + 70]) for at in range(0, len(data), 70)
    ),
    "zstd frames": lambda data: zstd.compress(data[:99]) + zstd.compress(data[99:]),
    "padded gzip": lambda data: gzip.compress(data) + b"\0" * 700,
}
LABELS = (
    "", "gzip", "GZIP", "x-gzip", "deflate", "br", "zstd", "identity", "gzip, identity", "identity,gzip",
    "UTF-8", "utf8", "none", "binary", "aws-chunked", "gzip;q=1.0", ",", "gzip, gzip", "br, gzip", "compress",
)  # fmt: skip


def unpacked(packed: bytes, label: str, step: int = 1 << 20) -> bytes:
    unpacker = Unpacker(label)
    taken = [piece for at in range(0, len(packed), step) for piece in unpacker.feed(packed[at : at + step])]
    return b"".join([*taken, *unpacker.finish()])


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("label", LABELS)
def test_bytes_decide_under_every_label(packing: str, label: str) -> None:
    body = b'{"candidates": [{"content": {"parts": [{"text": "' + b"A long answer. " * 400 + b'"}]}}]}'
    assert unpacked(PACKINGS[packing](body), label) == body


@given(
    st.sampled_from(sorted(PACKINGS)),
    st.sampled_from(LABELS),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=900),
    st.integers(1, 700),
)
def test_any_text_in_any_pieces(packing: str, label: str, text: str, step: int) -> None:
    body = f'{{"error": {{"message": "{text}"}}}}'.encode()
    assert unpacked(PACKINGS[packing](body), label, step) == body


@given(st.sampled_from(LABELS), st.binary(max_size=2000), st.integers(1, 600))
def test_any_bytes_are_taken_or_refused(label: str, body: bytes, step: int) -> None:
    with contextlib.suppress(UnreadableAnswer):
        unpacked(body, label, step)


@given(st.sampled_from(LABELS), st.text(max_size=300).map(str.encode))
def test_a_text_without_control_characters_is_never_changed(label: str, body: bytes) -> None:
    if not any(sign < 32 or sign == 127 for sign in body):
        assert unpacked(body, label, 7) == body


@pytest.mark.parametrize("packing", ["gzip", "zlib", "deflate", "br", "zstd", "gzip twice"])
def test_a_bomb_comes_in_small_pieces(packing: str) -> None:
    bomb = PACKINGS[packing](b'{"text": "' + b" " * 64_000_000 + b'"}')
    unpacker = Unpacker(packing)
    sizes = [len(piece) for pieces in (unpacker.feed(bomb), unpacker.finish()) for piece in pieces]
    assert sum(sizes) == 64_000_012
    assert max(sizes) <= 1024 * 1024


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("label", ["", "gzip", "gzip, identity", "UTF-8", "br"])
async def test_a_picture_arrives(packing: str, label: str, provider: Provider, catalogue: Catalogue) -> None:
    data = picture("PNG") + os.urandom(3000)
    body = json.dumps(candidate({"text": "Here."}, inline(b64(data)))).encode()
    head = [b"Content-Encoding: " + label.encode()] if label else []
    async with server(lambda *_: ok(PACKINGS[packing](body), *head)) as base_url:
        (part,) = (await generate(provider, catalogue, base_url)).result.pictures
    assert part.file is None or part.file.read_bytes() == data
    assert part.byte_count == len(data)


@pytest.mark.parametrize("packing", PACKINGS)
@pytest.mark.parametrize("label", ["", "gzip", "nonsense"])
async def test_the_reason_of_a_400(
    packing: str, label: str, provider: Provider, catalogue: Catalogue
) -> None:
    body = PACKINGS[packing](b'{"error": {"code": 400, "message": "No such aspect ratio."}}')
    answer = ok(body, b"Content-Encoding: " + label.encode()).replace(b"200 OK", b"400 Bad Request")
    async with server(lambda *_: answer) as base_url:
        with pytest.raises(ProviderRefused) as caught:
            await generate(provider, catalogue, base_url)
    assert (caught.value.said, caught.value.code) == ("No such aspect ratio.", "bad_request")


async def test_half_a_reason_is_better_than_none(provider: Provider, catalogue: Catalogue) -> None:
    body = b'The aspect ratio "7:3" is not known.'

    answer = ok(body).replace(b"200 OK", b"400 Bad Request").replace(b"Length: 36", b"Length: 99")
    async with server(lambda *_: answer, closes=True) as base_url:
        with pytest.raises(ProviderRefused) as caught:
            await generate(provider, catalogue, base_url)
    assert (caught.value.said, caught.value.code) == (body.decode(), "bad_request")
