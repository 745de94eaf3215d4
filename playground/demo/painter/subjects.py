"""Places subjects in a scene, with what they wear, their shadow and the light of the scene."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from .book import entry, looks
from .colour import Colour, colour, faded, hexed
from .frame import Frame
from .reading import Figure
from .svg import Art, art
from .vector import Move, Shape, arc, fill, line, linear, poly, radial, solid, tinted

WORN_WIDTH = {"tophat": 1.12, "strawhat": 1.9, "crown": 0.98, "glasses": 1.2, "scarf": 1.22, "wing": 1.06}
"""Width of an accessory as a share of the width of the body part that wears it."""


PANES = ("#4a5578", "#a9d4e4", "#fbe6a8", "#a9cfe0")
"""Colours that drawings use for the panes of windows."""


def singles(figures: Sequence[Figure], most: int = 12) -> list[Figure]:
    """One figure for each that is to be drawn, at most ``most``; "children" are a boy, a girl, and so on."""
    return [
        replace(
            figure,
            name=names[index % len(names)],
            count=1,
            colour=figure.colour or str(entry(figure.name).get("colour", "")),
        )
        for figure in figures
        for names in [looks(figure.name)]
        for index in range(figure.count)
    ][:most]


def size_of(name: str) -> float:
    """The height of a subject as a share of the short side."""
    size = entry(name).get("size", 0.4)
    return float(size) if isinstance(size, int | float) else 0.4


def dressed(figure: Figure) -> tuple[list[Shape], Art]:
    """A subject with its accessories, in the units of its drawing."""
    drawing = drawn(figure)
    shapes: list[Shape] = []
    front: list[Shape] = []
    for worn in figure.wears:
        if worn == "wing":
            behind, before = _wings(drawing, figure.colours.get(worn, ""))
            shapes += behind
            front += before
        else:
            front += _worn(worn, drawing, figure.colours.get(worn, ""))
    return [*shapes, *drawing.shapes, *front], drawing


def drawn(figure: Figure) -> Art:
    """The drawing of a figure, without what it wears."""
    return art(looks(figure.name)[0], figure.colour or str(entry(figure.name).get("colour", "")))


def _anchor(drawing: Art, part: str) -> tuple[float, float, float, float]:
    """Where a body part is; for a thing without one, a guess from its size."""
    fallback = {
        "head": (drawing.width / 2, drawing.height * 0.06, drawing.width * 0.4, 0.0),
        "eyes": (drawing.width / 2, drawing.height * 0.36, drawing.width * 0.45, 0.0),
        "neck": (drawing.width / 2, drawing.height * 0.55, drawing.width * 0.5, 0.0),
        "back": (drawing.width / 2, drawing.height * 0.5, drawing.width * 0.6, 0.0),
    }
    return drawing.anchors.get(part, fallback[part])


def _worn(name: str, drawing: Art, tone: str = "") -> list[Shape]:
    part = {"glasses": "eyes", "scarf": "neck"}.get(name, "head")
    x, y, width, turn = _anchor(drawing, part)
    item = art(f"worn-{name}", tone)
    scale = width * WORN_WIDTH[name] / item.width
    # Hats sit with the middle of their brim on the anchor, the rest with their own middle.
    lift = {"tophat": 140.0, "strawhat": 80.0, "crown": 122.0, "scarf": 40.0}.get(name, item.height / 2)
    centred = Move(-item.width / 2, -lift).shapes(item.shapes)
    return Move(x, y, scale, scale, turn).shapes(centred)


def _wings(drawing: Art, tone: str = "") -> tuple[list[Shape], list[Shape]]:
    """One wing behind the body and one before it (or one on each side when seen from the front)."""
    x, y, width, _ = _anchor(drawing, "back")
    item = art("worn-wing", tone)
    scale = width * WORN_WIDTH["wing"] / item.width
    root = Move(-item.width * 0.86, -item.height * 0.9).shapes(item.shapes)
    if drawing.width > drawing.height:
        far = Move(x + width * 0.22, y + width * 0.02, scale * 0.86, scale * 0.86, 26).shapes(root)
        shade = colour("#8fa0c8")
        near = Move(x + width * 0.12, y + width * 0.3, scale * 1.12, scale * 1.12, 4).shapes(root)
        return [tinted(shape, shade, 0.25) for shape in far], near
    left = Move(x - width * 0.2, y + width * 0.1, scale, scale).shapes(root)
    right = Move(x + width * 0.2, y + width * 0.1, -scale, scale).shapes(root)
    return [*left, *right], []


def stand(
    frame: Frame,
    figure: Figure,
    x: float,
    y: float,
    height: float,
    air: bool = False,
    mirrored: bool = False,
    shadow: bool = True,
) -> None:
    """One figure with its feet at (x, y), or around it in the air; ``shadow`` below it on the ground."""
    shapes, drawing = dressed(figure)
    scale = height / drawing.height
    foot = drawing.height * 0.5 if air else drawing.ground
    side = -1 if mirrored else 1
    # What flies by itself leans into its flight; a balloon hangs straight.
    turn = -7.0 * side if air and drawing.width > drawing.height else 0.0
    centred = Move(-drawing.width / 2, -foot).shapes(shapes)
    move = Move(x, y, side * scale, scale, turn)
    if shadow and not air:
        contact(frame, x, y, drawing.width * scale)
    if figure.name == "lighthouse" and frame.mood.lit:
        _beam(frame, move.point((98.0 - drawing.width / 2, 128.0 - foot)), height)
    tint: Colour = colour(frame.mood.tint)
    share = frame.mood.share * (0.75 if frame.mood.name == "night" else 0.9)
    frame.add(*(_in_light(shape, frame.mood.lit, tint, share) for shape in move.shapes(centred)))


def _in_light(shape: Shape, lit: bool, tint: Colour, share: float) -> Shape:
    """The shape in the air of the scene; panes shine when windows are lit."""
    if lit and len(shape.paint.stops) == 1 and hexed(shape.paint.stops[0][1]) in PANES:
        return replace(shape, paint=solid("#ffd987"))
    return tinted(shape, tint, share)


def _beam(frame: Frame, lamp: tuple[float, float], height: float) -> None:
    """The light of a lighthouse: a glow, and a beam over the water."""
    x, y = lamp
    reach = frame.width * 1.2 * (1 if frame.spots and x < frame.width / 2 else -1)
    warm = colour("#fff0bd")
    cone = poly(
        (x, y - height * 0.012),
        (x + reach, y - height * 0.17),
        (x + reach, y + height * 0.15),
        (x, y + height * 0.012),
    )
    far = x + reach * 0.75
    frame.add(
        fill(
            cone,
            linear((x, y), (far, y), faded(warm, 0.5), faded(warm, 0.16), faded(warm, 0.0)),
            blur=height * 0.008,
        )
    )
    glow = height * 0.24
    frame.add(
        fill(
            arc(x, y, glow, glow),
            radial((x, y), glow, faded(warm, 0.85), faded(warm, 0.28), faded(warm, 0.0)),
        )
    )


def contact(frame: Frame, x: float, y: float, width: float) -> None:
    """The soft shadow where something touches the ground, and a longer one away from the light."""
    dark = colour(frame.shade)
    frame.add(
        fill(
            arc(x + width * 0.14, y + width * 0.012, width * 0.52, width * 0.07, points=48),
            dark,
            0.26,
            blur=width * 0.035,
        )
    )
    frame.add(fill(arc(x, y, width * 0.38, width * 0.035, points=48), dark, 0.42, blur=width * 0.014))


def silhouette(shapes: list[Shape], tone: str, width: float) -> list[Shape]:
    """An outline of ``width`` around everything: the white border of a sticker."""
    grown: list[Shape] = []
    for shape in shapes:
        if shape.blur or shape.opacity < 0.3:
            continue
        if not shape.clip:
            grown.append(line(shape.contours, tone, shape.stroke + 2 * width))
            if not shape.stroke:
                grown.append(fill(shape.contours, tone))
    return grown
