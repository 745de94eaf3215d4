"""Words without a model: a prompt with what it lacks, and a picture said in colours.

By the same word list that drawings are made by, so that what is added can be drawn.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageOps, ImageStat

from .book import book, strings
from .colour import colour
from .cutout import subject
from .decode import decode
from .understand import HAN, read

LACKING = {
    "place": ("in a meadow", "在草地上"),
    "light": ("soft light", "柔光"),
    "look": ("35 mm film look", "胶片质感"),
}
"""What a prompt mostly lacks, in English and Chinese."""

COLOURS = 3
"""Colours that a description names, at most."""

_SIDE = 64
_LEAST = 0.08
"""Share of a picture that a colour has to have to be named."""
_MANY = 16


def improved(prompt: str) -> str:
    """The prompt with a place, a light and a look, where it says none of them."""
    reading = read(prompt)
    lit = reading.time or reading.weather or {"softlight", "morning", "moon", "stars"} & reading.details
    looks = reading.styles or {"film", "flat", "shapes"} & reading.details
    lacks = [
        *["place"]
        * (bool(reading.figures) and not (reading.places or reading.backdrop or reading.weather or looks)),
        *["light"] * (not lit and not reading.styles),
        *["look"] * (not looks),
    ]
    tongue = 1 if reading.chinese else 0
    comma, stop = ("，", "。") if reading.chinese else (", ", ".")
    said = prompt.strip().rstrip(".。")
    more = [LACKING[name][tongue] for name in lacks] or ["生动的色彩" if tongue else "vivid colours"]
    return comma.join([said, *more]) + stop * prompt.strip().endswith(stop)


def described(pictures: Sequence[bytes | Path], asked: str) -> str:
    """Each picture's shape, light and colours, and where something stands out of it, in the language of
    `asked`; several are numbered lines.

    Raises:
        UndecodablePicture: one of them is no picture that can be opened.
    """
    chinese = bool(HAN.search(asked))
    said = [_described(decode(one, index, 480), chinese=chinese) for index, one in enumerate(pictures)]
    if len(said) == 1:
        return said[0]
    line = "图{}：{}" if chinese else "Picture {}: {}"
    return "\n".join(line.format(number, one) for number, one in enumerate(said, 1))


def _described(image: Image.Image, *, chinese: bool) -> str:
    small = image.resize((_SIDE, _SIDE), Image.Resampling.BOX)
    names = _colours(small, chinese=chinese)
    bright = ImageStat.Stat(ImageOps.grayscale(small)).mean[0]
    mask = subject(image)
    box = mask.getbbox() if mask else None
    ratio = image.width / image.height
    shape = 0 if ratio > 1.15 else 1 if ratio < 0.87 else 2
    light = 0 if bright > 150 else 1 if bright < 80 else 2
    if chinese:
        form, lit = ("横幅", "竖幅", "方形")[shape], ("明亮", "昏暗", "柔光")[light]
        said = f"一张{form}图片，以{'、'.join(names)}为主，{lit}"
        return said + (f"，{_side(box, image, ('左边', '中间', '右边'))}有一个突出的主体" if box else "")
    form, lit = ("wide", "tall", "square")[shape], ("bright", "dark", "soft light")[light]
    said = f"A {form} picture in {_listed(names)}, {lit}"
    where = ("on the left", "in the middle", "on the right")
    return said + (f", one clear subject {_side(box, image, where)}" if box else "")


def _side(box: tuple[int, int, int, int], image: Image.Image, names: tuple[str, str, str]) -> str:
    middle = (box[0] + box[2]) / 2 / image.width
    return names[0 if middle < 0.38 else 2 if middle > 0.62 else 1]


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def _colours(small: Image.Image, *, chinese: bool) -> list[str]:
    """Names of the colours that most of a picture has, the commonest first."""
    shares: dict[str, float] = {}
    few = small.quantize(_MANY).convert("RGB").getcolors(_MANY) or []
    for count, tone in few:
        name = _nearest(tone, chinese=chinese)
        shares[name] = shares.get(name, 0.0) + count / (_SIDE * _SIDE)
    ranked = sorted(shares, key=lambda name: -shares[name])
    return [name for name in ranked[:COLOURS] if shares[name] >= _LEAST] or ranked[:1]


def _nearest(tone: float | tuple[int, ...], *, chinese: bool) -> str:
    """The word of the list for the colour that is nearest to it."""
    parts = tone if isinstance(tone, tuple) else (tone, tone, tone)
    entry = min(book()["colour"].values(), key=lambda one: math.dist(parts, colour(str(one["hex"]))[:3]))
    return strings(entry["zh" if chinese else "en"])[0]
