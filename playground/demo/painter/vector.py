"""Shapes with a paint, in the drawing's own units (its short side is 1000 units, y grows downwards)."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from .colour import Colour, colour, mix

Points = npt.NDArray[np.float64]
"""An outline: one row per point, x and y."""

Stops = tuple[tuple[float, Colour], ...]


@dataclass(frozen=True)
class Paint:
    """A colour or a gradient.

    ``linear`` runs from ``start`` to ``end``; ``radial`` runs from the centre ``start`` outwards, with
    ``end`` as its two radii. A plain colour is a gradient of one stop.
    """

    stops: Stops
    kind: str = "solid"
    start: tuple[float, float] = (0.0, 0.0)
    end: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class Shape:
    """One painted outline or line.

    ``stroke`` is the width of a line with round ends, 0 for a filled outline; ``blur`` is the softness of
    its edge (standard deviation); ``clip`` keeps the paint inside other outlines.
    """

    contours: tuple[Points, ...]
    paint: Paint
    opacity: float = 1.0
    stroke: float = 0.0
    blur: float = 0.0
    clip: tuple[Points, ...] = ()

    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of everything this shape may touch."""
        every = np.concatenate(self.contours)
        spread = self.stroke / 2 + 3 * self.blur
        left, top = every.min(axis=0) - spread
        right, bottom = every.max(axis=0) + spread
        return (float(left), float(top), float(right), float(bottom))


@dataclass(frozen=True)
class Move:
    """Turn (degrees, clockwise) around the origin, scale and shift; a negative ``sx`` mirrors."""

    x: float = 0.0
    y: float = 0.0
    sx: float = 1.0
    sy: float = 1.0
    turn: float = 0.0

    def points(self, outline: Points) -> Points:
        angle = math.radians(self.turn)
        cos, sin = math.cos(angle), math.sin(angle)
        x, y = outline[:, 0] * self.sx, outline[:, 1] * self.sy
        return np.stack((x * cos - y * sin + self.x, x * sin + y * cos + self.y), axis=1)

    def point(self, at: tuple[float, float]) -> tuple[float, float]:
        moved = self.points(np.array([at], dtype=float))[0]
        return (float(moved[0]), float(moved[1]))

    @property
    def size(self) -> float:
        return math.sqrt(abs(self.sx * self.sy))

    def paint(self, paint: Paint) -> Paint:
        if paint.kind == "solid":
            return paint
        if paint.kind == "linear":
            return replace(paint, start=self.point(paint.start), end=self.point(paint.end))
        radii = (paint.end[0] * abs(self.sx), paint.end[1] * abs(self.sy))
        return replace(paint, start=self.point(paint.start), end=radii)

    def shape(self, shape: Shape) -> Shape:
        return replace(
            shape,
            contours=tuple(self.points(outline) for outline in shape.contours),
            clip=tuple(self.points(outline) for outline in shape.clip),
            paint=self.paint(shape.paint),
            stroke=shape.stroke * self.size,
            blur=shape.blur * self.size,
        )

    def shapes(self, shapes: Iterable[Shape]) -> list[Shape]:
        return [self.shape(shape) for shape in shapes]


def tinted(shape: Shape, tone: Colour, share: float) -> Shape:
    """The shape as it looks in coloured light or haze."""
    stops = tuple((at, mix(stop, tone, share)) for at, stop in shape.paint.stops)
    return replace(shape, paint=replace(shape.paint, stops=stops))


def solid(tone: Colour | str) -> Paint:
    return Paint(((0.0, colour(tone) if isinstance(tone, str) else tone),))


def _spread(tones: Sequence[Colour | str | tuple[float, Colour]]) -> Stops:
    """Stops at even distances, unless a tone brings its own place."""
    last = max(1, len(tones) - 1)
    stops: list[tuple[float, Colour]] = []
    for at, tone in enumerate(tones):
        if isinstance(tone, str):
            stops.append((at / last, colour(tone)))
        elif len(tone) == 2:
            stops.append(tone)
        else:
            stops.append((at / last, tone))
    return tuple(stops)


def linear(
    start: tuple[float, float], end: tuple[float, float], *tones: Colour | str | tuple[float, Colour]
) -> Paint:
    return Paint(_spread(tones), "linear", start, end)


def down(top: float, bottom: float, *tones: Colour | str | tuple[float, Colour]) -> Paint:
    """A gradient from ``top`` to ``bottom``."""
    return linear((0.0, top), (0.0, bottom), *tones)


def radial(
    centre: tuple[float, float], radius: float, *tones: Colour | str | tuple[float, Colour], flat: float = 1.0
) -> Paint:
    """A gradient outwards; ``flat`` is height over width."""
    return Paint(_spread(tones), "radial", centre, (radius, radius * flat))


def box(left: float, top: float, right: float, bottom: float, corner: float = 0.0) -> Points:
    """A rectangle, with round corners if ``corner`` (a radius) is given."""
    if corner <= 0:
        return np.array([(left, top), (right, top), (right, bottom), (left, bottom)], dtype=float)
    radius = min(corner, (right - left) / 2, (bottom - top) / 2)
    centres = (
        (right - radius, top + radius, -90.0),
        (right - radius, bottom - radius, 0.0),
        (left + radius, bottom - radius, 90.0),
        (left + radius, top + radius, 180.0),
    )
    return np.concatenate([arc(x, y, radius, radius, turn, turn + 90, 9) for x, y, turn in centres])


def arc(
    x: float, y: float, rx: float, ry: float, start: float = 0.0, end: float = 360.0, points: int = 96
) -> Points:
    """Points on an ellipse from one angle to another (degrees, clockwise from the right)."""
    angles = np.radians(np.linspace(start, end, points))
    return np.stack((x + rx * np.cos(angles), y + ry * np.sin(angles)), axis=1)


def poly(*points: tuple[float, float]) -> Points:
    return np.array(points, dtype=float)


def fill(
    outline: Points | Sequence[Points], paint: Paint | str | Colour, opacity: float = 1.0, blur: float = 0.0
) -> Shape:
    """A filled shape; several outlines share one paint."""
    contours = (outline,) if isinstance(outline, np.ndarray) else tuple(outline)
    return Shape(contours, paint if isinstance(paint, Paint) else solid(paint), opacity, blur=blur)


def line(
    outline: Points | Sequence[Points], paint: Paint | str | Colour, width: float, opacity: float = 1.0
) -> Shape:
    """A line, or several of one paint."""
    contours = (outline,) if isinstance(outline, np.ndarray) else tuple(outline)
    return Shape(contours, paint if isinstance(paint, Paint) else solid(paint), opacity, stroke=width)


def clipped(shape: Shape, *outlines: Points) -> Shape:
    return replace(shape, clip=tuple(outlines))
