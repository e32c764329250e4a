"""Rehearsal of ImmersiveStreaming: its own user data start origins, edge and test source, which play and fail over."""

from __future__ import annotations

import json
import shutil
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError

from refarch.local import LocalCloud
from rehearsals.account import Account, eventually
from rehearsals.immersive_streaming_instance import Instance, new_ports
from rehearsals.immersive_streaming_viewer import later, newest, number, text
from rehearsals.programs import need
from rehearsals.stage import cdk
from rehearsals.streaming_processes import free_port, get

STACK = "ImmersiveStreaming"
CLOCK_FACTOR = 5
SMALL = {"rungs": "160:100", "preset": "ultrafast"}
PICTURE = {"width": 320, "height": 160, "fps": 10, "kilobits": 300}
# Session Manager's agent would be fetched from AWS; the player's page is rehearsed by its own tests.
SETTINGS = {"session_manager": "false", "player": "false"}


def rehearse(cloud: LocalCloud, account: Account) -> None:
    """Everything that the stack promises, observed. Raises `RehearsalFailed` at the first promise not kept."""
    need("streaming")
    folder = Path(tempfile.mkdtemp(prefix="refarch-streaming-"))
    running: list[Instance] = []
    try:
        _listen_to_signals_from_outside(cloud)
        site = _Site(cloud, folder, running)
        _deployed(cloud, account, site)
        _least_privilege(cloud, account, site)
        url = _plays(cloud, account, site)
        _fails_over(account, site, url)
        _destroyed(cloud, account)
        account.verdict()
    finally:
        for each in reversed(running):
            each.stop()
        shutil.rmtree(folder, ignore_errors=True)


class _Site:
    """The instances of the deployed system, on free ports of this machine."""

    def __init__(self, cloud: LocalCloud, folder: Path, running: list[Instance]) -> None:
        self.cloud, self.folder, self.running = cloud, folder, running
        self.ports = {name: new_ports() for name in ("Primary", "Backup")}
        self.edge_port = free_port()
        self.keys = str(folder / "keys")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.edge_port}"

    def names(self) -> dict[str, str]:
        """Patterns of the origins' DNS names with ports → this machine's addresses."""
        found: dict[str, str] = {}
        for name, ports in self.ports.items():
            host = (
                f"ec2-{_physical(self.cloud, f'Origin{name}Address').replace('.', '-')}[.][a-z0-9.-]+[.]amazonaws[.]com"
            )
            found |= {f"{host}:80": f"127.0.0.1:{ports['http']}", f"{host}:1935": f"127.0.0.1:{ports['rtmp']}"}
        return found

    def boot(self, name: str, instance: str, **changed: Any) -> Instance:
        made = Instance(self.cloud, instance, self.folder / name, self.names(), changed)
        self.running.append(made)
        made.boot()
        return made

    def boot_origin(self, name: str, instance: str) -> Instance:
        ports, folder = self.ports[name], self.folder / name
        here = {
            "rtmp_listen": f"127.0.0.1:{ports['rtmp']}",
            "http_listen": f"127.0.0.1:{ports['http']}",
            "control_port": ports["control"],
            "peer_sources": ["127.0.0.1"],
            "recordings": str(folder / "recordings"),
        }
        if name == "Primary":
            here["direct_listen"] = f"127.0.0.1:{ports['direct']}"
        return self.boot(name, instance, **here, **SMALL)


def _listen_to_signals_from_outside(cloud: LocalCloud) -> None:
    body = json.dumps({"signal": "silence"}).encode()
    with urllib.request.urlopen(f"{cloud.endpoint_url}/_refarch/boots", data=body, timeout=10):  # noqa: S310 - loopback
        pass


@contextmanager
def _deploying(cloud: LocalCloud) -> Iterator[Future[None]]:
    """`cdk deploy` in the background: it waits for signals of the origins."""
    context = [f"-c={STACK}.{name}={value}" for name, value in SETTINGS.items()]
    pool = ThreadPoolExecutor(1)
    try:
        yield pool.submit(cdk, cloud, "deploy", STACK, "--exclusively", "--require-approval", "never", *context)
    finally:
        pool.shutdown(wait=False)  # what failed must be told now, not when the deployment gives up


def _deployed(cloud: LocalCloud, account: Account, site: _Site) -> None:
    account.title("A deployment that ends when both origins serve, one after the other")
    with account.step(f"cdk deploy {STACK}"), _deploying(cloud) as deployment:
        for name in ("Primary", "Backup"):
            instance = _instance(cloud, f"Origin{name}Group", deployment)
            account.check(not deployment.done(), f"the deployment waits for the {name.lower()} origin")
            site.boot_origin(name, instance)
        deployment.result(timeout=300)
    addresses = {each.get("InstanceId") for each in cloud.client("ec2").describe_addresses()["Addresses"]}
    origins = {each.id for each in site.running}
    account.check(origins <= addresses, "each origin took its own address", addresses)
    site.boot("Edge", _instance(cloud, "EdgeFleetGroup", None), http_listen=f"127.0.0.1:{site.edge_port}", workers="1")
    site.boot("Source", _instance(cloud, "TestSourceFleetGroup", None), **PICTURE)
    asked = [line for each in site.running for line in each.said]
    account.check("systemctl mask nginx.service" in asked, "Debian's own nginx is kept from starting")
    account.check(any("libnginx-mod-rtmp" in line for line in asked), "programs are Debian's packages")


