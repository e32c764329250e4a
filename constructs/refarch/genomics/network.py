"""Networks for a genomics pipeline that has none yet."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from refarch._shared.acknowledge import acknowledge, acknowledge_default_group_handler

# What an instance of Batch speaks with: ECS for its jobs, ECR and S3 for their images, CloudWatch for their logs.
_ENDPOINTS = {
    "Ecs": ec2.InterfaceVpcEndpointAwsService.ECS,
    "EcsAgent": ec2.InterfaceVpcEndpointAwsService.ECS_AGENT,
    "EcsTelemetry": ec2.InterfaceVpcEndpointAwsService.ECS_TELEMETRY,
    "Ecr": ec2.InterfaceVpcEndpointAwsService.ECR,
    "EcrDocker": ec2.InterfaceVpcEndpointAwsService.ECR_DOCKER,
    "Logs": ec2.InterfaceVpcEndpointAwsService.CLOUDWATCH_LOGS,
}


def genomics_network(scope: Construct, id: str, *, private: bool) -> ec2.Vpc:
    """Three zones, S3 by a gateway endpoint (free). `private`: no way out but endpoints, which cost by the hour."""
    kind = ec2.SubnetType.PRIVATE_ISOLATED if private else ec2.SubnetType.PUBLIC
    network = ec2.Vpc(
        scope,
        id,
        max_azs=3,
        nat_gateways=0,
        subnet_configuration=[ec2.SubnetConfiguration(name="Jobs", subnet_type=kind, cidr_mask=20)],
    )
    network.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
    if private:
        for name, service in _ENDPOINTS.items():
            network.add_interface_endpoint(name, service=service)
    acknowledge(
        network,
        "AwsSolutions-VPC7",
        "Nobody can enter these subnets, and S3's and Batch's own logs tell more than flow logs; a team that needs "
        "them brings its own VPC to BatchEnvironment",
    )
    acknowledge_default_group_handler(network)
    return network
