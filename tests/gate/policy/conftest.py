"""Our own catalogue, synthesized once for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacks.app_factory import build_app


@pytest.fixture(scope="session")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cloud assembly of every stack, with its metadata."""
    folder = tmp_path_factory.mktemp("catalogue")
    build_app(outdir=str(folder)).synth()
    return folder
