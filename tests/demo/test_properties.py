"""Whatever is asked for and whatever is sent, the picture has exactly the pixels that were promised."""

from __future__ import annotations

import io
import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from playground.demo.painter import Commission, Painting, UndecodablePicture, paint
from playground.demo.painter.book import lexicon
from playground.pixels import PIXELS, PIXELS_25

PROPERTY = settings(
    max_examples=settings().max_examples // 2,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
PHRASES = sorted(phrase for phrase in lexicon() if phrase)

prompts = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from([*PHRASES, ",", "。", '"Hi"', "zorble", "\ud800"]), max_size=9).map(" ".join),
    st.lists(st.sampled_from([phrase for phrase in PHRASES if not phrase.isascii()]), max_size=7).map(
        "".join
    ),
)
sizes = st.tuples(st.integers(1, 140), st.integers(1, 140))
modes = st.sampled_from(["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "I;16", "YCbCr"])


def _size(data: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(data)) as picture:
        picture.load()
        return picture.size


@st.composite
def uploads(draw: st.DrawFn) -> bytes:
    """A small picture in one of the forms that are accepted, possibly turned by its EXIF data."""
    mode = draw(modes)
    size = (draw(st.integers(1, 90)), draw(st.integers(1, 90)))
    noise = np.random.default_rng(draw(st.integers(0, 9))).integers(
        0, 255, (size[1], size[0], 3), dtype=np.uint8
    )
    picture = Image.fromarray(noise)
    if mode == "I;16":
        picture = Image.fromarray(noise[:, :, 0].astype(np.uint16) * 257)
    else:
        picture = picture.convert(mode)
    form = draw(st.sampled_from(["PNG", "JPEG", "WEBP", "GIF"]))
    if form == "JPEG" and mode not in ("1", "L", "RGB", "CMYK", "YCbCr"):
        picture = picture.convert("RGB")
    if form != "JPEG" and mode in ("CMYK", "YCbCr", "I;16") and (form, mode) != ("PNG", "I;16"):
        picture = picture.convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = draw(st.integers(1, 8))
    data = io.BytesIO()
    picture.save(data, form, exif=exif) if form != "GIF" else picture.save(data, form)
    return data.getvalue()


@PROPERTY
@given(prompt=prompts, size=sizes, variation=st.integers(0, 9), draft=st.sampled_from(["", "sketch", "wash"]))
def test_any_text_gives_a_picture(prompt: str, size: tuple[int, int], variation: int, draft: str) -> None:
    drafts = {draft: True} if draft else {}
    painting = paint(Commission(prompt, *size, variation=variation, **drafts))
    assert _size(painting.data) == size
    assert painting.note
    assert "\n" not in painting.note


@PROPERTY
@given(prompt=prompts, size=sizes, pictures=st.lists(uploads(), min_size=1, max_size=4))
def test_any_uploads_give_a_picture(prompt: str, size: tuple[int, int], pictures: list[bytes]) -> None:
    _gives_a_picture_or_says_why_not(paint(Commission(prompt, *size, tuple(pictures))), size, len(pictures))


@PROPERTY
@given(start=uploads(), cut=st.floats(0, 1), noise=st.binary(max_size=40))
def test_broken_uploads_are_named_or_drawn(start: bytes, cut: float, noise: bytes) -> None:
    broken = start[: round(len(start) * cut)] + noise
    named = -1
    size = (40, 30)
    try:
        size = _size(paint(Commission("warmer", 40, 30, (start, broken))).data)
    except UndecodablePicture as error:
        named = error.index
    assert named in (-1, 1)
    assert size == (40, 30)


TABLES = sorted(
    {size for table in (*PIXELS.values(), PIXELS_25) for size in table.values() if size[0] * size[1] < 1.3e6}
)
LARGE = sorted({size for table in PIXELS.values() for size in table.values() if size[0] * size[1] >= 1.3e6})
TRIED = LARGE if os.environ.get("PLAYGROUND_TEST_SIZES") else (LARGE[0], LARGE[-1], *LARGE[1:-1:6])
"""Large ones take up to two seconds each, and are small ones times a factor: the first, the last and every
sixth between. `PLAYGROUND_TEST_SIZES=all` tries them all."""


@pytest.mark.parametrize("size", TABLES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_every_small_size_of_the_tables(size: tuple[int, int]) -> None:
    assert _size(paint(Commission("two cats by the sea at night", *size)).data) == size


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("size", TRIED, ids=lambda size: f"{size[0]}x{size[1]}")
def test_every_large_size_of_the_tables(size: tuple[int, int]) -> None:
    assert _size(paint(Commission("a cat on a sofa", *size)).data) == size


@pytest.mark.slow
@pytest.mark.timeout(900)
@PROPERTY
@given(prompt=prompts, size=sizes, pictures=st.lists(uploads(), max_size=14))
def test_anything_at_all(prompt: str, size: tuple[int, int], pictures: list[bytes]) -> None:
    _gives_a_picture_or_says_why_not(paint(Commission(prompt, *size, tuple(pictures))), size, len(pictures))


def _gives_a_picture_or_says_why_not(painting: Painting, size: tuple[int, int], given: int) -> None:
    if painting.data:
        assert _size(painting.data) == size
    else:  # an edit that the demo does not know
        assert given == 1
        assert "Nothing was changed" in painting.note or "图片没有改动" in painting.note
