"""The v2 shape: for each job the parameters of its definition, every one optional.

The original took a missing path from the definition even where the step before had been told to write elsewhere, so a
caller could read an old sample's BAM. Here a path that was not given follows the one it depends on.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from refarch_lambdas.genomics.input_problems import InputProblems
from refarch_lambdas.genomics.requests import BLANK, OPTIONAL, PARAMETERS, STEPS, SampleRequest, StepRequest
from refarch_lambdas.genomics.s3_uris import parse_s3_uri, why_not_s3

STEP_KEYS: Mapping[str, str] = {"align": "isaac", "call": "strelka", "annotate": "snpeff", "statistics": "samtools"}
DOCUMENT_KEYS = (*STEP_KEYS.values(), "sampleId", "force", "qc", "comment")
NOT_PATHS = ("WorkingDir", "CommandArgs")
_ONLY_V1 = ("resultsS3Path", "fastq1S3Path", "fastq2S3Path", "referenceS3Path", "snpEff", "samtoolsStats", "workingDir")
_ONLY_V2 = ("samtools", "snpeff")

Json = Mapping[str, Any]
Values = dict[str, dict[str, Any]]


def looks_like_v2(document: Json) -> bool:
    """v2 by its own keys, or by parameters of a job where v1 has settings of a step."""
    if any(key in document for key in _ONLY_V1):
        return False
    jobs = [document.get(key) for key in ("isaac", "strelka")]
    capital = any(str(key)[:1].isupper() for job in jobs if isinstance(job, Mapping) for key in job)
    return capital or any(key in document for key in _ONLY_V2)


def read_v2(document: Json, defaults: Mapping[str, Mapping[str, str]], problems: InputProblems) -> SampleRequest:
    """The request; what is wrong is added to `problems`, and its result must then not be used."""
    problems.known("", document, DOCUMENT_KEYS)
    given = {step: _given(document, step, problems) for step in STEPS}
    values = _complete(given, defaults)
    steps = {step: StepRequest(parameters=_checked(step, values[step], problems)) for step in STEPS}
    align = steps["align"].parameters
    if align["FastQ1S3Path"] == align["FastQ2S3Path"] != BLANK:
        allowed = "another file than FastQ1S3Path: the second reads of the pairs"
        problems.add("isaac.FastQ2S3Path", align["FastQ2S3Path"], allowed)
    folder = _sample_folder(align["BAMS3FolderPath"], problems)
    named = document.get("sampleId", folder.rpartition("/")[2])
    return SampleRequest(
        sample_id=problems.sample_id("sampleId", named),
        results=folder,
        steps=steps,
        thresholds=problems.thresholds("qc", document.get("qc", {})),
        force=problems.boolean("force", document.get("force", False)),
        shape="v2",
    )


def _given(document: Json, step: str, problems: InputProblems) -> dict[str, Any]:
    name = STEP_KEYS[step]
    found = document.get(name, {})
    if not problems.is_object(name, found):
        return {}
    problems.known(name, found, (*PARAMETERS[step], "JobName"))
    return {key: value for key, value in found.items() if key in PARAMETERS[step]}


def _complete(given: Values, defaults: Mapping[str, Mapping[str, str]]) -> Values:
    """Each parameter: as given, else as follows from what was given to the step before, else the stack's own."""
    own = {step: {key: value for key, value in defaults.get(step, {}).items() if value.strip()} for step in STEPS}
    source = {**given, "call": {**_follows("call", given, given), **given["call"]}}
    values = {step: {**own[step], **_follows(step, source, given), **given[step]} for step in STEPS}
    values["call"] = {**_follows("call", values, given), **values["call"]}
    return {step: {**_follows(step, values, given), **values[step]} for step in STEPS}


def _follows(step: str, source: Values, given: Values) -> dict[str, str]:
    """What follows for `step` from the paths in `source`; `given` tells which are the caller's own."""
    bam, vcf = source["align"].get("BAMS3FolderPath"), source["call"].get("VCFS3Path")
    reference = source["call"].get("ReferenceS3Path")
    found: dict[str, str] = {}
    if step in {"call", "statistics"} and _usable(bam):
        found["BAMS3Path"] = f"{str(bam).rstrip('/')}/sorted.bam"
    if step == "call":
        sorted_bam = given["call"].get("BAMS3Path", found.get("BAMS3Path"))
        found |= {"BAIS3Path": f"{sorted_bam}.bai"} if _usable(sorted_bam) else {}
        found |= {"ReferenceIndexS3Path": f"{reference}.fai"} if _usable(reference) else {}
    if step == "statistics" and _usable(reference):
        found["ReferenceS3Path"] = str(reference)
    if step == "annotate" and _usable(vcf):
        found["VCFS3Path"] = f"{str(vcf).rstrip('/')}/variants/variants.vcf.gz"
    return found | _outputs(step, bam)


def _outputs(step: str, bam: object) -> dict[str, str]:
    """Results of `step` beside the BAM folder, as the v1 layout has them."""
    if not _usable(bam):
        return {}
    folder = str(bam).rstrip("/").rpartition("/")[0]
    return {
        "call": {"VCFS3Path": f"{folder}/vcf"},
        "statistics": {"BAMStatsS3Path": f"{folder}/stats/bam_stats.dat"},
        "annotate": {"AnnotatedVCFS3Path": f"{folder}/annotated_vcf/output.annotated.vcf"},
    }.get(step, {})


def _usable(path: object) -> bool:
    return why_not_s3(path) is None


def _checked(step: str, values: Mapping[str, Any], problems: InputProblems) -> dict[str, str]:
    name = STEP_KEYS[step]
    checked = {}
    for parameter in PARAMETERS[step]:
        value, label = values.get(parameter), f"{name}.{parameter}"
        if parameter == "WorkingDir":
            checked[parameter] = problems.folder(label, value or "/scratch")
        elif parameter == "CommandArgs":
            checked[parameter] = problems.arguments(label, value or "")
        elif parameter in OPTIONAL and not str(value or "").strip():
            checked[parameter] = BLANK
        else:
            checked[parameter] = problems.s3(label, value) or BLANK
    return checked


def _sample_folder(bam_folder: str, problems: InputProblems) -> str:
    """The folder of the sample: the one above its BAM folder."""
    if not _usable(bam_folder):
        return ""
    uri = parse_s3_uri(bam_folder.rstrip("/"))
    above = uri.key.rpartition("/")[0]
    allowed = "a folder inside of a sample's folder, such as s3://bucket/results/sample/bam"
    problems.check(bool(above), "isaac.BAMS3FolderPath", bam_folder, allowed)
    return f"s3://{uri.bucket}/{above}"
