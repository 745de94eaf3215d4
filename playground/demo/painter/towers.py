"""The buildings of the future city, and the leaves that grow on them."""

from __future__ import annotations

from .colour import Colour, colour, faded, lighter, mix
from .frame import Frame
from .vector import (
    Points,
    Shape,
    arc,
    box,
    clipped,
    fill,
    line,
    linear,
    poly,
)


def shade(frame: Frame, tone: str | Colour, depth: float) -> Colour:
    """A colour at a depth (0 far, 1 near) in the light of the scene."""
    own = colour(tone) if isinstance(tone, str) else tone
    lit = mix(own, colour(frame.mood.tint), frame.mood.share)
    return mix(lit, colour(frame.mood.haze), (1 - depth) * 0.75)


def steps(start: float, end: float, step: float) -> list[float]:
    return [start + step * index for index in range(max(0, min(60, int((end - start) / step))))]


def outline(x: float, top: float, ground: float, half: float, kind: str) -> Points:
    if kind == "spire":
        return poly(
            (x - half, ground),
            (x - half * 0.8, top + half * 3),
            (x - half * 0.12, top + half),
            (x, top - half * 2.5),
            (x + half * 0.12, top + half),
            (x + half * 0.8, top + half * 3),
            (x + half, ground),
        )
    if kind == "slant":
        return poly((x - half, ground), (x - half, top + half * 2), (x + half, top), (x + half, ground))
    cap = arc(x, top + half, half, half * (1.0 if kind == "dome" else 0.7), 180, 360, 24)
    return poly(*((float(a), float(b)) for a, b in cap), (x + half, ground), (x - half, ground))


def bush(shapes: list[Shape], frame: Frame, x: float, y: float, size: float, depth: float) -> None:
    """A cushion of leaves of half width ``size`` that sits on ``y``."""
    rng = frame.rng
    for tone, lift, grow in (("#2f7a56", 0.0, 1.0), ("#4fa062", 0.14, 0.84), ("#9bd070", 0.3, 0.48)):
        balls = []
        for at in (-0.7, -0.3, 0.12, 0.5, 0.8):
            radius = size * rng.uniform(0.3, 0.46) * grow
            balls.append(
                arc(
                    x + at * size * grow - size * lift * 0.4,
                    y - radius * 0.5 - lift * size * 0.5,
                    radius,
                    radius * 0.9,
                    points=26,
                )
            )
        shapes.append(fill(balls, shade(frame, tone, depth)))


def vines(shapes: list[Shape], frame: Frame, x: float, y: float, half: float, depth: float) -> None:
    """Leaves that hang over the edge of a terrace."""
    rng = frame.rng
    strands = []
    for _ in range(7):
        at = x + rng.uniform(-0.95, 0.95) * half
        strands.append(poly((at, y), (at + half * 0.03, y + half * rng.uniform(0.15, 0.6))))
    shapes.append(line(strands, shade(frame, "#3f8f5c", depth), half * 0.1))


def stem(frame: Frame, x: float, top: float, ground: float, half: float) -> Points:
    """A white shaft, lit from the left."""
    body = box(x - half, top, x + half, ground, half * 0.9)
    pale = shade(frame, "#fbf3e6", 1.0)
    frame.add(
        fill(
            body,
            linear((x - half, 0), (x + half, 0), lighter(pale, 0.4), pale, shade(frame, "#8fa6ba", 1.0)),
        )
    )
    return body


def glass(frame: Frame, rows: list[Points], width: float) -> None:
    tone = colour("#ffd978") if frame.mood.lit else shade(frame, "#4fa8b8", 1.0)
    frame.add(line(rows, tone, width, 0.95))


def disc(frame: Frame, x: float, ground: float, tall: float, half: float) -> None:
    """A slender shaft through round garden decks."""
    top = ground - tall
    stem(frame, x, top, ground, half * 0.34)
    glass(
        frame,
        [poly((x, y), (x, y + half * 0.16)) for y in steps(top + half, ground, half * 0.5)],
        half * 0.16,
    )
    levels = (0.02, 0.3, 0.56)
    for index, level in enumerate(levels):
        y = top + tall * level
        wide = half * (1.0 + 0.28 * index)
        bush(frame.shapes, frame, x, y, wide * 0.86, 1.0)
        pale = shade(frame, "#fff9ee", 1.0)
        plate = arc(x, y + half * 0.14, wide, half * 0.24, points=50)
        frame.add(
            fill(
                plate,
                linear((x - wide, y), (x + wide, y), lighter(pale, 0.4), pale, shade(frame, "#8fa6ba", 1.0)),
            )
        )
        band = arc(x, y + half * 0.2, wide * 0.86, half * 0.1, 0, 180, 30)
        glass(frame, [band], half * 0.1)
        vines(frame.shapes, frame, x, y + half * 0.2, wide * 0.8, 1.0)


