"""A window in a wall, and the light that falls through it."""

from __future__ import annotations

from .colour import Colour, colour, darker, faded, lighter, mix
from .frame import Frame
from .vector import Points, arc, box, clipped, down, fill, line, linear, poly, radial


def window(frame: Frame, x: float, top: float, size: float) -> None:
    """A window with a view of hills."""
    mood = frame.mood
    half = size * 0.46
    glass = box(x - half, top, x + half, top + size)
    white = mix(colour("#fffaf0"), colour(mood.tint), mood.share * 0.7)
    frame.add(
        fill(
            box(x - half * 1.14, top - half * 0.14, x + half * 1.22, top + size + half * 0.2),
            darker(white, 0.6),
            0.2,
            blur=size * 0.025,
        )
    )
    frame.add(
        fill(
            box(x - half * 1.12, top - half * 0.12, x + half * 1.12, top + size + half * 0.12, half * 0.03),
            white,
        )
    )
    frame.add(fill(glass, down(top, top + size, *mood.sky)))
    sun = (x - half * 0.4, top + size * 0.42)
    frame.add(
        clipped(
            fill(
                arc(*sun, size * 0.4, size * 0.4),
                radial(sun, size * 0.4, faded(colour(mood.sun), 0.9), faded(colour(mood.sun), 0.0)),
            ),
            glass,
        )
    )
    for at, lift, depth in ((0.3, 0.3, 0.1), (-0.5, 0.2, 0.45), (0.6, 0.13, 0.75)):
        hill = arc(x + half * at, top + size * 1.05, half * 1.5, size * (0.05 + lift), points=50)
        frame.add(clipped(fill(hill, mix(frame.land(depth), colour(mood.haze), 0.3 - depth * 0.2)), glass))
    frame.add(
        line(
            [
                poly((x, top), (x, top + size)),
                poly((x - half, top + size * 0.44), (x + half, top + size * 0.44)),
            ],
            white,
            half * 0.07,
        )
    )
    frame.add(
        fill(
            box(
                x - half * 1.24,
                top + size + half * 0.1,
                x + half * 1.24,
                top + size + half * 0.24,
                half * 0.04,
            ),
            lighter(white, 0.5),
        )
    )
    curtain = mix(
        colour(("#d9876a", "#7f9f8c", "#c9a24f", "#8a7fa8")[frame.variation % 4]),
        colour(mood.tint),
        mood.share,
    )
    for side in (-1, 1):
        outer, inner = x + side * half * 1.5, x + side * half * 0.98
        drape = poly(
            (outer, top - half * 0.26),
            (inner, top - half * 0.26),
            (inner + side * half * 0.04, top + size * 0.6),
            (inner + side * half * 0.2, top + size * 1.16),
            (outer + side * half * 0.06, top + size * 1.16),
        )
        frame.add(
            fill(
                drape,
                linear(
                    (min(outer, inner), 0),
                    (max(outer, inner), 0),
                    darker(curtain, 0.12),
                    lighter(curtain, 0.25),
                    curtain,
                ),
            )
        )
        folds = [
            poly(
                (outer + (inner - outer) * at, top - half * 0.2),
                (outer + (inner - outer) * at * 0.8, top + size * 1.15),
            )
            for at in (0.25, 0.5, 0.75)
        ]
        frame.add(line(folds, darker(curtain, 0.3), half * 0.02, 0.5))
    frame.add(
        line(
            poly((x - half * 1.62, top - half * 0.27), (x + half * 1.62, top - half * 0.27)),
            darker(colour("#8a5a3c"), frame.mood.share),
            half * 0.06,
        )
    )


def sunlight(frame: Frame, x: float, floor: float, size: float, wall: Colour) -> None:
    """The window again, as light on the wall and on the floor."""
    if frame.mood.name == "night":
        return
    unit = frame.unit
    warm = mix(colour(frame.mood.sun), colour("#ffdf9e"), 0.5)
    panes: list[Points] = []
    left, top = x + size * 0.82, floor * 0.3
    for column in range(2):
        for row in range(2):
            px, py = left + column * size * 0.3, top + row * size * 0.4 + column * size * 0.05
            panes.append(
                poly(
                    (px, py),
                    (px + size * 0.26, py + size * 0.04),
                    (px + size * 0.26, py + size * 0.39),
                    (px, py + size * 0.35),
                )
            )
    frame.add(fill(panes, faded(lighter(warm, 0.3), 0.68), blur=unit * 0.004))
    beam = poly(
        (x + size * 0.1, floor + unit * 0.01),
        (x + size * 0.95, floor + unit * 0.01),
        (x + size * 1.9, frame.height),
        (x + size * 0.5, frame.height),
    )
    frame.add(fill(beam, faded(lighter(warm, 0.2), 0.5), blur=unit * 0.01))
