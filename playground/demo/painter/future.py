"""A happy science-fiction city full of gardens."""

from __future__ import annotations

from .colour import Colour, colour, darker, faded, lighter, mix
from .frame import Frame, Spot
from .sky import cloud, sky
from .vector import Points, Shape, arc, box, clipped, down, fill, line, linear, poly, radial


def future(frame: Frame) -> None:
    """Towers with gardens on every terrace, lower in the middle so that the sky there is free."""
    unit, width, height = frame.unit, frame.width, frame.height
    ground = height * (0.9 if width >= height else 0.88)
    sky(frame, ground, (width * 0.2, height * 0.2), "soft" if frame.mood.name != "dusk" else "thin")
    _planet(frame)
    for depth, count, tall in ((0.0, 13, 0.62), (0.3, 9, 0.6)):
        _skyline(frame, ground, depth, count, tall)
    _haze(frame, ground, 0.75)
    _near(frame, ground)
    _park(frame, ground)
    frame.spots += [
        Spot(width / 2, height * 0.96, unit * 0.4),
        Spot(width / 2, height * (0.4 if width >= height else 0.42), unit * 0.56, True),
    ]


def _shade(frame: Frame, tone: str | Colour, depth: float) -> Colour:
    """A colour at a depth (0 far, 1 near) in the light of the scene."""
    own = colour(tone) if isinstance(tone, str) else tone
    lit = mix(own, colour(frame.mood.tint), frame.mood.share)
    return mix(lit, colour(frame.mood.haze), (1 - depth) * 0.75)


def _planet(frame: Frame) -> None:
    """A pale ringed planet: at a glance this is not today."""
    x, y, r = frame.width * 0.8, frame.height * 0.17, frame.unit * 0.085
    tone = mix(colour(frame.mood.sky[0]), colour("#fff3e2"), 0.5)
    frame.add(fill(arc(x, y, r, r), linear((x - r, y - r), (x + r, y + r), lighter(tone, 0.4), faded(tone, 0.35)), 0.85))
    ring = [arc(x, y, r * 1.75, r * 0.42, start, end, 60) for start, end in ((-12, 192),)]
    frame.add(line(ring, lighter(tone, 0.4), r * 0.075, 0.85), line([points * 1.0 for points in ring], tone, r * 0.03, 0.6))


def _free(frame: Frame, x: float) -> float:
    """How tall a tower at ``x`` may be, 0.45 in the middle and 1 at the sides."""
    off = abs(x - frame.width / 2) / min(frame.width / 2, frame.unit * 0.75)
    return 0.42 + 0.58 * min(1.0, off) ** 1.3


def _skyline(frame: Frame, ground: float, depth: float, count: int, tall: float) -> None:
    """A row of towers far away: only shapes, with a light edge and rows of windows."""
    rng, unit = frame.rng, frame.unit
    number = round(count * max(0.7, frame.width / unit / 1.2))
    tones = ("#6fb3b8", "#8cc0b4", "#7fa6c4", "#a7b8cf") if frame.mood.name != "dusk" else ("#8a6a9c", "#7a6aa0", "#a0708f", "#6a6a9c")
    reach = min(frame.height * 0.8, unit * 1.25)
    for index in range(number):
        x = frame.width * (index + rng.uniform(0.2, 0.8)) / number
        half = unit * rng.uniform(0.022, 0.045)
        top = ground - reach * tall * rng.uniform(0.6, 1.12) * _free(frame, x)
        tone = _shade(frame, rng.choice(tones), 0.2 + depth)
        body = _tower(x, top, ground, half, rng.choice(("dome", "spire", "slant", "round")))
        frame.add(fill(body, down(top, ground, tone, mix(tone, colour(frame.mood.haze), 0.55))))
        frame.add(clipped(fill(box(x - half, top - 99, x - half * 0.35, ground), lighter(tone, 0.5), 0.4), body))
        rows = [poly((x - half * 0.55, y), (x + half * 0.6, y)) for y in _steps(top + half * 2, ground, half * 0.75)]
        lamp = "#ffe2a0" if frame.mood.lit else lighter(tone, 0.5)
        frame.add(line(rows, lamp, half * 0.13, 0.5))
        if rng.random() < 0.5:
            _bush(frame.shapes, frame, x, top + half * 0.5, half * 1.1, 0.25 + depth)


def _steps(start: float, end: float, step: float) -> list[float]:
    return [start + step * index for index in range(max(0, min(60, int((end - start) / step))))]


