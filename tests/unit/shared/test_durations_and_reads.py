"""Durations and reads: what was asked for once is not asked for again."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_sqs as sqs
from jsii._kernel.providers.process import _NodeProcess

from refarch._shared.durations import DAY, days, hours, length, minutes, seconds
from refarch._shared.reads import path_below_stack, read, service, stack_of


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is sent to Node."""
    sent, send = [], _NodeProcess.send

    def counted(self: Any, request: Any, response_type: Any) -> Any:
        sent.append(request)
        return send(self, request, response_type)

    monkeypatch.setattr(_NodeProcess, "send", counted)
    return sent


def test_a_duration_knows_its_length(calls: list[Any]) -> None:
    made = [seconds(7), minutes(7), hours(7), days(7)]
    del calls[:]
    assert [length(each) for each in made] == [7, 420, 25_200, 7 * DAY]
    assert calls == []
    assert [each.to_seconds() for each in made] == [7, 420, 25_200, 7 * DAY]


def test_the_same_number_is_the_same_duration(calls: list[Any]) -> None:
    first = minutes(11)
    del calls[:]
    assert seconds(660) is first
    assert calls == []


def test_a_duration_of_anybodys_is_asked_once(calls: list[Any]) -> None:
    given = cdk.Duration.millis(1500)
    assert length(given) == 1.5
    del calls[:]
    assert length(given) == 1.5
    assert calls == []


def test_a_token_has_no_length() -> None:
    assert length(cdk.Duration.seconds(cdk.Token.as_number({"Ref": "Seconds"}))) is None


def test_an_attribute_is_read_once(calls: list[Any]) -> None:
    stack = cdk.Stack(cdk.App(), "Test")
    queue = sqs.Queue(stack, "Queue")
    assert read(queue, "queue_arn") == queue.queue_arn
    assert read(queue, "node.path") == "Test/Queue"
    assert path_below_stack(queue) == "/Queue"
    del calls[:]
    assert read(queue, "node.id") == "Queue"
    assert len(calls) == 1
    del calls[:]
    assert read(queue, "queue_arn") == read(queue, "queue_arn")
    assert stack_of(stack) is stack
    assert calls == []
    assert stack_of(queue) is stack_of(queue)
    assert service("ec2.amazonaws.com") is service("ec2.amazonaws.com")


def test_two_constructs_have_their_own_attributes() -> None:
    stack = cdk.Stack(cdk.App(), "Test")
    one, two = sqs.Queue(stack, "One"), sqs.Queue(stack, "Two")
    assert read(one, "queue_arn") != read(two, "queue_arn")
