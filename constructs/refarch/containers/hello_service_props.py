"""Props of `HelloService`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_logs as logs

from refarch._shared.checks import Problems, is_known
from refarch._shared.durations import in_seconds, seconds
from refarch.compute.drain_budget import DrainBudget
from refarch.containers.spot_cluster import SpotCluster

IMAGE = "public.ecr.aws/docker/library/python:3.13.1-alpine3.21"


@dataclass(frozen=True, kw_only=True)
class HelloServiceProps:
    """A sample service on a `SpotCluster`. Raises `InvalidPropsError` with every problem at once."""

    cluster: SpotCluster

    desired_count: int = 4
    """Tasks, 1 to 1,000. The default is two on each of two instances."""

    allow_from: Sequence[str] = ("0.0.0.0/0",)
    """IPv4 networks that may ask. Default: everybody, as the original."""

    certificate: acm.ICertificate | None = None
    """Makes the listener HTTPS on port 443. Default: HTTP on port 80, as the original."""

    deregistration_delay: Duration = field(default_factory=lambda: seconds(60))
    """How long open requests may take when a task leaves. The original gave 120 seconds, the whole notice."""

    stop_timeout: Duration = field(default_factory=lambda: seconds(30))
    """From the stop signal to the kill, 1 to 119 seconds. With the delay and the event's latency it must fit into the
    notice (`DrainBudget`)."""

    image: str = IMAGE
    """A public image with Python 3.9 or later; pinned, since an image that changes cannot be rolled back."""

    log_retention: logs.RetentionDays = logs.RetentionDays.ONE_WEEK
    """How long what the tasks write is kept."""

    removal_policy: RemovalPolicy = RemovalPolicy.RETAIN
    """Of the logs. DESTROY also takes the context flag `refarch:remove-data-on-destroy`."""

    def __post_init__(self) -> None:
        problems = Problems("HelloServiceProps")
        problems.between("desired_count", self.desired_count, 1, 1000)
        strange = [each for each in self.allow_from if is_known(each) and not is_network(each)]
        problems.check(not strange, "allow_from", strange, "IPv4 networks, such as 203.0.113.0/24")
        problems.check(bool(self.image), "image", self.image, "the name of an image")
        for found in self.drain_budget.problems():
            what, _, allowed = found.partition(", allowed: ")
            problems.add("drain budget", what, allowed)
        problems.raise_any()

    @property
    def drain_budget(self) -> DrainBudget:
        """What draining a task of this service takes: give it to the responder."""
        return DrainBudget(
            deregistration_delay=in_seconds(self.deregistration_delay), stop_timeout=in_seconds(self.stop_timeout)
        )


def is_network(text: str) -> bool:
    try:
        return bool(IPv4Network(text))
    except ValueError:
        return False
