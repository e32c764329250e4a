"""The rehearsal of SpotInterruption, as pytest runs it; `refarch rehearse SpotInterruption` is for a person."""

from __future__ import annotations

import pytest

from rehearsals.spot_interruption import CLOCK_FACTOR, rehearse
from rehearsals.stage import on_stage


@pytest.mark.rehearsal
def test_spot_interruption_keeps_its_promises() -> None:
    account = on_stage("SpotInterruption", rehearse, clock_factor=CLOCK_FACTOR)
    assert len(account.checked) >= 9
