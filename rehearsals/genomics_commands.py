"""Rehearsal of Genomics, the command line: what a person types, and what they see."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from rehearsals.account import Account
from rehearsals.genomics_laboratory import Laboratory
from rehearsals.genomics_runs import STACK

_PATHS = ("sampleId", "fastq1S3Path", "fastq2S3Path", "resultsS3Path")


def commands(laboratory: Laboratory, account: Account) -> None:
    """`refarch genomics run`, `status` and `report` on a cohort, a sheet with mistakes, and a run that fails."""
    account.title("The command line")
    folder = laboratory.data.folder
    sheet, common, page = folder / "samples.csv", folder / "common.json", folder / "report.html"
    rows = [_row(laboratory, name) for name in ("S1", "S2")]
    sheet.write_text("\n".join([",".join(_PATHS[:3]), *rows]))
    document = laboratory.document("S1")
    common.write_text(json.dumps({key: value for key, value in document.items() if key not in _PATHS}))
    cohort = ["run", STACK, "--sample-sheet", str(sheet), "--input", str(common), "--report", str(page)]
    with account.step("refarch genomics run Genomics --sample-sheet samples.csv --input common.json"):
        done = _refarch(laboratory, *cohort)
    account.check(done.returncode == 0 and "2 of 2 samples succeeded" in done.stdout, "both samples succeed", done)
    told = all(f"{name:<16} sample      succeeded" in done.stderr for name in ("S1", "S2"))
    account.check(told, "the progress of each was told", done.stderr)
    account.check("Cohort of 2" in page.read_text(), "the report is there")
    _mistakes(laboratory, account, sheet, cohort)
    _failure(laboratory, account, folder)


def _mistakes(laboratory: Laboratory, account: Account, sheet: Path, cohort: list[str]) -> None:
    sheet.write_text(sheet.read_text() + f"\n{_row(laboratory, 'S1')}\nS3,http://x/1.gz,s3://b-b/ 2.gz\n")
    done = _refarch(laboratory, *cohort)
    said = [words in done.stderr for words in ("line 4: sampleId 'S1'", "line 5: fastq1S3Path", "line 5: fastq2S3Path")]
    account.check(done.returncode == 1 and all(said), "a sheet with mistakes is refused with all of them", done)


def _failure(laboratory: Laboratory, account: Account, folder: Path) -> None:
    document = laboratory.document("S2", call={"cmdArgs": " --no-such-option "})
    (folder / "sample.json").write_text(json.dumps(document))
    with account.step("refarch genomics run Genomics --input sample.json, with an option that the caller has not"):
        done = _refarch(laboratory, "run", STACK, "--input", str(folder / "sample.json"))
    account.check(done.returncode == 1 and "CallFailed" in done.stdout, "it ends with 1 and the reason", done)
    execution = done.stdout.splitlines()[0].removeprefix("run ")
    stand = _refarch(laboratory, "status", STACK, execution).stdout
    account.check("call failed, annotate not run" in stand, "status says how far it came", stand)


def _row(laboratory: Laboratory, name: str) -> str:
    document = laboratory.document(name)
    return ",".join(document[key] for key in _PATHS[:3])


def _refarch(laboratory: Laboratory, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "refarch.cli", "genomics", *arguments]
    environment = laboratory.genomics.cloud.environment
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=120)
