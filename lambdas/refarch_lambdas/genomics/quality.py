"""The quality gate: what `samtools stats` and the VCF say, against thresholds. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

SCHEMA = "refarch.genomics.qc/1"
# Threshold to the metric that it is for; the first three letters say which side is good.
_METRICS = {
    "minReads": "reads",
    "minMappedPercentage": "mappedPercentage",
    "minProperlyPairedPercentage": "properlyPairedPercentage",
    "maxErrorRate": "errorRate",
    "minMeanQuality": "meanQuality",
    "minMeanCoverage": "meanCoverage",
    "minVariants": "variants",
}


class UnreadableStatistics(ValueError):
    """Not what `samtools stats` writes."""


def summary_numbers(text: str) -> dict[str, float]:
    """The summary numbers (`SN` lines) of `samtools stats`. Raises `UnreadableStatistics` where there are none."""
    found = {}
    for line in text.splitlines():
        if line.startswith("SN\t"):
            _, name, value, *_ = [*line.split("\t"), ""]
            found[name.rstrip(":")] = float(value)
    if "raw total sequences" not in found:
        raise UnreadableStatistics("the statistics have no line 'raw total sequences': not what samtools stats writes")
    return found


def genome_length(index: str) -> int:
    """Bases of a reference, from its `.fai`."""
    return sum(int(line.split("\t")[1]) for line in index.splitlines() if line.strip())


def count_variants(lines: Iterable[str]) -> int:
    """Records of a VCF."""
    return sum(1 for line in lines if line.strip() and not line.startswith("#"))


def metrics(statistics: Mapping[str, float], length: int | None, variants: int | None) -> dict[str, float | None]:
    """What the gate judges; None for what is not known."""
    reads = statistics["raw total sequences"]
    return {
        "reads": reads,
        "mappedPercentage": _percentage(statistics.get("reads mapped"), reads),
        "properlyPairedPercentage": _percentage(statistics.get("reads properly paired"), reads),
        "errorRate": statistics.get("error rate"),
        "meanQuality": statistics.get("average quality"),
        "meanCoverage": round(statistics.get("bases mapped (cigar)", 0) / length, 3) if length else None,
        "variants": variants,
    }


def _percentage(part: float | None, whole: float) -> float | None:
    return None if part is None or not whole else round(100 * part / whole, 3)


def judge(found: Mapping[str, float | None], thresholds: Mapping[str, float]) -> list[dict[str, Any]]:
    """One entry a threshold. A metric that is not known does not pass."""
    checks = []
    for name, threshold in sorted(thresholds.items()):
        metric, least = _METRICS[name], name.startswith("min")
        value = found.get(metric)
        passed = value is not None and (value >= threshold if least else value <= threshold)
        rule = "at least" if least else "at most"
        checks.append({"metric": metric, "rule": rule, "threshold": threshold, "value": value, "passed": passed})
    return checks


def report(gate: Mapping[str, Any], found: Mapping[str, float | None]) -> dict[str, Any]:
    """The document that is kept (`qc.json`) and that decides."""
    checks = judge(found, gate["thresholds"])
    return {
        "schema": SCHEMA,
        "sampleId": gate["sampleId"],
        "passed": all(each["passed"] for each in checks),
        "metrics": dict(found),
        "checks": checks,
        "sources": {name: gate[name] for name in ("bamStatsS3Path", "vcfS3Path")},
        "summary": _summary(gate["sampleId"], checks),
    }


def _summary(sample: str, checks: list[dict[str, Any]]) -> str:
    bad = [
        f"{each['metric']} is {_shown(each)}, {each['rule']} {each['threshold']:g}"
        for each in checks
        if not each["passed"]
    ]
    return f"{sample}: " + ("; ".join(bad) if bad else f"{len(checks)} thresholds kept")


def _shown(check: Mapping[str, Any]) -> str:
    return "not known" if check["value"] is None else f"{check['value']:g}"
