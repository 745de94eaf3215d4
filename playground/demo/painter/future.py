"""A happy science-fiction city full of gardens."""

from __future__ import annotations

from . import towers
from .colour import colour, darker, faded, lighter, mix
from .frame import Frame, Spot
from .sky import puffs, sky, streaks
from .vector import arc, box, clipped, down, fill, line, linear, poly, radial


def future(frame: Frame) -> None:
    """Towers with gardens on every terrace, lower in the middle so that the sky there is free."""
    unit, width, height = frame.unit, frame.width, frame.height
    ground = height * (0.9 if width >= height else 0.88)
    sky(frame, ground, (width * 0.2, height * 0.2))
    _planet(frame)
    if frame.mood.name == "dusk":
        streaks(frame, ground)
    else:
        puffs(frame, ground, 0.66)
    for depth, count, tall in ((0.0, 13, 0.62), (0.3, 9, 0.6)):
        _skyline(frame, ground, depth, count, tall)
    _haze(frame, ground, 0.6)
    _near(frame, ground)
    _park(frame, ground)
    frame.spots += [
        Spot(width / 2, height * 0.96, unit * 0.4),
        Spot(width / 2, height * (0.4 if width >= height else 0.42), unit * 0.56, True),
    ]


def _planet(frame: Frame) -> None:
    """A pale ringed planet: at a glance this is not today."""
    x, y, r = frame.width * 0.8, frame.height * 0.17, frame.unit * 0.085
    tone = mix(colour(frame.mood.sky[0]), colour("#fff0dc"), 0.62)
    ring = mix(tone, colour("#ffe2b8"), 0.6)
    frame.add(line(arc(x, y, r * 1.8, r * 0.4, 180, 360, 60), ring, r * 0.08, 0.55))
    body = linear(
        (x - r, y - r), (x + r, y + r), lighter(tone, 0.5), mix(tone, colour(frame.mood.sky[1]), 0.7)
    )
    frame.add(fill(arc(x, y, r, r), body))
    frame.add(line(arc(x, y, r * 1.8, r * 0.4, 0, 180, 60), ring, r * 0.1, 0.95))


def _free(frame: Frame, x: float) -> float:
    """How tall a tower at ``x`` may be, 0.45 in the middle and 1 at the sides."""
    off = abs(x - frame.width / 2) / min(frame.width / 2, frame.unit * 0.75)
    return 0.42 + 0.58 * float(min(1.0, off) ** 1.3)


def _skyline(frame: Frame, ground: float, depth: float, count: int, tall: float) -> None:
    """A row of towers far away: only shapes, with a light edge and rows of windows."""
    rng, unit = frame.rng, frame.unit
    number = round(count * max(0.7, frame.width / unit / 1.2))
    tones = (
        ("#6fb3b8", "#8cc0b4", "#7fa6c4", "#a7b8cf")
        if frame.mood.name != "dusk"
        else ("#8a6a9c", "#7a6aa0", "#a0708f", "#6a6a9c")
    )
    reach = min(frame.height * 0.8, unit * 1.25)
    for index in range(number):
        x = frame.width * (index + rng.uniform(0.2, 0.8)) / number
        half = unit * rng.uniform(0.022, 0.045)
        top = ground - reach * tall * rng.uniform(0.6, 1.12) * _free(frame, x)
        tone = towers.shade(frame, rng.choice(tones), 0.38 + depth)
        body = towers.outline(x, top, ground, half, rng.choice(("dome", "spire", "slant", "round")))
        frame.add(fill(body, down(top, ground, tone, mix(tone, colour(frame.mood.haze), 0.55))))
        frame.add(
            clipped(fill(box(x - half, top - 99, x - half * 0.35, ground), lighter(tone, 0.5), 0.4), body)
        )
        rows = [
            poly((x - half * 0.55, y), (x + half * 0.6, y))
            for y in towers.steps(top + half * 2, ground, half * 0.75)
        ]
        lamp = "#ffe2a0" if frame.mood.lit else lighter(tone, 0.5)
        frame.add(line(rows, lamp, half * 0.13, 0.5))
        if rng.random() < 0.5:
            towers.bush(frame.shapes, frame, x, top + half * 0.5, half * 1.1, 0.25 + depth)


