"""Ink on paper: mountains in mist, the sun as a red disc, a small boat, and a seal."""

from __future__ import annotations

import numpy as np

from .colour import Colour, colour, faded, mix
from .frame import Frame
from .sky import gull
from .subjects import dressed
from .svg import art
from .vector import Move, Points, Shape, arc, box, clipped, down, fill, line, poly, tinted

PAPER = "#f1e9d8"
INK = "#22262b"
RED = "#b8352a"


def mountains(frame: Frame) -> None:
    """Range behind range, paler with distance, mist between them."""
    width, height, unit, rng = frame.width, frame.height, frame.unit, frame.rng
    frame.add(fill(box(0, 0, width, height), down(0, height, "#f5eedf", PAPER, "#e6dcc8")))
    side = 1 if frame.variation % 2 == 0 else -1
    sun = (width * (0.5 + 0.19 * side), height * 0.2 + unit * 0.03)
    if not frame.reading.figures:
        radius = unit * 0.078
        frame.add(fill(arc(*sun, radius * 1.25, radius * 1.25), faded(colour(RED), 0.2), blur=radius * 0.22))
        frame.add(
            fill(
                arc(*sun, radius, radius), down(sun[1] - radius, sun[1] + radius, "#c9402f", "#b8352a"), 0.94
            )
        )
    layers = 6 if height >= width else 5
    start = height * (0.47 if height >= width else 0.5)
    for layer in range(layers):
        depth = layer / (layers - 1)
        base = start + (height * 0.97 - start) * depth**1.05
        rise = unit * (0.2 - 0.08 * depth) * rng.uniform(0.85, 1.2)
        _range(frame, base, rise, depth, layer)
        if layer < layers - 1:
            _mist(frame, base + unit * 0.035, depth)
    _cranes(frame, width * (0.5 - 0.3 * side), height * 0.24)
    _boat(frame, width * (0.5 - 0.16 * side), height * 0.9, side)
    _figures(frame)
    corner = width * 0.5 - side * (width * 0.5 - unit * 0.105)
    # A square red seal with a sign of our own: a mountain over water.
    frame.add(*art("ink-seal").at(corner, height - unit * (0.12 if side > 0 else 0.16), unit * 0.036 / 50))


def _range(frame: Frame, base: float, rise: float, depth: float, layer: int) -> None:
    """One range: wet ink at its edge that runs out into paper below."""
    rng, width = frame.rng, frame.width
    tone = mix(colour("#b9b8b0"), colour(INK), depth**1.25 * 0.94)
    crest = _crest(frame, base, rise, depth)
    foot = base + frame.unit * 0.2
    outline = np.concatenate((crest, [[width + 30, foot], [-30, foot]]))
    last = depth == 1.0
    strong = 0.62 + 0.34 * depth
    wash = down(
        base - rise,
        foot,
        faded(tone, strong),
        (0.5, faded(tone, strong * 0.62)),
        faded(tone, strong if last else 0.0),
    )
    frame.add(fill(outline, wash))
    frame.add(line(crest, faded(mix(tone, colour(INK), 0.3), 0.5), frame.unit * (0.0015 + 0.0025 * depth)))
    strokes: list[Points] = []
    for _ in range(round(34 * max(1.0, width / frame.unit))):
        index = rng.randrange(4, len(crest) - 4)
        x, y = crest[index]
        slope = (crest[index + 3][1] - crest[index - 3][1]) / (
            crest[index + 3][0] - crest[index - 3][0] + 1e-6
        )
        long = rise * rng.uniform(0.1, 0.32)
        lean = 0.35 if slope > 0 else -0.35
        y0 = y + rise * rng.uniform(0.03, 0.3)
        strokes.append(poly((x, y0), (x + lean * long * 0.5, y0 + long * 0.55), (x + lean * long, y0 + long)))
    texture = line(strokes, faded(mix(tone, colour(INK), 0.5), 0.13 + 0.08 * depth), frame.unit * 0.0028)
    frame.add(clipped(texture, outline))
    if 0.3 < depth < 1.0:
        _pines(frame, crest, rise, mix(tone, colour(INK), 0.4), layer)


