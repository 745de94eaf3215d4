"""What is laid out and not looked at from somewhere: icons, maps, infographics and comics."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

from .colour import colour, lighter
from .frame import Frame
from .lettering import breadth, known, lettering
from .reading import Figure
from .subjects import dressed, singles
from .vector import Move, Points, Shape, arc, box, clipped, down, fill, line, poly

Box = tuple[float, float, float, float]

GROUNDS = ("#3f78b8", "#3f9aa0", "#8a68b5", "#d9603f", "#4f8f68")
INK, PAPER, CREAM = "#2b2f45", "#f6f1e6", "#ecdcb6"
MOST = 6
"""Things on one sheet, at most."""


def icon(frame: Frame) -> None:
    """Each figure on a tile with round corners."""
    figures = _figures(frame)
    _paper(frame, "#f1f2f6")
    tone = frame.reading.backdrop or (frame.reading.palette or GROUNDS)[0]
    for index, (figure, place) in enumerate(zip(figures, _cells(frame, len(figures)), strict=True)):
        x, y, side = _middle(place, 0.8 if len(figures) > 1 else 0.7)
        tile = box(x - side / 2, y - side / 2, x + side / 2, y + side / 2, side * 0.22)
        one = colour(tone if len(figures) == 1 or frame.reading.backdrop else GROUNDS[index % len(GROUNDS)])
        frame.add(fill(Move(0.0, side * 0.03).points(tile), "#1c2038", 0.22, blur=side * 0.03))
        frame.add(fill(tile, down(y - side / 2, y + side / 2, lighter(one, 0.22), one)))
        frame.add(*_shown(figure, (x, y), side * 0.66))


def chart(frame: Frame) -> None:
    """An infographic: a title, and each figure with a number and lines where its text would stand."""
    figures = _figures(frame)
    _paper(frame, PAPER)
    margin, width = frame.short * 0.07, frame.width
    title, top = known(frame.reading.letters), margin
    if title:
        size = min(frame.height * 0.13, (width - 2 * margin) / (breadth(title) * 0.86 + 0.3))
        frame.add(*lettering(title, margin, margin + size, size, INK, weight=0.17))
        top += size + margin * 0.7
        frame.add(fill(box(margin, top - margin * 0.3, margin * 3, top - margin * 0.16), GROUNDS[3]))
    area = (margin, top, width - margin, frame.height - margin)
    for index, (figure, place) in enumerate(zip(figures, _cells(frame, len(figures), area), strict=True)):
        _entry(frame, figure, place, index)


def _entry(frame: Frame, figure: Figure, place: Box, index: int) -> None:
    left, top, right, bottom = place
    tone, side = GROUNDS[index % len(GROUNDS)], min(right - left, (bottom - top) * 0.72)
    x, y, disc = (left + right) / 2, top + side * 0.5, side * 0.43
    frame.add(fill(arc(x, y, disc, disc), lighter(colour(tone), 0.6)))
    frame.add(*_shown(figure, (x, y), side * 0.62))
    nx, ny, small = x - disc * 0.8, y - disc * 0.72, side * 0.1
    frame.add(fill(arc(nx, ny, small, small), tone))
    number = str(index + 1)
    frame.add(*lettering(number, nx, ny + small * 0.5, small, PAPER, 0.2, "middle"))
    bar = side * 0.032
    for row, share in enumerate((0.74, 0.6, 0.66)):
        down_ = top + side * 1.06 + row * bar * 2.1
        if down_ + bar < bottom:
            tint = tone if row == 0 else "#c9c6bd"
            half = side * share * 0.5
            frame.add(fill(box(x - half, down_, x + half, down_ + bar, bar / 2), tint))


def chart_of_places(frame: Frame) -> None:
    """A map: an island in the sea, its sights along a dashed way, and a compass."""
    width, height, short = frame.width, frame.height, frame.short
    _paper(frame, "#9cc3c4")
    centre = (width * 0.5, height * 0.5)
    for grown, tone in ((1.12, "#b4d3cf"), (1.06, "#cfe1d4"), (1.0, CREAM)):
        frame.add(fill(_island(frame, centre, grown), tone))
    frame.add(line(_island(frame, centre, 1.0), "#a98a58", short * 0.006))
    for x, y in ((0.36, 0.34), (0.62, 0.58), (0.7, 0.36), (0.34, 0.62)):
        frame.add(*_hills(frame, width * x, height * y))
    figures = _figures(frame)
    places = _stops(frame, len(figures))
    frame.add(*_dashes(places, short))
    for figure, (x, y) in zip(figures, places, strict=True):
        frame.add(fill(arc(x, y, short * 0.085, short * 0.026), "#7d6438", 0.35))
        frame.add(*_shown(figure, (x, y - short * 0.09), short * 0.21))
    frame.add(*_compass((width - short * 0.12, short * 0.14), short * 0.085))
    edge = [box(inset, inset, width - inset, height - inset) for inset in (short * 0.02, short * 0.032)]
    frame.add(line([Move().points(one) for one in map(_closed, edge)], "#7d6438", short * 0.004))


def _island(frame: Frame, centre: tuple[float, float], grown: float) -> Points:
    waves = frame.chance("island")
    phase = [waves.uniform(0, math.tau) for _ in range(3)]
    points = []
    for step in range(121):
        turn = math.tau * step / 120
        bend = sum(
            depth * math.sin(times * turn + shift)
            for times, depth, shift in zip((2, 3, 7), (0.05, 0.06, 0.025), phase, strict=True)
        )
        reach = (0.86 + bend) * grown
        points.append(
            (
                centre[0] + math.cos(turn) * frame.width * 0.46 * reach,
                centre[1] + math.sin(turn) * frame.height * 0.46 * reach,
            )
        )
    return poly(*points)


def _hills(frame: Frame, x: float, y: float) -> list[Shape]:
    step = frame.short * 0.03
    lines = [
        poly((x + at * step, y), (x + (at + 0.7) * step, y - step * tall), (x + (at + 1.4) * step, y))
        for at, tall in ((-1.4, 0.9), (-0.4, 1.4), (0.7, 0.8))
    ]
    return [line(lines, "#8f7444", frame.short * 0.005, 0.75)]


def _stops(frame: Frame, count: int) -> list[tuple[float, float]]:
    """Places on a winding way from the lower left to the upper right."""
    tall = frame.height > frame.width
    places = []
    for index in range(count):
        along = 0.24 + 0.52 * (index / (count - 1) if count > 1 else 0.5)
        across = 0.5 + 0.17 * (1 if index % 2 else -1) * (count > 1)
        x, y = (across, 1.08 - along) if tall else (along, across + 0.08)
        places.append((frame.width * x, frame.height * y))
    return places


def _dashes(places: list[tuple[float, float]], short: float) -> list[Shape]:
    dashes = []
    for (x, y), (to_x, to_y) in itertools.pairwise(places):
        length = math.hypot(to_x - x, to_y - y)
        count = max(2, round(length / (short * 0.04)))
        for at in range(count):
            start, end = at / count, (at + 0.5) / count
            dashes.append(
                poly(
                    (x + (to_x - x) * start, y + (to_y - y) * start),
                    (x + (to_x - x) * end, y + (to_y - y) * end),
                )
            )
    return [line(dashes, "#b5442f", short * 0.008)] if dashes else []


def _compass(centre: tuple[float, float], size: float) -> list[Shape]:
    x, y = centre
    shapes = [
        fill(arc(x, y, size, size), CREAM, 0.9),
        line(arc(x, y, size * 0.9, size * 0.9), "#7d6438", size * 0.05),
    ]
    for turn in range(4):
        angle = math.radians(90 * turn - 90)
        tip = (x + math.cos(angle) * size * 0.8, y + math.sin(angle) * size * 0.8)
        side = (math.cos(angle + math.pi / 2) * size * 0.16, math.sin(angle + math.pi / 2) * size * 0.16)
        tone = "#b5442f" if turn == 0 else "#7d6438"
        shapes.append(fill(poly(tip, (x + side[0], y + side[1]), (x - side[0], y - side[1])), tone))
    return shapes


def comic(frame: Frame, panels: list[tuple[list[Shape], float, float]]) -> None:
    """Panels in reading order, each a drawing of its own with its width and height."""
    _paper(frame, "#fbfaf6")
    for (shapes, width, height), place in zip(panels, panel_boxes(frame, len(panels)), strict=True):
        left, top, right, bottom = place
        outline = box(*place)
        moved = Move(left, top, (right - left) / width, (bottom - top) / height).shapes(shapes)
        frame.add(*(shape if shape.clip else clipped(shape, outline) for shape in moved))
        frame.add(line(_closed(outline), INK, frame.short * 0.012))


def panel_boxes(frame: Frame, count: int) -> list[Box]:
    """Where the panels of a comic are."""
    margin = frame.short * 0.035
    area = (margin, margin, frame.width - margin, frame.height - margin)
    return _cells(frame, count, area, gap=margin * 0.7)


def _figures(frame: Frame) -> list[Figure]:
    return singles(frame.reading.figures, MOST)


def _paper(frame: Frame, tone: str) -> None:
    frame.paper = tone
    frame.add(fill(box(0, 0, frame.width, frame.height), tone))


def _closed(outline: Points) -> Points:
    return poly(*((float(x), float(y)) for x, y in [*outline, outline[0]]))


def _cells(frame: Frame, count: int, area: Box | None = None, gap: float = 0.0) -> list[Box]:
    """The cells of the grid in which squares are largest, in reading order."""
    left, top, right, bottom = area or (0.0, 0.0, frame.width, frame.height)
    wide, tall = right - left, bottom - top
    across = max(
        range(1, count + 1),
        key=lambda columns: min(wide / columns, tall / math.ceil(count / columns)),
        default=1,
    )
    rows = math.ceil(count / across)
    w, h = (wide - gap * (across - 1)) / across, (tall - gap * (rows - 1)) / max(1, rows)
    cells = []
    for index in range(count):
        row, column = divmod(index, across)
        in_row = min(across, count - row * across)
        x = left + (across - in_row) * (w + gap) / 2 + column * (w + gap)
        y = top + row * (h + gap)
        cells.append((x, y, x + w, y + h))
    return cells


def _middle(place: Box, share: float) -> tuple[float, float, float]:
    left, top, right, bottom = place
    return (left + right) / 2, (top + bottom) / 2, min(right - left, bottom - top) * share


def _shown(figure: Figure, centre: tuple[float, float], size: float) -> list[Shape]:
    """A figure without shadow or scenery, ``size`` at its longest."""
    shapes, _ = dressed(figure)
    bounds = [shape.bounds() for shape in shapes if not shape.clip and shape.blur == 0]
    left, top = min(one[0] for one in bounds), min(one[1] for one in bounds)
    right, bottom = max(one[2] for one in bounds), max(one[3] for one in bounds)
    scale = size / max(right - left, bottom - top)
    middle = Move(-(left + right) / 2, -(top + bottom) / 2).shapes(shapes)
    return Move(*centre, scale, scale).shapes([one for one in middle if one.blur == 0])


SHEETS: dict[str, Callable[[Frame], None]] = {"icon": icon, "map": chart_of_places, "infographic": chart}
"""Style -> what lays its figures out; the comic is laid out by ``scene``, which draws its panels."""
