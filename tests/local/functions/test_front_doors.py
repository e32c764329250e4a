"""What stands in front of functions: a load balancer's target group, and request validators of a REST API."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

BALANCED = """
def handler(event, context):
    return {"statusCode": 202, "headers": {"x-from": "function"}, "body": event["httpMethod"] + " " + event["path"]}
"""


def deploy(bench: Any, resources: dict[str, Any], **outputs: Any) -> dict[str, str]:
    stacks, name = bench.cloud.client("cloudformation"), bench.name("stack")
    document = {"Resources": resources, "Outputs": {key: {"Value": value} for key, value in outputs.items()}}
    stacks.create_stack(StackName=name, TemplateBody=json.dumps(document))
    stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    found = stacks.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]
    return {output["OutputKey"]: output["OutputValue"] for output in found}


def send(url: str, body: bytes | None = None, **headers: str) -> tuple[int, dict[str, str], bytes]:
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=body, headers=headers), timeout=20) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as answer:
        return answer.code, dict(answer.headers), answer.read()


def test_a_load_balancer_invokes_a_function(bench: Any) -> None:
    name = bench.function(BALANCED)
    function = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    permission = {
        "FunctionName": name,
        "Action": "lambda:InvokeFunction",
        "Principal": "elasticloadbalancing.amazonaws.com",
    }
    resources: dict[str, Any] = {
        "Vpc": {"Type": "AWS::EC2::VPC", "Properties": {"CidrBlock": "10.0.0.0/16"}},
        "Permission": {"Type": "AWS::Lambda::Permission", "Properties": permission},
        "Group": {
            "Type": "AWS::ElasticLoadBalancingV2::TargetGroup",
            "DependsOn": "Permission",
            "Properties": {"TargetType": "lambda", "Targets": [{"Id": function}]},
        },
        "Balancer": {
            "Type": "AWS::ElasticLoadBalancingV2::LoadBalancer",
            "Properties": {"Type": "application", "Subnets": [{"Ref": "SubnetA"}, {"Ref": "SubnetB"}]},
        },
        "Listener": {
            "Type": "AWS::ElasticLoadBalancingV2::Listener",
            "Properties": {
                "LoadBalancerArn": {"Ref": "Balancer"},
                "Port": 80,
                "Protocol": "HTTP",
                "DefaultActions": [{"Type": "forward", "TargetGroupArn": {"Ref": "Group"}}],
            },
        },
    }
    for number, zone in enumerate("AB"):
        subnet = {
            "VpcId": {"Ref": "Vpc"},
            "CidrBlock": f"10.0.{number}.0/24",
            "AvailabilityZone": f"us-east-1{zone.lower()}",
        }
        resources[f"Subnet{zone}"] = {"Type": "AWS::EC2::Subnet", "Properties": subnet}
    made = deploy(bench, resources, Host={"Fn::GetAtt": ["Balancer", "DNSName"]})
    status, headers, body = send(f"{bench.cloud.endpoint_url}/way", Host=made["Host"])
    assert (status, headers["x-from"], body) == (202, "function", b"GET /way")


def test_a_request_validator_of_a_template_refuses_what_its_model_does_not_allow(bench: Any) -> None:
    integration = {
        "Type": "MOCK",
        "RequestTemplates": {"application/json": '{"statusCode": 201}'},
        "IntegrationResponses": [{"StatusCode": "201"}],
    }
    method = {
        "RestApiId": {"Ref": "Api"},
        "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
        "HttpMethod": "POST",
        "AuthorizationType": "NONE",
        "RequestValidatorId": {"Ref": "Validator"},
        "RequestModels": {"application/json": {"Ref": "Model"}},
        "Integration": integration,
        "MethodResponses": [{"StatusCode": "201"}],
    }
    schema = {"type": "object", "required": ["name"]}
    resources = {
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": bench.name("api")}},
        "Model": {
            "Type": "AWS::ApiGateway::Model",
            "Properties": {"RestApiId": {"Ref": "Api"}, "ContentType": "application/json", "Schema": schema},
        },
        "Validator": {
            "Type": "AWS::ApiGateway::RequestValidator",
            "Properties": {"RestApiId": {"Ref": "Api"}, "ValidateRequestBody": True},
        },
        "Method": {"Type": "AWS::ApiGateway::Method", "Properties": method},
        "Deployment": {
            "Type": "AWS::ApiGateway::Deployment",
            "DependsOn": "Method",
            "Properties": {"RestApiId": {"Ref": "Api"}, "StageName": "v1"},
        },
    }
    api = deploy(bench, resources, Api={"Ref": "Api"})["Api"]
    url = f"{bench.cloud.endpoint_url}/restapis/{api}/v1/_user_request_/"
    kind = {"Content-Type": "application/json"}
    assert send(url, b'{"name": "x"}', **kind)[0] == 201
    assert send(url, b"{}", **kind)[0] == 400
