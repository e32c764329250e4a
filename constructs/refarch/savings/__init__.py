"""Savings: what a fleet on Spot costs against On-Demand, pool by pool, and how often it is interrupted.

The report is a pure function of a fleet, its reclaims and prices; `reading` fetches the first two from AWS, `document`
from a file. No aws_cdk.
"""

from refarch.savings.document import parse_fleet
from refarch.savings.fleet import Fleet, Reclaim, Some
from refarch.savings.reading import read_fleet, read_reclaims, resources_of
from refarch.savings.report import PoolReport, SavingsReport, savings_report

__all__ = [
    "Fleet",
    "PoolReport",
    "Reclaim",
    "SavingsReport",
    "Some",
    "parse_fleet",
    "read_fleet",
    "read_reclaims",
    "resources_of",
    "savings_report",
]
