"""Web: a WordPress server on Arm or x86, the cluster that it outgrows into, and the weighted move between two stacks.

Constructs load ``aws_cdk`` (a second); the decisions do not. So names are loaded when they are used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from refarch.web.lamp_server import LampServer as LampServer
    from refarch.web.lamp_server_props import LampServerProps as LampServerProps
    from refarch.web.wordpress_release import WordPressRelease as WordPressRelease

_MODULES = {
    "LampServer": "lamp_server",
    "LampServerProps": "lamp_server_props",
    "WordPressRelease": "wordpress_release",
}

__all__ = ["LampServer", "LampServerProps", "WordPressRelease"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
