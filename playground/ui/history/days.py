"""Days as people name them: today, yesterday, 18 November, in the time zone of the person's browser."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from playground.ui.words import Words


def zone_named(name: object) -> tzinfo:
    """The time zone that a browser names, e.g. "Asia/Shanghai"; UTC for one that nobody knows here."""
    try:
        return ZoneInfo(str(name))
    except (ZoneInfoNotFoundError, ValueError, OSError):  # a name may be a path, a folder or too long
        return UTC


def day_name(day: date, today: date, words: Words) -> str:
    """The day in words; the year only where it is another one."""
    if day == today:
        return words("history.today")
    if day == today - timedelta(days=1):
        return words("history.yesterday")
    return words.day(day, with_year=day.year != today.year)


def moment(created: datetime, zone: tzinfo, words: Words) -> str:
    """A day and a time of the clock."""
    here = created.astimezone(zone)
    return f"{day_name(here.date(), datetime.now(zone).date(), words)} {words.clock(here)}"


def start_of(day: object, zone: tzinfo, *, after: int = 0) -> datetime | None:
    """The first moment of an ISO day, or of the day `after` days later; None for no day."""
    try:
        found = date.fromisoformat(str(day)) + timedelta(days=after)
    except (ValueError, OverflowError):
        return None
    return datetime.combine(found, time(), zone)
