"""What a sky can show besides sun and clouds: a rainbow, northern lights, fireworks, lightning."""

from __future__ import annotations

import math

from .colour import Colour, colour, faded
from .frame import Frame
from .vector import Points, arc, down, fill, line, poly

BOW = ("#e0564f", "#ef9a4a", "#f4d35e", "#7fc07a", "#5a9fd4", "#8a72c0")


def wonders(frame: Frame, horizon: float) -> None:
    """Everything of this kind that was asked for, above ``horizon`` (a y)."""
    asked = frame.reading.details
    if "aurora" in asked:
        _aurora(frame, horizon)
    if "rainbow" in asked:
        _rainbow(frame, horizon)
    if "fireworks" in asked:
        _fireworks(frame, horizon)
    if "lightning" in asked:
        _lightning(frame, horizon)


def _rainbow(frame: Frame, horizon: float) -> None:
    """A bow from one side of the land to the other."""
    radius = min(frame.width * 0.44, horizon * 0.92)
    band = frame.unit * 0.022
    for index, tone in enumerate(BOW):
        bow = arc(frame.width * 0.5, horizon * 1.04, radius - index * band, radius - index * band, 180, 360)
        frame.add(line(bow, tone, band * 1.15, 0.62))


def _aurora(frame: Frame, horizon: float) -> None:
    """Curtains of green and violet light."""
    rng, unit = frame.chance("aurora"), frame.unit
    for tone, top, share in (("#5fe0a8", 0.2, 0.62), ("#7fe8c8", 0.36, 0.5), ("#a37fe0", 0.1, 0.45)):
        phase, waves = rng.uniform(0, 6), rng.uniform(1.4, 2.4)
        steps = [index / 40 for index in range(41)]
        lower = [
            (
                (frame.width + 80) * step - 40,
                horizon * (top + 0.34) + unit * 0.07 * math.sin(step * math.pi * waves + phase),
            )
            for step in steps
        ]
        upper = [(x + unit * 0.03, y - horizon * 0.32) for x, y in reversed(lower)]
        glow: Colour = colour(tone)
        veil = down(
            horizon * top, horizon * (top + 0.42), faded(glow, 0.0), faded(glow, share), faded(glow, 0.0)
        )
        frame.add(fill(poly(*lower, *upper), veil, blur=unit * 0.016))


def _fireworks(frame: Frame, horizon: float) -> None:
    """Bursts of sparks, a large one and some small ones."""
    rng, unit = frame.chance("fireworks"), frame.unit
    tones = ("#ffd36b", "#ff7d7d", "#7fd4ff", "#c79bff", "#8fe8a0")
    places = ((0.28, 0.3, 0.15), (0.7, 0.22, 0.18), (0.5, 0.46, 0.1), (0.12, 0.52, 0.08), (0.88, 0.5, 0.09))
    for (across, high, size), tone in zip(places, tones, strict=True):
        x, y = frame.width * across, horizon * high * 0.72
        rays: list[Points] = []
        sparks: list[Points] = []
        for turn in range(22):
            angle = turn * math.pi / 11 + rng.uniform(-0.05, 0.05)
            reach = unit * size * rng.uniform(0.8, 1.0)
            end = (x + math.cos(angle) * reach, y + math.sin(angle) * reach + reach * 0.12)
            start = (x + math.cos(angle) * reach * 0.32, y + math.sin(angle) * reach * 0.32)
            rays.append(poly(start, end))
            sparks.append(arc(*end, unit * 0.006, unit * 0.006, points=12))
        frame.add(line(rays, tone, unit * 0.0045, 0.85), fill(sparks, "#fff6de", 0.95))


def _lightning(frame: Frame, horizon: float) -> None:
    """One forked bolt."""
    rng = frame.chance("lightning")
    x, y = frame.width * rng.choice((0.22, 0.78)), -10.0
    bolt = [(x, y)]
    for step in range(9):
        x += frame.unit * rng.uniform(-0.05, 0.05)
        y = horizon * (step + 1) / 9
        bolt.append((x, y))
    fork = [
        bolt[4],
        (bolt[4][0] + frame.unit * 0.07, bolt[5][1]),
        (bolt[4][0] + frame.unit * 0.1, bolt[6][1]),
    ]
    for width, share in ((0.03, 0.18), (0.007, 1.0)):
        frame.add(line([poly(*bolt), poly(*fork)], "#fff8dc", frame.unit * width, share))
