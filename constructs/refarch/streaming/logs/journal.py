"""The journal as a source: journalctl is asked for what came after the cursor of the last line that has arrived."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Sequence
from typing import Any

from refarch.streaming.logs.events import BATCH_EVENTS, Event

NAME = "journal"
_FIELDS = "MESSAGE,_SYSTEMD_UNIT,SYSLOG_IDENTIFIER"
_OWN = "refarch-streaming-logs.service"


class Journal:
    """`command` is journalctl, with what stands before its options. Lines of this shipper are left out."""

    name = NAME

    def __init__(self, command: Sequence[str]) -> None:
        self._command = [*command, "--output=json", f"--output-fields={_FIELDS}", "--no-pager", "--quiet"]

    def read(self, position: Any) -> Iterator[Event]:
        """What came after `position`, a cursor; without one, all of it. At most a batch; the rest comes with the
        next call. Of a cursor that the journal no longer has, journalctl finds the nearest."""
        since = [f"--after-cursor={position}"] if position else []
        process = subprocess.Popen([*self._command, *since], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            assert process.stdout is not None
            for _, line in zip(range(BATCH_EVENTS), process.stdout, strict=False):
                if event := parse(line):
                    yield event
        finally:
            process.kill()
            process.wait()


def parse(line: bytes) -> Event | None:
    """An entry of the journal; None for what is none."""
    try:
        entry: dict[str, Any] = json.loads(line)
        moment, cursor = int(entry["__REALTIME_TIMESTAMP"]) // 1000, entry["__CURSOR"]
    except (ValueError, KeyError, TypeError):
        return None
    unit = str(entry.get("_SYSTEMD_UNIT") or "")
    if unit == _OWN:
        return Event(moment, "", cursor)  # read, and not shipped: words about shipping would breed
    message = text(entry.get("MESSAGE"))
    who = str(entry.get("SYSLOG_IDENTIFIER") or unit)
    # What is JSON already stays so: CloudWatch Logs Insights finds its fields.
    return Event(moment, message if message.startswith("{") or not who else f"{who}: {message}", cursor)


def text(message: Any) -> str:
    """A message is text, or a list of bytes where it is no UTF-8, or null where journalctl finds it too long."""
    if isinstance(message, list):
        return bytes(each for each in message if isinstance(each, int)).decode(errors="replace")
    return "" if message is None else str(message)
