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
    Architecture(
        name="Genomics",
        module="genomics",
        stack_class="GenomicsStack",
        purpose="Genomes from reads to annotated variants, by Batch jobs on Spot that fail when they fail",
        source="Building High-Throughput Genomics Batch Workflows on AWS, parts 1 to 4 (AWS Compute Blog, 2017)",
    ),
    Architecture(
        name="Lamp",
        module="lamp",
        stack_class="LampStack",
        purpose="WordPress on one Arm server, safe from the first minute, with data that outlive it",
        source="Getting started with the A1 instance (AWS Compute Blog, 2019)",
    ),
    Architecture(
        name="GravitonMigration",
        module="graviton_migration",
        stack_class="GravitonMigrationStack",
        purpose="The same service on x86 and on Arm, and traffic that moves over step by step, or back",
        source="Best Practices for Porting Applications to the EC2 A1 Instance Type (AWS Compute Blog, 2019)",
    ),
    Architecture(
        name="LampCluster",
        module="lamp_cluster",
        stack_class="LampClusterStack",
        purpose="WordPress on several Arm servers that share files and a database, and are replaced one by one",
        source="Getting started with the A1 instance (AWS Compute Blog, 2019)",
    ),
    Architecture(
        name="ImmersiveStreaming",
        module="immersive_streaming",
        stack_class="ImmersiveStreamingStack",
        purpose="Live and recorded 360-degree video: origins that agree, edge caches on Spot, transcoding, a player",
        source="Building an Immersive VR Streaming Solution on AWS (AWS Compute Blog)",
    ),
)
