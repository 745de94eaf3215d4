"""The picture of a poster for music: a half moon, a record, keys and a trumpet."""

from __future__ import annotations

from .frame import Frame
from .vector import (
    Move,
    arc,
    box,
    fill,
    line,
    poly,
)


def jazz(frame: Frame, area: tuple[float, float, float, float], palette: tuple[str, ...]) -> None:
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
    frame.add(
        line(
            [arc(rx, ry, rr * part, rr * part, -70, 250, 80) for part in (0.9, 0.78, 0.66, 0.54)],
            paper,
            s * 0.004,
            0.45,
        )
    )
    frame.add(
        fill(arc(rx, ry, rr * 0.4, rr * 0.4), strong),
        fill(arc(rx, ry, rr * 0.4, rr * 0.4, -90, 90, 40), warm),
        fill(arc(rx, ry, rr * 0.08, rr * 0.08), paper),
    )
    # Piano keys as a tower on the right.
    kx0, kx1 = x + s * 0.76, x + s * 1.02
    keys = 11
    step = s / keys
    frame.add(fill(box(kx0, y, kx1, y + s), warm))
    frame.add(
        fill(
            [
                box(kx0, y + step * index - s * 0.004, kx1, y + step * index + s * 0.004)
                for index in range(1, keys)
            ],
            paper,
        )
    )
    black = [
        box(kx0, y + step * (index + 0.72), kx0 + s * 0.16, y + step * (index + 1.28))
        for index in range(keys - 1)
        if index % 7 not in (2, 6)
    ]
    frame.add(fill(black, dark))
    # The trumpet: a bell that opens to the left below, a tube up to the right.
    bell = poly(
        (x, y + s * 0.98),
        (x, y + s * 0.66),
        (x + s * 0.2, y + s * 0.79),
        (x + s * 0.36, y + s * 0.8),
        (x + s * 0.36, y + s * 0.85),
        (x + s * 0.2, y + s * 0.86),
    )
    frame.add(
        fill(bell, warm),
        line(poly((x + s * 0.34, y + s * 0.825), (x + s * 0.74, y + s * 0.825)), warm, s * 0.04),
    )
    frame.add(fill(box(x - s * 0.012, y + s * 0.645, x + s * 0.016, y + s * 0.995), dark))
    valves = [
        box(x + s * at, y + s * 0.73, x + s * (at + 0.032), y + s * 0.93, s * 0.014)
        for at in (0.42, 0.475, 0.53)
    ]
    frame.add(
        fill(valves, paper),
        fill(
            [
                box(x + s * at - s * 0.008, y + s * 0.715, x + s * (at + 0.04), y + s * 0.74, s * 0.01)
                for at in (0.42, 0.475, 0.53)
            ],
            strong,
        ),
    )
    _notes(frame, x, y, s, dark, strong)


def _notes(frame: Frame, x: float, y: float, s: float, dark: str, strong: str) -> None:
    for nx, ny, size, tone in ((0.1, 0.07, 0.05, dark), (0.66, 0.1, 0.04, strong)):
        px, py, h = x + nx * s, y + ny * s, size * s
        frame.add(fill(Move(px, py, 1, 1, -18).points(arc(0, 0, h * 0.62, h * 0.45, points=30)), tone))
        frame.add(
            line(
                poly(
                    (px + h * 0.52, py - h * 0.1), (px + h * 0.52, py - h * 1.9), (px + h * 1.3, py - h * 1.4)
                ),
                tone,
                h * 0.22,
            )
        )


def _fit(area: tuple[float, float, float, float], ratio: float) -> tuple[float, float, float]:
    """The largest rectangle of ``ratio`` in the middle of an area: left, top and height."""
    left, top, right, bottom = area
    height = min(bottom - top, (right - left) / ratio)
    return ((left + right - height * ratio) / 2, (top + bottom - height) / 2, height)
