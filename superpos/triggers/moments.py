"""Moments of the calendar, in UTC."""

import calendar
from datetime import UTC, datetime


def in_utc(t: datetime) -> datetime:
    """The same moment in UTC.

    Raises:
        ValueError: it has no time zone, or is not in the years from 1900 to 2999; one line.
    """
    if t.utcoffset() is None:
        raise ValueError(f"t={t.isoformat()}: expected a time zone, as in 2026-01-31T12:00:00Z")
    if not 1900 <= t.year <= 2999:
        raise ValueError(f"t={t.isoformat()}: expected a year in [1900, 2999]")
    return t.astimezone(UTC)


def add_months(t: datetime, months: int) -> datetime:
    """The same day and time some calendar months later.

    Args:
        t: any moment, taken in UTC.
        months: in [0, 1200].

    Returns:
        In UTC; on the last day of a month that has no such day, so that three months after 30
        November are 28 or 29 February.

    Raises:
        ValueError: t has no time zone, or is not in the years from 1900 to 2999; one line.
    """
    t = in_utc(t)
    years, month = divmod(t.month - 1 + months, 12)
    year, month = t.year + years, month + 1
    return t.replace(year=year, month=month, day=min(t.day, calendar.monthrange(year, month)[1]))
