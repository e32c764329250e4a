"""The corpus: each kind of event and account that the responder must get right has a test; here are the rarer ones.

The list below is the agreed corpus; each entry names its test.
"""

from __future__ import annotations

import ast
import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from refarch_lambdas.interruptions.assembly import actions_of, ledger_of
from refarch_lambdas.interruptions.events import parse_event
from refarch_lambdas.interruptions.responder import Report, Responder
from tests.lambdas.interruptions import corpus
from tests.lambdas.interruptions.conftest import ALL
from tests.lambdas.interruptions.world import REGION, World, group_arn

Respond = Callable[..., Any]
CORPUS = {
    "tagged": "test_targets.py::test_a_tag_names_the_group",
    "untagged": "test_targets.py::test_untagged_instances_are_found_through_their_auto_scaling_group",
    "neither tagged nor in a group": "test_corpus.py::test_an_instance_of_no_group_is_drained_and_told",
    "several groups": "test_targets.py::test_a_tag_may_hold_several_and_names_of_groups",
    "IP targets": "test_targets.py::test_targets_by_address_of_any_interface",
    "IPv6 targets": "test_corpus.py::test_targets_by_ipv6_address",
    "unknown instance": "test_responder.py::test_an_unknown_instance_is_left_alone",
    "already gone": "test_responder.py::test_an_instance_that_is_gone_still_leaves_its_groups",
    "stop and hibernate": "test_responder.py::test_every_kind_of_notice_is_answered",
    "other region": "test_responder.py::test_another_region_is_left_alone",
    "throttled": "test_corpus.py::test_every_word_for_throttling_is_tried_again",
    "throttled to the end": "test_responder.py::test_throttled_all_the_time_fails_with_the_problem",
    "denied one of two": "test_responder.py::test_access_denied_on_one_action_does_not_stop_the_others",
    "denied one of two groups": "test_corpus.py::test_a_group_that_is_denied_does_not_keep_the_other",
    "duplicate": "test_responder.py::test_the_same_event_twice_does_nothing_more",
    "thousand events": "test_responder.py::test_a_thousand_events_at_once",
    "thousand events on many threads": "test_corpus.py::test_a_thousand_events_in_many_invocations_at_once",
    "many instances in one event": "test_corpus.py::test_a_health_event_of_many_instances_is_taken_up_where_it_ended",
    "registered twice with ECS": "test_corpus.py::test_the_registration_that_is_alive_drains",
}


def test_every_entry_of_the_corpus_has_its_test() -> None:
    named = [test.split("::") for test in CORPUS.values()]
    here = Path(__file__).parent
    assert [test for test in named if test[1] not in functions(here / test[0])] == []


def functions(path: Path) -> set[str]:
    return {each.name for each in ast.walk(ast.parse(path.read_text())) if isinstance(each, ast.FunctionDef)}


def test_an_instance_of_no_group_is_drained_and_told(world: World, respond: Respond) -> None:
    instance = world.add(1)
    world.join(instance)
    [report] = respond(corpus.notice(instance))
    assert report.verdict == "handled"
    assert world.changes == {"update_container_instances_state": 1, "publish": 1}


@pytest.mark.parametrize("written", ["2001:db8::7", "2001:DB8::7", "2001:0db8:0000:0000:0000:0000:0000:0007"])
def test_targets_by_ipv6_address(world: World, respond: Respond, written: str) -> None:
    instance = world.add(7, tags={"TargetGroupArn": group_arn("six")})
    world.instances[instance]["NetworkInterfaces"][0]["Ipv6Addresses"] = [{"Ipv6Address": "2001:db8::7"}]
    six = world.register("six", (written, 80), ("2001:db8::8", 80))
    respond(corpus.notice(instance))
    assert world.in_service(six) == {("2001:db8::8", 80)}


@pytest.mark.parametrize("state", ["initial", "healthy", "unhealthy", "unused", "unavailable"])
def test_a_target_leaves_whatever_its_health(world: World, respond: Respond, state: str) -> None:
    instance = world.add(1, tags={"TargetGroupArn": group_arn("web")})
    web = world.register("web", (instance, 80))
    world.groups[web][0]["TargetHealth"]["State"] = state
    respond(corpus.notice(instance))
    assert world.in_service(web) == set()


@pytest.mark.parametrize(
    "code",
    ["Throttling", "ThrottlingException", "RequestLimitExceeded", "TooManyRequestsException", "InternalError"],
)
@pytest.mark.parametrize("operation", ["describe_instances", "describe_target_health", "deregister_targets", "publish"])
def test_every_word_for_throttling_is_tried_again(world: World, respond: Respond, operation: str, code: str) -> None:
    instance = world.add(1, tags={"TargetGroupArn": group_arn("web")})
    web = world.register("web", (instance, 80))
    world.failures[operation] = [code]
    reports = respond(corpus.notice(instance))
    if reports[0].verdict == "failed":  # an action that runs last is tried again by Lambda
        reports = respond(corpus.notice(instance), after=70)
    assert (reports[0].verdict, world.in_service(web)) == ("handled", set())
    assert len(world.items) == 1


