"""A stack as teams write them, to compare languages with: shop.js is the same, and gives the same template."""

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_autoscaling as autoscaling
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_ecs as ecs
from aws_cdk import aws_elasticloadbalancingv2 as elb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

CODE = "def handler(event, context):\n    return event\n"


class ShopStack(Stack):
    """A service on EC2 behind a load balancer, two functions, a queue, a bucket, a table, a topic and a rule."""

    def __init__(self, scope: Construct, id: str) -> None:
        super().__init__(scope, id)
        self._service(ec2.Vpc(self, "Vpc", max_azs=2, nat_gateways=1))
        self._functions()

    def _service(self, vpc: ec2.Vpc) -> None:
        cluster = ecs.Cluster(self, "Cluster", vpc=vpc)
        template = ec2.LaunchTemplate(
            self,
            "Template",
            instance_type=ec2.InstanceType("m6i.large"),
            machine_image=ecs.EcsOptimizedImage.amazon_linux2023(),
            user_data=ec2.UserData.for_linux(),
            require_imdsv2=True,
            role=iam.Role(self, "Instance", assumed_by=iam.ServicePrincipal("ec2.amazonaws.com")),
            security_group=ec2.SecurityGroup(self, "Instances", vpc=vpc),
        )
        group = autoscaling.AutoScalingGroup(self, "Group", vpc=vpc, launch_template=template, max_capacity=4)
        group.scale_on_cpu_utilization("Cpu", target_utilization_percent=60)
        provider = ecs.AsgCapacityProvider(self, "Provider", auto_scaling_group=group)
        cluster.add_asg_capacity_provider(provider)
        task = ecs.Ec2TaskDefinition(self, "Task")
        container = task.add_container(
            "web",
            image=ecs.ContainerImage.from_registry("nginx:1.27"),
            memory_limit_mib=256,
            port_mappings=[ecs.PortMapping(container_port=80)],
        )
        container.add_ulimits(ecs.Ulimit(name=ecs.UlimitName.NOFILE, soft_limit=1024, hard_limit=2048))
        service = ecs.Ec2Service(self, "Service", cluster=cluster, task_definition=task, min_healthy_percent=50)
        balancer = elb.ApplicationLoadBalancer(self, "Balancer", vpc=vpc, internet_facing=True)
        listener = balancer.add_listener("Http", port=80)
        listener.add_targets("Web", port=80, targets=[service])
        service.auto_scale_task_count(max_capacity=6).scale_on_cpu_utilization("Cpu", target_utilization_percent=50)
        CfnOutput(self, "Address", value=balancer.load_balancer_dns_name)

    def _functions(self) -> None:
        dead = sqs.Queue(self, "Dead")
        queue = sqs.Queue(self, "Orders", dead_letter_queue=sqs.DeadLetterQueue(max_receive_count=3, queue=dead))
        bucket = s3.Bucket(self, "Files", enforce_ssl=True, versioned=True)
        table = dynamodb.Table(
            self, "Table", partition_key=dynamodb.Attribute(name="id", type=dynamodb.AttributeType.STRING)
        )
        topic = sns.Topic(self, "Topic")
        topic.add_subscription(subscriptions.SqsSubscription(queue))
        worker = self._function("Worker")
        worker.add_event_source(sources.SqsEventSource(queue))
        bucket.grant_read_write(worker)
        table.grant_read_write_data(worker)
        report = self._function("Report")
        table.grant_read_data(report)
        topic.grant_publish(report)
        events.Rule(
            self,
            "Nightly",
            schedule=events.Schedule.cron(hour="3", minute="0"),
            targets=[targets.LambdaFunction(report)],
        )
        for name, function in (("Worker", worker), ("Report", report)):
            function.metric_errors().create_alarm(self, f"{name}Errors", threshold=1, evaluation_periods=1)

    def _function(self, name: str) -> lambda_.Function:
        return lambda_.Function(
            self,
            name,
            runtime=lambda_.Runtime.PYTHON_3_13,
            architecture=lambda_.Architecture.ARM_64,
            handler="index.handler",
            code=lambda_.Code.from_inline(CODE),
            timeout=Duration.seconds(20),
        )
