"""Porting: what in a source tree is known to give trouble on Arm. Reads files, runs nothing. No AWS, no aws_cdk.

From "Best Practices for Porting Applications to the EC2 A1 Instance Type", with what has become known since.
"""

from refarch.web.porting.findings import BLOCKS, REVIEW, Finding, Report
from refarch.web.porting.scan import scan

__all__ = ["BLOCKS", "REVIEW", "Finding", "Report", "scan"]
