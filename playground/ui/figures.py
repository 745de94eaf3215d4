"""Names of sizes and prompts as people read them; numbers are written by `words`."""

from __future__ import annotations


def size_name(size: str) -> str:
    """What people call an image size: 512 is 0.5K."""
    return {"512": "0.5K"}.get(size, size)


def shortened(prompt: str, limit: int = 400) -> str:
    """A prompt on one line, cut at `limit` characters."""
    words = " ".join(prompt.split())
    return words if len(words) <= limit else words[: limit - 1] + "…"
