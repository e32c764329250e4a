"""Rehearsal of ImmersiveStreaming: its own user data start origins, edges, test source and worker, which keep playing
when an edge is reclaimed and an origin dies; the page plays in a browser, and an event becomes a video."""

from __future__ import annotations

import shutil
import tempfile
import urllib.request
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import boto3

from refarch.local import LocalCloud
from refarch.streaming.player import client_log
from rehearsals import immersive_streaming_site as stage
from rehearsals import immersive_streaming_viewer as viewer
from rehearsals.account import Account, eventually
from rehearsals.immersive_streaming_cloudfront import CloudFront
from rehearsals.immersive_streaming_instance import Instance
from rehearsals.immersive_streaming_logs import shipped
from rehearsals.immersive_streaming_rotation import rotates
from rehearsals.immersive_streaming_site import EVENT, PICTURE, STACK, Site, instances, physical, secret, secrets
from rehearsals.programs import need
from rehearsals.stage import cdk
from rehearsals.streaming_processes import get
from rehearsals.streaming_watcher import CLEAN, Watcher

CLOCK_FACTOR = 5
TEST = "/testhls/test.m3u8"


def rehearse(cloud: LocalCloud, account: Account) -> None:
    """Everything that the stack promises, observed. Raises `RehearsalFailed` at the first promise not kept."""
    need("streaming", "browser")
    folder = Path(tempfile.mkdtemp(prefix="refarch-streaming-"))
    site = Site(cloud, folder)
    try:
        stage.tell(cloud, "boots", {"signal": "silence"})  # origins signal from outside: they are here
        _deployed(cloud, account, site)
        _least_privilege(cloud, account, site)
        with ExitStack() as fronts:
            live, videos = (
                fronts.enter_context(CloudFront(cloud, each, site.place))
                for each in ("Live streams", "Videos on demand")
            )
            _plays(cloud, account, site, live)
            _page(cloud, account, site, live)
            rotates(cloud, account, site.origins["Primary"])
            _video(cloud, account, site, videos)
            _fails_over(cloud, account, site, live)
        shipped(cloud, account)
        _destroyed(cloud, account)
        account.verdict()
    finally:
        site.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _deploying(cloud: LocalCloud) -> Iterator[Future[None]]:
    """`cdk deploy` in the background: it waits for signals of the origins."""
    pool = ThreadPoolExecutor(1)
    try:
        yield pool.submit(cdk, cloud, "deploy", STACK, "--exclusively", "--require-approval", "never")
    finally:
        pool.shutdown(wait=False)  # what failed must be told now, not when the deployment gives up


def _deployed(cloud: LocalCloud, account: Account, site: Site) -> None:
    account.title("A deployment that ends when both origins serve, one after the other")
    with account.step(f"cdk deploy {STACK}"), _deploying(cloud) as deployment:
        for name in ("Primary", "Backup"):
            [instance] = instances(cloud, f"Origin{name}Group", deployment=deployment)
            account.check(not deployment.done(), f"the deployment waits for the {name.lower()} origin")
            site.boot_origin(name, instance)
        deployment.result(timeout=300)
    addresses = {each.get("InstanceId") for each in cloud.client("ec2").describe_addresses()["Addresses"]}
    account.check({each.id for each in site.running} <= addresses, "each origin took its own address", addresses)
    with account.step("two edges and the test source boot"):
        edges, [source] = instances(cloud, "EdgeFleetGroup", 2), instances(cloud, "TestSourceFleetGroup")
        with ThreadPoolExecutor() as pool:
            for done in (*(pool.submit(site.boot_edge, each) for each in edges), pool.submit(site.boot_source, source)):
                done.result()
    asked = [line for each in site.running for line in each.said]
    account.check("systemctl mask nginx.service" in asked, "Debian's own nginx is kept from starting")
    account.check(any("libnginx-mod-rtmp" in line for line in asked), "programs are Debian's packages")


