"""`LampServer` as a template: what is kept, who may come in, what its role may do, and what props it refuses."""

from __future__ import annotations

import json
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk.assertions import Match, Template

from refarch._shared.checks import InvalidPropsError
from refarch.web import LampServer, LampServerProps, WordPressRelease


def synthesize(region: str | None = None, **given: Any) -> Template:
    stack = cdk.Stack(cdk.App(), "Team", env=cdk.Environment(account="111122223333", region=region) if region else None)
    props = {"vpc": ec2.Vpc(stack, "Vpc", nat_gateways=0, max_azs=2), "admin_email": "a@example.com", **given}
    if "make" in props:
        props |= props.pop("make")(stack)
    LampServer(stack, "Lamp", props=LampServerProps(**props))
    return Template.from_stack(stack)


@pytest.fixture(scope="module")
def template() -> Template:
    return synthesize()


def one(template: Template, type_: str) -> dict[str, Any]:
    (found,) = template.find_resources(type_).values()
    return found


def test_the_data_outlive_the_instance_and_the_stack(template: Template) -> None:
    volume = one(template, "AWS::EC2::Volume")
    assert volume["DeletionPolicy"] == volume["UpdateReplacePolicy"] == "Retain"
    assert volume["Properties"]["Encrypted"] is True
    group = one(template, "AWS::AutoScaling::AutoScalingGroup")
    policy = group["UpdatePolicy"]["AutoScalingRollingUpdate"]
    assert policy["MinInstancesInService"] == 0, "two instances cannot have one volume"
    assert policy["WaitOnResourceSignals"] is True
    assert group["CreationPolicy"]["ResourceSignal"] == {"Count": 1, "Timeout": "PT15M"}
    rule = one(template, "AWS::Backup::BackupPlan")["Properties"]["BackupPlan"]["BackupPlanRule"][0]
    assert rule["Lifecycle"] == {"DeleteAfterDays": 35}


def test_nobody_but_cloudfront_reaches_the_server(template: Template) -> None:
    group = one(template, "AWS::EC2::SecurityGroup")["Properties"]
    assert "SecurityGroupIngress" not in group
    (rule,) = template.find_resources("AWS::EC2::SecurityGroupIngress").values()
    assert rule["Properties"]["FromPort"] == rule["Properties"]["ToPort"] == 80
    assert "SourcePrefixListId" in rule["Properties"]
    origin = one(template, "AWS::CloudFront::Distribution")["Properties"]["DistributionConfig"]["Origins"][0]
    header = origin["OriginCustomHeaders"][0]
    assert header["HeaderName"] == "X-Origin-Verify"
    assert "resolve:secretsmanager" in json.dumps(header["HeaderValue"])
    for behaviour in ("DefaultCacheBehavior", "CacheBehaviors"):
        found = one(template, "AWS::CloudFront::Distribution")["Properties"]["DistributionConfig"][behaviour]
        for each in found if isinstance(found, list) else [found]:
            assert each["ViewerProtocolPolicy"] == "redirect-to-https"


def test_no_secret_is_in_the_template(template: Template) -> None:
    """Only where secrets are: the instance reads them by its role."""
    for secret in template.find_resources("AWS::SecretsManager::Secret").values():
        assert "SecretString" not in secret["Properties"]
    data = json.dumps(one(template, "AWS::EC2::LaunchTemplate")["Properties"]["LaunchTemplateData"]["UserData"])
    assert "resolve:secretsmanager" not in data
    assert "Metadata" not in one(template, "AWS::AutoScaling::AutoScalingGroup")


def test_the_role_reads_three_secrets_and_nothing_else(template: Template) -> None:
    statements = [
        each
        for policy in template.find_resources("AWS::IAM::Policy").values()
        for each in policy["Properties"]["PolicyDocument"]["Statement"]
        if each["Action"] == "secretsmanager:GetSecretValue"
    ]
    assert len(statements) == 1
    assert len(statements[0]["Resource"]) == 3
    assert "*" not in statements[0]["Resource"]


@pytest.mark.parametrize(
    ("type_", "architecture"), [("t4g.small", "arm64"), ("c8g.large", "arm64"), ("t3.small", "x86_64")]
)
def test_the_architecture_is_the_instance_types(type_: str, architecture: str) -> None:
    found = synthesize(instance_type=type_)
    images = [name for name in found.to_json()["Parameters"] if "al2023" in name]
    assert len(images) == 1
    assert architecture.replace("_", "") in images[0].replace("_", "")


