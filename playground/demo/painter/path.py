"""SVG paths as outlines of short straight lines."""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np

from .vector import Points

TOKEN = re.compile(r"[A-Za-z]|-?\d*\.?\d+(?:e-?\d+)?")
CURVE_POINTS = 20


@lru_cache(maxsize=2048)
def path(data: str) -> tuple[Points, ...]:
    """The outlines of an SVG path, its curves as short straight lines."""
    return tuple(np.array(points, dtype=float) for points in _Pen(data).outlines if len(points) > 1)


class _Pen:
    """Follows the commands of one path."""

    def __init__(self, data: str) -> None:
        self.outlines: list[list[tuple[float, float]]] = []
        self._at = (0.0, 0.0)
        self._handle: tuple[float, float] | None = None
        self._tokens = TOKEN.findall(data)
        self._next = 0
        command = "M"
        while self._next < len(self._tokens):
            if self._tokens[self._next].isalpha():
                command = self._tokens[self._next]
                self._next += 1
            self._step(command)
            command = {"M": "L", "m": "l"}.get(command, command)

    def _number(self) -> float:
        value = float(self._tokens[self._next])
        self._next += 1
        return value

    def _point(self, relative: bool) -> tuple[float, float]:
        x, y = self._number(), self._number()
        return (x + self._at[0], y + self._at[1]) if relative else (x, y)

    def _step(self, command: str) -> None:
        relative = command.islower()
        kind = command.upper()
        handle = None
        if kind == "Z":
            self._at = self.outlines[-1][0]
            self.outlines[-1].append(self._at)
            return
        if kind == "M":
            self._at = self._point(relative)
            self.outlines.append([self._at])
        elif kind == "L":
            self._to(self._point(relative))
        elif kind == "H":
            self._to((self._number() + (self._at[0] if relative else 0.0), self._at[1]))
        elif kind == "V":
            self._to((self._at[0], self._number() + (self._at[1] if relative else 0.0)))
        elif kind in "CS":
            first = self._point(relative) if kind == "C" else self._mirrored()
            handle = self._point(relative)
            self._curve(first, handle, self._point(relative))
        elif kind == "Q":
            middle, end = self._point(relative), self._point(relative)
            first = _between(self._at, middle, 2 / 3)
            self._curve(first, _between(end, middle, 2 / 3), end)
        else:
            raise ValueError(f"a drawing uses the path command {command}, which is not read")
        self._handle = handle

    def _mirrored(self) -> tuple[float, float]:
        if self._handle is None:
            return self._at
        return (2 * self._at[0] - self._handle[0], 2 * self._at[1] - self._handle[1])

    def _to(self, point: tuple[float, float]) -> None:
        self.outlines[-1].append(point)
        self._at = point

    def _curve(
        self, first: tuple[float, float], second: tuple[float, float], end: tuple[float, float]
    ) -> None:
        t = np.linspace(0, 1, CURVE_POINTS + 1)[1:, None]
        start = np.array(self._at)
        points = (
            (1 - t) ** 3 * start
            + 3 * (1 - t) ** 2 * t * np.array(first)
            + 3 * (1 - t) * t**2 * np.array(second)
        ) + t**3 * np.array(end)
        self.outlines[-1].extend((float(x), float(y)) for x, y in points)
        self._at = end


def _between(one: tuple[float, float], other: tuple[float, float], share: float) -> tuple[float, float]:
    return (one[0] + (other[0] - one[0]) * share, one[1] + (other[1] - one[1]) * share)
