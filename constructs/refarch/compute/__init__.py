"""Compute: capacity on Spot Instances, and answers to their interruptions.

Constructs load ``aws_cdk`` (a second); the decisions do not. So names are loaded when they are used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from refarch.compute.custom_action import CustomAction as CustomAction
    from refarch.compute.custom_action import InvalidActionError as InvalidActionError
    from refarch.compute.drain_budget import DrainBudget as DrainBudget
    from refarch.compute.drain_budget import DrainBudgetError as DrainBudgetError
    from refarch.compute.instance_types import DEFAULT_TYPES as DEFAULT_TYPES
    from refarch.compute.interruption_dashboard import InterruptionDashboard as InterruptionDashboard
    from refarch.compute.interruption_dashboard import InterruptionDashboardProps as InterruptionDashboardProps
    from refarch.compute.interruption_experiment import InterruptionExperiment as InterruptionExperiment
    from refarch.compute.interruption_experiment import InterruptionExperimentProps as InterruptionExperimentProps
    from refarch.compute.interruption_responder import InterruptionResponder as InterruptionResponder
    from refarch.compute.interruption_responder_props import InterruptionResponderProps as InterruptionResponderProps
    from refarch.compute.pools import SAFE_POOLS as SAFE_POOLS
    from refarch.compute.pools import Pools as Pools
    from refarch.compute.pools import count_pools as count_pools
    from refarch.compute.spot_capacity import SpotCapacity as SpotCapacity
    from refarch.compute.spot_capacity_props import ScheduledSize as ScheduledSize
    from refarch.compute.spot_capacity_props import SpotCapacityProps as SpotCapacityProps

_MODULES = {
    "CustomAction": "custom_action",
    "DEFAULT_TYPES": "instance_types",
    "DrainBudget": "drain_budget",
    "DrainBudgetError": "drain_budget",
    "InterruptionDashboard": "interruption_dashboard",
    "InterruptionDashboardProps": "interruption_dashboard",
    "InterruptionExperiment": "interruption_experiment",
    "InterruptionExperimentProps": "interruption_experiment",
    "InterruptionResponder": "interruption_responder",
    "InterruptionResponderProps": "interruption_responder_props",
    "InvalidActionError": "custom_action",
    "Pools": "pools",
    "SAFE_POOLS": "pools",
    "ScheduledSize": "spot_capacity_props",
    "SpotCapacity": "spot_capacity",
    "SpotCapacityProps": "spot_capacity_props",
    "count_pools": "pools",
}

__all__ = [
    "DEFAULT_TYPES",
    "SAFE_POOLS",
    "CustomAction",
    "DrainBudget",
    "DrainBudgetError",
    "InterruptionDashboard",
    "InterruptionDashboardProps",
    "InterruptionExperiment",
    "InterruptionExperimentProps",
    "InterruptionResponder",
    "InterruptionResponderProps",
    "InvalidActionError",
    "Pools",
    "ScheduledSize",
    "SpotCapacity",
    "SpotCapacityProps",
    "count_pools",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
