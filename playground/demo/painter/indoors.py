"""Places for one thing: a studio with a plinth, a wooden table."""

from __future__ import annotations

from .colour import Colour, colour, darker, faded, hexed, lighter, mix
from .frame import Frame, Spot
from .vector import arc, box, down, fill, line, linear, poly, radial


def studio(frame: Frame) -> None:
    """One thing on a round plinth before a plain backdrop, light from the upper left."""
    unit, width, height = frame.unit, frame.width, frame.height
    tones = ("#a9bfb2", "#e3b9a4", "#9fb6cc", "#e2c98f", "#b9a9c9")
    base = colour(frame.reading.backdrop or tones[frame.variation % len(tones)])
    if frame.mood.name == "night" or frame.mood.name == "dusk":
        base = mix(base, colour(frame.mood.tint), 0.35)
    base = (base, lighter(base, 0.18), darker(base, 0.3), mix(base, colour("#e8c9a8"), 0.35))[
        frame.variation % 4
    ]
    frame.shade = hexed(darker(base, 0.85))
    middle = height * (0.66 if height >= width else 0.7)
    frame.add(fill(box(0, 0, width, height), down(0, height, lighter(base, 0.16), base, darker(base, 0.1))))
    x = width / 2
    glow = [
        (0.0, faded(lighter(base, 0.75), 0.85)),
        (0.5, faded(lighter(base, 0.6), 0.3)),
        (1.0, faded(lighter(base, 0.6), 0.0)),
    ]
    spot = (x - unit * 0.2, middle - unit * 0.42)
    frame.add(fill(arc(*spot, unit * 0.85, unit * 0.85), radial(spot, unit * 0.85, *glow)))
    floor = height * 0.74 if height >= width else height * 0.76
    frame.add(
        fill(
            box(0, floor, width, height),
            down(floor, height, lighter(base, 0.12), darker(base, 0.14)),
            0.85,
            blur=unit * 0.03,
        )
    )
    # The window outside the picture: a slanting pane of light on the wall, and its edge.
    pane = poly(
        (x - unit * 0.62, -10), (x + unit * 0.02, -10), (x + unit * 0.46, floor), (x - unit * 0.3, floor)
    )
    frame.add(
        fill(
            pane,
            down(0, floor, faded(lighter(base, 0.9), 0.34), faded(lighter(base, 0.9), 0.1)),
            blur=unit * 0.012,
        )
    )
    shade = poly((x + unit * 0.2, -10), (width + 20, -10), (width + 20, floor), (x + unit * 0.64, floor))
    frame.add(fill(shade, darker(base, 0.3), 0.17, blur=unit * 0.03))
    kind = frame.variation % 4
    if kind == 1:
        _arch(frame, x, floor, base)
        _plinth(frame, x, middle - unit * 0.04, base, 0.25, 0.24)
    elif kind == 2:
        _plinth(frame, x, middle + unit * 0.04, base, 0.4, 0.07)
        frame.spots.clear()
        _plinth(frame, x, middle - unit * 0.06, base, 0.25, 0.1)
    elif kind == 3:
        disc = radial(
            (x, middle - unit * 0.3),
            unit * 0.4,
            lighter(base, 0.5),
            (0.98, lighter(base, 0.62)),
            lighter(base, 0.3),
        )
        frame.add(fill(arc(x, middle - unit * 0.3, unit * 0.4, unit * 0.4), disc, 0.9))
        _plinth(frame, x, middle + unit * 0.05, base, 0.38, 0.1)
    else:
        _plinth(frame, x, middle, base, 0.31, 0.125)


