"""Changes to one picture, and how pictures come to the size asked for."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from .colour import colour
from .cutout import subject, without_ground
from .frame import MOODS, Frame
from .night import night
from .raster import rasterise
from .reading import Reading
from .retouch import as_sticker, before_colour, erased, lettered, recoloured, settable, stood_in
from .scene import compose
from .sky import weather
from .subjects import singles, size_of, stand
from .svg import art
from .treatments import EDITS
from .vector import Move, Shape, arc, fill

NEAR = 0.14
"""Ratios that differ by less are brought together by cropping; beyond, the whole picture is kept."""


CLOSER = 0.82
"""Share of a picture that is kept on each side when a crop is asked for."""

PAPER, WHITE = "#ffffff", "#f3efe8"
"""The white of a background, and the word list's white, which is a thing's."""

FEET = {"studio": 0.72, "table": 0.9, "room": 0.96, "sea": 0.97, "street": 0.92}
"""Where a subject stands in a scene, as a share of the height; 0.9 in the others."""

WORN = {
    "tophat": (0.62, 0.3, 0.5), "strawhat": (1.0, 0.3, 0.5),
    "crown": (0.6, 0.28, 0.5), "glasses": (0.72, 0.56, 0.0),
    "scarf": (0.8, 1.05, 0.0), "wing": (2.0, 1.3, 0.0),
}  # fmt: skip
"""How wide what is worn is, and how far down its middle (0.5: its lower edge), in parts of the head."""

SIDES = {"left": 0.24, "right": 0.76, "middle": 0.5}
"""Sides that words name, as a share of the width."""


def cropped(picture: Image.Image, size: tuple[int, int], reading: Reading) -> Image.Image:
    """The picture cut to fill the size, around what stands out of it."""
    mask = subject(picture)
    box = mask.getbbox() if mask else None
    centre = (
        ((box[0] + box[2]) / 2 / picture.width, (box[1] + box[3]) / 2 / picture.height) if box else (0.5, 0.5)
    )
    bleed = 0.0 if reading.shape else (1 - CLOSER) / 2
    return ImageOps.fit(picture, size, Image.Resampling.LANCZOS, bleed, centre)


def fitted(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture on exactly ``size`` pixels: cropped a little, or whole on a soft extension of itself."""
    wanted, given = size[0] / size[1], picture.width / picture.height
    if abs(wanted / given - 1) <= NEAR:
        return ImageOps.fit(picture, size, Image.Resampling.LANCZOS)
    ground = backdrop(picture, size)
    share = min(size[0] / picture.width, size[1] / picture.height)
    whole = (max(1, round(picture.width * share)), max(1, round(picture.height * share)))
    inner = picture.resize(whole, Image.Resampling.LANCZOS)
    ground.paste(inner, ((size[0] - inner.width) // 2, (size[1] - inner.height) // 2))
    return ground


def mirrored(picture: Image.Image, box: tuple[int, int, int, int]) -> Image.Image:
    """A picture that goes on around ``box`` as its reflection, softer the farther it is from there."""
    inner, canvas = picture.crop(box), Image.new(picture.mode, picture.size)
    across, down = inner.size
    for column in range(-(-box[0] // across) * -1, -(-(picture.width - box[0]) // across)):
        for row in range(-(-box[1] // down) * -1, -(-(picture.height - box[1]) // down)):
            tile = ImageOps.mirror(inner) if column % 2 else inner
            tile = ImageOps.flip(tile) if row % 2 else tile
            canvas.paste(tile, (box[0] + column * across, box[1] + row * down))
    near = Image.new("L", picture.size)
    near.paste(255, box)
    near = near.filter(ImageFilter.GaussianBlur(min(picture.size) / 8)).point(
        lambda level: min(255, 2 * level)
    )
    return Image.composite(canvas, canvas.filter(ImageFilter.GaussianBlur(min(picture.size) / 60)), near)


def backdrop(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """A soft, calm enlargement of a picture to lay other pictures on."""
    scale = 160 / max(size)
    small = ImageOps.fit(
        picture, (max(2, round(size[0] * scale)), max(2, round(size[1] * scale))), Image.Resampling.BILINEAR
    )
    soft = ImageEnhance.Color(small.filter(ImageFilter.GaussianBlur(9))).enhance(0.85)
    return Image.blend(soft, Image.new("RGB", soft.size, (120, 116, 118)), 0.22).resize(
        size, Image.Resampling.BICUBIC
    )


Change = Callable[[Image.Image, Reading, random.Random], Image.Image | None]
"""A picture after a change; None where nothing in it stands out clearly enough to be told apart."""


def edit(picture: Image.Image, reading: Reading, rng: random.Random) -> tuple[Image.Image | None, list[str]]:
    """The picture with everything done to it that was understood; None where nothing was.

    Remarks for the note (keys of ``note.REMARKS``).
    """
    remarks: list[str] = []
    _settle(reading)
    done = False
    for asked, change, remark in CHANGES:
        if asked(reading):
            changed = change(picture, reading, rng)
            remarks.append("no subject" if changed is None else remark)
            done, picture = done or changed is not None, changed or picture
    whole, said = _treated(picture, reading, rng)
    done, picture = done or whole is not None, whole or picture
    remarks += said
    cut = bool(reading.shape or {"crop", "closer"} & {*reading.edits})
    remarks += ["cropped"] if cut else []
    remarks += ["middle"] if "blur" in reading.edits else []
    done = done or cut
    if reading.letters:
        done = done or settable(reading.letters)
        remarks += [] if settable(reading.letters) else ["no font"]
    if "no subject" in remarks or (done and "add" not in reading.edits and "put" not in reading.edits):
        # "Make the cat black and white" speaks of the cat in the picture.
        reading.figures.clear()
    added = bool(reading.figures or worn_alone(reading))
    return (picture if done or added else None), list(dict.fromkeys(remarks))


def _treated(
    picture: Image.Image, reading: Reading, rng: random.Random
) -> tuple[Image.Image | None, list[str]]:
    """Light, weather and style of the whole picture, with remarks; None where none of them was asked for."""
    names = [*reading.edits, *reading.styles]
    names += {"dusk": ["warmer"], "dawn": ["warmer"], "day": ["brighter"]}.get(reading.time, [])
    names += {"fog": ["brighter"], "snow": ["wintry"], "rain": ["wet"]}.get(reading.weather, [])
    before, found = picture, True
    if reading.time == "night" or {"stars", "moon"} & reading.details:
        picture, found = night(picture, rng)
    for name in dict.fromkeys(names):
        picture = EDITS.get(name, _as_it_is)(picture)
    return (None if picture is before else picture), ([] if found else ["no sky"])


def _as_it_is(picture: Image.Image) -> Image.Image:
    return picture


def _removes(reading: Reading) -> bool:
    """Whether something shall go that can be meant: a thing that the list knows, "it", or nothing named."""
    gone = {word.kind for word in reading.left_out}
    return "subject" in gone or ("remove" in reading.edits and bool(reading.figures or not reading.unknown))


def _remove(picture: Image.Image, reading: Reading, rng: random.Random) -> Image.Image | None:
    mask = subject(picture, _said_side(reading))
    reading.figures.clear()
    return mask and erased(picture, mask)


def _grounds(reading: Reading) -> bool:
    """Whether the subject shall stand before something else."""
    behind = any(word.name == "backdrop" for word in [*reading.words, *reading.left_out])
    there = bool(reading.places) and (behind or "put" in reading.edits or reading.located)
    before = bool(reading.backdrop or (behind and reading.palette) or "backdrop" in reading.absent)
    return "add" not in reading.edits and (there or before or "cutout" in reading.edits)


def _ground(picture: Image.Image, reading: Reading, rng: random.Random) -> Image.Image | None:
    mask = subject(picture, _said_side(reading))
    reading.figures.clear()
    if mask is None:
        return None
    mask = without_ground(picture, mask)
    if reading.places and not reading.backdrop:
        name = reading.places[0]
        scene = Reading(reading.chinese, places=[name], time=reading.time, weather=reading.weather)
        drawing = compose(scene, picture.width / picture.height, rng, 0)
        ground = rasterise(drawing.shapes, (drawing.width, drawing.height), picture.size)
        return stood_in(picture, mask, ground, FEET.get(name, 0.9))
    tone = reading.backdrop or (_colours(reading)[-1:] or [PAPER])[0]
    return before_colour(picture, mask, PAPER if tone == WHITE else tone)


def _colours(reading: Reading) -> list[str]:
    """Colours of nothing in particular, which on a picture mean something after all."""
    for word in reading.spare:
        said = word.chinese if reading.chinese else word.english
        reading.unknown[:] = [piece for piece in reading.unknown if piece != said]
        reading.words.append(word)
    reading.spare.clear()
    return reading.palette


def _colour(picture: Image.Image, reading: Reading, rng: random.Random) -> Image.Image | None:
    """The last colour named takes the place of the one before it, or of the subject's strongest."""
    *before, to = _colours(reading)
    old = before[-1] if before else next((figure.colour for figure in reading.figures if figure.colour), "")
    reading.figures.clear()
    return recoloured(picture, None if old else subject(picture, _said_side(reading)), to, old)


def _sticker(picture: Image.Image, reading: Reading, rng: random.Random) -> Image.Image | None:
    mask = subject(picture)
    reading.figures.clear()
    return mask and as_sticker(picture, mask)


def headline(picture: Image.Image, reading: Reading) -> Image.Image:
    """The finished picture with the words that were asked for, in the last colour that was named."""
    if not (reading.letters and settable(reading.letters)):
        return picture
    where = next((name for name in ("top", "bottom") if name in reading.details), "")
    return lettered(picture, reading.letters, (_colours(reading)[-1:] or [PAPER])[0], where)


CHANGES: tuple[tuple[Callable[[Reading], bool], Change, str], ...] = (
    (_removes, _remove, "removed"),
    (_grounds, _ground, "subject"),
    (
        lambda reading: bool(reading.spare) and not (reading.letters or "add" in reading.edits),
        _colour,
        "colour",
    ),
    (lambda reading: "sticker" in reading.styles, _sticker, "subject"),
)
"""What is asked for, what does it, and what is said about it: in the order in which it is done."""


def _settle(reading: Reading) -> None:
    """Accessories for somebody who is in the picture already are put on without drawing somebody new."""
    worn = [name for figure in reading.figures for name in figure.wears]
    if worn and (reading.offered or not {"add", "put"} & {*reading.edits}):
        for figure in reading.figures:
            reading.loose.update({name: figure.colours.get(name, "") for name in figure.wears})
        reading.figures.clear()


def worn_alone(reading: Reading) -> list[str]:
    """Accessories without a figure: "put a hat on it"."""
    return [
        name for name in ("tophat", "strawhat", "crown", "glasses", "scarf", "wing") if name in reading.loose
    ]


def _said_side(reading: Reading) -> float | None:
    return next((share for name, share in SIDES.items() if name in reading.details), None)


def _side(reading: Reading, picture: Image.Image) -> float:
    """Where one added thing stands, as a share of the width: where it covers least, if nobody says."""
    if said := _said_side(reading):
        return said
    small = picture.convert("L").resize((64, 64), Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(1))
    busy = np.abs(np.diff(np.asarray(small, dtype=float)[26:58], axis=1)).sum(axis=0)
    places = [0.76, *(share / 100 for share in range(14, 88, 6))]
    return min(places, key=lambda share: float(busy[round(63 * share) - 9 : round(63 * share) + 9].sum()))


@dataclass(frozen=True)
class _Head:
    """Where the head of a picture's subject is likely, as shares of the picture's sides."""

    x: float = 0.5
    top: float = 0.2
    width: float = 0.4
    height: float = 0.4


def _head(picture: Image.Image) -> _Head:
    """The upper end of what stands out of a picture; where that is no head, that of a portrait."""
    mask = subject(picture)
    box = mask.getbbox() if mask else None
    if mask is None or box is None:
        return _Head()
    upper = mask.crop((0, box[1], mask.width, box[1] + max(1, (box[3] - box[1]) // 5)))
    left, _, right, _ = upper.point([0] * 128 + [255] * 128).getbbox() or box
    wide = right - left
    if not 0.25 < wide / mask.width < 0.75:
        return _Head()
    high = min(0.45 * (box[3] - box[1]), 0.9 * wide)
    return _Head((left + right) / 2 / mask.width, box[1] / mask.height, wide / mask.width, high / mask.height)


def additions(
    reading: Reading, width: float, height: float, rng: random.Random, picture: Image.Image
) -> list[Shape]:
    """Drawn things that are put into a picture, in units of a drawing of ``width`` by ``height``."""
    mood = replace(MOODS["day"], share=0.0)
    frame = Frame(width, height, rng, mood, reading)
    each = singles(reading.figures, 8)
    for index, figure in enumerate(each):
        x = width * (index + 1) / (len(each) + 1) if len(each) > 1 else width * _side(reading, picture)
        tall = min(size_of(figure.name) * frame.unit * 0.95, width * 0.8 / len(each))
        flying = "flying" in reading.details
        y = height * 0.32 if flying else height * 0.94
        stand(frame, figure, x, y, tall, air=flying, mirrored=x > width / 2)
    head = _head(picture)
    for name in worn_alone(reading):
        item = art(f"worn-{name}", reading.loose[name])
        share, down, is_above = WORN[name]
        wide = head.width * width * share
        scale = wide / item.width
        x, half = head.x * width, item.height * scale / 2
        y = (head.top + head.height * down) * height - 2 * half * is_above
        y = max(y, 1.1 * half) if is_above else y
        if is_above:
            under = arc(x, y + half, wide * 0.5, wide * 0.06)
            frame.add(fill(under, colour("#1c1638"), 0.3, blur=frame.short * 0.012))
        frame.add(*Move(x - wide / 2, y - half, scale, scale).shapes(item.shapes))
    weather(frame)
    return [*frame.shapes, *frame.front]
