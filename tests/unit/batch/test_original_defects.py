"""The twelve defects of the original, each with the tests that fail when it comes back."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from stacks.app_factory import build_app

TESTS = Path(__file__).resolve().parents[2]
_UNIT, _STATES = "unit/batch/", "unit/batch/test_workflow_states.py::"
_HERE, _JOBS = "unit/batch/test_original_defects.py::", "genomics/test_job_failures.py::"
_INPUTS, _PLAN = "lambdas/genomics/test_inputs.py::", "lambdas/genomics/test_plan.py::"

# Defect -> files and tests; what only the whole stack shows is tested below.
PROOFS = {
    1: (f"{_STATES}test_a_job_that_fails_fails_the_run_with_its_own_reason",),
    2: (f"{_HERE}test_defect_2_nothing_polls_and_no_function_has_a_fixed_name",),
    3: (
        f"{_UNIT}test_job.py::test_the_role_reads_and_writes_the_named_folders_and_deletes_nothing",
        f"{_UNIT}test_environment.py::test_instances_may_join_and_pull_and_nothing_of_s3_or_ec2",
    ),
    4: (
        f"{_JOBS}test_a_scratch_volume_that_is_not_mounted_is_never_replaced_by_another",
        f"{_JOBS}test_two_jobs_in_one_scratch_root_do_not_meet",
        f"{_JOBS}test_stopped_in_the_middle_it_ends_its_tools_and_cleans_up",
    ),
    5: (
        f"{_UNIT}test_job.py::test_the_job_knows_its_own_limits",
        "unit/genomics/test_job_parts.py::test_no_tool_is_told_to_use_more_than_the_job_has",
    ),
    6: (
        f"{_UNIT}test_scratch.py::test_the_empty_volume_is_found_whatever_its_name",
        f"{_UNIT}test_scratch.py::test_it_is_mounted_by_its_label_and_never_hangs_a_boot",
    ),
    7: (f"{_INPUTS}test_what_is_no_s3_uri", f"{_INPUTS}test_a_problem_names_its_field"),
    8: (f"{_UNIT}test_environment.py::test_two_in_one_stack_and_no_physical_names",),
    9: (
        f"{_INPUTS}test_one_file_for_both_reads_is_refused",
        f"{_INPUTS}test_the_minimal_input_of_v2_is_enough",
        f"{_PLAN}test_a_state_never_gives_up_before_its_job_does",
        f"{_STATES}test_a_state_that_ran_out_of_time_is_not_repeated_while_its_job_may_still_run",
        f"{_HERE}test_defect_9_the_example_input_has_two_files_and_every_queue_has_spot",
    ),
    10: (
        f"{_UNIT}test_job.py::test_a_reclaim_and_a_failed_pull_are_repeated_and_an_error_of_the_job_is_not",
        f"{_PLAN}test_a_step_is_skipped_when_its_outputs_and_all_before_them_are_there",
    ),
    11: ("unit/genomics/test_images.py::test_a_dockerfile_pins_its_bases_and_packages",),
    12: (f"{_HERE}test_defect_12_what_the_original_did_not_have",),
}


@pytest.mark.parametrize("defect", range(1, 13))
def test_every_defect_has_its_tests(defect: int) -> None:
    for proof in PROOFS[defect]:
        file, _, name = proof.partition("::")
        assert re.search(rf"^def {name}\(", (TESTS / file).read_text(), re.MULTILINE), proof


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The stack with the post's two functions."""
    folder = str(tmp_path_factory.mktemp("genomics"))
    app = build_app(["Genomics"], context={"Genomics.submit_functions": "true"}, outdir=folder)
    found: dict[str, Any] = app.synth().get_stack_by_name("Genomics").template
    return found


def of_type(template: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [each.get("Properties", {}) for each in template["Resources"].values() if each["Type"] == kind]


def test_defect_2_nothing_polls_and_no_function_has_a_fixed_name(template: dict[str, Any]) -> None:
    """Two functions looked at each job every 30 seconds, and called a third by a name that was fixed."""
    for machine in of_type(template, "AWS::StepFunctions::StateMachine"):
        text = json.dumps(machine["DefinitionString"])
        assert '\\"Type\\":\\"Wait\\"' not in text
        assert "batch:submitJob.sync" in text
    functions = of_type(template, "AWS::Lambda::Function")
    assert functions
    assert not [each for each in functions if "FunctionName" in each]
    text = json.dumps([each.get("Environment") for each in functions])
    assert "batchSubmitJob" not in text


def test_defect_9_the_example_input_has_two_files_and_every_queue_has_spot(template: dict[str, Any]) -> None:
    """Both inputs of the aligner were the same file, and the queue that all jobs used had no Spot behind it."""
    text = json.dumps(template["Outputs"]["FullWorkflowInput"]["Value"])
    assert "_1.fastq.gz" in text
    assert "_2.fastq.gz" in text
    assert json.loads(template["Outputs"]["MinimalWorkflowInput"]["Value"]).keys() >= {"isaac", "strelka"}
    for queue in of_type(template, "AWS::Batch::JobQueue"):
        first = queue["ComputeEnvironmentOrder"][0]["ComputeEnvironment"]["Fn::GetAtt"][0]
        assert template["Resources"][first]["Properties"]["ComputeResources"]["Type"] == "SPOT"
    assert "us-east-1" not in json.dumps(template)


def test_defect_12_what_the_original_did_not_have(template: dict[str, Any]) -> None:
    """Dashboards, alarms, notices, many samples, resuming, gates, and tags by which costs are told apart."""
    assert of_type(template, "AWS::CloudWatch::Dashboard")
    assert len(of_type(template, "AWS::CloudWatch::Alarm")) == 4
    assert of_type(template, "AWS::SNS::Topic")
    cohort = json.dumps(
        [each["DefinitionString"] for each in of_type(template, "AWS::StepFunctions::StateMachine")]
    ).replace("\\", "")
    for word in ('"Mode":"DISTRIBUTED"', '"Align skipped"', '"Good enough?"', '"Tags.$":"$.steps.align.tags"'):
        assert word in cohort
    assert all(each["PropagateTags"] for each in of_type(template, "AWS::Batch::JobDefinition"))
