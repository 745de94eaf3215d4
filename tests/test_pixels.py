"""The pixel tables, and telling whether a picture is what was asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.pixels import PIXELS, PIXELS_25, differs, nearest_ratio, pixels, ratio_name, sides

ALL = [(ratio, size, *sides) for size, row in PIXELS.items() for ratio, sides in row.items()]


@pytest.mark.parametrize(
    ("ratio", "size", "expected"),
    [
        ("1:1", "1K", (1024, 1024)),
        ("16:9", "1K", (1376, 768)),
        ("16:9", "2K", (2752, 1536)),
        ("9:16", "4K", (3072, 5504)),
        ("21:9", "512", (792, 336)),
        ("21:9", "4K", (6336, 2688)),
        ("8:1", "4K", (12288, 1536)),
        ("1:8", "512", (192, 1536)),
        ("4:5", "2K", (1856, 2304)),
        ("2:3", "4K", (3392, 5056)),
    ],
)
def test_the_table(ratio: str, size: str, expected: tuple[int, int]) -> None:
    assert pixels(ratio, size) == expected


def test_a_ratio_or_size_of_no_table() -> None:
    with pytest.raises(KeyError):
        pixels("7:5", "1K")
    with pytest.raises(KeyError):
        pixels("1:1", "8K")


@pytest.mark.parametrize(("ratio", "size", "width", "height"), ALL)
def test_the_table_agrees_with_itself(ratio: str, size: str, width: int, height: int) -> None:
    assert differs(ratio, size, width, height) == set()
    assert nearest_ratio(width, height, PIXELS[size]) == ratio


@pytest.mark.parametrize("ratio", list(PIXELS_25))
def test_the_older_models_pixels_are_what_was_asked(ratio: str) -> None:
    assert differs(ratio, "auto", *PIXELS_25[ratio]) == set()
    assert differs(ratio, "1K", *PIXELS_25[ratio]) == set()


@pytest.mark.parametrize(
    ("ratio", "size", "width", "height", "missed"),
    [
        ("1:4", "512", 512, 2064, set()),
        ("16:9", "2K", 1376, 768, {"image_size"}),
        ("16:9", "1K", 1024, 1024, {"aspect_ratio"}),
        ("16:9", "2K", 1024, 1024, {"aspect_ratio", "image_size"}),
        ("auto", "auto", 7, 900, set()),
        ("auto", "4K", 1024, 1024, {"image_size"}),
        ("1:1", "1K", 2048, 2048, set()),
        ("1:1", "1K", 1024, 1060, {"aspect_ratio"}),
        ("1:1", "1K", 1024, 1050, set()),
        ("1:1", "1K", 760, 760, {"image_size"}),
        ("1:1", "1K", 770, 770, set()),
        ("auto", "0.5K", 100, 100, set()),
        ("wide", "auto", 100, 100, set()),
        ("9:21", "auto", 100, 100, {"aspect_ratio"}),
        ("5:2", "1K", 1616, 648, set()),
        ("5:2", "1K", 1584, 672, {"aspect_ratio"}),
        ("1:1", "1K", 0, 0, {"image_size"}),
    ],
)
def test_differs(ratio: str, size: str, width: int, height: int, missed: set[str]) -> None:
    assert differs(ratio, size, width, height) == missed


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_any_sides(width: int, height: int) -> None:
    assert nearest_ratio(width, height, ["1:1", "16:9"]) in ("1:1", "16:9")
    assert differs("16:9", "2K", width, height) <= {"aspect_ratio", "image_size"}


def test_a_ratio_that_only_a_models_row_has_is_named() -> None:
    assert ratio_name(1616, 648) == "21:9"
    assert ratio_name(1616, 648, ["1:1", "5:2"]) == "5:2"
    assert ratio_name(1376, 768, ["1:1", "5:2"]) == "16:9"


@pytest.mark.parametrize(
    ("text", "expected"), [("5:2", (5, 2)), ("auto", None), ("0:1", None), ("1:2:3", None)]
)
def test_the_sides_of_a_ratio(text: str, expected: tuple[int, int] | None) -> None:
    assert sides(text) == expected


def test_nearest_of_nothing() -> None:
    with pytest.raises(ValueError, match="empty"):
        nearest_ratio(1, 1, [])
