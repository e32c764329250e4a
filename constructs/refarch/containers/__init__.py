"""Containers: clusters that keep serving while their instances are reclaimed.

Constructs load ``aws_cdk`` (a second). So names are loaded when they are used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from refarch.containers.hello_service import HelloService as HelloService
    from refarch.containers.hello_service_props import HelloServiceProps as HelloServiceProps
    from refarch.containers.spot_cluster import SpotCluster as SpotCluster
    from refarch.containers.spot_cluster_props import ManagedInstances as ManagedInstances
    from refarch.containers.spot_cluster_props import SpotClusterProps as SpotClusterProps

_MODULES = {
    "HelloService": "hello_service",
    "HelloServiceProps": "hello_service_props",
    "ManagedInstances": "spot_cluster_props",
    "SpotCluster": "spot_cluster",
    "SpotClusterProps": "spot_cluster_props",
}

__all__ = ["HelloService", "HelloServiceProps", "ManagedInstances", "SpotCluster", "SpotClusterProps"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
