"""Kinesis streams that are resharded keep what was in them: closed shards stay until the retention has passed.

ministack puts new shards in the place of the old ones, and with those goes what nobody has read yet. Enhanced fan-out
is left as it is: a subscription to a closed shard is not told of the shard's children.
Source: "Resharding, parent shards, and child shards" (Kinesis developer guide), API reference of each action.
"""

from __future__ import annotations


def install() -> None:
    """Install this room, once, in the emulator's process."""
    from refarch.local.repairs.resharding import changing, mappings, reading

    changing.install()
    reading.install()
    mappings.install()
