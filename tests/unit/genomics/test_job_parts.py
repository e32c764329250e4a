"""Decisions of the jobs, alone: limits, batches, checks of files, scratch folders."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refarch.genomics.jobs import checks, scratch
from refarch.genomics.jobs.failures import JobFailure
from refarch.genomics.jobs.limits import Limits, find_limits
from refarch.genomics.jobs.regions import bed, share
from refarch.genomics.jobs.storage import upload_settings


def nothing(_name: str) -> str:
    return ""


def test_the_posts_sizes_give_the_posts_memory() -> None:
    assert Limits(vcpus=32, memory_mib=80_000).tool_gib == 76
    assert Limits(vcpus=32, memory_mib=32_000).tool_gib == 30
    assert Limits(vcpus=4, memory_mib=10_000).heap_mib == 8_000


@given(st.integers(1, 192), st.integers(4, 2_000_000))
def test_no_tool_is_told_to_use_more_than_the_job_has(vcpus: int, memory: int) -> None:
    limits = Limits(vcpus=vcpus, memory_mib=memory)
    assert limits.tool_gib * 1024 <= max(memory, 1024)
    assert limits.heap_mib <= max(memory, 64)
    threads = max(1, vcpus // 4)
    assert limits.sort_mib(threads) * threads <= max(memory / 3, 64 * threads)


def test_limits_are_told_by_the_definition() -> None:
    told = {"REFARCH_VCPUS": "0.5", "REFARCH_MEMORY_MIB": "2048"}
    assert find_limits(told, nothing, nothing) == Limits(vcpus=1, memory_mib=2048)


def test_else_ecs_knows_them() -> None:
    answer = json.dumps({"Limits": {"CPU": 4096, "Memory": 7000}})
    environment = {"ECS_CONTAINER_METADATA_URI_V4": "http://169.254.170.2/v4/x", "REFARCH_VCPUS": "many"}
    assert find_limits(environment, nothing, lambda _address: answer) == Limits(vcpus=4, memory_mib=7000)


def test_else_the_control_group_and_at_last_the_machine() -> None:
    files = {"cpu.max": "300000 100000\n", "memory.max": "1073741824\n"}
    assert find_limits({}, files.__getitem__, nothing) == Limits(vcpus=3, memory_mib=1024)
    unlimited = {"cpu.max": "max 100000\n", "memory.max": "max\n"}
    machine = find_limits({}, unlimited.__getitem__, nothing)
    assert machine.vcpus == (os.cpu_count() or 1)
    assert machine.memory_mib > 256


def test_an_agent_that_does_not_answer_is_no_reason_to_fail() -> None:
    def broken(_address: str) -> str:
        raise OSError("refused")

    environment = {"ECS_CONTAINER_METADATA_URI_V4": "http://169.254.170.2/v4/x"}
    files = {"cpu.max": "100000 100000\n", "memory.max": "1073741824\n"}
    assert find_limits(environment, files.__getitem__, broken) == Limits(vcpus=1, memory_mib=1024)


@given(st.dictionaries(st.text("abc123", min_size=1), st.integers(1, 10**9), min_size=1), st.integers(1, 96))
def test_batches_hold_every_sequence_once_and_in_order(lengths: dict[str, int], vcpus: int) -> None:
    batches = share(lengths, vcpus)
    assert [name for batch in batches for name in batch] == list(lengths)
    assert all(batches)
    assert len(batches) <= max(1, 2 * vcpus) + 1


def test_batches_are_of_about_one_length() -> None:
    """As a human genome: a few long sequences, then thousands of short ones."""
    lengths = {f"chr{number}": 250_000_000 - 8_000_000 * number for number in range(1, 25)}
    lengths |= {f"scaffold{number}": 30_000 for number in range(3_000)}
    sizes = [sum(lengths[name] for name in batch) for batch in share(lengths, 8)]
    assert 10 <= len(sizes) <= 17
    assert max(sizes) <= 2.2 * sum(sizes) / 16
    assert share(lengths, 1) == [list(lengths)]
    assert bed(["chr1"], lengths) == "chr1\t0\t242000000\n"


READ = b"@r\nACGT\n+\nIIII\n"


@pytest.mark.parametrize(
    "body",
    [READ * 3, gzip.compress(READ * 3), gzip.compress(READ) + gzip.compress(READ * 2), (READ * 3).rstrip(b"\n")],
    ids=["plain", "gzip", "joined lanes", "no newline at the end"],
)
def test_reads_are_counted(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "x").write_bytes(body)
    assert checks.count_reads(tmp_path / "x") == 3


@given(st.integers(1, 400))
def test_no_cut_of_a_compressed_fastq_goes_unseen(kept: int) -> None:
    whole = gzip.compress(READ * 50, 1) + gzip.compress(b"".join(b"@%d\nAC\n+\nII\n" % n for n in range(200)), 1)
    first = len(gzip.compress(READ * 50, 1))
    size = min(kept * 3, len(whole) - 1)
    path = Path(tempfile.mkstemp()[1])
    try:
        path.write_bytes(whole[:size])
        if size == first:  # a whole file of fewer reads: told by the other file of the pair
            assert checks.count_reads(path) == 50
        else:
            with pytest.raises(checks.Damaged):
                checks.count_reads(path)
    finally:
        path.unlink()


@pytest.mark.parametrize(
    "body",
    [b"", b">chr1\nACGT\n", READ[:-6], gzip.compress(READ)[:-9] + b"damaged!!"],
    ids=["nothing", "another format", "cut off", "damaged"],
)
def test_what_is_no_fastq(tmp_path: Path, body: bytes) -> None:
    (tmp_path / "x").write_bytes(body)
    with pytest.raises(checks.Damaged):
        checks.count_reads(tmp_path / "x")


def test_vcf_files_are_looked_into(tmp_path: Path) -> None:
    path = tmp_path / "x.vcf.gz"
    for body, said in [(b"garbage\n", "no VCF"), (gzip.compress(b"##fileformat=VCFv4.2\n" * 9)[:-4], "truncated")]:
        path.write_bytes(body)
        with pytest.raises(JobFailure, match=said):
            checks.check_vcf(path, "s3://b/x.vcf.gz")


def test_a_job_that_lives_keeps_its_folder(tmp_path: Path) -> None:
    with scratch.private_folder(tmp_path, "job-1") as folder:
        assert folder.name.startswith("refarch-job-1-")
        os.utime(folder / ".lock", (0, 0))
        assert scratch.sweep(tmp_path) == []
        with scratch.private_folder(tmp_path, "job-2") as second:
            assert {path.name for path in tmp_path.iterdir()} == {folder.name, second.name}
    assert list(tmp_path.iterdir()) == []


def test_only_folders_of_jobs_are_swept(tmp_path: Path) -> None:
    (tmp_path / "lost+found").mkdir()
    dead = tmp_path / "refarch-dead"
    dead.mkdir()
    (dead / ".lock").touch()
    assert scratch.sweep(tmp_path) == []  # it may just be starting
    os.utime(dead / ".lock", (0, 0))
    assert scratch.sweep(tmp_path) == [dead]
    assert [path.name for path in tmp_path.iterdir()] == ["lost+found"]


def test_uploads_are_always_encrypted() -> None:
    assert upload_settings({}) == {"ServerSideEncryption": "AES256"}
    told = {"REFARCH_SSE": "aws:kms", "REFARCH_SSE_KMS_KEY_ID": "key", "REFARCH_FINGERPRINT": "f1"}
    assert upload_settings(told) == {
        "ServerSideEncryption": "aws:kms",
        "SSEKMSKeyId": "key",
        "Metadata": {"refarch-fingerprint": "f1"},
    }


def test_the_jobs_load_nothing_that_an_image_has_not() -> None:
    code = "import refarch.genomics.jobs.bwa_align, refarch.genomics.jobs.snpeff_annotate, sys;"
    code += "loaded = {name.partition('.')[0] for name in sys.modules};"
    code += "print(sorted(loaded & {'aws_cdk', 'jsii', 'click', 'rich', 'refarch_lambdas'}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "['refarch_lambdas']"
