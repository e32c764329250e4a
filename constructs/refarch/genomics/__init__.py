"""Genomics: secondary analysis on AWS Batch, from reads to annotated variants.

Constructs load ``aws_cdk`` (a second); jobs, data and decisions do not, and jobs run where there is none. So names are
loaded when they are used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from refarch.genomics.pipeline import GenomicsPipeline as GenomicsPipeline
    from refarch.genomics.pipeline_props import GenomicsPipelineProps as GenomicsPipelineProps
    from refarch.genomics.profiles import PROFILES as PROFILES
    from refarch.genomics.profiles import StepSize as StepSize

_MODULES = {
    "GenomicsPipeline": "pipeline",
    "GenomicsPipelineProps": "pipeline_props",
    "PROFILES": "profiles",
    "StepSize": "profiles",
}

__all__ = ["PROFILES", "GenomicsPipeline", "GenomicsPipelineProps", "StepSize"]


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
