"""The InterruptionExperiment construct."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_fis as fis
from aws_cdk import aws_iam as iam
from constructs import Construct

from refarch._shared.checks import Problems
from refarch._shared.durations import MINUTE, length, minutes
from refarch._shared.reads import arn, inside, read, service, stack_of
from refarch._shared.written_role import Statement, WrittenRole

_MOST_INSTANCES = 5  # FIS: targets of an action on Spot instances in one experiment
_COME_AND_GO = "Instances come and go; the condition fixes the tags of those that may be interrupted"
_NO_RESOURCES = "Looking instances up knows no resources: AWS accepts nothing but * for it"


@dataclass(frozen=True, kw_only=True)
class InterruptionExperimentProps:
    """Which instances an experiment interrupts, and what ends it. Raises `InvalidPropsError` with every problem."""

    target_tags: Mapping[str, str]
    """Only running Spot instances with all these tags; at least one tag."""

    stop_alarms: Sequence[cloudwatch.IAlarm]
    """The experiment stops when one of them is in alarm; at least one, so that none runs on while users suffer."""

    count: int = 1
    """How many instances at once, 1 to 5 (the limit of the service)."""

    notice: Duration = field(default_factory=lambda: minutes(2))
    """From the notice to the interruption, 2 to 15 minutes: the rebalance recommendation comes at once, the notice two
    minutes before the end."""

    def __post_init__(self) -> None:
        problems = Problems("InterruptionExperimentProps")
        problems.check(bool(self.target_tags), "target_tags", dict(self.target_tags), "one tag or more")
        problems.check(bool(self.stop_alarms), "stop_alarms", [*self.stop_alarms], "one alarm or more")
        problems.between("count", self.count, 1, _MOST_INSTANCES)
        if (notice := length(self.notice, MINUTE)) is not None:
            problems.between("notice", notice, 2, 15, "minutes")
        problems.raise_any()


class InterruptionExperiment(Construct):
    """Sends real interruptions to Spot instances, for which the Fault Injection Service has a call: a template from
    which experiments are started, and a role that may interrupt instances with the tags and nothing else.

    ::

        aws fis start-experiment --experiment-template-id <template_id>

    The post tested by making its fleet smaller; that ends an instance, and shows neither a rebalance recommendation
    nor a reclaim that the group has to make up for. Costs: an action-minute of FIS for each minute that it runs.
    """

    role: iam.Role
    template: fis.CfnExperimentTemplate

    def __init__(self, scope: Construct, id: str, *, props: InterruptionExperimentProps) -> None:
        super().__init__(scope, id)
        inside(self, scope)
        self.props = props
        self.role = self._role()
        self.template = fis.CfnExperimentTemplate(
            self,
            "Template",
            description="Interrupts Spot instances and sees whether anybody notices",
            role_arn=self.role.role_arn,
            stop_conditions=[
                fis.CfnExperimentTemplate.ExperimentTemplateStopConditionProperty(
                    source="aws:cloudwatch:alarm", value=read(alarm, "alarm_arn")
                )
                for alarm in props.stop_alarms
            ],
            targets={"instances": self._target()},
            actions={"interrupt": self._action()},
            tags={"Name": read(self, "node.path")},
        )
        self.template.node.add_dependency(self.role)

    @property
    def template_id(self) -> str:
        return self.template.attr_id

    def _target(self) -> fis.CfnExperimentTemplate.ExperimentTemplateTargetProperty:
        return fis.CfnExperimentTemplate.ExperimentTemplateTargetProperty(
            resource_type="aws:ec2:spot-instance",
            selection_mode=f"COUNT({self.props.count})",
            resource_tags=self.props.target_tags,
            filters=[
                fis.CfnExperimentTemplate.ExperimentTemplateTargetFilterProperty(path="State.Name", values=["running"])
            ],
        )

    def _action(self) -> fis.CfnExperimentTemplate.ExperimentTemplateActionProperty:
        return fis.CfnExperimentTemplate.ExperimentTemplateActionProperty(
            action_id="aws:ec2:send-spot-instance-interruptions",
            parameters={"durationBeforeInterruption": self.props.notice.to_iso_string()},
            targets={"SpotInstances": "instances"},
        )

    def _role(self) -> iam.Role:
        experiments = arn(self, "fis", "experiment/*")
        trusted = iam.PrincipalWithConditions(
            service("fis.amazonaws.com"),
            {
                "StringEquals": {"aws:SourceAccount": read(stack_of(self), "account")},
                "ArnLike": {"aws:SourceArn": experiments},
            },
        )
        role = WrittenRole(self, "Role", assumed_by=trusted)
        instances = arn(self, "ec2", "instance/*")
        interrupt = Statement(
            sid="InterruptTaggedInstances",
            actions=["ec2:SendSpotInstanceInterruptions"],
            resources=[instances],
            conditions={"StringEquals": {f"aws:ResourceTag/{k}": v for k, v in self.props.target_tags.items()}},
            why=_COME_AND_GO,
        )
        look = Statement(sid="FindInstances", actions=["ec2:DescribeInstances"], resources=["*"], why=_NO_RESOURCES)
        role.allow([interrupt, look])
        return role
