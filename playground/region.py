"""The region of a picture that may change: a sentence of the prompt, and a mask that goes along as a picture.

The contract has no member for a mask, so a model is told of it in plain words, as it is told what pictures
are for.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from playground.text import is_chinese

_MASKED: Final = MappingProxyType(
    {
        "en": "Picture {number} is a mask of picture 1: change only what is white in it, {place}, "
        "and keep everything else exactly as it is.",
        "zh": "图{number}是图1的遮罩：只改其中白色的部分（{place}），其余一律保持原样。",
    }
)
_IN_WORDS: Final = MappingProxyType(
    {
        "en": "Change only {place} of the picture, and keep everything else exactly as it is.",
        "zh": "只改图片的{place}，其余一律保持原样。",
    }
)
_EXTENDED: Final = MappingProxyType(
    {
        "en": "Picture {number} is a mask of picture 1, which is empty where that is white: let the picture "
        "go on there, and keep everything else exactly as it is.",
        "zh": "图{number}是图1的遮罩，白色的部分在图1里是空的：请把画面自然延伸到那里，其余一律保持原样。",
    }
)
_EXTENDED_IN_WORDS: Final = MappingProxyType(
    {
        "en": "The picture is empty where it is plain grey, {place}: let it go on there, and keep everything "
        "else exactly as it is.",
        "zh": "图中纯灰色的部分（{place}）是空的：请把画面自然延伸到那里，其余一律保持原样。",
    }
)
_PLACES: Final[Mapping[str, tuple[tuple[str, ...], ...]]] = MappingProxyType(
    {
        "en": (
            ("the upper left", "the top", "the upper right"),
            ("the left side", "the middle", "the right side"),
            ("the lower left", "the bottom", "the lower right"),
        ),
        "zh": (("左上方", "上方", "右上方"), ("左侧", "中间", "右侧"), ("左下方", "下方", "右下方")),
    }
)

Box = tuple[float, float, float, float]
"""Left, top, right and bottom, as shares of the picture's sides."""


def told(prompt: str, box: Box, number: int | None, *, is_new: bool = False, language: str = "en") -> str:
    """The prompt with a sentence about the region, in its own language, in place of one from before.

    Args:
        box: around the region.
        number: of the mask among the pictures, from 1; None where it does not go along.
        is_new: the region is space that was added to the picture.
        language: of the sentence where the prompt says nothing, "en" or "zh".
    """
    asked = without(prompt)
    if asked:
        language = "zh" if is_chinese(asked) else "en"
    place = _PLACES[language][_third(box[1], box[3])][_third(box[0], box[2])]
    in_words, masked = (_EXTENDED_IN_WORDS, _EXTENDED) if is_new else (_IN_WORDS, _MASKED)
    said = (in_words if number is None else masked)[language].format(number=number, place=place)
    return f"{asked}\n{said}" if asked else said


def without(prompt: str) -> str:
    """The prompt without such a sentence."""
    return _SAID.sub("", prompt).rstrip() if _SAID.search(prompt) else prompt


def mask_number(prompt: str) -> int | None:
    """The number of the picture that a prompt calls a mask."""
    found = _SAID.search(prompt)
    numbers = [int(number) for number in found.groups() if number] if found else []
    return numbers[0] if numbers else None


def is_extended(prompt: str) -> bool:
    """Whether a prompt says that its picture has space to be filled."""
    return _SPACE.search(prompt) is not None


def _third(start: float, end: float) -> int:
    return min(2, int(3 * (start + end) / 2))


def _pattern(language: str, sentence: str) -> str:
    places = "|".join(place for row in _PLACES[language] for place in row)
    return re.escape(sentence).replace(r"\{number\}", r"(\d{1,2})").replace(r"\{place\}", f"(?:{places})")


def _any_of(*kinds: Mapping[str, str]) -> re.Pattern[str]:
    sentences = (_pattern(language, one) for kind in kinds for language, one in kind.items())
    return re.compile(rf"\s*(?:{'|'.join(sentences)})")


_SAID: Final = _any_of(_MASKED, _IN_WORDS, _EXTENDED, _EXTENDED_IN_WORDS)
_SPACE: Final = _any_of(_EXTENDED, _EXTENDED_IN_WORDS)
