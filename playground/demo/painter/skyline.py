"""The near towers of a city, and the promenade before them."""

from __future__ import annotations

from .colour import Colour, colour, darker, lighter, mix
from .frame import Frame, Spot
from .terrain import put
from .vector import Points, arc, box, down, fill, line, linear, poly

GLASS = ("#6f9cc0", "#8fb8c9", "#e0b48a", "#7f8fb8", "#c98f86", "#a9c3b4")


def towers(frame: Frame, ground: float) -> None:
    """Tall houses of glass and stone, each with another top; lower in the middle, where figures stand."""
    rng, unit = frame.rng, frame.unit
    x = -unit * rng.uniform(0.02, 0.08)
    index = rng.randrange(len(GLASS))
    while x < frame.width:
        wide = unit * rng.uniform(0.11, 0.17)
        off = min(1.0, abs(x + wide / 2 - frame.width / 2) / (unit * 0.55))
        tall = min(unit * 0.66, ground * 0.8) * (0.5 + 0.5 * off) * rng.uniform(0.78, 1.0)
        tone = mix(colour(GLASS[index % len(GLASS)]), colour(frame.mood.tint), frame.mood.share * 1.3)
        tone = mix(tone, colour(frame.mood.haze), 0.12)
        _tower(frame, (x, ground - tall, x + wide, ground), tone, index)
        x += wide + unit * rng.uniform(0.004, 0.02)
        index += rng.choice((1, 2, 5))


def _tower(frame: Frame, place: tuple[float, float, float, float], tone: Colour, kind: int) -> None:
    unit = frame.unit
    left, top, right, ground = place
    wide, middle = right - left, (left + right) / 2
    body = linear((left, top), (right, ground), lighter(tone, 0.3), tone, darker(tone, 0.2))
    dark = darker(tone, 0.4)
    if kind % 4 == 0:
        frame.add(line(poly((middle, top - unit * 0.11), (middle, top)), dark, unit * 0.006))
        step = box(left + wide * 0.22, top - unit * 0.035, right - wide * 0.22, top + 3)
        frame.add(fill(step, body))
    elif kind % 4 == 1:
        frame.add(fill(poly((left, top + 2), (right, top + 2), (right, top - unit * 0.06)), body))
    elif kind % 4 == 2:
        frame.add(fill(arc(middle, top + 2, wide / 2, wide * 0.42, 180, 360, 40), body))
    frame.add(fill(box(left, top, right, ground + 4), body))
    shade = box(middle + wide * 0.18, top, right, ground + 4)
    frame.add(fill(shade, dark, 0.25))
    _windows(frame, place, tone)


def _windows(frame: Frame, place: tuple[float, float, float, float], tone: Colour) -> None:
    rng, unit = frame.rng, frame.unit
    left, top, right, ground = place
    size = unit * 0.0125
    columns = max(2, int((right - left) / (size * 2.3)))
    rows = max(1, int((ground - top - unit * 0.03) / (size * 2.5)))
    lit: list[Points] = []
    blind: list[Points] = []
    for row in range(rows):
        for column in range(columns):
            x = left + (right - left) * (column + 0.5) / columns
            y = top + unit * 0.022 + row * size * 2.5
            pane = box(x - size * 0.62, y, x + size * 0.62, y + size * 1.5)
            (lit if rng.random() < (0.5 if frame.mood.lit else 0.62) else blind).append(pane)
    glow = colour("#ffdf94") if frame.mood.lit else lighter(tone, 0.6)
    frame.add(fill(blind, darker(tone, 0.3), 0.6), fill(lit, glow, 0.95 if frame.mood.lit else 0.75))


def promenade(frame: Frame, ground: float) -> None:
    """A lawn with trees, and a path of light stone along the lower edge."""
    rng, unit, width, height = frame.rng, frame.unit, frame.width, frame.height
    pale = frame.reading.weather == "snow"
    lawn = colour("#f2f5fa") if pale else mix(frame.land(0.75), colour("#7fae62"), 0.35)
    lawn = mix(lawn, colour(frame.mood.tint), frame.mood.share * 0.8)
    kerb = ground + (height - ground) * 0.4
    frame.add(fill(box(0, ground, width, kerb + 4), down(ground, kerb, lawn, darker(lawn, 0.14))))
    for step in range(int(width / (unit * 0.2)) + 2):
        x = unit * (0.2 * step) + rng.uniform(-0.05, 0.05) * unit
        if abs(x - width / 2) > unit * 0.2:
            put(frame, "tree", x, ground + unit * 0.025, unit * rng.uniform(0.11, 0.17), 0.08)
    stone = mix(colour("#d8ccbd"), colour(frame.mood.tint), frame.mood.share * 1.2)
    frame.add(fill(box(0, kerb, width, height), down(kerb, height, stone, darker(stone, 0.2))))
    frame.add(fill(box(0, kerb, width, kerb + unit * 0.007), lighter(stone, 0.5)))
    joints = [
        poly((width / 2 + (at - width / 2) * 0.8, kerb), (width / 2 + (at - width / 2) * 1.25, height))
        for at in (unit * 0.18 * step for step in range(-1, int(width / unit / 0.18) + 3))
    ]
    frame.add(line(joints, darker(stone, 0.25), unit * 0.0025, 0.4))
    frame.spots.append(Spot(width / 2, kerb + (height - kerb) * 0.5, min(unit * 0.6, ground * 0.7)))
