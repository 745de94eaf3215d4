"""From a record on disk to a row of the index. Reads every form of record that a release ever wrote.

Form 0 had no owner and no words of its own; form 1 has both.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from playground.history import search

FORM: Final = 1
"""Form of the records that are written now, in their field "form"."""

_DIGEST = re.compile("[0-9a-f]{64}")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Row:
    """What the index keeps of one generation.

    Attributes:
        created: microseconds since 1970, UTC.
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
    starred: bool
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
        return search.folded(f"{self.prompt}\n{self.answer}")

    @property
    def columns(self) -> dict[str, Any]:
        """The columns that are stored as they are."""
        return {name: value for name, value in vars(self).items() if name != "digests"}


def row(
    generation: str, record: Mapping[str, Any], marks: Mapping[str, Any] | None, default_owner: str
) -> Row:
    """The row of a record; whatever it lacks or gets wrong becomes empty."""
    marks = marks or {}
    outcomes = [outcome for outcome in items(record.get("outcomes")) if isinstance(outcome, dict)]
    came = pictures(record)
    final = [picture for picture in came if not picture.get("thought")]
    return Row(
        id=generation,
        owner=_text(record.get("owner")) or default_owner,
        created=_microseconds(record.get("started")) or 0,
        mode=_text(record.get("mode")),
        provider=_text(record.get("provider")),
        model=_text(record.get("model")),
        prompt=_text(record.get("prompt")),
        answer="\n\n".join(text for outcome in outcomes if (text := _answer_text(outcome))),
        seconds=_number(record.get("seconds")),
        cost=_number(record.get("cost_usd")),
        starred=marks.get("starred") is True,
        parent=_text(record.get("parent")) or None,
        origin=_text(record.get("origin")) or None,
        error_code="" if final else _error_code(record, outcomes),
        pictures=json.dumps([_facts(picture) for picture in final], separators=(",", ":")),
        digests=tuple(dict.fromkeys(str(picture["sha256"]) for picture in came)),
        bytes=sum(_count(item.get("bytes")) for item in (*came, *inputs(record))),
        deleted=_microseconds(marks.get("deleted")),
    )


def moment(microseconds: int) -> datetime:
    """The aware moment, UTC."""
    return _EPOCH + timedelta(microseconds=microseconds)


def microseconds(when: datetime) -> int:
    """Microseconds since 1970. A moment without a zone counts as UTC."""
    aware = when if when.tzinfo else when.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1)


def is_picture(value: object) -> bool:
    """Whether this is what a record says of a picture."""
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        return False
    digest = value.get("sha256")
    return isinstance(digest, str) and _DIGEST.fullmatch(digest) is not None


def _facts(picture: Mapping[str, Any]) -> list[Any]:
    return [
        picture["name"],
        _text(picture.get("mime_type")),
        _count(picture.get("width")),
        _count(picture.get("height")),
        _count(picture.get("bytes")),
        picture["sha256"],
    ]


def pictures(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What a record says of every picture that came, thoughts too."""
    outcomes = (outcome for outcome in items(record.get("outcomes")) if isinstance(outcome, dict))
    return [found for outcome in outcomes for found in items(outcome.get("pictures")) if is_picture(found)]


def inputs(record: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """What a record says of every picture that was sent."""
    return [given for given in items(record.get("inputs")) if is_picture(given)]


def _answer_text(outcome: Mapping[str, Any]) -> str:
    text = outcome.get("text")
    if isinstance(text, str):
        return _text(text)
    parts: list[str] = []  # form 0: from the answer itself
    for candidate in items(_dict(outcome.get("answer")).get("candidates")):
        for part in items(_dict(_dict(candidate).get("content")).get("parts")):
            words = _dict(part).get("text")
            if isinstance(words, str) and not _dict(part).get("thought") and words.strip():
                parts.append(_text(words.strip()))
    return "\n\n".join(parts)


def _error_code(record: Mapping[str, Any], outcomes: Sequence[Mapping[str, Any]]) -> str:
    codes = [_text(_dict(outcome.get("error")).get("code")) for outcome in outcomes]
    found = next((code for code in codes if code), "")
    if found:
        return found
    if record.get("stopped") is True:
        return "stopped"
    return "interrupted" if record.get("seconds") is None else "no_picture"


def _microseconds(value: object) -> int | None:
    if not isinstance(value, str):
        return None
    try:
        return microseconds(datetime.fromisoformat(value))
    except ValueError:
        return None


def _text(value: object) -> str:
    """Text that every database takes: a blank for NUL as `search.folded` has it, no half of a pair."""
    if not isinstance(value, str):
        return ""
    return value.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return float(value) if 0 <= value < 1e12 else None


def _count(value: object) -> int:
    return value if isinstance(value, int) and 0 <= value < 2**53 else 0


def _dict(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def items(value: object) -> Sequence[Any]:
    """The value if it is a list, else nothing."""
    return value if isinstance(value, list) else []