def test_a_group_that_is_denied_does_not_keep_the_other(world: World, respond: Respond) -> None:
    instance = world.add(1, tags={"TargetGroupArn": f"{group_arn('a')},{group_arn('b')}"})
    denied, open_one = (world.register(name, (instance, 80)) for name in ("a", "b"))
    world.failures["deregister_targets"] = ["AccessDenied"]
    [report] = respond(corpus.notice(instance))
    assert (report.verdict, len(world.in_service(denied)), len(world.in_service(open_one))) == ("failed", 1, 0)
    assert "AccessDenied" in report.problems[0].what
    assert denied in report.problems[0].what
    [again] = respond(corpus.notice(instance), after=70)
    assert (again.verdict, world.in_service(denied)) == ("handled", set())


def test_a_health_event_of_many_instances_is_taken_up_where_it_ended(world: World, respond: Respond) -> None:
    ids = [world.add(number) for number in range(1, 101)]
    world.failures["publish"] = []
    reports = respond(corpus.health(*ids[:50]))
    assert Counter(each.verdict for each in reports) == {"handled": 50}
    reports = respond(corpus.health(*ids), owner="request-2", after=70)
    assert Counter(each.verdict for each in reports) == {"duplicate": 50, "handled": 50}
    assert world.changes == {"publish": 100}


@pytest.mark.parametrize("stale", [{"status": "DRAINING"}, {"agentConnected": False}])
@pytest.mark.parametrize("first", [True, False])
def test_the_registration_that_is_alive_drains(
    world: World, respond: Respond, stale: dict[str, Any], first: bool
) -> None:
    """An agent that lost its data registers the instance anew; the cluster keeps the old registration beside it."""
    instance = world.add(1)
    alive = world.join(instance)
    old = {**world.containers[alive], "containerInstanceArn": f"{alive}-old", "agentConnected": True, **stale}
    world.containers[alive]["agentConnected"] = True
    pairs = [(f"{alive}-old", old), (alive, world.containers[alive])]
    world.containers = dict(pairs if first else reversed(pairs))
    respond(corpus.notice(instance))
    assert [each["containerInstances"] for each in world.called("update_container_instances_state")] == [[alive]]


def test_a_thousand_events_in_many_invocations_at_once(world: World) -> None:
    """Seven hundred instances, three hundred events delivered twice, sixteen invocations at any time."""
    ids = [world.add(number, tags={"TargetGroupArn": group_arn(f"g{number % 20}")}) for number in range(1, 701)]
    for number, each in enumerate(ids, start=1):
        world.register(f"g{number % 20}", (each, 80))
        world.join(each)
    events = [*ids, *ids[:300]]
    random.Random(1).shuffle(events)
    one_call, environments = threading.Lock(), threading.local()

    def clients(service: str) -> Any:
        return Serial(world.clients(service), one_call)

    def invoke(number: int, instance: str) -> Report:
        """An execution environment serves one event after the other, and has its own responder."""
        if not hasattr(environments, "responder"):
            parts = (actions_of(ALL, clients), ledger_of(ALL, clients))
            environments.responder = Responder(
                ALL, clients, *parts, region=REGION, clock=lambda: corpus.TIME_EPOCH + 10, sleep=lambda _: None
            )
        [interruption] = parse_event(corpus.notice(instance))
        responder: Responder = environments.responder
        return responder.respond(interruption, owner=f"request-{number}", deadline=corpus.TIME_EPOCH + 60)

    with ThreadPoolExecutor(16) as pool:
        reports = list(pool.map(invoke, range(1000), events))
    verdicts = Counter(each.verdict for each in reports)
    assert (verdicts["handled"], verdicts["failed"]) == (700, 0)
    assert world.changes == dict.fromkeys(("deregister_targets", "update_container_instances_state", "publish"), 700)
    assert not any(world.in_service(arn) for arn in world.groups)
    assert {each["state"] for each in world.items.values()} == {"done"}


class Serial:
    """A client whose calls happen one after the other, as they do in a table: between calls, anything may come."""

    def __init__(self, client: Any, lock: threading.Lock) -> None:
        self._client, self._lock = client, lock

    def __getattr__(self, name: str) -> Any:
        def call(**arguments: Any) -> Any:
            with self._lock:
                return getattr(self._client, name)(**arguments)

        return call

    def get_paginator(self, operation: str) -> Any:
        return self._client.get_paginator(operation)