def _tower(x: float, top: float, ground: float, half: float, kind: str) -> Points:
    if kind == "spire":
        return poly((x - half, ground), (x - half * 0.8, top + half * 3), (x - half * 0.12, top + half), (x, top - half * 2.5), (x + half * 0.12, top + half), (x + half * 0.8, top + half * 3), (x + half, ground))  # fmt: skip
    if kind == "slant":
        return poly((x - half, ground), (x - half, top + half * 2), (x + half, top), (x + half, ground))
    cap = arc(x, top + half, half, half * (1.0 if kind == "dome" else 0.7), 180, 360, 24)
    return poly(*((float(a), float(b)) for a, b in cap), (x + half, ground), (x - half, ground))


def _haze(frame: Frame, ground: float, opacity: float) -> None:
    pale = mix(colour(frame.mood.haze), colour("#ffffff"), 0.3 if not frame.mood.lit else 0.0)
    top = ground - frame.unit * 0.32
    frame.add(fill(box(0, top, frame.width, frame.height), down(top, ground, faded(pale, 0.0), faded(pale, opacity))))


def _bush(shapes: list[Shape], frame: Frame, x: float, y: float, size: float, depth: float) -> None:
    """A cushion of leaves of half width ``size`` that sits on ``y``."""
    rng = frame.rng
    for tone, lift, grow in (("#2f7a56", 0.0, 1.0), ("#4fa062", 0.14, 0.84), ("#9bd070", 0.3, 0.48)):
        balls = []
        for at in (-0.7, -0.3, 0.12, 0.5, 0.8):
            radius = size * rng.uniform(0.3, 0.46) * grow
            balls.append(arc(x + at * size * grow - size * lift * 0.4, y - radius * 0.5 - lift * size * 0.5, radius, radius * 0.9, points=26))
        shapes.append(fill(balls, _shade(frame, tone, depth)))


def _vines(shapes: list[Shape], frame: Frame, x: float, y: float, half: float, depth: float) -> None:
    """Leaves that hang over the edge of a terrace."""
    rng = frame.rng
    strands = []
    for _ in range(7):
        at = x + rng.uniform(-0.95, 0.95) * half
        strands.append(poly((at, y), (at + half * 0.03, y + half * rng.uniform(0.15, 0.6))))
    shapes.append(line(strands, _shade(frame, "#3f8f5c", depth), half * 0.1))


def _near(frame: Frame, ground: float) -> None:
    """The large towers of the foreground, each of another kind."""
    rng, unit, width = frame.rng, frame.unit, frame.width
    kinds = ["disc", "stack", "needle", "stack", "disc", "dome"]
    rng.shuffle(kinds)
    reach = min(frame.height * 0.82, unit * 1.2)
    number = max(5, round(6 * width / unit / 1.15))
    for index in range(number):
        x = width * (index + 0.5) / number + unit * rng.uniform(-0.025, 0.025)
        tall = reach * rng.uniform(0.58, 0.78) * _free(frame, x)
        kind = kinds[index % len(kinds)]
        if _free(frame, x) < 0.62:
            kind, tall = "dome", reach * 0.2
        half = unit * rng.uniform(0.056, 0.07)
        {"disc": _disc, "stack": _stack, "needle": _needle, "dome": _dome}[kind](frame, x, ground, tall, half)




def _stem(frame: Frame, x: float, top: float, ground: float, half: float) -> Points:
    """A white shaft, lit from the left."""
    body = box(x - half, top, x + half, ground, half * 0.9)
    pale = _shade(frame, "#fbf3e6", 1.0)
    frame.add(fill(body, linear((x - half, 0), (x + half, 0), lighter(pale, 0.4), pale, _shade(frame, "#8fa6ba", 1.0))))
    return body


def _glass(frame: Frame, rows: list[Points], width: float) -> None:
    tone = colour("#ffd978") if frame.mood.lit else _shade(frame, "#4fa8b8", 1.0)
    frame.add(line(rows, tone, width, 0.95))


def _disc(frame: Frame, x: float, ground: float, tall: float, half: float) -> None:
    """A slender shaft through round garden decks."""
    top = ground - tall
    _stem(frame, x, top, ground, half * 0.34)
    _glass(frame, [poly((x, y), (x, y + half * 0.16)) for y in _steps(top + half, ground, half * 0.5)], half * 0.16)
    levels = (0.02, 0.3, 0.56)
    for index, level in enumerate(levels):
        y = top + tall * level
        wide = half * (1.0 + 0.28 * index)
        _bush(frame.shapes, frame, x, y, wide * 0.86, 1.0)
        pale = _shade(frame, "#fff9ee", 1.0)
        plate = arc(x, y + half * 0.14, wide, half * 0.24, points=50)
        frame.add(fill(plate, linear((x - wide, y), (x + wide, y), lighter(pale, 0.4), pale, _shade(frame, "#8fa6ba", 1.0))))
        band = arc(x, y + half * 0.2, wide * 0.86, half * 0.1, 0, 180, 30)
        _glass(frame, [band], half * 0.1)
        _vines(frame.shapes, frame, x, y + half * 0.2, wide * 0.8, 1.0)


