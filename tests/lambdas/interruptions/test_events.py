"""Event documents to interruptions."""

from __future__ import annotations

from typing import Any

import pytest

from refarch_lambdas.interruptions.events import UnknownEventError, parse_event
from refarch_lambdas.interruptions.interruption import Interruption
from tests.lambdas.interruptions import corpus

INSTANCE = "i-0123456789abcdef0"


@pytest.mark.parametrize("action", ["terminate", "stop", "hibernate"])
def test_a_notice_says_what_ec2_will_do(action: str) -> None:
    assert parse_event(corpus.notice(INSTANCE, action)) == [
        Interruption(
            instance_id=INSTANCE,
            signal="notice",
            effect=action,
            time=corpus.TIME_EPOCH,
            region="us-east-1",
            event_id="12345678-1234-1234-1234-123456789012",
        )
    ]


def test_a_lifecycle_event_names_the_group() -> None:
    [found] = parse_event(corpus.lifecycle(INSTANCE, "web-spot"))
    assert (found.signal, found.auto_scaling_group) == ("lifecycle", "web-spot")


def test_a_health_event_tells_of_every_instance_once() -> None:
    event = corpus.health(INSTANCE, "vol-0123456789abcdef0", "i-0123456789abcdef1", INSTANCE)
    assert [each.instance_id for each in parse_event(event)] == [INSTANCE, "i-0123456789abcdef1"]
    assert parse_event(corpus.health(INSTANCE, status="closed")) == []


@pytest.mark.parametrize(
    ("event", "says"),
    [
        ({"detail-type": "Scheduled Event"}, "'Scheduled Event'"),
        ({}, "detail-type is None"),
        ({**corpus.notice(INSTANCE), "detail": {}}, "instance-id"),
        ({**corpus.notice(INSTANCE), "detail": None}, "without"),
        (corpus.notice("i-zzz"), "'i-zzz'"),
        ({**corpus.notice(INSTANCE), "time": "yesterday"}, "'yesterday'"),
    ],
)
def test_what_is_no_such_event_is_an_error_that_says_why(event: dict[str, Any], says: str) -> None:
    with pytest.raises(UnknownEventError, match=says):
        parse_event(event)
