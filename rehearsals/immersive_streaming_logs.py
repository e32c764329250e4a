"""What the rehearsal of ImmersiveStreaming finds in CloudWatch Logs: what instances said, and no key."""

from __future__ import annotations

from typing import Any

from refarch.local import LocalCloud
from rehearsals.account import Account, eventually
from rehearsals.immersive_streaming_site import outputs, secret

PREFIXES = {"origin/primary", "origin/backup", "edge"}


def shipped(cloud: LocalCloud, account: Account) -> None:
    """By each role's own permissions: the shippers run with their instances' credentials."""
    account.title("What instances say, in CloudWatch Logs")
    logs, group = cloud.client("logs"), outputs(cloud)["cloudWatchLogsGroupId"]

    def there() -> str:
        names = _streams(logs, group)
        found = {prefix for prefix in PREFIXES if any(name.startswith(f"{prefix}/i-") for name in names)}
        text = "\n".join(_lines(logs, group)) if found == PREFIXES else ""
        return text if '"live"' in text and "/testhls/" in text else ""

    with account.step("streams of both origins and the edges, with publishes and requests in them"):
        said = eventually(there, within=30, what="logs of all roles")
    key, shown = secret(cloud, "PublishKeys"), secret(cloud, "OriginDirectSecret")
    account.check(key not in said and shown not in said, "no publish key and no secret of CloudFront is in them")


def _streams(logs: Any, group: str) -> list[str]:
    pages = logs.get_paginator("describe_log_streams").paginate(logGroupName=group)
    return [str(each["logStreamName"]) for page in pages for each in page["logStreams"]]


def _lines(logs: Any, group: str) -> list[str]:
    pages = logs.get_paginator("filter_log_events").paginate(logGroupName=group)
    return [str(each["message"]) for page in pages for each in page["events"]]
