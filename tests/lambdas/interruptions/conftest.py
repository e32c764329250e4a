"""A responder over an account in memory."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from refarch_lambdas.interruptions.assembly import actions_of, ledger_of
from refarch_lambdas.interruptions.events import parse_event
from refarch_lambdas.interruptions.responder import Report, Responder
from refarch_lambdas.interruptions.settings import Settings
from tests.lambdas.interruptions.corpus import TIME_EPOCH
from tests.lambdas.interruptions.world import CLUSTER, REGION, TOPIC, World

ALL = Settings(
    clusters=(CLUSTER,),
    scope_clusters=False,
    services=("srv-1",),
    document="Farewell",
    topic=TOPIC,
    table="interruptions",
)


@pytest.fixture
def world() -> World:
    world = World()
    world.members["srv-1"] = []
    return world


@pytest.fixture
def respond(world: World) -> Callable[..., list[Report]]:
    """Answers an event document as the function would, ten seconds after it was sent; pauses take no time."""
    made: dict[str, Responder] = {}
    time = {"now": TIME_EPOCH}

    def answer(
        event: dict[str, Any], settings: Settings = ALL, *, owner: str = "request-1", after: float = 10.0
    ) -> list[Report]:
        time["now"] = TIME_EPOCH + after
        key = repr(settings)
        if key not in made:
            actions, ledger = actions_of(settings, world.clients), ledger_of(settings, world.clients)
            made[key] = Responder(
                settings,
                world.clients,
                actions,
                ledger,
                region=REGION,
                clock=lambda: time["now"],
                sleep=lambda _: None,
            )
        return [made[key].respond(each, owner=owner, deadline=time["now"] + 50) for each in parse_event(event)]

    return answer
