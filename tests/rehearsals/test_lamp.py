"""The rehearsal of Lamp, as pytest runs it; `refarch rehearse Lamp` runs the same for a person."""

from __future__ import annotations

import os

import pytest

from rehearsals.lamp import rehearse
from rehearsals.stage import on_stage


@pytest.mark.rehearsal
@pytest.mark.skipif(os.geteuid() != 0, reason="servers that change to their own users can be started by root only")
def test_lamp_keeps_its_promises() -> None:
    account = on_stage("Lamp", rehearse)
    assert len(account.checked) >= 20
