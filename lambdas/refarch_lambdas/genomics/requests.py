"""What a run was asked to do: the steps, the parameters of each, and the request that both input shapes become."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

STEPS = ("align", "call", "annotate", "statistics")
PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "align": ("BAMS3FolderPath", "FastQ1S3Path", "FastQ2S3Path", "ReferenceS3Path", "WorkingDir", "CommandArgs"),
    "call": (
        "BAMS3Path",
        "BAIS3Path",
        "ReferenceS3Path",
        "ReferenceIndexS3Path",
        "VCFS3Path",
        "WorkingDir",
        "CommandArgs",
    ),
    "annotate": ("VCFS3Path", "AnnotatedVCFS3Path", "DatabaseS3Path", "WorkingDir", "CommandArgs"),
    "statistics": ("BAMS3Path", "ReferenceS3Path", "BAMStatsS3Path", "WorkingDir", "CommandArgs"),
}
"""The parameters of each step's job definition, named as in generation 2 of the original."""
OPTIONAL = frozenset({"DatabaseS3Path", "CommandArgs"})
"""Those that may be blank; AWS Batch refuses an empty value, so blank is one space."""
BLANK = " "
THRESHOLDS: Mapping[str, tuple[float, float]] = {
    "minReads": (0, 1e12),
    "minMappedPercentage": (0, 100),
    "minProperlyPairedPercentage": (0, 100),
    "maxErrorRate": (0, 1),
    "minMeanQuality": (0, 100),
    "minMeanCoverage": (0, 1e6),
    "minVariants": (0, 1e9),
}
"""The names of the quality gate's thresholds, with the range that each can have."""


@dataclass(frozen=True, kw_only=True)
class StepRequest:
    """One job: all `parameters` of its definition; what is empty or None comes from the definition.

    `memory_mib` and `vcpus` are the container's.
    """

    parameters: Mapping[str, str]
    job_definition: str = ""
    job_queue: str = ""
    memory_mib: int | None = None
    vcpus: int | None = None


@dataclass(frozen=True, kw_only=True)
class SampleRequest:
    """One sample: `results` is its folder (`s3://…/<sampleId>`, no slash at the end), `shape` is v1 or v2."""

    sample_id: str
    results: str
    steps: Mapping[str, StepRequest]
    thresholds: Mapping[str, float] = field(default_factory=dict)
    force: bool = False
    shape: str = "v1"
