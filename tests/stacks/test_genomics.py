"""Settings of Genomics that make no sense, and those that reach the template."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from refarch._shared.checks import InvalidPropsError
from stacks.app_factory import build_app
from stacks.settings import InvalidSettingsError


def template(folder: Path, **settings: str) -> dict[str, Any]:
    context = {f"Genomics.{name}": value for name, value in settings.items()}
    app = build_app(["Genomics"], context=context, outdir=str(folder))
    found: dict[str, Any] = app.synth().get_stack_by_name("Genomics").template
    return found


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"max_vcpu": "8"}, "did you mean Genomics.max_vcpus?"),
        ({"align_vcpus": "many"}, "Genomics.align_vcpus is 'many', allowed: a whole number"),
        ({"input_prefix": "team/"}, "input_prefix is 'team/', allowed: none without input_bucket"),
        ({"remove_data": "true"}, "remove_data is True, allowed: with -c refarch:remove-data-on-destroy=true"),
    ],
)
def test_settings_that_make_no_sense(settings: dict[str, str], said: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidSettingsError, match=said.replace("?", r"\?")):
        template(tmp_path, **settings)


def test_everything_that_is_wrong_with_the_pipeline_is_said_at_once(tmp_path: Path) -> None:
    wrong = {"profile": "bwa", "results_prefix": "team", "reference": "s3://b/hg 38.fa", "attempts": "0"}
    with pytest.raises(InvalidPropsError) as caught:
        template(tmp_path, **wrong)
    for said in (
        "profile is 'bwa', allowed: one of isaac-strelka, bwa-bcftools, bwa-freebayes",
        "results.prefix is 'team', allowed: team/",
        "defaults['call']['ReferenceS3Path'] is 's3://b/hg 38.fa'",
        "attempts is 0",
    ):
        assert said in str(caught.value)


def test_sizes_that_batch_would_refuse(tmp_path: Path) -> None:
    with pytest.raises(InvalidPropsError, match="vcpus is 0, allowed: a whole number, 1 or more"):
        template(tmp_path, align_vcpus="0")


def test_families_of_another_architecture(tmp_path: Path) -> None:
    with pytest.raises(InvalidPropsError, match="instance_types is 'c7g', allowed: families of x86_64"):
        template(tmp_path, instance_types="c6i, c7g")


def test_defaults_reach_the_job_definitions_and_no_parameter_is_empty(tmp_path: Path) -> None:
    found = template(tmp_path, reference="s3://b/hg38.fa", annotate_args="GRCh38.105", registry="r.example.com")
    jobs = {
        name: each["Properties"]
        for name, each in found["Resources"].items()
        if each["Type"] == "AWS::Batch::JobDefinition"
    }
    assert len(jobs) == 4
    for job in jobs.values():
        assert all(value for value in job["Parameters"].values())
        assert {f"Ref::{name}" for name in job["Parameters"]} <= set(job["ContainerProperties"]["Command"])
        assert job["ContainerProperties"]["Image"].startswith("r.example.com/refarch-genomics/")
    [annotate] = [job for name, job in jobs.items() if "Annotate" in name]
    assert annotate["Parameters"]["CommandArgs"] == " GRCh38.105 "
    assert "hg38.fa" in json.dumps([job["Parameters"].get("ReferenceS3Path") for job in jobs.values()])