def test_an_address_of_your_own() -> None:
    def make(stack: cdk.Stack) -> dict[str, Any]:
        arn = "arn:aws:acm:us-east-1:111122223333:certificate/1"
        return {"certificate": acm.Certificate.from_certificate_arn(stack, "Certificate", arn)}

    found = synthesize(domain_names=["www.example.com"], make=make)
    config = one(found, "AWS::CloudFront::Distribution")["Properties"]["DistributionConfig"]
    assert config["Aliases"] == ["www.example.com"]
    assert config["ViewerCertificate"]["MinimumProtocolVersion"] == "TLSv1.2_2021"
    assert "https://www.example.com" in json.dumps(one(found, "AWS::EC2::LaunchTemplate"))


def test_a_given_secret_is_read_by_its_name() -> None:
    def make(stack: cdk.Stack) -> dict[str, Any]:
        return {"database_secret": secretsmanager.Secret.from_secret_name_v2(stack, "Given", "team/database")}

    found = synthesize(make=make)
    assert "secret:team/database-??????" in json.dumps(found.find_resources("AWS::IAM::Policy"))


@pytest.mark.parametrize(("region", "domain"), [("us-east-1", "compute-1"), ("eu-west-1", "eu-west-1.compute")])
def test_the_origin_is_the_address_by_its_name(region: str, domain: str) -> None:
    found = synthesize(region)
    origins = one(found, "AWS::CloudFront::Distribution")["Properties"]["DistributionConfig"]["Origins"]
    assert f".{domain}.amazonaws.com" in json.dumps(origins[0]["DomainName"])


def test_a_region_without_a_known_prefix_list_asks_for_one() -> None:
    with pytest.raises(InvalidPropsError, match="cloudfront_prefix_list is '', allowed in sa-east-1"):
        synthesize("sa-east-1")
    found = synthesize("sa-east-1", cloudfront_prefix_list="pl-12345678")
    found.has_resource_properties("AWS::EC2::SecurityGroupIngress", {"SourcePrefixListId": "pl-12345678"})


def test_two_servers_in_one_stack() -> None:
    stack = cdk.Stack(cdk.App(), "Team")
    vpc = ec2.Vpc(stack, "Vpc", nat_gateways=0)
    for name in ("One", "Two"):
        LampServer(stack, name, props=LampServerProps(vpc=vpc, admin_email="a@example.com"))
    Template.from_stack(stack).resource_count_is("AWS::EC2::Volume", 2)


def test_metadata_take_tokens_only(template: Template) -> None:
    options = {"LaunchTemplateData": {"MetadataOptions": {"HttpTokens": "required"}}}
    template.has_resource_properties("AWS::EC2::LaunchTemplate", Match.object_like(options))


def test_everything_that_is_wrong_is_said_at_once() -> None:
    stack = cdk.Stack(cdk.App(), "Team")
    with pytest.raises(InvalidPropsError) as caught:
        LampServerProps(
            vpc=ec2.Vpc(stack, "Vpc"),
            admin_email="nobody",
            instance_type="a1.large",
            database_name="1st",
            database_user="x" * 17,
            ssh_from=["0.0.0.0/0", "home"],
            data_volume_gb=-1,
            domain_names=["www.example.com"],
            cloudfront_prefix_list="list",
            signal_timeout=cdk.Duration.hours(2),
            backup_retention=cdk.Duration.hours(1),
            release=WordPressRelease(wordpress_url="http://wordpress.org/latest.tar.gz", wordpress_sha256="none"),
        )
    said = str(caught.value)
    for part in (
        "admin_email is 'nobody'",
        "instance_type is 'a1.large', allowed: Amazon Linux 2023 does not boot on a1; the nearest is",
        "database_name is '1st'",
        "database_user is 'xxx",
        "ssh_from is '0.0.0.0/0'",
        "ssh_from is 'home'",
        "data_volume_gb is -1",
        "domain_names is ['www.example.com']",
        "cloudfront_prefix_list is 'list'",
        "signal_timeout is 120",
        "backup_retention is",
        "release.wordpress_url is 'http:",
        "release.wordpress_sha256 is 'none'",
    ):
        assert part in said


def test_an_unknown_type_is_named() -> None:
    with pytest.raises(InvalidPropsError, match=r"instance_type is 't9\.huge'"):
        LampServerProps(vpc=ec2.Vpc(cdk.Stack(cdk.App(), "Team"), "Vpc"), admin_email="a@b", instance_type="t9.huge")
