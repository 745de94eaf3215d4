"""A rocky headland above the sea."""

from __future__ import annotations

import numpy as np

from .colour import Colour, colour, darker, lighter, mix
from .frame import Frame, Spot
from .vector import Points, arc, box, clipped, fill, line, linear, poly


def cape(frame: Frame, horizon: float, left: float) -> None:
    """A rocky headland that comes in from the right, with room for a tower on top."""
    rng, unit = frame.rng, frame.unit
    top = horizon - unit * 0.03
    bottom = frame.height
    drop = min(bottom - top, unit * 0.75)
    face = left - unit * 0.07
    outline = [(frame.width + 5, bottom + 5), (frame.width + 5, top + unit * 0.03)]
    span = frame.width - face
    for index in range(13):
        share = index / 12
        x = frame.width - span * share * 0.9
        outline.append(
            (x, top + unit * (0.03 * (1 - share) ** 2 - 0.018 * np.sin(share * 5.2)) + rng.uniform(-3, 3))
        )
    # The cliff: steps outwards and inwards down to the water.
    steps = (
        (0.1, -0.025),
        (0.16, -0.05),
        (0.21, -0.078),
        (0.27, -0.085),
        (0.36, -0.05),
        (0.42, -0.056),
        (0.55, -0.012),
        (0.63, -0.018),
        (0.78, 0.03),
        (0.86, 0.026),
        (1.02, 0.06),
    )
    for share, out in steps:
        outline.append((face + unit * (out + 0.03) + rng.uniform(-4, 4), top + drop * share))
    outline.append((face + unit * 0.14, bottom + 5))
    rock = poly(*((float(x), float(y)) for x, y in outline))
    tone = mix(frame.land(1.0), colour("#6f6a72"), 0.28 if frame.mood.name == "day" else 0.0)
    light = mix(tone, colour(frame.mood.sky[-2]), 0.3)
    frame.add(fill(box(face - unit * 0.1, top + drop * 0.9, frame.width, bottom), darker(tone, 0.5), 0.0))
    frame.add(fill(rock, linear((face, top), (frame.width, bottom), light, tone, darker(tone, 0.35))))
    _facets(frame, rock, (face, top, drop), light, tone)
    edge = poly(*((float(x), float(y) + 2) for x, y in outline[1:20]))
    frame.add(line(edge, mix(light, colour(frame.mood.sun), 0.55), unit * 0.005, 0.75))
    grass = [
        poly((x, y + 3), (x + rng.uniform(-5, 5), y - unit * rng.uniform(0.004, 0.012)))
        for x, y in _along(outline[2:14], 90)
    ]
    frame.add(line(grass, mix(tone, colour("#6f8a58"), 0.35), 2.6))
    rocks = [(-0.09, 0.055), (-0.16, 0.03), (-0.03, 0.04)]
    for dx, size in rocks:
        x, y = face + unit * (dx + 0.02), min(bottom, top + drop * 0.92)
        stone = poly(
            (x - unit * size, y),
            (x - unit * size * 0.6, y - unit * size * 0.7),
            (x + unit * size * 0.1, y - unit * size),
            (x + unit * size * 0.7, y - unit * size * 0.5),
            (x + unit * size, y),
        )
        frame.add(fill(stone, linear((x - unit * size, y), (x + unit * size, y), light, tone)))
        frame.add(
            fill(
                arc(x, y, unit * size * 1.25, unit * 0.006, points=32),
                lighter(colour(frame.mood.water[0]), 0.4),
                0.6,
            )
        )
    x = face + max(unit * 0.2, span * 0.36)
    frame.spots.insert(0, Spot(x, top + unit * 0.012, min(unit * 0.52, top * 0.86)))


def _facets(
    frame: Frame, rock: Points, place: tuple[float, float, float], light: Colour, tone: Colour
) -> None:
    """Lit and shaded faces of the rock, in layers that dip to the left."""
    rng, unit = frame.rng, frame.unit
    face, top, drop = place
    for row in range(7):
        y = top + drop * (0.09 + 0.15 * row)
        for column in range(int((frame.width - face) / (unit * 0.12)) + 3):
            x = face + unit * (0.12 * column - 0.1 + 0.045 * (row % 2)) + rng.uniform(-9, 9)
            high, wide = drop * rng.uniform(0.1, 0.19), unit * rng.uniform(0.05, 0.1)
            facet = poly(
                (x, y),
                (x + wide, y + high * 0.28),
                (x + wide * 0.8, y + high),
                (x + wide * 0.1, y + high * 0.72),
            )
            far = min(1.0, (x - face) / (unit * 0.6))
            shade = rng.random() < 0.4 + 0.4 * far
            frame.add(
                clipped(
                    fill(
                        facet,
                        darker(tone, 0.42) if shade else light,
                        0.34 if shade else 0.3 * (1 - far) + 0.06,
                    ),
                    rock,
                )
            )


def _along(points: list[tuple[float, float]], count: int) -> list[tuple[float, float]]:
    """Points at even steps on a chain of points."""
    places = np.linspace(0, len(points) - 1, count)
    xs = np.interp(places, range(len(points)), [point[0] for point in points])
    ys = np.interp(places, range(len(points)), [point[1] for point in points])
    return list(zip(xs.tolist(), ys.tolist(), strict=True))
