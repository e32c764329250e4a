"""Web: a WordPress server on Arm or x86, the cluster that it outgrows into, and the weighted move between two stacks.

Constructs load ``aws_cdk`` (a second); the decisions do not. So names are loaded when they are used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from refarch.web.container_host import ContainerHost as ContainerHost
    from refarch.web.container_host import ContainerHostProps as ContainerHostProps
    from refarch.web.lamp_cluster import LampCluster as LampCluster
    from refarch.web.lamp_cluster_props import LampClusterProps as LampClusterProps
    from refarch.web.lamp_server import LampServer as LampServer
    from refarch.web.lamp_server_props import LampServerProps as LampServerProps
    from refarch.web.traffic_shift import TrafficShift as TrafficShift
    from refarch.web.traffic_shift_backends import ListenerBackend as ListenerBackend
    from refarch.web.traffic_shift_backends import RecordsBackend as RecordsBackend
    from refarch.web.traffic_shift_props import TrafficShiftProps as TrafficShiftProps
    from refarch.web.wordpress_release import WordPressRelease as WordPressRelease

_MODULES = {
    "ContainerHost": "container_host",
    "ContainerHostProps": "container_host",
    "LampCluster": "lamp_cluster",
    "LampClusterProps": "lamp_cluster_props",
    "LampServer": "lamp_server",
    "LampServerProps": "lamp_server_props",
    "ListenerBackend": "traffic_shift_backends",
    "RecordsBackend": "traffic_shift_backends",
    "TrafficShift": "traffic_shift",
    "TrafficShiftProps": "traffic_shift_props",
    "WordPressRelease": "wordpress_release",
}

__all__ = [
    "ContainerHost",
    "ContainerHostProps",
    "LampCluster",
    "LampClusterProps",
    "LampServer",
    "LampServerProps",
    "ListenerBackend",
    "RecordsBackend",
    "TrafficShift",
    "TrafficShiftProps",
    "WordPressRelease",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
