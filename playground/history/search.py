"""Search by pieces of text: right for one Chinese character as for an English word.

A text is folded (compatibility forms made one, case left out) and cut at white space. What is indexed are
all pieces of one, two and three characters of its words, as numbers, and those of four characters that are
all ASCII: of Latin letters there are few, and three of them say too little ("ring" would be looked for in all
blueprints of buildings). A search looks up the pieces of its own words, and what is found is compared with
the text itself. So the index may name too many, but never too few, and the answer is that of a plain scan.
Full-text tokenisers know words, which Chinese does not mark, and their trigrams find nothing shorter than
three characters.
"""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Iterable
from operator import add
from typing import Final

from playground.text import mended

_LONGEST = 3
_LONGEST_ASCII = 4
_MOST_ASKED = 12

MAX_CHARACTERS: Final = 64_000
"""How much of a text is searched through: a prompt of the longest kind and as much of its answer.

A record that somebody brings may hold megabytes of text, and each character costs some ten numbers.
"""


def folded(text: str) -> str:
    """The text as it is compared."""
    clean = mended(text).replace("\0", " ")
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", clean).casefold())


def terms(text: str) -> tuple[str, ...]:
    """The words that all have to occur, folded."""
    return tuple(dict.fromkeys(folded(text).split()))


def of_text(words: str) -> set[int]:
    """Numbers of all pieces in a folded text."""
    text = " ".join(set(words.split()))
    pieces, found = list(text), set(text)
    for length in range(2, _LONGEST_ASCII + 1):  # each piece with the character behind it
        pieces = list(map(add, pieces, text[length - 1 :]))
        found.update(pieces if length <= _LONGEST else filter(str.isascii, pieces))
    return {_number(piece) for piece in found if " " not in piece}


def of_term(term: str) -> set[int]:
    """Numbers of pieces that every text with `term` in it has."""
    longest = _LONGEST_ASCII if term.isascii() else _LONGEST
    if len(term) <= longest:
        return {_number(term)}
    pieces = list(dict.fromkeys(_pieces(term, longest)))
    step = -(-len(pieces) // _MOST_ASKED)
    return {_number(piece) for piece in pieces[::step]}


def _pieces(word: str, length: int) -> list[str]:
    return [word[start : start + length] for start in range(len(word) - length + 1)]


def of_owner(owner: str) -> int:
    """A number that stands beside the pieces, so that a search stays within one owner's texts."""
    return _number(f"\0{owner}")


def _number(piece: str) -> int:
    """Signed 32 bits, what both engines index in little room. Two pieces may share one."""
    return zlib.crc32(piece.encode()) - 2**31


def as_document(numbers: Iterable[int]) -> str:
    """The numbers as words of a text, for SQLite's full-text index."""
    return " ".join(map(_token, sorted(numbers)))


def as_match(numbers: Iterable[int]) -> str:
    """A question to SQLite's full-text index for the texts that have all of them."""
    return " AND ".join(f'"{_token(number)}"' for number in sorted(numbers))


def _token(number: int) -> str:
    return f"{number + 2**31:x}"
