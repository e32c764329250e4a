"""What Node knows of a construct and never changes, asked for once.

Each attribute of a construct is a call into another process, each time that it is read. Names, ARNs, the region of a
stack stay what they are, so the first answer is kept for as long as the construct is there.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from functools import cache
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import IConstruct

if TYPE_CHECKING:
    from aws_cdk import aws_s3 as s3  # a stack without buckets must not load it

_kept: MutableMapping[object, dict[str, Any]] = WeakKeyDictionary()
_stacks: MutableMapping[IConstruct, Stack] = WeakKeyDictionary()
_parents: MutableMapping[IConstruct, IConstruct] = WeakKeyDictionary()


def read(thing: object, attribute: str) -> Any:
    """`thing.attribute`, which may have dots: `read(queue, "queue_arn")`, `read(group, "node.path")`. `thing` may be a
    class with constants: `read(lambda_.Runtime, "PYTHON_3_13")`.

    For what stays the same only: not for lists that grow, nor for values that somebody may set.
    """
    known = _kept.setdefault(thing, {})
    if attribute not in known:
        outer, _, inner = attribute.rpartition(".")
        known[attribute] = getattr(read(thing, outer) if outer else thing, inner)
    return known[attribute]


def stack_of(scope: IConstruct) -> Stack:
    """`Stack.of(scope)`. Nobody asks Node where `inside` has said what `scope` is in, up to the stack."""
    if isinstance(scope, Stack):
        return scope
    if (found := _stacks.get(scope)) is None:
        parent = _parents.get(scope)
        found = _stacks[scope] = Stack.of(scope) if parent is None else stack_of(parent)
    return found


def inside(construct: IConstruct, scope: IConstruct) -> None:
    """Said by a construct in its constructor: that it was made in `scope`. (Constructs know it; Python would ask.)"""
    _parents[construct] = scope


def arn(scope: IConstruct, service: str, resource: str, *, account: str | None = None) -> str:
    """What `Stack.format_arn` makes of them, without asking: `arn(self, "ec2", "instance/*")`."""
    stack = stack_of(scope)
    partition, region = read(stack, "partition"), read(stack, "region")
    return f"arn:{partition}:{service}:{region}:{read(stack, 'account') if account is None else account}:{resource}"


def path_below_stack(scope: IConstruct) -> str:
    """The path of `scope` within its stack: empty, or beginning with `/`."""
    path: str = read(scope, "node.path")
    return path.removeprefix(read(stack_of(scope), "node.path"))


def service_name(scope: IConstruct) -> str:
    """Names what metrics are of; of this stack alone, lest two in one account ring each other's alarms."""
    return f"{read(stack_of(scope), 'stack_name')}{path_below_stack(scope)}"


def objects_arn(bucket: s3.IBucket, keys: str) -> str:
    """`bucket.arn_for_objects(keys)`."""
    return f"{read(bucket, 'bucket_arn')}/{keys}"


@cache
def service(name: str) -> iam.ServicePrincipal:
    """`iam.ServicePrincipal(name)`, which is the same for all who trust the service."""
    return iam.ServicePrincipal(name)
