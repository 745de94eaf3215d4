"""What a table would send, call by call, checked and priced, before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from playground.batches.table import (
    MAX_CALLS,
    PICTURES,
    PROMPT,
    Line,
    Problem,
    Read,
    folded,
    unclocked,
)
from playground.catalogue import Catalogue
from playground.errors import InvalidRequest
from playground.request import AUTO, SETTINGS, ImageRequest, build, check, require_provider

OF_A_TABLE: Final = frozenset({"count", "versus"})
"""Settings that say how many calls there are: what a form has of them does not count here."""
COLUMNS: Final = (PROMPT, "provider", "model", *(one.name for one in SETTINGS if one.name != "versus"))
"""What a column can be."""


Find = Callable[[str], Path | None]
"""The file that a table calls by this name, or None."""


@dataclass(frozen=True)
class Given:
    """An input picture: what the table calls it, and its file."""

    name: str
    path: Path


@dataclass(frozen=True)
class Call:
    """One call, and the row of the table that it came from.

    Attributes:
        given: its input pictures; the request has them once they are prepared, see `pictures.prepared`.
    """

    line: int
    request: ImageRequest
    given: tuple[Given, ...] = ()


@dataclass(frozen=True)
class Plan:
    """All calls of a table, and what is wrong with the rest of it.

    Attributes:
        price: US dollars for those whose price is known.
        unknown: how many have none.
        copies: files made of pictures that cannot be sent as they are, see `pictures.drop_copies`.
    """

    calls: tuple[Call, ...] = ()
    problems: tuple[Problem, ...] = ()
    unused: tuple[str, ...] = ()
    price: float = 0.0
    unknown: int = 0
    copies: tuple[Path, ...] = ()


def known_columns(labels: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """What a column may be called -> what it is: its own name, and those that people know it by."""
    named = {folded(label): name for name in COLUMNS for label in labels.get(name, ()) if folded(label)}
    for label in filter(folded, (PICTURES[0], *labels.get(PICTURES[0], ()))):
        for number, name in enumerate(PICTURES, 1):
            named |= {folded(f"{label}{between}{number}"): name for between in ("", " ")}
        named[folded(label)] = PICTURES[0]
    return {**named, **{name: name for name in COLUMNS}}


def no_picture(name: str) -> Path | None:
    """Of a table without pictures beside it."""
    return None


def plan(read: Read, base: Mapping[str, Any], catalogue: Catalogue, find: Find = no_picture) -> Plan:
    """The calls of a table.

    Args:
        base: provider, model and settings of rows that say nothing of them.
        find: the files of input pictures. It looks at disks.
    """
    calls: list[Call] = []
    problems = list(read.problems)
    for line in read.lines:
        try:
            calls += _calls(line, base, catalogue, find)
        except InvalidRequest as error:
            problems.append(Problem(line.number, error))
    if len(calls) > MAX_CALLS:
        many = InvalidRequest("table_too_long", field="table", value=len(calls), limit=MAX_CALLS)
        return Plan(problems=(Problem(0, many), *problems), unused=read.unused)
    problems.sort(key=lambda problem: problem.number)
    prices = [price_of(call.request, catalogue) for call in calls]
    known = [price for price in prices if price is not None]
    return Plan(tuple(calls), tuple(problems), read.unused, sum(known), len(prices) - len(known))


def price_of(request: ImageRequest, catalogue: Catalogue) -> float | None:
    """US dollars for one call; None where unknown."""
    if catalogue.provider(request.provider).free:
        return 0.0
    return catalogue.model(request.provider, request.model).price(request.image_size)


def _calls(line: Line, base: Mapping[str, Any], catalogue: Catalogue, find: Find) -> Sequence[Call]:
    """A row asks for as many calls as its `count` says. Raises InvalidRequest."""
    given = {name: value for name, value in line.values.items() if name in COLUMNS}
    fields = {**{name: value for name, value in base.items() if name not in OF_A_TABLE}, **given}
    if "aspect_ratio" in given:
        fields["aspect_ratio"] = unclocked(given["aspect_ratio"])
    require_provider(fields["provider"], catalogue)
    if given.get("model", "").strip().lower() == AUTO or ("provider" in given and "model" not in given):
        fields["model"] = catalogue.provider(fields["provider"]).default_model
    fields["count"] = given.get("count", "1").removesuffix(".0")
    request = build(**fields)
    check(request, catalogue)
    one = request.model_copy(update={"count": 1})
    pictures = tuple(_given(name, find) for name in line.pictures)
    most = catalogue.model(request.provider, request.model).max_images
    if len(pictures) > most:
        raise InvalidRequest("too_many_images", field="images", value=len(pictures), allowed=most)
    return [Call(line.number, one, pictures)] * request.count


def _given(name: str, find: Find) -> Given:
    path = find(name)
    if path is None:
        raise InvalidRequest("table_picture", field="table", value=name[:60])
    return Given(name, path)
