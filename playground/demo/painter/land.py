"""Land outdoors: ridges, meadow, mountains, forest, desert, road."""

from __future__ import annotations

from .colour import colour, darker, lighter, mix
from .frame import Frame, Spot
from .grass import grass
from .sky import birds, sky
from .terrain import afar, peaks, put, ridge
from .vector import Move, Points, clipped, down, fill, line, linear, poly


def meadow(frame: Frame) -> None:
    """Hills one behind the other, and grass with flowers in front."""
    horizon = _open_land(frame)
    _hills(frame, horizon)
    _trees(frame, horizon)
    grass(frame, horizon)


def mountains(frame: Frame) -> None:
    """Snow-capped mountains behind hills."""
    horizon = _open_land(frame)
    unit = frame.unit
    count = max(3, round(4 * frame.width / unit / 1.2))
    for depth, rise in ((0.0, 0.42), (0.35, 0.28)):
        outline, shades = peaks(frame, horizon + unit * 0.05, unit * rise, count + round(depth * 6))
        tone = mix(frame.land(depth), colour(frame.mood.sky[0]), 0.25)
        frame.add(
            fill(
                outline,
                down(
                    horizon - unit * rise, horizon + unit * 0.1, tone, mix(tone, colour(frame.mood.haze), 0.6)
                ),
            )
        )
        frame.add(clipped(fill(shades, darker(tone, 0.3), 0.45), outline))
        if depth == 0.0:
            snow = [_cap(outline, index, unit) for index in range(count)]
            frame.add(
                clipped(
                    fill(snow, mix(colour("#fbfbff"), colour(frame.mood.tint), frame.mood.share)), outline
                )
            )
            frame.add(clipped(fill(shades, darker(tone, 0.3), 0.22), outline))
    _hills(frame, horizon + unit * 0.04)
    _trees(frame, horizon + unit * 0.04)
    grass(frame, horizon)


def _cap(outline: Points, index: int, unit: float) -> Points:
    """The snow on one peak: everything near its top, with a zigzag below."""
    x, y = outline[2 + index * 4 + 1]
    deep = unit * 0.1
    return poly(
        (x - deep * 1.5, y + deep * 1.1),
        (x - deep * 0.6, y + deep * 0.75),
        (x - deep * 0.25, y + deep * 1.2),
        (x + deep * 0.15, y + deep * 0.7),
        (x + deep * 0.5, y + deep * 1.15),
        (x + deep * 1.5, y + deep * 0.95),
        (x + deep, y - deep),
        (x - deep, y - deep),
    )


def _open_land(frame: Frame) -> float:
    """Sky over land; where the land begins (a y)."""
    horizon = frame.height * (0.6 if frame.width >= frame.height * 0.8 else 0.66)
    unit = frame.unit
    low = frame.mood.name in ("dusk", "dawn")
    sun = (frame.width * 0.24, horizon - unit * 0.1 if low else max(unit * 0.14, horizon - unit * 0.45))
    sky(frame, horizon, sun, "soft" if frame.mood.name in ("day", "dawn") else "thin")
    if frame.mood.name != "night":
        birds(frame, frame.width * 0.62, horizon - unit * 0.4, unit * 0.04, "#5a6478")
    afar(frame, horizon)
    return horizon


def _hills(frame: Frame, horizon: float) -> None:
    unit = frame.unit
    haze = colour(frame.mood.haze)
    for index, (drop, rise) in enumerate(((0.0, 0.14), (0.04, 0.1), (0.1, 0.08))):
        tone = frame.land(index * 0.24)
        y = horizon + (frame.height - horizon) * drop
        outline = ridge(frame, y + unit * 0.02, unit * rise, 0.9 + index * 0.4, 0, frame.width)
        frame.add(fill(outline, down(y - unit * rise, y + unit * 0.12, tone, mix(tone, haze, 0.45))))


def _trees(frame: Frame, horizon: float) -> None:
    """A few small trees on the middle hills: they give the meadow its depth."""
    rng, unit = frame.rng, frame.unit
    for _ in range(round(min(14, 7 * frame.width / unit))):
        x = rng.uniform(0, frame.width)
        if abs(x - frame.width / 2) < unit * 0.22:
            continue
        name = rng.choice(("tree", "pine", "pine"))
        put(
            frame,
            name,
            x,
            horizon + (frame.height - horizon) * rng.uniform(0.1, 0.2),
            unit * rng.uniform(0.07, 0.12),
            0.3,
        )


