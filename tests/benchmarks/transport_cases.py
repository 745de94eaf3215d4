"""What is measured: the cases, and who takes part in each."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final, Literal

Kind = Literal["send", "receive", "calls", "prepare", "thumbnail", "untouched", "start"]

OURS: Final = "ours"
SDK: Final = ("google_genai_sync", "google_genai_async")
_CLIENTS: Final = (OURS, *SDK, "naive", "curl")
_RECEIVERS: Final = (*_CLIENTS, "curl_jq")
_PILLOW: Final = (OURS, "naive")

WARM_UP: Final = "small"
CHECK: Final = "check"
"""Model ids with a meaning to the server: a small answer, and one that lists what was received."""

PHOTO_SIDES: Final = (6000, 4000)
PHOTO_LIMIT: Final = 5_000_000
"""Bytes that the photograph is to be brought within; it has about 6 million."""

THUMBNAIL_SIDE: Final = 320
_MIN_BYTES: Final = 1_000


@dataclass(frozen=True)
class Case:
    """One thing that is measured, by several variants.

    Attributes:
        name: also the model id of its calls, by which the server knows what to answer.
        kind: what happens.
        title: the same in words.
        variants: who takes part.
        rounds: how often each of them runs, unless the command line says otherwise.
        count: pictures in the one call, or calls.
        picture_bytes: size of one picture.
        delay_s: how long the server takes before it answers.
        scale: 1, or less for a small rehearsal.
    """

    name: str
    kind: Kind
    title: str
    variants: tuple[str, ...]
    rounds: int = 5
    count: int = 1
    picture_bytes: int = 0
    delay_s: float = 0.0
    scale: float = 1.0

    def scaled(self, scale: float) -> Case:
        """The same with less data and shorter waits."""
        size = max(_MIN_BYTES, int(self.picture_bytes * scale)) if self.picture_bytes else 0
        return replace(self, picture_bytes=size, delay_s=self.delay_s * scale, scale=scale)

    @property
    def photo_sides(self) -> tuple[int, int]:
        """Width and height of the photograph as stored, pixels."""
        factor = math.sqrt(self.scale)
        return round(PHOTO_SIDES[0] * factor), round(PHOTO_SIDES[1] * factor)

    @property
    def photo_limit(self) -> int:
        """Bytes that the photograph has to be brought within."""
        return int(PHOTO_LIMIT * self.scale)


CASES: Final = (
    Case("send_1x7", "send", "send 1 picture of 7 MB", _CLIENTS, count=1, picture_bytes=7_000_000),
    Case("send_14x7", "send", "send 14 pictures of 7 MB", _CLIENTS, count=14, picture_bytes=7_000_000),
    Case("receive_1x30", "receive", "receive 1 picture of 30 MB", _RECEIVERS, picture_bytes=30_000_000),
    Case(
        "receive_4x30",
        "receive",
        "receive 4 pictures of 30 MB",
        _RECEIVERS,
        count=4,
        picture_bytes=30_000_000,
    ),
    Case(
        "calls_50",
        "calls",
        "50 calls at once",
        _CLIENTS,
        rounds=3,
        count=50,
        picture_bytes=2_000_000,
        delay_s=2.0,
    ),
    Case(
        "calls_200",
        "calls",
        "200 calls at once",
        _CLIENTS,
        rounds=3,
        count=200,
        picture_bytes=2_000_000,
        delay_s=2.0,
    ),
    Case("prepare_24mp", "prepare", "24-megapixel JPEG made fit to send", _PILLOW),
    Case("thumbnail_24mp", "thumbnail", "24-megapixel JPEG made a thumbnail", _PILLOW),
    Case("start_app", "start", "start the app", (OURS, "bare_gradio")),
    Case("start_cli", "start", "start the command line", (OURS, "import_gradio")),
)

UNTOUCHED: Final = Case("untouched_24mp", "untouched", "24-megapixel JPEG that is fit to send", (OURS,))
"""A photograph within the limits: shown in the tables, and no part of the JSON."""

ALL_CASES: Final = (*CASES, UNTOUCHED)


def find(name: str) -> Case:
    """The case of that name. Raises KeyError."""
    return {case.name: case for case in ALL_CASES}[name]
