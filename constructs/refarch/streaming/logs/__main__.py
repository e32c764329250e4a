"""`python3 -m refarch.streaming.logs <settings.json>`: until SIGTERM ends it."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

import boto3
from botocore.config import Config

from refarch.streaming.instance.metadata import instance_id
from refarch.streaming.logs.events import pause_after
from refarch.streaming.logs.sender import Sender, Stopped
from refarch.streaming.logs.settings import load
from refarch.streaming.logs.shipper import Shipper


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python3 -m refarch.streaming.logs FILE.json", file=sys.stderr)
        return 2
    settings, stop = load(Path(arguments[0])), threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    # It waits and tries again by itself, so that a stop is heeded.
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=20)
    client = boto3.client("logs", region_name=settings.region or None, config=config)
    shipper = Shipper(settings, instance_id(), Sender(client, settings.group, stop))
    try:
        while not stop.is_set():
            stop.wait(pause_after(shipper.ship(), settings.every_seconds))
        shipper.ship()  # the last words, of who was told to end before this
    except Stopped:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
