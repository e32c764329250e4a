"""Types of the services that run things: Batch, ECS, EKS, EMR, Application Auto Scaling, CloudWatch, EventBridge."""

from __future__ import annotations

from typing import Any

from refarch.local.resources import shapes
from refarch.local.resources.backing import Backing

Properties = dict[str, Any]


def _providers(ecs: Any, properties: Properties) -> dict[str, Any]:
    shape = ecs.meta.service_model.operation_model("PutClusterCapacityProviders").input_shape
    ecs.put_cluster_capacity_providers(**shapes.as_request({"CapacityProviders": [], **properties}, shape))
    return {}


def _no_providers(ecs: Any, properties: Properties) -> dict[str, Any]:
    ecs.put_cluster_capacity_providers(
        cluster=properties["Cluster"], capacityProviders=[], defaultCapacityProviderStrategy=[]
    )
    return {}


def _emr_cluster(emr: Any, properties: Properties) -> dict[str, Any]:
    instances = dict(properties["Instances"])
    roles = {"MasterInstanceGroup": "MASTER", "CoreInstanceGroup": "CORE"}
    groups = [{**instances.pop(name), "InstanceRole": role} for name, role in roles.items() if name in instances]
    groups += [{**group, "InstanceRole": "TASK"} for group in instances.pop("TaskInstanceGroups", [])]
    kinds = {"MasterInstanceFleet": "MASTER", "CoreInstanceFleet": "CORE"}
    fleets = [{**instances.pop(name), "InstanceFleetType": kind} for name, kind in kinds.items() if name in instances]
    fleets += [{**fleet, "InstanceFleetType": "TASK"} for fleet in instances.pop("TaskInstanceFleets", [])]
    instances.setdefault("KeepJobFlowAliveWhenNoSteps", True)
    asked = {**properties, "Instances": {**instances, "InstanceGroups": groups, "InstanceFleets": fleets}}
    shape = emr.meta.service_model.operation_model("RunJobFlow").input_shape
    request = shapes.as_request(asked, shape)
    request["Instances"] = {name: value for name, value in request["Instances"].items() if value != []}
    return {"Id": emr.run_job_flow(**request)["JobFlowId"]}


def _scaling_target(properties: Properties) -> dict[str, Any]:
    """A policy names its target by three properties or by the target's `Ref`, which holds the three."""
    if "ScalingTargetId" not in properties:
        return properties
    identifier, dimension, namespace = properties["ScalingTargetId"].split("|")
    return {**properties, "ResourceId": identifier, "ScalableDimension": dimension, "ServiceNamespace": namespace}


def _put_policy(scaling: Any, properties: Properties) -> dict[str, Any]:
    shape = scaling.meta.service_model.operation_model("PutScalingPolicy").input_shape
    reply = scaling.put_scaling_policy(**shapes.as_request(_scaling_target(properties), shape))
    return {"Arn": reply["PolicyARN"]}


def _delete_policy(scaling: Any, properties: Properties) -> dict[str, Any]:
    shape = scaling.meta.service_model.operation_model("DeleteScalingPolicy").input_shape
    return dict(scaling.delete_scaling_policy(**shapes.as_request(_scaling_target(properties), shape)))


def _put_target(scaling: Any, properties: Properties) -> dict[str, Any]:
    shape = scaling.meta.service_model.operation_model("RegisterScalableTarget").input_shape
    named = {"RoleARN" if name == "RoleARN" else name: value for name, value in properties.items()}
    scaling.register_scalable_target(**shapes.as_request(named, shape))
    for action in properties.get("ScheduledActions", []):
        scheduled = scaling.meta.service_model.operation_model("PutScheduledAction").input_shape
        scaling.put_scheduled_action(**shapes.as_request({**_identity(properties), **action}, scheduled))
    return {}


def _identity(properties: Properties) -> dict[str, Any]:
    return {name: properties[name] for name in ("ServiceNamespace", "ResourceId", "ScalableDimension")}


def _batch(thing: str, verb: str = "create", end: str = "delete") -> dict[str, Any]:
    return {"service": "batch", "create": f"{verb}_{thing}", "delete": f"{end}_{thing}"}


BACKED = {
    "AWS::ApplicationAutoScaling::ScalableTarget": Backing(
        service="application-autoscaling", create=_put_target, update=_put_target, delete="deregister_scalable_target"
    ),
    "AWS::ApplicationAutoScaling::ScalingPolicy": Backing(
        service="application-autoscaling", create=_put_policy, update=_put_policy, delete=_delete_policy
    ),
    "AWS::Batch::ComputeEnvironment": Backing(
        **_batch("compute_environment"),
        update="update_compute_environment",
        identity={"computeEnvironment": "Ref"},
    ),
    "AWS::Batch::JobDefinition": Backing(
        **_batch("job_definition", "register", "deregister"),
        update="register_job_definition",
        identity={"jobDefinition": "Ref"},
        renews=True,
    ),
    "AWS::Batch::JobQueue": Backing(**_batch("job_queue"), update="update_job_queue", identity={"jobQueue": "Ref"}),
    "AWS::CloudWatch::CompositeAlarm": Backing(
        service="cloudwatch",
        create="put_composite_alarm",
        update="put_composite_alarm",
        delete=lambda cloudwatch, properties: cloudwatch.delete_alarms(AlarmNames=[properties["AlarmName"]]),
    ),
    "AWS::ECS::CapacityProvider": Backing(
        service="ecs",
        create="create_capacity_provider",
        update="update_capacity_provider",
        delete="delete_capacity_provider",
        identity={"capacityProvider": "Ref", "name": "Ref"},
    ),
    "AWS::ECS::ClusterCapacityProviderAssociations": Backing(
        service="ecs", create=_providers, update=_providers, delete=_no_providers
    ),
    "AWS::EKS::Addon": Backing(service="eks", create="create_addon", update="update_addon", delete="delete_addon"),
    "AWS::EMR::Cluster": Backing(
        service="emr",
        create=_emr_cluster,
        delete=lambda emr, properties: emr.terminate_job_flows(JobFlowIds=[properties["Id"]]),
    ),
    "AWS::Events::ApiDestination": Backing(
        service="events",
        create="create_api_destination",
        update="update_api_destination",
        delete="delete_api_destination",
        attributes={"Arn": "ApiDestinationArn"},
    ),
    "AWS::Events::Archive": Backing(
        service="events",
        create="create_archive",
        update="update_archive",
        delete="delete_archive",
        renamed={"SourceArn": "EventSourceArn"},
        attributes={"Arn": "ArchiveArn"},
    ),
    "AWS::Events::Connection": Backing(
        service="events",
        create="create_connection",
        update="update_connection",
        delete="delete_connection",
        attributes={"Arn": "ConnectionArn"},
    ),
    "AWS::FIS::ExperimentTemplate": Backing(
        service="fis",
        create="create_experiment_template",
        update="update_experiment_template",
        delete="delete_experiment_template",
        identity={"id": "Ref"},
    ),
    "AWS::StepFunctions::Activity": Backing(
        service="stepfunctions",
        create="create_activity",
        delete="delete_activity",
        identity={"activityArn": "Ref"},
        attributes={"Arn": "activityArn"},
    ),
}
