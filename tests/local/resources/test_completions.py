"""Properties that the emulator's own handlers drop."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

CODE = "def handler(event, context):\n    return {'statusCode': 200, 'body': 'hello'}\n"


def test_a_bucket_gets_its_tags_and_loses_them(stacks: Any) -> None:
    def bucket(*tags: str) -> dict[str, Any]:
        return {
            "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"Tags": [{"Key": tag, "Value": "v"} for tag in tags]}}
        }

    stack = stacks.create(bucket("a", "b"))
    s3, name = stacks.bench.cloud.client("s3"), stacks.ids(stack)["Bucket"]
    assert {tag["Key"] for tag in s3.get_bucket_tagging(Bucket=name)["TagSet"]} == {"a", "b"}
    assert stacks.update(stack, bucket("c")) == "UPDATE_COMPLETE"
    assert {tag["Key"] for tag in s3.get_bucket_tagging(Bucket=name)["TagSet"]} == {"c"}


def test_a_target_group_gets_its_targets(stacks: Any) -> None:
    def group(*addresses: str) -> dict[str, Any]:
        targets = [{"Id": address, "Port": 8080} for address in addresses]
        properties = {"TargetType": "ip", "Port": 80, "Protocol": "HTTP", "VpcId": "vpc-1", "Targets": targets}
        return {"Group": {"Type": "AWS::ElasticLoadBalancingV2::TargetGroup", "Properties": properties}}

    stack = stacks.create(group("10.0.0.4"))
    balancing, arn = stacks.bench.cloud.client("elbv2"), stacks.ids(stack)["Group"]

    def registered() -> set[str]:
        found = balancing.describe_target_health(TargetGroupArn=arn)["TargetHealthDescriptions"]
        return {one["Target"]["Id"] for one in found if one["TargetHealth"]["State"] != "draining"}

    assert registered() == {"10.0.0.4"}
    stacks.update(stack, group("10.0.0.5"))
    assert registered() == {"10.0.0.5"}


def test_a_request_validator_refuses_a_bad_body(stacks: Any) -> None:
    model = {"type": "object", "required": ["id"], "$schema": "http://json-schema.org/draft-04/schema#"}
    stack = stacks.create(
        {
            "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "api"}},
            "Model": {
                "Type": "AWS::ApiGateway::Model",
                "Properties": {
                    "RestApiId": {"Ref": "Api"},
                    "Name": "Order",
                    "ContentType": "application/json",
                    "Schema": model,
                },
            },
            "Validator": {
                "Type": "AWS::ApiGateway::RequestValidator",
                "Properties": {"RestApiId": {"Ref": "Api"}, "Name": "body", "ValidateRequestBody": True},
            },
            "Method": {
                "Type": "AWS::ApiGateway::Method",
                "Properties": {
                    "RestApiId": {"Ref": "Api"},
                    "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
                    "HttpMethod": "POST",
                    "AuthorizationType": "NONE",
                    "RequestValidatorId": {"Ref": "Validator"},
                    "RequestModels": {"application/json": {"Ref": "Model"}},
                    "Integration": {
                        "Type": "MOCK",
                        "RequestTemplates": {"application/json": '{"statusCode": 200}'},
                        "IntegrationResponses": [{"StatusCode": "200"}],
                    },
                    "MethodResponses": [{"StatusCode": "200"}],
                },
            },
            "Deployment": {
                "Type": "AWS::ApiGateway::Deployment",
                "DependsOn": "Method",
                "Properties": {"RestApiId": {"Ref": "Api"}, "StageName": "v1"},
            },
        }
    )
    assert stacks.status(stack) == "CREATE_COMPLETE", stacks.failures(stack)
    place = f"{stacks.bench.cloud.endpoint_url}/_aws/execute-api/{stacks.ids(stack)['Api']}/v1/"
    assert [_post(place, body) for body in ({"id": 1}, {"no": 1})] == [200, 400]


def _post(place: str, body: dict[str, Any]) -> int:
    data = json.dumps(body).encode()
    request = urllib.request.Request(place, data, {"Content-Type": "application/json"}, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
