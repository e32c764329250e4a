"""A function runs below the Python it declares and sees what Lambda would show it, and nothing else of this machine."""

from __future__ import annotations

import io
import json
import os
import sys
import zipfile
from pathlib import Path
from typing import Any

import boto3
import pytest

from refarch.local.functions import interpreters, node_sdk

POWERTOOLS = "arn:aws:lambda:us-east-1:017000801446:layer:AWSLambdaPowertoolsPythonV3-python3{}-x86_64:27"
OWN = f"python3.{sys.version_info.minor}"


def invoke(bench: Any, name: str, event: Any = None) -> Any:
    answer = bench.cloud.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event or {}))
    return json.loads(answer["Payload"].read())


def archive(files: dict[str, str]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as zipped:
        for name, text in files.items():
            zipped.writestr(name, text)
    return content.getvalue()


def node_function(bench: Any, file: str, code: str) -> str:
    name: str = bench.name("node")
    bench.cloud.client("lambda").create_function(
        FunctionName=name,
        Handler="index.handler",
        Role="arn:aws:iam::000000000000:role/test",
        Runtime="nodejs22.x",
        Timeout=20,
        Code={"ZipFile": archive({file: code})},
    )
    return name


@pytest.mark.parametrize("minor", range(11, 15))
def test_the_declared_version_runs_or_the_nearest_with_a_warning(bench: Any, minor: int) -> None:
    known = interpreters.inventory(map(Path, interpreters.users_candidates().split(os.pathsep)))
    name = bench.function(
        "import sys\ndef handler(event, context): return sys.version_info[1]", Runtime=f"python3.{minor}"
    )
    ran = invoke(bench, name)
    settings = bench.cloud.client("lambda").get_function_configuration(FunctionName=name)
    warned = [line for line in bench.cloud.function_log(name) if f"python3.{minor} is not installed" in line]
    if minor in known:
        assert (ran, warned) == (minor, [])
    else:
        assert ran in known
        assert warned
        assert "not installed" in settings["RuntimeVersionConfig"]["Error"]["Message"]


@pytest.mark.parametrize("module", ["duckdb", "pytest", "ministack", "refarch", "aws_lambda_powertools", "yaml"])
def test_what_is_only_installed_here_is_missing(bench: Any, module: str) -> None:
    name = bench.function(f"import {module}\ndef handler(event, context): return 1", Runtime=OWN)
    assert invoke(bench, name)["errorType"] == "Runtime.ImportModuleError"


@pytest.mark.parametrize("runtime", ["python3.11", "python3.13"])
def test_the_sdk_is_there_and_powertools_with_its_layer(bench: Any, runtime: str) -> None:
    code = "import boto3, aws_lambda_powertools\ndef handler(event, context): return boto3.__version__"
    name = bench.function(code, Runtime=runtime, Layers=[POWERTOOLS.format(runtime[-2:])])
    assert invoke(bench, name) == boto3.__version__


def test_a_layer_of_another_account_is_empty_and_said_to_be(bench: Any) -> None:
    layer = "arn:aws:lambda:us-east-1:111122223333:layer:theirs:1"
    name = bench.function("def handler(event, context): return 1", Layers=[layer])
    assert invoke(bench, name) == 1
    assert any(f"the layer {layer} is of another account" in line for line in bench.cloud.function_log(name))


def test_a_layer_s_modules_files_and_programs_are_found(bench: Any) -> None:
    code = """
import os, subprocess, helper
def handler(event, context):
    said = subprocess.check_output(["/opt/bin/say", "well"], text=True)
    return [helper.NAME, open("/opt/data/words.txt").read(), os.path.exists("/opt/data/none"), said]
"""
    layer = {
        "python/helper.py": "NAME = 'helper'",
        "data/words.txt": "words",
        "bin/say": "#!/bin/sh\necho said $1",
    }
    made = bench.cloud.client("lambda").publish_layer_version(
        LayerName=bench.name("layer"), Content={"ZipFile": archive(layer)}
    )
    name = bench.function(code, Layers=[made["LayerVersionArn"]])
    assert invoke(bench, name) == ["helper", "words", False, "said well\n"]


@pytest.mark.parametrize(
    ("file", "load"),
    [
        ("index.js", "const {SSMClient, PutParameterCommand} = require('@aws-sdk/client-ssm'); exports.handler ="),
        ("index.mjs", "import {SSMClient, PutParameterCommand} from '@aws-sdk/client-ssm'; export const handler ="),
    ],
)
def test_node_functions_have_the_sdk(bench: Any, file: str, load: str) -> None:
    call = "async e => (await new SSMClient({}).send(new PutParameterCommand({Name: e.n, Value: 'v', Type: 'String'})))"
    name = node_function(bench, file, f"{load} {call}.Version")
    assert invoke(bench, name, {"n": f"/{name}"}) == 1


def test_a_node_function_tells_the_class_of_its_error(bench: Any) -> None:
    name = node_function(bench, "index.js", "exports.handler = async () => { throw new RangeError('too far') }")
    failed = invoke(bench, name)
    assert (failed["errorType"], failed["errorMessage"]) == ("RangeError", "too far")
    assert not [line for line in bench.cloud.function_log(name) if "Deprecation" in line]


def test_the_sdk_s_versions_are_those_of_the_project() -> None:
    wanted = json.loads((Path(__file__).parents[3] / "package.json").read_text())["devDependencies"]
    assert {name: version for name, version in wanted.items() if name.startswith("@aws-sdk/")} == node_sdk.CLIENTS


def test_the_nearest_version_is_chosen_and_the_newer_of_two(tmp_path: Path) -> None:
    known = {11: Path("a"), 13: Path("c")}
    assert interpreters.choose("python3.13", known) == (Path("c"), None)
    assert interpreters.choose("python3.9", known)[0] == Path("a")
    path, warning = interpreters.choose("python3.12", known)
    assert (path, "python3.12 is not installed" in (warning or "")) == (Path("c"), True)


def test_configured_interpreters_come_first_and_shims_never(tmp_path: Path) -> None:
    for place in (
        "mine/python3.12",
        "home/.pyenv/versions/3.13.0/bin/python3.13",
        "shims/python3.11",
        "bin/python3.14",
    ):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).touch()
    environment = {"REFARCH_PYTHONS": str(tmp_path / "mine"), "PATH": f"{tmp_path / 'shims'}:{tmp_path / 'bin'}"}
    found = [path.name for path in interpreters.candidates(environment, tmp_path / "home")]
    assert found == ["python3.12", "python3.13", "python3.14"]
