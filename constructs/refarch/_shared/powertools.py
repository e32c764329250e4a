"""The public Lambda layer of Powertools for AWS Lambda (Python).

Pinned, because a layer that moves by itself changes functions that nobody deployed. The version is the one that the
project's lock installs for tests and for the local cloud, so that what is tested is what runs.
Source: https://docs.aws.amazon.com/powertools/python/latest/ (layer ARNs by version).
"""

from __future__ import annotations

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from refarch._shared.reads import read, stack_of

POWERTOOLS_VERSION = "3.23.0"
_LAYER_VERSION = 27
_ACCOUNT = "017000801446"


def powertools_layer(
    scope: Construct, id: str, *, runtime: lambda_.Runtime, architecture: lambda_.Architecture
) -> lambda_.ILayerVersion:
    """The layer for a Python `runtime` and an `architecture`, in the commercial partition (`aws`).

    Other partitions publish it under other accounts: give the construct a layer of your own there.
    """
    python, stack = read(runtime, "name").replace(".", ""), stack_of(scope)
    # The layer's own words for architectures are Lambda's. (Comparing would fail: each read of the static member
    # `Architecture.ARM_64` gives a new Python object, so == is never true.)
    name = f"AWSLambdaPowertoolsPythonV3-{python}-{read(architecture, 'name')}:{_LAYER_VERSION}"
    arn = f"arn:{read(stack, 'partition')}:lambda:{read(stack, 'region')}:{_ACCOUNT}:layer:{name}"
    return lambda_.LayerVersion.from_layer_version_arn(scope, id, arn)
