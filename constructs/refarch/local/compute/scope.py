"""Work of this room in the background, each piece in the account and region that asked for it."""

from __future__ import annotations

import contextvars
import logging
import threading
from collections.abc import Callable
from typing import Any

from refarch.local import adapter
from refarch.local.environment import ACCOUNT, USER

logger = logging.getLogger("refarch.local.compute")
# Guards every record of this room. Never held while something waits or calls the emulator's HTTP interface:
# the emulator's own thread takes it too.
lock = threading.RLock()
_endpoint = ""
_clients: dict[tuple[str, str, str], Any] = {}


def configure(endpoint_url: str) -> None:
    global _endpoint
    _endpoint = endpoint_url


def account() -> str:
    return str(adapter.read("account of the request")())


def region() -> str:
    return str(adapter.read("region of the request")())


def place() -> tuple[str, str]:
    """Account and region, which together with a name are the key of what this room keeps itself."""
    return account(), region()


def spawn(name: str, work: Callable[..., None], *arguments: Any) -> None:
    """Run `work` in a daemon thread of its own, in the account and region of the caller; a failure is logged."""
    context = contextvars.copy_context()

    def run() -> None:
        try:
            context.run(work, *arguments)
        except Exception:
            logger.exception("%s failed", name)

    threading.Thread(target=run, name=f"refarch-compute-{name}", daemon=True).start()


def client(service: str) -> Any:
    """A boto3 client of the emulator's own interface. Only for background work: the emulator's thread serves it."""
    key = (service, *place())
    known = _clients.get(key)
    # Made outside the lock: it takes a while, and the emulator's thread must not wait for it.
    return known or _clients.setdefault(key, _new_client(service))


def _new_client(service: str) -> Any:
    import boto3
    from botocore.config import Config

    user = USER if account() == ACCOUNT else account()
    session = boto3.session.Session(aws_access_key_id=user, aws_secret_access_key=USER, region_name=region())
    plain = Config(ignore_configured_endpoint_urls=True, retries={"total_max_attempts": 2})
    return session.client(service, endpoint_url=_endpoint, config=plain)
