"""Posters: bold geometric shapes, words set in our own letters.

And the abstract picture for words that say nothing to us.
"""

from __future__ import annotations

from .frame import Frame, Line
from .jazz import jazz
from .lettering import breadth, known, lettering
from .retouch import breadth_in_font, settable
from .subjects import dressed
from .vector import Move, Points, Shape, arc, box, clipped, fill, poly

PALETTES = (
    ("#f2e9d6", "#1d2f57", "#d9432f", "#eab23f", "#f2e9d6"),
    ("#1c2340", "#f4e8d2", "#ef6a4c", "#f4b844", "#4f86b8"),
    ("#eab84a", "#2a2340", "#d8452f", "#f7ead0", "#3f7f86"),
    ("#f4dcd0", "#23403c", "#d9603f", "#f0b94e", "#6f9d93"),
    ("#24504c", "#f6ead2", "#f0743e", "#f4c95d", "#8fc0ae"),
)
"""Paper, dark, two strong colours, and one more."""


def poster(frame: Frame) -> None:
    """A composition on a grid; words below it (beside it in wide formats)."""
    palette = _palette(frame)
    width, height = frame.width, frame.height
    frame.paper = palette[0]
    frame.add(fill(box(0, 0, width, height), palette[0]))
    letters = frame.reading.letters
    words = known(letters)
    foreign = words != " ".join(letters.upper().split()) and settable(letters)
    margin = frame.short * 0.085
    wide = width > height * 1.12
    if words or foreign:
        set_title = _set_by_font if foreign else _title
        title = set_title(frame, letters if foreign else words, palette, margin, wide)
        area = (
            (margin, margin, width * 0.46, height - margin)
            if wide
            else (margin, margin, width - margin, title - margin * 0.7)
        )
    else:
        area = (margin, margin, width - margin, height - margin)
    if frame.reading.figures:
        _hero(frame, area, palette)
    elif "jazz" in frame.reading.details:
        start = len(frame.shapes)
        jazz(frame, area, palette)
        if frame.variation % 2:
            frame.shapes[start:] = Move(area[0] + area[2], 0.0, -1.0, 1.0).shapes(frame.shapes[start:])
    else:
        _blocks(frame, area, palette)


def _palette(frame: Frame) -> tuple[str, ...]:
    """Five colours; those that were asked for take the places of the strong ones."""
    paper, dark, *strong = PALETTES[frame.variation % len(PALETTES)]
    wanted = [tone for tone in dict.fromkeys(frame.reading.palette) if tone != paper][:3]
    if len(wanted) > 1:
        dark = wanted.pop(0)
    return (paper, dark, *wanted, *strong[len(wanted) :])


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
    share = 0.26 if frame.reading.figures else 0.4
    tallest = (
        (height - 2 * margin) / len(lines) * 0.74
        if wide
        else min(height * share / len(lines), frame.unit * 0.3)
    )
    fitting = [room / (breadth(text) * 0.86 + 0.24) for text in lines]
    # Lines are set to one width where that does not make one of them shout.
    least = min(tallest, *fitting)
    sizes = [min(fit, least * 1.25, tallest) for fit in fitting]
    leading = least * 0.24
    rule = frame.short * 0.012
    total = sum(sizes) + leading * (len(lines) - 1)
    bottom = (height + total) / 2 if wide else height - margin - frame.short * 0.075
    y = bottom - total
    for index, (text, size) in enumerate(zip(lines, sizes, strict=True)):
        y += size
        frame.add(*lettering(text, left, y, size, palette[1 + index % 2], weight=0.19))
        y += leading
    below = bottom + frame.short * 0.045
    if below < height - margin * 0.3:
        # The rule below is as wide as the widest line.
        across = max((breadth(text) * 0.81 + 0.19) * size for text, size in zip(lines, sizes, strict=True))
        for start, end, tone in ((0.0, 0.62, palette[1]), (0.66, 0.82, palette[2]), (0.86, 1.0, palette[3])):
            frame.add(fill(box(left + across * start, below, left + across * end, below + rule), tone))
    return bottom - total


def _set_by_font(frame: Frame, words: str, palette: tuple[str, ...], margin: float, wide: bool) -> float:
    """Words in letters that we do not have, one line for each; returns the y where they begin."""
    left = frame.width * 0.52 if wide else margin
    room = frame.width - margin - left
    lines = words.split()[:4]
    share = 0.3 if frame.reading.figures else 0.4
    tallest = (frame.height - 2 * margin) * (0.8 if wide else share) / len(lines)
    size = min(tallest, *(room / breadth_in_font(text) for text in lines), frame.unit * 0.3)
    total = 1.2 * size * len(lines)
    top = (frame.height - total) / 2 if wide else frame.height - margin - total
    frame.lines = [
        Line(text, left, top + 1.2 * size * (index + 1), size, palette[1 + index % 2])
        for index, text in enumerate(lines)
    ]
    return top


