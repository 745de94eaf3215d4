"""A city: rows of houses one behind the other, windows, a street."""

from __future__ import annotations

from .colour import colour, darker, lighter, mix
from .frame import Frame, Spot
from .sky import birds, sky
from .skyline import promenade, towers
from .terrain import put
from .vector import Points, box, down, fill, line, linear, poly

WALLS = ("#e2725b", "#f0b862", "#7fa7b8", "#f2dcc0", "#8fae8b", "#c98aa0")


def city(frame: Frame) -> None:
    """A skyline: towers one row behind the other, a promenade with trees before them."""
    ground = _open(frame, 0.86)
    for depth in (0.0, 0.35):
        _row(frame, ground, depth)
    towers(frame, ground)
    promenade(frame, ground)


def street(frame: Frame) -> None:
    """A street of coloured town houses with shops."""
    ground = _open(frame, 0.84)
    _row(frame, ground, 0.0)
    if frame.height >= frame.unit * 0.6:
        _houses(frame, ground)
    _street(frame, ground)


def _open(frame: Frame, share: float) -> float:
    """The sky; where the ground begins (a y)."""
    unit, width = frame.unit, frame.width
    ground = frame.height * share
    low = frame.mood.name in ("dusk", "dawn")
    sky(
        frame,
        ground,
        (width * 0.26, ground - unit * (0.5 if low else 0.62)),
        "thin" if frame.mood.name != "day" else "soft",
    )
    if frame.mood.name != "night":
        birds(frame, width * 0.6, ground * 0.2, unit * 0.04, "#5a6478")
    return ground


def _row(frame: Frame, ground: float, depth: float) -> None:
    rng, unit = frame.rng, frame.unit
    tone = mix(frame.land(depth * 0.9), colour(frame.mood.haze), 0.45 * (1 - depth))
    bodies: list[Points] = []
    lamps: list[Points] = []
    x = -unit * 0.05
    while x < frame.width:
        wide = unit * rng.uniform(0.05, 0.1)
        top = ground - min(unit * 0.72, ground * 0.74) * rng.uniform(0.5, 1.0) * (1.0 - depth * 0.42)
        bodies.append(box(x, top, x + wide, ground + 5))
        if rng.random() < 0.3:
            bodies.append(box(x + wide * 0.25, top - unit * 0.03, x + wide * 0.75, top + 2))
            bodies.append(box(x + wide * 0.48, top - unit * 0.09, x + wide * 0.52, top))
        lamps += _lamps(frame, x, top, wide, ground)
        x += wide + unit * rng.uniform(0.0, 0.014)
    frame.add(fill(bodies, down(ground - unit * 0.7, ground, tone, mix(tone, colour(frame.mood.haze), 0.5))))
    if lamps:
        lit = frame.mood.lit
        frame.add(fill(lamps, "#ffd884" if lit else lighter(tone, 0.5), 0.85 if lit else 0.5))


def _lamps(frame: Frame, x: float, top: float, wide: float, ground: float) -> list[Points]:
    rng = frame.rng
    size = frame.unit * 0.0085
    columns = max(2, int(wide / (size * 2.2)))
    rows = min(26, int((ground - top) / (size * 2.8)))
    share = 0.34 if frame.mood.lit else 0.5
    result = []
    for row in range(1, rows):
        for column in range(columns):
            if rng.random() < share:
                px = x + wide * (column + 0.5) / columns
                py = top + row * size * 2.8
                result.append(box(px - size * 0.5, py - size * 0.75, px + size * 0.5, py + size * 0.75))
    return result


