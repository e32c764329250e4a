"""With enforced permissions, authorizers and alarm actions need the policy of the function or topic behind them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

ACCOUNT = "000000000000"
INVOCATION = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{}/invocations"
ALLOWS = """
def handler(event, context):
    arn = event.get("methodArn") or event.get("routeArn")
    statement = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": arn}
    return {"principalId": "u", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
"""
CAME = "def handler(event, context): return {'statusCode': 200, 'body': 'came'}"


def rest_api(strict: Any, guard: str, **more: str) -> tuple[str, str]:
    """(what may run the authorizer, URL) of an API with a mock behind the authorizer."""
    api = strict.cloud.client("apigateway")
    key = api.create_rest_api(name=strict.name("api"))["id"]
    root = api.get_resources(restApiId=key)["items"][0]["id"]
    made = api.create_authorizer(
        restApiId=key, name="a", type="TOKEN", authorizerUri=INVOCATION.format(guard),
        identitySource="method.request.header.Authorization", **more,
    )["id"]  # fmt: skip
    where = {"restApiId": key, "resourceId": root, "httpMethod": "GET"}
    api.put_method(**where, authorizationType="CUSTOM", authorizerId=made)
    api.put_integration(**where, type="MOCK", requestTemplates={"application/json": '{"statusCode": 200}'})
    api.put_method_response(**where, statusCode="200")
    api.put_integration_response(**where, statusCode="200", responseTemplates={"application/json": "came"})
    api.create_deployment(restApiId=key, stageName="v1")
    source = f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{key}/authorizers/{made}"
    return source, f"{strict.cloud.endpoint_url}/restapis/{key}/v1/_user_request_/"


def http_api(strict: Any, guard: str, behind: str) -> tuple[str, str, str]:
    api = strict.cloud.client("apigatewayv2")
    key = api.create_api(Name=strict.name("api"), ProtocolType="HTTP")["ApiId"]
    made = api.create_authorizer(
        ApiId=key, Name="a", AuthorizerType="REQUEST", AuthorizerUri=INVOCATION.format(guard),
        IdentitySource=["$request.header.Authorization"], AuthorizerPayloadFormatVersion="2.0",
    )["AuthorizerId"]  # fmt: skip
    integration = api.create_integration(
        ApiId=key, IntegrationType="AWS_PROXY", IntegrationUri=behind, PayloadFormatVersion="2.0"
    )["IntegrationId"]
    route = {"RouteKey": "GET /", "Target": f"integrations/{integration}"}
    api.create_route(ApiId=key, AuthorizationType="CUSTOM", AuthorizerId=made, **route)
    api.create_stage(ApiId=key, StageName="$default", AutoDeploy=True)
    source = f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{key}/authorizers/{made}"
    return source, strict.cloud.endpoint_url + "/", f"{key}.execute-api.localhost"


def get(url: str, **headers: str) -> int:
    asked = urllib.request.Request(url, headers={"Authorization": "t", **headers})
    try:
        with urllib.request.urlopen(asked, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as answer:
        return answer.code


def function(strict: Any, role: Any, code: str) -> tuple[str, str]:
    name = strict.function(code, Role=role("lambda"))
    return name, f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}"


def allow(strict: Any, name: str, principal: str, source: str) -> None:
    strict.cloud.client("lambda").add_permission(
        FunctionName=name, StatementId=strict.name("s"), Action="lambda:InvokeFunction", Principal=principal,
        SourceArn=source,
    )  # fmt: skip


@pytest.mark.parametrize("kind", ["REST", "HTTP"])
def test_an_authorizer_runs_only_when_its_function_lets_the_api(strict: Any, role: Any, kind: str) -> None:
    name, guard = function(strict, role, ALLOWS)
    host = {}
    if kind == "REST":
        source, url = rest_api(strict, guard)
    else:
        behind, arn = function(strict, role, CAME)
        source, url, host["Host"] = http_api(strict, guard, arn)
        allow(strict, behind, "apigateway.amazonaws.com", source.replace("/authorizers/", "/") + "*")
        allow(strict, behind, "apigateway.amazonaws.com", source.rpartition("/authorizers/")[0] + "/*")
    assert get(url, **host) in (500, 403)
    allow(strict, name, "apigateway.amazonaws.com", source[:-1] + "x")  # another authorizer
    assert get(url, **host) in (500, 403)
    allow(strict, name, "apigateway.amazonaws.com", source)
    assert get(url, **host) == 200


def test_an_authorizer_s_role_may_stand_in_for_the_policy(strict: Any, role: Any) -> None:
    _, guard = function(strict, role, ALLOWS)
    for grants, status in (((), 500), ((("lambda:InvokeFunction", guard),), 200)):
        _, url = rest_api(strict, guard, authorizerCredentials=role("apigateway", *grants))
        assert get(url) == status


def test_an_alarm_invokes_only_a_function_that_lets_it(strict: Any, role: Any, until: Any) -> None:
    name, arn = function(strict, role, "def handler(event, context): print('told')")
    watch, log = strict.cloud.client("cloudwatch"), strict.cloud.folder.log_file
    alarm = f"arn:aws:cloudwatch:us-east-1:{ACCOUNT}:alarm:{name}"
    watch.put_metric_alarm(
        AlarmName=name, Namespace=name, MetricName="m", Statistic="Sum", Period=60, EvaluationPeriods=1,
        Threshold=1, ComparisonOperator="GreaterThanThreshold", AlarmActions=[arn],
    )  # fmt: skip
    change = {"AlarmName": name, "StateReason": "tried"}
    watch.set_alarm_state(**change, StateValue="ALARM")
    until(lambda: f"the policy of {arn} does not let lambda.alarms.cloudwatch.amazonaws.com" in log.read_text())
    assert not any("told" in line for line in strict.cloud.function_log(name))
    allow(strict, name, "lambda.alarms.cloudwatch.amazonaws.com", alarm)
    watch.set_alarm_state(**change, StateValue="OK")
    watch.set_alarm_state(**change, StateValue="ALARM")
    until(lambda: any("told" in line for line in strict.cloud.function_log(name)))


def test_an_alarm_notifies_only_a_topic_that_lets_it(strict: Any) -> None:
    topics, watch, name = strict.cloud.client("sns"), strict.cloud.client("cloudwatch"), strict.name("alarm")
    url, queue = strict.queue()
    topic = topics.create_topic(Name=name)["TopicArn"]
    policies = {
        "own": {"Effect": "Allow", "Principal": {"Service": "events.amazonaws.com"}},
        "open": {"Effect": "Allow", "Principal": {"Service": "cloudwatch.amazonaws.com"}},
    }
    for_queue = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": queue}
    written = json.dumps({"Version": "2012-10-17", "Statement": [for_queue]})
    strict.cloud.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"Policy": written})
    topics.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=queue, Attributes={"RawMessageDelivery": "true"})
    watch.put_metric_alarm(
        AlarmName=name, Namespace=name, MetricName="m", Statistic="Sum", Period=60, EvaluationPeriods=1,
        Threshold=1, ComparisonOperator="GreaterThanThreshold", AlarmActions=[topic],
    )  # fmt: skip
    for reason, statement in policies.items():
        statement |= {"Action": "sns:Publish", "Resource": topic}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        topics.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=document)
        watch.set_alarm_state(AlarmName=name, StateValue="OK", StateReason=reason)
        watch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason=reason)
    assert strict.receive(url)["NewStateReason"] == "open"  # the first one never came
