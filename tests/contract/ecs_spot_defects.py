"""What the originals of the ECS cluster on Spot got wrong, as checks of a template, each with its way back.

A check reads a template and says what it finds; empty is good. `again` brings the defect back into a template, so that
every check is seen to find what it is for. Numbers: of the list of defects in the two originals ("spot fleet" and
"interruption notice", AWS Compute Blog, 2017 and 2018). Those of their handlers are in tests/lambdas/interruptions.
"""

from __future__ import annotations

import json
import re

from refarch.compute.drain_budget import DrainBudget, DrainBudgetError
from tests.contract.ecs_spot_template import (
    Defect,
    Template,
    append,
    first,
    launch,
    listed,
    of,
    replace,
    script,
    scripts_with,
    statements,
)
from tests.contract.ecs_spot_traps import (
    DRAINING,
    drains,
    gone_by,
    second_hook,
    spot_fleet,
    undrained,
    unheard,
)

METADATA = "http://169.254.169.254/latest/meta-data/spot/termination-time"
POLL = f"while sleep 5; do if [ -z $(curl -Isf {METADATA})]; then :; else drain; fi; done\n"
RELIC = re.compile(r"/etc/init/|easy_install|awslogs|\byum\b|\bpython2")
UNCLOSED = re.compile(r"(?:if|while|until|&&|\|\||^)\s*\[ [^\n]*[^\s\]]\](?=;|\s|$)", re.MULTILINE)


# 3. A bare except hid every error: no retry, no dead letters, no alarm.


def forgetful_rules(template: Template) -> list[str]:
    rules = of(template, "AWS::Events::Rule").items()
    targets = [(name, target) for name, rule in rules for target in rule["Targets"]]
    wanted = ("RetryPolicy", "DeadLetterConfig")
    return [f"{name} without {key}" for name, target in targets for key in wanted if key not in target]


def drop_dead_letters(template: Template) -> None:
    del first(template, "AWS::Events::Rule")["Targets"][0]["DeadLetterConfig"]


def silent_functions(template: Template) -> list[str]:
    """Functions that a rule wakes and whose errors ring no alarm."""
    heard = json.dumps([each for each in of(template, "AWS::CloudWatch::Alarm").values() if "Errors" in str(each)])
    rules = of(template, "AWS::Events::Rule").values()
    woken = {target["Arn"]["Fn::GetAtt"][0] for rule in rules for target in rule["Targets"]}
    return sorted(name for name in woken if f'"{name}"' not in heard)


def drop_alarms(template: Template) -> None:
    for name in of(template, "AWS::CloudWatch::Alarm"):
        del template["Resources"][name]


# 5. The deregistration delay alone was as long as the notice.


def budget(template: Template) -> list[str]:
    attributes = first(template, "AWS::ElasticLoadBalancingV2::TargetGroup")["TargetGroupAttributes"]
    [delay] = [each["Value"] for each in attributes if each["Key"] == "deregistration_delay.timeout_seconds"]
    [stop] = {each for data in launch(template) for each in re.findall(r"STOP_TIMEOUT=(\d+)s", script(data))}
    try:
        DrainBudget(deregistration_delay=float(delay), stop_timeout=float(stop)).check()
    except DrainBudgetError as error:
        return [str(error)]
    return []


def delay_of_120(template: Template) -> None:
    attributes = first(template, "AWS::ElasticLoadBalancingV2::TargetGroup")["TargetGroupAttributes"]
    for each in attributes:
        if each["Key"] == "deregistration_delay.timeout_seconds":
            each["Value"] = "120"


# 6. The topic was told of every Spot Instance of the account.


def topics_on_rules(template: Template) -> list[str]:
    topics = of(template, "AWS::SNS::Topic")
    rules = of(template, "AWS::Events::Rule").values()
    return [each["Arn"]["Ref"] for rule in rules for each in rule["Targets"] if each["Arn"].get("Ref") in topics]


def topic_on_the_rule(template: Template) -> None:
    topic = next(iter(of(template, "AWS::SNS::Topic")))
    first(template, "AWS::Events::Rule")["Targets"].append({"Id": "T", "Arn": {"Ref": topic}})


# 7. Instances had to be in the VPC's default security group.


def default_groups(template: Template) -> list[str]:
    users = of(template, "AWS::EC2::LaunchTemplate", "AWS::ElasticLoadBalancingV2::LoadBalancer", "AWS::ECS::Service")
    return [name for name, each in users.items() if "DefaultSecurityGroup" in json.dumps(each)]


def default_group(template: Template) -> None:
    vpc = next(iter(of(template, "AWS::EC2::VPC")))
    launch(template)[0]["NetworkInterfaces"][0]["Groups"] = [{"Fn::GetAtt": [vpc, "DefaultSecurityGroup"]}]


# 9. The instance asked its metadata without a token.


def tokenless(template: Template) -> list[str]:
    loose = [data for data in launch(template) if data["MetadataOptions"].get("HttpTokens") != "required"]
    return [f"{len(loose)} launch templates without required tokens"] if loose else []


# 11. One type in two zones.


def few_pools(template: Template) -> list[str]:
    groups = of(template, "AWS::AutoScaling::AutoScalingGroup").items()
    sizes = {
        name: len(each["MixedInstancesPolicy"]["LaunchTemplate"]["Overrides"]) * len(each["VPCZoneIdentifier"])
        for name, each in groups
    }
    return [f"{name} has {count} pools" for name, count in sizes.items() if count < 12]


