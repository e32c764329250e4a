"""Serve, withhold or end: what an origin does as it sees itself and the other one."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refarch.streaming.data_plane.origin.decision import OwnView, PeerView, Verdict, decide, gives_way

LIMITS = {"late_after": 3.0, "end_after": 10.0}
LIVE = OwnView(publishing=True, packaging=True, serving=True, listed=10, last=100, silent=1.0)
PEER = PeerView(publishing=True, serving=True, listed=10, last=100, offset=0)
NOBODY = PeerView()

CASES = [
    ("all is well", {}, PEER, Verdict.SERVE),
    ("alone", {}, None, Verdict.SERVE),
    ("nothing yet", {"listed": 0, "last": None}, None, Verdict.WITHHOLD),
    ("the encoder is cut off, the peer has it", {"publishing": False}, PEER, Verdict.WITHHOLD),
    ("the encoder is cut off, the peer is gone", {"publishing": False}, None, Verdict.SERVE),
    ("both lost the encoder", {"publishing": False}, dataclasses.replace(PEER, publishing=False), Verdict.SERVE),
    ("the end", {"publishing": False, "silent": 11}, NOBODY, Verdict.END),
    ("the end, alone", {"publishing": False, "silent": 11}, None, Verdict.END),
    ("we lost it long ago, the peer starts again", {"publishing": False, "silent": 11}, PEER, Verdict.WITHHOLD),
    ("frozen link, the peer goes on", {"silent": 3.5}, dataclasses.replace(PEER, last=101), Verdict.WITHHOLD),
    ("slow encoder, both wait", {"silent": 3.5}, PEER, Verdict.SERVE),
    ("the packager crashed", {"packaging": False}, PEER, Verdict.WITHHOLD),
    ("the packager crashed, nobody else", {"packaging": False}, NOBODY, Verdict.SERVE),
    ("nothing comes out for long, alone", {"silent": 11}, None, Verdict.WITHHOLD),
    ("joining, the list is short", {"serving": False, "listed": 3}, PEER, Verdict.WITHHOLD),
    ("joining, behind", {"serving": False, "last": 97}, PEER, Verdict.WITHHOLD),
    ("joining, up to date but one", {"serving": False, "last": 99}, PEER, Verdict.SERVE),
]


@pytest.mark.parametrize(("what", "own", "peer", "expected"), CASES, ids=[case[0] for case in CASES])
def test_what_an_origin_does(what: str, own: dict[str, float], peer: PeerView | None, expected: Verdict) -> None:
    assert decide(dataclasses.replace(LIVE, **own), peer, **LIMITS) is expected


owns = st.builds(
    OwnView,
    publishing=st.booleans(),
    packaging=st.booleans(),
    serving=st.just(True),
    listed=st.integers(1, 10),
    last=st.integers(90, 100),
    silent=st.floats(0, 9),
)


@given(owns, owns)
def test_two_that_serve_never_withhold_both_unless_both_see_a_better_one(one: OwnView, other: OwnView) -> None:
    """With packagers at work on both, at most one gives way: a viewer always has somewhere to go."""
    verdicts = [
        decide(own, PeerView(peer.publishing, True, peer.listed, peer.last), **LIMITS)
        for own, peer in ((one, other), (other, one))
    ]
    working = one.packaging and other.packaging and one.publishing and other.publishing
    if working and (one.listed == other.listed or one.last == other.last):
        assert verdicts != [Verdict.WITHHOLD, Verdict.WITHHOLD]


@given(st.integers(-1, 1), st.integers(-1, 1))
def test_of_two_that_start_at_once_exactly_one_gives_way(offsets: int, firsts: int) -> None:
    one, other = (0, 100), (2000 * offsets, 100 + firsts)
    answers = [
        gives_way(*own, PeerView(offset=theirs[0], first=theirs[1]), 2000)
        for own, theirs in ((one, other), (other, one))
    ]
    assert sum(answers) == (0 if one == other else 1)


@pytest.mark.parametrize("peer", [None, NOBODY, PeerView(offset=0, first=500), PeerView(offset=90_000, first=101)])
def test_nobody_gives_way_to_another_event(peer: PeerView | None) -> None:
    assert not gives_way(0, 100, peer, 2000)
