"""Stacks that change, fail, depend on each other and end."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from tests.conformance.declared import behaviour
from tests.conformance.observing import World

GROUP = "CloudFormation"


def deploy(world: World, name: str, *, check: bool = True) -> str:
    return str(world.cdk("deploy", name, "--exclusively", check=check).stdout)


@pytest.fixture
def changing(world: World) -> Iterator[World]:
    """The stack in its first version, gone afterwards."""
    deploy(world, "Changing1")
    yield world
    world.client("cloudformation").delete_stack(StackName="Changing")


def setting(world: World, name: str) -> str:
    url = world.resources("Changing")[name]
    told = world.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
    return str(told["Attributes"]["VisibilityTimeout"])


def logical(world: World, start: str) -> str:
    return next(name for name in world.resources("Changing") if name.startswith(start))


@behaviour(GROUP)
def test_update_in_place_and_replacement(changing: World) -> None:
    """An update in place, the removal of a resource, and a replacement; `cdk diff` foretells them.

    The queue keeps its URL with a new setting, the parameter is gone, the network is another one and the old is gone.
    """
    before = changing.resources("Changing")
    queue, network = logical(changing, "Queue"), logical(changing, "Network")
    foretold = changing.cdk("diff", "Changing2").stdout
    assert "VisibilityTimeout" in foretold
    assert "Leaving" in foretold
    deploy(changing, "Changing2")
    after = changing.resources("Changing")
    assert (after[queue], setting(changing, queue)) == (before[queue], "45")
    with pytest.raises(ClientError, match="ParameterNotFound"):
        changing.client("ssm").get_parameter(Name="/conformance/leaving")
    deploy(changing, "Changing3")
    replaced = changing.resources("Changing")
    assert replaced[network] != before[network]
    networks = {row["VpcId"]: row["CidrBlock"] for row in changing.client("ec2").describe_vpcs()["Vpcs"]}
    assert (networks[replaced[network]], before[network] in networks) == ("10.3.0.0/16", False)


@behaviour(GROUP)
def test_diff_names_only_changes(changing: World) -> None:
    """`cdk diff` names what changes and nothing else.

    A parameter that holds the ARN of an unchanged table is not among the differences.
    """
    foretold = changing.cdk("diff", "Changing2").stdout
    assert "Queue" in foretold
    assert "Pointing" not in foretold


@behaviour(GROUP)
def test_replacement_of_a_table(changing: World) -> None:
    """A table whose key changes is replaced, too.

    The new table has the new key and a name of its own.
    """
    table = logical(changing, "Table")
    before = changing.resources("Changing")[table]
    deploy(changing, "Changing3")
    after = changing.resources("Changing")[table]
    told = changing.client("dynamodb").describe_table(TableName=after)["Table"]
    assert told["KeySchema"] == [{"AttributeName": "other", "KeyType": "HASH"}]
    assert after != before


@behaviour(GROUP)
def test_failed_update_rolls_back(changing: World) -> None:
    """An update that fails halfway.

    The command fails with the property's reason; the stack is UPDATE_ROLLBACK_COMPLETE with everything as it was.
    """
    before = changing.resources("Changing")
    said = deploy(changing, "Changing4", check=False)
    assert "Nonsense" in said
    assert changing.status("Changing") == "UPDATE_ROLLBACK_COMPLETE"
    assert changing.resources("Changing") == before
    assert setting(changing, logical(changing, "Queue")) == "30"


@behaviour(GROUP)
def test_failed_creation_rolls_back(world: World) -> None:
    """A stack that cannot be created, for a property that its type does not have.

    The command fails and names the property; what was made before it is gone; the stack is ROLLBACK_COMPLETE.
    """
    said = deploy(world, "Doomed", check=False)
    assert "Colour" in said
    assert world.status("Doomed") == "ROLLBACK_COMPLETE"
    assert world.client("sqs").list_queues(QueueNamePrefix="conformance-doomed").get("QueueUrls", []) == []
    world.client("cloudformation").delete_stack(StackName="Doomed")


@behaviour(GROUP)
def test_destroy_and_retain(world: World) -> None:
    """`cdk destroy`, with a bucket to retain and one to empty and delete.

    The stack is gone; the retained bucket still holds its object; the other bucket is gone with its objects.
    """
    deploy(world, "Leaving")
    s3 = world.client("s3")
    buckets = {name.rstrip("0123456789ABCDEF"): value for name, value in world.resources("Leaving").items()}
    kept, gone = buckets["Kept"], buckets["Gone"]
    for bucket in (kept, gone):
        s3.put_object(Bucket=bucket, Key="a/b", Body=b"x")
    world.cdk("destroy", "Leaving", "--force")
    assert world.status("Leaving") == ""
    assert s3.get_object(Bucket=kept, Key="a/b")["Body"].read() == b"x"
    assert gone not in [row["Name"] for row in s3.list_buckets()["Buckets"]]
    s3.delete_object(Bucket=kept, Key="a/b")
    s3.delete_bucket(Bucket=kept)


@behaviour(GROUP)
def test_exports_and_imports(world: World) -> None:
    """One stack exports, another imports.

    The value arrives; while it is used, the exporting stack cannot be deleted and says who uses it.
    """
    world.cdk("deploy", "Importing")
    cloudformation = world.client("cloudformation")
    exported = {row["Name"]: row["Value"] for row in cloudformation.list_exports()["Exports"]}
    told = world.client("ssm").get_parameter(Name="/conformance/imported")["Parameter"]["Value"]
    assert told == exported["conformance-queue"]
    assert cloudformation.list_imports(ExportName="conformance-queue")["Imports"] == ["Importing"]
    try:
        cloudformation.delete_stack(StackName="Exporting")
    except ClientError as error:
        assert "Importing" in str(error)  # noqa: PT017 (AWS answers at once or fails the deletion)
    assert world.status("Exporting") not in ("", "DELETE_COMPLETE")
    world.cdk("destroy", "Importing", "Exporting", "--force")
    assert (world.status("Importing"), world.status("Exporting")) == ("", "")


@behaviour(GROUP)
def test_drift(changing: World) -> None:
    """`cdk drift` finds what was changed behind CloudFormation's back.

    It names the queue and the property; before the change it finds nothing there.
    """
    queue = logical(changing, "Queue")
    assert "MODIFIED" not in changing.cdk("drift", "Changing1", check=False).stdout
    changing.client("sqs").set_queue_attributes(
        QueueUrl=changing.resources("Changing")[queue], Attributes={"VisibilityTimeout": "99"}
    )
    said = changing.cdk("drift", "Changing1", check=False).stdout
    assert "VisibilityTimeout" in said
    assert "99" in said
