"""Posters: bold geometric shapes, words set in our own letters, and the abstract picture for words that say nothing to us."""

from __future__ import annotations

from .frame import Frame
from .lettering import breadth, known, lettering
from .subjects import dressed
from .vector import Move, Points, Shape, arc, box, clipped, fill, line, poly

PALETTES = (
    ("#f2e9d6", "#1d2f57", "#d9432f", "#eab23f", "#f2e9d6"),
    ("#f4e6d8", "#23403c", "#e2725b", "#f0b94e", "#6f9d93"),
    ("#1c2340", "#f4e8d2", "#ef6a4c", "#f4b844", "#4f86b8"),
    ("#efe3dd", "#3b2352", "#e25a6c", "#f3a64c", "#7fa7c9"),
    ("#e9eadf", "#1f4a5f", "#f0743e", "#f4c95d", "#7cae8e"),
)
"""Paper, dark, two strong colours, and one more."""


def poster(frame: Frame) -> None:
    """A composition on a grid; words below it (beside it in wide formats)."""
    palette = PALETTES[frame.variation % len(PALETTES)]
    width, height = frame.width, frame.height
    frame.add(fill(box(0, 0, width, height), palette[0]))
    words = known(frame.reading.letters)
    margin = frame.short * 0.085
    wide = width > height * 1.35
    if words:
        title = _title(frame, words, palette, margin, wide)
        area = (margin, margin, width * 0.46, height - margin) if wide else (margin, margin, width - margin, title - margin * 0.7)
    else:
        area = (margin, margin, width - margin, height - margin)
    if frame.reading.figures:
        _hero(frame, area, palette)
    elif "jazz" in frame.reading.details:
        _jazz(frame, area, palette)
    else:
        _blocks(frame, area, palette)


def _lines(words: str) -> list[str]:
    """Words in lines: one each, short ones together."""
    lines: list[str] = []
    for word in words.split():
        if lines and len(lines[-1]) + len(word) < 7:
            lines[-1] += " " + word
        else:
            lines.append(word)
    return lines[:5]


def _title(frame: Frame, words: str, palette: tuple[str, ...], margin: float, wide: bool) -> float:
    """The words, as large as they fit; returns the y where they begin."""
    width, height = frame.width, frame.height
    left = width * 0.52 if wide else margin
    room = width - margin - left
    lines = _lines(words)
    tallest = (height - 2 * margin) / len(lines) * 0.8 if wide else min(height * 0.4 / len(lines), frame.unit * 0.3)
    size = min(tallest, min(room / (breadth(text) * 0.86 + 0.24) for text in lines))
    leading = size * 1.24
    rule = frame.short * 0.012
    bottom = height / 2 + leading * len(lines) / 2 - size * 0.12 if wide else height - margin - frame.short * 0.075
    for index, text in enumerate(lines):
        y = bottom - leading * (len(lines) - 1 - index)
        tone = palette[1] if index % 2 == 0 else palette[2]
        frame.add(*lettering(text, left, y, size, tone, weight=0.19))
    below = bottom + frame.short * 0.045
    if below < height - margin * 0.3:
        frame.add(fill(box(left, below, left + room * 0.62, below + rule), palette[1]))
        frame.add(fill(box(left + room * 0.66, below, left + room * 0.82, below + rule), palette[2]))
        frame.add(fill(box(left + room * 0.86, below, left + room, below + rule), palette[3]))
    return bottom - leading * (len(lines) - 1) - size


def _fit(area: tuple[float, float, float, float], ratio: float) -> tuple[float, float, float]:
    """The largest rectangle of ``ratio`` in the middle of an area: left, top and height."""
    left, top, right, bottom = area
    height = min(bottom - top, (right - left) / ratio)
    return ((left + right - height * ratio) / 2, (top + bottom - height) / 2, height)


