"""Each way a job can fail: its exit code, its reason in one line, and nothing left behind, neither here nor in S3."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.rehearsal

Programs = Callable[..., dict[str, str]]


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    """Stand-ins for tools: shell scripts that come first on PATH."""

    def make(**scripts: str) -> dict[str, str]:
        folder = tmp_path / "bin"
        folder.mkdir(exist_ok=True)
        for name, script in scripts.items():
            (folder / name).write_text(f"#!/bin/sh\n{script}\n")
            (folder / name).chmod(0o755)
        return {"PATH": f"{folder}:{os.environ['PATH']}"}

    return make


def until(holds: Callable[[], Any], seconds: float = 20.0) -> None:
    limit = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < limit, "it did not come about"
        time.sleep(0.02)


def alive(pid: int) -> bool:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def test_the_tools_own_code_and_last_words_are_the_jobs(bench: Any, programs: Programs) -> None:
    environment = programs(bwa="echo indexing; echo 'no luck today' >&2; exit 42")
    ended = bench.run("bwa_align", *bench.align(bench.results), **environment)
    assert (ended.code, ended.reason) == (42, "refarch: align: bwa ended with code 42: no luck today")
    assert (bench.left_behind(), bench.keys(bench.results)) == ([], [])


def test_of_a_pipe_the_first_to_fail_is_named(bench: Any, programs: Programs) -> None:
    """bwa without a reader dies of the broken pipe; what is wrong is the sorter."""
    bwa = '[ "$1" = index ] && { for e in amb ann bwt pac sa; do echo x > "$2.$e"; done; exit 0; }; yes'
    environment = programs(bwa=bwa, samtools="echo 'sort: out of memory' >&2; exit 9")
    ended = bench.run("bwa_align", *bench.align(bench.results), **environment)
    assert (ended.code, ended.reason) == (9, "refarch: align: samtools ended with code 9: sort: out of memory")


def test_a_killed_tool_is_told_as_a_shell_tells_it(bench: Any, programs: Programs) -> None:
    ended = bench.run("bwa_align", *bench.align(bench.results), **programs(bwa="kill -9 $$"))
    assert (ended.code, ended.reason) == (137, "refarch: align: bwa ended with code 137, and said nothing")


def test_a_tool_that_is_not_there(bench: Any) -> None:
    ended = bench.run("isaac_align", *bench.align(bench.results, reference_s3_path=isaac_reference(bench)))
    assert ended.code == 127
    assert "isaac-align cannot be started" in ended.reason


def test_a_tool_that_leaves_nothing_has_failed(bench: Any, programs: Programs) -> None:
    given = bench.align(bench.results, reference_s3_path=isaac_reference(bench))
    ended = bench.run("isaac_align", *given, **programs(**{"isaac-align": "exit 0"}))
    assert (ended.code, bench.keys(bench.results)) == (1, [])
    assert "the tool ended well, but left no sorted.bam" in ended.reason


def isaac_reference(bench: Any) -> str:
    bench.put("isaac/sorted-reference.xml", b"<File>/scratch/genome.fa</File>")
    bench.put("isaac/genome.fa", b">chr1\nACGT\n")
    return str(bench.uri("isaac/"))


@pytest.mark.parametrize("cut", [0.5, 0.999])
def test_a_truncated_fastq(bench: Any, cut: float) -> None:
    """BWA itself aligns the half that is there, and notices at the end."""
    whole = bench.data.samples["S1"].fastq2.read_bytes()
    broken = bench.put("data/broken_2.fastq.gz", whole[: int(len(whole) * cut)])
    ended = bench.run("bwa_align", *bench.align(bench.results, fastq2_s3_path=broken))
    assert (ended.code, bench.left_behind(), bench.keys(bench.results)) == (3, [], [])
    assert ended.reason == f"refarch: align: {broken}: its compressed data are cut off: the file is truncated"


def test_files_that_are_no_pair(bench: Any) -> None:
    """BWA itself warns, leaves the other reads out, and ends with 0."""
    other = bench.put("data/other_2.fastq", b"@r\nACGT\n+\nIIII\n")
    ended = bench.run("bwa_align", *bench.align(bench.results, fastq2_s3_path=other))
    assert ended.code == 3
    assert "it has 1 reads, but" in ended.reason


@pytest.mark.parametrize(
    ("flag", "key", "said"),
    [
        ("reference_s3_path", "data/no.fa", "there is no such object"),
        ("fastq1_s3_path", "data/none.gz", "there is no such object"),
        ("reference_s3_path", "data/S1_1.fastq.gz", "this reference is no FASTA"),
    ],
)
def test_a_missing_or_wrong_input(bench: Any, flag: str, key: str, said: str) -> None:
    ended = bench.run("bwa_align", *bench.align(bench.results, **{flag: bench.uri(key)}))
    assert (ended.code, bench.left_behind()) == (3, [])
    assert ended.reason.startswith(f"refarch: align: {bench.uri(key)}: {said}")


def test_an_empty_input_and_a_missing_bucket(bench: Any) -> None:
    empty = bench.put("data/empty.fastq.gz", b"")
    assert "the object is empty" in bench.run("bwa_align", *bench.align(bench.results, fastq1_s3_path=empty)).reason
    gone = bench.run("bwa_align", *bench.align(bench.results, fastq1_s3_path="s3://no-such-bucket-here/x.gz"))
    assert (gone.code, "no-such-bucket-here" in gone.reason) == (3, True)


def test_a_reference_and_an_index_that_do_not_belong_together(bench: Any, aligned: str) -> None:
    other = bench.put("data/other.fai", b"chrX\t100\t6\t60\t61\n")
    ended = bench.run("bcftools_call", *bench.call(bench.results, aligned, reference_index_s3_path=other))
    assert ended.code == 3
    assert "this index begins with 'chrX', its reference with 'chr1'" in ended.reason


def test_a_truncated_bam(bench: Any, aligned: str) -> None:
    half = bench.put("cut/sorted.bam", bench.read(f"{aligned}/sorted.bam")[:-30])
    ended = bench.run("bcftools_call", *bench.call(bench.results, aligned, bam_s3_path=half))
    assert (ended.code, ended.reason) == (3, f"refarch: call: {half}: this BAM is cut off: its end marker is missing")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"fastq1_s3_path": "s3://bucket/fastq/ S1.gz"}, "it has a space in it"),
        ({"fastq1_s3_path": "/data/S1.gz"}, "does not begin with s3://"),
        ({"cmd_args": " —exome "}, "typographic dash"),
        ({"memory": "lots"}, "no number of GiB"),
    ],
)
def test_bad_arguments_end_before_anything_is_fetched(bench: Any, change: dict[str, str], said: str) -> None:
    ended = bench.run("isaac_align", *bench.align(bench.results, **change))
    assert ended.code == 2
    assert said in ended.reason
    assert ended.output == ""


def test_a_scratch_volume_that_is_not_mounted_is_never_replaced_by_another(bench: Any, tmp_path: Path) -> None:
    given = [*bench.align(bench.results), "--working_dir", str(tmp_path / "nowhere")]
    ended = bench.run("bwa_align", *given)
    assert (ended.code, list(tmp_path.glob("refarch-*"))) == (2, [])
    assert "is the volume mounted?" in ended.reason


@pytest.fixture
def small_volume(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=700k", "tmpfs", folder], capture_output=True)
    if mounted.returncode:
        pytest.skip("a volume of its own cannot be mounted here")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_volume_that_has_no_room_for_the_inputs(bench: Any, small_volume: Path) -> None:
    ended = bench.run("bwa_align", *bench.align(bench.results), "--working_dir", str(small_volume))
    assert (ended.code, list(small_volume.iterdir())) == (4, [])
    assert ended.reason.startswith("refarch: align: the scratch volume is full: bwa on ")


def test_a_volume_that_a_tool_fills(bench: Any, aligned: str, small_volume: Path, programs: Programs) -> None:
    filling = "head -c 5000000 /dev/zero"
    given = ["--bam_s3_path", f"{aligned}/sorted.bam", "--reference_s3_path", bench.uri("data/reference.fa")]
    given += ["--bam_stats_s3_path", f"{bench.results}/stats", "--working_dir", str(small_volume)]
    ended = bench.run("samtools_stats", *given, **programs(samtools=filling))
    assert (ended.code, list(small_volume.iterdir()), bench.keys(bench.results)) == (4, [], [])
    assert "No space left on device" in ended.reason


def test_a_limit_on_the_size_of_files_counts_as_a_full_volume(bench: Any) -> None:
    """As a quota does; and the download is what meets it."""
    flags = bench.align(bench.results)
    command = ["prlimit", "--fsize=30000", "--", "sh", "-c", 'exec "$@"', "sh"]
    python = bench.start("bwa_align", "--help").args[0]
    command += [python, "-m", "refarch.genomics.jobs.bwa_align", *flags, "--working_dir", str(bench.scratch)]
    done = subprocess.run(command, env=bench.environment(), capture_output=True, text=True)
    assert (done.returncode, bench.left_behind()) == (4, [])
    assert "the scratch volume is full" in done.stderr.splitlines()[-1]


def test_stopped_in_the_middle_it_ends_its_tools_and_cleans_up(bench: Any, programs: Programs, tmp_path: Path) -> None:
    """As on a Spot reclaim, a timeout or an abort: SIGTERM, and thirty seconds."""
    note = tmp_path / "pids"
    script = f"trap '' TERM; sleep 300 & echo $$ $! > {note}.new; mv {note}.new {note}; wait; sleep 300"
    process = bench.start("bwa_align", *bench.align(bench.results), **programs(bwa=script))
    until(note.exists)
    pids = [int(pid) for pid in note.read_text().split()]
    assert all(alive(pid) for pid in pids)
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 143
    assert errors.strip().splitlines()[-1].startswith("refarch: align: stopped by SIGTERM")
    assert (bench.left_behind(), bench.keys(bench.results)) == ([], [])
    until(lambda: not any(alive(pid) for pid in pids))


class Stalled(BaseHTTPRequestHandler):
    """An S3 that tells of an object, sends its beginning, and then nothing."""

    protocol_version = "HTTP/1.1"
    asked = threading.Event()
    end = threading.Event()

    def do_HEAD(self) -> None:
        self._begin(200, 30_000_000)

    def do_GET(self) -> None:
        if "list-type" in self.path:
            body = b"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
            self._begin(200, len(body))
            self.wfile.write(body)
            return
        self._begin(206, 8 * 1024 * 1024)
        self.wfile.write(b"@")
        self.asked.set()
        self.end.wait(60)

    def _begin(self, status: int, length: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(length))
        self.send_header("ETag", '"x"')
        self.end_headers()

    def log_message(self, *_arguments: Any) -> None:
        """Nothing: the test's output is for the test."""


