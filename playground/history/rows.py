"""From a record on disk to a row of the index."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from playground.history import search
from playground.record import EPOCH, Record, RecordedPicture

FREE_CHARACTERS: Final = 10_000
BYTES_OF_A_CHARACTER: Final = 50


@dataclass(frozen=True)
class Row:
    """What the index keeps of one generation.

    Attributes:
        created: microseconds since 1970, UTC.
        starred: it has a star, or one of its pictures has.
        shares: of a comparison, JSON list of [provider, model, pictures, US dollars or null]; else "".
        stars: JSON list of the names of the pictures that have one.
        pictures: JSON list of [name, MIME type, width, height, bytes, SHA-256], thoughts left out.
        digests: SHA-256 of every picture, thoughts too.
        deleted: microseconds since 1970 at which it was deleted, or None.
    """

    id: str
    owner: str
    created: int
    mode: str
    provider: str
    model: str
    prompt: str
    answer: str
    seconds: float | None
    cost: float | None
    tokens_cost: float | None
    shares: str
    starred: bool
    stars: str
    parent: str | None
    origin: str | None
    error_code: str
    pictures: str
    digests: tuple[str, ...]
    bytes: int
    deleted: int | None

    @property
    def words(self) -> str:
        """What a search looks through, folded."""
        return search.folded(f"{self.prompt}\n{self.answer}"[: search.MAX_CHARACTERS])

    @property
    def columns(self) -> dict[str, Any]:
        """The columns that are stored as they are."""
        return {name: value for name, value in vars(self).items() if name != "digests"}


def row(record: Record, marks: Mapping[str, Any] | None, default_owner: str) -> Row:
    """The row of a record. `marks` are the star and the deletion; what is wrong with them is left out."""
    marks = marks or {}
    final = [picture for picture in record.pictures if not picture.thought]
    stars = stars_of(marks, [picture.name for picture in final])
    return Row(
        id=record.id,
        owner=record.owner or default_owner,
        created=microseconds(record.started),
        mode=record.mode,
        provider=record.provider,
        model=record.model,
        prompt=record.prompt,
        answer="\n\n".join(outcome.text for outcome in record.outcomes if outcome.text),
        seconds=record.seconds,
        cost=record.cost_usd,
        tokens_cost=record.tokens_usd,
        shares=_shares(record),
        starred=marks.get("starred") is True or bool(stars),
        stars=json.dumps(stars, separators=(",", ":")),
        parent=record.parent or None,
        origin=record.origin or None,
        error_code="" if final else _error_code(record),
        pictures=json.dumps([_facts(picture) for picture in final], separators=(",", ":")),
        digests=tuple(dict.fromkeys(picture.sha256 for picture in record.pictures)),
        bytes=sum(file.bytes for file in record.files) + _long_text_bytes(record),
        deleted=_deleted(marks.get("deleted")),
    )


def _shares(record: Record) -> str:
    told = [[one.provider, one.model, one.pictures, one.paid] for one in record.shares]
    return json.dumps(told, separators=(",", ":")) if told else ""


def _long_text_bytes(record: Record) -> int:
    """What a long text takes, with the pieces that a search finds it by. Short ones are beside the point."""
    characters = len(record.prompt) + sum(len(outcome.text or "") for outcome in record.outcomes)
    return max(0, characters - FREE_CHARACTERS) * BYTES_OF_A_CHARACTER


def stars_of(marks: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """Which of these pictures have a star of their own, in their order."""
    given = marks.get("stars")
    return [name for name in names if name in given] if isinstance(given, list) else []


def moment(microseconds: int) -> datetime:
    """The aware moment, UTC."""
    return EPOCH + timedelta(microseconds=microseconds)


def microseconds(when: datetime) -> int:
    """Microseconds since 1970. A moment without a zone counts as UTC."""
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return (aware - EPOCH) // timedelta(microseconds=1)


def _facts(picture: RecordedPicture) -> list[Any]:
    return [
        picture.name,
        picture.mime_type,
        picture.width,
        picture.height,
        picture.bytes,
        picture.sha256,
        *([picture.thought, picture.locked] if picture.locked else []),
    ]


def _error_code(record: Record) -> str:
    codes = (outcome.error.code for outcome in record.outcomes if outcome.error is not None)
    if found := next(codes, ""):
        return found
    if record.stopped:
        return "stopped"
    return "interrupted" if record.seconds is None else "no_picture"


def _deleted(value: object) -> int | None:
    try:
        return microseconds(datetime.fromisoformat(value)) if isinstance(value, str) else None
    except ValueError:
        return None
