"""Simulated compute with a life cycle: EC2 instances, Auto Scaling groups, targets, ECS, Spot interruptions.

Nothing runs inside an instance: it is a record with metadata, tags, user data and the states it passes. What AWS
would tell about it (EventBridge, lifecycle hooks, metadata endpoint) is told, in seconds of `refarch.local.clock`.
"""

from __future__ import annotations

from refarch.local import hooks
from refarch.local.compute import instances, metadata, routes, scope, spot, spot_prices, spot_requests
from refarch.local.compute.ecs import capacity, container_instances
from refarch.local.compute.ecs import service as ecs_service
from refarch.local.compute.faults import service as fault_service
from refarch.local.compute.scaling import keeper, scheduled
from refarch.local.compute.scaling import service as scaling_service
from refarch.local.compute.scaling.replacing import boots, definitions, signals
from refarch.local.compute.targets import api as target_api
from refarch.local.compute.targets import membership
from refarch.local.rooms import Context


def install(context: Context) -> None:
    """Put this room's services in the place of the emulator's."""
    scope.configure(context.endpoint_url)
    instances.install()
    spot_requests.install()
    spot_prices.install()
    target_api.install()
    scaling_service.install()
    ecs_service.install()
    fault_service.install()
    metadata.install()
    routes.install()
    hooks.on_reset("compute", _forget)
    hooks.keeps("compute", dict, _resume)


def _resume(_: object) -> None:
    """The records lie in the emulator's own stores; what waited goes on (the default account and region only)."""
    keeper.resume()
    scheduled.watch()
    container_instances.resume()
    spot.resume()


def _forget() -> None:
    membership.forget()
    metadata.forget()
    capacity.forget()
    definitions.forget()
    signals.forget()
    scheduled.forget()
    boots.choose("success")
