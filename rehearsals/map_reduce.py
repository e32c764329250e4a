"""Rehearsal of the MapReduce stack: jobs side by side, doubled events, killed functions, an update, and the end."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from refarch.local import LocalCloud
from refarch.mapreduce.cleaning import clean
from refarch.mapreduce.driver import cancel, redrive
from refarch.mapreduce.snapshot import Snapshot
from rehearsals.account import Account, eventually
from rehearsals.independent import Totals, differences, totals
from rehearsals.map_reduce_jobs import STACK, DeployedMapReduce, Killer
from rehearsals.stage import cdk
from rehearsals.uservisits import InputObject, objects

ROWS = 40_000
SPLIT_BYTES = 256 * 1024
_MOST_ATTEMPTS_TO_CATCH = 8
SETTINGS = {
    "concurrent_lambdas": 4,
    "task_timeout": 30,
    "coordinator_timeout": 8,
    "watchdog_interval": 3,
    "event_window": 0,
}


def rehearse(cloud: LocalCloud, account: Account) -> None:
    """Everything that the stack promises, observed. Raises `RehearsalFailed` at the first promise not kept."""
    data = list(objects(ROWS, seed=7))
    expected = totals(data)
    deployed = _deploy(cloud, account)
    with account.step(f"Upload {ROWS:,} rows in {len(data)} objects"):
        deployed.upload(data)
    _jobs_side_by_side(deployed, account, expected)
    _doubled_events(deployed, account, expected)
    _killed_mappers(deployed, account, expected)
    _killed_coordinators(deployed, account, expected)
    _bad_records(deployed, account)
    _nothing_to_do(deployed, account)
    _cancelled(deployed, account)
    deployed = _updated_and_redriven(deployed, account, expected)
    _cleaned(deployed, account)
    _destroyed(deployed, account, data)
    account.verdict()


def deploy(cloud: LocalCloud, **settings: object) -> None:
    """`cdk deploy` with the settings of the rehearsal, and `settings` on top."""
    context = [f"-c={STACK}.{name}={value}" for name, value in {**SETTINGS, **settings}.items()]
    cdk(cloud, "deploy", STACK, "--exclusively", "--require-approval", "never", *context)


def _deploy(cloud: LocalCloud, account: Account) -> DeployedMapReduce:
    with account.step("cdk deploy MapReduce"):
        deploy(cloud)
    return DeployedMapReduce.find(cloud)


def _exact(account: Account, deployed: DeployedMapReduce, snapshot: Snapshot, expected: Totals, what: str) -> None:
    account.check(snapshot.state == "SUCCEEDED", f"{what}: the job succeeds", snapshot.reason or snapshot.state)
    account.check(snapshot.rows == expected.rows, f"{what}: reads every row once", snapshot.rows)
    wrong = differences(expected, deployed.result(snapshot.job_id))
    account.check(not wrong, f"{what}: {len(expected.revenue):,} totals equal SQLite's to the last digit", wrong[:3])


def _jobs_side_by_side(deployed: DeployedMapReduce, account: Account, expected: Totals) -> None:
    account.title("Three jobs at once over the same objects")
    shapes = [
        {"split_bytes": SPLIT_BYTES, "reducers": 5},
        {"split_bytes": 4 * SPLIT_BYTES, "reducers": 1},
        {"split_bytes": SPLIT_BYTES // 2, "reducers": 3},
    ]
    handles = [deployed.submit("uservisits/", **shape) for shape in shapes]
    shape = ", ".join(f"{each.mappers} mappers and {each.reducers} reducers" for each in handles)
    with account.step(f"Run {shape}"), ThreadPoolExecutor(len(handles)) as pool:
        snapshots = list(pool.map(lambda handle: deployed.finish(handle.job_id), handles))
    for number, snapshot in enumerate(snapshots, 1):
        _exact(account, deployed, snapshot, expected, f"job {number}")
    first = deployed.read(f"jobs/{handles[0].job_id}/result")
    same = all(deployed.read(f"jobs/{each.job_id}/result") == first for each in handles)
    rounded = {tuple(sorted(_rounded(deployed, each.job_id).items())) for each in handles}
    account.check(same or len(rounded) == 1, "all three write the same result, however it was cut")


def _rounded(deployed: DeployedMapReduce, job_id: str) -> dict[str, float]:
    return {key: round(value, 6) for key, value in deployed.result(job_id).items()}


def _doubled_events(deployed: DeployedMapReduce, account: Account, expected: Totals) -> None:
    account.title("Every S3 event twice, late, and in the wrong order")
    handle = deployed.submit("uservisits/", split_bytes=SPLIT_BYTES, reducers=4)
    shuffled = random.Random(3)  # noqa: S311 - an order to try, not a secret
    sent = 0
    with account.step("Send the events of the job again while it runs"):
        while not deployed.watcher(handle.job_id).look().ended:
            keys = deployed.keys(f"jobs/{handle.job_id}/")
            shuffled.shuffle(keys)
            sent += deployed.send_events(keys[:20])
            time.sleep(0.2)
        snapshot = deployed.finish(handle.job_id)
        sent += deployed.send_events(reversed(deployed.keys(f"jobs/{handle.job_id}/")))
    account.say(f"{sent} events sent a second time")
    _exact(account, deployed, snapshot, expected, "doubled events")
    time.sleep(1.5)
    runs = deployed.task_runs(handle.job_id)
    account.check(len(runs) == handle.mappers + 4 + 1, "every task ran", f"{len(runs)} tasks")
    account.check(set(runs.values()) == {1}, "no stage and no task was started twice", runs.most_common(3))


def _killed_mappers(deployed: DeployedMapReduce, account: Account, expected: Totals) -> None:
    account.title("Mappers are killed in mid-flight")
    handle = deployed.submit("uservisits/", split_bytes=SPLIT_BYTES, reducers=3)
    killer = Killer(deployed.cloud, deployed.workspace.mapper, lambda: deployed.failed_attempts(handle.job_id) >= 2)
    with account.step("Kill workers until two attempts have failed"), killer:
        snapshot = deployed.finish(handle.job_id)
    failures = (snapshot.report or {}).get("failures", [])
    account.say(
        f"{killer.killed} workers killed, {len(failures)} attempts failed: {failures[0]['error'] if failures else ''}"
    )
    account.check(len(failures) >= 2, "attempts were cut off, and are in the report", len(failures))
    _exact(account, deployed, snapshot, expected, "killed mappers")


def _killed_coordinators(deployed: DeployedMapReduce, account: Account, expected: Totals) -> None:
    account.title("The coordinator is killed in mid-flight, between writing down a dispatch and finishing it")
    caught = 0
    with account.step("Catch it in the act"):
        for _ in range(_MOST_ATTEMPTS_TO_CATCH):
            handle = deployed.submit("uservisits/", split_bytes=SPLIT_BYTES, reducers=3)
            caught = _kill_while_dispatching(deployed, handle.job_id)
            if caught:
                break
            deployed.finish(handle.job_id)
    account.check(caught, "a coordinator died and left a dispatch that nobody confirmed")
    with account.step("Wait for another one to take over"):
        snapshot = deployed.finish(handle.job_id)
    _exact(account, deployed, snapshot, expected, "killed coordinator")


def _kill_while_dispatching(deployed: DeployedMapReduce, job_id: str) -> bool:
    """Whether the coordinator was killed while a wave of tasks was open, so that the wave stayed behind."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        state = deployed.state_or_none(job_id, "mapperstate")
        if state and state["waves"]:
            deployed.cloud.kill_function_workers(deployed.workspace.coordinator)
            time.sleep(1)
            left = deployed.state(job_id, "mapperstate")["waves"]
            return bool(left.keys() & state["waves"].keys())
    return False


