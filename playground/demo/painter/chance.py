"""Free choices: where clouds and flowers are. No secret hangs on them, and the same seed chooses the same."""

from __future__ import annotations

import random


def seeded(seed: int | str) -> random.Random:
    """A source of choices that is the same for the same seed, on every run and machine."""
    return random.Random(seed)  # noqa: S311 - nothing is to be kept secret by it