def forest(frame: Frame) -> None:
    """Trunks and crowns, denser and darker towards the front, light between them."""
    horizon = _open_land(frame)
    rng, unit = frame.rng, frame.unit
    for depth in (0.0, 0.25, 0.5):
        y = horizon + (frame.height - horizon) * (0.05 + depth * 0.4)
        tone = mix(frame.land(0.2 + depth), colour(frame.mood.haze), 0.5 - depth)
        outline = ridge(frame, y, unit * 0.03, 1.0, 0, frame.width)
        count = round((11 - depth * 6) * max(1.0, frame.width / unit))
        for index in range(count):
            x = frame.width * (index + rng.uniform(0.1, 0.9)) / count
            if depth > 0.2 and abs(x - frame.width / 2) < unit * 0.26:
                continue
            name = "pine" if rng.random() < 0.75 else "tree"
            put(
                frame,
                name,
                x,
                y + unit * 0.02,
                unit * (0.3 + depth * 0.62) * rng.uniform(0.8, 1.15),
                0.62 - depth,
            )
        frame.add(fill(outline, down(y - unit * 0.03, y + unit * 0.3, tone, frame.land(0.7))))
    grass(frame, horizon)


def desert(frame: Frame) -> None:
    """Dunes with a lit and a shaded side."""
    horizon = _open_land(frame)
    unit = frame.unit
    warm = {"day": "#e9b872", "dawn": "#e3ab86", "dusk": "#c9775c", "night": "#4d5b8a"}[frame.mood.name]
    for index in range(4):
        depth = index / 3
        y = horizon + (frame.height - horizon) * (0.02 + 0.26 * depth)
        tone = mix(
            mix(colour(warm), colour(frame.mood.haze), 0.5 - depth * 0.5),
            colour(frame.mood.tint),
            frame.mood.share * 0.5,
        )
        outline = ridge(frame, y + unit * 0.04, unit * (0.12 + depth * 0.04), 0.7, 0, frame.width)
        frame.add(
            fill(
                outline,
                linear(
                    (0, y), (frame.width * 0.6, frame.height), lighter(tone, 0.3), tone, darker(tone, 0.25)
                ),
            )
        )
        shade = Move(0.0, unit * 0.055).points(outline)
        frame.add(clipped(fill(shade, darker(tone, 0.3), 0.3), outline))
    put(frame, "cactus", frame.width * 0.14, horizon + (frame.height - horizon) * 0.42, unit * 0.17)
    put(frame, "cactus", frame.width * 0.84, horizon + (frame.height - horizon) * 0.3, unit * 0.11, 0.2)
    ground = horizon + (frame.height - horizon) * 0.62
    frame.spots.append(Spot(frame.width / 2, ground, min(unit * 0.58, ground * 0.75)))


def road(frame: Frame) -> None:
    """A country road along the lower edge."""
    meadow(frame)
    top = frame.height * 0.82
    unit = frame.unit
    thick = min(unit * 0.2, frame.height - top)
    tone = mix(colour("#6d6a76"), colour(frame.mood.tint), frame.mood.share)
    strip = poly(
        (-20, top), (frame.width + 20, top), (frame.width + 20, frame.height + 20), (-20, frame.height + 20)
    )
    frame.add(fill(strip, down(top, top + thick, tone, darker(tone, 0.2))))
    dashes: list[Points] = []
    x = 0.0
    while x < frame.width:
        dashes.append(poly((x, top + thick * 0.62), (x + unit * 0.09, top + thick * 0.62)))
        x += unit * 0.18
    frame.add(line(dashes, "#f5e9c8", unit * 0.012, 0.85))
    frame.add(line(poly((-20, top), (frame.width + 20, top)), lighter(tone, 0.4), unit * 0.007))
    frame.spots.insert(0, Spot(frame.width / 2, top + thick * 0.4, unit * 0.62))
