"""The user data as an instance gets it: shellcheck and cloud-init read it, and what fails early is signalled."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_ec2 as ec2
from aws_cdk.assertions import Template

from refarch.web import LampServer, LampServerProps
from rehearsals.programs import ProgramsMissing, need

TITLE = 'It\'s a "site" with $(dollars) and `ticks`'


def joined(value: Any) -> str:
    """The text that CloudFormation makes of an expression, with stand-ins for what only it knows."""
    match value:
        case str():
            return value
        case {"Fn::Join": [delimiter, parts]}:
            return str(delimiter).join(map(joined, parts))
        case {"Fn::GetAtt": [name, attribute]}:
            return f"{name}-{attribute}"
        case {"Ref": name}:
            return str(name)
        case {"Fn::Sub": text}:
            return str(text).replace("${", "").replace("}", "")
    raise AssertionError(f"no stand-in for {value}")


@pytest.fixture(scope="module")
def script() -> str:
    stack = cdk.Stack(cdk.App(), "Team")
    vpc = ec2.Vpc(stack, "Vpc", nat_gateways=0)
    LampServer(stack, "Lamp", props=LampServerProps(vpc=vpc, admin_email="a@example.com", site_title=TITLE))
    (template,) = Template.from_stack(stack).find_resources("AWS::EC2::LaunchTemplate").values()
    return joined(template["Properties"]["LaunchTemplateData"]["UserData"]["Fn::Base64"])


@pytest.fixture(scope="module", autouse=True)
def _tools() -> None:
    try:
        need("web")
    except ProgramsMissing as error:
        pytest.skip(str(error))


def test_shellcheck_finds_nothing(script: str, tmp_path: Path) -> None:
    file = tmp_path / "user-data.sh"
    file.write_text(script)
    done = subprocess.run(["shellcheck", str(file)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_cloud_init_takes_it_for_a_script(script: str, tmp_path: Path) -> None:
    """`cloud-init schema` judges cloud-config; of a script it says that it is none, which is what it must say."""
    file = tmp_path / "user-data"
    file.write_text(script)
    assert script.startswith("#!/bin/bash\n")
    assert len(script.encode()) < 16_384, "EC2 takes no more"
    config = tmp_path / "cloud-config"
    config.write_text("#cloud-config\nruncmd:\n  - [bash, /var/lib/cloud/instance/user-data.txt]\n")
    for path, wanted in ((config, "Valid"), (file, "#cloud-config")):
        done = subprocess.run(["cloud-init", "schema", "--config-file", str(path)], capture_output=True, text=True)
        assert wanted in done.stdout + done.stderr


def run(script: str, folder: Path, failing: str) -> list[str]:
    """Run it with stand-ins on the path, of which `failing` fails; the signals that were sent."""
    tools, calls = folder / "bin", folder / "calls"
    tools.mkdir()
    for name in ("aws", "curl", "python3"):
        tool = tools / name
        fails = f'case "$*" in *"{failing}"*) exit 1;; esac' if failing else ""
        tool.write_text(f'#!/bin/bash\nprintf "%s %s\\n" {name} "$*" >> {calls}\n{fails}\necho i-0123\n')
        tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
    text = script.replace("/opt/lamp", str(folder / "opt")).replace("/etc/lamp", str(folder / "etc"))
    path = os.pathsep.join([str(tools), "/usr/bin", "/bin"])
    subprocess.run(["bash"], input=text, env={"PATH": path}, capture_output=True, text=True, timeout=60)
    return [line for line in calls.read_text().splitlines() if "signal-resource" in line]


@pytest.mark.parametrize(("failing", "step"), [("s3 cp", "fetch the set-up"), ("-m zipfile", "unpack the set-up")])
def test_what_fails_before_the_set_up_runs_is_signalled(script: str, tmp_path: Path, failing: str, step: str) -> None:
    (signal,) = run(script, tmp_path, failing)
    assert "--status FAILURE" in signal
    assert f"--unique-id i-0123 {step}" in signal


def test_the_settings_arrive_as_they_were_given(script: str, tmp_path: Path) -> None:
    assert run(script, tmp_path, "") == []
    settings = json.loads((tmp_path / "etc" / "settings.json").read_text())
    assert settings["site"]["site_title"] == TITLE
    assert "python3 -m refarch.web.lamp_setup up" in (tmp_path / "calls").read_text()
