"""From a prompt to what can be drawn: longest match on a word list, in English and Chinese."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources

HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
PIECE = re.compile(
    r"[\u3400-\u9fff\uf900-\ufaff]|[^\W_\u3400-\u9fff\uf900-\ufaff]+(?:['&-][^\W_\u3400-\u9fff\uf900-\ufaff]+)*|[,.;:!?，。；：！？、\n]"
)
QUOTED = re.compile(r"[\"“”「『《]([^\"“”「」『』《》]{1,40})[\"”“」』》]")
CAPITALS = re.compile(r"\b[A-Z0-9]*[A-Z][A-Z0-9]+(?:[ &'-]+[A-Z0-9]*[A-Z][A-Z0-9]*)*\b")
LONGEST = 6
"""Words (or Chinese characters, twice as many) of the longest phrase looked for."""

MOST = 5
"""Figures drawn of one subject, at most."""

MOST_TEXT = 2000
"""Characters of a prompt that are read; a picture cannot show more anyway."""


@dataclass(frozen=True)
class Word:
    """A thing the painter knows: what kind it is, and its entry in the word list."""

    kind: str
    name: str
    english: str
    chinese: str
    hex: str = ""


@dataclass
class Figure:
    """A subject to draw: how many, which colour (``#rrggbb`` or empty for its own), what it wears."""

    name: str
    colour: str = ""
    count: int = 1
    wears: list[str] = field(default_factory=list)


@dataclass
class Reading:
    """What a prompt asks for, as far as it was understood."""

    chinese: bool
    figures: list[Figure] = field(default_factory=list)
    places: list[str] = field(default_factory=list)
    time: str = ""
    weather: str = ""
    styles: list[str] = field(default_factory=list)
    edits: list[str] = field(default_factory=list)
    layout: str = ""
    details: set[str] = field(default_factory=set)
    backdrop: str = ""
    letters: str = ""
    offered: bool = False
    """An accessory was named before who wears it: "put a hat on the cat"."""
    words: list[Word] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


@lru_cache(maxsize=1)
def book() -> dict[str, dict[str, dict[str, object]]]:
    """The word list as it is written."""
    return {kind: entries for kind, entries in tomllib.loads(_word_list()).items() if kind != "silent"}


def _word_list() -> str:
    return resources.files(__package__).joinpath("words.toml").read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def lexicon() -> dict[str, Word]:
    """Every phrase there is, and what it means."""
    phrases: dict[str, Word] = {}
    for kind, entries in book().items():
        for name, entry in entries.items():
            english, chinese = _strings(entry["en"]), _strings(entry["zh"])
            word = Word(kind, name, english[0], chinese[0], str(entry.get("hex", "")))
            for phrase in english:
                phrases.setdefault(phrase.replace("-", " "), word)
            for phrase in chinese:
                phrases.setdefault(phrase.replace(" ", ""), word)
    return phrases


@lru_cache(maxsize=1)
def silent() -> frozenset[str]:
    """English words and Chinese characters that carry no picture."""
    text = tomllib.loads(_word_list())["silent"]
    return frozenset([*text["en"].split(), *text["zh"]])


def _strings(value: object) -> list[str]:
    return [str(part) for part in value] if isinstance(value, list) else [str(value)]


def read(prompt: str) -> Reading:
    """What ``prompt`` asks for."""
    text = prompt[:MOST_TEXT]
    reading = Reading(chinese=bool(HAN.search(text)))
    text = _take_letters(text, reading)
    hits = list(_hits(text, reading.unknown))
    _interpret(hits, reading)
    return reading


def _take_letters(text: str, reading: Reading) -> str:
    """Words to be set as type are taken out: NIGHT in a title is no time of day."""
    quoted = QUOTED.search(text)
    low = text.lower()
    wanted = any(
        word in low
        for word in ("poster", "words", "letters", "title", "sign", "海报", "大字", "文字", "写着")
    )
    found = quoted or (CAPITALS.search(text) if wanted else None)
    if found is None:
        return text
    reading.letters = (found.group(1) if quoted else found.group(0)).strip()
    return text[: found.start()] + " " + text[found.end() :]


def _hits(text: str, unknown: list[str]) -> list[Word | str]:
    """The words of a text in order, longest phrases first; ``,`` stands for the end of a clause."""
    pieces: list[str] = PIECE.findall(text.lower().replace("-", " "))
    phrases = lexicon()
    hits: list[Word | str] = []
    rest = ""
    at = 0
    while at < len(pieces):
        word, length = _longest(pieces, at, phrases)
        piece = pieces[at]
        if not word and HAN.match(piece) and piece not in silent():
            rest += piece
            at += 1
            continue
        _note(rest, unknown)
        rest = ""
        if word:
            hits.append(word)
        elif not piece[0].isalnum():
            hits.append(",")
        elif not HAN.match(piece) and piece not in silent() and not piece.isdigit():
            _note(piece, unknown)
        at += length
    _note(rest, unknown)
    return hits


def _note(piece: str, unknown: list[str]) -> None:
    if piece and piece not in unknown:
        unknown.append(piece)


def _longest(pieces: list[str], at: int, phrases: dict[str, Word]) -> tuple[Word | None, int]:
    """The longest known phrase that starts at a piece, and its length in pieces."""
    for length in range(min(2 * LONGEST, len(pieces) - at), 0, -1):
        part = pieces[at : at + length]
        word = phrases.get(" ".join(part)) or phrases.get("".join(part) if HAN.search("".join(part)) else "")
        if word is None and not HAN.match(part[-1]):
            word = next((phrases[form] for form in _singular(" ".join(part)) if form in phrases), None)
        if word is not None:
            return word, length
    return None, 1


def _singular(phrase: str) -> list[str]:
    forms = []
    if phrase.endswith("ies"):
        forms.append(phrase[:-3] + "y")
    if phrase.endswith("es"):
        forms.append(phrase[:-2])
    if phrase.endswith("s") and len(phrase) > 3:
        forms.append(phrase[:-1])
    return forms


def _interpret(hits: list[Word | str], reading: Reading) -> None:
    """Colours and numbers belong to the next thing of their clause, what is worn to its figure."""
    colour, count = "", 0
    waiting: list[str] = []
    for at, hit in enumerate(hits):
        if isinstance(hit, str):
            colour, count = "", 0
            continue
        if hit not in reading.words:
            reading.words.append(hit)
        if hit.kind == "colour":
            colour = hit.hex
        elif hit.kind == "number":
            count = int(hit.name)
        elif hit.kind == "subject":
            _add_figure(reading, hit.name, colour, min(MOST, count or 1), waiting)
            colour, count, waiting = "", 0, []
        elif hit.kind == "worn":
            colour = ""
            ahead = reading.chinese and _subject_ahead(hits[at + 1 :])
            if ahead or not reading.figures:
                waiting.append(hit.name)
                reading.offered = reading.offered or not reading.chinese
            elif hit.name not in reading.figures[-1].wears:
                reading.figures[-1].wears.append(hit.name)
        elif hit.name == "backdrop":
            reading.backdrop = colour or reading.backdrop
            colour = ""
        else:
            _file(reading, hit)
    if waiting and reading.figures:
        reading.figures[-1].wears.extend(waiting)
    elif waiting:
        reading.details.update(waiting)


def _add_figure(reading: Reading, name: str, colour: str, count: int, wears: list[str]) -> None:
    same = next((figure for figure in reading.figures if figure.name == name), None)
    if same is not None and (not colour or same.colour == colour):
        same.count = min(MOST, max(same.count, count))
        same.wears.extend(worn for worn in wears if worn not in same.wears)
        return
    reading.figures.append(Figure(name, colour, count, list(dict.fromkeys(wears))))


def _subject_ahead(hits: list[Word | str]) -> bool:
    """Whether a subject follows in the same clause."""
    for hit in hits:
        if isinstance(hit, str):
            return False
        if hit.kind == "subject":
            return True
    return False


def _file(reading: Reading, hit: Word) -> None:
    if hit.kind == "place" and hit.name not in reading.places:
        reading.places.append(hit.name)
    elif hit.kind == "time":
        reading.time = reading.time or hit.name
    elif hit.kind == "weather":
        reading.weather = reading.weather or hit.name
    elif hit.kind == "style" and hit.name not in reading.styles:
        reading.styles.append(hit.name)
    elif hit.kind == "edit" and hit.name not in reading.edits:
        reading.edits.append(hit.name)
    elif hit.kind == "layout":
        reading.layout = reading.layout or hit.name
    elif hit.kind == "detail":
        reading.details.add(hit.name)
