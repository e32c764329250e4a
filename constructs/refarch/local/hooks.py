"""What happens to a room's own stores when the cloud is emptied, saved and loaded: each room registers its own.

A room whose state lies in the emulator alone needs none of this.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

logger = logging.getLogger("refarch.local")


@dataclass(frozen=True)
class Kept:
    """A room's part of what is kept: `save` returns something that JSON can hold, `load` gets it back at the start."""

    save: Callable[[], Any]
    load: Callable[[Any], None]


_resets: dict[str, Callable[[], None]] = {}
_kept: dict[str, Kept] = {}


def on_reset(name: str, empty: Callable[[], None]) -> None:
    """Call `empty` when the cloud is emptied, before the emulator forgets its resources.

    It ends what runs (processes, timers) and forgets what the room knows.
    """
    _resets[name] = empty


def keeps(name: str, save: Callable[[], Any], load: Callable[[Any], None]) -> None:
    """Keep a room's store over a restart with `--persist`. `load` runs when every room is installed and the emulator
    has its own state back, before the first request."""
    _kept[name] = Kept(save, load)


def reset_all() -> list[str]:
    """Empty every room; what went wrong, one line each. One room's failure does not spare the others."""
    problems = []
    for name, empty in _resets.items():
        try:
            empty()
        except Exception as error:
            logger.exception("the room %s could not be emptied", name)
            problems.append(f"{name}: {error}")
    return problems


def kept() -> dict[str, Kept]:
    """The stores to keep, by the name of their room."""
    return dict(_kept)
