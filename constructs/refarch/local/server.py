"""The process of the emulator: `python -m refarch.local.server`, started in the background by `lifecycle`.

It binds a loopback port, writes itself down in the data folder, makes the repairs and serves until
it is told to stop. Its environment was made by `environment.server_environment`.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import shutil
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from refarch.local import adapter, control, rooms
from refarch.local.browsers import refuses_other_sites
from refarch.local.environment import ACCOUNT
from refarch.local.folder import DataFolder, State
from refarch.local.persistence import Snapshots, keeps_state, open_state
from refarch.local.processes import start_time

Application = Callable[[dict[str, Any], Any, Any], Awaitable[None]]
SECONDS_FOR_OPEN_REQUESTS = 0.5
SECONDS_TO_SAVE = 60.0


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="refarch.local.server")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--region", required=True)
    parser.add_argument("--async-slots", type=int, required=True)
    parser.add_argument("--enforce-permissions", action="store_true")
    parser.add_argument("--clock-factor", type=float, default=1.0)
    parser.add_argument("--persist", action="store_true")
    return parser.parse_args(given)


def bind(port: int) -> socket.socket:
    """A socket on the loopback interface; port 0 lets the system choose a free one."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    return listener


def bind_again(port: int, before: int) -> socket.socket:
    """The port that is asked for, else the one of the kept state, whose addresses hold it; else a free one."""
    try:
        return bind(port or before)
    except OSError:
        if port or not before:
            raise
        logging.getLogger("refarch.local").warning("port %s is taken: addresses in the kept state are wrong", before)
        return bind(0)


def describe(options: argparse.Namespace, port: int) -> State:
    return State(
        pid=os.getpid(),
        process_start=start_time(os.getpid()) or "",
        port=port,
        version=adapter.PINNED,
        started_at=datetime.now(UTC).isoformat(timespec="seconds"),
        region=options.region,
        enforce_permissions=options.enforce_permissions,
        async_slots=options.async_slots,
        clock_factor=options.clock_factor,
        persist=options.persist,
    )


def secure_on_loopback(application: Application) -> Application:
    """Count loopback as secure transport, or every bucket policy that refuses plain HTTP refuses everything."""

    async def wrapped(scope: dict[str, Any], receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            scope = {**scope, "headers": [*scope["headers"], (b"x-forwarded-proto", b"https")]}
        await application(scope, receive, send)

    return wrapped


def prepare(options: argparse.Namespace, state: State) -> Application:
    """Load the emulator, repaired. The port must be known before: ministack reads it while it is imported."""
    os.environ["GATEWAY_PORT"] = str(state.port)
    from refarch.local.repairs import install_all
    from refarch.local.repairs.request_ids import answers_with_request_id
    from refarch.local.repairs.stack_operations import answers_when_done

    install_all(options.async_slots, state.endpoint_url)
    rooms.install_all(_context(options, state))
    served = answers_with_request_id(answers_when_done(adapter.read("application")))
    application = refuses_other_sites(control.serves(served))
    return secure_on_loopback(application) if options.enforce_permissions else application


def _context(options: argparse.Namespace, state: State) -> rooms.Context:
    return rooms.Context(
        endpoint_url=state.endpoint_url,
        region=options.region,
        account=ACCOUNT,
        async_slots=options.async_slots,
        enforce_permissions=options.enforce_permissions,
        clock_factor=options.clock_factor,
        data=options.folder,
        project=options.folder.parent.parent,
    )


async def serve(application: Application, listener: socket.socket, seconds_to_end: float) -> None:
    from hypercorn.asyncio import serve as hypercorn_serve
    from hypercorn.config import Config

    config = Config()
    config.bind = [f"fd://{listener.fileno()}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = SECONDS_FOR_OPEN_REQUESTS
    config.shutdown_timeout = seconds_to_end
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await hypercorn_serve(application, config, shutdown_trigger=stop.wait)  # type: ignore[arg-type]


def main() -> None:
    options = arguments()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    adapter.require_pinned()
    folder = DataFolder(options.folder)
    snapshots = Snapshots(folder.kept) if options.persist else None
    kept = open_state(snapshots) if snapshots else None
    listener = bind_again(options.port, kept.port if kept else 0)
    state = describe(options, listener.getsockname()[1])
    application = prepare(options, state)
    seconds_to_end = SECONDS_FOR_OPEN_REQUESTS
    if snapshots:
        application = keeps_state(application, snapshots, region=state.region, port=state.port)
        seconds_to_end = SECONDS_TO_SAVE
    folder.write_state(state)
    asyncio.run(serve_and_leave(application, listener, seconds_to_end, folder))


async def serve_and_leave(
    application: Application, listener: socket.socket, seconds_to_end: float, folder: DataFolder
) -> None:
    """Serve, and end the process from here: the loop would wait for the threads of stuck invocations for an hour."""
    try:
        await serve(application, listener, seconds_to_end)
    finally:
        leave(folder)


def leave(folder: DataFolder) -> NoReturn:
    """End the functions, clear up and end this process."""
    adapter.read("end all workers")()
    shutil.rmtree(folder.temporary, ignore_errors=True)
    folder.state_file.unlink(missing_ok=True)
    sys.stderr.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
