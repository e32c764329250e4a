"""What a task says about its use of time, memory and requests."""

from __future__ import annotations

import pytest

from refarch_lambdas.mapreduce import usage
from refarch_lambdas.mapreduce.body import RequestCounter
from refarch_lambdas.mapreduce.usage import Measurement


@pytest.mark.parametrize(("seconds", "billed"), [(0.0, 1), (0.0011, 2), (1.0, 1000), (1.0001, 1001), (-5.0, 1)])
def test_billed_milliseconds_are_rounded_up(seconds: float, billed: int) -> None:
    times = iter([100.0, 100.0 + seconds])
    fields = Measurement(RequestCounter(), memory_mb=512, request_id="r", now=lambda: next(times)).fields()
    assert (fields["milliseconds"], fields["start"], fields["memoryMb"], fields["requestId"]) == (
        billed,
        100.0,
        512,
        "r",
    )
    assert fields["end"] >= fields["start"]
    assert fields["maxRssMb"] > 1


def test_requests_are_those_since_the_start_and_the_commit_to_come() -> None:
    counter = RequestCounter()
    counter.add("get", 5)
    measurement = Measurement(counter, memory_mb=128)
    counter.add("list", 2)
    assert measurement.fields()["requests"] == {"get": 0, "put": 1, "list": 2}


def test_only_the_first_task_of_a_process_is_cold(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage, "_cold", True)
    found = [Measurement(RequestCounter(), memory_mb=128).fields()["coldStart"] for _ in range(3)]
    assert found == [True, False, False]