def _hero(frame: Frame, area: tuple[float, float, float, float], palette: tuple[str, ...]) -> None:
    """The subject before a large disc and rays."""
    left, top, right, bottom = area
    x, y = (left + right) / 2, (top + bottom) / 2
    size = min(right - left, bottom - top)
    rays = [
        poly(
            (x, y),
            *(
                (float(a), float(b))
                for a, b in arc(
                    x, y, frame.width + frame.height, frame.width + frame.height, turn, turn + 7.5, 4
                )
            ),
        )
        for turn in range(0, 360, 15)
    ]
    ground = box(left, top, right, bottom)
    frame.add(fill(ground, palette[3]), clipped(fill(rays, palette[0], 0.4), ground))
    frame.add(clipped(fill(arc(x, y, size * 0.37, size * 0.37), palette[2]), ground))
    frame.add(fill(box(left, bottom - size * 0.09, right, bottom), palette[1]))
    figures = frame.reading.figures[:3]
    for index, figure in enumerate(figures):
        shapes, drawing = dressed(figure)
        scale = size * (0.74 if len(figures) == 1 else 0.46) / max(drawing.height, drawing.width * 0.9)
        px = x + (index - (len(figures) - 1) / 2) * size * 0.34
        move = Move(
            px - drawing.width * scale / 2, bottom - size * 0.06 - drawing.ground * scale, scale, scale
        )
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
    above = [""] * across
    for row in range(down_count):
        beside = ""
        for column in range(across):
            kind = rng.choice([name for name in kinds if name != last])
            last = kind
            ground = rng.choice(
                [tone for tone in dict.fromkeys(palette) if tone not in (beside, above[column])]
            )
            tones = [ground, *rng.sample([tone for tone in palette[1:4] if tone != ground], 2)]
            beside = above[column] = ground
            x, y = left + column * cell, top + row * high
            _block(frame, kind, (x, y, x + cell, y + high), tones, palette[0])


def _block(
    frame: Frame, kind: str, place: tuple[float, float, float, float], tones: list[str], paper: str
) -> None:
    """One cell; ``tones`` are its ground and two more colours."""
    paper = paper if tones[0] != paper else tones[2]
    left, top, right, bottom = place
    x, y, w, h = (left + right) / 2, (top + bottom) / 2, (right - left) / 2, (bottom - top) / 2
    cell = box(left, top, right, bottom)
    frame.add(fill(cell, tones[0]))
    quarter = frame.rng.randrange(4)
    shapes: list[Shape] = []
    if kind == "half":
        shapes.append(fill(arc(x, y, w, h, 90 * quarter, 90 * quarter + 180, 60), tones[1]))
        shapes.append(
            fill(arc(x, y, w * 0.45, h * 0.45, 90 * quarter + 180, 90 * quarter + 360, 40), tones[2])
        )
    elif kind == "quarter":
        cx, cy = ((left, top), (right, top), (right, bottom), (left, bottom))[quarter]
        for part, tone in ((2.0, tones[1]), (1.36, tones[2]), (0.7, paper)):
            shapes.append(fill(arc(cx, cy, w * part, h * part), tone))
    elif kind == "disc":
        shapes += [fill(arc(x, y, w * 0.8, h * 0.8), tones[1]), fill(arc(x, y, w * 0.3, h * 0.3), paper)]
    elif kind == "rings":
        shapes += [
            fill(arc(x, y, w * part, h * part), tone)
            for part, tone in ((0.92, paper), (0.7, tones[1]), (0.47, paper), (0.25, tones[2]))
        ]
    elif kind == "bars":
        bars: list[Points] = [
            box(left, top + h * 2 * (index * 2 + 1) / 9, right, top + h * 2 * (index * 2 + 2) / 9)
            for index in range(4)
        ]
        shapes.append(fill(bars, paper))
    elif kind == "triangle":
        shapes += [
            fill(poly((left, bottom), (right, bottom), (x, top)), tones[1]),
            fill(poly((x, bottom), (right, bottom), (x, top)), tones[2]),
        ]
    elif kind == "petal":
        shapes.append(fill([arc(left, top, w * 2, h * 2)], tones[1]))
        shapes[-1] = clipped(shapes[-1], arc(right, bottom, w * 2, h * 2))
        shapes.append(fill(arc(x, y, w * 0.2, h * 0.2), paper))
    else:
        dots = [
            arc(left + w * (0.4 + 0.6 * column), top + h * (0.4 + 0.6 * row), w * 0.17, h * 0.17, points=30)
            for row in range(3)
            for column in range(3)
        ]
        shapes.append(fill(dots, tones[1] if tones[1] != tones[0] else paper))
    for shape in shapes:
        frame.add(shape if shape.clip else clipped(shape, cell))