def test_stopped_while_s3_does_not_answer_it_ends_in_time(bench: Any) -> None:
    """boto3 waits a minute for its threads; after thirty seconds ECS kills the job, and its data would stay."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stalled)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    process = bench.start("bwa_align", *bench.align(bench.results), AWS_ENDPOINT_URL=endpoint)
    try:
        assert Stalled.asked.wait(30)
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=25)
    finally:
        Stalled.end.set()
        process.kill()
        server.shutdown()
        server.server_close()
    assert (process.returncode, bench.left_behind()) == (143, [])
    assert "stopped by SIGTERM" in errors


def test_killed_at_once_its_tool_goes_with_it_and_the_next_job_sweeps_up(
    bench: Any, programs: Programs, tmp_path: Path
) -> None:
    note = tmp_path / "pid"
    script = f"echo $$ > {note}.new; mv {note}.new {note}; exec sleep 300"
    environment = programs(bwa=script)
    process = bench.start("bwa_align", *bench.align(bench.results), **environment)
    until(note.exists)
    process.kill()
    process.communicate(timeout=30)
    until(lambda: not alive(int(note.read_text())))
    (left,) = bench.scratch.iterdir()
    os.utime(left / ".lock", (0, 0))
    programs(bwa="exit 1")
    bench.run("bwa_align", *bench.align(bench.results), **environment)
    assert bench.left_behind() == []


def test_two_jobs_in_one_scratch_root_do_not_meet(bench: Any, programs: Programs, tmp_path: Path) -> None:
    """In the original the one that failed deleted the other's data with the shared folder."""
    note, go_on = tmp_path / "there", tmp_path / "go-on"
    waits = f"pwd > {note}; while [ ! -e {go_on} ]; do sleep 0.05; done; exit 7"
    first = bench.start("bwa_align", *bench.align(bench.results), **programs(bwa=waits))
    until(note.exists)
    programs(bwa="exit 1")
    second = bench.run("bwa_align", *bench.align(bench.results), PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    assert second.code == 1
    assert len(bench.left_behind()) == 1
    assert sorted(path.name for path in Path(note.read_text().strip(), "fastq").iterdir()) == [
        "lane1_read1.fastq.gz",
        "lane1_read2.fastq.gz",
    ]
    go_on.touch()
    first.communicate(timeout=30)
    assert (first.returncode, bench.left_behind()) == (7, [])
