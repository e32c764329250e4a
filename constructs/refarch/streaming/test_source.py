"""The TestSource construct."""

from __future__ import annotations

from typing import Any, ClassVar

from aws_cdk import RemovalPolicy
from aws_cdk import aws_autoscaling as autoscaling
from constructs import Construct

from refarch._shared.reads import inside, read
from refarch._shared.written_role import WrittenRole
from refarch.compute import SpotCapacity, SpotCapacityProps
from refarch.streaming import instance_program as program
from refarch.streaming import log_shipping
from refarch.streaming.test_source_props import DEFAULT_SOURCE_TYPES, TestSourceProps
from refarch.streaming.vod_program import debian

URLS_FILE = f"{program.FOLDER}/urls"


class TestSource(Construct):
    """One small Spot Instance that publishes to both origins, in one encode: colour bars, a time code, a tone.

    Both origins get it, so that a failover of the primary is seen and not only believed. The publish key is fetched by
    the instance. Left out: sound and pictures of your own.
    Attributes: every resource. Source: "Building an Immersive VR Streaming Solution on AWS", AWS Compute Blog,
    whose test stream went to the primary alone.
    """

    __test__: ClassVar[bool] = False  # no test, whatever its name

    fleet: SpotCapacity
    group: autoscaling.AutoScalingGroup
    role: WrittenRole

    def __init__(self, scope: Construct, id: str, *, props: TestSourceProps) -> None:
        super().__init__(scope, id)
        inside(self, scope)
        self.props = props
        self.program = program.program(self, "Program")
        self.role = program.instance_role(self, "Role")
        self.log_group = log_shipping.group(
            self, "Logs", given=props.log_group, retention=props.log_retention, removal=RemovalPolicy.RETAIN
        )
        logs, keys = log_shipping.ship(self, self.log_group, "test_source"), props.origin.publish_keys
        program.allow(self.role, [logs], self.program, [keys], session_manager=props.session_manager)
        self.fleet = SpotCapacity(self, "Fleet", props=self._capacity())
        self.group = self.fleet.group
        self.group.node.add_dependency(self.role)
        props.origin.allow_encoders(self.fleet.connections)

    @property
    def playlist(self) -> str:
        """The path of its master playlist at an edge."""
        return self.props.playlist

    def _capacity(self) -> SpotCapacityProps:
        props = self.props
        return SpotCapacityProps(
            vpc=props.vpc,
            public_ip=True,
            architecture=props.architecture,
            instance_types=props.instance_types or DEFAULT_SOURCE_TYPES[props.architecture],
            machine_image=props.machine_image or debian(props.architecture),
            user_data=program.user_data(
                program.commands(
                    self,
                    self.program,
                    self._plan(),
                    session_manager=props.session_manager,
                    own_image=props.machine_image,
                )
            ),
            role=self.role,
            min_capacity=1 if props.running else 0,
            max_capacity=1,
            root_volume_gb=16,
            schedules=props.schedules,
        )

    def _plan(self) -> dict[str, Any]:
        props = self.props
        keys = {
            "file": URLS_FILE,
            "secret": read(props.origin.publish_keys, "secret_arn"),
            "form": "urls",
            "points": props.origin.publishing_points(props.path),
        }
        return {
            **program.plan(self, "test_source", {"urls_file": URLS_FILE, **props.picture}),
            **log_shipping.plan(self.log_group, "test_source"),
            "secrets": [keys],
        }
