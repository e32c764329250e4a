"""Which documents are events."""

from __future__ import annotations

from typing import Any

import pytest

from refarch.local.compute.events import problems

EVENT = {"source": "aws.ec2", "detail-type": "EC2 Instance State-change Notification", "detail": {"state": "running"}}


def test_an_event_as_the_documentation_shows_it_is_one() -> None:
    whole = {"version": "0", "id": "1", "account": "123456789012", "time": "2026-01-01T00:00:00Z", "resources": ["a"]}
    assert problems(EVENT) == problems(EVENT | whole | {"region": "us-east-1"}) == []


def test_every_problem_is_told_at_once() -> None:
    found = problems({"source": "", "detail": "text", "resources": [1], "Detail": {}})
    assert found == [
        "`detail-type` is missing",
        "`source` is empty",
        "`detail` is 'text', it must be a JSON object",
        "`resources` must hold text only",
        "`Detail` is no field of an event",
    ]


@pytest.mark.parametrize("document", [None, [], "text", 3])
def test_only_an_object_is_an_event(document: Any) -> None:
    assert "an event is a JSON object" in problems(document)[0]