def _arch(frame: Frame, x: float, floor: float, base: Colour) -> None:
    """A niche with a round top behind the plinth."""
    unit = frame.unit
    half = min(unit * 0.34, frame.width * 0.42)
    top = max(half * 1.1, floor - unit * 0.5)
    bow = [(float(a), float(b)) for a, b in arc(x, top, half, half, 180, 360, 50)]
    niche = poly(*bow, (x + half, floor), (x - half, floor))
    deep = darker(base, 0.32)
    frame.add(
        fill(niche, linear((x - half, 0), (x + half, 0), deep, mix(base, deep, 0.4), lighter(base, 0.25)))
    )
    frame.add(line(poly(*bow), lighter(base, 0.6), unit * 0.004, 0.6))


def _plinth(frame: Frame, x: float, top: float, base: Colour, wide: float, high: float) -> None:
    """A round plinth of half width ``wide`` and height ``high`` (shares of the unit) with its shadow."""
    unit = frame.unit
    half = min(unit * wide, frame.width * 0.4)
    flat, tall = half * 0.2, min(unit * high, frame.height - top - unit * 0.06)
    dark = darker(base, 0.55)
    shadow = poly(
        (x - half * 0.6, top + tall),
        (x + half, top + tall - flat),
        (x + half * 1.95, top + tall + flat * 0.9),
        (x + half * 1.5, top + tall + flat * 1.7),
        (x, top + tall + flat),
    )
    frame.add(fill(shadow, dark, 0.36, blur=unit * 0.03))
    frame.add(fill(arc(x, top + tall, half * 1.04, flat * 1.1, points=60), dark, 0.5, blur=unit * 0.012))
    pale = mix(lighter(base, 0.6), colour("#ffffff"), 0.25)
    side = [
        *arc(x, top, half, flat, 180, 0, 40).tolist(),
        *arc(x, top + tall, half, flat, 0, 180, 60).tolist(),
    ]
    outline = poly(*((float(a), float(b)) for a, b in side))
    frame.add(
        fill(
            outline,
            linear(
                (x - half, 0),
                (x + half, 0),
                mix(pale, base, 0.25),
                pale,
                (0.4, pale),
                mix(pale, base, 0.75),
                darker(base, 0.22),
            ),
        )
    )
    frame.add(
        fill(
            arc(x, top, half, flat),
            linear((x - half, top), (x + half, top), lighter(pale, 0.7), pale, mix(pale, base, 0.35)),
        )
    )
    frame.add(line(arc(x, top, half, flat, 20, 175, 60), lighter(pale, 0.8), unit * 0.003, 0.7))
    frame.spots.append(Spot(x, top + flat * 0.32, min(unit * 0.5, top * 0.8)))


def table(frame: Frame) -> None:
    """A wooden table by a window."""
    unit, width, height = frame.unit, frame.width, frame.height
    top = height * 0.62
    wall = colour(frame.reading.backdrop or ("#e8c9a0", "#a9bfb2", "#d9a892", "#9fb6cc")[frame.variation % 4])
    wall = mix(wall, colour(frame.mood.tint), frame.mood.share)
    frame.add(fill(box(0, 0, width, height), down(0, top, lighter(wall, 0.3), wall)))
    spot = (width * 0.3, height * 0.2)
    frame.add(fill(arc(*spot, unit, unit), radial(spot, unit, (255, 246, 220, 150), (255, 246, 220, 0))))
    wood = mix(colour("#a9683c"), colour(frame.mood.tint), frame.mood.share)
    board = box(-10, top, width + 10, height + 10)
    frame.add(fill(board, down(top, height, lighter(wood, 0.22), wood, darker(wood, 0.3))))
    seams = [
        poly((width / 2 + (at - 0.5) * width * 0.9, top), (width / 2 + (at - 0.5) * width * 2.2, height + 10))
        for at in (0.0, 0.22, 0.42, 0.6, 0.8, 1.0)
    ]
    frame.add(line(seams, darker(wood, 0.45), unit * 0.004, 0.5))
    frame.add(line(poly((-10, top), (width + 10, top)), lighter(wood, 0.5), unit * 0.006, 0.8))
    frame.spots.append(Spot(width / 2, top + (height - top) * 0.5, min(unit * 0.7, height * 0.66)))
