"""What viewers lived through, read from an edge's access log: ``python -m refarch.streaming.player.client_log FILE``.

Players put CMCD (CTA-5004) into the address of each request, and send events of their own to /beacon in the same form:
start (milliseconds to the first picture), stall (how long), switch (kbit/s), failure (what), reload, end. The edge
writes all of it into `edge-access.log`; nothing else is kept, and a session's id is new for each page that is opened.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote

HLS = "application/vnd.apple.mpegurl"
EVENT, MILLISECONDS, WHAT = "refarch-event", "refarch-ms", "refarch-what"
_PAIR = re.compile(r'([A-Za-z0-9.-]+)(?:=("(?:[^"\\]|\\.)*"|[^,]*))?(?:,|$)')


@dataclass
class Session:
    """One viewing: what was asked for, and what became of it. Times in milliseconds."""

    content: str = ""
    requests: int = 0
    start_ms: int | None = None
    stalls_ms: list[int] = field(default_factory=list)
    switches_kbit: list[int] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    reloads: int = 0
    starved: int = 0
    """Requests that hls.js marked with `bs`: the buffer had run dry since the one before."""


def parse(value: str) -> dict[str, str | int | bool]:
    """The keys of one CMCD argument, still encoded as in the log. A key without a value is true."""
    found: dict[str, str | int | bool] = {}
    for name, text in _PAIR.findall(unquote(value)):
        if text.startswith('"'):
            found[name] = text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
        else:
            found[name] = int(text) if re.fullmatch(r"-?\d+", text) else text or True
    return found


def sessions(lines: Iterable[str]) -> dict[str, Session]:
    """Session id → what it lived through. Lines without CMCD, or cut off, are passed over."""
    found: dict[str, Session] = {}
    for line in lines:
        keys = parse(_argument(line))
        if isinstance(sid := keys.get("sid"), str):
            _add(found.setdefault(sid, Session()), keys)
    return found


def report(found: Mapping[str, Session]) -> str:
    """One line a session."""
    head = f"{'session':36}  {'stream':16}  {'start ms':>8}  {'stalls':>6}  {'ms':>7}  switches  failures"
    rows = [
        f"{sid[:36]:36}  {each.content[:16]:16}  {'-' if each.start_ms is None else each.start_ms:>8}  "
        f"{len(each.stalls_ms):>6}  {sum(each.stalls_ms):>7}  {len(each.switches_kbit):>8}  {','.join(each.failures)}"
        for sid, each in found.items()
    ]
    return "\n".join([head, *rows])


def _argument(line: str) -> str:
    try:
        entry = json.loads(line)
    except ValueError:
        return ""
    value = entry.get("cmcd") if isinstance(entry, dict) else None
    return value if isinstance(value, str) else ""


def _add(session: Session, keys: Mapping[str, str | int | bool]) -> None:
    session.content = str(keys.get("cid", session.content))
    event = keys.get(EVENT)
    milliseconds = keys.get(MILLISECONDS)
    if event is None:
        session.requests += 1
        session.starved += bool(keys.get("bs"))
    elif event == "start" and isinstance(milliseconds, int):
        session.start_ms = milliseconds
    elif event == "stall" and isinstance(milliseconds, int):
        session.stalls_ms.append(milliseconds)
    elif event == "switch" and isinstance(rate := keys.get("br"), int):
        session.switches_kbit.append(rate)
    elif event == "failure":
        session.failures.append(str(keys.get(WHAT, "")))
    elif event == "reload":
        session.reloads += 1


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        print("usage: python -m refarch.streaming.player.client_log edge-access.log", file=sys.stderr)
        return 2
    with Path(arguments[0]).open() as lines:
        print(report(sessions(lines)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
