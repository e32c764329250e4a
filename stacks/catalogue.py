"""The architectures that can be deployed, as data: reading it loads no aws_cdk."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Architecture:
    """One architecture. `name` is the stack's name; the same name runs through all rooms."""

    name: str
    module: str
    stack_class: str
    purpose: str
    source: str


CATALOGUE = (
    Architecture(
        name="MapReduce",
        module="map_reduce",
        stack_class="MapReduceStack",
        purpose="Ad hoc MapReduce over objects in S3, run by Lambda functions, paid by the job",
        source="Ad Hoc Big Data Processing Made Simple with Serverless MapReduce (AWS Compute Blog, 2016)",
    ),
    Architecture(
        name="EcsSpot",
        module="ecs_spot",
        stack_class="EcsSpotStack",
        purpose="An ECS cluster on Spot that keeps serving while its instances are reclaimed",
        source="Powering your Amazon ECS Cluster with Amazon EC2 Spot Instances (AWS Compute Blog, 2017)",
    ),
    Architecture(
        name="SpotInterruption",
        module="spot_interruption",
        stack_class="SpotInterruptionStack",
        purpose="Takes Spot instances that you already have out of service before they are taken away",
        source="Taking Advantage of Amazon EC2 Spot Instance Interruption Notices (AWS Compute Blog, 2018)",
    ),
)
