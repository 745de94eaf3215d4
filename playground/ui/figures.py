"""Names of sizes and prompts as people read them; numbers are written by `words`."""

from __future__ import annotations

from playground.ui.words import Words


def size_name(size: str) -> str:
    """What people call an image size: 512 is 0.5K."""
    return {"512": "0.5K"}.get(size, size)


def price_of(dollars: float | None, words: Words) -> str:
    """What a picture costs, in few words: 0 where nothing is billed, None when unknown."""
    if dollars is None:
        return words("panel.price_unknown")
    return words.dollars(dollars) if dollars else words("history.free")


def shortened(prompt: str, limit: int = 400) -> str:
    """A prompt on one line, cut at `limit` characters."""
    words = " ".join(prompt.split())
    return words if len(words) <= limit else words[: limit - 1] + "…"
