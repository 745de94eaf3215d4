"""Styles that are other ways to paint the same shapes, and so are as sharp as the picture is large."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from .colour import Colour, colour, mix
from .vector import Move, Paint, Points, Shape, box, fill, poly, solid

Restyle = Callable[[Sequence[Shape], float, float], list[Shape]]
"""Shapes of a drawing of a width and a height, painted anew."""

INK = "#2b2a3a"
PAPER = "#fdfaf2"


def lineart(shapes: Sequence[Shape], width: float, height: float) -> list[Shape]:
    """Every form as a clean outline on paper; only what is small and dark stays dark."""
    weight = min(width, height) * 0.0034
    result = [fill(box(0, 0, width, height), PAPER)]
    for shape in shapes:
        if _soft(shape) or _fills(shape, width, height):
            continue
        if shape.stroke:
            if shape.stroke <= weight * 2.6:
                result.append(replace(shape, paint=solid(INK), stroke=weight * 0.8, opacity=0.8))
                continue
            result.append(replace(shape, paint=solid(INK), stroke=shape.stroke + weight, opacity=1.0))
            result.append(replace(shape, paint=solid(PAPER), stroke=shape.stroke - weight, opacity=1.0))
            continue
        small = _reach(shape) < min(width, height) * 0.06
        if small and _light(shape) < 80:
            result.append(replace(shape, paint=solid(INK), opacity=1.0))
            continue
        closed = tuple(np.concatenate((outline, outline[:1])) for outline in shape.contours)
        result.append(
            replace(shape, contours=closed, paint=solid(INK), stroke=2 * weight, opacity=1.0, blur=0.0)
        )
        result.append(replace(shape, paint=solid(PAPER), opacity=1.0, blur=0.0))
    return result


def papercut(shapes: Sequence[Shape], width: float, height: float) -> list[Shape]:
    """Flat sheets of coloured paper one above the other, each with its shadow on the one below."""
    unit = min(width, height)
    result: list[Shape] = []
    for shape in shapes:
        if _soft(shape):
            continue
        if not result and _fills(shape, width, height):
            result += _sheets(shape.paint, width, height)
            continue
        tone = _muted(_middle(shape.paint))
        if _reach(shape) > unit * 0.035 and not _fills(shape, width, height):
            result.append(_shadow(shape, unit))
        result.append(replace(shape, paint=solid(tone), opacity=1.0, blur=0.0))
    return result


def noir(shapes: Sequence[Shape], width: float, height: float) -> list[Shape]:
    """Black and white with deep shadows and hard lights."""
    return [replace(shape, paint=_grey(shape.paint)) for shape in shapes]


RESTYLES: dict[str, Restyle] = {"lineart": lineart, "papercut": papercut, "noir": noir}


def _grey(paint: Paint) -> Paint:
    stops = []
    for at, (red, green, blue, alpha) in paint.stops:
        light = (0.3 * red + 0.59 * green + 0.11 * blue) / 255
        # The curve leaves 0 to 1 at its ends, and more than white would be drawn as black.
        deep = 255 * min(1.0, max(0.0, float(0.5 + 0.5 * np.tanh((light - 0.4) * 2.9) / np.tanh(1.6))))
        stops.append((at, (deep, deep, deep, alpha)))
    return replace(paint, stops=tuple(stops))


def _sheets(paint: Paint, width: float, height: float) -> list[Shape]:
    """A gradient behind everything as wavy sheets, from above to below."""
    unit = min(width, height)
    at = [stop for stop, _ in paint.stops]
    bottom = paint.end[1] if paint.kind == "linear" and paint.end[1] > height * 0.2 else height
    result: list[Shape] = []
    for index in range(6):
        share = (index + 0.5) / 6
        tone = tuple(
            float(np.interp(share, at, [stop[part] for _, stop in paint.stops])) for part in range(4)
        )
        flat = (tone[0], tone[1], tone[2], 255.0)
        if index == 0:
            result.append(fill(box(0, 0, width, height), _muted(flat)))
            continue
        x = np.linspace(-20, width + 20, 80)
        y = (
            bottom * index / 6
            + unit * 0.02 * np.sin(x / unit * 4.1 + index * 1.9)
            + unit * 0.012 * np.sin(x / unit * 9.7 + index)
        )
        ridge = [(float(a), float(b)) for a, b in zip(x, y, strict=True)]
        sheet = fill(poly(*ridge, (width + 20, height + 20), (-20, height + 20)), _muted(flat))
        result += [_shadow(sheet, unit), sheet]
    return result


def _shadow(shape: Shape, unit: float) -> Shape:
    """What a sheet leaves on the one below: a little lower, soft."""
    reach = min(1.0, _reach(shape) / (unit * 0.25))
    size = unit * (0.0025 + 0.0045 * reach)
    moved = Move(size * 0.5, size).shape(shape)
    # On small pieces nobody sees whether a shadow is soft, and soft ones take longer.
    soft = reach > 0.4
    return replace(
        moved,
        paint=solid("#241a33"),
        opacity=0.42 if soft else 0.24,
        blur=size * 0.75 if soft else 0.0,
        clip=shape.clip,
        stroke=shape.stroke,
    )


def _muted(tone: Colour) -> Colour:
    """The colour as dyed paper has it."""
    grey = 0.3 * tone[0] + 0.59 * tone[1] + 0.11 * tone[2]
    return mix(mix(tone, (grey, grey, grey, 255), 0.1), colour("#f3e7d3"), 0.1)


def _middle(paint: Paint) -> Colour:
    tone = paint.stops[len(paint.stops) // 2][1]
    return (tone[0], tone[1], tone[2], 255.0)


def _soft(shape: Shape) -> bool:
    """Whether a shape is light or shadow rather than a thing."""
    alpha = max(tone[3] for _, tone in shape.paint.stops) / 255
    return shape.blur > 4 or shape.opacity * alpha < 0.42 or min(t[3] for _, t in shape.paint.stops) < 40


def _light(shape: Shape) -> float:
    red, green, blue, _ = _middle(shape.paint)
    return 0.3 * red + 0.59 * green + 0.11 * blue


def _reach(shape: Shape) -> float:
    """The longer side of a shape."""
    every = np.concatenate(shape.contours)
    sides = every.max(axis=0) - every.min(axis=0)
    return float(sides.max())


def _fills(shape: Shape, width: float, height: float) -> bool:
    """Whether a shape is the ground of the whole picture."""
    outline: Points = np.concatenate(shape.contours)
    low, high = outline.min(axis=0), outline.max(axis=0)
    return bool(
        not shape.stroke
        and low[0] <= 1
        and low[1] <= 1
        and high[0] >= width - 1
        and high[1] >= height * 0.55
        and len(outline) == 4
    )
