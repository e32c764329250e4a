"""The frame around every tool: stage in, check, run, stage out, clean up, and say in one line why it failed."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from refarch.genomics.jobs import checks, tool
from refarch.genomics.jobs.failures import NO_ROOM, STOPPED, JobFailure, Stop, scratch_full
from refarch.genomics.jobs.limits import find_limits
from refarch.genomics.jobs.processes import run_all
from refarch.genomics.jobs.scratch import check_room, private_folder
from refarch.genomics.jobs.storage import Object, Storage
from refarch.genomics.jobs.tool import Deliver, Fetch, Tool, Work
from refarch_lambdas.genomics.s3_uris import S3Uri

_INTERRUPTED = 130


@dataclass(frozen=True)
class _Arrival:
    """An input that is there now."""

    fetch: Fetch
    source: Object
    path: Path


def main(the_tool: Tool, argv: Sequence[str] | None = None) -> int:
    """Run the job; its exit code. 0, the tool's own, 2 bad arguments, 3 broken input, 4 scratch full, 143 stopped."""
    arguments = the_tool.parser().parse_args(argv)
    say = _speaker(the_tool.step)
    try:
        with _stopped_by_sigterm(), private_folder(arguments.working_dir, _job_name(os.environ)) as folder:
            work = Work(folder=folder, limits=find_limits(), sample=_sample(os.environ), arguments=arguments)
            _run(the_tool, work, Storage(), say)
    except JobFailure as failure:
        return _fail(the_tool, failure.code, str(failure))
    except OSError as error:
        if error.errno not in NO_ROOM:
            raise
        return _fail(the_tool, scratch_full(str(error)).code, str(scratch_full(str(error))))
    except Stop:
        _fail(the_tool, STOPPED, "stopped by SIGTERM: a reclaimed instance, a timeout, or somebody's will")
        os._exit(STOPPED)  # a thread that waits for S3 would hold the process for a minute, and ECS kills it after 30 s
    except KeyboardInterrupt:
        return _fail(the_tool, _INTERRUPTED, "interrupted")
    return 0


def _run(the_tool: Tool, work: Work, storage: Storage, say: _Speaker) -> None:
    limits = work.limits
    say(f"{the_tool.program} with {limits.vcpus} vCPUs and {limits.memory_mib} MiB of memory")
    arrivals = _stage_in(the_tool, work, storage, say)
    _check(arrivals, say)
    for stage in the_tool.stages(work):
        run_all(stage.pipes, work.folder, at_once=stage.at_once, say=say)
    _stage_out(the_tool.outputs(work), work.folder, storage, say)
    say("done")


def _stage_in(the_tool: Tool, work: Work, storage: Storage, say: _Speaker) -> list[_Arrival]:
    """Look at all inputs, then at the room for them, then fetch them."""
    found = [arrival for fetch in the_tool.inputs(work.arguments) for arrival in _find(fetch, work.folder, storage)]
    size = sum(arrival.source.size for arrival in found)
    check_room(work.folder, int(size * the_tool.room), f"{the_tool.program} on {size:,} bytes of input")
    for arrival in found:
        say(f"fetching {arrival.source.uri} ({arrival.source.size:,} bytes)")
        storage.fetch(arrival.source, arrival.path)
    return found


def _find(fetch: Fetch, folder: Path, storage: Storage) -> Iterator[_Arrival]:
    target = folder / fetch.target
    if fetch.folder:
        prefix = f"{fetch.source.key.rstrip('/')}/"
        for each in storage.below(fetch.source):
            yield _Arrival(fetch, each, target / each.uri.key.removeprefix(prefix))
        return
    yield _Arrival(fetch, storage.find(fetch.source), target)
    if fetch.companions:
        beside = Fetch(source=fetch.source, target=fetch.target)
        for each in storage.starting_with(S3Uri(fetch.source.bucket, f"{fetch.source.key}.")):
            yield _Arrival(beside, each, Path(f"{target}{each.uri.key.removeprefix(fetch.source.key)}"))


def _check(arrivals: Sequence[_Arrival], say: _Speaker) -> None:
    """Look into the inputs. Raises `JobFailure` naming the one that is broken."""
    by_kind: dict[str, list[_Arrival]] = {}
    for arrival in arrivals:
        by_kind.setdefault(arrival.fetch.kind, []).append(arrival)
    if pair := by_kind.get(tool.FASTQ):
        names = (pair[0].source.uri, pair[1].source.uri)
        say(f"{checks.check_pair(pair[0].path, pair[1].path, names):,} pairs of reads")
    for kind, check in ((tool.BAM, checks.check_bam), (tool.VCF, checks.check_vcf)):
        for arrival in by_kind.get(kind, ()):
            check(arrival.path, arrival.source.uri)
    for fasta in by_kind.get(tool.FASTA, ()):
        first = checks.check_fasta(fasta.path, fasta.source.uri)
        for index in by_kind.get(tool.INDEX, ()):
            checks.read_index(index.path, index.source.uri, first)


def _stage_out(results: Sequence[Deliver], folder: Path, storage: Storage, say: _Speaker) -> None:
    """Upload what was made. Nothing is uploaded when anything is missing."""
    files = [pair for result in results for pair in _files(result, folder)]
    for source, target in files:
        say(f"storing {target} ({source.stat().st_size:,} bytes)")
        storage.store(source, target)


def _files(result: Deliver, folder: Path) -> list[tuple[Path, S3Uri]]:
    """Files and where each goes, the main one last. Raises `JobFailure` when that one is missing or empty."""
    source = folder / result.source
    found = sorted(path for path in source.rglob("*") if path.is_file()) if result.folder else [source]
    found.sort(key=lambda path: path.name == result.last)
    named = result.last in {None, found[-1].name} if found else False
    if not named or not found[-1].is_file() or not found[-1].stat().st_size:
        raise JobFailure(1, f"the tool ended well, but left no {result.last or result.source} or an empty one")
    if not result.folder:
        return [(source, result.target)]
    return [(path, result.target.join(path.relative_to(source).as_posix())) for path in found]


@contextlib.contextmanager
def _stopped_by_sigterm() -> Iterator[None]:
    """SIGTERM raises `Stop` once, wherever the job is, so that everything that cleans up does."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise Stop

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _Speaker:
    """Log lines with the step and the seconds since the start."""

    def __init__(self, step: str) -> None:
        self._step, self._began = step, time.monotonic()

    def __call__(self, text: str) -> None:
        print(f"{self._step} {time.monotonic() - self._began:8.1f} s  {text}", flush=True)


def _speaker(step: str) -> _Speaker:
    return _Speaker(step)


def _fail(the_tool: Tool, code: int, reason: str) -> int:
    sys.stdout.flush()
    print(f"refarch: {the_tool.step}: {reason}", file=sys.stderr, flush=True)
    return code


def _job_name(environment: Mapping[str, str]) -> str:
    """For the private folder: the job and its attempt, so that a person on the instance knows whose it is."""
    parts = [environment.get("AWS_BATCH_JOB_ID", ""), environment.get("AWS_BATCH_JOB_ATTEMPT", "")]
    return "-".join(part.replace(":", "-").replace("/", "-") for part in parts if part) or f"pid-{os.getpid()}"


def _sample(environment: Mapping[str, str]) -> str:
    return environment.get("REFARCH_SAMPLE_ID", "").strip()
