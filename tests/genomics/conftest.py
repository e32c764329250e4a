"""The jobs run as on AWS: real tools, files in S3 (the local cloud's), one process a job."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from refarch.genomics.synthetic import Dataset, make
from refarch.genomics.synthetic.database import build_database
from refarch.local import LocalCloud
from rehearsals.programs import need

FINGERPRINT = "0123abcd"


@dataclass(frozen=True)
class Ended:
    """How a job ended."""

    code: int
    output: str
    reason: str


class Bench:
    """A bucket with a data set, a scratch volume, and jobs that run on them."""

    def __init__(self, cloud: LocalCloud, bucket: str, data: Dataset, scratch: Path) -> None:
        self.cloud, self.bucket, self.data, self.scratch = cloud, bucket, data, scratch
        self.s3 = cloud.client("s3")
        self.results = f"s3://{bucket}/results/{uuid.uuid4().hex[:8]}"

    def uri(self, key: str) -> str:
        return f"s3://{self.bucket}/{key}"

    def start(self, module: str, *flags: str, **environment: str) -> subprocess.Popen[str]:
        surroundings = self.environment() | environment
        command = [sys.executable, "-m", f"refarch.genomics.jobs.{module}", *flags]
        if "--working_dir" not in flags:
            command += ["--working_dir", str(self.scratch)]
        return subprocess.Popen(command, env=surroundings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def run(self, module: str, *flags: str, **environment: str) -> Ended:
        process = self.start(module, *flags, **environment)
        output, errors = process.communicate(timeout=120)
        lines = [line for line in errors.splitlines() if line.startswith("refarch: ")]
        return Ended(process.returncode, output, lines[-1] if lines else errors)

    def environment(self) -> dict[str, str]:
        own = {"REFARCH_SAMPLE_ID": "S1", "REFARCH_VCPUS": "2", "REFARCH_MEMORY_MIB": "1000"}
        return (
            dict(os.environ) | {"AWS_ENDPOINT_URL": self.cloud.endpoint_url, "REFARCH_FINGERPRINT": FINGERPRINT} | own
        )

    def put(self, key: str, body: bytes) -> str:
        self.s3.put_object(Bucket=self.bucket, Key=key, Body=body)
        return self.uri(key)

    def keys(self, folder: str) -> list[str]:
        """Names below a folder given by its URI."""
        prefix = folder.removeprefix(f"s3://{self.bucket}/").rstrip("/") + "/"
        listed = self.s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix).get("Contents", [])
        return [entry["Key"].removeprefix(prefix) for entry in listed]

    def head(self, uri: str) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.s3.head_object(Bucket=self.bucket, Key=uri.removeprefix(f"s3://{self.bucket}/"))
        return found

    def read(self, uri: str) -> bytes:
        key = uri.removeprefix(f"s3://{self.bucket}/")
        return bytes(self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read())

    def align(self, folder: str, **changes: str) -> Sequence[str]:
        given = {
            "bam_s3_folder_path": folder,
            "fastq1_s3_path": self.uri("data/S1_1.fastq.gz"),
            "fastq2_s3_path": self.uri("data/S1_2.fastq.gz"),
            "reference_s3_path": self.uri("data/reference.fa"),
        }
        return flags(given | changes)

    def call(self, folder: str, bam: str, **changes: str) -> Sequence[str]:
        given = {
            "bam_s3_path": f"{bam}/sorted.bam",
            "bai_s3_path": f"{bam}/sorted.bam.bai",
            "reference_s3_path": self.uri("data/reference.fa"),
            "reference_index_s3_path": " ",
            "vcf_s3_path": folder,
            "cmd_args": " ",
        }
        return flags(given | changes)

    def left_behind(self) -> list[str]:
        return [path.name for path in self.scratch.iterdir()]


def flags(given: Mapping[str, str]) -> list[str]:
    return [word for name, value in given.items() for word in (f"--{name}", value)]


def until(holds: Any, seconds: float = 20.0) -> None:
    limit = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < limit, "it did not come about"
        time.sleep(0.02)


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return make(tmp_path_factory.mktemp("data"), seed=7, genome_length=24_000, variants=24, samples=("S1",))


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalCloud]:
    with LocalCloud.start(directory=tmp_path_factory.mktemp("cloud")) as running:
        yield running


@pytest.fixture(scope="session")
def loaded(cloud: LocalCloud, data: Dataset) -> str:
    """A bucket with the data set and a snpEff database."""
    need("genomics")
    bucket = f"genomics-{uuid.uuid4().hex[:8]}"
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=bucket)
    database = build_database(data.folder / "database", "demo", reference=data.reference, annotation=data.annotation)
    sample = data.samples["S1"]
    for path in (data.reference, data.reference_index, sample.fastq1, sample.fastq2):
        s3.upload_file(str(path), bucket, f"data/{path.name}")
    for path in (path for path in database.rglob("*") if path.is_file()):
        s3.upload_file(str(path), bucket, f"database/{path.relative_to(database)}")
    return bucket


@pytest.fixture
def bench(cloud: LocalCloud, loaded: str, data: Dataset, tmp_path: Path) -> Bench:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    return Bench(cloud, loaded, data, scratch)


@pytest.fixture(scope="session")
def aligned(cloud: LocalCloud, loaded: str, data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a BAM that the real aligner made."""
    bench = Bench(cloud, loaded, data, tmp_path_factory.mktemp("scratch"))
    folder = bench.uri("aligned/S1/bam")
    ended = bench.run("bwa_align", *bench.align(folder))
    assert ended.code == 0, ended
    return folder


def stop(process: subprocess.Popen[str]) -> Ended:
    process.send_signal(signal.SIGTERM)
    output, errors = process.communicate(timeout=30)
    return Ended(process.returncode, output, errors.strip().splitlines()[-1])
