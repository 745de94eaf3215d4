"""How pictures hang: in order, in rows of one height."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from playground.ui.wall import in_rows, ratio_of

SQUARE, WIDE, TALL = 1.0, 16 / 9, 9 / 16


@pytest.mark.parametrize(
    ("ratios", "rows"),
    [
        ([SQUARE], [1]),
        ([SQUARE] * 2, [2]),
        ([SQUARE] * 3, [3]),
        ([SQUARE] * 4, [2, 2]),
        ([SQUARE] * 8, [4, 4]),
        ([WIDE] * 2, [1, 1]),
        ([WIDE] * 3, [2, 1]),
        ([WIDE] * 4, [2, 2]),
        ([WIDE] * 8, [3, 3, 2]),
        ([TALL] * 4, [4]),
        ([TALL] * 8, [4, 4]),
        ([8.0] * 3, [1, 1, 1]),
        ([TALL, WIDE, SQUARE], [2, 1]),
    ],
)
def test_each_number_has_rows_of_its_own(ratios: list[float], rows: list[int]) -> None:
    assert [len(row) for row in in_rows(ratios).rows] == rows


@given(st.lists(st.floats(0.125, 8), min_size=1, max_size=24))
def test_every_picture_hangs_once_in_order_in_its_own_shape(ratios: list[float]) -> None:
    wall = in_rows(ratios)
    places = [place for row in wall.rows for place in row]
    assert [place.index for place in places] == list(range(len(ratios)))
    assert [place.ratio for place in places] == ratios
    assert all(0 < place.part <= 1 for place in places)


def test_few_wide_ones_are_told_to_narrow_screens() -> None:
    assert in_rows([WIDE] * 3).is_wide
    assert not in_rows([WIDE] * 4).is_wide
    assert not in_rows([WIDE, SQUARE]).is_wide


def test_a_size_that_is_not_known_is_a_square() -> None:
    assert (ratio_of(1600, 900), ratio_of(None, 900), ratio_of(1600, 0)) == (1600 / 900, 1.0, 1.0)