def _bad_records(deployed: DeployedMapReduce, account: Account) -> None:
    account.title("A record that cannot be read")
    lines = next(iter(objects(200, seed=3))).body + b"this is no visit\n"
    deployed.upload([InputObject("broken/visits.csv", lines)])
    with account.step("Run with no tolerance, then with one bad record allowed"):
        strict = deployed.finish(deployed.submit("broken/").job_id)
        tolerant = deployed.finish(deployed.submit("broken/", max_bad_records=1).job_id)
    account.check(strict.state == "FAILED", "without tolerance the job fails", strict.state)
    account.check("BadRecordsError" in (strict.reason or ""), "and says why", strict.reason)
    account.check(len(strict.failures) == 1, "and does not try again what cannot help", len(strict.failures))
    account.check(tolerant.state == "SUCCEEDED" and tolerant.bad_records == 1, "with tolerance it is counted")
    samples = (tolerant.report or {}).get("badSamples") or [{}]
    account.check("this is no visit" in str(samples[0]), "and shown in the report", samples)


def _nothing_to_do(deployed: DeployedMapReduce, account: Account) -> None:
    account.title("An empty prefix")
    with account.step("Run over no objects"):
        snapshot = deployed.finish(deployed.submit("nothing-here/").job_id)
    account.check(snapshot.state == "SUCCEEDED" and deployed.result(snapshot.job_id) == {}, "is an empty result")


