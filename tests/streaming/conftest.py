"""The programs that the tests of streaming run for real: nginx with its RTMP module, and ffmpeg."""

from __future__ import annotations

import pytest

from rehearsals.programs import need


@pytest.fixture(scope="session")
def programs() -> None:
    need("streaming")
