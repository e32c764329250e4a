"""Networks for a genomics pipeline that has none yet."""

from __future__ import annotations

from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from refarch._shared.acknowledge import acknowledge, acknowledge_default_group_handler
from refarch._shared.reads import read

# What an instance of Batch speaks with: ECS for its jobs, ECR and S3 for their images, CloudWatch for their logs.
_ENDPOINTS = {
    "Ecs": "ECS",
    "EcsAgent": "ECS_AGENT",
    "EcsTelemetry": "ECS_TELEMETRY",
    "Ecr": "ECR",
    "EcrDocker": "ECR_DOCKER",
    "Logs": "CLOUDWATCH_LOGS",
}
_ADDRESSES = "10.0.0.0/16"


def genomics_network(scope: Construct, id: str, *, private: bool) -> ec2.Vpc:
    """Three zones, S3 by a gateway endpoint (free). `private`: no way out but endpoints, which cost by the hour."""
    kind = ec2.SubnetType.PRIVATE_ISOLATED if private else ec2.SubnetType.PUBLIC
    network = ec2.Vpc(
        scope,
        id,
        ip_addresses=ec2.IpAddresses.cidr(_ADDRESSES),
        max_azs=3,
        nat_gateways=0,
        subnet_configuration=[ec2.SubnetConfiguration(name="Jobs", subnet_type=kind, cidr_mask=20)],
    )
    network.add_gateway_endpoint("S3", service=ec2.GatewayVpcEndpointAwsService.S3)
    if private:
        _add_endpoints(network)
    acknowledge(
        network,
        "AwsSolutions-VPC7",
        "Nobody can enter these subnets, and S3's and Batch's own logs tell more than flow logs; a team that needs "
        "them brings its own VPC to BatchEnvironment",
    )
    for subnet in network.public_subnets:
        acknowledge(
            subnet,
            "Gates::SUBNET-PUBLIC-IP",
            "Instances of jobs reach ECS, ECR and S3 by addresses of their own, where a NAT gateway would cost while "
            "no job runs; their security group lets nobody in",
        )
    acknowledge_default_group_handler(network)
    return network


def _add_endpoints(network: ec2.Vpc) -> None:
    """One group for all of them. By default each has its own, with a rule that no checker of templates can read."""
    group = ec2.SecurityGroup(
        network, "Endpoints", vpc=network, allow_all_outbound=False, description="VPC endpoints: HTTPS from this VPC"
    )
    group.add_ingress_rule(ec2.Peer.ipv4(_ADDRESSES), ec2.Port.HTTPS, "HTTPS from this VPC")
    for name, service in _ENDPOINTS.items():
        endpoint = read(ec2.InterfaceVpcEndpointAwsService, service)
        network.add_interface_endpoint(name, service=endpoint, open=False, security_groups=[group])
