"""The ground before the hills: grass with flowers, snow, a river."""

from __future__ import annotations

import math

from .colour import colour, darker, lighter, mix
from .frame import Frame, Spot
from .terrain import ridge
from .vector import Points, arc, clipped, down, fill, line, poly, tinted


def ground_colours(frame: Frame) -> tuple[str | tuple[float, float, float, float], ...]:
    if frame.reading.weather == "snow":
        pale = mix(colour("#f4f7fb"), colour(frame.mood.tint), frame.mood.share * 0.9)
        return (pale, mix(pale, colour(frame.mood.land[0]), 0.35))
    return (mix(frame.land(0.72), colour(frame.mood.sun), 0.12), darker(frame.land(1.0), 0.12))


def grass(frame: Frame, horizon: float) -> None:
    unit = frame.unit
    top = horizon + (frame.height - horizon) * 0.26
    outline = ridge(frame, top + unit * 0.03, unit * 0.07, 0.6, 0, frame.width)
    frame.add(fill(outline, down(top, frame.height, *ground_colours(frame))))
    if "river" in frame.reading.details:
        _river(frame, top)
    light = poly((0, top), (frame.width * 0.55, top), (frame.width * 0.25, frame.height), (0, frame.height))
    frame.add(clipped(fill(light, lighter(frame.land(0.8), 0.25), 0.22, blur=unit * 0.06), outline))
    if frame.reading.weather != "snow":
        _tufts(frame, top)
    ground = top + (frame.height - top) * 0.42
    frame.spots.append(Spot(frame.width / 2, ground, min(unit * 0.62, ground * 0.78)))


def _river(frame: Frame, top: float) -> None:
    """A river that winds from the hills to the lower edge, beside where things stand."""
    deep = frame.height - top
    left: list[tuple[float, float]] = []
    right: list[tuple[float, float]] = []
    for step in range(31):
        share = step / 30
        middle = frame.width * (0.7 - 0.44 * share) + frame.unit * 0.16 * math.sin(share * 5.6) * (
            0.3 + share
        )
        half = frame.unit * (0.012 + 0.11 * share**1.3)
        left.append((middle - half, top + deep * share + frame.unit * 0.02))
        right.append((middle + half, top + deep * share + frame.unit * 0.02))
    bank = poly(*left, *reversed(right))
    frame.add(line(bank, darker(frame.land(0.9), 0.25), frame.unit * 0.012, 0.5))
    frame.add(fill(bank, down(top, frame.height, *frame.mood.water)))
    ripples = [
        poly((x + (z - x) * 0.3, y), (x + (z - x) * 0.62, y))
        for (x, y), (z, _) in list(zip(left, right, strict=True))[6::3]
    ]
    frame.add(line(ripples, lighter(colour(frame.mood.water[0]), 0.5), frame.unit * 0.005, 0.7))


def _tufts(frame: Frame, top: float) -> None:
    rng, unit = frame.chance("blades"), frame.unit
    area = frame.width * (frame.height - top) / unit**2
    blades: list[Points] = []
    for _ in range(round(min(600, 240 * area * frame.fine))):
        depth = rng.random()
        x, y = rng.uniform(0, frame.width), top + unit * 0.04 + (frame.height - top) * depth
        for lean in (-1, 0, 1):
            size = unit * (0.008 + 0.018 * depth)
            blades.append(
                poly((x + lean * size * 0.3, y), (x + lean * size * 0.8, y - size * rng.uniform(0.8, 1.2)))
            )
    if blades:
        frame.add(line(blades, lighter(frame.land(0.8), 0.18), unit * 0.0035, 0.7))
    rng = frame.chance("flowers")
    tones = ("#fff4dc", "#f7c948", "#f08a8f", "#c8a6dc")
    groups: dict[str, list[Points]] = {tone: [] for tone in tones}
    for _ in range(round(min(320, 130 * area * frame.fine))):
        depth = rng.random()
        x, y = rng.uniform(0, frame.width), top + unit * 0.05 + (frame.height - top) * depth
        size = unit * (0.003 + 0.0075 * depth)
        petals = groups[rng.choice(tones)]
        for turn in range(5):
            angle = turn * 2 * math.pi / 5
            petals.append(
                arc(
                    x + math.cos(angle) * size,
                    y + math.sin(angle) * size * 0.8,
                    size * 0.8,
                    size * 0.7,
                    points=14,
                )
            )
    for tone, petals in groups.items():
        if petals:
            frame.add(tinted(fill(petals, tone, 0.95), colour(frame.mood.tint), frame.mood.share))
