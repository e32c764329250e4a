"""Mapping templates: how they are rendered, and a REST API that shapes requests and answers of a function with them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from typing import Any

import pytest

from refarch.local.functions.gateway_templates import choose
from refarch.local.functions.velocity import Template, TemplateError
from refarch.local.functions.velocity_methods import input_variables, json_path, util_variables

BODY = '{"name": "Jo \\"x\\"", "items": [{"id": 1, "t": "a"}, {"id": 2, "t": "b"}], "nil": null}'


def render(text: str, body: str = BODY) -> str:
    variables = {
        "input": input_variables(body, {"id": "7"}, {"q": "1 2"}, {"X-Kind": "h"}),
        "util": util_variables(),
        "context": {"stage": "prod", "identity": {"sourceIp": "1.2.3.4"}},
        "stageVariables": {"env": "test"},
    }
    return Template(text, variables).render()


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("$input.json('$.name')", '"Jo \\"x\\""'),
        ("$input.path('$.name').length()", "6"),
        ("$input.json('$.none')", '""'),
        ("$input.path('$.items[1].t')$input.path('$.items[*].id')", "b[1,2]"),
        ("$input.params('id') $input.params('q') $input.params('x-kind') [$input.params('none')]", "7 1 2 h []"),
        ("#foreach($k in $input.params().header.keySet())$k#end", "X-Kind"),
        ("$util.escapeJavaScript($input.path('$.name'))", 'Jo \\"x\\"'),
        ("$util.urlEncode('a b&c') $util.urlDecode('a+b%26c')", "a+b%26c a b&c"),
        ("$util.base64Decode($util.base64Encode('ü'))", "ü"),
        ("$util.parseJson('{\"a\": [1]}').a[0]", "1"),
        ("$context.stage $context.identity.sourceIp $context.none $stageVariables.env", "prod 1.2.3.4  test"),
        ("$unknown $!unknown ${unknown.x}", "$unknown  ${unknown.x}"),
        ("#set($a = \"x-$input.params('id')\")$a", "x-7"),
        ("#set($a = 'it''s')$a costs $5 #1", "it's costs $5 #1"),
        ("#set($a = 7)#set($a = $none)$a", "7"),
        ("#set($m = {'a': 1, 'b': [1..3]})$m.b.size() $m.get('a') $m", '3 1 {"a":1,"b":[1,2,3]}'),
        ("#set($s = 2 + 3 * 4)$s #set($s = (2 + 3) * 4)$s #set($s = 7 / 2)$s", "14 20 3"),
        ("#if($input.params('id') == '7' && !$none)yes#{else}no#end", "yes"),
        ("#if($none)a#elseif(2 > 1)b#else c#end", "b"),
        ("#foreach($i in $input.path('$.items'))$i.id#if($foreach.hasNext),#end#end}", "1,2}"),
        ("#foreach($i in [1..9])#if($i == 3)#break#end$i#end", "12"),
        ("a ## comment\nb#* more *# #[[$raw #if]]#", "a b $raw #if"),
        ("x#stop never", "x"),
        ("$input.body", BODY),
        ("{\n#set($a = 1)\n  $a\n}", "{\n  1\n}"),
        ("$input.path('$.name').replaceAll('[^a-zA-Z]', '-').toUpperCase()", "JO--X-"),
    ],
)
def test_templates_are_rendered(text: str, wanted: str) -> None:
    assert render(text) == wanted


@pytest.mark.parametrize("text", ["#if($a)", "#set($a = )", "#foreach($x in $y)a", "#end", '#set($a = "b)'])
def test_a_template_that_cannot_be_read_says_so(text: str) -> None:
    with pytest.raises(TemplateError, match="line 1"):
        render(text)


def test_paths_in_what_is_no_json_find_nothing() -> None:
    assert json_path("plain", "$.a") is None
    assert json_path("", "$") == {}


def test_the_first_pattern_that_matches_the_whole_message_wins() -> None:
    answers: list[dict[str, Any]] = [
        {"statusCode": "200"},
        {"statusCode": "400", "selectionPattern": "Bad.*"},
        {"statusCode": "500", "selectionPattern": "(.|\n)+"},
    ]
    assert [(choose(answers, error) or {})["statusCode"] for error in (None, "Bad\nthing", "else", "")] == [
        "200",
        "400",
        "500",
        "200",
    ]
    assert choose(answers[1:], None) is None


REQUEST = """#set($in = $input.path('$'))
{"who": "$util.escapeJavaScript($in.who)", "id": "$input.params('id')", "stage": "$context.stage",
 "tags": [#foreach($tag in $in.tags)"$tag"#if($foreach.hasNext),#end#end]}"""
FUNCTION = """
def handler(event, context):
    if event["who"] == "nobody":
        raise ValueError("Bad request: nobody")
    if event["who"] == "all":
        raise ValueError("unforeseen")
    return {"hello": event}
"""


def api_template(function: str) -> str:
    uri = f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"
    bad = {"application/json": '#set($e = $input.path(\'$\'))\n{"problem": "$e.errorMessage", "of": "$e.errorType"}'}
    integration = {
        "Type": "AWS",
        "IntegrationHttpMethod": "POST",
        "Uri": uri,
        "RequestTemplates": {"application/json": REQUEST},
        "IntegrationResponses": [
            {
                "StatusCode": "200",
                "ResponseTemplates": {"application/json": "{\"greeted\": $input.json('$.hello')}"},
                "ResponseParameters": {
                    "method.response.header.X-Who": "integration.response.body.hello.who",
                    "method.response.header.X-Fixed": "'fixed'",
                },
            },
            {"StatusCode": "400", "SelectionPattern": "Bad request.*", "ResponseTemplates": bad},
            {"StatusCode": "502", "SelectionPattern": "unforeseen", "ResponseTemplates": {"application/json": "{}"}},
        ],
    }
    method = {
        "RestApiId": {"Ref": "Api"},
        "ResourceId": {"Ref": "Item"},
        "HttpMethod": "POST",
        "AuthorizationType": "NONE",
        "Integration": integration,
        "MethodResponses": [{"StatusCode": code} for code in ("200", "400", "502")],
    }
    root = {"Fn::GetAtt": ["Api", "RootResourceId"]}
    resources = {
        "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": function}},
        "Item": {
            "Type": "AWS::ApiGateway::Resource",
            "Properties": {"RestApiId": {"Ref": "Api"}, "ParentId": root, "PathPart": "{id}"},
        },
        "Method": {"Type": "AWS::ApiGateway::Method", "Properties": method},
        "Deployment": {
            "Type": "AWS::ApiGateway::Deployment",
            "DependsOn": "Method",
            "Properties": {"RestApiId": {"Ref": "Api"}, "StageName": "v1"},
        },
    }
    return json.dumps({"Resources": resources, "Outputs": {"Api": {"Value": {"Ref": "Api"}}}})


