"""Saves and loads in the emulator's process: its own state by its own means, the rooms' by theirs."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from refarch.local import adapter, hooks
from refarch.local.persistence.snapshots import Kept, Snapshots, write_whole

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]
logger = logging.getLogger("refarch.local")


def settings(snapshots: Snapshots) -> dict[str, str]:
    """The emulator's own settings for it; they must be in the environment before it is imported."""
    return {
        "PERSIST_STATE": "1",
        "STATE_DIR": str(snapshots.state),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(snapshots.objects),
    }


def open_state(snapshots: Snapshots) -> Kept | None:
    """Lay out the kept state and point the emulator to it. Before the emulator is imported."""
    kept = snapshots.open()
    os.environ.update(settings(snapshots))
    return kept


def keeps_state(application: Application, snapshots: Snapshots, *, region: str, port: int) -> Application:
    """`application`, which loads the rooms' stores when the emulator has its own, and keeps all when it ends."""

    async def wrapped(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] != "lifespan":
            return await application(scope, receive, send)

        to_save: list[str] = []

        async def asked() -> Any:
            message = await receive()
            if message["type"] == "lifespan.shutdown":  # while it ends the emulator loads services that have no state
                to_save.extend(adapter.read("services to save")())
            return message

        async def informed(message: dict[str, Any]) -> None:
            if message["type"] == "lifespan.startup.complete":
                await asyncio.to_thread(load_rooms, snapshots.rooms)
                snapshots.forget_services()
            elif message["type"] == "lifespan.shutdown.complete":
                await asyncio.to_thread(save, snapshots, to_save, region, port)
            await send(message)

        return await application(scope, asked, informed)

    return wrapped


def load_rooms(path: Path) -> None:
    """Give every room its store back. A room that cannot take it starts empty, and the log says so."""
    kept = json.loads(path.read_text()) if path.exists() else {}
    for name, store in hooks.kept().items():
        if name not in kept:
            continue
        try:
            store.load(kept[name])
        except Exception:
            logger.exception("the room %s could not load what was kept; it starts empty", name)


def save(snapshots: Snapshots, services: list[str], region: str, port: int) -> Kept:
    """Keep what the emulator has written by now, and the rooms' stores."""
    documents, lost = rooms_documents()
    lost += services_without_file(snapshots.state, services)
    write_whole(snapshots.rooms, json.dumps(documents))
    now = datetime.now(UTC).isoformat(timespec="seconds")
    kept = snapshots.close(version=adapter.PINNED, region=region, port=port, saved_at=now, lost=tuple(lost))
    logger.info("kept as %s; not kept: %s", kept.snapshot, ", ".join(lost) or "nothing")
    return kept


def rooms_documents() -> tuple[dict[str, Any], list[str]]:
    """Every room's store as JSON, and the names of those that could not be saved."""
    documents: dict[str, Any] = {}
    lost = []
    for name, store in hooks.kept().items():
        try:
            documents[name] = json.loads(json.dumps(store.save()))
        except Exception:
            logger.exception("the room %s could not be saved", name)
            lost.append(name)
    return documents, lost


def services_without_file(state: Path, services: list[str]) -> list[str]:
    """Services whose state the emulator holds but could not write: it logs such a failure and goes on."""
    return [name for name in services if not (state / f"{name}.json").exists()]
