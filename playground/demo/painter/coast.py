"""The sea: water with the light on it, a cape, a beach; and below its surface."""

from __future__ import annotations

import numpy as np

from .book import entry
from .cape import cape
from .colour import colour, darker, faded, lighter, mix
from .frame import Frame, Spot
from .sky import birds, sky
from .terrain import afar, ridge
from .vector import Points, arc, box, down, fill, line, poly, radial


def sea(frame: Frame) -> None:
    """A calm sea; a cape on the right where something stands on land."""
    carried = [figure for figure in frame.reading.figures if figure.base is None and _walks(figure.name)]
    horizon = frame.height * (0.56 if frame.width >= frame.height else 0.6)
    unit = frame.unit
    cape_x = frame.width - min(frame.width * 0.32, unit * 0.52)
    sun_x = (cape_x - unit * 0.1) * 0.52 if carried else frame.width * 0.3
    high = frame.mood.name in ("day", "night")
    sun = (sun_x, max(unit * 0.15, horizon - unit * 0.42) if high else horizon - unit * 0.05)
    sky(
        frame,
        horizon,
        sun,
        "thin" if frame.mood.name != "day" or "clouds" in frame.reading.details else "soft",
    )
    if frame.mood.name == "day":
        birds(frame, frame.width * 0.16, horizon - unit * 0.3, unit * 0.05, "#4d6a7c")
    afar(frame, horizon)
    coastline = ridge(frame, horizon + 1, unit * 0.035, 2.4, frame.width * 0.0, frame.width)
    frame.add(fill(coastline, mix(frame.land(0.0), colour(frame.mood.haze), 0.35)))
    water(frame, horizon, sun_x)
    frame.spots.append(Spot(frame.width * 0.3, horizon + (frame.height - horizon) * 0.34, unit * 0.42, True))
    if carried:
        cape(frame, horizon, cape_x)


def _walks(name: str) -> bool:
    """Whether a subject needs land below its feet."""
    return entry(name).get("in") in ("ground", "table")


def water(frame: Frame, horizon: float, sun_x: float) -> None:
    """Water from the horizon down, with a path of light below the sun."""
    rng, mood, unit = frame.rng, frame.mood, frame.unit
    height = frame.height - horizon
    frame.add(fill(box(0, horizon, frame.width, frame.height), down(horizon, frame.height, *mood.water)))
    glow = mix(colour(mood.sun), colour(mood.sky[-1]), 0.45)
    path = poly(
        (sun_x - unit * 0.06, horizon),
        (sun_x + unit * 0.06, horizon),
        (sun_x + unit * 0.24, frame.height),
        (sun_x - unit * 0.24, frame.height),
    )
    fade = down(horizon, horizon + height * 0.9, faded(glow, 0.6), faded(glow, 0.22), faded(glow, 0.0))
    frame.add(fill(path, fade, 0.9, blur=unit * 0.03))
    frame.add(fill(box(0, horizon - 1, frame.width, horizon + unit * 0.006), faded(glow, 0.5)))
    rows = 34
    dark: list[tuple[float, float, float, float]] = []
    bright: list[tuple[float, float, float, float]] = []
    shine: list[tuple[float, float, float, float]] = []
    for row in range(rows):
        depth = (row + rng.random()) / rows
        y = horizon + height * depth**1.5 + unit * 0.004
        size = unit * (0.008 + 0.05 * depth)
        for _ in range(round(min(18.0, 2.2 * frame.width / unit / (0.35 + depth)))):
            x = rng.uniform(0, frame.width)
            part = size * rng.uniform(0.5, 1.6)
            (dark if rng.random() < 0.55 else bright).append(
                (x - part, x + part, y + rng.uniform(-2, 2), depth)
            )
        for _ in range(4):
            x = sun_x + rng.gauss(0, 1) * unit * (0.03 + 0.085 * depth)
            part = size * rng.uniform(0.4, 1.3)
            shine.append((x - part, x + part, y + rng.uniform(-3, 3), depth))
    low, top = colour(mood.water[1]), colour(mood.water[0])
    for marks, tone, opacity in (
        (dark, darker(low, 0.2), 0.3),
        (bright, lighter(top, 0.2), 0.34),
        (shine, glow, 0.85),
    ):
        for near in (False, True):
            strokes = [
                _lens(x0, x1, y, 1.2 + 3.2 * depth) for x0, x1, y, depth in marks if (depth > 0.5) == near
            ]
            if strokes:
                frame.add(fill(strokes, tone, opacity))


def _lens(left: float, right: float, y: float, thick: float) -> Points:
    return poly((left, y), ((left + right) / 2, y - thick), (right, y), ((left + right) / 2, y + thick))


def underwater(frame: Frame) -> None:
    """Below the surface: light from above, sand, weeds and bubbles."""
    rng, unit, width, height = frame.rng, frame.unit, frame.width, frame.height
    frame.add(fill(box(0, 0, width, height), down(0, height, "#8fdbe0", "#3fa3c4", "#1d6a9c", "#123f74")))
    rays = []
    for index in range(7):
        x = width * (index + rng.uniform(0.2, 0.8)) / 7
        rays.append(
            poly(
                (x - unit * 0.02, -10),
                (x + unit * 0.05, -10),
                (x - unit * 0.08, height * 0.8),
                (x - unit * 0.25, height * 0.8),
            )
        )
    frame.add(fill(rays, down(0, height * 0.8, (255, 255, 240, 90), (255, 255, 240, 0)), blur=unit * 0.014))
    for depth, tone in ((0.8, "#2b6f9a"), (0.88, "#2a5f86")):
        frame.add(fill(ridge(frame, height * depth, unit * 0.06, 2.0, 0, width), tone, 0.8))
    sand = ridge(frame, height * 0.92, unit * 0.025, 1.4, 0, width)
    frame.add(fill(sand, down(height * 0.88, height, "#e6d3a0", "#b99f78")))
    for _ in range(round(7 * width / unit)):
        x, tall = rng.uniform(0, width), unit * rng.uniform(0.1, 0.3)
        for blade in range(3):
            lean = unit * rng.uniform(-0.05, 0.05)
            base = x + blade * unit * 0.02
            steps = [
                (base + lean * t + unit * 0.012 * np.sin(t * 7 + blade), height * 0.95 - tall * t)
                for t in np.linspace(0, 1, 14)
            ]
            frame.add(
                line(
                    poly(*((float(a), float(b)) for a, b in steps)),
                    rng.choice(("#2f8f78", "#3fa56f", "#d9687a", "#e8935c")),
                    unit * 0.014,
                )
            )
    for _ in range(round(26 * width / unit)):
        x, y, radius = (
            rng.uniform(0, width),
            rng.uniform(0.05, 0.9) * height,
            unit * rng.uniform(0.004, 0.016),
        )
        frame.add(
            fill(
                arc(x, y, radius, radius, points=24),
                radial(
                    (x, y), radius, (255, 255, 255, 30), (0.75, (255, 255, 255, 60)), (255, 255, 255, 190)
                ),
            )
        )
    frame.spots += [Spot(width * 0.5, height * 0.62, unit * 0.42, True)]
