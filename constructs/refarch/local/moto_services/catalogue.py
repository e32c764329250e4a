"""Which services moto keeps here: those that the emulator lacks and moto has."""

from __future__ import annotations

# The name that requests are signed with -> the first part of the service's host on AWS, by which moto knows it.
SERVICES: dict[str, str] = {
    "appmesh": "appmesh",
    "ce": "ce",
    "codecommit": "codecommit",
    "codedeploy": "codedeploy",
    "codepipeline": "codepipeline",
    "comprehend": "comprehend",
    "datasync": "datasync",
    "dax": "dax",
    "directconnect": "directconnect",
    "dms": "dms",
    "ds": "ds",
    "ebs": "ebs",
    "elasticbeanstalk": "elasticbeanstalk",
    "fsx": "fsx",
    "guardduty": "guardduty",
    "lakeformation": "lakeformation",
    "medialive": "medialive",
    "mediapackage": "mediapackage",
    "mediastore": "mediastore",
    "mobiletargeting": "pinpoint",
    "networkmanager": "networkmanager",
    "osis": "osis",
    "polly": "polly",
    "quicksight": "quicksight",
    "ram": "ram",
    "redshift": "redshift",
    "rekognition": "rekognition",
    "resiliencehub": "resiliencehub",
    "route53domains": "route53domains",
    "route53resolver": "route53resolver",
    "sagemaker": "api.sagemaker",
    "servicecatalog": "servicecatalog",
    "servicequotas": "servicequotas",
    "shield": "shield",
    "support": "support",
    "synthetics": "synthetics",
    "textract": "textract",
    "timestream": "ingest.timestream",
    "vpc-lattice": "vpc-lattice",
    "workspaces": "workspaces",
}
# Clients of boto3 that are called otherwise than what they sign with.
CLIENTS = {"mobiletargeting": "pinpoint", "servicequotas": "service-quotas", "timestream": "timestream-write"}


def clients() -> set[str]:
    """The boto3 names of the services."""
    return {CLIENTS.get(name, name) for name in SERVICES}
