"""The end of a run that may be redriven."""

from __future__ import annotations

import pytest

from refarch_lambdas.jobs.redrives import fail_unless_redriven

FAILURE = {"Error": "AlignFailed", "Cause": "fastq1 is cut off"}


def test_it_fails_under_the_failures_name_with_its_words() -> None:
    with pytest.raises(Exception, match=r"^fastq1 is cut off$") as caught:
        fail_unless_redriven(FAILURE, 1, 1)
    assert caught.type.__name__ == "AlignFailed"


def test_redriven_since_it_goes_on() -> None:
    assert fail_unless_redriven(FAILURE, 1, 2) == {"redrives": 2}
