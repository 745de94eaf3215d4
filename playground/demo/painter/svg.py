"""Reads the drawings in ``art/``: a small part of SVG, enough to draw with.

Understood: ``g`` (``transform``, ``opacity``), ``path`` (M L H V C S Q Z, small letters too), ``circle``,
``ellipse``, ``rect``, ``line``; ``fill``, ``stroke``, ``stroke-width``, ``opacity``; gradients in units of
their shape; ``clip-path`` naming a ``clipPath``. Four additions of our own: ``{{main}}``, ``{{dark}}``,
``{{light}}``, ``{{accent}}`` stand for the subject's colours; ``data-blur`` makes an edge soft;
``data-arc="start end points"`` takes a part of a circle or an ellipse, in degrees clockwise from the right;
``data-head="x y width turn"`` and the like say where things are worn; ``data-seat="x y"`` where somebody
sits.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import numpy as np

from .colour import CLEAR, Colour, colour, darker, faded, hexed, lighter
from .path import TOKEN, path
from .vector import Move, Paint, Points, Shape, arc, box, poly, solid

CALL = re.compile(r"(\w+)\(([^)]*)\)")

INHERITED = ("fill", "stroke", "stroke-width", "clip-path")


@dataclass(frozen=True)
class Art:
    """A drawing: its shapes, its size in its own units, and where accessories go.

    ``anchors`` maps a part of the body (``head``, ``eyes``, ``neck``, ``back``) to x, y, width and turn.
    """

    shapes: tuple[Shape, ...]
    width: float
    height: float
    anchors: dict[str, tuple[float, float, float, float]]
    ground: float
    """The y on which it stands."""
    seat: tuple[float, float] | None = None
    """Where somebody on it has their feet, if that is not the top of its middle."""

    def at(self, x: float, y: float, scale: float) -> list[Shape]:
        """The shapes with the middle of their ground at (x, y)."""
        return Move(x - self.width * scale / 2, y - self.ground * scale, scale, scale).shapes(self.shapes)

    def top(self, x: float) -> float:
        """The y of the highest solid point at ``x``."""
        best = self.height
        for shape in self.shapes:
            if shape.blur or shape.clip or shape.opacity < 0.5:
                continue
            for outline in shape.contours:
                one, other = outline, np.roll(outline, -1, axis=0)
                cross = (one[:, 0] - x) * (other[:, 0] - x) <= 0
                wide = other[:, 0] - one[:, 0]
                cross &= np.abs(wide) > 1e-9
                if cross.any():
                    share = (x - one[cross, 0]) / wide[cross]
                    ys = one[cross, 1] + share * (other[cross, 1] - one[cross, 1])
                    best = min(best, float(ys.min()) - shape.stroke / 2)
        return best


@lru_cache(maxsize=1)
def names() -> tuple[str, ...]:
    """The drawings there are."""
    folder = resources.files(__package__).joinpath("art")
    return tuple(sorted(entry.name[:-4] for entry in folder.iterdir() if entry.name.endswith(".svg")))


@lru_cache(maxsize=128)
def _text(name: str) -> str:
    return resources.files(__package__).joinpath("art", f"{name}.svg").read_text(encoding="utf-8")


@lru_cache(maxsize=256)
def art(name: str, main: str = "", **others: str) -> Art:
    """The drawing ``name`` in its own colours, or with ``main`` (``#rrggbb``) as its colour.

    ``others`` are ``dark``, ``light`` and ``accent``; without them they follow from ``main``.
    """
    text = _text(name)
    own = dict(re.findall(r'data-(main|dark|light|accent)="(#\w+)"', text))
    if main and main != own.get("main"):
        own.pop("dark", None)
        own.pop("light", None)
        own["main"] = main
    own |= others
    tone = colour(own.get("main", "#888888"))
    own.setdefault("dark", hexed(darker(tone)))
    own.setdefault("light", hexed(lighter(tone)))
    own.setdefault("accent", "#d8573f")
    for word, value in own.items():
        text = text.replace("{{" + word + "}}", value)
    return _read(ET.fromstring(text))  # noqa: S314 - only our own files are read


def _read(root: ET.Element) -> Art:
    left, top, width, height = (float(part) for part in root.get("viewBox", "0 0 100 100").split())
    defs = {node.get("id", ""): node for node in root.iter() if node.get("id")}
    shapes = tuple(_shapes(root, defs, {}, Move(-left, -top)))
    anchors: dict[str, tuple[float, float, float, float]] = {}
    for part in ("head", "eyes", "neck", "back", "hand"):
        numbers = [float(number) for number in root.get(f"data-{part}", "").split()]
        if len(numbers) >= 3:
            turn = numbers[3] if len(numbers) > 3 else 0.0
            anchors[part] = (numbers[0] - left, numbers[1] - top, numbers[2], turn)
    ground = float(root.get("data-ground", str(top + height))) - top
    seat = [float(number) for number in root.get("data-seat", "").split()]
    return Art(
        shapes, width, height, anchors, ground, (seat[0] - left, seat[1] - top) if len(seat) == 2 else None
    )


def _shapes(
    node: ET.Element, defs: dict[str, ET.Element], above: dict[str, str], move: Move, opacity: float = 1.0
) -> Iterator[Shape]:
    """The shapes below ``node``, in the units of the drawing."""
    for child in node:
        tag = child.tag.rpartition("}")[2]
        if tag == "defs":
            continue
        style = above | {key: child.attrib[key] for key in INHERITED if key in child.attrib}
        veil = opacity * float(child.get("opacity", "1"))
        if tag == "g":
            for moved in _shapes(child, defs, style, Move(), veil):
                yield move.shape(_transformed(moved, child.get("transform", "")))
            continue
        contours = _outline(tag, child)
        if contours:
            for shape in _painted(contours, child, style, defs, veil):
                yield move.shape(_transformed(shape, child.get("transform", "")))


def _painted(
    contours: tuple[Points, ...],
    node: ET.Element,
    style: dict[str, str],
    defs: dict[str, ET.Element],
    veil: float,
) -> Iterator[Shape]:
    """The fill and the line of one element."""
    blur = float(node.get("data-blur", "0"))
    clip: tuple[Points, ...] = ()
    named = style.get("clip-path", "").removeprefix("url(#").removesuffix(")")
    if named in defs:
        clip = tuple(
            outline for part in defs[named] for outline in _outline(part.tag.rpartition("}")[2], part)
        )
    for what, width in (("fill", 0.0), ("stroke", float(style.get("stroke-width", "1")))):
        value = style.get(what, "#000" if what == "fill" else "none")
        if value != "none":
            paint = _paint(value, contours, defs)
            yield Shape(contours, paint, veil, stroke=width, blur=blur, clip=clip)


def _paint(value: str, contours: tuple[Points, ...], defs: dict[str, ET.Element]) -> Paint:
    """A colour, or a gradient laid over the outline's bounds."""
    if not value.startswith("url("):
        return solid(_tone(value))
    node = defs[value[5:-1]]
    stops = tuple(
        (
            _share(stop.get("offset", "0")),
            faded(_tone(stop.get("stop-color", "#000")), float(stop.get("stop-opacity", "1"))),
        )
        for stop in node
    )
    every = np.concatenate(contours)
    low = every.min(axis=0)
    size = every.max(axis=0) - low

    def at(x: str, y: str, default: tuple[str, str]) -> tuple[float, float]:
        u, v = _share(node.get(x, default[0])), _share(node.get(y, default[1]))
        return (float(low[0] + u * size[0]), float(low[1] + v * size[1]))

    if node.tag.endswith("linearGradient"):
        return Paint(stops, "linear", at("x1", "y1", ("0", "0")), at("x2", "y2", ("1", "0")))
    radius = _share(node.get("r", "0.5"))
    return Paint(
        stops, "radial", at("cx", "cy", ("0.5", "0.5")), (float(radius * size[0]), float(radius * size[1]))
    )


def _tone(value: str) -> Colour:
    if value == "white":
        return colour("#ffffff")
    if value == "black":
        return colour("#000000")
    return colour(value) if value.startswith("#") else CLEAR


def _share(value: str) -> float:
    return float(value[:-1]) / 100 if value.endswith("%") else float(value)


def _transformed(shape: Shape, text: str) -> Shape:
    for name, inner in reversed(CALL.findall(text)):
        numbers = [float(number) for number in TOKEN.findall(inner)]
        if name == "translate":
            shape = Move(numbers[0], numbers[1] if len(numbers) > 1 else 0.0).shape(shape)
        elif name == "scale":
            shape = Move(sx=numbers[0], sy=numbers[-1]).shape(shape)
        elif name == "rotate":
            x, y = (numbers[1], numbers[2]) if len(numbers) == 3 else (0.0, 0.0)
            shape = Move(x, y, turn=numbers[0]).shape(Move(-x, -y).shape(shape))
    return shape


def _outline(tag: str, node: ET.Element) -> tuple[Points, ...]:
    """The outlines of one element before any transform."""

    def number(key: str) -> float:
        return float(node.get(key, "0"))

    if tag == "path":
        return path(node.get("d", ""))
    if tag in ("circle", "ellipse"):
        rx, ry = (number("r"), number("r")) if tag == "circle" else (number("rx"), number("ry"))
        start, end, points = node.get("data-arc", "0 360 64").split()
        outline = (arc(number("cx"), number("cy"), rx, ry, float(start), float(end), int(points)),)
    elif tag == "rect":
        x, y = number("x"), number("y")
        outline = (box(x, y, x + number("width"), y + number("height"), number("rx")),)
    elif tag == "line":
        outline = (poly((number("x1"), number("y1")), (number("x2"), number("y2"))),)
    else:
        return ()
    return outline
