"""Services and clusters of ECS, and registries of images."""

from __future__ import annotations

from collections.abc import Iterator

from refarch.gate.policy.model import Fault, fault, rule
from refarch.gate.policy.rules.containers import SERVICE
from refarch.gate.policy.values import UNKNOWN, at, is_off
from refarch.gate.policy.view import Template


@rule(
    "ECS-INSIGHTS",
    "A cluster's metrics are not collected",
    control=40,
    profile="regulated",
    severity="warning",
    anchor="CT.ECS.PR.2, N ECS4, F ECS.12",
    remedy="set the cluster setting containerInsights to enabled or enhanced",
)
def insights(template: Template) -> Iterator[Fault]:
    for cluster in template.of_type("AWS::ECS::Cluster"):
        values = {str(at(each, "Name")): at(each, "Value") for each in cluster.entries("ClusterSettings")}
        if values.get("containerInsights") not in ("enabled", "enhanced", UNKNOWN):
            yield fault(cluster, "containerInsights is not enabled", "ClusterSettings")


@rule(
    "ECS-CIRCUIT-BREAKER",
    "A deployment whose tasks do not start goes on for ever",
    control=40,
    severity="warning",
    remedy="set DeploymentCircuitBreaker with Enable and Rollback",
)
def circuit_breaker(template: Template) -> Iterator[Fault]:
    for service in template.of_type(SERVICE):
        if service.get("DeploymentController.Type") not in (None, "ECS"):
            continue
        breaker = service.get("DeploymentConfiguration.DeploymentCircuitBreaker")
        if breaker is not UNKNOWN and (is_off(at(breaker, "Enable")) or is_off(at(breaker, "Rollback"))):
            yield fault(service, "DeploymentCircuitBreaker does not roll back", "DeploymentConfiguration")


@rule(
    "ECR-SCAN",
    "Images are not scanned for known holes",
    control=41,
    anchor="CT.ECR.PR.1",
    severity="warning",
    remedy="set ImageScanningConfiguration.ScanOnPush to true",
)
def scan(template: Template) -> Iterator[Fault]:
    for repository in template.of_type("AWS::ECR::Repository"):
        if is_off(repository.get("ImageScanningConfiguration.ScanOnPush")):
            yield fault(repository, "ScanOnPush is not true", "ImageScanningConfiguration")


@rule(
    "ECR-IMMUTABLE",
    "A tag may become another image",
    control=41,
    profile="regulated",
    severity="warning",
    anchor="CT.ECR.PR.2",
    remedy="set ImageTagMutability to IMMUTABLE",
)
def immutable(template: Template) -> Iterator[Fault]:
    for repository in template.of_type("AWS::ECR::Repository"):
        if repository.get("ImageTagMutability") in (None, "MUTABLE"):
            yield fault(repository, "ImageTagMutability is MUTABLE", "ImageTagMutability")


@rule(
    "ECR-LIFECYCLE",
    "Images are kept, and paid, for ever",
    control=41,
    profile="regulated",
    severity="warning",
    anchor="CT.ECR.PR.3",
    remedy="add a LifecyclePolicy",
)
def lifecycle(template: Template) -> Iterator[Fault]:
    for repository in template.of_type("AWS::ECR::Repository"):
        if repository.get("LifecyclePolicy") is None:
            yield fault(repository, "no LifecyclePolicy", "LifecyclePolicy")
