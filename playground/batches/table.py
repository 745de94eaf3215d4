"""A table as people have it, from Excel, a text editor or a chat, as rows of named values. Sends nothing.

Three forms, told apart by the first line:

| first line | what the rows are |
|---|---|
| names columns, `prompt` among them | a prompt each; others are settings, or fill in its `{placeholders}` |
| names columns without `prompt` | what fills in the `{placeholders}` of the prompt that stands in the form |
| names none | a prompt a line |

To combine makes lists of the columns: every value of each goes with every value of the others.

The columns `picture`, `picture 2` and so on name the input pictures of a row, in this order. Where a prompt
has one of them as a placeholder, it is words like any other.
"""

from __future__ import annotations

import csv
import io
import itertools
import math
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from playground.errors import InvalidRequest, PlaygroundError
from playground.request import MAX_PROMPT_CHARACTERS

MAX_CALLS: Final = 500
MAX_BYTES: Final = 1_000_000
_MAX_ROWS: Final = 10 * MAX_CALLS
"""Of columns that are lists: one may be longer than a batch while none is combined with it."""
_MAX_COLUMNS: Final = 200
PROMPT: Final = "prompt"
PICTURES: Final = ("picture", *(f"picture_{number}" for number in range(2, 15)))
"""Columns for input pictures, in their order."""
_MARKS: Final = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_DELIMITERS: Final = ("\t", ";", ",", "，", "|")
_NONE: Final = "\x1f"
"""A delimiter that no table has: one column, whose commas are the sentence's."""
_PLACEHOLDER: Final = re.compile(r"\{\{|\}\}|[{｛]([^{}｛｝\n]{1,60})[}｝]")
_CLOCK: Final = re.compile(r"0?(\d{1,2}):0?(\d{1,2})(?::00)?")
"""What Excel makes of 16:9 and 4:3: the time 16:09:00."""


@dataclass(frozen=True)
class Line:
    """One row: where it stands, from 1, its values by name, empty ones left out, and what it calls its input
    pictures."""

    number: int
    values: Mapping[str, str]
    pictures: tuple[str, ...] = ()


@dataclass(frozen=True)
class Problem:
    """What is wrong with a row, or with the table as a whole (0)."""

    number: int
    error: PlaygroundError


@dataclass(frozen=True)
class Read:
    """A table that was read.

    Attributes:
        unused: names of columns that are no setting and fill in nothing.
    """

    lines: tuple[Line, ...] = ()
    problems: tuple[Problem, ...] = ()
    unused: tuple[str, ...] = ()


