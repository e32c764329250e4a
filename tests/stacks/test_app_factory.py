"""Which stacks are built: what was asked for, and all of them where nothing was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from stacks import app_factory
from stacks.app_factory import UnknownStackError, asked_for, build_app, selected
from stacks.catalogue import CATALOGUE, Architecture

BUNDLING = "aws:cdk:bundling-stacks"


@pytest.fixture
def catalogue(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Four names; the rooms of all but the first are those of MapReduce."""
    names = ["MapReduce", "EcsSpot", "EcsFargate", "Web"]
    made = [Architecture(name, "map_reduce", "MapReduceStack", "p", "s") for name in names]
    monkeypatch.setattr(app_factory, "CATALOGUE", made)
    return names


def names(patterns: list[str]) -> list[str]:
    return [each.name for each in selected(patterns)]


@pytest.mark.parametrize(
    ("patterns", "built"),
    [
        ([], ["MapReduce", "EcsSpot", "EcsFargate", "Web"]),  # `cdk list` and `cdk destroy X` pass no pattern
        (["**"], ["MapReduce", "EcsSpot", "EcsFargate", "Web"]),  # `cdk deploy X`
        (["Web"], ["Web"]),  # `cdk deploy -e Web`
        (["Web", "MapReduce"], ["MapReduce", "Web"]),
        (["Ecs*"], ["EcsSpot", "EcsFargate"]),
        (
            ["web"],
            ["MapReduce", "EcsSpot", "EcsFargate", "Web"],
        ),  # names are case-sensitive; the CLI says what is wrong
        (["Nope"], ["MapReduce", "EcsSpot", "EcsFargate", "Web"]),
    ],
)
def test_patterns_as_the_command_line_passes_them(catalogue: list[str], patterns: list[str], built: list[str]) -> None:
    assert names(patterns) == built


def test_an_own_key_selects_where_the_command_line_passes_no_names(catalogue: list[str]) -> None:
    assert asked_for({"only": "Web", BUNDLING: ["**"]}) == ["Web"]
    assert asked_for({"only": "Web,Ecs* MapReduce"}) == ["Web", "Ecs*", "MapReduce"]
    assert asked_for({"only": "", BUNDLING: ["Web"]}) == ["Web"]
    assert asked_for({}) == []


@pytest.mark.parametrize(
    ("only", "hint"), [("MapReduse", "did you mean 'MapReduce'?"), ("Nope", "there are: MapReduce, EcsSpot")]
)
def test_an_unknown_name_is_an_error_with_a_hint(catalogue: list[str], only: str, hint: str) -> None:
    with pytest.raises(UnknownStackError) as caught:
        asked_for({"only": f"Web {only}"})
    assert f"-c only={only}: no such stack" in str(caught.value)
    assert hint in str(caught.value)


def test_names_of_the_catalogue_are_unique_and_have_their_rooms() -> None:
    assert len({each.name for each in CATALOGUE}) == len({each.module for each in CATALOGUE}) == len(CATALOGUE)
    for each in CATALOGUE:
        assert (app_factory.CDK_JSON.parent / "stacks" / f"{each.module}.py").is_file()
        assert each.purpose
        assert each.source


def test_a_setting_reaches_the_template_and_its_limits_are_those_of_the_construct(tmp_path: Path) -> None:
    context = {"MapReduce.memory_mb": "512", "MapReduce.job_retention_days": "7"}
    build_app(context=context, outdir=str(tmp_path)).synth()
    template: Any = json.loads((tmp_path / "MapReduce.template.json").read_text())
    sizes = {each["Properties"].get("MemorySize") for each in template["Resources"].values() if "Properties" in each}
    assert 512 in sizes
    assert set(template["Outputs"]) >= {"JobBucketName", "InputBucketName", "MapperName", "ReducerName"}
    with pytest.raises(ValueError, match="memory_mb is 64, allowed: 128 to 10240 MB"):
        build_app(context={"MapReduce.memory_mb": "64"})


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ({"input_prefix": "logs/"}, "input_prefix is 'logs/', allowed: none without input_bucket"),
        ({"remove_data": "true"}, "with -c refarch:remove-data-on-destroy=true besides"),
        ({"job_file": "absent.py"}, "absent.py: no such file"),
        ({"job_retention_days": "0"}, "job_retention is '0 days', allowed: whole days, 1 or more"),
    ],
)
def test_settings_that_would_do_nothing_or_harm_are_refused(context: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError) as caught:
        build_app(context={f"MapReduce.{key}": value for key, value in context.items()})
    assert message in str(caught.value)
