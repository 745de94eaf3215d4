"""Text as people and programs hand it over: made writable as UTF-8, and looked at for signs that show.

JSON and JavaScript have strings of UTF-16 units. Cut between the two units of an emoji, such a string holds
half of a pair (a lone surrogate), which no file, database or answer can take.
"""

from __future__ import annotations

import json
import re
import unicodedata

_SURROGATE = re.compile("[\ud800-\udfff]")
_ESCAPE = re.compile(
    r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a whole pair
    r"|\\(u[dD][89a-fA-F][0-9a-fA-F]{2})"  # half of one
    r"|\\.",  # anything else that is escaped, a backslash among it
    re.DOTALL,
)
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_MAY_HOLD_HALVES = re.compile(rb"\\u[dD][89a-fA-F]|\xed[\xa0-\xbf]|\0")
# Default_Ignorable_Code_Point of the Unicode standard as far as it is not of category Cf, and the empty
# Braille pattern.
_IGNORABLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2065\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff]"
)


def mended(text: str) -> str:
    """`text` with the two halves of a pair joined and U+FFFD for each half that is alone."""
    if _SURROGATE.search(text) is None:
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def mended_json(document: bytes) -> bytes:
    """A JSON document whose strings are mended, written as UTF-8; one that holds no halves is itself.

    What is no JSON stays what it was, for a parser to refuse.
    """
    if _MAY_HOLD_HALVES.search(document) is None:
        return document
    try:
        text = document.decode(json.detect_encoding(document), "surrogatepass")
    except UnicodeDecodeError:
        return document
    return _ESCAPE.sub(lambda found: r"\ufffd" if found[1] else found[0], mended(text)).encode()


def is_chinese(text: str) -> bool:
    """Whether there is a Chinese character in it: then it is answered in Chinese."""
    return _HAN.search(text) is not None


def is_invisible(sign: str) -> bool:
    """Whether a sign takes no place: zero width, a direction mark, a soft hyphen, a variation selector."""
    return unicodedata.category(sign) == "Cf" or _IGNORABLE.match(sign) is not None


def is_blank(text: str) -> bool:
    """Whether there is nothing to see: white space, control characters and invisible signs only."""
    return all(_shows_nothing(sign) for sign in text)


def _shows_nothing(sign: str) -> bool:
    return sign.isspace() or unicodedata.category(sign) == "Cc" or is_invisible(sign)
