"""Immersive streaming: live origins, edge caches, a test source, and viewers to load them with.

Constructs load ``aws_cdk`` (a second); the data plane does not. So names are loaded when they are used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from refarch.streaming.data_plane.settings import EdgeSettings as EdgeSettings
    from refarch.streaming.data_plane.settings import OriginSettings as OriginSettings
    from refarch.streaming.data_plane.settings import TestSourceSettings as TestSourceSettings
    from refarch.streaming.player.player import Player as Player
    from refarch.streaming.player.player_props import PlayerProps as PlayerProps
    from refarch.streaming.vod_transcoder import VodTranscoder as VodTranscoder
    from refarch.streaming.vod_transcoder_props import VodTranscoderProps as VodTranscoderProps

_MODULES = {
    "EdgeSettings": "data_plane.settings",
    "OriginSettings": "data_plane.settings",
    "Player": "player.player",
    "PlayerProps": "player.player_props",
    "TestSourceSettings": "data_plane.settings",
    "VodTranscoder": "vod_transcoder",
    "VodTranscoderProps": "vod_transcoder_props",
}

__all__ = [
    "EdgeSettings",
    "OriginSettings",
    "Player",
    "PlayerProps",
    "TestSourceSettings",
    "VodTranscoder",
    "VodTranscoderProps",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
