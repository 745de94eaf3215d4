"""Skies: colour, sun or moon, stars, clouds, and what falls from them."""

from __future__ import annotations

import math
import random

from .colour import colour, faded, mix
from .frame import Frame
from .vector import Points, Shape, arc, box, down, fill, line, poly, radial
from .wonders import wonders


def sky(frame: Frame, horizon: float, sun: tuple[float, float] | None = None, clouds: str = "") -> None:
    """A sky down to ``horizon`` (a y), with its sun or moon at ``sun`` and clouds ``thin``, ``soft`` or
    none.
    """
    mood = frame.mood
    frame.add(fill(box(0, 0, frame.width, frame.height), down(0, horizon, *mood.sky)))
    if mood.name == "night" and "stars" not in frame.reading.absent:
        stars(frame, horizon)
    gone = frame.reading.weather == "rain" or {"moon", "low_sun"} & frame.reading.absent
    if sun is not None and not gone:
        light(frame, *sun)
    wonders(frame, horizon)
    if "clouds" in frame.reading.absent:
        return
    if clouds == "thin":
        streaks(frame, horizon)
    elif clouds == "soft":
        puffs(frame, horizon)


def light(frame: Frame, x: float, y: float) -> None:
    """The sun or the moon with its glow."""
    tone = colour(frame.mood.sun)
    size = frame.unit
    low = frame.mood.name in ("dusk", "dawn")
    reach = size * (0.62 if low else 0.42)
    glow = mix(tone, colour("#ffb066"), 0.35) if low else tone
    stops = [
        (0.0, faded(glow, 0.75)),
        (0.16, faded(glow, 0.42)),
        (0.45, faded(glow, 0.14)),
        (1.0, faded(glow, 0.0)),
    ]
    strength = 0.55 if frame.mood.name == "night" else 1.0
    frame.add(fill(arc(x, y, reach, reach), radial((x, y), reach, *stops), strength))
    radius = size * (0.052 if low else 0.045)
    disc = radial((x, y), radius, tone, (0.8, tone), mix(tone, glow, 0.5))
    frame.add(fill(arc(x, y, radius, radius), disc))
    if frame.mood.name == "night":
        for dx, dy, part in ((-0.3, -0.2, 0.2), (0.25, 0.3, 0.26), (0.3, -0.4, 0.13)):
            frame.add(
                fill(arc(x + dx * radius, y + dy * radius, part * radius, part * radius), "#dcd6c0", 0.7)
            )


def stars(frame: Frame, bottom: float) -> None:
    rng = frame.chance("stars")
    number = round(min(520, 90 * frame.fine * frame.width * bottom / 600_000))
    for size, share in ((1.6, 0.55), (2.6, 0.3), (4.0, 0.15)):
        dots = []
        for _ in range(round(number * share)):
            radius = size * rng.uniform(0.7, 1.2)
            dots.append(
                arc(
                    rng.uniform(0, frame.width),
                    rng.random() ** 1.4 * bottom * 0.92,
                    radius,
                    radius,
                    points=12,
                )
            )
        if dots:
            frame.add(fill(dots, "#fdf6e0", 0.5 + size / 10))


def streaks(frame: Frame, horizon: float) -> None:
    """Thin clouds: long soft bands, brighter towards the horizon where the sun lights them from below."""
    rng, mood, unit = frame.rng, frame.mood, frame.unit
    count = round(9 * max(1.0, frame.width / frame.height / 1.5) * max(1.0, horizon / unit / 0.8))
    for index in range(min(26, count)):
        y = horizon * (0.12 + 0.8 * (index + rng.uniform(0.1, 0.9)) / count)
        depth = y / horizon
        width = unit * rng.uniform(0.22, 0.6) * (1.15 - 0.4 * depth)
        height = unit * rng.uniform(0.008, 0.02) * (1.3 - 0.6 * depth)
        x = rng.uniform(-0.05, 1.05) * frame.width
        tone = mix(colour(mood.cloud), colour(mood.sun), depth * 0.5)
        strength = rng.uniform(0.35, 0.7)
        frame.add(fill(arc(x, y, width, height, points=40), tone, strength, blur=height * 0.55))
        shift = rng.uniform(-0.5, 0.5) * width
        frame.add(
            fill(
                arc(x + shift, y + height * 1.2, width * 0.5, height * 0.5, points=40),
                tone,
                strength,
                blur=height * 0.4,
            )
        )
        if depth < 0.75:
            shade = mix(colour(mood.sky[1]), colour(mood.sky[0]), 0.4)
            frame.add(
                fill(
                    arc(x, y - height * 0.9, width * 0.8, height * 0.6, points=40),
                    shade,
                    0.25,
                    blur=height * 0.7,
                )
            )


