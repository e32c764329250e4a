"""The rehearsal of Genomics, as pytest runs it; `refarch rehearse Genomics` runs the same for a person."""

from __future__ import annotations

import pytest

from rehearsals.genomics import rehearse
from rehearsals.stage import on_stage


@pytest.mark.rehearsal
def test_genomics_keeps_its_promises() -> None:
    account = on_stage("Genomics", rehearse)
    assert len(account.checked) >= 50
