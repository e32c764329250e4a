"""Rehearsal of the Lamp stack: its user data sets a real WordPress up; it survives a new instance and a bad release."""

from __future__ import annotations

import json
import shutil
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from refarch.local import LocalCloud
from refarch.web.lamp_setup import machine as machines
from refarch.web.lamp_setup.failures import StepFailed, run
from rehearsals.account import Account, eventually
from rehearsals.lamp_host import environment
from rehearsals.lamp_instance import Machine, new_folder
from rehearsals.ports import free_port
from rehearsals.programs import need
from rehearsals.stage import cdk

STACK = "Lamp"
CLOCK_FACTOR = 5
TITLE = "Kept through everything"


def rehearse(cloud: LocalCloud, account: Account) -> None:
    """Everything that the stack promises, observed. Raises `RehearsalFailed` at the first promise not kept."""
    need("web")
    folder = new_folder()
    machine = Machine(cloud, folder, free_port())
    try:
        _listen_to_signals_from_outside(cloud)
        _first_deployment(cloud, account, machine)
        _only_through_cloudfront(cloud, account, machine)
        _new_instance_keeps_the_site(cloud, account, machine)
        _bad_release_goes_back_at_once(cloud, account, machine)
        _destroyed(cloud, account)
        account.verdict()
    finally:
        machine.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _listen_to_signals_from_outside(cloud: LocalCloud) -> None:
    body = json.dumps({"signal": "silence"}).encode()
    with urllib.request.urlopen(f"{cloud.endpoint_url}/_refarch/boots", data=body, timeout=10):  # noqa: S310 - loopback
        pass


@contextmanager
def _deploying(cloud: LocalCloud, **settings: object) -> Iterator[Future[None]]:
    """`cdk deploy` in the background: it waits for a signal of the instance."""
    context = [f"-c={STACK}.{name}={value}" for name, value in settings.items()]
    pool = ThreadPoolExecutor(1)
    try:
        yield pool.submit(cdk, cloud, "deploy", STACK, "--exclusively", "--require-approval", "never", *context)
    finally:
        pool.shutdown(wait=False)  # what failed must be told now, not when the deployment gives up


def _instances(cloud: LocalCloud) -> set[str]:
    group = cloud.client("autoscaling").describe_auto_scaling_groups()["AutoScalingGroups"]
    return {each["InstanceId"] for one in group for each in one["Instances"] if each["LifecycleState"] == "InService"}


def _next_instance(cloud: LocalCloud, known: set[str], deployment: Future[None]) -> str:
    def look() -> set[str]:
        if deployment.done():
            deployment.result()
        return _instances(cloud) - known

    return eventually(look, within=120, what="an instance of the group").pop()


def _first_deployment(cloud: LocalCloud, account: Account, machine: Machine) -> None:
    account.title("A first deployment, which ends when the site answers")
    with account.step(f"cdk deploy {STACK}"), _deploying(cloud) as deployment:
        instance = _next_instance(cloud, set(), deployment)
        script = machine.metadata(instance, "user-data")
        account.check(not deployment.done(), "the deployment waits for the site")
        with account.step("The instance runs its user data"):
            said = machine.boot(instance)
        account.check("done" in said, "the set-up ends well", said[-600:])
        deployment.result(timeout=120)
    secrets = [_secret(cloud, name) for name in ("DatabaseSecret", "AdminSecret")]
    words = [json.loads(text)["password"] for text in secrets]
    account.check(not any(word in script for word in words), "no password is in the user data")
    _takes_volume_and_address(cloud, account, machine, instance)


def _takes_volume_and_address(cloud: LocalCloud, account: Account, machine: Machine, instance: str) -> None:
    client = cloud.client("ec2")
    address = client.describe_addresses()["Addresses"][0]
    account.check(address.get("InstanceId") == instance, "the instance has the stack's address", address)
    volume = _volume(cloud)
    with account.step("The role may attach its volume, and no other"):
        _as_instance(machine, instance, lambda: machines.attach_volume(_own(instance, volume)))
        other = client.create_volume(AvailabilityZone=_zone(cloud, volume), Size=8)["VolumeId"]
        refused = _refusal(machine, instance, other)
    account.check("UnauthorizedOperation" in refused or "AccessDenied" in refused, "another volume is refused", refused)
    client.delete_volume(VolumeId=other)


def _only_through_cloudfront(cloud: LocalCloud, account: Account, machine: Machine) -> None:
    account.title("Visitors come through CloudFront, or not at all")
    token = _secret(cloud, "OriginSecret")
    account.check(machine.page("/")[0] == 403, "a request without CloudFront's secret is refused")
    status, text = machine.page("/wp-login.php", token)
    account.check(status == 200 and 'id="loginform"' in text, "with it the login page comes", status)
    account.check("install.php" not in text, "nobody is asked to make an administrator")
    distribution = cloud.client("cloudfront").list_distributions()["DistributionList"]["Items"][0]
    header = distribution["Origins"]["Items"][0]["CustomHeaders"]["Items"][0]
    account.check(header["HeaderValue"] == token, "CloudFront has the very secret", header["HeaderName"])


