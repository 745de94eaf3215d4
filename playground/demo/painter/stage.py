"""Where figures stand: rows on the ground and in the air, and one thing on, over or before another."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from .book import entry
from .frame import Frame, Spot
from .reading import Figure
from .subjects import drawn, singles, size_of, stand
from .svg import Art

MOST = 12
"""Units of one kind of place, at most: more would be too small to see."""

ROW = 5
"""Units side by side before there is a second row."""


PORTRAIT = 1.55
"""How large several are drawn of whom a portrait is asked for, beside their own size."""

SIDES = {"left": 0.22, "right": 0.78}
"""Where figures stand that were asked to be on one side, as a share of the width."""


@dataclass(frozen=True)
class Member:
    """One figure of a unit, in the frame's units around the feet of the unit's base."""

    figure: Figure
    x: float
    y: float
    height: float
    air: bool = False
    rank: int = 0
    """Drawn before (-1) or after (1) the base."""
    mirrored: bool = False


@dataclass
class Unit:
    """A figure and everybody who stands to it, as they are placed together."""

    members: list[Member] = field(default_factory=list)

    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom around the base's feet."""
        sides = [_member_box(member) for member in self.members]
        return (
            min(side[0] for side in sides),
            min(side[1] for side in sides),
            max(side[2] for side in sides),
            max(side[3] for side in sides),
        )


def place(frame: Frame) -> None:
    """Every figure of the reading on the spots of the scene, several of a kind side by side."""
    flying = "flying" in frame.reading.details
    bases = [figure for figure in frame.reading.figures if figure.base is None]
    ground = [base for base in bases if not _airy(base, flying and base is bases[0])]
    air = [base for base in bases if base not in ground]
    side = next((share for name, share in SIDES.items() if name in frame.reading.details), 0.0)
    if "portrait" in frame.reading.details:
        if len(ground) == len(frame.reading.figures) == bases[0].count == 1 and entry(bases[0].name).get(
            "alive"
        ):
            _portrait(frame, bases[0], side or 0.5)
            return
        for base in bases:
            base.scale = PORTRAIT if base.scale == 1 else base.scale
    if ground:
        spot = frame.spots[0] if frame.spots else Spot(frame.width / 2, frame.height * 0.85, 500)
        spot = replace(spot, x=frame.width * side) if side else spot
        _rows(frame, _units(frame, ground, spot), spot)
    if air:
        swimming = any(entry(figure.name).get("in") == "water" for figure in air)
        loose = next((spot for spot in frame.spots if spot.air), None)
        if loose is None or (flying and not swimming and loose.y > frame.height * 0.55):
            loose = Spot(frame.width * 0.5, frame.height * (0.3 if ground else 0.4), frame.unit * 0.6, True)
        loose = replace(loose, x=frame.width * side) if side and not ground else loose
        _rows(frame, _units(frame, air, loose), loose)


def _portrait(frame: Frame, figure: Figure, side: float) -> None:
    """One alone and near: of who stands upright, the upper half."""
    one = singles([figure])[0]
    art = drawn(one)
    is_upright = art.height > art.width * 1.3
    head = 0.1 + 0.12 * bool({"tophat", "strawhat", "crown"} & set(one.wears))
    room = frame.height * (1 - head)
    # Wide enough for the picture, and high enough for half of it.
    across = frame.width * (1.25 if is_upright else 0.98) / art.width
    scale = min(room / art.height / (0.5 if is_upright else 0.96), across)
    top = frame.height - art.height * scale * (0.5 if is_upright else 0.96)
    feet = top + art.ground * scale
    stand(frame, one, frame.width * side, feet, art.height * scale, shadow=not is_upright)


def _airy(figure: Figure, flying: bool) -> bool:
    return flying or entry(figure.name).get("in") in ("air", "water")


def _units(frame: Frame, bases: Sequence[Figure], spot: Spot) -> list[Unit]:
    """Each base with its share of those who stand to it."""
    each = singles(bases, MOST)
    crowd = 1.0 / max(1.0, len(each) ** 0.26)
    full = frame.unit * 1.12 * crowd
    units: list[Unit] = []
    for base in bases:
        own = singles([base], MOST - len(units))
        around = [figure for figure in frame.reading.figures if figure.base is base]
        for index, one in enumerate(own):
            height = min(spot.height * crowd * max(1.0, one.scale**0.5), size_of(one.name) * full * one.scale)
            unit = Unit([Member(one, 0.0, 0.0, height, spot.air)])
            for relation in dict.fromkeys(figure.relation for figure in around):
                of_kind = singles([figure for figure in around if figure.relation == relation])
                attached = of_kind[index :: len(own)]
                unit.members += _attached(relation, one, height, attached, full, spot.air)
            units.append(unit)
    return units


def _attached(
    relation: str, base: Figure, height: float, figures: list[Figure], full: float, air: bool
) -> list[Member]:
    """Those who stand to a base of ``height``, in the order they are drawn."""
    art = drawn(base)
    scale = height / art.height
    foot = art.height * 0.5 if air else art.ground
    members = []
    for index, figure in enumerate(figures):
        along = (index + 0.5) / len(figures) - 0.5
        tall = size_of(figure.name) * full * figure.scale
        if relation in ("on", "inside"):
            members.append(_on(art, scale, foot, figure, along, tall))
        elif relation == "over":
            tall = min(tall * 0.75, height * 0.7)
            y = (art.top(art.width / 2) - foot) * scale - tall * 0.62
            members.append(Member(figure, along * art.width * scale * 1.2, y, tall, True, 1, along > 0))
        elif relation == "holds":
            members.append(_held(art, scale, foot, figure, index, height))
        else:
            members.append(_near(relation, art, scale, figure, index, min(tall, full * 0.5)))
    return members