def _haze(frame: Frame, ground: float, opacity: float) -> None:
    pale = mix(colour(frame.mood.haze), colour("#ffffff"), 0.3 if not frame.mood.lit else 0.0)
    top = ground - frame.unit * 0.32
    frame.add(
        fill(
            box(0, top, frame.width, frame.height), down(top, ground, faded(pale, 0.0), faded(pale, opacity))
        )
    )


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
        {"disc": towers.disc, "stack": towers.stack, "needle": towers.needle, "dome": towers.dome}[kind](
            frame, x, ground, tall, half
        )


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
        frame.add(
            fill(
                box(x - size * 0.1, ground - size * 0.9, x + size * 0.1, ground + 4),
                towers.shade(frame, "#7a5a48", 1.0),
            )
        )
        towers.bush(frame.shapes, frame, x, ground - size * 0.7, size, 1.0)
    near, far = towers.shade(frame, "#3f9460", 1.0), towers.shade(frame, "#7cc07a", 1.0)
    frame.add(fill(poly(*grass), down(ground - unit * 0.02, frame.height, far, near, darker(near, 0.25))))
    for row, lift in ((0, 0.35), (1, 0.75)):
        for _ in range(round(9 * width / unit)):
            x, y = rng.uniform(-0.02, 1.02) * width, ground + (frame.height - ground) * lift
            towers.bush(
                frame.shapes,
                frame,
                x,
                y + unit * 0.03,
                unit * rng.uniform(0.045, 0.08) * (1 + row * 0.4),
                1.0,
            )
    dots = {
        tone: [
            arc(
                rng.uniform(0, width),
                rng.uniform(ground, frame.height),
                unit * 0.006,
                unit * 0.006,
                points=12,
            )
            for _ in range(round(16 * width / unit))
        ]
        for tone in ("#fff3d6", "#f7a0b0", "#ffd166")
    }
    for tone, spots in dots.items():
        frame.add(fill(spots, towers.shade(frame, tone, 1.0)))
    pods = max(4, round(5 * width / unit))
    for index in range(pods):
        share = (index + rng.uniform(0.25, 0.75)) / pods * 0.54
        x = (share if share < 0.27 else share + 0.46) * width
        _pod(
            frame,
            x,
            frame.height * (0.22, 0.36, 0.29)[index % 3] * rng.uniform(0.9, 1.1),
            unit * rng.uniform(0.016, 0.024),
        )


def _train(frame: Frame, y: float) -> None:
    """A monorail across the picture on slim pillars."""
    unit, width = frame.unit, frame.width
    pillars = [
        box(x, y, x + unit * 0.012, y + unit * 0.2) for x in towers.steps(unit * 0.05, width, unit * 0.19)
    ]
    frame.add(fill(pillars, towers.shade(frame, "#d9d6d2", 0.95)))
    frame.add(
        fill(
            box(-10, y, width + 10, y + unit * 0.014),
            down(
                y, y + unit * 0.014, towers.shade(frame, "#ffffff", 1.0), towers.shade(frame, "#9fb0bd", 1.0)
            ),
        )
    )
    x, long, tall = width * 0.56, unit * 0.3, unit * 0.034
    body = box(x, y - tall, x + long, y + tall * 0.1, tall * 0.5)
    frame.add(
        fill(
            body, down(y - tall, y, towers.shade(frame, "#ff9a76", 1.0), towers.shade(frame, "#e4604f", 1.0))
        )
    )
    panes = [
        box(
            x + long * (0.06 + 0.125 * index),
            y - tall * 0.78,
            x + long * (0.14 + 0.125 * index),
            y - tall * 0.38,
            tall * 0.12,
        )
        for index in range(7)
    ]
    frame.add(fill(panes, "#ffe9b0" if frame.mood.lit else towers.shade(frame, "#e6fbff", 1.0)))


def _pod(frame: Frame, x: float, y: float, size: float) -> None:
    """A small flying car with a glass roof."""
    tone = frame.rng.choice(("#ff8f6b", "#ffc857", "#5fb7c6", "#f28aa5"))
    frame.add(
        fill(arc(x, y + size * 1.1, size * 1.1, size * 0.24, points=24), "#9ff3ff", 0.5, blur=size * 0.2)
    )
    frame.add(
        fill(
            arc(x, y - size * 0.25, size * 0.8, size * 0.8, 180, 360, 24),
            radial((x, y - size), size, "#ffffff", "#a8e0ea"),
            0.95,
        )
    )
    frame.add(
        fill(
            arc(x, y, size * 1.5, size * 0.5, points=36),
            down(y - size / 2, y + size / 2, lighter(colour(tone), 0.3), towers.shade(frame, tone, 1.0)),
        )
    )
    frame.add(
        fill(
            [
                arc(x + at * size, y + size * 0.05, size * 0.13, size * 0.13, points=14)
                for at in (-0.9, -0.3, 0.3, 0.9)
            ],
            "#fff6cf",
        )
    )
