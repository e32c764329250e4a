"""Secrets, parameters, keys, zones and nested stacks."""

from __future__ import annotations

import json
import re

from tests.conformance.declared import behaviour
from tests.conformance.observing import World


@behaviour("Settings")
def test_secret(world: World) -> None:
    """A generated secret, and a function that was given a part of it at deployment.

    The password has 24 characters; the dynamic reference in the template became the user's name.
    """
    told = world.client("secretsmanager").get_secret_value(SecretId=world.of("Settings", "Secret"))
    secret = json.loads(told["SecretString"])
    assert (secret["user"], len(secret["password"])) == ("admin", 24)
    assert world.invoke("Settings", "UsesSecret")["value"] == "admin"


@behaviour("Settings")
def test_parameters(world: World) -> None:
    """Parameters of one's own.

    A text and a list of texts are read back by name and by path; a new value is a new version.
    """
    ssm = world.client("ssm")
    found = {row["Name"]: row for row in ssm.get_parameters_by_path(Path="/conformance")["Parameters"]}
    assert found["/conformance/names"]["Value"] == "a,b"
    assert found["/conformance/names"]["Type"] == "StringList"
    before = found["/conformance/plain"]["Version"]
    told = ssm.put_parameter(Name="/conformance/plain", Value="second", Overwrite=True, Type="String")
    assert told["Version"] == before + 1


@behaviour("Settings")
def test_public_parameters(world: World) -> None:
    """AWS's public parameters for machine images.

    The templates' image ids of Amazon Linux and of ECS are resolved to ami-… at deployment.
    """
    images = [world.of("Settings", name) for name in ("Image", "EcsImage")]
    assert all(re.fullmatch(r"ami-[0-9a-f]{8,17}", image) for image in images)


@behaviour("Settings")
def test_public_images(world: World) -> None:
    """The images behind AWS's public parameters.

    DescribeImages knows the image that the parameter names.
    """
    assert world.client("ec2").describe_images(ImageIds=[world.of("Settings", "Image")])["Images"]


@behaviour("Settings")
def test_kms(world: World) -> None:
    """A key with an alias encrypts and decrypts.

    What the alias encrypted, the key decrypts in the same context only; rotation is on.
    """
    kms, key = world.client("kms"), world.of("Settings", "Key")
    blob = kms.encrypt(KeyId="alias/conformance", Plaintext=b"secret", EncryptionContext={"for": "test"})
    told = kms.decrypt(CiphertextBlob=blob["CiphertextBlob"], EncryptionContext={"for": "test"})
    assert told["Plaintext"] == b"secret"
    assert told["KeyId"].endswith(key)
    data = kms.generate_data_key(KeyId=key, KeySpec="AES_256")
    assert kms.decrypt(CiphertextBlob=data["CiphertextBlob"])["Plaintext"] == data["Plaintext"]
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is True


@behaviour("Settings")
def test_route53(world: World) -> None:
    """Weighted and service records in a hosted zone.

    They are listed with their weights and values. (There is no name server that answers.)
    """
    rows = world.client("route53").list_resource_record_sets(HostedZoneId=world.of("Settings", "Zone"))
    records = {(row["Name"], row.get("SetIdentifier")): row for row in rows["ResourceRecordSets"]}
    assert records["app.conformance.test.", "blue"]["Weight"] == 90
    assert records["app.conformance.test.", "green"]["ResourceRecords"] == [{"Value": "10.0.0.10"}]
    assert records["_db._tcp.conformance.test.", None]["ResourceRecords"][0]["Value"].startswith("1 5 5432 db.")


@behaviour("CloudFormation")
def test_nested_stack(world: World) -> None:
    """A stack within a stack.

    It is CREATE_COMPLETE under its parent, its output reaches the parent, its resource is there.
    """
    assert world.status(world.of("Settings", "Nested")) == "CREATE_COMPLETE"
    told = world.client("ssm").get_parameter(Name=world.of("Settings", "Within"))
    assert told["Parameter"]["Value"] == "from the nested stack"