def _stack(frame: Frame, x: float, ground: float, tall: float, half: float) -> None:
    """Terraces that step back, a garden on each."""
    levels = 5
    for level in reversed(range(levels)):
        wide = half * (1.18 - 0.15 * level)
        top = ground - tall * (level + 1) / levels
        shift = half * 0.18 * (1 if level % 2 else -1) * (level > 0)
        _bush(frame.shapes, frame, x + shift, top + half * 0.1, wide * 0.95, 1.0)
        _stem_box(frame, x + shift, top, ground if level == 0 else top + tall / levels + half * 0.1, wide)
        _vines(frame.shapes, frame, x + shift, top + half * 0.04, wide * 0.9, 1.0)


def _stem_box(frame: Frame, x: float, top: float, bottom: float, half: float) -> None:
    pale = _shade(frame, "#fbf3e6", 1.0)
    body = box(x - half, top, x + half, bottom, half * 0.22)
    frame.add(fill(body, linear((x - half, 0), (x + half, 0), lighter(pale, 0.4), pale, _shade(frame, "#9ab0c0", 1.0))))
    panes = [box(x + at * half - half * 0.1, y, x + at * half + half * 0.1, y + half * 0.32, half * 0.1)
             for y in _steps(top + half * 0.42, bottom - half * 0.2, half * 0.58) for at in (-0.66, -0.22, 0.22, 0.66)]  # fmt: skip
    if panes:
        tone = colour("#ffd978") if frame.mood.lit else _shade(frame, "#55afbd", 1.0)
        frame.add(fill(panes, tone, 0.95))


def _needle(frame: Frame, x: float, ground: float, tall: float, half: float) -> None:
    """A tower of glass that narrows to a point, with a ring around it."""
    top = ground - tall * 1.12
    body = poly((x - half * 0.8, ground), (x - half * 0.62, top + tall * 0.5), (x - half * 0.16, top + half), (x, top - half * 0.6),
                (x + half * 0.16, top + half), (x + half * 0.62, top + tall * 0.5), (x + half * 0.8, ground))  # fmt: skip
    light, deep = _shade(frame, "#a8e4e0", 1.0), _shade(frame, "#2f8296", 1.0)
    frame.add(fill(body, linear((x - half, 0), (x + half, 0), light, mix(light, deep, 0.5), deep)))
    side = poly((x - half * 0.8, ground), (x - half * 0.62, top + tall * 0.5), (x - half * 0.16, top + half), (x, top), (x - half * 0.2, ground))
    frame.add(clipped(fill(side, "#ffffff", 0.28), body))
    rows = [poly((x - half, y), (x + half, y)) for y in _steps(top + half * 2, ground, half * 0.42)]
    frame.add(clipped(line(rows, "#ffd978" if frame.mood.lit else "#ffffff", half * 0.05, 0.55), body))
    y = top + tall * 0.42
    _bush(frame.shapes, frame, x, y, half * 1.0, 1.0)
    pale = _shade(frame, "#fff9ee", 1.0)
    frame.add(fill(arc(x, y + half * 0.1, half * 1.15, half * 0.22, points=40), linear((x - half, y), (x + half, y), lighter(pale, 0.4), pale, _shade(frame, "#8fa6ba", 1.0))))
    _vines(frame.shapes, frame, x, y + half * 0.2, half * 0.9, 1.0)
    frame.add(fill(arc(x, top - half * 0.6, half * 0.13, half * 0.13, points=20), "#ffb24a"))


def _dome(frame: Frame, x: float, ground: float, tall: float, half: float) -> None:
    """A glass house with trees in it."""
    wide = half * 1.35
    y = ground - min(tall, wide) * 0.2
    dome = arc(x, y, wide, wide * 0.92, 180, 360, 50)
    glass = _shade(frame, "#c9f0ee", 1.0)
    frame.add(fill(dome, linear((x - wide, y - wide), (x + wide, y), faded(lighter(glass, 0.6), 0.85), faded(glass, 0.6))))
    for at, size in ((-0.45, 0.4), (0.4, 0.44), (0.0, 0.56)):
        frame.add(fill(box(x + at * wide - wide * 0.025, y - wide * size * 0.7, x + at * wide + wide * 0.025, y), _shade(frame, "#7a5a48", 1.0)))
        _bush(frame.shapes, frame, x + at * wide, y - wide * size * 0.6, wide * size * 0.62, 1.0)
    frame.add(fill(dome, linear((x - wide, y - wide), (x + wide, y), (255, 255, 255, 90), (255, 255, 255, 10))))
    ribs = [arc(x, y, wide * part, wide * 0.92, 180, 360, 40) for part in (1.0, 0.5, 0.05)]
    frame.add(line(ribs, lighter(glass, 0.7), wide * 0.03, 0.85))
    _stem_box(frame, x, y, ground + half, wide * 1.06)


