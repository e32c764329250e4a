"""`make demo`: MapReduce deployed by the real `cdk deploy`, running a real job, on this machine."""

from __future__ import annotations

import os
import shlex
import sys
import time
from pathlib import Path

import click

from refarch.local import LocalCloud
from refarch.local.errors import LocalCloudError
from refarch_lambdas.mapreduce.estimate import Estimate, project
from rehearsals.account import Account, RehearsalFailed
from rehearsals.independent import Totals, differences, totals
from rehearsals.map_reduce_jobs import STACK, DeployedMapReduce
from rehearsals.uservisits import BYTES_OF_THE_POST, InputObject, objects

CHECKOUT = Path(__file__).resolve().parent.parent
TIMELINE = Path(".refarch/demo/timeline.html")
# Functions run as processes here: more of them than cores would only make each of them look slow, and dear.
CONCURRENT = max(2, min(4, os.cpu_count() or 2))
SETTINGS = {"concurrent_lambdas": CONCURRENT, "event_window": 0}
CENTS_OF_THE_POST = 2.49


@click.command()
@click.option(
    "--rows", default=200_000, show_default=True, type=click.IntRange(min=1_000), help="Size of the data set."
)
@click.option("--seed", default=1, show_default=True, help="The same seed makes the same data.")
@click.option("--keep", is_flag=True, help="Leave the local cloud running, to try things in it.")
def demo(rows: int, seed: int, keep: bool) -> None:
    """Deploy MapReduce into the local cloud, run the post's query, and compare the result with SQLite's."""
    account = Account()
    try:
        _demo(account, rows, seed, keep)
    except (LocalCloudError, RehearsalFailed) as error:
        raise click.ClickException(str(error)) from error


def _demo(account: Account, rows: int, seed: int, keep: bool) -> None:
    account.title("Serverless MapReduce, on this machine")
    with account.step("Start the local cloud (no AWS account, no Docker)"):
        cloud = LocalCloud.start(directory=CHECKOUT, async_slots=CONCURRENT)
    try:
        data = list(objects(rows, seed=seed))
        deployed = _deploy(cloud, account)
        with account.step(f"Make {rows:,} rows of uservisits, in {len(data)} objects of very different sizes"):
            stored = deployed.upload(data)
            account.say(f"{stored / 1e6:.1f} MB in s3://{deployed.input_bucket}/uservisits/")
        job_id = _run(deployed, account, stored)
        _compare(deployed, account, job_id, data)
        _say_costs(deployed, account, job_id)
        _farewell(deployed, account, job_id, keep)
    finally:
        if not keep:
            cloud.stop()


def _deploy(cloud: LocalCloud, account: Account) -> DeployedMapReduce:
    command = ["deploy", STACK, *(f"-c={STACK}.{name}={value}" for name, value in SETTINGS.items())]
    with account.step(_shown(["cdk", *command])):
        cloud.cdk(*command, "--exclusively", "--require-approval", "never")
        resources = cloud.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
        account.say(f"{len(resources)} resources, from the template that would go to AWS, unchanged")
    return DeployedMapReduce.find(cloud)


def _run(deployed: DeployedMapReduce, account: Account, stored: int) -> str:
    """Run the job as a person would, with the command line."""
    job_id = f"demo-{int(time.time())}"
    timeline = CHECKOUT / TIMELINE
    timeline.parent.mkdir(parents=True, exist_ok=True)
    # A dozen mappers, so that there is something to see.
    split = max(64 * 1024, stored // 12)
    command = ["mapreduce", "run", STACK, "--input", f"s3://{deployed.input_bucket}/uservisits/", "--reducers", "4"]
    options = ["--split-size", str(split), "--job-id", job_id, "--timeline", str(TIMELINE), "--yes"]
    account.title("Run the post's query")
    account.console.print(f"[cyan]>[/] {_shown(['refarch', *command])}", highlight=False, soft_wrap=True)
    done = deployed.cloud.run(
        [sys.executable, "-m", "refarch.cli", *command, *options], cwd=CHECKOUT, capture=False, check=False
    )
    account.console.print()
    if done.returncode:
        raise RehearsalFailed(f"the job did not succeed (exit code {done.returncode})")
    return job_id


def _compare(deployed: DeployedMapReduce, account: Account, job_id: str, data: list[InputObject]) -> None:
    account.title("The same query by other means")
    with account.step("SQLite: SELECT SUBSTR(sourceIP, 1, 8), SUM(adRevenue) ... GROUP BY 1"):
        expected: Totals = totals(data)
    report = deployed.state(job_id, "report")
    account.check(
        report["rows"] == expected.rows, f"every one of the {expected.rows:,} rows was read once", report["rows"]
    )
    wrong = differences(expected, deployed.result(job_id))
    account.check(
        not wrong, f"all {len(expected.revenue):,} totals are equal, to the last millionth of a dollar", wrong[:3]
    )


def _say_costs(deployed: DeployedMapReduce, account: Account, job_id: str) -> None:
    report = deployed.state(job_id, "report")
    cost = report["cost"]
    projected: Estimate = project(report, BYTES_OF_THE_POST)
    account.title("What it would cost")
    account.say(f"this job         ${cost['total']:.6f}   list prices of {cost['pricesAsOf']}, {cost['region']}")
    account.say(f"25.4 GB          ${projected.cost.total:.4f}     projected from the speed of this machine")
    account.say(f"25.4 GB in 2016  ${CENTS_OF_THE_POST / 100:.4f}     as the post says, at the prices of its time")


def _farewell(deployed: DeployedMapReduce, account: Account, job_id: str, keep: bool) -> None:
    account.title("Where to look, what to try")
    account.say(f"timeline   {TIMELINE}   (open it in a browser)")
    account.say("job code   lambdas/refarch_lambdas/mapreduce/examples/ad_revenue.py")
    account.say("construct  constructs/refarch/mapreduce/map_reduce.py")
    account.say("page       docs/architectures/map_reduce.md")
    if keep:
        account.say(f"running    {deployed.cloud.endpoint_url}; end it with `.venv/bin/refarch local stop`")
        account.say(f"result     .venv/bin/refarch local run -- refarch mapreduce result {STACK} {job_id}")
    else:
        account.say("again      .venv/bin/python -m rehearsals.demo --keep --rows 1000000")
    account.say(f"break it   .venv/bin/refarch rehearse {STACK}")
    account.verdict()


def _shown(command: list[str]) -> str:
    return "$ " + shlex.join(command)


if __name__ == "__main__":
    demo()
