"""How far a call has come: reported by the exchange and the retries, shown by the screen while it waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path


class Phase(StrEnum):
    """What a call is doing. The names are also keys of the screen's words."""

    QUEUED = "queued"
    SENDING = "sending"
    WAITING = "waiting"
    RECEIVING = "receiving"
    RETRYING = "retrying"


@dataclass(frozen=True)
class Progress:
    """One moment of a call.

    Attributes:
        phase: what is happening.
        bytes_done: bytes of the body sent or received so far, while that is what is happening.
        bytes_total: bytes of the whole body; None when nobody knows.
        attempt: 1 for the first try of this call, 2 for the first repetition.
        retry_at: when the next try starts, by the monotonic clock; only while `RETRYING`.
    """

    phase: Phase
    bytes_done: int = 0
    bytes_total: int | None = None
    attempt: int = 1
    retry_at: float | None = None


OnProgress = Callable[[Progress], None]
"""Called with how far a call has come. On the event loop, some times a second; must return at once."""


def ignore_progress(_: Progress) -> None:
    """For callers to whom progress means nothing."""


OnDraft = Callable[[Path], None]
"""Called with a picture whose answer is still on its way: nobody knows yet whether it is the result. The file
belongs to the call and may go at any moment. On the event loop; must return at once."""


OnThoughts = Callable[[str], None]
"""Called with all that a model has thought aloud so far. On the event loop; must return at once."""


def ignore_thoughts(_: str) -> None:
    """For callers who wait for the whole answer."""


def ignore_draft(_: Path) -> None:
    """For callers who wait for the whole answer."""
