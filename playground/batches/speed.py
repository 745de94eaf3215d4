"""How many rows go out at once: fewer while the provider says that it is too much, more as it serves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

_FIRST_WAIT: Final = 5.0
_LONGEST_WAIT: Final = 300.0
_STEP: Final = 0.25
MOST_REFUSALS: Final = 20
"""After so many in a row, with none served between, a person is asked."""


@dataclass
class Speed:
    """Seconds of `clock`, which is monotonic.

    Attributes:
        most: rows at once, at the best.
        until: nothing is sent before.
        refusals: how many there were since a row was last served.
    """

    most: int
    clock: Callable[[], float]
    until: float = 0.0
    refusals: int = 0
    _now: float = field(default=0.0, repr=False)

    def __post_init__(self) -> None:
        self._now = float(self.most)

    @property
    def at_once(self) -> int:
        return max(1, int(self._now))

    @property
    def wait(self) -> float:
        """Seconds until the next may go."""
        return max(0.0, self.until - self.clock())

    def refused(self, asked: float | None) -> None:
        """Half as many, after the wait that was asked for, or one that grows."""
        self.refusals += 1
        grown = min(_FIRST_WAIT * 2.0 ** (self.refusals - 1), _LONGEST_WAIT)
        if self.clock() >= self.until:  # those refused together count once
            self._now = max(1.0, self._now / 2)
        self.until = max(self.until, self.clock() + (grown if asked is None else max(asked, 1.0)))

    def served(self) -> None:
        """A little more."""
        self.refusals = 0
        self._now = min(float(self.most), self._now + _STEP)