def _park(frame: Frame, ground: float) -> None:
    """Trees along the lower edge, a track with a train, and small balloons of traffic."""
    rng, unit, width = frame.rng, frame.unit, frame.width
    _train(frame, ground - unit * 0.075)
    grass = [(-20.0, frame.height + 20), (-20.0, ground)]
    steps = 24
    for index in range(steps + 1):
        grass.append((width * index / steps, ground - unit * 0.012 * (1 + (-1) ** index * 0.3)))
    grass += [(width + 20, ground), (width + 20, frame.height + 20)]
    for _ in range(round(11 * width / unit)):
        x = rng.uniform(-0.02, 1.02) * width
        size = unit * rng.uniform(0.035, 0.06)
        frame.add(fill(box(x - size * 0.1, ground - size * 0.9, x + size * 0.1, ground + 4), _shade(frame, "#7a5a48", 1.0)))
        _bush(frame.shapes, frame, x, ground - size * 0.7, size, 1.0)
    near, far = _shade(frame, "#3f9460", 1.0), _shade(frame, "#7cc07a", 1.0)
    frame.add(fill(poly(*grass), down(ground - unit * 0.02, frame.height, far, near, darker(near, 0.25))))
    for row, lift in ((0, 0.35), (1, 0.75)):
        for _ in range(round(9 * width / unit)):
            x, y = rng.uniform(-0.02, 1.02) * width, ground + (frame.height - ground) * lift
            _bush(frame.shapes, frame, x, y + unit * 0.03, unit * rng.uniform(0.045, 0.08) * (1 + row * 0.4), 1.0)
    dots = {tone: [arc(rng.uniform(0, width), rng.uniform(ground, frame.height), unit * 0.006, unit * 0.006, points=12) for _ in range(round(16 * width / unit))]
            for tone in ("#fff3d6", "#f7a0b0", "#ffd166")}  # fmt: skip
    for tone, spots in dots.items():
        frame.add(fill(spots, _shade(frame, tone, 1.0)))
    for _ in range(round(5 * width / unit)):
        x = rng.choice((rng.uniform(0.03, 0.27), rng.uniform(0.73, 0.97))) * width
        _pod(frame, x, frame.height * rng.uniform(0.2, 0.5), unit * rng.uniform(0.016, 0.026))


def _train(frame: Frame, y: float) -> None:
    """A monorail across the picture on slim pillars."""
    unit, width = frame.unit, frame.width
    pillars = [box(x, y, x + unit * 0.012, y + unit * 0.2) for x in _steps(unit * 0.05, width, unit * 0.19)]
    frame.add(fill(pillars, _shade(frame, "#d9d6d2", 0.95)))
    frame.add(fill(box(-10, y, width + 10, y + unit * 0.014), down(y, y + unit * 0.014, _shade(frame, "#ffffff", 1.0), _shade(frame, "#9fb0bd", 1.0))))
    x, long, tall = width * 0.56, unit * 0.3, unit * 0.034
    body = box(x, y - tall, x + long, y + tall * 0.1, tall * 0.5)
    frame.add(fill(body, down(y - tall, y, _shade(frame, "#ff9a76", 1.0), _shade(frame, "#e4604f", 1.0))))
    panes = [box(x + long * (0.06 + 0.125 * index), y - tall * 0.78, x + long * (0.14 + 0.125 * index), y - tall * 0.38, tall * 0.12) for index in range(7)]
    frame.add(fill(panes, "#ffe9b0" if frame.mood.lit else _shade(frame, "#e6fbff", 1.0)))


def _pod(frame: Frame, x: float, y: float, size: float) -> None:
    """A small flying car with a glass roof."""
    tone = frame.rng.choice(("#ff8f6b", "#ffc857", "#5fb7c6", "#f28aa5"))
    frame.add(fill(arc(x, y + size * 1.1, size * 1.1, size * 0.24, points=24), "#9ff3ff", 0.5, blur=size * 0.2))
    frame.add(fill(arc(x, y - size * 0.25, size * 0.8, size * 0.8, 180, 360, 24), radial((x, y - size), size, "#ffffff", "#a8e0ea"), 0.95))
    frame.add(fill(arc(x, y, size * 1.5, size * 0.5, points=36), down(y - size / 2, y + size / 2, lighter(colour(tone), 0.3), _shade(frame, tone, 1.0))))
    frame.add(fill([arc(x + at * size, y + size * 0.05, size * 0.13, size * 0.13, points=14) for at in (-0.9, -0.3, 0.3, 0.9)], "#fff6cf"))


__all__ = ["cloud", "future"]