def one_type(template: Template) -> None:
    for each in of(template, "AWS::AutoScaling::AutoScalingGroup").values():
        del each["MixedInstancesPolicy"]["LaunchTemplate"]["Overrides"][1:]


# 12. Nothing could reach a service, nothing scaled, and the images were those of 2018.


def doors(template: Template) -> list[str]:
    """Port 22 open to the world, or no way from the load balancer to the instances."""
    rules = [
        rule
        for each in of(template, "AWS::EC2::SecurityGroup").values()
        for rule in each.get("SecurityGroupIngress", ())
    ]
    rules += of(template, "AWS::EC2::SecurityGroupIngress").values()
    found = ["port 22" for rule in rules if rule.get("FromPort") == 22 and rule.get("CidrIp") == "0.0.0.0/0"]
    return found if any("SourceSecurityGroupId" in rule for rule in rules) else [*found, "no way to the instances"]


def only_ssh(template: Template) -> None:
    for name in of(template, "AWS::EC2::SecurityGroupIngress"):
        del template["Resources"][name]
    first(template, "AWS::EC2::SecurityGroup")["SecurityGroupIngress"] = [{"FromPort": 22, "CidrIp": "0.0.0.0/0"}]


def unscaled(template: Template) -> list[str]:
    providers = of(template, "AWS::ECS::CapacityProvider").items()
    groups = {name: each.get("AutoScalingGroupProvider", {}) for name, each in providers}
    grouped = {name: each for name, each in groups.items() if each}
    lazy = [name for name, each in grouped.items() if each["ManagedScaling"]["Status"] != "ENABLED"]
    return lazy if grouped else ["no provider"]


def old_images(template: Template) -> list[str]:
    """Images that are not the current Amazon Linux 2023, read from Systems Manager at deployment."""
    images = [data["ImageId"] for data in launch(template)]
    sources = [
        template["Parameters"][each["Ref"]]["Default"] if isinstance(each, dict) else str(each) for each in images
    ]
    return [each for each in sources if not re.match(r"/aws/service/ecs/optimized-ami/amazon-linux-2023/", each)]


def image_of_2018(template: Template) -> None:
    launch(template)[0]["ImageId"] = "ami-00000000000000000"


# 14. Every container instance of the account, every log of the world.


def wide_statements(template: Template) -> list[str]:
    wide = [
        each
        for each in statements(template)
        if any(str(one) == "*" or "logs:*:*" in str(one) for one in listed(each["Resource"]))
        and "Condition" not in each
    ]
    wanted = ("ecs:UpdateContainerInstancesState", "logs:CreateLogGroup", "elasticloadbalancing:DeregisterTargets")
    return [action for each in wide for action in listed(each["Action"]) if action in wanted]


def wide_statement(template: Template) -> None:
    policy = first(template, "AWS::IAM::Policy")["PolicyDocument"]["Statement"]
    policy.append({"Effect": "Allow", "Action": "ecs:UpdateContainerInstancesState", "Resource": "*"})


DEFECTS = (
    Defect("3", "errors were swallowed: a rule without retries and dead letters", forgetful_rules, drop_dead_letters),
    Defect("3", "errors were swallowed: no alarm on the function", silent_functions, drop_alarms),
    Defect("5", "a deregistration delay as long as the notice", budget, delay_of_120),
    Defect("6", "the topic was told of every Spot Instance of the account", topics_on_rules, topic_on_the_rule),
    Defect("7", "instances had to be in the default security group", default_groups, default_group),
    Defect("8", "a shell test without a blank before its bracket", scripts_with(UNCLOSED), append(POLL)),
    Defect("9", "metadata were asked for without a token", tokenless, replace('"required"', '"optional"')),
    Defect("10", "upstart, Python 2, the old log agent", scripts_with(RELIC), append("yum install -y awslogs")),
    Defect("11", "one type in two zones", few_pools, one_type),
    Defect("12", "only port 22 was open, and nothing could reach a service", doors, only_ssh),
    Defect("12", "nothing scaled", unscaled, replace('"Status": "ENABLED"', '"Status": "DISABLED"')),
    Defect("12", "images of 2018, written out", old_images, image_of_2018),
    Defect(
        "13",
        "a loop that asked for the same state every five seconds",
        scripts_with(re.compile("while sleep")),
        append(POLL),
    ),
    Defect("14", "any container instance, any log", wide_statements, wide_statement),
    Defect("16", "a file named after the wrong process", scripts_with(re.compile(r"\$\$")), append("echo $$ > pid")),
    Defect("trap 1", "the line for Spot draining was left out", undrained, replace(DRAINING, "X=true")),
    Defect("trap 2", "two ways of draining", drains, second_hook),
    Defect(
        "trap 2",
        "protected instances kept a stack from being deleted",
        drains,
        replace('"ManagedTerminationProtection": "DISABLED"', '"ManagedTerminationProtection": "ENABLED"'),
    ),
    Defect("platform", "Spot Fleet, launch configurations, bids, a1, gp2", gone_by, spot_fleet),
    Defect("platform", "gp2 volumes", gone_by, replace('"gp3"', '"gp2"')),
    Defect(
        "platform",
        "only the notice was heard, not the earlier recommendation",
        unheard,
        replace("EC2 Instance Rebalance Recommendation", "x"),
    ),
)
