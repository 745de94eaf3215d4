"""Places subjects in a scene, with what they wear, their shadow and the light of the scene."""

from __future__ import annotations

from .colour import Colour, colour, faded
from .frame import Frame, Spot
from .svg import Art, art
from .understand import Figure, book
from .vector import Move, Shape, arc, fill, line, linear, poly, radial, tinted

MOST = 12
"""Figures of one row, at most: more would be too small to see."""

WORN_WIDTH = {"tophat": 1.12, "crown": 0.98, "glasses": 1.2, "scarf": 1.22, "wing": 1.06}
"""Width of an accessory as a share of the width of the body part that wears it."""


def entry(name: str) -> dict[str, object]:
    return book()["subject"][name]


def size_of(name: str) -> float:
    """The height of a subject as a share of the short side."""
    size = entry(name).get("size", 0.4)
    return float(size) if isinstance(size, int | float) else 0.4


def dressed(figure: Figure) -> tuple[list[Shape], Art]:
    """A subject with its accessories, in the units of its drawing."""
    drawing = _drawing(figure)
    shapes: list[Shape] = []
    front: list[Shape] = []
    for worn in figure.wears:
        if worn == "wing":
            behind, before = _wings(drawing)
            shapes += behind
            front += before
        else:
            front += _worn(worn, drawing)
    return [*shapes, *drawing.shapes, *front], drawing


def _drawing(figure: Figure) -> Art:
    return art(figure.name, figure.colour)


def _anchor(drawing: Art, part: str) -> tuple[float, float, float, float]:
    """Where a body part is; for a thing without one, a guess from its size."""
    fallback = {
        "head": (drawing.width / 2, drawing.height * 0.06, drawing.width * 0.4, 0.0),
        "eyes": (drawing.width / 2, drawing.height * 0.36, drawing.width * 0.45, 0.0),
        "neck": (drawing.width / 2, drawing.height * 0.55, drawing.width * 0.5, 0.0),
        "back": (drawing.width / 2, drawing.height * 0.5, drawing.width * 0.6, 0.0),
    }
    return drawing.anchors.get(part, fallback[part])


def _worn(name: str, drawing: Art) -> list[Shape]:
    part = {"glasses": "eyes", "scarf": "neck"}.get(name, "head")
    x, y, width, turn = _anchor(drawing, part)
    item = art(f"worn-{name}")
    scale = width * WORN_WIDTH[name] / item.width
    # Hats sit with the middle of their brim on the anchor, the rest with their own middle.
    lift = {"tophat": 140.0, "crown": 122.0, "scarf": 40.0}.get(name, item.height / 2)
    centred = Move(-item.width / 2, -lift).shapes(item.shapes)
    return Move(x, y, scale, scale, turn).shapes(centred)


def _wings(drawing: Art) -> tuple[list[Shape], list[Shape]]:
    """One wing behind the body and one before it (or one on each side when seen from the front)."""
    x, y, width, _ = _anchor(drawing, "back")
    item = art("worn-wing")
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


def place(frame: Frame) -> None:
    """Every figure of the reading on the spots of the scene, several of a kind side by side."""
    figures = frame.reading.figures
    flying = "flying" in frame.reading.details
    ground = [figure for figure in figures if not _airy(figure, flying and figure is figures[0])]
    air = [figure for figure in figures if figure not in ground]
    if ground:
        _row(
            frame, ground, frame.spots[0] if frame.spots else Spot(frame.width / 2, frame.height * 0.85, 500)
        )
    if air:
        swimming = any(entry(figure.name).get("in") == "water" for figure in air)
        loose = next((spot for spot in frame.spots if spot.air), None)
        if loose is None or (flying and not swimming and loose.y > frame.height * 0.55):
            loose = Spot(frame.width * 0.5, frame.height * 0.4, frame.unit * 0.6, True)
        _row(frame, air, loose)


def _airy(figure: Figure, flying: bool) -> bool:
    return flying or entry(figure.name).get("in") in ("air", "water") or ("wing" in figure.wears and flying)


def _row(frame: Frame, figures: list[Figure], spot: Spot) -> None:
    """Figures beside each other around a spot, as large as fits."""
    each = [figure for figure in figures for _ in range(figure.count)][:MOST]
    crowd = 1.0 / max(1.0, len(each) ** 0.26)
    sizes = []
    for figure in each:
        drawing = _drawing(figure)
        height = min(spot.height, size_of(figure.name) * frame.unit * 1.12) * crowd
        sizes.append((drawing.width / drawing.height * height, height))
    gap = frame.unit * 0.015
    total = sum(width for width, _ in sizes) + gap * (len(sizes) - 1)
    room = frame.width * 0.92
    shrink = min(1.0, room / total)
    middle = min(
        max(spot.x, total * shrink / 2 + frame.width * 0.04), frame.width * 0.96 - total * shrink / 2
    )
    x = middle - total * shrink / 2
    for index, (figure, (width, height)) in enumerate(zip(each, sizes, strict=True)):
        width, height = width * shrink, height * shrink
        lift = 0.0
        if spot.air and len(each) > 1:
            lift = height * 0.22 * (1 if index % 2 else -1)
        elif len(each) > 2:
            lift = -height * 0.1 * (index % 2)
        small = 1.0 if index == 0 or figure is not each[index - 1] else 0.94 - 0.05 * (index % 2)
        stand(frame, figure, x + width / 2, spot.y + lift, height * small, spot.air, mirrored=index % 2 == 1)
        x += width + gap


def stand(
    frame: Frame, figure: Figure, x: float, y: float, height: float, air: bool = False, mirrored: bool = False
) -> None:
    """One figure with its feet at (x, y), or around it in the air."""
    shapes, drawing = dressed(figure)
    scale = height / drawing.height
    foot = drawing.height * 0.5 if air else drawing.ground
    side = -1 if mirrored else 1
    # What flies by itself leans into its flight; a balloon hangs straight.
    turn = -7.0 * side if air and drawing.width > drawing.height else 0.0
    centred = Move(-drawing.width / 2, -foot).shapes(shapes)
    move = Move(x, y, side * scale, scale, turn)
    if not air:
        contact(frame, x, y, drawing.width * scale)
    if figure.name == "lighthouse" and frame.mood.lit:
        _beam(frame, move.point((98.0 - drawing.width / 2, 128.0 - foot)), height)
    tint: Colour = colour(frame.mood.tint)
    share = frame.mood.share * (0.75 if frame.mood.name == "night" else 0.9)
    frame.add(*(tinted(shape, tint, share) for shape in move.shapes(centred)))


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


__all__ = ["contact", "dressed", "place", "silhouette", "stand"]
