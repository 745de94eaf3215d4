"""Numbers as people write them."""

from __future__ import annotations


def dollars(amount: float) -> str:
    """US dollars with as many places as matter: $0.034, $0.13, $1.07."""
    return f"${amount:.3f}" if amount < 0.1 else f"${amount:.2f}"


def size_name(size: str) -> str:
    """What people call an image size: 512 is 0.5K."""
    return {"512": "0.5K"}.get(size, size)


def shortened(prompt: str, limit: int = 400) -> str:
    """A prompt on one line, cut at `limit` characters."""
    words = " ".join(prompt.split())
    return words if len(words) <= limit else words[: limit - 1] + "…"