def decode(data: bytes) -> tuple[str, str]:
    """The text of a file, and in which encoding it was read: what Excel writes, also in China and Taiwan.

    Raises:
        InvalidRequest: "table_encoding", "table_too_large".
    """
    if len(data) > MAX_BYTES:
        raise InvalidRequest("table_too_large", field="table", limit=MAX_BYTES // 1000)
    marked = next((name for mark, name in _MARKS.items() if data.startswith(mark)), None)
    for name in [marked] if marked else ["utf-8", "gb18030", "big5"]:
        try:
            return data.decode(name), name.removesuffix("-sig")
        except UnicodeDecodeError:
            continue
    raise InvalidRequest("table_encoding", field="table")


def read(text: str, known: Mapping[str, str], template: str = "", *, combine: bool = False) -> Read:
    """The rows of a table.

    Args:
        known: what a column may be called, see `folded` -> the field of a request that it is.
        template: the prompt of rows that bring none.
        combine: the columns are lists, and each value goes with every other.
    """
    text = text.removeprefix("\ufeff")
    try:
        _require_short(len(template), template)
        named = {**{name: name for name in placeholders(template)}, **known}
        header, cells, problems = _cells(text, named, _MAX_ROWS if combine else MAX_CALLS)
        if not header:
            return _limited(Read(_prompts(text)))
        cells = _combined(cells) if combine else cells
    except InvalidRequest as error:
        return Read(problems=(Problem(0, error),))
    filled = [_filled(line, template, named) for line in cells]
    used = {name for line in cells for name in placeholders(line.values.get(PROMPT) or template)}
    unused = tuple(name for name in header if name not in used and name not in known.values())
    lines = [line for line in filled if isinstance(line, Line)]
    wrong = [line for line in filled if isinstance(line, Problem)]
    return _limited(Read(tuple(lines), tuple(sorted([*problems, *wrong], key=_place)), unused))


def folded(name: str) -> str:
    """How names of columns are compared: "Aspect Ratio", "aspect-ratio" and "ａｓｐｅｃｔ＿ratio" are one."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\s_-]+", "_", plain).strip("_")


def placeholders(prompt: str) -> list[str]:
    """The names in braces, folded; `{{` and `}}` are braces and no placeholder."""
    found = (folded(match[1]) for match in _PLACEHOLDER.finditer(prompt) if match[1])
    return list(dict.fromkeys(filter(None, found)))


def _place(problem: Problem) -> int:
    return problem.number


def _limited(found: Read) -> Read:
    """That there is nothing, where there is nothing."""
    if not found.lines and not found.problems:
        return Read(problems=(Problem(0, InvalidRequest("table_empty", field="table")),))
    return found


def _require_few(count: int, most: int) -> None:
    if count > most:
        raise InvalidRequest("table_too_long", field="table", value=count, limit=MAX_CALLS)


def _require_short(size: int, prompt: str) -> None:
    """Braces may be written twice, and are one then: whoever builds the request counts exactly."""
    if size > 2 * MAX_PROMPT_CHARACTERS:
        allowed = f"at most {MAX_PROMPT_CHARACTERS} characters"
        raise InvalidRequest("not_allowed", field=PROMPT, value=prompt[:60], allowed=allowed)


def _prompts(text: str) -> tuple[Line, ...]:
    """A prompt a line. Raises InvalidRequest: "table_too_long"."""
    split = re.split(r"\r\n|\r|\n", text)
    _require_few(sum(bool(line.strip()) for line in split), MAX_CALLS)
    return tuple(Line(number, {PROMPT: line.strip()}) for number, line in enumerate(split, 1) if line.strip())


def _cells(text: str, named: Mapping[str, str], most: int) -> tuple[list[str], list[Line], list[Problem]]:
    """Names of the columns, the rows below, and what is wrong with some; no names where the first line has
    none.

    Raises:
        InvalidRequest: "table_header", "table_cells", "table_twice", "table_too_long": over `most` rows.
    """
    lines = io.StringIO(text, newline="")
    first, before = "", 0
    while not first.strip():
        if not (raw := lines.readline()):
            return [], [], []
        first, before = raw, before + 1
    delimiter = ""
    if said := re.fullmatch(r"sep=(.)\s*", first):  # Excel's own way to say it
        delimiter, first, before = said[1], lines.readline(), before + 1
    delimiter = delimiter or _delimiter(first, named)
    header = [named.get(folded(cell), folded(cell)) for cell in _split(first, delimiter)]
    if not {*header} & {*named.values()}:
        if "\t" in first.strip():  # cells of a spreadsheet, and nothing says what they are
            raise InvalidRequest("table_header", field="table", value=first.strip()[:60])
        return [], [], []
    if len(header) > _MAX_COLUMNS:
        beyond = header[_MAX_COLUMNS][:60]
        raise InvalidRequest("table_cells", field="table", value=beyond, allowed=_MAX_COLUMNS)
    twice = [name for name in header if name and header.count(name) > 1]
    if twice:
        raise InvalidRequest("table_twice", field="table", value=twice[0])
    rows, problems = _rows(csv.reader(lines, delimiter=delimiter, strict=True), header, before, most)
    return [name for name in header if name], rows, problems


def _delimiter(first: str, named: Mapping[str, str]) -> str:
    """What is between the cells of the first line: whatever lets most names of columns be seen."""
    told = [(sum(folded(cell) in named for cell in _split(first, one)), one) for one in _DELIMITERS]
    most = max(score for score, _ in told)
    best = [one for score, one in told if score == most]
    whole = folded(first) in named
    return _NONE if whole or not most else best[0]


def _split(line: str, delimiter: str) -> list[str]:
    """The cells of the first line, and no more than show that they are too many."""
    try:
        cells = next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return [line]
    return [cell.strip() for cell in cells[: _MAX_COLUMNS + 1]]


def _rows(reader: Any, header: Sequence[str], before: int, most: int) -> tuple[list[Line], list[Problem]]:
    """`before` lines stand above what the reader reads. Of more rows than `most` none is kept.

    Raises:
        InvalidRequest: "table_too_long".
    """
    rows: list[Line] = []
    problems: list[Problem] = []
    count = 0
    while True:
        at = before + reader.line_num + 1
        try:
            cells = next(reader, None)
        except csv.Error:  # an open quotation mark takes all that follows with it
            problems.append(Problem(at, InvalidRequest("table_quotes", field="table")))
            cells = None
        if cells is None:
            _require_few(count, most)
            return rows, problems
        count += any(cell.strip() for cell in cells)
        if count > most:
            continue
        row = _row(at, cells, header)
        if isinstance(row, Line):
            rows.append(row)
        elif row is not None:
            problems.append(row)


def _row(at: int, cells: Sequence[str], header: Sequence[str]) -> Line | Problem | None:
    """None where there is nothing in it."""
    beyond = [cell for cell in cells[len(header) :] if cell.strip()]
    values = {name: cell.strip() for name, cell in zip(header, cells, strict=False) if name}
    values = {name: value for name, value in values.items() if value}
    if beyond:
        first, width = beyond[0].strip()[:60], len(header)
        error = InvalidRequest("table_cells", field="table", value=first, allowed=width)
        return Problem(at, error)
    return Line(at, values) if values else None


def _combined(rows: Sequence[Line]) -> list[Line]:
    """Every value of each column with every value of the others, the last column changing fastest.

    Raises:
        InvalidRequest: "table_too_long".
    """
    names = list(dict.fromkeys(name for row in rows for name in row.values))
    lists = [list(dict.fromkeys(row.values[name] for row in rows if name in row.values)) for name in names]
    _require_few(math.prod(map(len, lists)), MAX_CALLS)
    made = itertools.product(*lists) if lists else ()
    return [Line(number, dict(zip(names, one, strict=True))) for number, one in enumerate(made, 1)]


def _filled(line: Line, template: str, named: Mapping[str, str]) -> Line | Problem:
    """The row with its prompt, the placeholders filled in; what stands in braces has the names of columns."""
    prompt = line.values.get(PROMPT) or template
    columns = {name: named.get(name, name) for name in placeholders(prompt)}
    lacking = [name for name, column in columns.items() if column not in line.values]
    if lacking:
        error = InvalidRequest("table_placeholder", field="table", value=lacking[0][:60])
        return Problem(line.number, error)
    names = (folded(match[1]) for match in _PLACEHOLDER.finditer(prompt) if match[1])
    try:
        _require_short(len(prompt) + sum(len(line.values[columns[name]]) for name in names if name), prompt)
    except InvalidRequest as error:
        return Problem(line.number, error)

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if not name or not folded(name):
            return {"{{": "{", "}}": "}"}.get(match[0], match[0])
        return line.values[columns[folded(name)]]

    pictures = [line.values[one] for one in PICTURES if one in line.values and one not in columns.values()]
    return Line(line.number, {**line.values, PROMPT: _PLACEHOLDER.sub(value, prompt)}, tuple(pictures))


def unclocked(value: str) -> str:
    """A shape as it was before a spreadsheet took it for a time of day."""
    found = _CLOCK.fullmatch(value)
    return f"{int(found[1])}:{int(found[2])}" if found else value
