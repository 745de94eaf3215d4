"""Changes to one picture, and how pictures come to the size asked for."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

from .colour import colour
from .filters import film
from .frame import MOODS, Frame
from .night import night
from .reading import Reading
from .sky import weather
from .subjects import singles, size_of, stand
from .svg import art
from .treatments import EDITS
from .vector import Move, Shape, arc, fill

NEAR = 0.14
"""Ratios that differ by less are brought together by cropping; beyond, the whole picture is kept."""


CLOSER = 0.82
"""Share of a picture that is kept on each side when a crop is asked for."""


def fitted(picture: Image.Image, size: tuple[int, int], crop: bool = False) -> Image.Image:
    """The picture on exactly ``size`` pixels: cropped a little, or whole on a soft extension of itself.

    With ``crop`` its middle fills the size, whatever its proportions.
    """
    if crop:
        return ImageOps.fit(picture, size, Image.Resampling.LANCZOS, bleed=(1 - CLOSER) / 2)
    wanted, given = size[0] / size[1], picture.width / picture.height
    if abs(wanted / given - 1) <= NEAR:
        return ImageOps.fit(picture, size, Image.Resampling.LANCZOS)
    ground = backdrop(picture, size)
    share = min(size[0] / picture.width, size[1] / picture.height)
    whole = (max(1, round(picture.width * share)), max(1, round(picture.height * share)))
    inner = picture.resize(whole, Image.Resampling.LANCZOS)
    ground.paste(inner, ((size[0] - inner.width) // 2, (size[1] - inner.height) // 2))
    return ground


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


def edit(picture: Image.Image, reading: Reading, rng: random.Random) -> tuple[Image.Image, list[str]]:
    """The picture with everything done to it that was understood.

    Remarks for the note (keys of ``note.REMARKS``).
    """
    remarks: list[str] = []
    done = False
    names = [*reading.edits, *reading.styles]
    _settle(reading)
    if reading.time == "night" or {"stars", "moon"} & reading.details:
        picture, found = night(picture, rng)
        done = True
        if not found:
            remarks.append("no sky")
    names += {"dusk": ["warmer"], "dawn": ["warmer"], "day": ["brighter"]}.get(reading.time, [])
    names += {"fog": ["brighter"], "snow": ["wintry"], "rain": ["colder", "darker"]}.get(reading.weather, [])
    for name in dict.fromkeys(names):
        change = EDITS.get(name)
        if change is not None:
            picture = change(picture)
            done = True
    if "crop" in names:
        remarks.append("cropped")
        done = True
    if "blur" in names:
        remarks.append("middle")
    if done and "add" not in reading.edits:
        # "Make the cat black and white" speaks of the cat in the picture.
        reading.figures.clear()
    added = bool(reading.figures or worn_alone(reading))
    if not done and not added:
        picture = film(picture)
        remarks.append("film")
    return picture, remarks


def _settle(reading: Reading) -> None:
    """Accessories for somebody who is in the picture already are put on without drawing somebody new."""
    worn = [name for figure in reading.figures for name in figure.wears]
    if worn and (reading.offered or "add" not in reading.edits):
        for figure in reading.figures:
            reading.loose.update({name: figure.colours.get(name, "") for name in figure.wears})
        reading.figures.clear()


def worn_alone(reading: Reading) -> list[str]:
    """Accessories without a figure: "put a hat on it"."""
    return [name for name in ("tophat", "crown", "glasses", "scarf", "wing") if name in reading.loose]


def _side(reading: Reading, picture: Image.Image) -> float:
    """Where one added thing stands, as a share of the width: where it covers least, if nobody says."""
    sides = {"left": 0.24, "right": 0.76, "middle": 0.5}
    said = next((share for name, share in sides.items() if name in reading.details), 0.0)
    if said:
        return said
    small = picture.convert("L").resize((64, 64), Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(1))
    busy = np.abs(np.diff(np.asarray(small, dtype=float)[26:58], axis=1)).sum(axis=0)
    places = [0.76, *(share / 100 for share in range(14, 88, 6))]
    return min(places, key=lambda share: float(busy[round(63 * share) - 9 : round(63 * share) + 9].sum()))


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
    for name in worn_alone(reading):
        item = art(f"worn-{name}", reading.loose[name])
        scale = frame.short * 0.34 / item.width
        y = {"tophat": 0.2, "crown": 0.18, "glasses": 0.38, "scarf": 0.66, "wing": 0.45}[name] * height
        shadow = fill(
            arc(
                width / 2, y + item.height * scale * 0.5, item.width * scale * 0.5, item.width * scale * 0.06
            ),
            colour("#1c1638"),
            0.3,
            blur=frame.short * 0.012,
        )
        move = Move(width / 2 - item.width * scale / 2, y - item.height * scale / 2, scale, scale)
        frame.add(shadow, *move.shapes(item.shapes))
    weather(frame)
    return [*frame.shapes, *frame.front]
