"""The addresses by which CloudFront reaches origins, as AWS keeps them in each region. No AWS.

Name of the managed prefix list: `com.amazonaws.global.cloudfront.origin-facing`. Its id differs by region and does not
change. Reviewed 2026-11 against public templates; elsewhere ask `aws ec2 describe-managed-prefix-lists` for it.
A rule with it counts as some 55 of the 60 that a security group may have.
"""

from __future__ import annotations

ORIGIN_FACING = {
    "ap-northeast-1": "pl-58a04531",
    "ap-southeast-1": "pl-31a34658",
    "ap-southeast-2": "pl-b8a742d1",
    "eu-central-1": "pl-a3a144ca",
    "eu-west-1": "pl-4fa04526",
    "eu-west-2": "pl-93a247fa",
    "us-east-1": "pl-3b927c52",
    "us-east-2": "pl-b6a144df",
    "us-west-1": "pl-4ea04527",
    "us-west-2": "pl-82a045eb",
}
