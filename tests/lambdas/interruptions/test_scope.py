"""Which instances a responder looks after."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from refarch_lambdas.interruptions.settings import Settings
from tests.lambdas.interruptions import corpus
from tests.lambdas.interruptions.world import CLUSTER, TOPIC, World

Respond = Callable[..., Any]
SCOPES = [
    (Settings(), {1, 2, 3, 4}),
    (Settings(scope_tags={"team": "web"}), {1}),
    (Settings(scope_tags={"team": "web", "stage": "prod"}), set()),
    (Settings(scope_groups=("fleet",)), {2}),
    (Settings(clusters=(CLUSTER,)), {3}),
    (Settings(clusters=(CLUSTER,), scope_clusters=False), {1, 2, 3, 4}),
    (Settings(clusters=(CLUSTER,), scope_groups=("fleet",), scope_tags={"team": "web"}), {1, 2, 3}),
]


@pytest.mark.parametrize(("scope", "ours"), SCOPES)
def test_only_the_instances_of_the_filters(world: World, respond: Respond, scope: Settings, ours: set[int]) -> None:
    ids = {1: world.add(1, tags={"team": "web"}), 2: world.add(2, group="fleet"), 3: world.add(3), 4: world.add(4)}
    world.join(ids[3])
    settings = replace(scope, topic=TOPIC)
    verdicts = {number: respond(corpus.notice(each), settings)[0].verdict for number, each in ids.items()}
    assert {number for number, verdict in verdicts.items() if verdict == "handled"} == ours
    assert set(verdicts.values()) <= {"handled", "not looked after"}
