"""boto3 clients of the cloud itself, as the account's root, for the threads of this room."""

from __future__ import annotations

import threading
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
            import boto3
            from botocore.config import Config

            session = boto3.session.Session(aws_access_key_id=USER, aws_secret_access_key=USER, region_name=region)
            plain = Config(ignore_configured_endpoint_urls=True, max_pool_connections=50)
            _made[service, region] = session.client(service, endpoint_url=_endpoint_url, config=plain)
        return _made[service, region]
