"""Traps of the CDK, and what AWS has ended since the originals, as checks of a template, each with its way back."""

from __future__ import annotations

import json
import re

from tests.contract.ecs_spot_template import Template, of, script

NOTICE = "EC2 Spot Instance Interruption Warning"
DRAINING = "ECS_ENABLE_SPOT_INSTANCE_DRAINING=true"


def undrained(template: Template) -> list[str]:
    """Trap 1: groups with Spot whose instances are not told to drain."""
    groups = of(template, "AWS::AutoScaling::AutoScalingGroup").values()
    templates = of(template, "AWS::EC2::LaunchTemplate")
    found = []
    for each in groups:
        policy = each["MixedInstancesPolicy"]
        [name] = re.findall(r'"Ref": "(\w+)"', json.dumps(policy["LaunchTemplate"]["LaunchTemplateSpecification"]))
        spot = policy["InstancesDistribution"]["OnDemandPercentageAboveBaseCapacity"] < 100
        if spot and DRAINING not in script(templates[name]["LaunchTemplateData"]):
            found.append(name)
    return found


def drains(template: Template) -> list[str]:
    """Trap 2: groups whose instances drain in two ways or none, and protection that keeps a stack from going."""
    hooks = [
        name
        for name, each in of(template, "AWS::AutoScaling::LifecycleHook").items()
        if "TERMINATING" in str(each["LifecycleTransition"])
    ]
    found = [f"hook {name} beside managed draining" for name in hooks]
    for name, each in of(template, "AWS::ECS::CapacityProvider").items():
        provider = each.get("AutoScalingGroupProvider", {})
        if provider and provider.get("ManagedDraining") != "ENABLED":
            found.append(f"{name} does not drain")
        if provider.get("ManagedTerminationProtection") == "ENABLED":
            found.append(f"{name} protects its instances")
    return found


def second_hook(template: Template) -> None:
    transition = "autoscaling:EC2_INSTANCE_TERMINATING"
    template["Resources"]["H"] = {
        "Type": "AWS::AutoScaling::LifecycleHook",
        "Properties": {"LifecycleTransition": transition},
    }


def gone_by(template: Template) -> list[str]:
    """Services and settings that AWS has ended or advises against."""
    kinds = {"AWS::AutoScaling::LaunchConfiguration", "AWS::EC2::SpotFleet"}
    found = sorted({each["Type"] for each in template["Resources"].values()} & kinds)
    text = json.dumps(template)
    return found + [word for word in ("SpotPrice", "SpotMaxPrice", '"MaxPrice"', '"a1.', "gp2") if word in text]


def spot_fleet(template: Template) -> None:
    template["Resources"]["F"] = {"Type": "AWS::EC2::SpotFleet", "Properties": {}}


def unheard(template: Template) -> list[str]:
    """Signals that nobody listens to."""
    heard = json.dumps([rule["EventPattern"] for rule in of(template, "AWS::Events::Rule").values()])
    return [each for each in (NOTICE, "EC2 Instance Rebalance Recommendation") if each not in heard]