def _jazz(frame: Frame, area: tuple[float, float, float, float], palette: tuple[str, ...]) -> None:
    """A record, piano keys, a trumpet made of a cone and a tube, and notes."""
    paper, dark, strong, warm, _ = palette
    x, y, s = _fit(area, 1.02 if area[2] - area[0] < (area[3] - area[1]) * 1.4 else 1.5)
    s = min(s, (area[2] - area[0]) / 1.02)
    x = (area[0] + area[2] - s * 1.02) / 2
    # The moon of the night: a large half disc, one half strong, one dark.
    r = s * 0.36
    cx, cy = x + s * 0.38, y + s * 0.38
    frame.add(fill(arc(cx, cy, r, r, 90, 270, 70), strong), fill(arc(cx, cy, r, r, -90, 90, 70), dark))
    # The record before it.
    rx, ry, rr = x + s * 0.56, y + s * 0.66, s * 0.27
    frame.add(fill(arc(rx, ry, rr * 1.06, rr * 1.06), paper), fill(arc(rx, ry, rr, rr), dark))
    frame.add(line([arc(rx, ry, rr * part, rr * part, -70, 250, 80) for part in (0.9, 0.78, 0.66, 0.54)], paper, s * 0.004, 0.45))
    frame.add(fill(arc(rx, ry, rr * 0.4, rr * 0.4), strong), fill(arc(rx, ry, rr * 0.4, rr * 0.4, -90, 90, 40), warm), fill(arc(rx, ry, rr * 0.08, rr * 0.08), paper))
    # Piano keys as a tower on the right.
    kx0, kx1 = x + s * 0.76, x + s * 1.02
    keys = 11
    step = s / keys
    frame.add(fill(box(kx0, y, kx1, y + s), warm))
    frame.add(fill([box(kx0, y + step * index - s * 0.004, kx1, y + step * index + s * 0.004) for index in range(1, keys)], paper))
    black = [box(kx0, y + step * (index + 0.72), kx0 + s * 0.16, y + step * (index + 1.28)) for index in range(keys - 1) if index % 7 not in (2, 6)]
    frame.add(fill(black, dark))
    # The trumpet: a bell that opens to the left below, a tube up to the right.
    bell = poly((x, y + s * 0.98), (x, y + s * 0.66), (x + s * 0.2, y + s * 0.79), (x + s * 0.36, y + s * 0.8), (x + s * 0.36, y + s * 0.85), (x + s * 0.2, y + s * 0.86))
    frame.add(fill(bell, warm), line(poly((x + s * 0.34, y + s * 0.825), (x + s * 0.74, y + s * 0.825)), warm, s * 0.04))
    frame.add(fill(box(x - s * 0.012, y + s * 0.645, x + s * 0.016, y + s * 0.995), dark))
    valves = [box(x + s * at, y + s * 0.73, x + s * (at + 0.032), y + s * 0.93, s * 0.014) for at in (0.42, 0.475, 0.53)]
    frame.add(fill(valves, paper), fill([box(x + s * at - s * 0.008, y + s * 0.715, x + s * (at + 0.04), y + s * 0.74, s * 0.01) for at in (0.42, 0.475, 0.53)], strong))
    _notes(frame, x, y, s, dark, strong)


def _notes(frame: Frame, x: float, y: float, s: float, dark: str, strong: str) -> None:
    for nx, ny, size, tone in ((0.1, 0.07, 0.05, dark), (0.66, 0.1, 0.04, strong)):
        px, py, h = x + nx * s, y + ny * s, size * s
        frame.add(fill(Move(px, py, 1, 1, -18).points(arc(0, 0, h * 0.62, h * 0.45, points=30)), tone))
        frame.add(line(poly((px + h * 0.52, py - h * 0.1), (px + h * 0.52, py - h * 1.9), (px + h * 1.3, py - h * 1.4)), tone, h * 0.22))


def _hero(frame: Frame, area: tuple[float, float, float, float], palette: tuple[str, ...]) -> None:
    """The subject before a large disc and rays."""
    left, top, right, bottom = area
    x, y = (left + right) / 2, (top + bottom) / 2
    size = min(right - left, bottom - top)
    rays = [poly((x, y), *((float(a), float(b)) for a, b in arc(x, y, size * 0.72, size * 0.72, turn, turn + 7.5, 4))) for turn in range(0, 360, 15)]
    ground = box(left, top, right, bottom)
    frame.add(fill(ground, palette[3]), clipped(fill(rays, palette[0], 0.4), ground))
    frame.add(clipped(fill(arc(x, y, size * 0.37, size * 0.37), palette[2]), ground))
    frame.add(fill(box(left, bottom - size * 0.09, right, bottom), palette[1]))
    figures = frame.reading.figures[:3]
    for index, figure in enumerate(figures):
        shapes, drawing = dressed(figure)
        scale = size * (0.74 if len(figures) == 1 else 0.46) / max(drawing.height, drawing.width * 0.9)
        px = x + (index - (len(figures) - 1) / 2) * size * 0.34
        move = Move(px - drawing.width * scale / 2, bottom - size * 0.06 - drawing.ground * scale, scale, scale)
        frame.add(*move.shapes(shapes))


