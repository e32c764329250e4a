"""Deployments side by side, a stop in the middle of one, and nothing left behind."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
from typing import Any

import pytest

from refarch.local import LocalCloud
from refarch.local.processes import is_running, processes_with

ANSWERS = """
import json, urllib.request
def handler(event, context):
    body = {key: event[key] for key in ("StackId", "RequestId", "LogicalResourceId")}
    body |= {"Status": "SUCCESS", "PhysicalResourceId": "made", "Data": {"Of": context.invoked_function_arn}}
    request = urllib.request.Request(event["ResponseURL"], data=json.dumps(body).encode(), method="PUT")
    urllib.request.urlopen(request)
"""


def client(cloud: Any, service: str, account: str) -> Any:
    import boto3

    session = boto3.session.Session(account, "test", region_name="us-east-1")
    return session.client(service, endpoint_url=cloud.endpoint_url)


def template(marker: str) -> str:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    properties = {
        "FunctionName": "shared-name",
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Timeout": 20,
        "Role": {"Fn::GetAtt": ["Role", "Arn"]},
        "Code": {"ZipFile": ANSWERS},
        "Description": marker,
    }
    token = {"Fn::GetAtt": ["Function", "Arn"]}
    resources: dict[str, Any] = {
        "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Statement": [trust]}}},
        "Function": {"Type": "AWS::Lambda::Function", "Properties": properties},
    }
    for number in range(3):
        resources[f"Custom{number}"] = {"Type": "Custom::Thing", "Properties": {"ServiceToken": token}}
    return json.dumps({"Resources": resources, "Outputs": {"Of": {"Value": {"Fn::GetAtt": ["Custom0", "Of"]}}}})


def deploy(cloud: Any, account: str, stack: str) -> str:
    stacks = client(cloud, "cloudformation", account)
    stacks.create_stack(StackName=stack, TemplateBody=template(account))
    stacks.get_waiter("stack_create_complete").wait(StackName=stack, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
    return str(stacks.describe_stacks(StackName=stack)["Stacks"][0]["Outputs"][0]["OutputValue"])


def test_two_accounts_deploy_the_same_stack_at_once(bench: Any) -> None:
    found: dict[str, str] = {}

    def run(account: str, stack: str) -> None:
        found[account] = deploy(bench.cloud, account, stack)

    accounts, stack = ("111111111111", "222222222222", "333333333333"), bench.name("stack")
    threads = [threading.Thread(target=run, args=(account, stack)) for account in accounts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wanted = {account: f"arn:aws:lambda:us-east-1:{account}:function:shared-name" for account in accounts}
    assert found == wanted


def begin(stacks: Any, document: str) -> None:
    with contextlib.suppress(Exception):  # the cloud goes away while it answers
        stacks.create_stack(StackName="stuck", TemplateBody=document)


def test_a_stuck_custom_resource_does_not_keep_the_process(
    bench: Any, until: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    cloud = LocalCloud.start(directory=tmp_path_factory.mktemp("stuck"))
    try:
        stuck = type(bench)(cloud).function("import time\ndef handler(event, context): time.sleep(800)", Timeout=900)
        token = f"arn:aws:lambda:us-east-1:000000000000:function:{stuck}"
        resource = {"Type": "Custom::Stuck", "Properties": {"ServiceToken": token}}
        document = json.dumps({"Resources": {"Stuck": resource}})
        threading.Thread(target=begin, args=(cloud.client("cloudformation"), document), daemon=True).start()
        until(lambda: list(processes_with("AWS_LAMBDA_FUNCTION_NAME", stuck)))
        os.kill(cloud.state.pid, signal.SIGTERM)
        until(lambda: not is_running(cloud.state.pid, cloud.state.process_start))
        assert not list(processes_with("AWS_LAMBDA_FUNCTION_NAME", stuck))
        assert not cloud.folder.temporary.exists()
    finally:
        cloud.stop()


def test_processes_that_are_replaced_leave_no_folder(bench: Any, until: Any) -> None:
    name = bench.function("def handler(event, context): raise ValueError('no')")
    for _ in range(3):
        bench.cloud.client("lambda").invoke(FunctionName=name)
    folders = [path for path in bench.cloud.folder.temporary.iterdir() if name in path.name]
    assert len(folders) == 1
    bench.cloud.client("lambda").delete_function(FunctionName=name)
    until(lambda: not folders[0].exists())
