"""A living room by day or night."""

from __future__ import annotations

from .colour import colour, darker, lighter, mix
from .frame import Frame, Spot
from .reading import Figure
from .subjects import contact, stand
from .svg import art
from .terrain import put
from .vector import (
    arc,
    box,
    down,
    fill,
    line,
    linear,
    poly,
    radial,
)
from .window import sunlight, window

SMALL = ("cat", "dog", "rabbit", "bird", "mouse", "pig", "bear", "teapot", "apple", "book", "gift")
"""Those who sit on the sofa when nobody says where they are."""

PICTURES = (
    {"main": "#f0b24a", "light": "#6f8fae", "dark": "#3f6480"},
    {"main": "#f2d9b0", "light": "#c97b5a", "dark": "#7a4a4a"},
    {"main": "#e8604f", "light": "#5f9088", "dark": "#2f5a58"},
)
"""Sun and hills of the picture on the wall."""


def room(frame: Frame) -> None:
    """A living room: window, light on the wall, picture, plant, lamp.

    And a sofa unless another thing was asked for.
    """
    unit, width, height = frame.unit, frame.width, frame.height
    floor = height * (0.72 if width >= height else 0.78)
    hues = ("#e6d3b8", "#b9cbb4", "#e2b59c", "#b7c8d8")
    wall = mix(
        colour(frame.reading.backdrop or hues[frame.variation % 4]),
        colour(frame.mood.tint),
        frame.mood.share * 1.1,
    )
    frame.add(
        fill(
            box(0, 0, width, floor),
            linear((0, 0), (width, floor), lighter(wall, 0.35), wall, darker(wall, 0.16)),
        )
    )
    if frame.variation % 4 >= 2:
        dado = mix(wall, colour("#fff6e6"), 0.6)
        frame.add(
            fill(box(0, floor * 0.64, width, floor), down(floor * 0.64, floor, dado, darker(dado, 0.1)))
        )
        frame.add(line(poly((0, floor * 0.64), (width, floor * 0.64)), lighter(dado, 0.7), unit * 0.01))
    wood = mix(colour("#b27a4e"), colour(frame.mood.tint), frame.mood.share)
    frame.add(
        fill(box(0, floor, width, height), down(floor, height, lighter(wood, 0.12), wood, darker(wood, 0.2)))
    )
    planks = [
        poly((-10, floor + (height - floor) * at**1.4), (width + 10, floor + (height - floor) * at**1.4))
        for at in (0.2, 0.42, 0.66, 0.9)
    ]
    frame.add(line(planks, darker(wood, 0.3), unit * 0.0028, 0.4))
    frame.add(
        fill(box(0, floor - unit * 0.026, width, floor), lighter(wall, 0.7)),
        fill(box(0, floor, width, floor + unit * 0.014), darker(wood, 0.5), 0.35, blur=unit * 0.006),
    )
    size = min(unit * 0.4, floor * 0.56)
    wide = width >= height * 0.9
    middle = max(width * 0.25, width / 2 - unit * 0.62) if wide else width * 0.3
    window(frame, middle, floor * 0.14 if width >= height else floor * 0.3, size)
    sunlight(frame, middle, floor, size, wall)
    right = min(width * 0.69, width / 2 + unit * 0.5) if wide else width * 0.6
    # Very wide rooms go on in both directions.
    for step in range(1, int(width / unit / 2) + 1):
        for x in (middle - step * unit * 1.05, right + step * unit * 1.05):
            if unit * 0.3 < x < width - unit * 0.3:
                window(frame, x, floor * 0.14, size)
                put(frame, "plant", x + unit * 0.42, floor + (height - floor) * 0.3, unit * 0.3)
    hung = max(floor - unit * (0.5 if width >= height else 0.66), unit * 0.165)
    picture = art("wall-picture", **PICTURES[frame.variation % 3])
    frame.add(*picture.at(right + unit * 0.02, hung, unit * 0.00105))
    _rug(frame, right, floor + (height - floor) * 0.62)
    _furnish(frame, middle, right, floor)


def _furnish(frame: Frame, left: float, right: float, floor: float) -> None:
    unit = frame.unit
    foot = floor + (frame.height - floor) * 0.3
    figures = frame.reading.figures
    sofa = next((figure for figure in figures if figure.name == "sofa"), None) or Figure(
        "sofa", ("", "#c9705a", "#4a6a94", "#d9a441")[frame.variation % 4]
    )
    seated = bool(figures) and figures[0].name in SMALL
    if sofa in figures:
        figures.remove(sofa)
        for figure in figures:
            if figure.base is sofa:
                figure.base, seated = None, True
    wide = min(unit * 0.66, frame.width * 0.62)

    if not any(figure.name == "lamp" for figure in figures):
        x = min(right + wide * 0.64, frame.width - unit * 0.08)
        contact(frame, x, foot - unit * 0.01, unit * 0.12)
        put(frame, "lamp", x, foot - unit * 0.01, unit * 0.52)
        glow = (x, foot - unit * 0.47)
        frame.add(
            fill(
                arc(*glow, unit * 0.3, unit * 0.3),
                radial(glow, unit * 0.3, (255, 226, 150, 110 if frame.mood.lit else 60), (255, 226, 150, 0)),
            )
        )
    stand(frame, sofa, right - unit * 0.02, foot, wide * 300 / 620)
    if not any(figure.name == "plant" for figure in figures):
        x = max(unit * 0.11, left - unit * 0.2)
        contact(frame, x, foot + unit * 0.02, unit * 0.16)
        put(frame, "plant", x, foot + unit * 0.02, unit * 0.3)
    if seated:
        frame.spots.append(Spot(right - unit * 0.02, foot - wide * 0.17, wide * 0.44))
    frame.spots.append(Spot(left + unit * 0.16, floor + (frame.height - floor) * 0.72, unit * 0.5))


def _rug(frame: Frame, x: float, y: float) -> None:
    unit = frame.unit
    rug = arc(x - unit * 0.04, y, unit * 0.42, min(unit * 0.07, (frame.height - y) * 0.8), points=70)
    tone = mix(colour("#e9dcc4"), colour(frame.mood.tint), frame.mood.share)
    frame.add(fill(rug, tone, 0.95), line(rug, mix(tone, colour("#b5604a"), 0.7), unit * 0.006, 0.8))
    frame.add(
        line(
            arc(x - unit * 0.04, y, unit * 0.34, min(unit * 0.055, (frame.height - y) * 0.62), points=70),
            mix(tone, colour("#b5604a"), 0.6),
            unit * 0.003,
            0.7,
        )
    )
