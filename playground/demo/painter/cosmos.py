"""Space: stars, a ringed planet, the surface of a moon."""

from __future__ import annotations

from .colour import colour, darker, faded, lighter
from .frame import Frame, Spot
from .sky import stars
from .terrain import ridge
from .vector import arc, box, clipped, down, fill, line, linear, radial

HUES = (
    ("#0b1030", "#2a1f5c", "#6a3f86", "#e59a5f", "#c85f6a"),
    ("#07162b", "#0f3a5c", "#2f7f86", "#8fd0b8", "#e0a85f"),
    ("#180c2b", "#43205c", "#9c3f6f", "#f0b070", "#6f8fd0"),
)
"""Sky from above to below, planet, and its companion."""


def space(frame: Frame) -> None:
    unit, width, height, rng = frame.unit, frame.width, frame.height, frame.rng
    top, middle, low, planet, second = (colour(tone) for tone in HUES[frame.variation % len(HUES)])
    frame.add(fill(box(0, 0, width, height), linear((0, 0), (width * 0.4, height), top, middle, top)))
    for _ in range(5):
        x, y, r = rng.uniform(0, width), rng.uniform(0, height * 0.8), unit * rng.uniform(0.25, 0.5)
        frame.add(
            fill(
                arc(x, y, r, r * 0.6),
                radial((x, y), r, faded(low, 0.42), faded(low, 0.14), faded(low, 0.0), flat=0.6),
            )
        )
    stars(frame, height)
    x, y, r = width * 0.78, height * 0.26, unit * 0.16
    frame.add(
        fill(
            arc(x, y, r * 2, r * 2),
            radial((x, y), r * 2, faded(planet, 0.5), faded(planet, 0.12), faded(planet, 0.0)),
        )
    )
    ring = lighter(planet, 0.4)
    frame.add(line(arc(x, y, r * 1.8, r * 0.42, 180, 360, 60), ring, r * 0.09, 0.8))
    body = arc(x, y, r, r)
    frame.add(
        fill(body, linear((x - r, y - r), (x + r, y + r), lighter(planet, 0.3), planet, darker(planet, 0.7)))
    )
    bands = [box(x - r, y + r * at, x + r, y + r * (at + 0.14), r * 0.07) for at in (-0.62, -0.2, 0.3)]
    frame.add(clipped(fill(bands, darker(planet, 0.3), 0.35), body))
    frame.add(line(arc(x, y, r * 1.8, r * 0.42, 0, 180, 60), ring, r * 0.09, 0.95))
    x, y, r = width * 0.16, height * 0.2, unit * 0.055
    frame.add(
        fill(
            arc(x, y, r, r),
            linear((x - r, y - r), (x + r, y + r), lighter(second, 0.4), second, darker(second, 0.6)),
        )
    )
    ground = height * 0.86
    moon = ridge(frame, ground, unit * 0.05, 0.8, 0, width)
    tone = colour("#b9b3c9")
    frame.add(fill(moon, down(ground - unit * 0.05, height, lighter(tone, 0.2), darker(tone, 0.4))))
    for _ in range(round(9 * width / unit)):
        cx, cy, size = (
            rng.uniform(0, width),
            ground + (height - ground) * rng.uniform(0.25, 0.95),
            unit * rng.uniform(0.012, 0.05),
        )
        frame.add(
            fill(arc(cx, cy, size, size * 0.32, points=36), darker(tone, 0.45), 0.6),
            fill(arc(cx, cy + size * 0.06, size * 0.86, size * 0.22, points=36), darker(tone, 0.25), 0.8),
        )
    frame.spots += [
        Spot(width * 0.5, ground + (height - ground) * 0.4, unit * 0.55),
        Spot(width * 0.46, height * 0.46, unit * 0.62, True),
    ]
