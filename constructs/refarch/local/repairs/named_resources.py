"""What a policy sees of calls that name two resources, or one by a short name.

ministack judges attaching a volume and associating an address on the instance, and calls about a stack on a pattern
that no policy can name. Here the volume, the address and the stack's own ARN are judged. AWS judges the instance
besides; that part of a policy is not asked.
"""

from __future__ import annotations

from typing import Any

from refarch.local import adapter

# Operation of EC2: (member that names the resource, kind of the resource).
OF_EC2 = {
    "AssociateAddress": ("AllocationId", "elastic-ip"),
    "AttachVolume": ("VolumeId", "volume"),
    "DetachVolume": ("VolumeId", "volume"),
}


def install() -> None:
    adapter.replace("resource of a request", around(adapter.read("resource of a request")))


def around(found_by: Any) -> Any:
    def resource(service: str, method: str, path: str, headers: Any, body: bytes, params: Any, *rest: Any) -> Any:
        region, account = rest
        operation = _one(params, "Action")
        if service == "ec2" and operation in OF_EC2:
            member, kind = OF_EC2[operation]
            if name := _one(params, member):
                return f"arn:aws:ec2:{region}:{account}:{kind}/{name}"
        if service == "cloudformation" and (found := adapter.read("stacks").get(_one(params, "StackName"))):
            return found["StackId"]
        return found_by(service, method, path, headers, body, params, region, account)

    return resource


def _one(params: Any, name: str) -> str:
    """A parameter's value; the router hands on lists."""
    value = params.get(name) if params else None
    return str(value[0] if isinstance(value, list) and value else value or "")
