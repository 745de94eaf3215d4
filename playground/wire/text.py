"""Plain text for people out of whatever a provider wrote."""

from __future__ import annotations

import html
import re

MAX_SAID_CHARACTERS = 600
_READ_CHARACTERS = 4096
_TAG = re.compile(r"<[!/?]?[a-zA-Z-][^<>]*>")
_UNSEEN = re.compile(r"<(script|style)\b[^<>]*>.*?</\1\s*>", re.IGNORECASE | re.DOTALL)
_TITLE = re.compile(r"<title\b[^<>]*>(.{0,400}?)</title", re.IGNORECASE | re.DOTALL)
_QUERY = re.compile(r"(https?://[^\s?\"'<>]+)\?[^\s\"'<>]*", re.IGNORECASE)


def plain_text(text: str, limit: int = MAX_SAID_CHARACTERS) -> str:
    """`text` as one line of at most `limit` characters: no tags, no control characters, no URL queries."""
    text = _without_tags(_UNSEEN.sub(" ", text[:_READ_CHARACTERS]))
    # Some gateways escape their message once more, so tags may only show up after unescaping.
    text = without_queries(_without_tags(html.unescape(text)))
    seen = "".join(sign if sign.isprintable() else " " for sign in text)
    line = " ".join(seen.split())
    return line if len(line) <= limit else line[: limit - 1] + "…"


def page_title(text: str) -> str:
    """The title of a web page as plain text, or the beginning of its words when it has none."""
    match = _TITLE.search(text[: 4 * _READ_CHARACTERS])
    return plain_text(match[1]) if match else plain_text(text, 300)


def without_queries(text: str) -> str:
    """`text` with the query of every URL left out: a key may travel there."""
    return _QUERY.sub(r"\1", text)


def _without_tags(text: str) -> str:
    # Removing a tag can join the halves of another one, as in "<<b>b>"; every pass makes the text shorter.
    while (stripped := _TAG.sub("", text)) != text:
        text = stripped
    return text
