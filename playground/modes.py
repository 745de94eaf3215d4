"""The tabs, a row each: they differ in how many pictures go in.

To add one, write a row and its words in both languages: `tabs.<id>` and `prompt.hints.<id>`.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Mode:
    """One tab.

    Attributes:
        id: as the page, records and the history's filter name it.
        min_images: how many pictures a request needs.
        max_images: how many its tray holds; 0 for no tray.
    """

    id: str
    min_images: int = 0
    max_images: int = 0


MODES = {mode.id: mode for mode in (Mode("text"), Mode("edit", 1, 1), Mode("compose", 2, 14), Mode("batch"))}
"""Id -> tab, in the order of the page."""

FIRST = next(iter(MODES))
"""The tab that is open at first; it needs no picture."""


BATCH = "batch"
"""The tab for many calls at one press, which has a table in place of a tray."""


def mode_taking(pictures: int) -> str:
    """The tab for so many pictures: the first that takes them."""
    most = max(mode.max_images for mode in MODES.values())
    return next(mode.id for mode in MODES.values() if min(pictures, most) <= mode.max_images)


def mode_of(name: str) -> Mode:
    """The tab of that id, or the first one for an id that nobody knows."""
    return MODES.get(name, MODES[FIRST])
