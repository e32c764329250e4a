"""Finding the deployed MapReduce of a stack."""

import pytest

from refarch.mapreduce.problems import MapReduceError
from refarch.mapreduce.workspace import Workspace, find_workspace
from tests.unit.mapreduce_client.fakes import OUTPUT, FakeCloudFormation, client_of, refusal

TWO = [OUTPUT, OUTPUT | {"name": "Words", "prefix": "words/"}]


def test_the_only_one_needs_no_name():
    workspace = find_workspace("Visits", cloudformation=FakeCloudFormation(["plain text", "3", OUTPUT]))
    assert (workspace.name, workspace.job_bucket, workspace.task_timeout) == ("Visits", "jobs-bucket", 900)


def test_several_must_be_chosen_from():
    with pytest.raises(MapReduceError, match="has 2 MapReduces, choose one with --name: Visits, Words"):
        find_workspace("Visits", cloudformation=FakeCloudFormation(TWO))
    assert find_workspace("Visits", name="Words", cloudformation=FakeCloudFormation(TWO)).prefix == "words/"


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(MapReduceError, match="no MapReduce named 'Wrods'; it has: Visits, Words"):
        find_workspace("Visits", name="Wrods", cloudformation=FakeCloudFormation(TWO))


def test_a_stack_without_a_mapreduce():
    with pytest.raises(MapReduceError, match="stack 'Visits' has no MapReduce"):
        find_workspace("Visits", cloudformation=FakeCloudFormation(['{"refarch": "other/1"}', "[1]"]))


def test_a_stack_that_does_not_exist():
    with pytest.raises(MapReduceError, match="there is no stack 'Nowhere' in this account and region"):
        find_workspace("Nowhere", cloudformation=FakeCloudFormation())


def test_other_refusals_pass_through():
    error = refusal("DescribeStacks", "AccessDenied")
    with pytest.raises(type(error)):
        find_workspace("Visits", cloudformation=client_of(error))


def test_every_missing_field_is_named():
    with pytest.raises(MapReduceError, match="lacks memoryMb, region: deploy the stack again"):
        Workspace.from_json({name: value for name, value in OUTPUT.items() if name not in {"memoryMb", "region"}})
