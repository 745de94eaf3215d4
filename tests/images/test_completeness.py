"""Whether a picture is all there, and what can be drawn of one that is not."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageFile

from playground import images


def noise(kind: str, side: int = 96, **options: object) -> bytes:
    pixels = np.random.default_rng(7).integers(0, 255, (side, side, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()


KINDS = {kind: noise(kind) for kind in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")}
KINDS["progressive"] = noise("JPEG", progressive=True)


@pytest.mark.parametrize("kind", KINDS)
def test_a_whole_picture_is_whole_and_a_cut_one_is_not(kind: str, tmp_path: Path) -> None:
    data, path = KINDS[kind], tmp_path / "picture"
    path.write_bytes(data)
    assert images.is_complete(data)
    assert images.is_complete(path)
    assert not images.is_complete(data[: len(data) // 2])
    assert ImageFile.LOAD_TRUNCATED_IMAGES is False


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "progressive", "BMP"])
@pytest.mark.parametrize("share", [0.3, 0.5, 0.9])
def test_as_much_as_came_is_drawn(kind: str, share: float, tmp_path: Path) -> None:
    data = KINDS[kind]
    small = images.thumbnail(data[: max(700, int(len(data) * share))], tmp_path / "small.webp")
    with Image.open(small) as drawn:
        assert drawn.size == (96, 96)
        assert drawn.convert("L").getextrema() != (0, 0)


@pytest.mark.parametrize("thoroughly", [True, False])
def test_a_png_without_its_very_end_is_cut(thoroughly: bool) -> None:
    assert not any(images.is_complete(KINDS["PNG"][:-less], thoroughly=thoroughly) for less in (1, 4, 10, 12))


def test_bytes_behind_the_end_take_nothing_away() -> None:
    assert images.is_complete(KINDS["JPEG"] + b"\0" * 40)
    assert images.is_complete(KINDS["PNG"] + b"trailer")


@given(place=st.integers(60, len(KINDS["PNG"]) - 20), value=st.integers(0, 255))
def test_damage_inside_a_png_is_seen(place: int, value: int) -> None:
    damaged = bytearray(KINDS["PNG"])
    damaged[place] = value
    assert images.is_complete(bytes(damaged)) is (bytes(damaged) == KINDS["PNG"])