def _least_privilege(cloud: LocalCloud, account: Account, site: _Site) -> None:
    account.title("What an origin may do, with the role's own credentials")
    key = _secret(cloud, "PublishKeys")
    scripts = [each.metadata("user-data") for each in site.running]
    account.check(not any(key in script for script in scripts), "no publish key is in any user data")
    primary, backup = site.running[:2]
    mine = _as(primary, "secretsmanager")
    other = next(each["ARN"] for each in _secrets(cloud) if "OriginSecret" in each["Name"])
    told = _refusal(lambda: mine.get_secret_value(SecretId=other))
    account.check("AccessDenied" in told, "another secret is refused", told)
    ec2, foreign = _as(primary, "ec2"), backup.plan["allocation_id"]
    told = _refusal(lambda: ec2.associate_address(AllocationId=foreign, InstanceId=primary.id, AllowReassociation=True))
    account.check("UnauthorizedOperation" in told or "AccessDenied" in told, "the other's address is refused", told)
    s3, bucket = _as(primary, "s3"), _physical(cloud, "VodIngestBucket")
    told = _refusal(lambda: s3.put_object(Bucket=bucket, Key="recordings/probe.txt", Body=b""))
    account.check(told == "done", "a recording may be uploaded to where videos are made of it", told)
    told = _refusal(lambda: s3.get_object(Bucket=bucket, Key="recordings/probe.txt"))
    account.check("AccessDenied" in told, "and not be read again", told)


def _plays(cloud: LocalCloud, account: Account, site: _Site) -> str:
    account.title("Colour bars, from the test source over both origins through the edge")
    for each in site.running:
        each.start()
    with account.step("the master playlist comes, and a segment behind it"):
        master = eventually(lambda: text(f"{site.url}/testhls/test.m3u8"), within=60, what="the test stream")
        path = next(line for line in master.splitlines() if line and not line.startswith("#"))
        playlist = f"{site.url}/testhls/{path}"
        segment = eventually(lambda: newest(playlist), within=30, what="a segment")
    status, body, headers = get(segment)
    account.check(status == 200 and body[:1] == b"G", "the segment is MPEG-TS", status)
    handled = get(playlist)[2].get("X-Media-Handled-By")
    account.check(handled == "primary", "the primary answers", handled)
    account.check("max-age=3600" in headers.get("Cache-Control", ""), "segments may be kept", dict(headers))
    _serves_cloudfront(cloud, account, site)
    return playlist


def _serves_cloudfront(cloud: LocalCloud, account: Account, site: _Site) -> None:
    """What CloudFront does when no edge answers."""
    address = f"http://127.0.0.1:{site.ports['Primary']['direct']}/testhls/test.m3u8"
    key = {"X-Refarch-Origin": _secret(cloud, "OriginDirectSecret")}
    with urllib.request.urlopen(urllib.request.Request(address, headers=key), timeout=5) as answer:
        life = answer.headers["Cache-Control"]
    account.check(life.startswith("max-age=1,"), "the primary answers CloudFront itself, if no edge does", life)
    status = get(address)[0]
    account.check(status == 403, "and nobody else", status)


def _fails_over(account: Account, site: _Site, playlist: str) -> None:
    account.title("The primary is gone from one moment to the next")
    before = newest(playlist)
    site.running[0].kill()
    with account.step("the backup goes on under the same numbers"):
        after = eventually(lambda: later(playlist, before), within=30, what="a newer segment")
    handled = get(playlist)[2].get("X-Media-Handled-By")
    account.check(handled == "backup", "the backup answers", handled)
    account.check(number(after) - number(before) < 30, "numbers go on", f"{before} {after}")
    account.check(get(after)[0] == 200, "and its segments come")


def _destroyed(cloud: LocalCloud, account: Account) -> None:
    account.title("Destroy")
    buckets = [_physical(cloud, "VodIngestBucket"), _physical(cloud, "VodEgressBucket")]
    with account.step(f"cdk destroy {STACK}"):
        cdk(cloud, "destroy", STACK, "--force")
    groups = cloud.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    account.check(not groups, "no group is left", groups)
    account.check(not cloud.client("ec2").describe_addresses()["Addresses"], "no address is left, which would cost")
    there = {each["Name"] for each in cloud.client("s3").list_buckets()["Buckets"]}
    account.check(set(buckets) <= there, "recordings and videos are kept", there)


def _instance(cloud: LocalCloud, group: str, deployment: Future[None] | None) -> str:
    """An instance of the group whose logical id begins so, as soon as there is one."""

    def look() -> str:
        if deployment is not None and deployment.done():
            deployment.result()
        found = cloud.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
        wanted = [each for each in found if group in each["AutoScalingGroupName"]]
        return next((each["InstanceId"] for one in wanted for each in one["Instances"]), "")

    return eventually(look, within=150, what=f"an instance of {group}")


def _physical(cloud: LocalCloud, word: str) -> str:
    pages = cloud.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=STACK)
    found = [each for page in pages for each in page["StackResourceSummaries"]]
    of = ("AWS::EC2::EIP", "AWS::S3::Bucket")
    return next(
        str(each["PhysicalResourceId"])
        for each in found
        if each["LogicalResourceId"].startswith(word) and each["ResourceType"] in of
    )


def _secrets(cloud: LocalCloud) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cloud.client("secretsmanager").list_secrets()["SecretList"]
    return found


def _secret(cloud: LocalCloud, part: str) -> str:
    found = next(each for each in _secrets(cloud) if part in each["Name"])
    return str(cloud.client("secretsmanager").get_secret_value(SecretId=found["ARN"])["SecretString"])


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


def _refusal(act: Callable[[], Any]) -> str:
    try:
        act()
    except ClientError as error:
        return str(error)
    return "done"