def puffs(frame: Frame, horizon: float, share: float = 1.0) -> None:
    """Heaped clouds with a flat base, lit from above, in the left ``share`` of the sky."""
    rng, unit = frame.rng, frame.unit
    number = round(min(14, 4 * max(1.0, frame.width / frame.height / 1.3) * max(1.0, horizon / unit)))
    for index in range(number):
        x = share * frame.width * (index + rng.uniform(0.15, 0.85)) / number
        y = horizon * rng.uniform(0.12, 0.62)
        cloud(frame.shapes, frame, x, y, unit * rng.uniform(0.1, 0.2) * (0.55 + 0.6 * (1 - y / horizon)))


def cloud(shapes: list[Shape], frame: Frame, x: float, y: float, size: float, opacity: float = 0.9) -> None:
    """One heaped cloud of half width ``size`` with its base at ``y``."""
    rng = frame.rng
    white = mix(colour(frame.mood.cloud), colour("#ffffff"), 0.35 if frame.mood.name != "night" else 0.0)
    shade = mix(colour(frame.mood.cloud), colour(frame.mood.sky[1]), 0.45)
    outlines = [box(x - size * 0.95, y - size * 0.2, x + size * 0.95, y, size * 0.1)]
    for at, radius in ((-0.62, 0.26), (-0.22, 0.4), (0.22, 0.48), (0.62, 0.3)):
        grown = radius * rng.uniform(0.85, 1.15) * size
        outlines.append(arc(x + at * size, y - grown * 0.62, grown, grown, points=40))
    base = box(x - size * 1.2, y - size * 1.6, x + size * 1.2, y + 0.5)
    shape = fill(outlines, down(y - size * 0.75, y, white, shade), opacity)
    shapes.append(Shape(shape.contours, shape.paint, opacity, blur=size * 0.02, clip=(base,)))


def weather(frame: Frame) -> None:
    """Rain, snow or fog in front of the scene."""
    what = frame.reading.weather
    if what == "rain":
        _rain(frame)
    elif what == "snow":
        _snow(frame)
    elif what == "fog":
        _fog(frame)


def _many(frame: Frame, per_square: float, most: int) -> int:
    return min(most, round(per_square * frame.fine * frame.width * frame.height / frame.short**2))


def _rain(frame: Frame) -> None:
    rng = frame.chance("rain")
    for width, length, opacity in ((2.2, 46.0, 0.35), (3.4, 78.0, 0.4)):
        drops = []
        for _ in range(_many(frame, 110, 500)):
            x, y = rng.uniform(-40, frame.width), rng.uniform(-60, frame.height)
            drops.append(poly((x, y), (x - length * 0.22, y + length)))
        frame.front.append(line(drops, "#e8f1f6", width, opacity))


def _snow(frame: Frame) -> None:
    rng = frame.chance("snow")
    for radius, opacity in ((3.2, 0.75), (5.4, 0.85), (8.5, 0.9)):
        flakes = []
        for _ in range(_many(frame, 60 if radius < 8 else 22, 320)):
            size = radius * rng.uniform(0.7, 1.2)
            flakes.append(
                arc(rng.uniform(0, frame.width), rng.uniform(0, frame.height), size, size, points=14)
            )
        frame.front.append(fill(flakes, "#ffffff", opacity))


def _fog(frame: Frame) -> None:
    rng = frame.rng
    pale = mix(colour(frame.mood.haze), colour("#ffffff"), 0.45 if frame.mood.name != "night" else 0.1)
    for index in range(5):
        y = frame.height * (0.42 + 0.13 * index)
        width = frame.width * rng.uniform(0.45, 0.75)
        height = frame.short * 0.05
        frame.front.append(
            fill(
                arc(frame.width * rng.random(), y, width, height, points=48),
                pale,
                0.55,
                blur=frame.short * 0.035,
            )
        )


def birds(
    frame: Frame,
    x: float,
    y: float,
    size: float,
    tone: str,
    count: int = 4,
    rng: random.Random | None = None,
) -> None:
    """A few birds far away; with ``rng`` apart from all other choices."""
    rng = rng or frame.rng
    wings: list[Points] = []
    for index in range(count):
        cx = x + size * (index * 1.7 + rng.uniform(-0.3, 0.3))
        cy = y + size * (math.sin(index * 1.9) * 0.7 + rng.uniform(-0.2, 0.2))
        wings += gull(cx, cy, size * rng.uniform(0.4, 0.6))
    frame.add(line(wings, tone, size * 0.08))


def gull(x: float, y: float, half: float) -> list[Points]:
    """The two bent wings of a bird far away."""
    wings = []
    for side, lift in ((-1, 0.42), (1, 0.5)):
        steps = [step / 8 for step in range(9)]
        wings.append(
            poly(
                *(
                    (x + side * half * t, y - half * lift * math.sin(math.pi * min(1.0, t * 0.8 + 0.05)))
                    for t in steps
                )
            )
        )
    return wings
