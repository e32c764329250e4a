"""One cloud for the services that moto keeps: loading moto takes seconds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from refarch.local import LocalCloud

LOADED = "moto is loaded"


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[LocalCloud, list[int]]]:
    """A cloud of its own, which is emptied; and how often moto was loaded in it after calls of the emulator's own
    services, and then after the first calls of two of moto's."""
    with LocalCloud.start(directory=tmp_path_factory.mktemp("moto")) as cloud:
        cloud.client("sqs").list_queues()
        cloud.client("s3").list_buckets()
        loaded = [cloud.folder.log_file.read_text().count(LOADED)]
        cloud.client("guardduty").list_detectors()
        cloud.client("fsx").describe_file_systems()
        loaded.append(cloud.folder.log_file.read_text().count(LOADED))
        yield cloud, loaded


@pytest.fixture(scope="session")
def cloud(fresh: tuple[LocalCloud, list[int]]) -> LocalCloud:
    return fresh[0]
