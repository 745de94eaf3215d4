"""Pictures and picture addresses that a gateway wrote into the text instead of beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

# Every repetition is possessive or bounded: the text is foreign and may be many megabytes long.
_DATA = r"data:image/[\w.+-]{1,40}(?:;[\w.=-]{1,40}){0,3};base64,"
_WHOLE = re.compile(rf"\s*+{_DATA}[A-Za-z0-9+/=_%\s-]++", re.IGNORECASE)
_EMBEDDED = re.compile(
    rf"""!\[[^\[\]\n]{{0,500}}+\]\(\s{{0,9}}<?(?:
            (?P<picture>{_DATA}[A-Za-z0-9+/=_%\s-]++)
          | (?P<link>https?://[^\s<>()"']{{1,4000}}+)
         )>?\s{{0,9}}(?:"[^"\n]{{0,200}}+"\s{{0,9}})?\)
       | (?P<bare>{_DATA}[A-Za-z0-9+/_%-]++={{0,2}})""",
    re.IGNORECASE | re.VERBOSE,
)
_ADDRESS = re.compile(r"https?://[^\s<>()\"'\]]++", re.IGNORECASE)
_PICTURE_FILE = re.compile(r"[^?#]{1,2000}?\.(?:png|jpe?g|webp|gif)(?:[?#].{0,2000})?", re.IGNORECASE)


@dataclass(frozen=True)
class Embedded:
    """A picture as a data URI, found inside text."""

    data_uri: str

    @property
    def declared_mime_type(self) -> str:
        """What the data URI claims to be, lower case."""
        return self.data_uri.lstrip()[5:].split(";", 1)[0].lower()


@dataclass(frozen=True)
class Link:
    """The address of a picture on the web, found inside text. It is never fetched here."""

    address: str


def split(text: str) -> Iterator[str | Embedded | Link]:
    """`text` in pieces, in order: words, data-URI pictures, addresses of pictures.

    A Markdown picture with an address is taken out of the words, so that no screen loads it unasked. A bare
    address of a picture file stays in the words as well.
    """
    if "data:" not in text.lower() and "http" not in text.lower():
        yield text
    elif _WHOLE.fullmatch(text):
        yield Embedded(text.strip())
    else:
        yield from _pieces(text)


def _pieces(text: str) -> Iterator[str | Embedded | Link]:
    place = 0
    for match in _EMBEDDED.finditer(text):
        yield from _words(text[place : match.start()])
        if match["link"]:
            yield Link(match["link"])
        else:
            yield Embedded(match["picture"] or match["bare"])
        place = match.end()
    yield from _words(text[place:])


def _words(text: str) -> Iterator[str | Link]:
    if text.strip():
        yield text
        for match in _ADDRESS.finditer(text):
            if _PICTURE_FILE.fullmatch(match[0].rstrip(".,;:!")):
                yield Link(match[0].rstrip(".,;:!"))