def _houses(frame: Frame, ground: float) -> None:
    """Town houses along the street, each with a roof, a door and a shop awning."""
    rng, unit = frame.rng, frame.unit
    tint, share = colour(frame.mood.tint), frame.mood.share * 1.25
    x = -unit * rng.uniform(0.02, 0.1)
    index = rng.randrange(len(WALLS))
    while x < frame.width:
        wide, tall = unit * rng.uniform(0.16, 0.22), unit * rng.uniform(0.2, 0.33)
        top = ground - tall
        wall = mix(colour(WALLS[index % len(WALLS)]), tint, share)
        frame.add(
            fill(
                box(x, top, x + wide, ground),
                linear((x, top), (x + wide, ground), lighter(wall, 0.18), wall, darker(wall, 0.18)),
            )
        )
        roof = darker(wall, 0.5)
        if index % 3 == 0:
            frame.add(
                fill(poly((x - 4, top + 2), (x + wide / 2, top - wide * 0.42), (x + wide + 4, top + 2)), roof)
            )
        else:
            frame.add(fill(box(x - 5, top - unit * 0.018, x + wide + 5, top + unit * 0.006), roof))
        rows = max(1, int((tall - unit * 0.13) / (unit * 0.075)))
        panes = [
            box(
                x + wide * at - unit * 0.016,
                top + unit * (0.03 + 0.075 * row),
                x + wide * at + unit * 0.016,
                top + unit * (0.078 + 0.075 * row),
                unit * 0.003,
            )
            for row in range(rows)
            for at in (0.22, 0.5, 0.78)
        ]
        lit = [pane for pane in panes if rng.random() < 0.6] if frame.mood.lit else panes
        frame.add(
            fill(panes, darker(wall, 0.45)),
            fill(lit or panes[:1], "#ffdc8f" if frame.mood.lit else mix(colour("#d9edf2"), tint, share)),
        )
        _shop(frame, x, ground, wide, index)
        x += wide
        index += rng.choice((1, 2, 4))


def _shop(frame: Frame, x: float, ground: float, wide: float, index: int) -> None:
    unit = frame.unit
    tint, share = colour(frame.mood.tint), frame.mood.share
    glow = colour("#ffe6ad") if frame.mood.lit else mix(colour("#bfdde2"), tint, share)
    frame.add(fill(box(x + wide * 0.1, ground - unit * 0.085, x + wide * 0.62, ground - unit * 0.015), glow))
    frame.add(
        fill(
            box(x + wide * 0.7, ground - unit * 0.1, x + wide * 0.9, ground),
            mix(colour("#5a3a34"), tint, share),
        )
    )
    stripe = wide * 0.58 / 6
    for at in range(6):
        tone = mix(colour("#fff6e6" if at % 2 else ("#d9573f", "#3f8f86", "#e0a33a")[index % 3]), tint, share)
        left = x + wide * 0.07 + stripe * at
        frame.add(
            fill(box(left, ground - unit * 0.115, left + stripe, ground - unit * 0.08, stripe * 0.3), tone)
        )


def _street(frame: Frame, ground: float) -> None:
    rng, unit, width, height = frame.rng, frame.unit, frame.width, frame.height
    pave = mix(colour("#cfc4b8"), colour(frame.mood.tint), frame.mood.share * 1.2)
    kerb = ground + (height - ground) * 0.34
    frame.add(fill(box(0, ground, width, kerb), down(ground, kerb, pave, darker(pave, 0.1))))
    tar = mix(colour("#6f6c7a"), colour(frame.mood.tint), frame.mood.share)
    frame.add(
        fill(box(0, kerb, width, height), down(kerb, height, tar, darker(tar, 0.3))),
        fill(box(0, kerb, width, kerb + unit * 0.008), lighter(pave, 0.4)),
    )
    marks = [
        poly((x, (kerb + height) / 2), (x + unit * 0.09, (kerb + height) / 2))
        for x in (unit * 0.2 * step for step in range(int(width / unit / 0.2) + 1))
    ]
    frame.add(line(marks, "#f5e9c8", unit * 0.009, 0.7))
    for step in range(int(width / (unit * 0.42)) + 1):
        put(
            frame,
            "tree",
            unit * (0.12 + 0.42 * step) + rng.uniform(-0.03, 0.03) * unit,
            ground + unit * 0.02,
            unit * rng.uniform(0.15, 0.2),
        )
    frame.spots.append(Spot(width / 2, kerb + (height - kerb) * 0.45, min(unit * 0.6, ground * 0.7)))
