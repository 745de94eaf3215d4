"""Sloppy base64, checked against the plain library."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.wire.base64text import from_base64


@given(
    data=st.binary(min_size=1),
    url_safe=st.booleans(),
    padded=st.booleans(),
    prefix=st.sampled_from(
        ["", "data:image/png;base64,", " DATA:image/jpeg;charset=x;BASE64,", "data:;base64,"]
    ),
    width=st.integers(1, 90),
    gap=st.sampled_from(["", "\n", "\r\n", " ", "\t"]),
)
def test_every_sloppiness_is_forgiven(
    data: bytes, url_safe: bool, padded: bool, prefix: str, width: int, gap: str
) -> None:
    text = (base64.urlsafe_b64encode if url_safe else base64.b64encode)(data).decode()
    text = text if padded else text.rstrip("=")
    broken = gap.join(text[place : place + width] for place in range(0, len(text), width))
    assert from_base64(prefix + broken) == data


@given(st.text())
def test_any_text_yields_bytes_or_nothing(text: str) -> None:
    result = from_base64(text)
    assert result is None or isinstance(result, bytes)


@given(st.text("ABCDabcd0189+/", min_size=1).filter(lambda text: len(text) % 4 == 0))
def test_standard_text_reads_as_the_library_reads(text: str) -> None:
    assert from_base64(text) == base64.b64decode(text, validate=True)


@pytest.mark.parametrize(
    "text",
    ["", "   ", "=", "data:image/png;base64,", "<html>", "QQ==QQ==", "a", "QUJ*", "图片", "https://x/y.png"],
)
def test_anything_else_is_refused(text: str) -> None:
    assert from_base64(text) is None


def test_percent_escapes_of_a_uri() -> None:
    assert from_base64("data:image/png;base64,%2B%2F8%3D") == b"\xfb\xff"
