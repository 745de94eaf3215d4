"""A sandy beach by the sea."""

from __future__ import annotations

import math

from .coast import water
from .colour import colour, darker, lighter, mix
from .frame import Frame, Spot
from .sky import birds, sky
from .terrain import afar, put, ridge
from .vector import Move, Points, arc, down, fill, line, poly


def beach(frame: Frame) -> None:
    """The sea behind, foam, warm sand with shells, a palm at the side."""
    width, height, unit = frame.width, frame.height, frame.unit
    horizon = height * (0.46 if width >= height else 0.52)
    sun_x = width * 0.3
    low = frame.mood.name in ("dusk", "dawn")
    sun = (sun_x, horizon - unit * 0.06 if low else max(unit * 0.14, horizon - unit * 0.36))
    sky(frame, horizon, sun, "soft" if frame.mood.name == "day" else "thin")
    if frame.mood.name != "night":
        birds(frame, width * 0.55, horizon - unit * 0.26, unit * 0.045, "#5a6478")
    afar(frame, horizon)
    water(frame, horizon, sun_x)
    top = horizon + (height - horizon) * 0.36
    sand = mix(colour("#eed3a0"), colour(frame.mood.tint), frame.mood.share * 0.9)
    sand = mix(sand, colour(frame.mood.sky[-1]), 0.12)
    shore = ridge(frame, top, unit * 0.035, 0.9, 0, width)
    foam = lighter(colour(frame.mood.water[0]), 0.75)
    for drop, opacity in ((-0.03, 0.35), (-0.014, 0.85)):
        frame.add(fill(Move(0.0, unit * drop).points(shore), foam, opacity))
    frame.add(fill(Move(0.0, -unit * 0.004).points(shore), darker(sand, 0.22), 0.9))
    frame.add(fill(Move(0.0, unit * 0.012).points(shore), down(top, height, sand, darker(sand, 0.16))))
    _grains(frame, top)
    if not any(figure.name == "palm" for figure in frame.reading.figures):
        put(frame, "palm", width * 0.88, top + (height - top) * 0.3, min(unit * 0.62, height * 0.6))
    ground = top + (height - top) * 0.52
    frame.spots.append(Spot(width / 2, ground, min(unit * 0.58, ground * 0.78)))
    frame.spots.append(Spot(width * 0.3, horizon + (top - horizon) * 0.5, unit * 0.3, True))


def _grains(frame: Frame, top: float) -> None:
    """Ripples, shells and a few starfish."""
    rng, unit = frame.chance("grains"), frame.unit
    area = frame.width * (frame.height - top) / unit**2
    tone = colour(frame.mood.tint)
    ripples: list[Points] = []
    for _ in range(round(min(240, 70 * area * frame.fine))):
        depth = rng.random()
        x, y = rng.uniform(0, frame.width), top + unit * 0.05 + (frame.height - top) * depth
        half = unit * (0.012 + 0.03 * depth)
        ripples.append(arc(x, y + half * 0.3, half, half * 0.3, 200, 340, 9))
    if ripples:
        frame.add(line(ripples, mix(colour("#b98f5c"), tone, frame.mood.share), unit * 0.003, 0.45))
    for hue in ("#f6ece0", "#e88a6a", "#f0b9a8"):
        stars = []
        for _ in range(round(min(28, 7 * area * frame.fine))):
            depth = rng.random()
            x, y = rng.uniform(0, frame.width), top + unit * 0.06 + (frame.height - top) * depth
            stars.append(_star(x, y, unit * (0.006 + 0.012 * depth), rng.uniform(0, 1)))
        if stars:
            frame.add(fill(stars, mix(colour(hue), tone, frame.mood.share)))


def _star(x: float, y: float, size: float, turn: float) -> Points:
    points = []
    for corner in range(10):
        angle = (corner / 5 + turn) * math.pi
        reach = size if corner % 2 == 0 else size * 0.45
        points.append((x + math.cos(angle) * reach, y + math.sin(angle) * reach * 0.7))
    return poly(*points)
