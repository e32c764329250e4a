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
    from refarch.streaming.edge_cache import EdgeCache as EdgeCache
    from refarch.streaming.edge_cache_props import EdgeCacheProps as EdgeCacheProps
    from refarch.streaming.live_origin import LiveOrigin as LiveOrigin
    from refarch.streaming.live_origin_direct import DirectDelivery as DirectDelivery
    from refarch.streaming.live_origin_ingest import EncryptedIngest as EncryptedIngest
    from refarch.streaming.live_origin_ingest import Rtmps as Rtmps
    from refarch.streaming.live_origin_ingest import Srt as Srt
    from refarch.streaming.live_origin_props import LiveOriginProps as LiveOriginProps
    from refarch.streaming.player.player import Player as Player
    from refarch.streaming.player.player_props import PlayerProps as PlayerProps
    from refarch.streaming.session_agent import SessionAgent as SessionAgent
    from refarch.streaming.test_source import TestSource as TestSource
    from refarch.streaming.test_source_props import TestSourceProps as TestSourceProps
    from refarch.streaming.vod_transcoder import VodTranscoder as VodTranscoder
    from refarch.streaming.vod_transcoder_props import VodTranscoderProps as VodTranscoderProps

_MODULES = {
    "DirectDelivery": "live_origin_direct",
    "EdgeCache": "edge_cache",
    "EdgeCacheProps": "edge_cache_props",
    "EdgeSettings": "data_plane.settings",
    "EncryptedIngest": "live_origin_ingest",
    "LiveOrigin": "live_origin",
    "LiveOriginProps": "live_origin_props",
    "OriginSettings": "data_plane.settings",
    "Player": "player.player",
    "PlayerProps": "player.player_props",
    "Rtmps": "live_origin_ingest",
    "Srt": "live_origin_ingest",
    "SessionAgent": "session_agent",
    "TestSource": "test_source",
    "TestSourceProps": "test_source_props",
    "TestSourceSettings": "data_plane.settings",
    "VodTranscoder": "vod_transcoder",
    "VodTranscoderProps": "vod_transcoder_props",
}

__all__ = [
    "DirectDelivery",
    "EdgeCache",
    "EdgeCacheProps",
    "EdgeSettings",
    "EncryptedIngest",
    "LiveOrigin",
    "LiveOriginProps",
    "OriginSettings",
    "Player",
    "PlayerProps",
    "Rtmps",
    "SessionAgent",
    "Srt",
    "TestSource",
    "TestSourceProps",
    "TestSourceSettings",
    "VodTranscoder",
    "VodTranscoderProps",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
