"""API Gateway in its forms, with Cognito in front."""

from __future__ import annotations

from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_apigateway as api
from aws_cdk import aws_apigatewayv2 as http
from aws_cdk import aws_apigatewayv2_authorizers as http_authorizers
from aws_cdk import aws_apigatewayv2_integrations as http_integrations
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_iam as iam

from tests.conformance.app.group import DESTROY, Group

PROXY = """\
import json
def handler(event, context):
    asked = event["requestContext"]
    authorizer = asked.get("authorizer") or {}
    told = {"method": event["httpMethod"], "path": event["path"], "query": event.get("queryStringParameters"),
            "parameters": event.get("pathParameters"), "body": event.get("body"), "stage": asked["stage"],
            "principal": authorizer.get("principalId"), "claims": authorizer.get("claims")}
    return {"statusCode": 202, "headers": {"X-Answered": "by-function"}, "body": json.dumps(told)}
"""
PLAIN = """\
def handler(event, context):
    if event["name"] == "nobody":
        raise ValueError("NotFound: nobody of that name")
    return {"greeting": "hello " + event["name"], "from": event["source"]}
"""
ALLOW = """\
def handler(event, context):
    token = event["authorizationToken"]
    effect = "Allow" if token == "open-sesame" else "Deny"
    statement = {"Action": "execute-api:Invoke", "Effect": effect, "Resource": event["methodArn"]}
    return {"principalId": "ali", "policyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
"""
HTTP = """\
import json
def handler(event, context):
    authorizer = event["requestContext"].get("authorizer", {})
    return {"version": event["version"], "route": event["routeKey"], "claims": authorizer.get("jwt", {}).get("claims")}
"""


class Web(Group):
    def __init__(self, scope: Any, name: str) -> None:
        super().__init__(scope, name)
        self.pool = cognito.UserPool(self, "Pool", removal_policy=DESTROY, self_sign_up_enabled=True)
        self.client = self.pool.add_client("Client", auth_flows=cognito.AuthFlow(user_password=True))
        self.out(Pool=self.pool.user_pool_id, Client=self.client.user_pool_client_id)
        self.rest = api.RestApi(
            self, "Rest", deploy_options=api.StageOptions(stage_name="live"), cloud_watch_role=False
        )
        self.out(Rest=self.rest.rest_api_id)
        self.proxied = api.LambdaIntegration(self.function("Proxied", PROXY))
        self.plain_routes()
        self.templates()
        self.queue_route()
        self.guarded_routes()
        self.http_api()

    def plain_routes(self) -> None:
        things = self.rest.root.add_resource(
            "things", default_cors_preflight_options=api.CorsOptions(allow_origins=["https://example.com"])
        )
        things.add_resource("{thing}").add_method("POST", self.proxied)
        answer = api.IntegrationResponse(status_code="200", response_templates={"application/json": '{"mocked": true}'})
        mock = api.MockIntegration(
            request_templates={"application/json": '{"statusCode": 200}'}, integration_responses=[answer]
        )
        self.rest.root.add_resource("mock").add_method(
            "GET", mock, method_responses=[api.MethodResponse(status_code="200")]
        )

    def templates(self) -> None:
        request = '{"name": "$input.params(\'name\')", "source": "$context.httpMethod of $context.stage"}'
        found = '#set($root = $input.path("$"))\n{"said": "$root.greeting", "by": "$root.from"}'
        missing = '{"problem": "$util.escapeJavaScript($input.path(\'$.errorMessage\'))"}'
        integration = api.LambdaIntegration(
            self.function("Plain", PLAIN),
            proxy=False,
            request_templates={"application/json": request},
            integration_responses=[
                api.IntegrationResponse(status_code="200", response_templates={"application/json": found}),
                api.IntegrationResponse(
                    status_code="404",
                    selection_pattern="NotFound.*",
                    response_templates={"application/json": missing},
                ),
            ],
        )
        responses = [api.MethodResponse(status_code="200"), api.MethodResponse(status_code="404")]
        self.rest.root.add_resource("greeting").add_method("GET", integration, method_responses=responses)

    def queue_route(self) -> None:
        queue = self.queue("Orders")
        role = iam.Role(self, "Sender", assumed_by=iam.ServicePrincipal("apigateway.amazonaws.com"))
        queue.grant_send_messages(role)
        options = api.IntegrationOptions(
            credentials_role=role,
            request_parameters={"integration.request.header.Content-Type": "'application/x-www-form-urlencoded'"},
            request_templates={"application/json": "Action=SendMessage&MessageBody=$util.urlEncode($input.body)"},
            integration_responses=[
                api.IntegrationResponse(status_code="200", response_templates={"application/json": '{"taken": true}'})
            ],
        )
        path = f"{cdk.Aws.ACCOUNT_ID}/{queue.queue_name}"
        integration = api.AwsIntegration(service="sqs", path=path, integration_http_method="POST", options=options)
        self.rest.root.add_resource("orders").add_method(
            "POST", integration, method_responses=[api.MethodResponse(status_code="200")]
        )

    def guarded_routes(self) -> None:
        root = self.rest.root
        users = api.CognitoUserPoolsAuthorizer(self, "Users", cognito_user_pools=[self.pool])
        root.add_resource("members").add_method("GET", self.proxied, authorizer=users)
        tokens = api.TokenAuthorizer(
            self, "Tokens", handler=self.function("Authorizer", ALLOW), results_cache_ttl=cdk.Duration.seconds(0)
        )
        root.add_resource("cave").add_method("GET", self.proxied, authorizer=tokens)
        root.add_resource("keyed").add_method("GET", self.proxied, api_key_required=True)
        key = self.rest.add_api_key("Key")
        plan = self.rest.add_usage_plan("Plan", quota=api.QuotaSettings(limit=3, period=api.Period.DAY))
        plan.add_api_key(key)
        plan.add_api_stage(stage=self.rest.deployment_stage)
        schema = api.JsonSchema(
            type=api.JsonSchemaType.OBJECT,
            required=["amount"],
            properties={"amount": api.JsonSchema(type=api.JsonSchemaType.INTEGER, minimum=1)},
        )
        model = self.rest.add_model("Payment", schema=schema, content_type="application/json")
        validator = self.rest.add_request_validator("Body", validate_request_body=True)
        root.add_resource("payments").add_method(
            "POST", self.proxied, request_models={"application/json": model}, request_validator=validator
        )
        self.out(Key=key.key_id)

    def http_api(self) -> None:
        made = http.HttpApi(self, "Http", cors_preflight=http.CorsPreflightOptions(allow_origins=["*"]))
        integration = http_integrations.HttpLambdaIntegration("Answer", self.function("HttpAnswer", HTTP))
        made.add_routes(path="/open/{id}", methods=[http.HttpMethod.GET], integration=integration)
        users = http_authorizers.HttpJwtAuthorizer(
            "Jwt", self.pool.user_pool_provider_url, jwt_audience=[self.client.user_pool_client_id]
        )
        made.add_routes(path="/closed", methods=[http.HttpMethod.GET], integration=integration, authorizer=users)
        self.out(Http=made.api_id)
