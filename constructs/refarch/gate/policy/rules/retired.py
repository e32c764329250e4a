"""Services and types that AWS has ended or closed, with what to use instead."""

from __future__ import annotations

import re
from collections.abc import Iterator

from refarch.gate.policy.model import Fault, fault, rule
from refarch.gate.policy.view import Template

# Prefix of the type, what happened to it, and what replaces it. The longest prefix that fits decides.
_GONE = (
    ("AWS::AppMesh::", "App Mesh ended on 2026-09-30", "ECS Service Connect, or VPC Lattice"),
    ("AWS::OpsWorks", "OpsWorks ended in 2024", "Systems Manager, or CodeDeploy"),
    ("AWS::MediaStore::", "MediaStore ended on 2025-11-13", "S3, or MediaPackage"),
    ("AWS::QLDB::", "QLDB ended on 2025-07-31", "Aurora PostgreSQL with pgAudit"),
    ("AWS::IoTThingsGraph::", "IoT Things Graph ended", "Step Functions, or IoT Core rules"),
    ("AWS::IoTAnalytics::", "IoT Analytics ended on 2025-12-15", "Kinesis, Glue and Athena"),
    ("AWS::IoTEvents::", "IoT Events ended on 2026-05-20", "Kinesis or EventBridge with Lambda"),
    ("AWS::RoboMaker::", "RoboMaker ended on 2025-09-10", "Batch"),
    ("AWS::Greengrass::", "Greengrass version 1 ended on 2026-10-07", "AWS::GreengrassV2::*"),
    ("AWS::Pinpoint::", "Pinpoint ended on 2026-10-30", "SES, End User Messaging and Connect"),
    ("AWS::PinpointEmail::", "Pinpoint Email is replaced", "AWS::SES::*"),
    ("AWS::LookoutVision::", "Lookout for Vision ended on 2025-10-31", "Rekognition Custom Labels, or SageMaker"),
    ("AWS::LookoutMetrics::", "Lookout for Metrics ended on 2025-10-10", "CloudWatch anomaly detection"),
    ("AWS::LookoutEquipment::", "Lookout for Equipment ended on 2026-10-07", "IoT SiteWise"),
    ("AWS::Cloud9::", "Cloud9 is closed to new customers", "an IDE with the AWS Toolkit, or CloudShell"),
    ("AWS::CodeStar::", "CodeStar ended on 2024-07-31", "CodeCatalyst, or CodePipeline"),
    ("AWS::SDB::", "SimpleDB is closed to new customers", "AWS::DynamoDB::Table"),
    ("AWS::WAF::", "WAF Classic ended on 2025-09-30", "AWS::WAFv2::*"),
    ("AWS::WAFRegional::", "WAF Classic ended on 2025-09-30", "AWS::WAFv2::*"),
    ("AWS::KinesisAnalytics::", "Kinesis Analytics for SQL ended on 2026-01-27", "AWS::KinesisAnalyticsV2::*"),
    ("AWS::Elasticsearch::Domain", "Elasticsearch is replaced", "AWS::OpenSearchService::Domain"),
    ("AWS::AutoScaling::LaunchConfiguration", "new accounts cannot make them", "AWS::EC2::LaunchTemplate"),
    ("AWS::EC2::SpotFleet", "AWS advises against the old API", "AWS::EC2::EC2Fleet or an Auto Scaling group"),
    ("AWS::CloudFront::StreamingDistribution", "RTMP ended on 2020-12-31", "AWS::CloudFront::Distribution"),
    ("AWS::CloudFront::CloudFrontOriginAccessIdentity", "it is the old way", "AWS::CloudFront::OriginAccessControl"),
    ("AWS::RDS::DBSecurityGroup", "EC2-Classic ended", "AWS::EC2::SecurityGroup"),
    ("AWS::ElastiCache::SecurityGroup", "EC2-Classic ended", "AWS::EC2::SecurityGroup"),
    ("AWS::Redshift::ClusterSecurityGroup", "EC2-Classic ended", "AWS::EC2::SecurityGroup"),
    ("AWS::Glue::DevEndpoint", "development endpoints are ended", "Glue interactive sessions"),
    ("AWS::Inspector::", "Inspector Classic ended on 2026-05-20", "AWS::InspectorV2::*"),
    ("AWS::Timestream::Database", "closed to new customers", "AWS::Timestream::InfluxDBInstance"),
    ("AWS::Timestream::Table", "closed to new customers", "AWS::Timestream::InfluxDBInstance"),
    ("AWS::M2::", "Mainframe Modernization is closed to new customers", "AWS Transform for mainframe"),
    ("AWS::NimbleStudio::", "Nimble Studio ended", "AWS::Deadline::*"),
    ("AWS::FinSpace::", "FinSpace ended on 2026-10-07", "S3 with Athena, or EMR"),
    ("AWS::Panorama::", "Panorama ended on 2026-05-31", "IoT Greengrass version 2"),
    ("AWS::DataPipeline::", "Data Pipeline is closed to new customers", "Step Functions, Glue or MWAA"),
    ("AWS::Proton::", "Proton ended on 2026-10-07", "CodePipeline with CloudFormation or the CDK"),
)
# Whose date stands in a notice of AWS that was read on 2026-11-22; the others are from memory, and the finding says so.
_NOTICED = (
    *("AWS::AppMesh::", "AWS::IoTAnalytics::", "AWS::IoTEvents::", "AWS::LookoutVision::", "AWS::LookoutEquipment::"),
    *("AWS::FinSpace::", "AWS::Panorama::", "AWS::Pinpoint::", "AWS::Inspector::", "AWS::MediaStore::"),
    "AWS::Proton::",
)
_DATED = re.compile(r"\b20\d\d\b")


def replacement(type_: str) -> tuple[str, str] | None:
    """What happened to a type, and what to use; `None` where it lives."""
    fitting = [row for row in _GONE if type_.startswith(row[0])]
    if not fitting:
        return None
    prefix, what, instead = max(fitting, key=lambda row: len(row[0]))
    unsure = " (a date from memory)" if _DATED.search(what) and prefix not in _NOTICED else ""
    return f"{what}{unsure}", instead


@rule(
    "RETIRED-TYPE",
    "A service or type that AWS has ended, or closed to new customers",
    remedy="use the replacement that is named",
)
def retired(template: Template) -> Iterator[Fault]:
    for resource in template.resources.values():
        if found := replacement(resource.type):
            what, instead = found
            yield fault(resource, f"{resource.type}: {what}; use {instead}")
