"""The rehearsal of EcsSpot, as pytest runs it; `refarch rehearse EcsSpot` runs the same for a person."""

from __future__ import annotations

import pytest

from rehearsals.ecs_spot import CLOCK_FACTOR, rehearse
from rehearsals.stage import on_stage


@pytest.mark.rehearsal
def test_ecs_spot_keeps_its_promises() -> None:
    account = on_stage("EcsSpot", rehearse, clock_factor=CLOCK_FACTOR)
    assert len(account.checked) >= 34
