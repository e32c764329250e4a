"""Buckets, how many objects are in each, and the first of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Client = Callable[[str], Any]
COUNTED = 5  # thousands of objects that are counted in a bucket; beyond, the page says "more"
SHOWN = 100


def buckets(client: Client) -> dict[str, Any]:
    """Every bucket with the number and bytes of its objects; `more` when it has more than were counted."""
    s3 = client("s3")
    return {"buckets": [line(s3, bucket["Name"]) for bucket in s3.list_buckets()["Buckets"]]}


def line(s3: Any, name: str) -> dict[str, Any]:
    """One bucket of the list."""
    count = size = 0
    more = False
    for number, page in enumerate(s3.get_paginator("list_objects_v2").paginate(Bucket=name), 1):
        found = page.get("Contents", [])
        count, size = count + len(found), size + sum(entry["Size"] for entry in found)
        if number == COUNTED:
            more = bool(page.get("IsTruncated"))
            break
    return {"name": name, "objects": count, "bytes": size, "more": more}


def objects(client: Client, bucket: str) -> dict[str, Any]:
    """The first objects in the order of their keys."""
    found = client("s3").list_objects_v2(Bucket=bucket, MaxKeys=SHOWN)
    listed = [
        {"key": entry["Key"], "bytes": entry["Size"], "changed": entry["LastModified"].timestamp()}
        for entry in found.get("Contents", [])
    ]
    return {"bucket": bucket, "objects": listed, "more": bool(found.get("IsTruncated"))}
