"""Heads of answers as the parser gets to see them, however they were cut on their way."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.providers.heads import HeadMending

OK = b"HTTP/1.1 200 OK\r\n"
PLAIN = OK + b"Content-Length: 4\r\nX-A: b\r\n\r\nbody"
MENDED = {
    "nothing to mend": (PLAIN, PLAIN),
    "two lines": (
        OK + b"Content-Length: 4\r\nX-A: b\r\ncontent-length : 04\r\n\r\nbody",
        PLAIN,
    ),
    "twice in a line": (OK + b"X-A: b\r\nContent-Length: 4, 4\r\n\r\nbody", PLAIN),
    "behind a 100": (
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 4\r\nContent-Length: 4\r\n\r\nbody",
        b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 4\r\n\r\nbody",
    ),
    "lines without CR": (
        b"HTTP/1.1 200 OK\nContent-Length: 4\nContent-Length: 4\n\nbody",
        OK + b"Content-Length: 4\r\n\r\nbody",
    ),
    "chunked as well": (
        OK + b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\n\r\n",
    ),
    "no content, and a body": (
        b"HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\nbody",
        b"HTTP/1.1 200 No Content\r\nContent-Length: 4\r\n\r\nbody",
    ),
    "no content": (b"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n",) * 2,
    "bytes behind the end": (PLAIN + b"\r\n<html>more</html>", PLAIN),
    "contradiction": (OK + b"Content-Length: 4\r\nContent-Length: 5\r\n\r\nbody!",) * 2,
    "contradiction in a line": (OK + b"Content-Length: 4, 5\r\n\r\nbody!",) * 2,
    "no number": (OK + b"Content-Length: many\r\n\r\nbody!",) * 2,
    "no HTTP": (b"<html>\r\n\r\nContent-Length: 4",) * 2,
    "no end": (OK + b"Content-Length: 4\r\nContent-Length: 4\r\n",) * 2,
}


def fed(data: bytes, *cuts: int) -> bytes:
    mending = HeadMending()
    places = [0, *sorted(cuts), len(data)]
    pieces = [data[begin:end] for begin, end in pairwise(places)]
    return b"".join(map(mending.feed, pieces)) + mending.finish()


@pytest.mark.parametrize("name", MENDED)
def test_what_the_parser_sees(name: str) -> None:
    came, seen = MENDED[name]
    assert fed(came) == seen
    assert fed(came, *range(1, len(came))) == seen


@given(came=st.sampled_from([came for came, _ in MENDED.values()]), cuts=st.lists(st.integers(0, 150)))
def test_cuts_change_nothing(came: bytes, cuts: list[int]) -> None:
    assert fed(came, *(min(cut, len(came)) for cut in cuts)) == fed(came)


@given(data=st.binary(max_size=300), cuts=st.lists(st.integers(0, 300)))
def test_other_bytes_stay_as_they_are(data: bytes, cuts: list[int]) -> None:
    assert fed(data, *(min(cut, len(data)) for cut in cuts)) == data


def test_a_head_without_end_is_not_held_for_ever() -> None:
    mending = HeadMending()
    data = OK + b"X: " + b"a" * 100_000
    seen = mending.feed(data) + b"".join(mending.feed(b"a" * 100_000) for _ in range(20))
    assert len(seen) == len(data) + 2_000_000
