"""The sixteen defects of the original, each with the tests that fail when it comes back."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from aws_cdk import aws_s3 as s3

from refarch.mapreduce import MapReduce, MapReduceProps

TESTS = Path(__file__).resolve().parents[2]
BUCKET_ACTIONS = {"s3:ListBucket", "s3:GetBucketNotification", "s3:PutBucketNotification"}

# Defect -> file and test; what only a template shows is tested below.
PROOFS = {
    1: "unit/mapreduce_client/test_driver.py::test_original_defect_1_every_run_is_a_job_of_its_own",
    2: "unit/mapreduce/test_given_resources.py::test_an_existing_bucket_keeps_its_notifications",
    3: "lambdas/mapreduce/test_storage.py::test_listing_goes_on_after_the_first_page",
    4: "lambdas/mapreduce/test_coordinator.py::test_doubled_and_reordered_events_start_nothing_twice",
    5: "lambdas/mapreduce/test_layout.py::test_defect_5_step_1_is_not_step_10_and_a_job_called_result_has_no_result",
    6: "lambdas/mapreduce/test_map_task.py::test_defect_6_nothing_that_was_read_is_ever_evaluated",
    7: "lambdas/mapreduce/test_bad_records.py::test_defect_7_a_bad_record_stops_the_job_and_is_named",
    8: "lambdas/mapreduce/test_plan.py::test_original_defect_8_one_large_object_is_read_by_many_mappers",
    9: "lambdas/mapreduce/test_plan.py::test_original_defect_9_an_empty_folder_is_a_job_without_mappers",
    10: "lambdas/mapreduce/test_coordinator.py::test_two_hundred_mappers_need_one_step_of_reducers_and_a_merge",
    11: "lambdas/mapreduce/test_reduce_task.py::test_defect_11_a_result_larger_than_memory_is_streamed",
    12: "lambdas/mapreduce/test_map_task.py::test_defect_12_keys_are_partitioned_the_same_way_by_every_mapper",
    13: "unit/mapreduce/test_original_defects.py::test_defect_13_no_statement_id_is_left_to_chance",
    14: "unit/mapreduce/test_original_defects.py::test_defect_14_actions_are_granted_on_what_they_act_on",
    15: "lambdas/mapreduce/test_reduce_task.py::test_defect_15_the_result_is_the_csv_that_the_article_shows",
    16: "unit/mapreduce/test_original_defects.py::test_defect_16_functions_and_logs_belong_to_the_stack",
}


@pytest.mark.parametrize("defect", range(1, 17))
def test_every_defect_has_its_test(defect: int) -> None:
    file, _, name = PROOFS[defect].partition("::")
    assert re.search(rf"^def {name}\(", (TESTS / file).read_text(), re.MULTILINE), PROOFS[defect]


def test_defect_13_no_statement_id_is_left_to_chance(bench: Any, new_bench: Any) -> None:
    """A random number from 1 to 1000 as statement id collided. CloudFormation owns the permissions here."""
    MapReduce(bench.stack, "M")
    again = new_bench({})
    MapReduce(again.stack, "M")
    assert list(bench.resources()) == list(again.resources())


def test_defect_14_actions_are_granted_on_what_they_act_on(bench: Any) -> None:
    """The original granted bucket actions on `bucket/*`, which grants nothing."""
    given = s3.Bucket.from_bucket_name(bench.stack, "Given", "given")
    MapReduce(bench.stack, "M", props=MapReduceProps(job_bucket=given))
    for policy in bench.resources("AWS::IAM::Policy").values():
        for statement in policy["PolicyDocument"]["Statement"]:
            of, on = statement["Action"], statement["Resource"]
            actions = {action for action in (of if isinstance(of, list) else [of]) if action.startswith("s3:")}
            objects = {_names_objects(resource) for resource in (on if isinstance(on, list) else [on])}
            if actions and on != "*":
                assert actions <= BUCKET_ACTIONS or not actions & BUCKET_ACTIONS, statement
                assert objects == {not actions <= BUCKET_ACTIONS}, statement


def _names_objects(resource: Any) -> bool:
    """Whether an ARN goes on behind the bucket: `given/…`, or `/…` behind the ARN of a bucket of the stack."""
    parts = resource.get("Fn::Join", ["", []])[1]
    return any(isinstance(part, str) and ("given/" in part or part.startswith("/")) for part in parts)


def test_defect_16_functions_and_logs_belong_to_the_stack(bench: Any) -> None:
    """The original's driver made functions and left them behind when it died; nobody deleted their logs."""
    MapReduce(bench.stack, "M")
    groups = bench.resources("AWS::Logs::LogGroup")
    assert all(group["RetentionInDays"] == 30 for group in groups.values())
    used = {
        function["LoggingConfig"]["LogGroup"]["Ref"]
        for name, function in bench.resources("AWS::Lambda::Function").items()
        if name.startswith("M")
    }
    assert used == set(groups)
