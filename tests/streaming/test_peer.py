"""When an origin asks the other one."""

from __future__ import annotations

import pytest

from refarch.streaming.data_plane.origin.peer import Peer


def test_a_peer_is_asked_at_once_when_something_of_ours_changes_and_only_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two origins that asked only twice a second both took the other for the better one, for up to half a second."""
    asked: list[str] = []
    peer = Peer("http://127.0.0.1:9")
    monkeypatch.setattr(peer, "ask", lambda: asked.append("now"))
    for publishing, listed in ((True, 0), (True, 0), (True, 1), (True, 1), (False, 1)):
        peer.note("live/demo", publishing, listed)
    peer.note("live/other", False, 1)
    assert len(asked) == 4
