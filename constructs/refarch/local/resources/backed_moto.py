"""Types of the services that moto keeps here (refarch.local.moto_services).

A type is in this table when making, reading and ending it work there. Only recorded are types that moto can make but
not end (CodeDeploy, VPC Lattice's services), that refer to another service's resource in moto's own stores (a subnet
of Redshift), whose identifiers moto gives wrongly (DataSync, Direct Connect), and those that AWS has retired. Types
that need no mapping written by hand are in backed_derived.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from refarch.local.resources import shapes
from refarch.local.resources.backing import Backing

Properties = dict[str, Any]


def _asked(client: Any, operation: str, properties: Properties, **more: Any) -> Properties:
    """Call an operation with those properties that it knows, and `more`."""
    method = client.meta.method_to_api_mapping[operation]
    shape = client.meta.service_model.operation_model(method).input_shape
    return dict(getattr(client, operation)(**{**shapes.as_request(properties, shape), **more}))


def _domain(sagemaker: Any, properties: Properties) -> Properties:
    """The id of a domain is only in its ARN."""
    made = _asked(sagemaker, "create_domain", properties)
    return {"DomainId": made["DomainArn"].rpartition("/")[2], "DomainArn": made["DomainArn"], "Url": made["Url"]}


def _no_notebook(sagemaker: Any, known: Properties) -> Properties:
    """A notebook must be stopped before."""
    name = known["NotebookInstanceName"]
    if sagemaker.describe_notebook_instance(NotebookInstanceName=name)["NotebookInstanceStatus"] == "InService":
        sagemaker.stop_notebook_instance(NotebookInstanceName=name)
    return dict(sagemaker.delete_notebook_instance(NotebookInstanceName=name))


def _protection(shield: Any, properties: Properties) -> Properties:
    identifier = _asked(shield, "create_protection", properties)["ProtectionId"]
    found = shield.describe_protection(ProtectionId=identifier)["Protection"]
    return {"ProtectionId": identifier, "ProtectionArn": found["ProtectionArn"]}


def _rule(resolver: Any, properties: Properties) -> Properties:
    return dict(_asked(resolver, "create_resolver_rule", properties, CreatorRequestId=str(uuid4()))["ResolverRule"])


def _kept(service: str, thing: str, **more: Any) -> Backing:
    return Backing(service=service, create=f"create_{thing}", delete=f"delete_{thing}", **more)


def _sagemaker(thing: str, **more: Any) -> Backing:
    return _kept("sagemaker", thing, **more)


BACKED: dict[str, Backing] = {
    "AWS::CodeCommit::Repository": _kept("codecommit", "repository", attributes={"Name": "repositoryName"}),
    "AWS::CodePipeline::Pipeline": _kept("codepipeline", "pipeline", wrapped={"create_pipeline": "pipeline"}),
    "AWS::Comprehend::Flywheel": _kept(
        "comprehend", "flywheel", identity={"FlywheelArn": "Ref"}, attributes={"Arn": "FlywheelArn"}
    ),
    "AWS::DAX::Cluster": _kept("dax", "cluster", attributes={"Arn": "ClusterArn"}),
    "AWS::DMS::Endpoint": _kept("dms", "endpoint", identity={"EndpointArn": "EndpointArn"}),
    "AWS::DMS::ReplicationInstance": _kept(
        "dms",
        "replication_instance",
        identity={"ReplicationInstanceArn": "Ref"},
        attributes={"Id": "ReplicationInstanceArn"},
    ),
    "AWS::DMS::ReplicationTask": _kept("dms", "replication_task", identity={"ReplicationTaskArn": "Ref"}),
    "AWS::ElasticBeanstalk::Application": _kept("elasticbeanstalk", "application"),
    "AWS::GuardDuty::Detector": _kept(
        "guardduty", "detector", identity={"DetectorId": "Id"}, attributes={"Id": "detectorId"}
    ),
    "AWS::GuardDuty::Filter": _kept("guardduty", "filter", identity={"FilterName": "Name"}),
    "AWS::LakeFormation::Resource": Backing(
        service="lakeformation", create="register_resource", delete="deregister_resource"
    ),
    "AWS::MediaLive::Channel": _kept("medialive", "channel", identity={"ChannelId": "Id"}),
    "AWS::MediaLive::Input": _kept("medialive", "input", identity={"InputId": "Id"}),
    "AWS::MediaPackage::Channel": _kept("mediapackage", "channel"),
    "AWS::MediaPackage::OriginEndpoint": _kept("mediapackage", "origin_endpoint"),
    "AWS::MediaStore::Container": _kept("mediastore", "container"),
    "AWS::OSIS::Pipeline": _kept("osis", "pipeline"),
    "AWS::Pinpoint::App": _kept(
        "pinpoint", "app", wrapped={"create_app": "CreateApplicationRequest"}, identity={"ApplicationId": "Id"}
    ),
    "AWS::QuickSight::DataSource": _kept("quicksight", "data_source"),
    "AWS::RAM::ResourceShare": _kept(
        "ram", "resource_share", identity={"resourceShareArn": "Arn"}, attributes={"Arn": "resourceShareArn"}
    ),
    "AWS::Redshift::Cluster": _kept("redshift", "cluster"),
    "AWS::Redshift::ClusterParameterGroup": _kept("redshift", "cluster_parameter_group"),
    "AWS::Redshift::SnapshotCopyGrant": _kept("redshift", "snapshot_copy_grant"),
    "AWS::Route53Resolver::ResolverRule": Backing(
        service="route53resolver",
        create=_rule,
        delete="delete_resolver_rule",
        identity={"ResolverRuleId": "Ref"},
        attributes={"ResolverRuleId": "Id"},
    ),
    "AWS::SageMaker::DataQualityJobDefinition": _sagemaker("data_quality_job_definition"),
    "AWS::SageMaker::Domain": Backing(
        service="sagemaker", create=_domain, delete="delete_domain", identity={"DomainId": "Ref"}
    ),
    "AWS::SageMaker::Endpoint": _sagemaker("endpoint"),
    "AWS::SageMaker::EndpointConfig": _sagemaker("endpoint_config"),
    "AWS::SageMaker::Model": _sagemaker("model"),
    "AWS::SageMaker::ModelBiasJobDefinition": _sagemaker("model_bias_job_definition"),
    "AWS::SageMaker::ModelCard": _sagemaker("model_card"),
    "AWS::SageMaker::ModelExplainabilityJobDefinition": _sagemaker("model_explainability_job_definition"),
    "AWS::SageMaker::ModelQualityJobDefinition": _sagemaker("model_quality_job_definition"),
    "AWS::SageMaker::NotebookInstance": Backing(
        service="sagemaker", create="create_notebook_instance", delete=_no_notebook
    ),
    "AWS::SageMaker::NotebookInstanceLifecycleConfig": _sagemaker("notebook_instance_lifecycle_config"),
    "AWS::SageMaker::Pipeline": _sagemaker("pipeline"),
    "AWS::SageMaker::TrialComponent": _sagemaker("trial_component"),
    "AWS::ServiceCatalog::Portfolio": _kept("servicecatalog", "portfolio", identity={"Id": "Id"}),
    "AWS::Shield::Protection": Backing(
        service="shield", create=_protection, delete="delete_protection", identity={"ProtectionId": "ProtectionId"}
    ),
    "AWS::Timestream::Database": _kept("timestream-write", "database"),
    "AWS::Timestream::Table": _kept("timestream-write", "table"),
    "AWS::VpcLattice::ResourcePolicy": Backing(
        service="vpc-lattice",
        create="put_resource_policy",
        update="put_resource_policy",
        delete="delete_resource_policy",
    ),
}
