"""What the painter takes and gives."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from io import BufferedReader, BytesIO
from pathlib import Path

from .chance import seeded


@dataclass(frozen=True)
class Commission:
    """What to draw.

    ``width`` and ``height`` are the exact pixels of the picture wanted. ``pictures`` are encoded pictures,
    bytes or files, in the person's order: none asks for the words to be drawn, one for it to be edited, more
    for a composition. ``variation`` tells otherwise equal commissions apart; ``sketch`` asks for a rough
    pencil draft of the same picture, ``wash`` for one with its first colours.
    """

    prompt: str
    width: int
    height: int
    pictures: tuple[bytes | Path, ...] = ()
    mime_type: str = "image/jpeg"
    variation: int = 0
    sketch: bool = False
    wash: bool = False


@dataclass(frozen=True)
class Painting:
    """An encoded picture of exactly the size asked for, and what the text part says about it.

    ``data`` is empty where nothing could be done to the picture that was to be edited; the note says so.
    """

    data: bytes
    mime_type: str
    note: str


class UndecodablePicture(Exception):
    """One of the pictures of a commission is no picture this painter can open."""

    def __init__(self, index: int) -> None:
        super().__init__(f"picture {index + 1} cannot be decoded")
        self.index = index
        """0-based position in ``Commission.pictures``."""


def opened(picture: bytes | Path) -> BufferedReader | BytesIO:
    """An encoded picture for reading. Raises OSError."""
    return picture.open("rb") if isinstance(picture, Path) else BytesIO(picture)


def dice(commission: Commission) -> random.Random:
    """The source of every free choice: equal for equal commissions, on every run.

    Size, ``sketch`` and ``wash`` are left out on purpose: a draft and a larger size show the same picture.
    """
    digest = hashlib.sha256(f"{commission.variation}\n{commission.prompt}".encode("utf-8", "surrogatepass"))
    for picture in commission.pictures:
        with opened(picture) as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    seed = int.from_bytes(digest.digest()[:8], "big")
    return seeded(seed)
