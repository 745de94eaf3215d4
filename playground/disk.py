"""Whether there is room for what a call may bring, asked before it is paid for."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from playground.errors import NotStarted

MIN_FREE_BYTES: Final = 100_000_000
"""Kept free whatever happens: other programs of the machine need room as well."""

PICTURE_BYTES: Final = 40_000_000
"""A 4K picture as PNG; most are a tenth of it."""


def require_room(folder: Path, pictures: int) -> None:
    """Raises NotStarted "disk_full" when the disk of `folder` may not hold that many pictures more."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        free = shutil.disk_usage(folder).free
    except OSError:  # some network drives do not tell; then only writing will
        return
    if free < MIN_FREE_BYTES + pictures * PICTURE_BYTES:
        raise NotStarted("disk_full", free=f"{free / 1e6:.0f}", pictures=pictures)
