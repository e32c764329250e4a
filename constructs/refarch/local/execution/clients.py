"""boto3 clients of the cloud itself, as the account's root, for the threads of this room."""

from __future__ import annotations

import threading
from functools import cache
from typing import Any

from refarch.local.environment import USER

_lock = threading.Lock()
_made: dict[tuple[str, str], Any] = {}
_endpoint_url = ""


def configure(endpoint_url: str) -> None:
    """Say where the cloud is. Called once, when the room is installed."""
    global _endpoint_url
    _endpoint_url = endpoint_url


def client(service: str, region: str) -> Any:
    """The client of a service; one is made and kept for each. Never call it in the server's event loop: it waits."""
    with _lock:
        if (service, region) not in _made:
            from botocore.config import Config

            plain = Config(ignore_configured_endpoint_urls=True, max_pool_connections=50)
            _made[service, region] = _session(region).client(service, endpoint_url=_endpoint_url, config=plain)
        return _made[service, region]


@cache
def _session(region: str) -> Any:
    """One for all services: it reads the endpoints of AWS once."""
    import boto3

    return boto3.session.Session(aws_access_key_id=USER, aws_secret_access_key=USER, region_name=region)
