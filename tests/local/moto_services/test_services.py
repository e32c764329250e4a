"""The services that moto keeps: through boto3, for each account and region, from the first call on, until a reset."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from refarch.local import LocalCloud, adapter
from refarch.local.moto_services.catalogue import SERVICES, clients


def client(cloud: LocalCloud, service: str, account: str, region: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=cloud.endpoint_url,
        aws_access_key_id=account,
        aws_secret_access_key="test",
        region_name=region,
    )


def test_it_is_loaded_by_the_first_call_of_one_of_its_services(fresh: tuple[LocalCloud, list[int]]) -> None:
    assert fresh[1] == [0, 1]


@pytest.mark.parametrize(
    ("service", "operation", "member"),
    [
        ("codedeploy", "list_applications", "applications"),  # JSON with a target
        ("redshift", "describe_clusters", "Clusters"),  # a query in a form
        ("guardduty", "list_detectors", "DetectorIds"),  # REST
        ("elasticbeanstalk", "describe_applications", "Applications"),
        ("timestream-write", "list_databases", "Databases"),
        ("pinpoint", "get_apps", "ApplicationsResponse"),
        ("sagemaker", "list_models", "Models"),
        ("vpc-lattice", "list_services", "items"),
        ("medialive", "list_channels", "Channels"),
        ("networkmanager", "describe_global_networks", "GlobalNetworks"),
        ("mediastore", "list_containers", "Containers"),
        ("service-quotas", "list_aws_default_service_quotas", "Quotas"),
    ],
)
def test_services_answer(cloud: LocalCloud, service: str, operation: str, member: str) -> None:
    more = {"ServiceCode": "vpc"} if service == "service-quotas" else {}
    assert member in getattr(cloud.client(service), operation)(**more)


def test_each_account_and_region_has_its_own(cloud: LocalCloud) -> None:
    made = client(cloud, "codecommit", "111111111111", "eu-west-1").create_repository(repositoryName="own")
    assert made["repositoryMetadata"]["Arn"] == "arn:aws:codecommit:eu-west-1:111111111111:own"
    for account, region in (("111111111111", "us-east-1"), ("222222222222", "eu-west-1")):
        with pytest.raises(ClientError, match="own does not exist"):
            client(cloud, "codecommit", account, region).get_repository(repositoryName="own")


def test_a_name_in_a_path_arrives_whole(cloud: LocalCloud) -> None:
    detector = cloud.client("guardduty").create_detector(Enable=True, Tags={"a b": "c/d?e"})["DetectorId"]
    assert cloud.client("guardduty").get_detector(DetectorId=detector)["Tags"] == {"a b": "c/d?e"}
    share = cloud.client("ram").create_resource_share(name="shared things")["resourceShare"]["resourceShareArn"]
    cloud.client("ram").delete_resource_share(resourceShareArn=share)
    cloud.client("guardduty").delete_detector(DetectorId=detector)


def test_a_reset_empties_them(cloud: LocalCloud) -> None:
    cloud.client("fsx").create_file_system(FileSystemType="LUSTRE", StorageCapacity=1200, SubnetIds=["subnet-00000001"])
    assert cloud.client("fsx").describe_file_systems()["FileSystems"]
    with urllib.request.urlopen(urllib.request.Request(f"{cloud.endpoint_url}/_refarch/reset", method="POST")) as reply:
        assert json.load(reply)["reset"]
    assert cloud.client("fsx").describe_file_systems()["FileSystems"] == []


@pytest.mark.parametrize(
    ("service", "operation"), [("codecommit", "list_repositories"), ("redshift", "describe_event_categories")]
)
def test_what_moto_lacks_is_said_to_be_absent(cloud: LocalCloud, service: str, operation: str) -> None:
    with pytest.raises(ClientError) as caught:
        getattr(cloud.client(service), operation)()
    assert caught.value.response["Error"]["Code"] == "NotImplementedException"


def test_every_service_is_moto_s_and_not_the_emulator_s() -> None:
    from moto.backend_index import backend_url_patterns

    for service, host in SERVICES.items():
        found = {
            name for name, pattern in backend_url_patterns if pattern.match(f"https://{host}.eu-west-1.amazonaws.com/")
        }
        assert len(found) == 1, (service, found)
    assert SERVICES.keys().isdisjoint(adapter.read("services"))
    assert clients() <= set(boto3.session.Session().get_available_services())
