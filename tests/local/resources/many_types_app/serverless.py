"""The serverless side of the day: functions, queues, streams, APIs, identities, schedules."""

from __future__ import annotations

from typing import Any

from aws_cdk import Duration, RemovalPolicy, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_apigatewayv2 as http
from aws_cdk import aws_apigatewayv2_integrations as integrations
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_codebuild as codebuild
from aws_cdk import aws_cognito as cognito
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ecr as ecr
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kinesis as kinesis
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_logs as logs
from aws_cdk import aws_route53 as route53
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_secretsmanager as secrets
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_ssm as ssm
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct


class Serverless(Stack):
    def __init__(self, scope: Construct, id: str, *, changed: bool = False, **more: Any) -> None:
        super().__init__(scope, id, **more)
        self.function = lambda_.Function(
            self,
            "Function",
            runtime=lambda_.Runtime.PYTHON_3_13,
            handler="index.handler",
            code=lambda_.Code.from_inline(
                "def handler(event, context):\n    return {'statusCode': 200, 'body': 'ok'}\n"
            ),
            timeout=Duration.seconds(20 if changed else 10),
            tracing=lambda_.Tracing.ACTIVE,
        )
        self._functions()
        self._messages(changed)
        self._apis()
        self._data(changed)
        self._watching()
        self._rest()

    def _functions(self) -> None:
        alias = lambda_.Alias(self, "Live", alias_name="live", version=self.function.current_version)
        alias.add_function_url(auth_type=lambda_.FunctionUrlAuthType.NONE)
        self.function.configure_async_invoke(retry_attempts=0)
        sfn.StateMachine(self, "Machine", definition_body=sfn.DefinitionBody.from_chainable(sfn.Pass(self, "Nothing")))
        sfn.Activity(self, "Activity")

    def _messages(self, changed: bool) -> None:
        queue = sqs.Queue(self, "Queue", visibility_timeout=Duration.seconds(120 if changed else 60), enforce_ssl=True)
        topic = sns.Topic(self, "Topic")
        topic.add_subscription(subscriptions.SqsSubscription(queue))
        topic.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["sns:Publish"],
                resources=[topic.topic_arn],
                principals=[iam.ServicePrincipal("events.amazonaws.com")],
            )
        )
        self.function.add_event_source(sources.SqsEventSource(queue))
        bus = events.EventBus(self, "Bus")
        bus.archive("Archive", event_pattern=events.EventPattern(source=["shop"]))
        events.Rule(
            self,
            "Rule",
            event_bus=bus,
            event_pattern=events.EventPattern(source=["shop"]),
            targets=[targets.SqsQueue(queue)],
        )
        connection = events.Connection(
            self,
            "Connection",
            authorization=events.Authorization.api_key("key", _secret()),
        )
        events.ApiDestination(self, "Destination", connection=connection, endpoint="https://example.com/hook")
        stream = kinesis.Stream(self, "Stream", shard_count=1)
        kinesis.StreamConsumer(self, "Consumer", stream=stream, stream_consumer_name="consumer")

    def _apis(self) -> None:
        rest = apigateway.RestApi(self, "Rest", deploy_options=apigateway.StageOptions(stage_name="v1"))
        model = rest.add_model("Order", schema=apigateway.JsonSchema(type=apigateway.JsonSchemaType.OBJECT))
        validator = rest.add_request_validator("Validator", validate_request_body=True)
        pool = cognito.UserPool(self, "Pool", removal_policy=RemovalPolicy.DESTROY)
        client = pool.add_client("Client")
        pool.add_domain("Domain", cognito_domain=cognito.CognitoDomainOptions(domain_prefix="many-types"))
        cognito.CfnUserPoolGroup(self, "Admins", user_pool_id=pool.user_pool_id, group_name="admins")
        cognito.CfnIdentityPool(self, "Identities", allow_unauthenticated_identities=False)
        rest.root.add_resource("orders").add_method(
            "POST",
            apigateway.LambdaIntegration(self.function),
            request_models={"application/json": model},
            request_validator=validator,
            authorizer=apigateway.CognitoUserPoolsAuthorizer(self, "Authorizer", cognito_user_pools=[pool]),
        )
        plan = rest.add_usage_plan("Plan")
        plan.add_api_key(rest.add_api_key("Key"))
        rest.add_gateway_response("Denied", type=apigateway.ResponseType.ACCESS_DENIED)
        web = http.HttpApi(self, "Http")
        web.add_routes(path="/", integration=integrations.HttpLambdaIntegration("Function", self.function))
        assert client

    def _data(self, changed: bool) -> None:
        table = dynamodb.Table(
            self,
            "Table",
            partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING),
            billing_mode=dynamodb.BillingMode.PROVISIONED,
            removal_policy=RemovalPolicy.DESTROY,
        )
        table.auto_scale_read_capacity(min_capacity=1, max_capacity=20 if changed else 10).scale_on_utilization(
            target_utilization_percent=70
        )
        key = kms.Key(self, "Master", alias="alias/many-types", removal_policy=RemovalPolicy.DESTROY)
        bucket = s3.Bucket(
            self,
            "Bucket",
            encryption_key=key,
            enforce_ssl=True,
            removal_policy=RemovalPolicy.DESTROY,
            versioned=changed,
        )
        secrets.Secret(self, "Secret").add_to_resource_policy(
            iam.PolicyStatement(
                actions=["secretsmanager:GetSecretValue"],
                resources=["*"],
                principals=[iam.AccountRootPrincipal()],
            )
        )
        ssm.StringParameter(self, "Parameter", string_value="one")
        ecr.Repository(self, "Repository", removal_policy=RemovalPolicy.DESTROY, empty_on_delete=False)
        cloudfront.Distribution(
            self,
            "Distribution",
            default_behavior=cloudfront.BehaviorOptions(
                origin=origins.S3BucketOrigin.with_origin_access_control(
                    s3.Bucket(self, "Site", removal_policy=RemovalPolicy.DESTROY)
                ),
                cache_policy=cloudfront.CachePolicy(self, "Cache"),
            ),
        )
        assert bucket

    def _watching(self) -> None:
        alarm = self.function.metric_errors().create_alarm(self, "Errors", threshold=1, evaluation_periods=1)
        cloudwatch.CompositeAlarm(self, "Anything", alarm_rule=cloudwatch.AlarmRule.any_of(alarm))
        cloudwatch.Dashboard(self, "Dashboard", widgets=[[cloudwatch.TextWidget(markdown="hello")]])
        group = logs.LogGroup(self, "Log", removal_policy=RemovalPolicy.DESTROY)
        group.add_metric_filter(
            "Failures",
            filter_pattern=logs.FilterPattern.literal("ERROR"),
            metric_name="failures",
            metric_namespace="many",
        )
        group.add_stream("Stream")
        logs.QueryDefinition(
            self, "Query", query_definition_name="q", query_string=logs.QueryString(fields=["@message"])
        )

    def _rest(self) -> None:
        zone = route53.HostedZone(self, "Zone", zone_name="example.internal.test")
        route53.TxtRecord(self, "Text", zone=zone, values=["hello"])
        user = iam.User(self, "User")
        iam.Group(self, "People").add_user(user)
        iam.ManagedPolicy(
            self,
            "Policy",
            statements=[iam.PolicyStatement(actions=["s3:ListAllMyBuckets"], resources=["*"])],
            users=[user],
        )
        codebuild.Project(
            self,
            "Build",
            build_spec=codebuild.BuildSpec.from_object({"version": "0.2", "phases": {"build": {"commands": ["true"]}}}),
        )


def _secret() -> Any:
    from aws_cdk import SecretValue

    return SecretValue.unsafe_plain_text("not a secret")
