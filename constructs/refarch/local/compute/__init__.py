"""Simulated compute with a life cycle: EC2 instances, Auto Scaling groups, targets, ECS, Spot interruptions.

Nothing runs inside an instance: it is a record with metadata, tags, user data and the states it passes. What AWS
would tell about it (EventBridge, lifecycle hooks, metadata endpoint) is told, in seconds of `refarch.local.clock`.
"""

from __future__ import annotations

from refarch.local import hooks
from refarch.local.compute import instances, metadata, routes, scope
from refarch.local.compute.ecs import capacity
from refarch.local.compute.ecs import service as ecs_service
from refarch.local.compute.scaling import service as scaling_service
from refarch.local.compute.targets import api as target_api
from refarch.local.compute.targets import membership
from refarch.local.rooms import Context


def install(context: Context) -> None:
    """Put this room's services in the place of the emulator's."""
    scope.configure(context.endpoint_url)
    instances.install()
    target_api.install()
    scaling_service.install()
    ecs_service.install()
    metadata.install()
    routes.install()
    hooks.on_reset("compute", _forget)


def _forget() -> None:
    membership.forget()
    metadata.forget()
    capacity.forget()
