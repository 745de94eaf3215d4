"""A sticker: one subject in flat colours with a white border on a plain ground."""

from __future__ import annotations

from dataclasses import replace

from .colour import colour, hexed, lighter
from .frame import Frame
from .subjects import dressed, silhouette, singles
from .vector import Move, Shape, arc, box, fill, solid

GROUNDS = ("#f4c84f", "#8ec9c2", "#f2a48f", "#a9b8e8", "#b8d38a")


def sticker(frame: Frame) -> None:
    """Each figure as one sticker; several lie beside each other."""
    width, height = frame.width, frame.height
    tone = colour(frame.reading.backdrop or GROUNDS[frame.variation % len(GROUNDS)])
    frame.paper = hexed(tone)
    frame.add(fill(box(0, 0, width, height), tone))
    each = singles(frame.reading.figures, 12)
    across = width >= height
    step = (width if across else height) / len(each)
    room = min(step * (0.96 if len(each) > 1 else 1.0), width, height)
    for index, figure in enumerate(each):
        x = step * (index + 0.5) if across else width / 2
        y = height / 2 if across else step * (index + 0.5)
        disc = room * 0.42
        frame.add(fill(arc(x, y, disc, disc), lighter(tone, 0.34)))
        shapes, _ = dressed(figure)
        left, top, right, bottom = _bounds(shapes)
        scale = room * 0.74 / max(right - left, bottom - top)
        turn = (-4.0, 5.0, -7.0, 3.0)[(frame.variation + index) % 4] if (frame.variation or index) else 0.0
        centre = Move(-(left + right) / 2, -(top + bottom) / 2).shapes(shapes)
        moved = Move(x, y, scale, scale, turn).shapes(centre)
        border = silhouette(moved, "#ffffff", room * 0.024)
        shade = [
            replace(shape, paint=solid("#4a2a3c"), blur=room * 0.012, opacity=0.2)
            for shape in Move(room * 0.008, room * 0.016).shapes(border[:12])
        ]
        frame.add(*shade, *border, *(_flat(shape) for shape in moved if shape.blur == 0))


def _bounds(shapes: list[Shape]) -> tuple[float, float, float, float]:
    every = [shape.bounds() for shape in shapes if not shape.clip]
    return (
        min(b[0] for b in every),
        min(b[1] for b in every),
        max(b[2] for b in every),
        max(b[3] for b in every),
    )


def _flat(shape: Shape) -> Shape:
    """The shape in the one colour in the middle of its gradient."""
    stops = shape.paint.stops
    return replace(shape, paint=solid(stops[len(stops) // 2][1]))
