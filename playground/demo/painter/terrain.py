"""What land is made of: ridges, peaks, and drawings that stand far away."""

from __future__ import annotations

import math

import numpy as np

from .colour import colour
from .frame import Frame
from .sky import birds
from .svg import art
from .vector import (
    Points,
    poly,
    tinted,
)


def ridge(
    frame: Frame, base: float, rise: float, waves: float, left: float, right: float, rough: float = 0.0
) -> Points:
    """The outline of a hill range from ``left`` to ``right``, closed at the bottom of the picture.

    ``base`` is the y it rises from by up to ``rise``, ``waves`` how many hills fit in one unit, ``rough``
    how rugged it is.
    """
    rng = frame.rng
    steps = 140
    x = np.linspace(left - 20, right + 20, steps)
    along = (x - left) / frame.unit * waves
    height = np.zeros(steps)
    for octave in range(4):
        height += np.sin(along * 2 * math.pi * 0.5 * 1.9**octave + rng.uniform(0, 6.3)) / 1.9**octave
    height = (height / 3.2 + 0.55).clip(0.0, 1.2)
    if rough:
        jag = np.array([rng.uniform(-1, 1) for _ in range(steps)])
        height = height + rough * (jag * 0.5 + np.interp(np.arange(steps), np.arange(0, steps, 5), jag[::5]))
    y = base - rise * height
    points = np.stack((x, y), axis=1)
    return np.concatenate((points, [[right + 20, frame.height + 20], [left - 20, frame.height + 20]]))


def peaks(frame: Frame, base: float, rise: float, count: int) -> tuple[Points, list[Points]]:
    """A range of pointed mountains, and the shaded side of each."""
    rng = frame.rng
    points: list[tuple[float, float]] = [(-20.0, frame.height + 20), (-20.0, base)]
    shades: list[Points] = []
    step = (frame.width + 40) / count
    for index in range(count):
        x = -20 + step * (index + 0.5 + rng.uniform(-0.2, 0.2))
        top = base - rise * rng.uniform(0.5, 1.0)
        foot = base - rise * rng.uniform(0.0, 0.22)
        right = -20 + step * (index + 1)
        points += [((x * 2 + right - step) / 3, top + (base - top) * 0.38), (x, top)]
        points += [(x + (right - x) * 0.45, top + (foot - top) * 0.5), (right, foot)]
        shades.append(
            poly(
                (x, top),
                (x + (right - x) * 0.45, top + (foot - top) * 0.5),
                (right, foot),
                (right, base + rise * 0.2),
                (x + step * 0.02, base + rise * 0.2),
                (x - step * 0.05, top + (base - top) * 0.6),
                (x + step * 0.04, top + (base - top) * 0.34),
            )
        )
    points.append((frame.width + 20, frame.height + 20))
    return poly(*points), shades


def _season(frame: Frame) -> str:
    """The colour of leaves where it is not that of summer."""
    if "autumn" in frame.reading.details:
        return frame.chance(f"leaf {len(frame.shapes)}").choice(("#e08a3c", "#d9603a", "#e5b23f"))
    return "#f3b0c4" if "spring" in frame.reading.details else ""


def put(frame: Frame, name: str, x: float, y: float, height: float, haze: float = 0.0) -> None:
    """A drawing as part of the landscape, ``haze`` (0 to 1) far away."""
    drawing = art(name, _season(frame) if name == "tree" else "")
    scale = height / drawing.height
    for shape in drawing.at(x, y, scale):
        near = tinted(shape, colour(frame.mood.tint), frame.mood.share)
        frame.add(tinted(near, colour(frame.mood.haze), haze))


def afar(frame: Frame, horizon: float) -> None:
    """What only a large picture has room for: a second flock at 2K, balloons far away at 4K."""
    if frame.mood.name == "night" or frame.reading.weather:
        return
    unit, rng = frame.unit, frame.chance("afar")
    if frame.fine >= 1.3:
        birds(frame, frame.width * rng.uniform(0.06, 0.14), horizon * 0.3, unit * 0.026, "#5a6478", 7, rng)
    if frame.fine >= 1.8:
        for x, y, size in ((0.9, 0.3, 0.085), (0.83, 0.45, 0.05)):
            put(frame, "balloon", frame.width * x, horizon * y + unit * size, unit * size, 0.25)
