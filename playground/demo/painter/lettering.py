"""A geometric alphabet of lines, so that words can be set where no font is installed.

Each letter is drawn in a cell one unit high (y grows downwards) and of its own width; strokes are polylines.
"""

from __future__ import annotations

import math

from .colour import Colour
from .vector import Points, Shape, line, poly

Stroke = list[tuple[float, float]]


def _bow(x: float, y: float, rx: float, ry: float, start: float, end: float) -> Stroke:
    """Part of an ellipse, in degrees clockwise from the right."""
    count = max(3, round(abs(end - start) / 10))
    steps = [math.radians(start + (end - start) * step / count) for step in range(count + 1)]
    return [(x + rx * math.cos(angle), y + ry * math.sin(angle)) for angle in steps]


def _letters() -> dict[str, tuple[float, list[Stroke]]]:
    round_o = _bow(0.4, 0.5, 0.4, 0.5, 0, 360)
    upper = [(0.0, 0.0), (0.28, 0.0), *_bow(0.28, 0.25, 0.27, 0.25, -90, 90), (0.0, 0.5)]
    lower = [(0.0, 0.5), (0.3, 0.5), *_bow(0.3, 0.75, 0.3, 0.25, -90, 90), (0.0, 1.0)]
    return {
        "A": (0.74, [[(0, 1), (0.37, 0), (0.74, 1)], [(0.13, 0.66), (0.61, 0.66)]]),
        "B": (0.6, [upper, lower, [(0, 0), (0, 1)]]),
        "C": (0.72, [_bow(0.4, 0.5, 0.4, 0.5, -45, -315)]),
        "D": (0.68, [[(0, 0), (0.22, 0), *_bow(0.22, 0.5, 0.46, 0.5, -90, 90), (0, 1), (0, 0)]]),
        "E": (0.54, [[(0.54, 0), (0, 0), (0, 1), (0.54, 1)], [(0, 0.49), (0.46, 0.49)]]),
        "F": (0.52, [[(0.52, 0), (0, 0), (0, 1)], [(0, 0.5), (0.44, 0.5)]]),
        "G": (0.78, [[*_bow(0.4, 0.5, 0.4, 0.5, -48, -360), (0.46, 0.53)]]),
        "H": (0.66, [[(0, 0), (0, 1)], [(0.66, 0), (0.66, 1)], [(0, 0.49), (0.66, 0.49)]]),
        "I": (0.0, [[(0, 0), (0, 1)]]),
        "J": (0.44, [[(0.44, 0), (0.44, 0.74), *_bow(0.2, 0.74, 0.24, 0.26, 0, 150)]]),
        "K": (0.62, [[(0, 0), (0, 1)], [(0.6, 0), (0.02, 0.58)], [(0.2, 0.42), (0.62, 1)]]),
        "L": (0.5, [[(0, 0), (0, 1), (0.5, 1)]]),
        "M": (0.84, [[(0, 1), (0.05, 0), (0.42, 0.72), (0.79, 0), (0.84, 1)]]),
        "N": (0.68, [[(0, 1), (0, 0), (0.68, 1), (0.68, 0)]]),
        "O": (0.8, [round_o]),
        "P": (0.58, [[(0, 1), (0, 0), (0.3, 0), *_bow(0.3, 0.28, 0.28, 0.28, -90, 90), (0, 0.56)]]),
        "Q": (0.8, [round_o, [(0.5, 0.7), (0.8, 1.02)]]),
        "R": (0.6, [
            [(0, 1), (0, 0), (0.3, 0), *_bow(0.3, 0.27, 0.28, 0.27, -90, 90), (0, 0.54)],
            [(0.3, 0.54), (0.6, 1)],
        ]),
        "S": (0.58, [[*_bow(0.29, 0.255, 0.27, 0.255, -25, -270), *_bow(0.29, 0.75, 0.29, 0.25, -90, 160)]]),
        "T": (0.64, [[(0, 0), (0.64, 0)], [(0.32, 0), (0.32, 1)]]),
        "U": (0.66, [[(0, 0), (0, 0.67), *_bow(0.33, 0.67, 0.33, 0.33, 180, 0), (0.66, 0)]]),
        "V": (0.72, [[(0, 0), (0.36, 1), (0.72, 0)]]),
        "W": (1.0, [[(0, 0), (0.25, 1), (0.5, 0.2), (0.75, 1), (1.0, 0)]]),
        "X": (0.66, [[(0, 0), (0.66, 1)], [(0.66, 0), (0, 1)]]),
        "Y": (0.68, [[(0, 0), (0.34, 0.5), (0.68, 0)], [(0.34, 0.5), (0.34, 1)]]),
        "Z": (0.62, [[(0, 0), (0.62, 0), (0, 1), (0.62, 1)]]),
        "0": (0.66, [_bow(0.33, 0.5, 0.33, 0.5, 0, 360)]),
        "1": (0.24, [[(0, 0.2), (0.24, 0), (0.24, 1)]]),
        "2": (0.58, [[*_bow(0.29, 0.29, 0.29, 0.29, -170, 30), (0, 1), (0.58, 1)]]),
        "3": (0.58, [[*_bow(0.28, 0.25, 0.26, 0.25, -160, 90)], [*_bow(0.28, 0.75, 0.3, 0.25, -90, 160)]]),
        "4": (0.66, [[(0.48, 1), (0.48, 0), (0, 0.7), (0.66, 0.7)]]),
        "5": (0.58, [[(0.52, 0), (0.08, 0), (0.05, 0.44), *_bow(0.28, 0.68, 0.3, 0.32, -110, 155)]]),
        "6": (0.6, [_bow(0.3, 0.69, 0.3, 0.31, 0, 360), [(0.46, 0), (0.06, 0.55)]]),
        "7": (0.56, [[(0, 0), (0.56, 0), (0.16, 1)]]),
        "8": (0.58, [_bow(0.29, 0.25, 0.25, 0.25, 0, 360), _bow(0.29, 0.75, 0.29, 0.25, 0, 360)]),
        "9": (0.6, [_bow(0.3, 0.31, 0.3, 0.31, 0, 360), [(0.54, 0.45), (0.14, 1)]]),
        "&": (0.72, [
            [(0.72, 1), (0.16, 0.3), *_bow(0.33, 0.2, 0.2, 0.2, 160, 400), (0.06, 0.64),
             *_bow(0.27, 0.75, 0.27, 0.25, 200, 60),
             (0.7, 0.55)],
        ]),
        "%": (0.78, [
            [(0.68, 0), (0.1, 1)], _bow(0.16, 0.2, 0.16, 0.2, 0, 360), _bow(0.62, 0.8, 0.16, 0.2, 0, 360),
        ]),
        "$": (0.58, [
            [*_bow(0.29, 0.255, 0.27, 0.255, -25, -270), *_bow(0.29, 0.75, 0.29, 0.25, -90, 160)],
            [(0.29, -0.1), (0.29, 1.1)],
        ]),
        "€": (0.74, [_bow(0.44, 0.5, 0.36, 0.5, -45, -315), [(0, 0.4), (0.5, 0.4)], [(0, 0.6), (0.46, 0.6)]]),
        "£": (0.58, [
            [*_bow(0.36, 0.26, 0.22, 0.26, -20, -180), (0.16, 0.7), (0, 1), (0.58, 1)],
            [(0, 0.54), (0.42, 0.54)],
        ]),
        "+": (0.44, [[(0, 0.52), (0.44, 0.52)], [(0.22, 0.3), (0.22, 0.74)]]),
        "/": (0.4, [[(0.4, 0), (0, 1)]]),
        ",": (0.06, [[(0.06, 0.96), (0, 1.14)]]),
        "-": (0.34, [[(0, 0.52), (0.34, 0.52)]]),
        "!": (0.0, [[(0, 0), (0, 0.66)], [(0, 0.98), (0, 1)]]),
        "?": (0.5, [[*_bow(0.25, 0.26, 0.25, 0.26, -170, 70), (0.25, 0.7)], [(0.25, 0.98), (0.25, 1)]]),
        ".": (0.0, [[(0, 0.98), (0, 1)]]),
        ":": (0.0, [[(0, 0.34), (0, 0.36)], [(0, 0.9), (0, 0.92)]]),
        "'": (0.0, [[(0, 0), (0, 0.22)]]),
    }  # fmt: skip


