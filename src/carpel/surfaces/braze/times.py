"""Times as Braze's clients write them (contracts/braze.md §3.3, §4.3)."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from carpel.kit.clock import SECOND
from carpel.kit.instants import parse_instant

# Every version of Braze's own page gives `…T23:59:59-5:00`, whose offset no standard allows.
_OFFSET = re.compile(r"([+-])(\d{1,2}):?(\d{2})$|([+-])(\d{1,2})$")
_MILLISECONDS = re.compile(r"(T\d{2}:\d{2}:\d{2}):(\d{1,6})")
_MONTH_FIRST = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
# `ddd MM dd HH:mm:ss.TZD YYYY`, as in "Thu 02 15 09:30:00.+0000 2019" or "Thu Feb 15 … 2019".
_WEEKDAY_FIRST = re.compile(
    r"[A-Za-z]{3,9},? (\w{2,9}) (\d{1,2}) (\d{2}:\d{2}:\d{2})(?:[. ]?([A-Za-z]{1,5}|[+-]\d{1,2}:?\d{2}))? (\d{4})"
)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


def parse_time(text: str) -> int | None:
    """The instant (microseconds since 1970) of a text; None when it is no time.

    A date means its midnight, a time without a zone is UTC. In a query an unencoded `+` of an offset
    has become a space.
    """
    text = text.strip()
    if len(text) < 8 or len(text) > 64 or not any(one.isdigit() for one in text):  # noqa: PLR2004
        return None
    found = parse_instant(text)
    if found is not None:
        return found
    month_first = _MONTH_FIRST.fullmatch(text)
    if month_first:
        month, day, year = month_first.groups()
        return parse_instant(f"{year}-{month:0>2}-{day:0>2}")
    weekday_first = _WEEKDAY_FIRST.fullmatch(text)
    if weekday_first:
        return _weekday_first(*weekday_first.groups())
    return parse_instant(_straightened(text))


def _straightened(text: str) -> str:
    """ISO 8601 as it should be: milliseconds after a dot, offsets of two digits."""
    text = _MILLISECONDS.sub(r"\1.\2", text)
    clock = text[10:]
    if clock.count(" ") and re.search(r" \d{1,2}:?\d{2}$", clock) and ":" in clock[:4]:
        text = text[:10] + re.sub(r" (\d{1,2}:?\d{2})$", r"+\1", clock)
    offset = _OFFSET.search(text, 16) if len(text) > 16 else None  # noqa: PLR2004
    if offset is None:
        return text
    sign, hours, minutes = (
        offset.group(1) or offset.group(4),
        offset.group(2) or offset.group(5),
        offset.group(3) or "00",
    )
    return f"{text[: offset.start()].rstrip()}{sign}{hours:0>2}:{minutes}"


def _weekday_first(month: str, day: str, clock: str, zone: str | None, year: str) -> int | None:
    if not month.isdigit():
        short = month[:3].lower()
        month = str(_MONTHS.index(short) + 1) if short in _MONTHS else ""
    if zone is None or zone.upper() in ("Z", "UTC", "GMT"):
        zone = "Z"
    return parse_instant(_straightened(f"{year}-{month:0>2}-{day:0>2}T{clock}{zone}"))


def iso_text(instant: int) -> str:
    """A time as user exports have it: `2020-06-17T20:01:33.385Z` (recorded)."""
    moment = datetime.fromtimestamp(instant // SECOND, UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{instant % SECOND // 1000:03d}Z"


def written_offset(text: str) -> int:
    """The offset from UTC that a time is written with, in microseconds; 0 for none."""
    straight = _straightened(text.strip())
    offset = _OFFSET.search(straight, 16) if len(straight) > 16 else None  # noqa: PLR2004
    if offset is None or offset.group(1) is None:
        return 0
    sign, hours, minutes = offset.group(1), int(offset.group(2)), int(offset.group(3))
    return (hours * 60 + minutes) * 60 * SECOND * (-1 if sign == "-" else 1)
