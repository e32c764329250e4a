"""Where containers run: services on Auto Scaling groups, through capacity providers or because instances join."""

from __future__ import annotations

from collections.abc import Iterator

from refarch.gate.picture.model import Flow, Strength
from refarch.gate.picture.scene import Scene
from refarch.gate.policy.view import Resource

_ASSOCIATIONS = "AWS::ECS::ClusterCapacityProviderAssociations"
_GROUP = "AWS::AutoScaling::AutoScalingGroup"


def flows(scene: Scene) -> Iterator[Flow]:
    """From each service to the groups that it runs on; none for Fargate."""
    groups = {cluster: _groups(scene, cluster) for cluster in _clusters(scene)}
    for service in scene.view.of_type("AWS::ECS::Service"):
        if service.get("LaunchType") != "FARGATE":
            own = _only_groups(scene, scene.ends(service.raw("CapacityProviderStrategy")))
            for name in sorted(scene.view.targets(service.raw("Cluster"))):
                for group in own or groups.get(name, []):
                    yield Flow(service.name, group, "runs on", Strength.ACCESS)


def _clusters(scene: Scene) -> Iterator[str]:
    return (each.name for each in scene.view.of_type("AWS::ECS::Cluster"))


def _groups(scene: Scene, cluster: str) -> list[str]:
    found: set[str] = set()
    for each in scene.view.users_of(scene.view.resources[cluster], _ASSOCIATIONS):
        found |= set(scene.ends(each.raw("CapacityProviders")))
    own = scene.view.resources[cluster].raw("CapacityProviders")
    joined: set[str] = set() if found else set(_joined(scene, scene.view.resources[cluster]))
    return _only_groups(scene, found | set(scene.ends(own)) | joined)


def _joined(scene: Scene, cluster: Resource) -> Iterator[str]:
    """Groups whose instances name the cluster when they start."""
    for each in scene.view.users_of(cluster, "AWS::EC2::LaunchTemplate", "AWS::AutoScaling::LaunchConfiguration"):
        yield from scene.boxes(each.name)


def _only_groups(scene: Scene, names: set[str] | list[str]) -> list[str]:
    return sorted(name for name in names if scene.shown[name].type == _GROUP)
