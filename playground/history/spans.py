"""Days and months as a calendar has them, which limits of money are set for."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_MOST_CHARACTERS: Final = 60


class Span(StrEnum):
    """How far back is counted: to the beginning of today, or of this month."""

    DAY = "day"
    MONTH = "month"


def zone_of(name: str) -> tzinfo:
    """A time zone by its IANA name, as browsers tell theirs; UTC for what is none."""
    try:
        return ZoneInfo(name) if 0 < len(name) <= _MOST_CHARACTERS else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: the name of a folder of zones
        return UTC


def begin(span: Span, now: datetime, zone: str = "") -> datetime:
    """When the day or the month of `now` began in a time zone."""
    midnight = now.astimezone(zone_of(zone)).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    first = midnight.replace(day=1) if span is Span.MONTH else midnight
    return first.astimezone(UTC)
