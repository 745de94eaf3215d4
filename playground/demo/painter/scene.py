"""Chooses the composition a reading asks for and draws it as one list of shapes."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from . import beach, city, coast, cosmos, future, indoors, ink, land, poster, room, sheets, sticker
from .book import entry
from .colour import colour
from .frame import SHORT, Frame, Line, mood_of
from .reading import Reading
from .sky import weather
from .stage import place
from .vector import Move, Shape, tinted

PLACES: dict[str, Callable[[Frame], None]] = {
    "meadow": land.meadow,
    "mountains": land.mountains,
    "forest": land.forest,
    "desert": land.desert,
    "road": land.road,
    "sea": coast.sea,
    "underwater": coast.underwater,
    "city": city.city,
    "street": city.street,
    "beach": beach.beach,
    "scifi": future.future,
    "space": cosmos.space,
    "room": room.room,
    "studio": indoors.studio,
    "table": indoors.table,
}

SWIMMERS = ("fish", "whale", "dolphin", "octopus", "submarine")
"""Those who are below the sea when only the sea is named."""

WONDERS = ("rainbow", "aurora", "fireworks", "lightning", "river", "autumn", "spring")
"""Details that make a scene by themselves."""

INDOORS = ("room", "studio", "table", "space", "underwater")


@dataclass(frozen=True)
class Drawing:
    """A finished composition: shapes in units of ``width`` by ``height``."""

    shapes: list[Shape]
    width: float
    height: float
    dark_mark: bool = False
    """Whether the lower right corner is so light that the mark must be dark."""
    lines: Sequence[Line] = ()
    """Lines that are set on the finished picture, in a font of this machine."""


def compose(reading: Reading, ratio: float, rng: random.Random, variation: int, fine: float = 1.0) -> Drawing:
    """The drawing for a picture ``ratio`` times as wide as high; ``fine`` as in ``Frame``."""
    width, height = (SHORT * ratio, SHORT) if ratio >= 1 else (SHORT, SHORT / ratio)
    if not reading.weather and not reading.places and reading.figures:
        reading.weather = str(entry(reading.figures[0].name).get("weather", ""))
    if "lightning" in reading.details:
        reading.weather = reading.weather or "rain"
    mood = mood_of(reading, rng, variation)
    frame = Frame(width, height, rng, mood, reading, variation, rng.getrandbits(32), fine)
    if "ink" in reading.styles:
        ink.mountains(frame)
        return Drawing(frame.shapes, width, height, dark_mark=False)
    if "sticker" in reading.styles and reading.figures:
        sticker.sticker(frame)
        return Drawing(frame.shapes, width, height, _pale(frame.paper))
    if draw := _sheet(reading):
        draw(frame)
        return Drawing(frame.shapes, width, height, _pale(frame.paper))
    if reading.panels:
        sheets.comic(frame, _panels(frame, reading, rng, variation))
        return Drawing(frame.shapes, width, height, dark_mark=True)
    if "poster" in reading.styles or not _pictured(reading):
        poster.poster(frame)
        return Drawing(frame.shapes, width, height, _pale(frame.paper), frame.lines)
    name = _place(reading)
    PLACES[name](frame)
    if variation % 2 and name != "studio":
        _mirror(frame)
    place(frame)
    if name not in INDOORS:
        weather(frame)
    return Drawing(_toned([*frame.shapes, *frame.front], reading), width, height)


def _sheet(reading: Reading) -> Callable[[Frame], None] | None:
    """What lays the figures out, where a sheet of them is asked for."""
    name = next((style for style in reading.styles if style in sheets.SHEETS), "")
    return sheets.SHEETS.get(name) if reading.figures else None


def unseen_places(reading: Reading) -> tuple[str, ...]:
    """The places of a drawing that do not show: posters, stickers and sheets have none."""
    if reading.panels or "ink" in reading.styles:
        return ()
    bare = "poster" in reading.styles or ("sticker" in reading.styles and reading.figures) or _sheet(reading)
    if bare:
        return tuple(reading.places)
    return ("studio",) if "studio" in reading.places and _place(reading) != "studio" else ()


def _panels(
    frame: Frame, reading: Reading, rng: random.Random, variation: int
) -> list[tuple[list[Shape], float, float]]:
    """Each panel of a comic as a drawing of its own."""
    boxes = sheets.panel_boxes(frame, len(reading.panels))
    drawn = (
        compose(panel, (right - left) / (bottom - top), rng, variation, frame.fine)
        for panel, (left, top, right, bottom) in zip(reading.panels, boxes, strict=True)
    )
    return [(drawing.shapes, drawing.width, drawing.height) for drawing in drawn]


def _toned(shapes: list[Shape], reading: Reading) -> list[Shape]:
    """The whole scene in warm or cold light, where the words ask for it."""
    for name, tone in (("warmer", "#ffb45e"), ("colder", "#5f96d8")):
        if name in reading.edits:
            shapes = [tinted(shape, colour(tone), 0.16) for shape in shapes]
    return shapes


def _pale(tone: str) -> bool:
    """Whether a colour is nearer to white than to black."""
    red, green, blue, _ = colour(tone)
    return 0.3 * red + 0.6 * green + 0.1 * blue > 125


def _pictured(reading: Reading) -> bool:
    """Whether there is anything to draw a scene of."""
    outdoors = {"moon", "stars", "clouds", "low_sun", "greenery", "window", *WONDERS} & reading.details
    return bool(reading.figures or reading.places or reading.time or reading.weather or outdoors)


def _place(reading: Reading) -> str:
    if reading.places:
        # "A sofa on a table in a room": the more special place wins over the general one.
        place = next((name for name in ("scifi", "room") if name in reading.places), reading.places[0])
        swimming = reading.figures and all(figure.name in SWIMMERS for figure in reading.figures)
        return "underwater" if place == "sea" and swimming and not reading.time else place
    if reading.figures:
        bases = [figure for figure in reading.figures if figure.base is None]
        bases.sort(key=lambda figure: not entry(figure.name).get("alive"))
        homes = [str(entry(figure.name).get("home", "meadow")) for figure in bases]
        special = next(
            (name for name in ("room", "sea", "beach", "underwater", "space") if name in homes), ""
        )
        if special:
            return special
        return "meadow" if reading.time and homes[0] in ("studio", "table") else homes[0]
    if "greenery" in reading.details:
        return "forest"
    return "meadow"


def _mirror(frame: Frame) -> None:
    """The same place seen the other way round: a cheap and honest way for variations to differ."""
    move = Move(frame.width, 0.0, -1.0, 1.0)
    frame.shapes = move.shapes(frame.shapes)
    frame.spots = [type(spot)(frame.width - spot.x, spot.y, spot.height, spot.air) for spot in frame.spots]
