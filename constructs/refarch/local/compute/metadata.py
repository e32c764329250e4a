"""The metadata service of each instance, at `/_refarch/metadata/<instance-id>/latest/…`, with tokens (IMDSv2)."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any

from refarch.local import adapter, control
from refarch.local.compute import instances, scope

ROUTE = "metadata/"
LONGEST_TOKEN = 21_600  # seconds
Tree = Mapping[str, Any]
_tokens: dict[str, tuple[str, float]] = {}  # token: (instance, time.monotonic() of its end)


def install() -> None:
    control.register("PUT", ROUTE, _put)
    control.register("GET", ROUTE, _get)


def forget() -> None:
    _tokens.clear()


def _text(body: str, status: int = 200, headers: Mapping[str, str] | None = None) -> control.Answer:
    return control.Answer(body.encode(), "text/plain", status, headers or {})


def _split(request: control.Request) -> tuple[dict[str, Any] | None, str]:
    """(record of the instance, what stands behind `latest/`)"""
    inner = request.path.removeprefix(f"{control.PREFIX}{ROUTE}")
    instance_id, _, rest = inner.partition("/")
    return instances.find(instance_id), rest.removeprefix("latest").strip("/")


def _put(request: control.Request) -> control.Answer:
    record, path = _split(request)
    if record is None or path != "api/token":
        return _text("Not Found", 404)
    asked = request.headers.get("x-aws-ec2-metadata-token-ttl-seconds", "")
    if not asked.isdigit() or not 1 <= int(asked) <= LONGEST_TOKEN:
        return _text("Bad Request", 400)
    token = base64.urlsafe_b64encode(secrets.token_bytes(40)).decode()
    _tokens[token] = (record["InstanceId"], time.monotonic() + int(asked))
    return _text(token, headers={"x-aws-ec2-metadata-token-ttl-seconds": asked})


def _get(request: control.Request) -> control.Answer:
    record, path = _split(request)
    if record is None or record["State"]["Name"] != "running":
        return _text("Not Found", 404)
    if not _admitted(record, request.headers.get("x-aws-ec2-metadata-token")):
        return _text("Unauthorized", 401)
    found: Any = tree_of(record)
    for step in [part for part in path.split("/") if part]:
        found = found.get(step) if isinstance(found, Mapping) else None
        if callable(found):
            found = found()
    if found is None:
        return _text("Not Found", 404)
    return _text("\n".join(_listing(found)) if isinstance(found, Mapping) else str(found))


def _admitted(record: Mapping[str, Any], token: str | None) -> bool:
    if token is None:
        return bool(record.get("MetadataOptions", {}).get("HttpTokens") != "required")
    owner, until = _tokens.get(token, ("", 0.0))
    return owner == record["InstanceId"] and time.monotonic() < until


def _listing(tree: Tree) -> list[str]:
    return [f"{name}/" if isinstance(value, Mapping) else name for name, value in sorted(tree.items())]


def tree_of(record: Mapping[str, Any]) -> Tree:
    """Everything that the service knows, as folders and files; a callable is made when it is asked for."""
    address = record["PrivateIpAddress"]
    meta: dict[str, Any] = {
        "ami-id": record["ImageId"],
        "ami-launch-index": "0",
        "hostname": record["PrivateDnsName"],
        "instance-id": record["InstanceId"],
        "instance-life-cycle": record.get("InstanceLifecycle") or "on-demand",
        "instance-type": record["InstanceType"],
        "local-hostname": record["PrivateDnsName"],
        "local-ipv4": address,
        "placement": {"availability-zone": record["Placement"]["AvailabilityZone"], "region": scope.region()},
        "security-groups": "\n".join(group["GroupName"] for group in record["SecurityGroups"]),
        "services": {"domain": "amazonaws.com", "partition": "aws"},
    }
    meta |= {"public-ipv4": record["PublicIpAddress"]} if record.get("PublicIpAddress") else {}
    meta |= _of_spot(record)
    profile = record.get("IamInstanceProfile")
    if profile:
        meta["iam"] = _identity(profile)
    tree: dict[str, Any] = {"meta-data": meta, "dynamic": {"instance-identity": {"document": _document(record)}}}
    if record.get("UserData"):
        tree["user-data"] = base64.b64decode(record["UserData"]).decode(errors="replace")
    return tree


def _of_spot(record: Mapping[str, Any]) -> dict[str, Any]:
    """What is there only after a notice; before it these paths answer 404."""
    found: dict[str, Any] = {}
    if record.get("_rebalance"):
        notice = json.dumps({"noticeTime": record["_rebalance"]})
        found["events"] = {"recommendations": {"rebalance": notice}}
    interruption = record.get("_interruption")
    if interruption:
        found["spot"] = {"instance-action": json.dumps(interruption)}
        if interruption["action"] == "terminate":
            found["spot"]["termination-time"] = interruption["time"]
    return found


def _identity(profile: Mapping[str, str]) -> dict[str, Any]:
    about = {"Code": "Success", "InstanceProfileArn": profile["Arn"], "InstanceProfileId": profile.get("Id", "")}
    role = _role_of(profile["Arn"])
    if role is None:
        return {"info": json.dumps(about), "security-credentials": {}}
    return {"info": json.dumps(about), "security-credentials": {role.rsplit("/", 1)[-1]: lambda: _credentials(role)}}


def _role_of(profile_arn: str) -> str | None:
    client, name = scope.client("iam"), profile_arn.rsplit("/", 1)[-1]
    try:
        roles = client.get_instance_profile(InstanceProfileName=name)["InstanceProfile"]["Roles"]
    except client.exceptions.ClientError:
        return None
    return str(roles[0]["Arn"]) if roles else None


def _credentials(role: str) -> str:
    """Credentials of the role, enforced where permissions are."""
    made = adapter.read("execution credentials")(
        {"Role": role, "FunctionArn": f"arn:aws:lambda:{scope.region()}:{scope.account()}:function:ec2-instance"}
    )
    expiry = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 6 * 3600))
    return json.dumps(
        {
            "Code": "Success",
            "LastUpdated": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "Type": "AWS-HMAC",
            "AccessKeyId": made["AWS_ACCESS_KEY_ID"],
            "SecretAccessKey": made["AWS_SECRET_ACCESS_KEY"],
            "Token": made["AWS_SESSION_TOKEN"],
            "Expiration": expiry,
        }
    )


def _document(record: Mapping[str, Any]) -> str:
    return json.dumps(
        {
            "accountId": scope.account(),
            "architecture": record["Architecture"],
            "availabilityZone": record["Placement"]["AvailabilityZone"],
            "imageId": record["ImageId"],
            "instanceId": record["InstanceId"],
            "instanceType": record["InstanceType"],
            "pendingTime": record["LaunchTime"],
            "privateIp": record["PrivateIpAddress"],
            "region": scope.region(),
            "version": "2017-09-30",
        }
    )
