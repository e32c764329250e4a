"""When schedules are due, without a cloud."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from refarch.local.schedules import Ticker, next_time

SUNDAY = datetime(2026, 11, 22, 7, 30, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("schedule", "zone", "wanted"),
    [
        ("cron(0 8 * * ? *)", "UTC", "2026-11-22T08:00"),
        ("cron(0 8 ? * MON-FRI *)", "UTC", "2026-11-23T08:00"),
        ("cron(0/15 * * * ? *)", "UTC", "2026-11-22T07:45"),
        ("cron(0 8 L * ? *)", "UTC", "2026-11-30T08:00"),
        ("cron(0 8 ? * 2#1 *)", "UTC", "2026-12-07T08:00"),
        ("cron(0 8 1 JAN ? 2028)", "UTC", "2028-01-01T08:00"),
        ("0 8 * * *", "Europe/Berlin", "2026-11-23T07:00"),
        ("0 8 * * 1-5", "UTC", "2026-11-23T08:00"),
        ("0 8 1 * 0", "UTC", "2026-11-22T08:00"),  # either the day or the weekday, as Unix has it
        ("0 8 * * 7", "UTC", "2026-11-22T08:00"),
        ("rate(10 minutes)", "UTC", "2026-11-22T07:40"),
        ("at(2026-11-22T09:00:00)", "Europe/Berlin", "2026-11-22T08:00"),
    ],
)
def test_the_next_time_of_a_schedule(schedule: str, zone: str, wanted: str) -> None:
    found = next_time(schedule, SUNDAY, zone)
    assert found is not None
    assert found.replace(second=0) == datetime.fromisoformat(wanted).replace(tzinfo=UTC)


def test_what_is_over_or_no_schedule() -> None:
    assert next_time("at(2020-01-01T00:00:00)", SUNDAY) is None
    assert next_time("cron(0 8 31 FEB ? *)", SUNDAY) is None
    for wrong in ("rate(0 minutes)", "cron(61 * * * ? *)", "cron(* * *)", "every day", "cron(0 8 ? * XYZ *)"):
        with pytest.raises(ValueError):
            next_time(wrong, SUNDAY)
    with pytest.raises(ValueError, match="no time zone"):
        next_time("0 8 * * *", SUNDAY, "Mars/Base")


def test_a_ticker_says_once_what_was_due_since_its_last_look() -> None:
    ticker, minutes = Ticker(), timedelta(minutes=1)
    assert not ticker.due("a", "rate(5 minutes)", SUNDAY)
    assert not ticker.due("a", "rate(5 minutes)", SUNDAY + 4 * minutes)
    assert ticker.due("a", "rate(5 minutes)", SUNDAY + 11 * minutes)
    assert not ticker.due("a", "rate(5 minutes)", SUNDAY + 12 * minutes)
    assert not ticker.due("a", "rate(1 minute)", SUNDAY + 20 * minutes)  # another schedule begins anew
    late = SUNDAY + timedelta(hours=2)
    assert not ticker.due("b", "* * * * *", SUNDAY, start=late)
    assert not ticker.due("b", "* * * * *", SUNDAY + 5 * minutes, start=late)
    assert ticker.due("b", "* * * * *", late + minutes, start=late)
