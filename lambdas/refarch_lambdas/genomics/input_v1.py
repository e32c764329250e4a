"""The v1 shape: a sample, its two FASTQ files, a reference and a folder for results; every other path follows."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from refarch_lambdas.genomics.input_problems import InputProblems
from refarch_lambdas.genomics.requests import BLANK, PARAMETERS, STEPS, SampleRequest, StepRequest

STEP_KEYS: Mapping[str, tuple[str, str]] = {
    "align": ("isaac", "align"),
    "call": ("strelka", "call"),
    "annotate": ("snpEff", "annotate"),
    "statistics": ("samtoolsStats", "statistics"),
}
"""The posts' name of each step's object, and one that fits every tool."""
DOCUMENT_KEYS = (
    "sampleId",
    "fastq1S3Path",
    "fastq2S3Path",
    "referenceS3Path",
    "resultsS3Path",
    "workingDir",
    "force",
    "qc",
    "comment",
    *(key for keys in STEP_KEYS.values() for key in keys),
)
STEP_FIELDS = ("jobDefinition", "jobQueue", "cmdArgs", "memory", "vcpus")
FURTHER_FIELDS: Mapping[str, tuple[str, ...]] = {"align": ("referenceS3Path",), "annotate": ("databaseS3Path",)}
COHORT_KEYS = ("sampleSheetS3Path", "toleratedFailurePercentage", "maxConcurrency")
MIB_A_TOOL_GIB = 80_000 / 76
"""The original gave Isaac 76 GiB of a container of 80,000 MiB; `memory` keeps that meaning: GiB for the tool."""
_MOST_GIB, _MOST_VCPUS = 24_000, 448

Json = Mapping[str, Any]


@dataclass(frozen=True)
class _Sources:
    """Where a parameter's value is looked for: the document first, then the stack's own."""

    document: Json
    defaults: Mapping[str, Mapping[str, str]]
    problems: InputProblems

    def default(self, step: str, parameter: str) -> str | None:
        return self.defaults.get(step, {}).get(parameter, "").strip() or None

    def s3(self, name: str, given: object, step: str, parameter: str) -> str:
        value = self.default(step, parameter) if given is None else given
        return self.problems.s3(name, value) or BLANK


def read_v1(document: Json, defaults: Mapping[str, Mapping[str, str]], problems: InputProblems) -> SampleRequest:
    """The request; what is wrong is added to `problems`, and its result must then not be used."""
    problems.known("", document, DOCUMENT_KEYS)
    sources = _Sources(document, defaults, problems)
    sample = problems.sample_id("sampleId", document.get("sampleId"))
    folder = f"{(problems.s3('resultsS3Path', document.get('resultsS3Path')) or '').rstrip('/')}/{sample}"
    settings = {step: _settings(document, step, problems) for step in STEPS}
    paths = _paths(sources, settings, folder)
    steps = {step: _step(sources, step, settings[step], paths[step]) for step in STEPS}
    return SampleRequest(
        sample_id=sample,
        results=folder,
        steps=steps,
        thresholds=problems.thresholds("qc", document.get("qc", {})),
        force=problems.boolean("force", document.get("force", False)),
        shape="v1",
    )


def _settings(document: Json, step: str, problems: InputProblems) -> Json:
    """The step's object, under whichever of its names it stands."""
    names = [name for name in STEP_KEYS[step] if name in document]
    if len(names) == 2:
        problems.add(names[1], document[names[1]], f"one name for a step: {names[0]!r} is there as well")
    if not names or not problems.is_object(names[0], document[names[0]]):
        return {}
    found: Json = document[names[0]]
    problems.known(names[0], found, (*STEP_FIELDS, *FURTHER_FIELDS.get(step, ())))
    return {**found, "name": names[0]}


