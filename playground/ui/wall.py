"""How pictures hang on the table: in rows of one height, in their order, each in its own shape. Pure.

Rows are chosen for a table of the usual size; the stylesheet makes the pictures as tall as the table at hand
allows, from the figures that stand here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from statistics import median

_WIDTH, _HEIGHT = 880, 620
"""Pixels of a table on a desktop."""
_GAP, _CAPTION = 16, 36
"""Pixels between pictures, and below each, as in the stylesheet."""
_MOST_APART = 2.0
"""How much wider or narrower than the usual one a place may be: a strip must not make all others tiny."""
_WIDE = 1.3


@dataclass(frozen=True)
class Place:
    """Where one picture hangs.

    Attributes:
        index: of the picture, from 0.
        cell: width of its place by its height.
        ratio: the same of the picture itself.
        part: the share of the place's width that the picture takes, up to 1.
    """

    index: int
    cell: float
    ratio: float

    @property
    def part(self) -> float:
        return min(1.0, self.ratio / self.cell)


@dataclass(frozen=True)
class Wall:
    """Rows of places.

    Attributes:
        widest: the sum of the shapes in the widest row: its width at a height of 1.
        longest: how many pictures the longest row has.
        is_wide: so few and so wide that a narrow screen shows one below the other.
    """

    rows: tuple[tuple[Place, ...], ...]

    @property
    def count(self) -> int:
        return sum(map(len, self.rows))

    @property
    def widest(self) -> float:
        return max(sum(place.cell for place in row) for row in self.rows)

    @property
    def longest(self) -> int:
        return max(map(len, self.rows))

    @property
    def is_wide(self) -> bool:
        return self.count < 4 and all(place.cell >= _WIDE for row in self.rows for place in row)

    @property
    def height(self) -> float:
        """Pixels of each picture on a table of the usual size."""
        across = (_WIDTH - _GAP * (self.longest - 1)) / self.widest
        rows = len(self.rows)
        return min(across, (_HEIGHT - _GAP * (rows - 1)) / rows - _CAPTION)


def ratio_of(width: int | None, height: int | None) -> float:
    """Width by height; 1 where one of them is not known."""
    return width / height if width and height else 1.0


def in_rows(ratios: Sequence[float]) -> Wall:
    """The rows in which pictures of these shapes are the largest; the fewer of two that are alike.

    Args:
        ratios: width by height of each, in order; at least one.
    """
    usual = median(ratios)
    places = [
        Place(index, min(max(ratio, usual / _MOST_APART), usual * _MOST_APART), ratio)
        for index, ratio in enumerate(ratios)
    ]
    walls = [Wall(tuple(_rows(places, count))) for count in range(1, len(places) + 1)]
    return max(walls, key=lambda wall: round(wall.height))


def _rows(places: Sequence[Place], count: int) -> Iterator[tuple[Place, ...]]:
    """So many rows, as equal in number as can be, the longer ones first."""
    short, longer = divmod(len(places), count)
    lengths = [short + (row < longer) for row in range(count)]
    for start, end in pairwise(accumulate(lengths, initial=0)):
        yield tuple(places[start:end])
