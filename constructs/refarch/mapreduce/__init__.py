"""Serverless MapReduce: ad hoc jobs over objects in S3, run by Lambda functions, paid by the job.

Constructs load ``aws_cdk`` (a second); the driver and the timeline do not. So names are loaded when they are used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from refarch.mapreduce.job_code import JobCode as JobCode
    from refarch.mapreduce.map_reduce import MapReduce as MapReduce
    from refarch.mapreduce.props import MapReduceInput as MapReduceInput
    from refarch.mapreduce.props import MapReduceProps as MapReduceProps

_MODULES = {
    "JobCode": "job_code",
    "MapReduce": "map_reduce",
    "MapReduceInput": "props",
    "MapReduceProps": "props",
}

__all__ = ["JobCode", "MapReduce", "MapReduceInput", "MapReduceProps"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