@pytest.fixture(scope="module")
def api(bench: Any) -> Any:
    """Sends a JSON body to the deployed API; answers (status, headers, body)."""
    name = bench.function(FUNCTION)
    function = f"arn:aws:lambda:us-east-1:000000000000:function:{name}"
    stacks = bench.cloud.client("cloudformation")
    stacks.create_stack(StackName=name, TemplateBody=api_template(function))
    stacks.get_waiter("stack_create_complete").wait(StackName=name, WaiterConfig={"Delay": 1})
    [output] = stacks.describe_stacks(StackName=name)["Stacks"][0]["Outputs"]

    def send(body: Any) -> tuple[int, dict[str, str], Any]:
        url = f"{bench.cloud.endpoint_url}/restapis/{output['OutputValue']}/v1/_user_request_/42"
        request = urllib.request.Request(
            url, data=json.dumps(body).encode(), headers={"Content-Type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, dict(answer.headers), json.loads(answer.read())
        except urllib.error.HTTPError as answer:
            return answer.code, dict(answer.headers), json.loads(answer.read())

    return send


def test_the_request_and_the_answer_are_shaped(api: Any) -> None:
    status, headers, body = api({"who": 'Jo "x"', "tags": ["a", "b"]})
    event = {"who": 'Jo "x"', "id": "42", "stage": "v1", "tags": ["a", "b"]}
    assert (status, body) == (200, {"greeted": event})
    headers = {name.lower(): value for name, value in headers.items()}
    assert (headers["x-who"], headers["x-fixed"]) == ('Jo "x"', "fixed")


def test_an_error_s_message_selects_the_answer(api: Any) -> None:
    status, _, body = api({"who": "nobody", "tags": []})
    assert (status, body) == (400, {"problem": "Bad request: nobody", "of": "ValueError"})
    assert api({"who": "all", "tags": []})[0] == 502
