"""LampCluster: bad settings are told at once, and what the original had wrong must not come back with more servers."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from refarch.web.lamp_cluster_user_data import cluster_script
from stacks.app_factory import build_app
from stacks.settings import InvalidSettingsError

WRONG = {
    "instance_type": "a1.large",
    "max_capacity": "2",
    "cpu_target_percent": "99",
    "database": "oracle",
    "aurora_min_capacity": "0.3",
    "mariadb_instance_type": "m7i.large",
    "backup_days": "60",
    "db_name": "1st",
    "domain_names": "www.example.org",
    "remove_data": "true",
}
SAID = [
    "instance_type is 'a1.large', allowed: Amazon Linux 2023 does not boot on a1; the nearest is t4g.medium",
    r"max_capacity is 2, allowed: more than min_capacity \(2\)",
    "cpu_target_percent is 99, allowed: 10 to 90 percent",
    "database is 'oracle', allowed: one of aurora, mariadb",
    r"aurora_min_capacity is \(0.3, 4.0\), allowed: halves",
    "mariadb_instance_type is 'm7i.large', allowed: a Graviton type",
    "backup_retention is 60",
    "database_name is '1st'",
    r"domain_names is \['www.example.org'\], allowed: names together with a certificate",
    "LampCluster.remove_data is True, allowed: with -c refarch:remove-data-on-destroy=true besides",
]
STATEFUL = {"AWS::EFS::FileSystem", "AWS::RDS::DBCluster", "AWS::RDS::DBInstance"}


def test_everything_that_is_wrong_is_in_one_message(tmp_path: Path) -> None:
    context = {f"LampCluster.{name}": value for name, value in WRONG.items()}
    with pytest.raises(InvalidSettingsError) as caught:
        build_app(["LampCluster"], context=context, outdir=str(tmp_path))
    assert [each for each in SAID if not re.search(each, str(caught.value))] == []


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("assembly")
    build_app(["LampCluster"], context={}, outdir=str(folder)).synth()
    found: dict[str, Any] = json.loads((folder / "LampCluster.template.json").read_text())
    return found


def of(template: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [each for each in template["Resources"].values() if each["Type"] == kind]


def test_defects_1_and_2_servers_signal_and_a_deployment_waits_for_each(template: dict[str, Any]) -> None:
    [group] = of(template, "AWS::AutoScaling::AutoScalingGroup")
    assert group["CreationPolicy"]["ResourceSignal"] == {"Count": 2, "Timeout": "PT20M"}
    update = group["UpdatePolicy"]["AutoScalingRollingUpdate"]
    assert update["WaitOnResourceSignals"] is True
    assert (update["MinInstancesInService"], update["MaxBatchSize"]) == (2, 1)
    assert "Metadata" not in group or "AWS::CloudFormation::Init" not in group["Metadata"]


def test_defects_3_to_5_no_secret_is_in_user_data_or_anywhere_but_where_cloudformation_resolves_it(
    template: dict[str, Any],
) -> None:
    [launch] = of(template, "AWS::EC2::LaunchTemplate")
    assert "resolve:" not in json.dumps(launch)
    assert "password" not in json.dumps(launch).lower()
    holders = {each["Type"] for each in template["Resources"].values() if "resolve:secretsmanager" in json.dumps(each)}
    assert holders == {
        "AWS::CloudFront::Distribution",
        "AWS::ElasticLoadBalancingV2::ListenerRule",
        "AWS::RDS::DBCluster",
    }


def test_defect_7_only_cloudfront_reaches_the_balancer_and_only_it_the_servers(template: dict[str, Any]) -> None:
    open_to_all = [
        each for each in of(template, "AWS::EC2::SecurityGroup") if "SecurityGroupIngress" in each["Properties"]
    ]
    rules = [rule for each in open_to_all for rule in each["Properties"]["SecurityGroupIngress"]]
    rules += [each["Properties"] for each in of(template, "AWS::EC2::SecurityGroupIngress")]
    assert rules
    assert [rule for rule in rules if "CidrIp" in rule or rule.get("FromPort") == 22] == []
    assert all("SourcePrefixListId" in rule or "SourceSecurityGroupId" in rule for rule in rules)


def test_defect_8_visitors_have_https_and_others_are_refused(template: dict[str, Any]) -> None:
    [distribution] = of(template, "AWS::CloudFront::Distribution")
    config = distribution["Properties"]["DistributionConfig"]
    behaviors = [config["DefaultCacheBehavior"], *config["CacheBehaviors"]]
    assert {each["ViewerProtocolPolicy"] for each in behaviors} == {"redirect-to-https"}
    [listener] = of(template, "AWS::ElasticLoadBalancingV2::Listener")
    assert listener["Properties"]["DefaultActions"][0]["FixedResponseConfig"]["StatusCode"] == "403"


def test_defect_9_everything_stateful_is_kept_encrypted_and_backed_up(template: dict[str, Any]) -> None:
    kept = [each for each in template["Resources"].values() if each["Type"] in STATEFUL]
    assert {each["Type"] for each in kept} == STATEFUL
    assert {each["DeletionPolicy"] for each in kept} == {each["UpdateReplacePolicy"] for each in kept} == {"Retain"}
    [files], [database] = of(template, "AWS::EFS::FileSystem"), of(template, "AWS::RDS::DBCluster")
    assert files["Properties"]["Encrypted"] is database["Properties"]["StorageEncrypted"] is True
    assert files["Properties"]["BackupPolicy"] == {"Status": "ENABLED"}
    assert database["Properties"]["BackupRetentionPeriod"] == 14
    assert database["Properties"]["DeletionProtection"] is True


def test_defect_10_the_image_is_the_latest_of_its_processor_and_no_map(template: dict[str, Any]) -> None:
    names = [each["Default"] for each in template["Parameters"].values() if "ami" in str(each.get("Default"))]
    assert len(names) == 1
    assert "al2023" in names[0]
    assert names[0].endswith("arm64")


def test_the_files_are_mounted_and_the_lock_is_held_before_the_set_up_and_every_step_can_fail(tmp_path: Path) -> None:
    script = cluster_script().format(
        region="us-east-1", stack="Team", resource="Servers", asset="s3://bucket/key", settings="{}", files="fs-1"
    )
    order = ["mount /srv/lamp", "mkdir -p /opt/lamp", "flock --timeout", "exec python3 -m refarch.web.lamp_setup up"]
    places = [script.index(each) for each in order]
    assert places == sorted(places)
    for step in ("install the client of EFS", "mount the files", "take the lock", "wait for the lock"):
        assert f"failed '{step}'" in script
    if shutil.which("shellcheck"):
        file = tmp_path / "user-data.sh"
        file.write_text(f"#!/bin/bash\n{script}\n")
        done = subprocess.run(["shellcheck", str(file)], capture_output=True, text=True)
        assert done.returncode == 0, done.stdout