def _new_instance_keeps_the_site(cloud: LocalCloud, account: Account, machine: Machine) -> None:
    account.title("Another instance type: a new instance, the same site")
    assert machine.settings
    _publish(machine)
    known = _instances(cloud)
    with (
        account.step("cdk deploy with instance_type=t4g.medium"),
        _deploying(cloud, instance_type="t4g.medium") as done,
    ):
        eventually(lambda: not known & _instances(cloud), within=120, what="the end of the old instance")
        machine.stop()
        said = machine.boot(_next_instance(cloud, known, done))
        account.check("done" in said, "the new instance finds the volume's data and serves", said[-600:])
        done.result(timeout=120)
    account.check("WordPress unpacked" not in said and "salts made" not in said, "nothing was made anew")
    account.check(TITLE in machine.page("/", _secret(cloud, "OriginSecret"))[1], "the post is still there")


def _bad_release_goes_back_at_once(cloud: LocalCloud, account: Account, machine: Machine) -> None:
    account.title("An instance that cannot start is said so at once, and the update goes back")
    known = _instances(cloud)
    with account.step("cdk deploy with instance_type=t4g.large"), _deploying(cloud, instance_type="t4g.large") as done:
        eventually(lambda: not known & _instances(cloud), within=120, what="the end of the old instance")
        machine.stop()
        machine.changed = {"wp_cli_sha256": "0" * 64}
        failing = _next_instance(cloud, known, done)
        said = machine.boot(failing)
        account.check("FAILED WP-CLI" in said, "the failing step is named", said[-300:])
        machine.changed = {}
        machine.stop()
        said = machine.boot(_next_instance(cloud, known | {failing}, done))
        account.check("done" in said, "the instance of the old template serves again", said[-300:])
        account.check(done.exception(timeout=120) is not None, "the deployment fails")
    events = cloud.client("cloudformation").describe_stack_events(StackName=STACK)["StackEvents"]
    told = [each.get("ResourceStatusReason", "") for each in events]
    account.check(any("FAILURE" in reason for reason in told), "CloudFormation's events tell of the signal", told[:8])
    state = cloud.client("cloudformation").describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]
    account.check(state == "UPDATE_ROLLBACK_COMPLETE", "and all is as before", state)
    account.check(TITLE in machine.page("/", _secret(cloud, "OriginSecret"))[1], "the post is still there")


def _destroyed(cloud: LocalCloud, account: Account) -> None:
    account.title("Destroy")
    volume = _volume(cloud)
    with account.step(f"cdk destroy {STACK}"):
        cdk(cloud, "destroy", STACK, "--force")
    kept = cloud.client("ec2").describe_volumes(VolumeIds=[volume])["Volumes"]
    account.check(len(kept) == 1, "the data volume is kept")
    account.check(not _instances(cloud), "no instance is left")
    account.check(bool(_secret(cloud, "AdminSecret")), "so is the administrator's secret")


def _publish(machine: Machine) -> None:
    """A post, as the site's owner would write one."""
    assert machine.settings
    phar, site = machine.settings.configuration("downloads") / "wp-cli.phar", machine.settings.site
    wp = ["runuser", "-u", "www-data", "--", "php", str(phar), f"--path={site}", "post", "create"]
    run("post", [*wp, f"--post_title={TITLE}", "--post_status=publish"])


def _secret(cloud: LocalCloud, part: str) -> str:
    client = cloud.client("secretsmanager")
    found = next(each for each in client.list_secrets()["SecretList"] if part in each["Name"])
    return str(client.get_secret_value(SecretId=found["ARN"])["SecretString"])


def _volume(cloud: LocalCloud) -> str:
    resources = cloud.client("cloudformation").list_stack_resources(StackName=STACK)["StackResourceSummaries"]
    return next(str(each["PhysicalResourceId"]) for each in resources if each["ResourceType"] == "AWS::EC2::Volume")


def _zone(cloud: LocalCloud, volume: str) -> str:
    found = cloud.client("ec2").describe_volumes(VolumeIds=[volume])["Volumes"][0]
    return str(found["AvailabilityZone"])


def _own(instance: str, volume: str) -> machines.Machine:
    return machines.Machine(stack=STACK, resource="", volume_id=volume, instance_id=instance)


def _refusal(machine: Machine, instance: str, volume: str) -> str:
    try:
        _as_instance(machine, instance, lambda: machines.attach_volume(_own(instance, volume)))
    except StepFailed as failure:
        return failure.reason
    return "attached"


def _as_instance(machine: Machine, instance: str, act: Callable[[], Any]) -> Any:
    """Do something with the instance's own credentials."""
    with environment(machine.environment(instance)):
        return act()
