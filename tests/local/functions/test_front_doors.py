"""What stands in front of functions: a load balancer's target group, and request validators of a REST API."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

BALANCED = """
def handler(event, context):
    return {"statusCode": 202, "headers": {"x-from": "function"}, "body": event["httpMethod"] + " " + event["path"]}
"""
CAME = "def handler(event, context): return {'statusCode': 200, 'body': 'came'}"


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


def rest_api(function: str, kind: str) -> dict[str, Any]:
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"
    method = {
        "RestApiId": {"Ref": "Api"},
        "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
        "HttpMethod": "GET",
        "AuthorizationType": "NONE",
        "Integration": {
            "Type": kind,
            "IntegrationHttpMethod": "POST",
            "Uri": uri,
            "IntegrationResponses": [{"StatusCode": "200"}],
        },
    }
    return {
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": kind}},
        "Method": {"Type": "AWS::ApiGateway::Method", "Properties": method},
        "Deployment": {
            "Type": "AWS::ApiGateway::Deployment",
            "DependsOn": "Method",
            "Properties": {"RestApiId": {"Ref": "Api"}, "StageName": "v1"},
        },
    }


def http_api(function: str) -> dict[str, Any]:
    integration = {"ApiId": {"Ref": "Api"}, "IntegrationType": "AWS_PROXY", "PayloadFormatVersion": "2.0"}
    target = {"Fn::Join": ["/", ["integrations", {"Ref": "Integration"}]]}
    return {
        "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"Name": "http", "ProtocolType": "HTTP"}},
        "Integration": {
            "Type": "AWS::ApiGatewayV2::Integration",
            "Properties": {**integration, "IntegrationUri": function},
        },
        "Route": {
            "Type": "AWS::ApiGatewayV2::Route",
            "Properties": {"ApiId": {"Ref": "Api"}, "RouteKey": "GET /", "Target": target},
        },
        "Stage": {
            "Type": "AWS::ApiGatewayV2::Stage",
            "Properties": {"ApiId": {"Ref": "Api"}, "StageName": "$default", "AutoDeploy": True},
        },
    }


@pytest.mark.parametrize("kind", ["AWS_PROXY", "AWS", "HTTP"])
def test_an_api_invokes_only_a_function_that_lets_it(strict: Any, role: Any, kind: str) -> None:
    name = strict.function(
        "def handler(event, context): return {'statusCode': 200, 'body': 'came'}", Role=role("lambda")
    )
    function = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    resources = http_api(function) if kind == "HTTP" else rest_api(function, kind)
    api = deploy(strict, resources, Api={"Ref": "Api"})["Api"]
    url = strict.cloud.endpoint_url + ("/" if kind == "HTTP" else f"/restapis/{api}/v1/_user_request_/")
    host = {"Host": f"{api}.execute-api.localhost"} if kind == "HTTP" else {}
    assert send(url, **host)[0] in (500, 502)
    strict.cloud.client("lambda").add_permission(
        FunctionName=name,
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        SourceArn=f"arn:aws:execute-api:us-east-1:000000000000:{api}/*/GET/",
    )
    status, _, body = send(url, **host)
    assert (status, b"came" in body) == (200, True)


def test_an_integration_s_role_may_stand_in_for_the_policy(strict: Any, role: Any) -> None:
    name = strict.function(
        "def handler(event, context): return {'statusCode': 200, 'body': 'came'}", Role=role("lambda")
    )
    function = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    roles = strict.cloud.client("iam")
    grant = {"Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": function}
    for grants, wanted in (([], 500), ([grant], 200)):
        made = roles.create_role(RoleName=strict.name("role"), AssumeRolePolicyDocument=document())["Role"]
        for statement in grants:
            roles.put_role_policy(RoleName=made["RoleName"], PolicyName="p", PolicyDocument=document(statement))
        resources = rest_api(function, "AWS_PROXY")
        resources["Method"]["Properties"]["Integration"]["Credentials"] = made["Arn"]
        api = deploy(strict, resources, Api={"Ref": "Api"})["Api"]
        assert send(f"{strict.cloud.endpoint_url}/restapis/{api}/v1/_user_request_/")[0] == wanted


def document(*statements: dict[str, Any]) -> str:
    trust = {"Effect": "Allow", "Principal": {"Service": "apigateway.amazonaws.com"}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements) or [trust]})
