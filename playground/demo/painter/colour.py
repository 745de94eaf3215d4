"""Colours as (red, green, blue, alpha), each 0 to 255, and the few mixtures the painter needs."""

from __future__ import annotations

Colour = tuple[float, float, float, float]

WHITE: Colour = (255, 255, 255, 255)
CLEAR: Colour = (255, 255, 255, 0)


def colour(text: str, alpha: float = 1.0) -> Colour:
    """``#rgb`` or ``#rrggbb`` as a colour; ``alpha`` is 0 to 1."""
    digits = text.strip().lstrip("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue = (int(digits[at : at + 2], 16) for at in (0, 2, 4))
    return (red, green, blue, 255 * alpha)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """``share`` of ``other`` in ``one``; the alpha of ``one`` stays."""
    red, green, blue = (a + (b - a) * share for a, b in zip(one[:3], other[:3], strict=True))
    return (red, green, blue, one[3])


def faded(tone: Colour, alpha: float) -> Colour:
    """The same colour with its alpha multiplied by ``alpha`` (0 to 1)."""
    return (tone[0], tone[1], tone[2], tone[3] * alpha)


def darker(tone: Colour, share: float = 0.28) -> Colour:
    """A shadow of a colour: towards a deep blue violet, because grey shadows look dirty."""
    return mix(mix(tone, (40, 24, 72, 255), share * 0.75), (0, 0, 0, 255), share * 0.3)


def lighter(tone: Colour, share: float = 0.45) -> Colour:
    """A light of a colour: towards a warm white."""
    return mix(tone, (255, 250, 236, 255), share)


def hexed(tone: Colour) -> str:
    """The colour as ``#rrggbb``."""
    return "#" + "".join(f"{round(min(255.0, max(0.0, part))):02x}" for part in tone[:3])
