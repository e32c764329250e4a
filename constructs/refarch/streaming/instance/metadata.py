"""What an instance is told about itself: its metadata service, version 2. Standard library only."""

from __future__ import annotations

import os
import urllib.request

METADATA = os.environ.get("REFARCH_METADATA", "http://169.254.169.254")


def instance_id() -> str:
    """Raises `OSError` outside of EC2."""
    token = _ask("api/token", "PUT", {"X-aws-ec2-metadata-token-ttl-seconds": "60"})
    return _ask("meta-data/instance-id", "GET", {"X-aws-ec2-metadata-token": token})


def _ask(path: str, method: str, headers: dict[str, str]) -> str:
    request = urllib.request.Request(f"{METADATA}/latest/{path}", method=method, headers=headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=5) as answer:  # noqa: S310
        return str(answer.read().decode())
