"""Rehearsal of the Genomics stack: real tools find planted variants, and every way to fail ends as it should."""

from __future__ import annotations

import gzip
import tempfile
from pathlib import Path

from refarch.genomics.synthetic import Dataset, compare, make
from refarch.genomics.synthetic.database import build_database
from refarch.local import LocalCloud
from rehearsals import genomics_cohorts, genomics_commands, genomics_failures
from rehearsals.account import Account
from rehearsals.genomics_laboratory import Laboratory
from rehearsals.genomics_runs import STACK, DeployedGenomics
from rehearsals.programs import need
from rehearsals.stage import cdk

GENOME, VARIANTS, COVERAGE = 20_000, 24, 30.0
SAMPLES = ("S1", "S2")
_STEPS = ("align", "call", "annotate", "statistics")
SETTINGS = {
    "profile": "bwa-bcftools",
    "scratch_gb": 10,
    "annotate_args": "demo",
    **{f"{step}_vcpus": 1 for step in _STEPS},
    **{f"{step}_memory_mib": 1024 for step in _STEPS},
}


def rehearse(cloud: LocalCloud, account: Account) -> None:
    """Everything that the stack promises, observed. Raises `RehearsalFailed` at the first promise not kept."""
    need("genomics")
    with tempfile.TemporaryDirectory(prefix="refarch-genomes-") as folder:
        laboratory = _prepared(cloud, account, Path(folder))
        _one_sample(laboratory, account)
        _again(laboratory, account)
        _second_shape(laboratory, account)
        genomics_commands.commands(laboratory, account)
        genomics_failures.refused(laboratory, account)
        genomics_failures.failing_tools(laboratory, account)
        genomics_failures.poor_quality(laboratory, account)
        genomics_failures.reclaimed(laboratory, account)
        genomics_failures.aborted(laboratory, account)
        genomics_cohorts.cohorts(laboratory, account)
        _scratch_is_empty(laboratory, account)
        _updated_and_destroyed(laboratory, account)
    account.verdict()


def deploy(cloud: LocalCloud, **settings: object) -> None:
    """`cdk deploy` with the settings of the rehearsal, and `settings` on top."""
    context = [f"-c={STACK}.{name}={value}" for name, value in {**SETTINGS, **settings}.items()]
    cdk(cloud, "deploy", STACK, "--exclusively", "--require-approval", "never", *context)


def _prepared(cloud: LocalCloud, account: Account, folder: Path) -> Laboratory:
    with account.step("cdk deploy Genomics"):
        deploy(cloud)
    with account.step(f"Make a genome of {GENOME:,} bases and two samples with {VARIANTS} planted variants each"):
        data = make(folder, seed=11, genome_length=GENOME, variants=VARIANTS, coverage=COVERAGE, samples=SAMPLES)
        database = build_database(folder / "database", "demo", reference=data.reference, annotation=data.annotation)
    with account.step("Upload reference, annotation database and reads"):
        return Laboratory.equipped(DeployedGenomics.find(cloud), data, database)


def _one_sample(laboratory: Laboratory, account: Account) -> None:
    account.title("One sample, in the shape of the posts")
    with account.step("Align, call, annotate and count with the real tools"):
        run = laboratory.run("S1")
    account.check(run.status == "SUCCEEDED", "the run succeeds", run)
    jobs = {job["jobName"].partition("-")[0]: job for job in laboratory.genomics.jobs("S1")}
    account.check(set(jobs) == set(_STEPS), "each of the four jobs ran once", list(jobs))
    after = {"call": "align", "statistics": "align", "annotate": "call"}
    ordered = all(jobs[late]["createdAt"] >= jobs[early]["stoppedAt"] for late, early in after.items())
    account.check(ordered, "none began before the one that it depends on had ended")
    _found(laboratory, account, "S1", laboratory.data)
    annotated = laboratory.genomics.read("runs/S1/annotated_vcf/output.annotated.vcf").decode()
    lines = [line for line in annotated.splitlines() if not line.startswith("#")]
    account.check(lines and all("ANN=" in line for line in lines), "every variant is annotated", len(lines))
    quality = run.output["qc"]
    coverage = quality["metrics"]["meanCoverage"]
    account.check(quality["passed"] and abs(coverage - COVERAGE) < 3, "the statistics tell the coverage", coverage)


def _found(laboratory: Laboratory, account: Account, sample: str, data: Dataset) -> None:
    called = data.folder / f"{sample}.called.vcf"
    called.write_bytes(gzip.decompress(laboratory.genomics.read(f"runs/{sample}/vcf/variants/variants.vcf.gz")))
    seen = compare(data.samples[sample].truth, called)
    account.say(f"{sample}: recall {seen.recall:.3f}, precision {seen.precision:.3f}")
    account.check(seen.recall >= 0.9, f"{sample}: the planted variants are found", sorted(seen.missed))
    account.check(seen.precision >= 0.9, f"{sample}: and few others", sorted(seen.invented))


def _again(laboratory: Laboratory, account: Account) -> None:
    account.title("The same once more")
    before = len(laboratory.genomics.jobs("S1"))
    with account.step("Start it again"):
        run = laboratory.run("S1")
    states = {name: step["state"] for name, step in run.output["steps"].items()}
    account.check(set(states.values()) == {"SKIPPED"}, "what is done is skipped", states)
    account.check(len(laboratory.genomics.jobs("S1")) == before, "and no job is submitted")
    with account.step("Start it with other arguments for the caller"):
        run = laboratory.run("S1", call={"cmdArgs": " --max-depth 500 "})
    states = {name: step["state"] for name, step in run.output.get("steps", {}).items()}
    wanted = {"align": "SKIPPED", "call": "SUCCEEDED", "annotate": "SUCCEEDED", "statistics": "SKIPPED"}
    account.check(states == wanted, "what depends on a change runs, and nothing else", states or run)


def _second_shape(laboratory: Laboratory, account: Account) -> None:
    account.title("A sample in the shape of the original's second generation")
    with account.step("Run it"):
        run = laboratory.genomics.run(laboratory.second_shape("S2"))
    account.check(run.status == "SUCCEEDED", "the run succeeds", run)
    _found(laboratory, account, "S2", laboratory.data)


def _scratch_is_empty(laboratory: Laboratory, account: Account) -> None:
    left = [path.name for path in laboratory.scratch.iterdir()]
    account.check(not left, "all jobs shared one scratch folder, and left nothing in it", left)


def _updated_and_destroyed(laboratory: Laboratory, account: Account) -> None:
    account.title("Update and destroy")
    genomics = laboratory.genomics
    with account.step("cdk deploy with attempts=2"):
        deploy(genomics.cloud, attempts=2)
    after = DeployedGenomics.find(genomics.cloud)
    account.check(dict(after.outputs) == dict(genomics.outputs), "the update replaces nothing that has a name")
    with account.step("cdk destroy Genomics"):
        cdk(genomics.cloud, "destroy", STACK, "--force")
    account.check(genomics.read("runs/S1/bam/sorted.bam"), "results are kept")
    machines = genomics.cloud.client("stepfunctions").list_state_machines()["stateMachines"]
    account.check(not machines, "the state machines are gone", machines)
