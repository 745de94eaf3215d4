"""From a prompt to what can be drawn: longest match on a word list, in English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from playground.pixels import PIXELS

from .book import alone, lexicon, silent, verbs
from .meaning import interpret
from .reading import Reading, Word

HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
PIECE = re.compile(
    r"[\u3400-\u9fff\uf900-\ufaff]|[^\W_\u3400-\u9fff\uf900-\ufaff]+(?:['&-][^\W_\u3400-\u9fff\uf900-\ufaff]+)*|[,.;:!?，。；：！？、\n]"
)
QUOTED = re.compile(r"[\"“”「『《]([^\"“”「」『』《》]{1,40})[\"”“」』》]")
CAPITALS = re.compile(
    r"(?:(?<!\w)-?\d+ ?% )?\b[A-Z0-9]*[A-Z][A-Z0-9]+(?:[ &'-]+[A-Z0-9]*[A-Z][A-Z0-9]*)*\b(?: -?\d+ ?%)?"
)
SALE = re.compile(
    r"\bposters?\b.*?\b((?:(?:summer|winter|spring|autumn|big|flash|mid-season) )?sale)\b", re.IGNORECASE
)
"""What a poster says that is for a sale, though nobody has put it in quotation marks."""
LETTERING = re.compile(
    r"(?:\b(?:add|write|put|insert)\b.*?"
    r"\b(?:texts?|words?|caption|title|headline|heading|tagline|slogan|that says|saying)\b"
    r"|^\s*write\b)(?:\s+(?:that says|saying|reading))?[\s:：]+([^,.;\n]{1,40})"
    r"|(?:写上|写着|打上|加字|(?:加|添|配|放)[^，。]{0,6}?(?:文字|字样|标题|标语|文案|一行字|几个字))"
    r"[是为]?[\s:：]*([^，。；,\n]{1,20})",
    re.IGNORECASE,
)
"""Words to be set without quotation marks, in what asks for them."""
WHERE = re.compile(
    r"\s+(?:on|at|in|across|over|onto|to|above|below)\s+(?:it|the|top|big|large|this|red|white|black)\b.*"
    r"|(?:字样|几个字|这几个字)$"
)
"""Where and how they are to be set follows them."""
SHAPE = re.compile(
    r"(?:crop|cut|trim|make it|ratio|aspect|format|shape|裁|剪|截|变成|改成|改为|比例|画幅|尺寸)"
    r".*?(?<!\d)(\d{1,2})\s*[:：比]\s*(\d{1,2})(?!\d)",
    re.IGNORECASE,
)
"""A shape in numbers, in what asks for it."""
LONGEST = 6
"""Words (or Chinese characters, twice as many) of the longest phrase looked for."""

BUILT = ("a", "an", "the", "some", "their", "his", "her", "two", "three")
"""What follows "building" where it is what somebody does and no house."""

MOST = 12
"""Figures drawn of one subject, at most."""

IRREGULAR = {"mice": "mouse", "children": "child", "geese": "goose", "foxes": "fox", "loaves": "loaf"}

MOST_PANELS = 6
"""Panels of a comic, at most."""

MOST_TEXT = 2000
"""Characters of a prompt that are read; a picture cannot show more anyway."""


def read(prompt: str) -> Reading:
    """What ``prompt`` asks for."""
    reading = _read(prompt[:MOST_TEXT])
    if "comic" in reading.styles:
        reading.panels = [replace(_read(part), styles=[]) for part in _panels(prompt[:MOST_TEXT])]
    return reading


def _read(text: str) -> Reading:
    reading = Reading(chinese=bool(HAN.search(text)))
    text = _take_shape(_take_letters(text, reading), reading)
    interpret(list(_hits(text.replace("’", "'"), reading.unknown)), reading)
    return reading


def _panels(text: str) -> list[str]:
    """What a comic shows one after the other: after a colon, with semicolons or line ends between."""
    told = re.split(r"[:：]", text, maxsplit=1)[-1]
    return [part for part in re.split(r"[;；\n]", told) if part.strip()][:MOST_PANELS]


def asked_shape(prompt: str) -> str:
    """The shape that a prompt has a picture cut to, as the API names it; empty for none."""
    return read(prompt).shape


def _take_shape(text: str, reading: Reading) -> str:
    """The numbers of a shape are taken out, so that nine is no number of things."""
    found = SHAPE.search(text)
    if found is None or (shape := f"{found[1]}:{found[2]}") not in PIXELS["1K"]:
        return text
    reading.shape = shape
    reading.words.append(Word("shape", shape, shape, shape))
    return text[: found.start(1)] + " " + text[found.end() :]


def _take_letters(text: str, reading: Reading) -> str:
    """Words to be set as type are taken out: NIGHT in a title is no time of day."""
    quoted = QUOTED.search(text)
    low = text.lower()
    wanted = any(
        word in low
        for word in (
            "poster",
            "word",
            "letters",
            "title",
            "headline",
            "tagline",
            "sign",
            "text",
            "write",
            "海报",
            "字",
            "写",
        )
    )
    capitals = CAPITALS.search(text) if wanted else None
    found = quoted or capitals or LETTERING.search(text) or SALE.search(text)
    if found is None:
        return text
    group = next((group for group in (1, 2) if found.re.groups >= group and found[group]), 0)
    reading.letters = WHERE.sub("", found[group]).strip()
    start = found.start(group)
    return text[:start] + " " + text[start + len(reading.letters) :]


def _hits(text: str, unknown: list[str]) -> Iterator[Word | str]:
    """The words of a text in order, longest phrases first; ``,`` stands for the end of a clause."""
    pieces: list[str] = PIECE.findall(text.lower().replace("-", " "))
    rest = ""
    at = 0
    while at < len(pieces):
        word, length = _longest(pieces, at)
        piece = pieces[at]
        if HAN.match(piece) and (_unknown(word, piece) or (length == 1 and _inside(word, rest, pieces, at))):
            rest += piece
            at += 1
            if piece in verbs() and _longest(pieces, at)[0]:
                _note_run(rest, pieces, at, unknown)
                rest = ""
            continue
        _note_run(rest, pieces, at, unknown)
        rest = ""
        if word and (word.kind == "other" or _does(pieces, at)):
            _note(piece if _does(pieces, at) else word.english, unknown)
        elif word and (word.kind in ("relation", "posture") or word.name == "steam"):
            said = ("" if HAN.match(piece) else " ").join(pieces[at : at + length])
            yield replace(word, english=said, chinese=said)
        elif word and word.kind != "silent":
            yield word
        elif word:
            pass
        elif piece.isdecimal() and piece.isascii():
            yield Word("number", str(min(MOST, int(piece[:4]))), piece, piece)
        elif not piece[0].isalnum():
            yield ","
        elif not HAN.match(piece) and piece not in silent():
            _note(piece, unknown)
        at += length
    _note_run(rest, pieces, at, unknown)


def _unknown(word: Word | None, piece: str) -> bool:
    return word is None and piece not in silent()


def _inside(word: Word | None, rest: str, pieces: list[str], at: int) -> bool:
    """Whether one character is likely a part of a longer, unknown word.

    After unknown ones it ends their word (鲨鱼 would be no fish of ours); a colour or a detail before an
    unknown one begins it (飞盘 does not fly).
    """
    if word is None:
        return False
    if rest:
        return word.kind in ("subject", "place", "weather", "time")
    after = "".join(pieces[at + 1 : at + 2])
    known = not HAN.match(after) or after in verbs() or not _unknown(_longest(pieces, at + 1)[0], after)
    return word.kind in ("colour", "detail") and not known


def _does(pieces: list[str], at: int) -> bool:
    """Whether "building" is a verb here: "two kids building a snowman"."""
    return pieces[at] == "building" and " ".join(pieces[at + 1 : at + 2]) in BUILT


def _note_run(run: str, pieces: list[str], at: int, unknown: list[str]) -> None:
    """Unknown Chinese that ends before ``at`` is one piece; one character of a longer text says nothing."""
    around = [*pieces[max(0, at - 2) : at - 1], *pieces[at : at + 1]]
    if len(run) != 1 or run in alone() or not any(HAN.match(piece) for piece in around):
        _note(run, unknown)


def _note(piece: str, unknown: list[str]) -> None:
    if piece and piece not in unknown:
        unknown.append(piece)


def _longest(pieces: list[str], at: int) -> tuple[Word | None, int]:
    """The longest known phrase that starts at a piece, and its length in pieces."""
    phrases = lexicon()
    for length in range(min(2 * LONGEST, len(pieces) - at), 0, -1):
        part = pieces[at : at + length]
        joined = "".join(part)
        word = phrases.get(" ".join(part)) or phrases.get(joined if HAN.search(joined) else "")
        if word is None and not HAN.match(part[-1]):
            word = next((phrases[form] for form in _singular(" ".join(part)) if form in phrases), None)
            if word is not None and word.kind == "subject" and not part[-1].endswith("'s"):
                word = replace(word, many=True)
        if word is not None:
            return word, length
    return None, 1


def _singular(phrase: str) -> list[str]:
    if phrase.endswith("'s"):
        return [phrase[:-2]]
    first, _, last = phrase.rpartition(" ")
    forms = [f"{first} {IRREGULAR[last]}".strip()] if last in IRREGULAR else []
    if phrase.endswith("ies"):
        forms.append(phrase[:-3] + "y")
    if phrase.endswith("men"):
        forms.append(phrase[:-3] + "man")
    if phrase.endswith("es"):
        forms.append(phrase[:-2])
    if phrase.endswith("s") and len(phrase) > 3:
        forms.append(phrase[:-1])
    return forms