LETTERS = _letters()
SPACE = 0.36
GAP = 0.3
"""Between two letters, in heights."""


def known(text: str) -> str:
    """The part of a text this alphabet has letters for."""
    return " ".join("".join(sign if sign in LETTERS or sign == " " else " " for sign in text.upper()).split())


def breadth(text: str, gap: float = GAP) -> float:
    """The width of a line of text, in heights, from the middle of its first stroke to that of its last."""
    total = 0.0
    for sign in text:
        total += (SPACE if sign == " " else LETTERS[sign][0]) + gap
    return max(0.0, total - gap)


def lettering(
    text: str, x: float, bottom: float, height: float, tone: str | Colour,
    weight: float = 0.16, align: str = "left", opacity: float = 1.0, gap: float = GAP,
) -> list[Shape]:  # fmt: skip
    """A line of text as shapes: ``height`` of its capitals, ``weight`` of its strokes in heights."""
    words = known(text)
    if not words:
        return []
    thick = height * weight
    inner = height - thick
    start = x + thick / 2
    total = breadth(words, gap) * inner + thick
    start -= {"left": 0.0, "middle": total / 2, "right": total}[align]
    strokes: list[Points] = []
    for sign in words:
        if sign == " ":
            start += (SPACE + gap) * inner
            continue
        wide, parts = LETTERS[sign]
        for part in parts:
            strokes.append(
                poly(*((start + px * inner, bottom - height + thick / 2 + py * inner) for px, py in part))
            )
        start += (wide + gap) * inner
    return [line(strokes, tone, thick, opacity)]
