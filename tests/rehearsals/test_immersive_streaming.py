"""The rehearsal of ImmersiveStreaming, as pytest runs it; `refarch rehearse ImmersiveStreaming` is for a person."""

from __future__ import annotations

import pytest

from rehearsals.immersive_streaming import CLOCK_FACTOR, rehearse
from rehearsals.stage import on_stage


@pytest.mark.rehearsal
def test_immersive_streaming_keeps_its_promises() -> None:
    account = on_stage("ImmersiveStreaming", rehearse, clock_factor=CLOCK_FACTOR)
    assert len(account.checked) >= 25
