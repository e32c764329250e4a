"""Whether an origin serves a stream, withholds it, or closes it. A decision: no file, no clock, no network in here.

Withholding (404) sends the edge to the other origin, so an origin withholds only what the other one has better. Where
neither has an encoder, both keep the last playlist for a while and then close it: players play to the end and stop.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    SERVE = "serve"
    WITHHOLD = "withhold"
    END = "end"


@dataclass(frozen=True)
class PeerView:
    """What the other origin says about a stream."""

    publishing: bool = False
    serving: bool = False
    listed: int = 0
    last: int | None = None
    offset: int | None = None
    first: int | None = None
    """The fragment its packager began with."""
    bandwidth: int = 0


@dataclass(frozen=True)
class OwnView:
    """This origin's side of a stream. `silent`: seconds since its newest segment was listed."""

    publishing: bool
    packaging: bool
    serving: bool
    listed: int
    last: int | None
    silent: float


def gives_way(own_offset: int, own_first: int, peer: PeerView | None, fragment: int) -> bool:
    """Whether a packager that has listed nothing yet starts again as the peer's started.

    Both start at the same moment and cannot know of each other: then their offsets may differ by a fragment, and their
    first fragments too. The larger offset counts, then the later start; never one that is far off (another event).
    """
    if peer is None or peer.offset is None or peer.first is None:
        return False
    ours, theirs = (own_offset, own_first), (peer.offset, peer.first)
    near = abs(peer.offset - own_offset) <= 2 * fragment and abs(peer.first - own_first) <= 3
    return near and theirs > ours


def decide(own: OwnView, peer: PeerView | None, *, late_after: float, end_after: float) -> Verdict:
    """`peer` is None where there is no other origin, or it does not answer.

    `late_after`: seconds without a new segment after which one is late. `end_after`: after which an event without an
    encoder has ended.
    """
    if own.last is None or not own.listed:
        return Verdict.WITHHOLD
    if peer is not None and peer.serving and peer.last is not None and _is_better(own, peer, peer.last, late_after):
        return Verdict.WITHHOLD
    if own.silent <= end_after:
        return Verdict.SERVE
    # An encoder is there, but nothing comes out: a stale list is worse than none.
    if own.publishing:
        return Verdict.WITHHOLD
    return Verdict.WITHHOLD if peer is not None and peer.publishing else Verdict.END


def _is_better(own: OwnView, peer: PeerView, last: int, late_after: float) -> bool:
    """Whether the peer, which serves, has the stream better than we have.

    Every comparison is strict, with numbers that only grow, so never do both origins withhold at once for long.
    """
    assert own.last is not None
    if not own.publishing:
        return peer.publishing or last > own.last
    # A shorter list gives way: it would make players skip, and back on the longer one, the list would begin earlier.
    if not own.packaging or peer.listed > own.listed:
        return True
    if not own.serving:
        return last - own.last > 1
    return own.silent > late_after and last > own.last
