"""The CDK's bootstrap stack, from the template of the CDK command itself, in a fraction of `cdk bootstrap`'s time."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from refarch.local.errors import LocalCloudError

STACK = "CDKToolkit"
TEMPLATE = Path("lib/api/bootstrap/bootstrap-template.yaml")
DEADLINE = 60.0  # seconds
PARAMETERS = {
    # An empty list would give the deployment role a policy without a name (ministack), which then may do nothing.
    "CloudFormationExecutionPolicies": "arn:aws:iam::aws:policy/AdministratorAccess",
    "FileAssetsBucketKmsKeyId": "AWS_MANAGED_KEY",  # what `cdk bootstrap` passes when no key is asked for
    "PublicAccessBlockConfiguration": "true",
}


def bootstrap_template(cdk: Path, environment: Mapping[str, str]) -> str:
    """The template that belongs to this `cdk`: the file in its package, or what the command shows."""
    command = cdk.resolve()
    near = [command.parent.parent, *(folder / "node_modules" / "aws-cdk" for folder in command.parents)]
    for package in near:
        if (package / TEMPLATE).is_file():
            return (package / TEMPLATE).read_text()
    shown = subprocess.run(
        [str(cdk), "bootstrap", "--show-template"], env=dict(environment), capture_output=True, text=True, check=False
    )
    if shown.returncode != 0 or "Resources:" not in shown.stdout:
        raise LocalCloudError(f"`{cdk} bootstrap --show-template` failed:\n{shown.stderr.strip()}")
    return shown.stdout


def is_bootstrapped(cloudformation: Any) -> bool:
    """Whether the toolkit stack is there and complete."""
    try:
        stacks = cloudformation.describe_stacks(StackName=STACK)["Stacks"]
    except cloudformation.exceptions.ClientError:
        return False
    return bool(stacks) and stacks[0]["StackStatus"] in ("CREATE_COMPLETE", "UPDATE_COMPLETE")


def create_toolkit(cloudformation: Any, template: str) -> None:
    """Create the stack and wait for it. Raises LocalCloudError with CloudFormation's reasons when it fails."""
    cloudformation.create_stack(
        StackName=STACK,
        TemplateBody=template,
        Capabilities=["CAPABILITY_NAMED_IAM"],
        Parameters=[{"ParameterKey": name, "ParameterValue": value} for name, value in PARAMETERS.items()],
    )
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        state = cloudformation.describe_stacks(StackName=STACK)["Stacks"][0]["StackStatus"]
        if state == "CREATE_COMPLETE":
            return
        if not state.endswith("IN_PROGRESS"):
            break
        time.sleep(0.05)
    raise LocalCloudError(f"the bootstrap stack is {state}: {_reasons(cloudformation)}")


def _reasons(cloudformation: Any) -> str:
    events = cloudformation.describe_stack_events(StackName=STACK)["StackEvents"]
    failed = [event for event in events if "FAILED" in event["ResourceStatus"]]
    return "; ".join(f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}" for event in failed)