def _blocks(frame: Frame, area: tuple[float, float, float, float], palette: tuple[str, ...]) -> None:
    """A grid of simple forms, no two neighbours alike."""
    rng = frame.rng
    left, top, right, bottom = area
    across = 3 if right - left <= bottom - top else max(3, round(3 * (right - left) / (bottom - top)))
    cell = (right - left) / min(across, 14)
    across = min(across, 14)
    down_count = max(1, round((bottom - top) / cell))
    high = (bottom - top) / down_count
    kinds = ["half", "quarter", "disc", "rings", "bars", "triangle", "petal", "dots"]
    last = ""
    for row in range(down_count):
        for column in range(across):
            kind = rng.choice([name for name in kinds if name != last])
            last = kind
            tones = rng.sample(palette[1:5], 3)
            x, y = left + column * cell, top + row * high
            _block(frame, kind, (x, y, x + cell, y + high), tones, palette[0])


def _block(frame: Frame, kind: str, place: tuple[float, float, float, float], tones: list[str], paper: str) -> None:
    left, top, right, bottom = place
    x, y, w, h = (left + right) / 2, (top + bottom) / 2, (right - left) / 2, (bottom - top) / 2
    cell = box(left, top, right, bottom)
    frame.add(fill(cell, tones[0] if tones[0] != paper else tones[1]))
    quarter = frame.rng.randrange(4)
    shapes: list[Shape] = []
    if kind == "half":
        shapes.append(fill(arc(x, y, w, h, 90 * quarter, 90 * quarter + 180, 60), tones[1]))
        shapes.append(fill(arc(x, y, w * 0.45, h * 0.45, 90 * quarter + 180, 90 * quarter + 360, 40), tones[2]))
    elif kind == "quarter":
        cx, cy = ((left, top), (right, top), (right, bottom), (left, bottom))[quarter]
        for part, tone in ((2.0, tones[1]), (1.36, tones[2]), (0.7, paper)):
            shapes.append(fill(arc(cx, cy, w * part, h * part), tone))
    elif kind == "disc":
        shapes += [fill(arc(x, y, w * 0.8, h * 0.8), tones[1]), fill(arc(x, y, w * 0.3, h * 0.3), paper)]
    elif kind == "rings":
        shapes += [fill(arc(x, y, w * part, h * part), tone) for part, tone in ((0.92, paper), (0.7, tones[1]), (0.47, paper), (0.25, tones[2]))]
    elif kind == "bars":
        bars: list[Points] = [box(left, top + h * 2 * (index * 2 + 1) / 9, right, top + h * 2 * (index * 2 + 2) / 9) for index in range(4)]
        shapes.append(fill(bars, paper))
    elif kind == "triangle":
        shapes += [fill(poly((left, bottom), (right, bottom), (x, top)), tones[1]), fill(poly((x, bottom), (right, bottom), (x, top)), tones[2])]
    elif kind == "petal":
        shapes.append(fill([arc(left, top, w * 2, h * 2)], tones[1]))
        shapes[-1] = clipped(shapes[-1], arc(right, bottom, w * 2, h * 2))
        shapes.append(fill(arc(x, y, w * 0.2, h * 0.2), paper))
    else:
        dots = [arc(left + w * (0.4 + 0.6 * column), top + h * (0.4 + 0.6 * row), w * 0.17, h * 0.17, points=30) for row in range(3) for column in range(3)]
        shapes.append(fill(dots, tones[1] if tones[1] != tones[0] else paper))
    for shape in shapes:
        frame.add(shape if shape.clip else clipped(shape, cell))