def _least_privilege(cloud: LocalCloud, account: Account, site: Site) -> None:
    account.title("What an origin may do, with the role's own credentials")
    key = secret(cloud, "PublishKeys")
    scripts = [each.metadata("user-data") for each in site.running]
    account.check(not any(key in script for script in scripts), "no publish key is in any user data")
    primary, backup = site.origins.values()
    mine = _as(primary, "secretsmanager")
    other = next(each["ARN"] for each in secrets(cloud) if "OriginSecret" in each["Name"])
    told = viewer.refusal(lambda: mine.get_secret_value(SecretId=other))
    account.check("AccessDenied" in told, "another secret is refused", told)
    ec2, address = _as(primary, "ec2"), {"AllocationId": backup.plan["allocation_id"], "InstanceId": primary.id}
    told = viewer.refusal(lambda: ec2.associate_address(**address, AllowReassociation=True))
    account.check("UnauthorizedOperation" in told or "AccessDenied" in told, "the other's address is refused", told)
    s3, probe = _as(primary, "s3"), {"Bucket": physical(cloud, "VodIngestBucket"), "Key": "recordings/probe.txt"}
    told = viewer.refusal(lambda: s3.put_object(**probe, Body=b""))
    account.check(told == "done", "a recording may be uploaded to where videos are made of it", told)
    told = viewer.refusal(lambda: s3.get_object(**probe))
    account.check("AccessDenied" in told, "and not be read again", told)


def _plays(cloud: LocalCloud, account: Account, site: Site, live: CloudFront) -> None:
    account.title("Colour bars, from the test source over both origins, the edges and CloudFront's settings")
    for each in site.running:
        each.start()
    for ports in site.ports.values():
        address = f"http://127.0.0.1:{ports['http']}/healthz"
        eventually(lambda address=address: viewer.text(address), within=60, what="an origin")  # type: ignore[misc]
    site.publish(secret(cloud, "PublishKeys"))
    stage.wake_worker(cloud)
    with account.step("the master playlist comes, and a segment behind it"):
        master = eventually(lambda: viewer.text(f"{live.url}{TEST}"), within=60, what="the test stream")
        path = next(line for line in master.splitlines() if line and not line.startswith("#"))
        segment = eventually(lambda: viewer.newest(f"{live.url}/testhls/{path}"), within=30, what="a segment")
    status, body, headers = get(segment)
    account.check(status == 200 and body[:1] == b"G", "the segment is MPEG-TS", status)
    account.check("max-age=3600" in headers.get("Cache-Control", ""), "segments may be kept", dict(headers))
    handled = get(f"{live.url}{TEST}")[2].get("X-Media-Handled-By")
    account.check(handled == "primary", "the primary answers", handled)
    status = get(f"http://127.0.0.1:{site.ports['Primary']['direct']}{TEST}")[0]
    account.check(status == 403, "but nobody who is not CloudFront", status)
    _serves_cloudfront(cloud, account, site)


def _serves_cloudfront(cloud: LocalCloud, account: Account, site: Site) -> None:
    """What CloudFront does when no edge answers."""
    address = f"http://127.0.0.1:{site.ports['Primary']['direct']}{TEST}"
    key = {"X-Refarch-Origin": secret(cloud, "OriginDirectSecret")}
    with urllib.request.urlopen(urllib.request.Request(address, headers=key), timeout=5) as answer:
        life = answer.headers["Cache-Control"]
    account.check(life.startswith("max-age=1,"), "the primary answers CloudFront itself, if no edge does", life)


def _page(cloud: LocalCloud, account: Account, site: Site, live: CloudFront) -> None:
    account.title("The deployed page, at the address that the stack's output tells")
    told = stage.outputs(cloud)["clientTestPatternUrl"]
    size = int(PICTURE["width"]), int(PICTURE["height"])
    with viewer.page(live.here(told)) as browser:
        with account.step("a browser opens it"):
            clock = eventually(lambda: viewer.clock(browser, *size), within=90, what="a clock in the picture")
        later = partial(viewer.later_clock, browser, *size, clock)
        runs = eventually(later, within=60, what="the picture's clock runs")
        account.check(runs, "the test source's clock runs in its picture")
        account.check(not (bad := viewer.forbidden(browser)), "within its content security policy", bad)
        eventually(lambda: _started(site), within=30, what="a line of the page's in an edge's log")
    started = _started(site)
    account.check(len(started) == 1, "what its viewer lived through is in an edge's log", started)