def _cancelled(deployed: DeployedMapReduce, account: Account) -> None:
    account.title("Cancelled by its user")
    handle = deployed.submit("uservisits/", split_bytes=SPLIT_BYTES, reducers=3)
    with account.step("Cancel after the first mapper"):
        eventually(
            lambda: deployed.watcher(handle.job_id).look().mappers_done, within=30, what="a first mapper commits"
        )
        cancel(deployed.watcher(handle.job_id))
        snapshot = deployed.finish(handle.job_id)
        before = _settled(deployed, handle.job_id)
        time.sleep(4)
    account.check(snapshot.state == "CANCELLED", "the job is cancelled", snapshot.state)
    account.check(deployed.keys(f"jobs/{handle.job_id}/") == before, "nothing is left running")


def _settled(deployed: DeployedMapReduce, job_id: str) -> list[str]:
    """The job's objects, once the tasks that were in flight have ended."""
    time.sleep(3)
    return deployed.keys(f"jobs/{job_id}/")


def _updated_and_redriven(deployed: DeployedMapReduce, account: Account, expected: Totals) -> DeployedMapReduce:
    account.title("The stack is updated, and a failed job is redriven")
    before = deployed.workspace
    with account.step("cdk deploy with max_attempts=1"):
        deploy(deployed.cloud, max_attempts=1)
    deployed = DeployedMapReduce.find(deployed.cloud)
    kept = (before.job_bucket, before.mapper, before.reducer, before.coordinator, before.queue_url)
    after = deployed.workspace
    account.check(
        kept == (after.job_bucket, after.mapper, after.reducer, after.coordinator, after.queue_url),
        "the update replaces nothing",
    )
    handle = deployed.submit("uservisits/", split_bytes=SPLIT_BYTES, reducers=3)

    def ended() -> bool:
        return deployed.watcher(handle.job_id).look().ended

    with account.step("Let a third of the mappers finish, then kill them until the job fails"):
        third = handle.mappers // 3
        eventually(lambda: len(_commits(deployed, handle.job_id)) >= third, within=60, what="mappers commit")
        with Killer(deployed.cloud, after.mapper, ended, every=0.1):
            eventually(ended, within=60, what="the job fails")
    failed = deployed.finish(handle.job_id)
    account.check(failed.state == "FAILED", "a job whose attempts are used up fails", failed.state)
    _settled(deployed, handle.job_id)
    done = _commits(deployed, handle.job_id)
    account.check(third <= len(done) < handle.mappers, "part of its mappers are done", len(done))
    with account.step(f"Redrive what failed; {len(done)} of {handle.mappers} mappers are done"):
        redrive(deployed.watcher(handle.job_id))
        snapshot = deployed.finish(handle.job_id)
    _exact(account, deployed, snapshot, expected, "redriven job")
    again = {key: stamp for key, stamp in _commits(deployed, handle.job_id).items() if key in done}
    account.check(again == done, "and what was done is not run again")
    return deployed


def _commits(deployed: DeployedMapReduce, job_id: str) -> dict[str, str]:
    pages = deployed.s3.list_objects_v2(Bucket=deployed.workspace.job_bucket, Prefix=f"jobs/{job_id}/task/mapper/")
    return {each["Key"]: str(each["LastModified"]) for each in pages.get("Contents", ())}


def _cleaned(deployed: DeployedMapReduce, account: Account) -> None:
    account.title("Clean")
    job_id = deployed.submit("uservisits/", split_bytes=SPLIT_BYTES).job_id
    deployed.finish(job_id)
    with account.step("Remove one job's workspace"):
        clean(deployed.watcher(job_id))
    left = [*deployed.keys(f"jobs/{job_id}/"), *deployed.keys(f"shuffle/{job_id}/")]
    account.check(not left, "nothing of the job is left", left)


def _destroyed(deployed: DeployedMapReduce, account: Account, data: Sequence[InputObject]) -> None:
    account.title("Destroy")
    with account.step("cdk destroy MapReduce"):
        cdk(deployed.cloud, "destroy", STACK, "--force")
    functions = [each["FunctionName"] for each in deployed.cloud.client("lambda").list_functions()["Functions"]]
    account.check(deployed.workspace.mapper not in functions, "the functions are gone", functions)
    kept = deployed.s3.list_objects_v2(Bucket=deployed.input_bucket)["KeyCount"]
    account.check(kept >= len(data), "the data are kept", kept)
    account.check(deployed.keys("jobs/"), "and so are the results")
