"""Reads what was meant as JSON and is not quite: all values that can be read, in the order they came.

For answers that the ordinary parser refuses. One pass, no recursion, time and memory in proportion to the
text. What stands between values is skipped (byte order marks, `)]}'`, a callback's name, a code fence, log
lines, tags); inside them are forgiven: raw control characters, wrong escapes, quotes that nobody escaped,
single quotes, commas too many or too few, words that are no JSON, numbers of any length, brackets that do not
match, and an end that is missing.

Why not json-repair 0.64.6 (looked at on 27 November 2026): of the 496 answers in `tests/wire/corpus.py` that
need it, it gave 462 with every picture byte for byte and raised on 13; this gives all of them. It raises at
100,000 brackets one in the other, and took 4.8 s for a picture of 2 million numbers (here 0.3 s) and 1.0 s
for 30 MB of base64 with a comma too many (here 0.1 s). It does not say whether the end is missing.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import Any, Final

_BEHIND: Final = " \t\r\n;)`"
_OPENING = re.compile(r"[{\[]")
_BLANK: Final = " \t\r\n\0\ufeff\u200b"
# A quote ends a string only where JSON could go on behind it; any other was not escaped and belongs to it.
_LITERAL = r"(?:true|false|null|NaN|Infinity|True|False|None|undefined)\b"
_NEXT = rf"""(?:["'{{\[}}\]\d-]|{_LITERAL}|\Z|[A-Za-z_$][\w$]{{0,40}}+\s*+:\s*+["'{{\[\d-])"""
_AFTER = rf"""(?=\s*+(?:[}}\]:;)`]|\Z|,\s*+{_NEXT}|/[/*]|<!--|"[\w$]{{1,40}}+"\s*+:))"""
# A backslash in front of the quote that ends a string, as in a path: what follows could stand in no string.
_STRAY = r"""\\(?="\s*+(?:\}\s*+,\s*+\{\s*+"|,\s*+"[\w$]{1,40}+"\s*+:))"""
_TOKEN = re.compile(
    rf"""\s*+(?:
        "(?P<string>(?:[^"\\]++|{_STRAY}|\\.|"(?!{_AFTER}))*+)(?P<closed>")?+
      | '(?P<single>(?:[^'\\]++|\\.)*+)(?P<single_closed>')?+
      | (?P<comment>/\*.*?(?:\*/|\Z)|//[^\r\n]*+|<!--.*?(?:-->|\Z))
      | (?P<mark>[{{}}\[\]]|[,:][\s,:]*+)
      | (?P<word>[^\s"'{{}}\[\],:]++)
    )""",
    re.VERBOSE | re.DOTALL,
)
_BYTES = re.compile(r"(?:\s*+-?\d{1,3}\s*+,)++")
_COLON = re.compile(r"\s*+:")
_WRONG_ESCAPE = re.compile(r"\\(?:([\"\\/bfnrt]|u[0-9a-fA-F]{4})|(.)|\Z)", re.DOTALL)
_WHOLE_NUMBER = re.compile(r"[+-]?\d{1,20}")
_NUMBER = re.compile(r"[+-]?(?:\d[\d_]*+\.?\d*+|\.\d++)(?:[eE][+-]?\d++)?|[+-]?(?:Infinity|NaN)")
_WORDS: Final = {"true": True, "false": False, "True": True, "False": False}
_CLOSES: Final[dict[str, type]] = {"}": dict, "]": list}


@dataclass(frozen=True)
class Reading:
    """What a text holds.

    Attributes:
        values: every object and list at its outermost level.
        whole: False when the last one has no end.
        surrounded: words stand before, between or behind them.
    """

    values: tuple[Any, ...]
    whole: bool
    surrounded: bool


def read(text: str) -> Reading:
    """The objects and lists in `text`. Never raises."""
    values: list[Any] = []
    place, whole, surrounded = 0, True, False
    while opening := _OPENING.search(text, place):
        surrounded |= bool(text[place : opening.start()].strip(_BLANK + ","))
        value, place, whole = _Value(text, opening.start()).read()
        values.append(value)
    surrounded |= bool(text[place:].strip(_BLANK + ","))
    return Reading(tuple(values), whole, surrounded)


@dataclass
class _Value:
    """One outermost value on its way in: the containers that are open, and what each waits for."""

    text: str
    place: int
    open: list[dict[str, Any] | list[Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    """For each open container the key whose value comes next; None where a key or an item does."""
    counts: dict[type, int] = field(default_factory=lambda: {dict: 0, list: 0})

    is_torn: bool = False
    """The last string has no end."""

    def read(self) -> tuple[Any, int, bool]:
        """The value, the place behind it, and whether it has an end."""
        outermost: Any = None
        while token := _TOKEN.match(self.text, self.place):
            self.place = token.end()
            self._take(token)
            if self.open and isinstance(self.open[-1], list):
                self._take_bytes(self.open[-1])
            outermost = self.open[0] if self.open and outermost is None else outermost
            if not self.open:
                return outermost, self.place, True
        # Where a quote too many swallowed the brackets, they are still the last that came.
        has_end = self.is_torn and self.text.rstrip(_BEHIND)[-1:] in _CLOSES
        return outermost, len(self.text), has_end

    def _take(self, token: re.Match[str]) -> None:
        mark = token["mark"]
        if mark is None:
            self._take_scalar(token)
        elif mark in "{[":
            value: dict[str, Any] | list[Any] = {} if mark == "{" else []
            if self.open:
                self._put(value)
            self.open.append(value)
            self.keys.append(None)
            self.counts[type(value)] += 1
        elif mark in _CLOSES:
            self._close(_CLOSES[mark])
        elif mark[0] == ",":
            self.keys[-1] = None

    def _take_bytes(self, items: list[Any]) -> None:
        """A picture as numbers is millions of them, and they come all at once."""
        if numbers := _BYTES.match(self.text, self.place):
            items += map(int, numbers[0].rstrip(", \r\n\t").split(","))
            self.place = numbers.end()

    def _close(self, kind: type) -> None:
        """Closes the innermost container of a kind, and what is open in it; one too many does nothing."""
        if not self.counts[kind]:
            return
        while True:
            closed = type(self.open.pop())
            self.keys.pop()
            self.counts[closed] -= 1
            if closed is kind:
                return

    def _take_scalar(self, token: re.Match[str]) -> None:
        text = token["string"] if token["string"] is not None else token["single"]
        if text is not None:
            self.is_torn = not (token["closed"] or token["single_closed"])
            self._take_string(_unescaped(text))
        elif (word := token["word"]) is not None:
            container = self.open[-1]
            if isinstance(container, list) or self.keys[-1] is not None:
                self._put(_word(word))
            elif _COLON.match(self.text, self.place):
                self.keys[-1] = word  # a name without quotes; any other word is a line of a log

    def _take_string(self, text: str) -> None:
        if isinstance(self.open[-1], dict) and self.keys[-1] is None:
            self.keys[-1] = text
        else:
            self._put(text)

    def _put(self, value: Any) -> None:
        container, key = self.open[-1], self.keys[-1]
        if isinstance(container, list):
            container.append(value)
            return
        # An object where a name belongs, and a name that came before: neither may cost what it holds.
        name = "" if key is None else key
        container[name if name not in container else f"{name}_{len(container)}"] = value
        self.keys[-1] = None


def _unescaped(text: str) -> str:
    """The string behind its escapes; what is none loses its backslash, as in JavaScript."""
    if "\\" not in text:
        return text
    mended = _WRONG_ESCAPE.sub(lambda found: found[0] if found[1] else found[2] or "", text)
    return str(json.loads(f'"{_quoted(mended)}"', strict=False))


def _quoted(text: str) -> str:
    """`text` with the quotes escaped that are not yet."""
    return re.sub(r"(\\.)|\"", lambda found: found[1] or '\\"', text, flags=re.DOTALL)


def _word(word: str) -> Any:
    """A value without quotes. A number too long to be counted with is infinite, as 1e999 is."""
    if _WHOLE_NUMBER.fullmatch(word):
        return int(word)
    if _NUMBER.fullmatch(word):
        return float(word.replace("_", ""))
    return _WORDS.get(word)