def _paths(sources: _Sources, settings: Mapping[str, Json], folder: str) -> Mapping[str, dict[str, str]]:
    """The paths of each step, laid out as in the posts."""
    reference = sources.document.get("referenceS3Path")
    fasta = sources.s3("referenceS3Path", reference, "call", "ReferenceS3Path")
    index = "" if reference is not None else sources.default("call", "ReferenceIndexS3Path")
    bam, vcf = f"{folder}/bam", f"{folder}/vcf"
    aligned = {"BAMS3Path": f"{bam}/sorted.bam", "ReferenceS3Path": fasta}
    return {
        "align": {"BAMS3FolderPath": f"{bam}/", **_align_inputs(sources, settings["align"])},
        "call": {
            **aligned,
            "BAIS3Path": f"{bam}/sorted.bam.bai",
            "ReferenceIndexS3Path": index or f"{fasta}.fai",
            "VCFS3Path": vcf,
        },
        "annotate": {
            "VCFS3Path": f"{vcf}/variants/variants.vcf.gz",
            "AnnotatedVCFS3Path": f"{folder}/annotated_vcf/output.annotated.vcf",
            "DatabaseS3Path": _database(sources, settings["annotate"]),
        },
        "statistics": {**aligned, "BAMStatsS3Path": f"{folder}/stats/bam_stats.dat"},
    }


def _align_inputs(sources: _Sources, settings: Json) -> dict[str, str]:
    """Both FASTQ files, and the aligner's own reference where it has one (Isaac's is a folder)."""
    first, second = (_fastq(sources, number) for number in (1, 2))
    if first == second != BLANK:
        sources.problems.add("fastq2S3Path", second, "another file than fastq1S3Path: the second reads of the pairs")
    given = settings.get("referenceS3Path", sources.document.get("referenceS3Path"))
    reference = sources.s3(_name(settings, "referenceS3Path"), given, "align", "ReferenceS3Path")
    return {"FastQ1S3Path": first, "FastQ2S3Path": second, "ReferenceS3Path": reference}


def _fastq(sources: _Sources, number: int) -> str:
    return sources.problems.s3(f"fastq{number}S3Path", sources.document.get(f"fastq{number}S3Path")) or BLANK


def _database(sources: _Sources, settings: Json) -> str:
    given = settings.get("databaseS3Path", sources.default("annotate", "DatabaseS3Path"))
    if given is None or (isinstance(given, str) and not given.strip()):
        return BLANK
    return sources.problems.s3(_name(settings, "databaseS3Path"), given) or BLANK


def _name(settings: Json, field: str) -> str:
    """The field's name for a message: below the step's object when it stands there."""
    return f"{settings['name']}.{field}" if field in settings else field


def _step(sources: _Sources, step: str, settings: Json, paths: Mapping[str, str]) -> StepRequest:
    problems, name = sources.problems, settings.get("name", step)
    folder = sources.document.get("workingDir", sources.default(step, "WorkingDir") or "/scratch")
    arguments = settings.get("cmdArgs", sources.default(step, "CommandArgs") or "")
    values = {
        **paths,
        "WorkingDir": problems.folder("workingDir", folder),
        "CommandArgs": problems.arguments(f"{name}.cmdArgs", arguments),
    }
    memory, vcpus = settings.get("memory"), settings.get("vcpus")
    return StepRequest(
        parameters={parameter: values[parameter] for parameter in PARAMETERS[step]},
        job_definition=_text(problems, settings, "jobDefinition"),
        job_queue=_text(problems, settings, "jobQueue"),
        memory_mib=None if memory is None else _memory(problems.number(f"{name}.memory", memory, 1, _MOST_GIB)),
        vcpus=None if vcpus is None else int(problems.number(f"{name}.vcpus", vcpus, 1, _MOST_VCPUS, whole=True)),
    )


def _memory(gib: float) -> int:
    return math.ceil(gib * MIB_A_TOOL_GIB)


def _text(problems: InputProblems, settings: Json, field: str) -> str:
    value = settings.get(field, "")
    valid = isinstance(value, str) and not any(character.isspace() for character in value)
    problems.check(valid, f"{settings.get('name')}.{field}", value, "a name or an ARN without spaces")
    return value if valid else ""