def _crest(frame: Frame, base: float, rise: float, depth: float) -> Points:
    """A mountain line: a few peaks, roughened by halving."""
    rng, width = frame.rng, frame.width
    count = max(2, round((1.7 + 0.8 * (1 - depth)) * width / frame.unit) + 1)
    # One peak of a range towers over the others, now on the left and now on the right.
    chief = rng.randrange(count)
    xs, ys = [-60.0], [base + rise * 0.1]
    for index in range(count):
        centre = width * (index + rng.uniform(0.3, 0.7)) / count
        tall = rise * (rng.uniform(1.15, 1.5) if index == chief else rng.uniform(0.3, 0.75))
        half = width / count * rng.uniform(0.3, 0.42)
        xs += [centre - half * 0.5, centre, centre + half * 0.42, centre + half * 1.1]
        ys += [
            base - tall * rng.uniform(0.42, 0.62),
            base - tall,
            base - tall * rng.uniform(0.6, 0.82),
            base - rise * rng.uniform(0.0, 0.22),
        ]
    xs.append(width + 60.0)
    ys.append(base - rise * rng.uniform(0.1, 0.4))
    order = np.argsort(xs)
    x, y = np.array(xs)[order], np.array(ys)[order]
    rough = rise * 0.13
    for _ in range(5):
        mid_x = (x[1:] + x[:-1]) / 2
        mid_y = (y[1:] + y[:-1]) / 2 + np.array([rng.uniform(-rough, rough) for _ in range(len(mid_x))])
        x = np.insert(x, np.arange(1, len(x)), mid_x)
        y = np.insert(y, np.arange(1, len(y)), mid_y)
        rough *= 0.5
    return np.stack((x, y), axis=1)


def _pines(frame: Frame, crest: Points, rise: float, tone: Colour, layer: int) -> None:
    """Tiny pines on a slope, in a group."""
    rng, unit = frame.rng, frame.unit
    start = rng.uniform(0.1, 0.8) * frame.width
    marks: list[Points] = []
    for index in range(rng.randrange(4, 9)):
        x = start + index * unit * rng.uniform(0.016, 0.026)
        y = float(np.interp(x, crest[:, 0], crest[:, 1])) + 2
        tall = unit * (0.012 + 0.006 * layer) * rng.uniform(0.7, 1.2)
        marks.append(
            poly(
                (x - tall * 0.05, y),
                (x + tall * 0.05, y),
                (x + tall * 0.02, y - tall * 1.1),
                (x - tall * 0.02, y - tall * 1.1),
            )
        )
        for step in range(3):
            wide = tall * (0.34 - 0.08 * step)
            lift = y - tall * (0.4 + 0.26 * step)
            marks.append(
                poly((x - wide, lift), (x, lift - tall * 0.2), (x + wide, lift), (x, lift - tall * 0.07))
            )
    frame.add(fill(marks, tone, 0.8))


def _mist(frame: Frame, y: float, depth: float) -> None:
    rng, width, unit = frame.rng, frame.width, frame.unit
    for _ in range(2 + round(width / unit)):
        x = rng.uniform(0, width)
        shape = arc(
            x,
            y + rng.uniform(0, unit * 0.05),
            unit * rng.uniform(0.3, 0.55),
            unit * rng.uniform(0.022, 0.04),
            points=44,
        )
        frame.add(fill(shape, "#f3ecdd", 0.8 - 0.25 * depth, blur=unit * 0.022))


def _cranes(frame: Frame, x: float, y: float) -> None:
    unit = frame.unit
    wings: list[Points] = []
    for dx, dy, size in ((0.0, 0.0, 1.0), (0.07, -0.03, 0.8), (0.12, 0.012, 0.65)):
        wings += gull(x + dx * unit, y + dy * unit, unit * 0.028 * size)
    frame.add(line(wings, INK, unit * 0.003, 0.75))


def _boat(frame: Frame, x: float, y: float, side: int) -> None:
    """A flat boat with a man and a pole on a strip of pale water."""
    unit = frame.unit
    size = unit * 0.07
    pale = arc(x, y + size * 0.1, size * 3.2, size * 0.5, points=50)
    frame.add(fill(pale, "#efe7d6", 0.75, blur=size * 0.2))
    *boat, ripples = art("ink-boat").at(x, y, size / 100)
    pole = poly((x - size * 0.02, y - size * 0.75), (x + size * 0.2 * side, y + size * 0.35))
    frame.add(*boat, line(pole, INK, size * 0.035), ripples)


def _figures(frame: Frame) -> None:
    """What else was asked for, in ink: nearly without colour."""
    figures = frame.reading.figures[:3]
    for index, figure in enumerate(figures):
        shapes, drawing = dressed(figure)
        scale = frame.unit * 0.36 / drawing.height
        x = frame.width * (index + 1) / (len(figures) + 1)
        move = Move(x - drawing.width * scale / 2, frame.height * 0.84 - drawing.ground * scale, scale, scale)
        frame.add(*(_inked(shape) for shape in move.shapes(shapes)))


def _inked(shape: Shape) -> Shape:
    stops = []
    for at, tone in shape.paint.stops:
        grey = 0.3 * tone[0] + 0.59 * tone[1] + 0.11 * tone[2]
        stops.append((at, mix((grey, grey, grey, tone[3]), colour("#cfc6b4"), 0.22)))
    paint = type(shape.paint)(tuple(stops), shape.paint.kind, shape.paint.start, shape.paint.end)
    return tinted(
        Shape(shape.contours, paint, shape.opacity, shape.stroke, shape.blur, shape.clip), colour(INK), 0.12
    )
