"""How long a job may take, from the size of the sample. Pure."""

from __future__ import annotations

import math

from refarch_lambdas.genomics.settings import StepSettings

GIB = 1024**3
BASE_SECONDS = 1800
"""For staging, small samples and slow starts."""
LONGEST_SECONDS = 7 * 86_400


def attempt_seconds(step: StepSettings, fastq_bytes: int, vcpus: int | None = None) -> int:
    """Seconds of one attempt: half an hour, and as long a GiB of FASTQ as the step says; longer on fewer vCPUs."""
    slower = step.vcpus / max(1, vcpus or step.vcpus)
    return min(LONGEST_SECONDS, BASE_SECONDS + math.ceil(fastq_bytes / GIB * step.seconds_a_gib * slower))


def state_seconds(attempt: int, attempts: int, waiting: int) -> int:
    """Seconds of the whole state: every attempt, and the time that the job waits for instances.

    Never less than what Batch itself allows, so a state that gives up leaves no job that could still succeed; and it is
    not tried again, as then two would run (as in generation 2 of the original: 30 minutes, twice repeated).
    """
    return attempt * attempts + waiting
