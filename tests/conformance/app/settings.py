"""Parameters, secrets, keys, zones, and stacks that use each other."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_kms as kms
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_ssm as ssm

from tests.conformance.app.group import DESTROY, Group

USES_SECRET = "import os\ndef handler(event, context):\n    return os.environ['HALF']\n"


class Settings(Group):
    def __init__(self, scope: Any, name: str) -> None:
        super().__init__(scope, name)
        self.secrets()
        self.parameters()
        self.zone()
        nested = cdk.NestedStack(self, "Inner")
        inner = ssm.StringParameter(nested, "Within", string_value="from the nested stack")
        self.out(Nested=nested.stack_id, Within=inner.parameter_name)

    def secrets(self) -> None:
        key = kms.Key(self, "Key", removal_policy=DESTROY, enable_key_rotation=True)
        alias = key.add_alias("alias/conformance")
        secret = secretsmanager.Secret(
            self,
            "Secret",
            removal_policy=DESTROY,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                secret_string_template='{"user": "admin"}', generate_string_key="password", password_length=24
            ),
        )
        half = secret.secret_value_from_json("user").unsafe_unwrap()
        self.function("UsesSecret", USES_SECRET, environment={"HALF": half})
        self.out(Key=key.key_id, KeyAlias=alias.alias_name, Secret=secret.secret_arn)

    def parameters(self) -> None:
        plain = ssm.StringParameter(self, "Plain", string_value="first", parameter_name="/conformance/plain")
        names = ssm.StringListParameter(
            self, "Names", string_list_value=["a", "b"], parameter_name="/conformance/names"
        )
        image = ec2.MachineImage.latest_amazon_linux2023().get_image(self).image_id
        ecs = ssm.StringParameter.value_for_string_parameter(
            self, "/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended/image_id"
        )
        self.out(Plain=plain.parameter_name, Names=names.parameter_name, Image=image, EcsImage=ecs)

    def zone(self) -> None:
        zone = route53.HostedZone(self, "Zone", zone_name="conformance.test")
        for name, weight in (("blue", 90), ("green", 10)):
            route53.ARecord(
                self,
                name,
                zone=zone,
                record_name="app",
                weight=weight,
                set_identifier=name,
                target=route53.RecordTarget.from_ip_addresses(f"10.0.0.{weight}"),
            )
        route53.SrvRecord(
            self,
            "Srv",
            zone=zone,
            record_name="_db._tcp",
            values=[route53.SrvRecordValue(host_name="db.conformance.test", port=5432, priority=1, weight=5)],
        )
        self.out(Zone=zone.hosted_zone_id)
