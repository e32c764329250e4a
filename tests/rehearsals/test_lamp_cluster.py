"""The rehearsal of LampCluster, as pytest runs it; `refarch rehearse LampCluster` runs the same for a person."""

from __future__ import annotations

import pytest

from rehearsals.lamp_cluster import CLOCK_FACTOR, rehearse
from rehearsals.stage import on_stage


@pytest.mark.rehearsal
def test_lamp_cluster_keeps_its_promises() -> None:
    account = on_stage("LampCluster", rehearse, clock_factor=CLOCK_FACTOR)
    assert len(account.checked) >= 9