def stack(frame: Frame, x: float, ground: float, tall: float, half: float) -> None:
    """Terraces that step back, a garden on each."""
    levels = 5
    for level in reversed(range(levels)):
        wide = half * (1.18 - 0.15 * level)
        top = ground - tall * (level + 1) / levels
        shift = half * 0.18 * (1 if level % 2 else -1) * (level > 0)
        bush(frame.shapes, frame, x + shift, top + half * 0.1, wide * 0.95, 1.0)
        block(frame, x + shift, top, ground if level == 0 else top + tall / levels + half * 0.1, wide)
        vines(frame.shapes, frame, x + shift, top + half * 0.04, wide * 0.9, 1.0)


def block(frame: Frame, x: float, top: float, bottom: float, half: float) -> None:
    pale = shade(frame, "#fbf3e6", 1.0)
    body = box(x - half, top, x + half, bottom, half * 0.22)
    frame.add(
        fill(
            body,
            linear((x - half, 0), (x + half, 0), lighter(pale, 0.4), pale, shade(frame, "#9ab0c0", 1.0)),
        )
    )
    panes = [
        box(x + at * half - half * 0.1, y, x + at * half + half * 0.1, y + half * 0.32, half * 0.1)
        for y in steps(top + half * 0.42, bottom - half * 0.2, half * 0.58)
        for at in (-0.66, -0.22, 0.22, 0.66)
    ]
    if panes:
        tone = colour("#ffd978") if frame.mood.lit else shade(frame, "#55afbd", 1.0)
        frame.add(fill(panes, tone, 0.95))


def needle(frame: Frame, x: float, ground: float, tall: float, half: float) -> None:
    """A tower of glass that narrows to a point, with a ring around it."""
    top = ground - tall * 1.12
    body = poly(
        (x - half * 0.8, ground),
        (x - half * 0.62, top + tall * 0.5),
        (x - half * 0.16, top + half),
        (x, top - half * 0.6),
        (x + half * 0.16, top + half),
        (x + half * 0.62, top + tall * 0.5),
        (x + half * 0.8, ground),
    )
    light, deep = shade(frame, "#a8e4e0", 1.0), shade(frame, "#2f8296", 1.0)
    frame.add(fill(body, linear((x - half, 0), (x + half, 0), light, mix(light, deep, 0.5), deep)))
    side = poly(
        (x - half * 0.8, ground),
        (x - half * 0.62, top + tall * 0.5),
        (x - half * 0.16, top + half),
        (x, top),
        (x - half * 0.2, ground),
    )
    frame.add(clipped(fill(side, "#ffffff", 0.28), body))
    rows = [poly((x - half, y), (x + half, y)) for y in steps(top + half * 2, ground, half * 0.42)]
    frame.add(clipped(line(rows, "#ffd978" if frame.mood.lit else "#ffffff", half * 0.05, 0.55), body))
    y = top + tall * 0.42
    bush(frame.shapes, frame, x, y, half * 1.0, 1.0)
    pale = shade(frame, "#fff9ee", 1.0)
    frame.add(
        fill(
            arc(x, y + half * 0.1, half * 1.15, half * 0.22, points=40),
            linear((x - half, y), (x + half, y), lighter(pale, 0.4), pale, shade(frame, "#8fa6ba", 1.0)),
        )
    )
    vines(frame.shapes, frame, x, y + half * 0.2, half * 0.9, 1.0)
    frame.add(fill(arc(x, top - half * 0.6, half * 0.13, half * 0.13, points=20), "#ffb24a"))


def dome(frame: Frame, x: float, ground: float, tall: float, half: float) -> None:
    """A glass house with trees in it."""
    wide = half * 1.35
    y = ground - min(tall, wide) * 0.2
    roof = arc(x, y, wide, wide * 0.92, 180, 360, 50)
    pane = shade(frame, "#c9f0ee", 1.0)
    frame.add(
        fill(
            roof,
            linear((x - wide, y - wide), (x + wide, y), faded(lighter(pane, 0.6), 0.85), faded(pane, 0.6)),
        )
    )
    for at, size in ((-0.45, 0.4), (0.4, 0.44), (0.0, 0.56)):
        frame.add(
            fill(
                box(x + at * wide - wide * 0.025, y - wide * size * 0.7, x + at * wide + wide * 0.025, y),
                shade(frame, "#7a5a48", 1.0),
            )
        )
        bush(frame.shapes, frame, x + at * wide, y - wide * size * 0.6, wide * size * 0.62, 1.0)
    frame.add(
        fill(roof, linear((x - wide, y - wide), (x + wide, y), (255, 255, 255, 90), (255, 255, 255, 10)))
    )
    ribs = [arc(x, y, wide * part, wide * 0.92, 180, 360, 40) for part in (1.0, 0.5, 0.05)]
    frame.add(line(ribs, lighter(pane, 0.7), wide * 0.03, 0.85))
    block(frame, x, y, ground + half, wide * 1.06)
