"""The rehearsal of MapReduce, as pytest runs it; `refarch rehearse MapReduce` runs the same for a person."""

from __future__ import annotations

import pytest

from rehearsals import map_reduce_existing_buckets
from rehearsals.map_reduce import rehearse
from rehearsals.stage import on_stage


@pytest.mark.rehearsal
def test_map_reduce_keeps_its_promises() -> None:
    account = on_stage("MapReduce", rehearse)
    assert len(account.checked) >= 40


@pytest.mark.rehearsal
def test_map_reduce_keeps_its_promises_on_existing_buckets() -> None:
    account = on_stage("MapReduce", map_reduce_existing_buckets.rehearse)
    assert len(account.checked) >= 8
