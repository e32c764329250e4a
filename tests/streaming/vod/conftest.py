"""A local cloud for the tests of videos, and films to give it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from refarch.local import LocalCloud, adapter
from rehearsals.programs import need
from rehearsals.vod_processes import VodSite, film

if adapter.installed_version() is None:
    collect_ignore_glob = ["test_*.py"]  # without the extra `local` there is nothing to test


@pytest.fixture(scope="session")
def vod_cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    need("streaming")
    with LocalCloud.start(directory=tmp_path_factory.mktemp("vod-cloud")) as cloud:
        yield cloud


@pytest.fixture
def site(vod_cloud: LocalCloud, tmp_path: Path) -> Iterator[VodSite]:
    made = VodSite(vod_cloud, tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="session")
def short_film(vod_cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds."""
    return film(tmp_path_factory.mktemp("films") / "short.mp4", 3)


@pytest.fixture(scope="session")
def long_film(vod_cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Long enough to be killed in: its encoding takes seconds."""
    return film(tmp_path_factory.mktemp("films") / "long.mp4", 40, size="640x320")


@pytest.fixture(scope="session")
def hour_film(vod_cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Longer to encode than any notice takes to be seen, on any machine; nobody encodes it to its end."""
    return film(tmp_path_factory.mktemp("films") / "hour.mp4", 400, size="640x320")
