"""Where everything of a job lies in its bucket: the keys, and what a key says.

Keys are parsed whole and by number. The original looked for substrings ("result" anywhere, `reducer/1` in
`reducer/10`), so a job called `results` ended before it began.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

JOB_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_NUMBER = r"0|[1-9][0-9]{0,9}"
_BELOW_JOB: Final = re.compile(
    rf"(?P<plain>jobdata|plan|mapperstate|result|result\.json|report|failure)"
    rf"|reducerstate\.(?P<state>{_NUMBER})"
    rf"|redrive\.(?P<redrive>{_NUMBER})"
    rf"|task/mapper/(?P<mapper>{_NUMBER})"
    rf"|task/reducer/(?P<step>{_NUMBER})/(?P<reducer>{_NUMBER})"
)


@dataclass(frozen=True)
class ParsedKey:
    """What a key below `jobs/` is.

    `kind`: jobdata, plan, mapperstate, reducerstate, mapper, reducer, result, result.json, report, failure or redrive.
    `step`: the number N of reducerstate.N, redrive.N and of a reducer's commit. `task_id`: of a mapper or reducer.
    """

    job_id: str
    kind: str
    step: int | None = None
    task_id: int | None = None


@dataclass(frozen=True)
class JobLayout:
    """The keys of one job. `prefix` is empty or ends with a slash; `job_id` matches `JOB_ID`.

    Raises `ValueError` that lists what is wrong with them.
    """

    prefix: str
    job_id: str

    def __post_init__(self) -> None:
        problems = _prefix_problems(self.prefix)
        if not JOB_ID.fullmatch(self.job_id):
            problems.append(
                f"job id {self.job_id!r}: allowed are 1 to 63 lower-case letters, digits and hyphens, no hyphen first"
            )
        if problems:
            raise ValueError("; ".join(problems))

    @property
    def root(self) -> str:
        """The folder of the job's small objects, those with events."""
        return f"{self.prefix}jobs/{self.job_id}/"

    @property
    def jobdata(self) -> str:
        return self.root + "jobdata"

    @property
    def plan(self) -> str:
        return self.root + "plan"

    @property
    def mapperstate(self) -> str:
        return self.root + "mapperstate"

    def reducerstate(self, step: int) -> str:
        return f"{self.root}reducerstate.{step}"

    @property
    def mapper_commits(self) -> str:
        """The folder of all mapper commits, for listing."""
        return self.root + "task/mapper/"

    def mapper_commit(self, task_id: int) -> str:
        return f"{self.mapper_commits}{task_id}"

    def reducer_commits(self, step: int) -> str:
        """The folder of all reducer commits of a step, for listing."""
        return f"{self.root}task/reducer/{step}/"

    def reducer_commit(self, step: int, task_id: int) -> str:
        return f"{self.reducer_commits(step)}{task_id}"

    @property
    def result(self) -> str:
        return self.root + "result"

    @property
    def result_json(self) -> str:
        return self.root + "result.json"

    @property
    def report(self) -> str:
        return self.root + "report"

    @property
    def failure(self) -> str:
        return self.root + "failure"

    def redrive(self, number: int) -> str:
        return f"{self.root}redrive.{number}"

    def shuffle(self, name: str = "") -> str:
        """Bulk data between the stages; no events come from there."""
        return f"{self.prefix}shuffle/{self.job_id}/{name}"


def parse_key(prefix: str, key: str) -> ParsedKey | None:
    """What `key` (already URL-decoded) is in a bucket whose jobs lie under `prefix`; None for what no job writes."""
    head = f"{prefix}jobs/"
    if not key.startswith(head):
        return None
    job_id, _, rest = key[len(head) :].partition("/")
    match = _BELOW_JOB.fullmatch(rest)
    if match is None or not JOB_ID.fullmatch(job_id):
        return None
    return _parsed(job_id, match)


def _parsed(job_id: str, match: re.Match[str]) -> ParsedKey:
    found = match.groupdict()
    if found["plain"] is not None:
        return ParsedKey(job_id, found["plain"])
    if found["mapper"] is not None:
        return ParsedKey(job_id, "mapper", task_id=int(found["mapper"]))
    if found["reducer"] is not None:
        return ParsedKey(job_id, "reducer", step=int(found["step"]), task_id=int(found["reducer"]))
    kind = "reducerstate" if found["state"] is not None else "redrive"
    return ParsedKey(job_id, kind, step=int(found["state"] or found["redrive"]))


def _prefix_problems(prefix: str) -> list[str]:
    if prefix and (prefix.startswith("/") or not prefix.endswith("/")):
        return [f"prefix {prefix!r}: must be empty, or end with a slash and not begin with one"]
    return []
