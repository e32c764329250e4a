"""When a schedule is due, without AWS: `at(…)`, `rate(…)`, EventBridge's `cron(…)`, and Unix cron as groups have it."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

UNITS = {"minute": 60, "hour": 3600, "day": 86400}
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
DAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
LONGEST_LOOK = 366 * 5  # days within which a schedule must be due once
Fits = Callable[[int], bool]


def next_time(schedule: str, after: datetime, zone: str = "UTC", start: datetime | None = None) -> datetime | None:
    """The first moment later than `after`; None when there is none any more. `start`: when a rate begins to count.

    Raises `ValueError` for what is no schedule.
    """
    found = re.fullmatch(r"(at|rate|cron)\((.+)\)", schedule.strip())
    if found is None:
        return _next_of_fields(_unix(schedule), after, _zone(zone))
    kind, inner = found.groups()
    if kind == "at":
        moment = datetime.fromisoformat(inner).replace(tzinfo=_zone(zone)).astimezone(UTC)
        return moment if moment > after else None
    if kind == "rate":
        period = timedelta(seconds=rate(inner))
        begin = start or after
        return begin if begin > after else begin + period * ((after - begin) // period + 1)
    return _next_of_fields(_aws(inner), after, _zone(zone))


def rate(text: str) -> int:
    """`5 minutes` in seconds. Raises `ValueError`."""
    found = re.fullmatch(r"(\d+)\s+(minute|hour|day)s?", text.strip())
    if found is None or int(found[1]) == 0:
        raise ValueError(f"{text!r} is no rate such as `5 minutes`")
    return int(found[1]) * UNITS[found[2]]


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"{name!r} is no time zone such as Europe/Berlin") from None


class Ticker:
    """Remembers of each schedule when it was last looked at, and says when it is due."""

    def __init__(self) -> None:
        self._seen: dict[Hashable, tuple[str, datetime, datetime]] = {}

    def due(
        self, key: Hashable, schedule: str, now: datetime, zone: str = "UTC", start: datetime | None = None
    ) -> bool:
        """Whether it was due since the last look; several times count as one. A new or changed one is due later.

        Nothing is due before `start`. Raises `ValueError` for what is no schedule.
        """
        known = self._seen.get(key)
        if known is None or known[0] != schedule:
            known = (schedule, now, now)
        _, first, before = known
        self._seen[key] = (schedule, first, now)
        begin = max(before, start - timedelta(seconds=1)) if start else before
        moment = next_time(schedule, begin, zone, start or first)
        return moment is not None and moment <= now

    def forget(self) -> None:
        self._seen.clear()


class Fields:
    """What the fields of a cron expression let through. `either`: a day fits by its number or by its weekday."""

    def __init__(self, fields: dict[str, str], weekday_of: Callable[[datetime], int], *, either: bool) -> None:
        self.minute, self.hour = _fits(fields["minute"], 0, 59), _fits(fields["hour"], 0, 23)
        self.month = _fits(fields["month"], 1, 12, MONTHS, 1)
        self.year = _fits(fields.get("year", "*"), 1970, 2199)
        self.weekday_of, self.fields = weekday_of, fields
        self.either = either and "*" not in (fields["day"], fields["weekday"])

    def day(self, moment: datetime) -> bool:
        by_number, by_name = self._number(moment), self._weekday(moment)
        return (by_number or by_name) if self.either else (by_number and by_name)

    def _number(self, moment: datetime) -> bool:
        if self.fields["day"] == "L":
            return (moment + timedelta(days=1)).day == 1
        return _fits(self.fields["day"], 1, 31)(moment.day)

    def _weekday(self, moment: datetime) -> bool:
        text, _, nth = self.fields["weekday"].partition("#")
        first = 1 if "year" in self.fields else 0
        fits = _fits(text, first, 7, DAYS, first)
        number = self.weekday_of(moment)
        return (fits(number) or (first == 0 and number == 0 and fits(7))) and (
            not nth or (moment.day - 1) // 7 + 1 == int(nth)
        )


def _unix(text: str) -> Fields:
    parts = text.split()
    if len(parts) != 5:
        raise ValueError(f"{text!r} is no cron expression of five fields")
    names = ("minute", "hour", "day", "month", "weekday")
    return Fields(dict(zip(names, parts, strict=True)), lambda moment: moment.isoweekday() % 7, either=True)


def _aws(text: str) -> Fields:
    parts = text.split()
    if len(parts) != 6:
        raise ValueError(f"{text!r} is no cron expression of six fields")
    names = ("minute", "hour", "day", "month", "weekday", "year")
    plain = ["*" if part == "?" else part for part in parts]
    return Fields(dict(zip(names, plain, strict=True)), lambda moment: moment.isoweekday() % 7 + 1, either=False)


def _fits(text: str, low: int, high: int, names: tuple[str, ...] = (), first: int = 0) -> Fits:
    allowed: set[int] = set()
    for part in text.upper().split(","):
        span, _, step = part.partition("/")
        begin, _, end = ("*", "", "") if span == "*" else span.partition("-")
        lower = low if begin == "*" else _number(begin, names, first)
        upper = _number(end, names, first) if end else (high if begin == "*" or step else lower)
        if not low <= lower <= upper <= high:
            raise ValueError(f"{part!r} is not within {low} to {high}")
        allowed |= set(range(lower, upper + 1, int(step or 1)))
    return allowed.__contains__


def _number(text: str, names: tuple[str, ...], first: int) -> int:
    if text in names:
        return names.index(text) + first
    if not text.isdigit():
        raise ValueError(f"{text!r} is no number")
    return int(text)


def _next_of_fields(fields: Fields, after: datetime, zone: ZoneInfo) -> datetime | None:
    moment = after.astimezone(zone).replace(second=0, microsecond=0) + timedelta(minutes=1)
    last = moment + timedelta(days=LONGEST_LOOK)
    while moment < last:
        if not (fields.month(moment.month) and fields.year(moment.year) and fields.day(moment)):
            moment = (moment + timedelta(days=1)).replace(hour=0, minute=0)
        elif not fields.hour(moment.hour):
            moment = (moment + timedelta(hours=1)).replace(minute=0)
        elif not fields.minute(moment.minute):
            moment += timedelta(minutes=1)
        else:
            return moment.astimezone(UTC)
    return None