def _started(site: Site) -> list[client_log.Session]:
    """Viewers whose page told an edge that it plays."""
    logs = [site.folder / f"Edge-{id}" / "var/log/edge-access.log" for id in site.edges]
    lines = [line for log in logs for line in log.read_text().splitlines()]
    return [each for each in client_log.sessions(lines).values() if each.start_ms is not None]


def _video(cloud: LocalCloud, account: Account, site: Site, videos: CloudFront) -> None:
    account.title("An event is over: its recordings become one video")
    worker = site.boot_worker(*instances(cloud, "VodWorkersGroup"))
    worker.start()
    uploads = [lambda each=each: _events(each, "refarch-vod-uploader", "uploaded") for each in site.origins.values()]
    with account.step("both origins upload what they recorded, a worker encodes it"):
        done = [eventually(each, within=60, what="a recording is uploaded")[0]["key"] for each in uploads]
        queue = stage.outputs(cloud)["transcodingQueueUrl"]
        eventually(lambda: viewer.masters(cloud) and not viewer.waiting(cloud, queue), within=120, what="the video")
    found = viewer.masters(cloud)
    account.check(len(found) == 1 and f"/{EVENT}/" in found[0], "of two recordings comes one video", found)
    recorded = max(int(key.split("/")[-1].split("_")[1]) for key in done) / 1000
    length = viewer.seconds_of(f"{videos.url}/{found[0]}")
    account.check(abs(length - recorded) < 0.3, f"as long as the event, {recorded:.1f} s", length)
    account.check(not _events(worker, "refarch-vod-worker", "failed"), "at the first try")


def _fails_over(cloud: LocalCloud, account: Account, site: Site, live: CloudFront) -> None:
    account.title("A viewer watches on while an edge is reclaimed and the primary dies")
    with Watcher(f"{live.url}{TEST}") as watching:
        first, (edge, _) = next(iter(site.edges.items()))
        with account.step("EC2 gives an edge notice"):
            stage.reclaim(cloud, first)
            eventually(lambda: first not in live.targets(), within=60, what="it has left its target group")
        state = cloud.client("ec2").describe_instances(InstanceIds=[first])["Reservations"][0]["Instances"][0]["State"]
        account.check(state["Name"] == "running", "it was out of the load balancer before it ended", state)
        edge.kill()
        watching.see(1)
        with account.step("the primary is gone from one moment to the next"):
            site.origins["Primary"].kill()
            watching.until_handled_by("backup")
            watching.see(2)
    seen = watching.verdict()
    account.check(seen == CLEAN, f"none of {len(watching.answers)} requests failed, no segment was missing", seen)


def _destroyed(cloud: LocalCloud, account: Account) -> None:
    account.title("Destroy")
    buckets = {physical(cloud, f"{name}Bucket") for name in ("VodIngest", "VodEgress")}
    with account.step(f"cdk destroy {STACK}"):
        cloud.cdk("destroy", STACK, "--force", "--app", str(cloud.folder.path / "cdk.out"))  # as it was deployed
    groups = cloud.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    account.check(not groups, "no group is left", groups)
    account.check(not cloud.client("ec2").describe_addresses()["Addresses"], "no address is left, which would cost")
    there = {each["Name"] for each in cloud.client("s3").list_buckets()["Buckets"]}
    account.check(buckets <= there, "recordings and videos are kept", there)


def _events(instance: Instance, service: str, event: str) -> list[dict[str, Any]]:
    return [each for each in instance.events(service) if each["event"] == event]


def _as(instance: Instance, service: str) -> Any:
    """A client with the instance's own credentials."""
    known = instance.environment
    return boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=instance.cloud.endpoint_url,
        aws_access_key_id=known["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=known["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=known["AWS_SESSION_TOKEN"],
    )