def _on(art: Art, scale: float, foot: float, figure: Figure, along: float, tall: float) -> Member:
    """On the seat of a drawing, or on its top; whoever rides has a leg on the other side."""
    other = drawn(figure)
    wide = art.width > art.height * 1.05
    tall = min(tall, art.height * scale * (0.78 if wide else 0.62 if art.seat else 0.42))
    x = (art.seat[0] if art.seat else art.width / 2) + along * art.width * 0.62
    y = art.seat[1] if art.seat else art.top(x)
    rider = "back" in art.anchors and wide and other.height > other.width * 1.4
    sunk = tall * (0.3 if rider else 0.06)
    at = (x - art.width / 2) * scale
    return Member(figure, at, (y - foot) * scale + sunk, tall, False, -1 if rider else 1, along > 0)


def _held(art: Art, scale: float, foot: float, figure: Figure, index: int, height: float) -> Member:
    """In the hand of somebody; an umbrella and a kite are above."""
    side = -1 if index % 2 else 1
    x, y = art.width * 0.36 * scale * side, (art.height * 0.62 - foot) * scale
    if figure.name == "umbrella":
        return Member(figure, x, y + height * 0.06, height * 1.02, False, -1)
    if figure.name in ("kite", "toyballoon"):
        return Member(figure, x * 1.9, y - height * 0.5, height * 0.6, True, -1)
    return Member(figure, x * 0.9, y + height * 0.1, height * 0.32, False, 1)


def _near(relation: str, art: Art, scale: float, figure: Figure, index: int, tall: float) -> Member:
    """Under, before or behind a base."""
    side = -1 if index % 2 else 1
    width, height = art.width * scale, art.height * scale
    step = 0.2 * (index // 2)
    if relation == "under":
        tall = min(tall, height * 0.4)
        return Member(figure, width * (0.2 + step) * side, height * 0.05, tall, rank=1, mirrored=side > 0)
    if relation == "before":
        tall = min(tall, height * 0.8)
        return Member(figure, width * (0.3 + step) * side, height * 0.12, tall, rank=1, mirrored=side > 0)
    return Member(figure, width * (0.42 + step) * side, -height * 0.08, tall * 0.9, rank=-1)


def _rows(frame: Frame, units: list[Unit], spot: Spot) -> None:
    """Units beside each other around a spot, as large as fits; more than a few in rows."""
    rows = math.ceil(len(units) / ROW)
    per_row = math.ceil(len(units) / rows)
    for row in range(rows):
        back = rows - 1 - row
        lift = back * max(-unit.box()[1] for unit in units) * (0.7 if spot.air else 0.4)
        near = 1.0 if spot.air else 0.86**back
        # Those behind look through the gaps between those in front.
        aside = back * frame.unit * 0.07
        place = Spot(spot.x + aside, spot.y - lift, spot.height, spot.air)
        _row(frame, units[row * per_row : (row + 1) * per_row], place, near)


def _row(frame: Frame, units: list[Unit], spot: Spot, scale: float) -> None:
    gap = frame.unit * 0.015
    boxes = [unit.box() for unit in units]
    total = sum(box[2] - box[0] for box in boxes) + gap * (len(units) - 1)
    highest = max(1.0, max(-box[1] for box in boxes))
    above = spot.y - frame.height * 0.03
    shrink = min(scale, frame.width * 0.92 / total, above / highest)
    half = total * shrink / 2
    middle = min(max(spot.x, half + frame.width * 0.04), frame.width * 0.96 - half)
    x = middle - half
    for index, (unit, box) in enumerate(zip(units, boxes, strict=True)):
        small = 1.0 if index == 0 or len(unit.members) > 1 else 0.97 - 0.05 * (index % 2)
        high = (box[3] - box[1]) * shrink
        lift = 0.0
        if spot.air and len(units) > 1:
            lift = high * 0.22 * (1 if index % 2 else -1)
        elif len(units) > 2:
            lift = -high * 0.1 * (index % 2)
        turned = (index + frame.variation) % 2 == 1
        _draw(frame, unit, x - box[0] * shrink, spot.y + lift, shrink * small, turned)
        x += (box[2] - box[0]) * shrink + gap


def _draw(frame: Frame, unit: Unit, x: float, y: float, scale: float, mirrored: bool) -> None:
    base = unit.members[0]
    for member in sorted(unit.members, key=lambda member: member.rank):
        turned = mirrored if member is base and len(unit.members) == 1 else member.mirrored
        standing = member is base or (member.rank != 0 and abs(member.y) < base.height * 0.15)
        stand(
            frame,
            member.figure,
            x + member.x * scale,
            y + member.y * scale,
            member.height * scale,
            member.air,
            turned,
            standing,
        )


def _member_box(member: Member) -> tuple[float, float, float, float]:
    art = drawn(member.figure)
    wide = art.width / art.height * member.height
    tall = member.height * (1.12 if {"tophat", "strawhat", "crown"} & set(member.figure.wears) else 1.0)
    below = member.height / 2 if member.air else 0.0
    top = member.y + below - tall
    return (member.x - wide / 2, top, member.x + wide / 2, member.y + below)
