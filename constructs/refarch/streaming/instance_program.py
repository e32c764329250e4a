"""The program of origins, edges and test sources as an asset, and the user data that puts it on a Debian instance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aws_cdk import Aws
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3_assets as assets
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

import refarch
from refarch._shared.acknowledge import every_resource
from refarch._shared.assets import source_files, staged
from refarch._shared.reads import arn, objects_arn, read, service, stack_of
from refarch._shared.written_role import Statement, WrittenRole
from refarch.compute.spot_capacity_parts import SESSIONS, WHY_SESSIONS
from refarch.streaming import debian, session_agent
from refarch.streaming.asset import PACKAGES, UNIT, data_plane_files
from refarch.streaming.session_agent import SessionAgent

_ROOT = Path(refarch.__file__).parent
REFRESH_UNIT = "refarch/streaming/instance/systemd/refarch-streaming-refresh.service"
FOLLOW_UNIT = "refarch/streaming/instance/systemd/refarch-streaming-follow.service"
UPLOADER_UNIT = "refarch/streaming/vod/systemd/refarch-vod-uploader.service"
FOLDER = "/etc/refarch-streaming"
OWN_TAG = "refarch:streaming-role"
_OWN_INSTANCES = (
    "An instance's id is not known before it runs; the condition takes only instances that carry this role's tag"
)
SCRIPT = """set -euo pipefail
# An instance that cannot be set up goes, and the group tries another.
trap 'echo "set-up failed"; sleep 60; shutdown -h now' ERR
export DEBIAN_FRONTEND=noninteractive
systemctl mask nginx.service  # Debian would start its own at once
{install}
{agent}install -d -m 0755 /opt/refarch {folder}
python3 - <<'PYTHON'
import boto3
boto3.client("s3", region_name="{region}").download_file("{bucket}", "{key}", "/run/refarch-streaming.zip")
PYTHON
python3 -m zipfile -e /run/refarch-streaming.zip /opt/refarch
cat > {folder}/instance.json <<'PLAN'
{plan}
PLAN
cd /opt/refarch
python3 -m refarch.streaming.instance up {folder}/instance.json"""


def program(scope: Construct, id: str, *, uploader: bool = False) -> assets.Asset:
    """The very files that the tests run, and no others: nothing else replaces instances."""
    folders = ("streaming/instance", "streaming/logs", *(("streaming/vod",) if uploader else ()))
    files = data_plane_files()
    for folder in folders:
        files |= {f"refarch/{path.relative_to(_ROOT).as_posix()}": path for path in source_files(_ROOT / folder)}
    if uploader:
        files["refarch/streaming/hls_rules.py"] = _ROOT / "streaming" / "hls_rules.py"
    return assets.Asset(scope, id, path=str(staged(files)))


def plan(scope: Construct, role: str, settings: Mapping[str, Any], **further: Any) -> dict[str, Any]:
    """What `refarch.streaming.instance.plan.Plan` reads, with what every role has in common."""
    return {
        "role": role,
        "region": read(Aws, "REGION"),
        "folder": FOLDER,
        "settings": dict(settings),
        "units": [UNIT],
        "services": [f"refarch-streaming@{role}.service"],
        **further,
    }


def commands(
    scope: Construct,
    asset: assets.Asset,
    document: Mapping[str, Any],
    *,
    session_manager: bool | SessionAgent,
    own_image: ec2.IMachineImage | None,
) -> Sequence[str]:
    """The script as lines. Packages are pinned, except on an image of the user's own.

    It holds no secret, only where secrets are; who has any keeps them as they are.
    """
    role = str(document["role"])
    packages = [*PACKAGES[role], "python3-boto3"]
    agent = session_agent.install(session_manager, region=read(Aws, "REGION"), suffix=read(Aws, "URL_SUFFIX"))
    text = SCRIPT.format(
        install=debian.install(packages, pinned=own_image is None),
        agent=agent,
        folder=FOLDER,
        region=read(Aws, "REGION"),
        bucket=read(asset, "s3_bucket_name"),
        key=read(asset, "s3_object_key"),
        plan=stack_of(scope).to_json_string(_refreshed(document)),
    )
    return text.splitlines()


def _refreshed(document: Mapping[str, Any]) -> dict[str, Any]:
    if not document.get("secrets"):
        return dict(document)
    units, services = [*document["units"], REFRESH_UNIT], [*document["services"], Path(REFRESH_UNIT).name]
    return {**document, "units": units, "services": services}


def user_data(lines: Sequence[str]) -> ec2.UserData:
    made = ec2.UserData.for_linux()
    made.add_commands(*lines)
    return made


def instance_role(scope: Construct, id: str) -> WrittenRole:
    """Of instances; what it allows, `allow` writes."""
    return WrittenRole(scope, id, assumed_by=service("ec2.amazonaws.com"))


def allow(
    role: WrittenRole,
    statements: Sequence[Statement],
    asset: assets.Asset,
    secrets: Sequence[secretsmanager.ISecret] = (),
    *,
    session_manager: bool | SessionAgent = False,
) -> None:
    """`statements`, reading the program and these secrets, and Session Manager where it is wanted."""
    sessions = [SESSIONS] if session_manager else []
    answers = every_resource(WHY_SESSIONS) if session_manager else []
    role.allow([*sessions, *_start(asset, secrets), *statements], answers)
    for secret in secrets:
        if (key := read(secret, "encryption_key")) is not None:
            key.grant_decrypt(role)


def _start(asset: assets.Asset, secrets: Sequence[secretsmanager.ISecret]) -> list[Statement]:
    program = objects_arn(read(asset, "bucket"), read(asset, "s3_object_key"))
    found = [Statement(sid="FetchTheProgram", actions=["s3:GetObject"], resources=[program])]
    arns = [read(each, "secret_full_arn") or f"{read(each, 'secret_arn')}-??????" for each in secrets]
    if arns:
        found.append(Statement(sid="ReadSecrets", actions=["secretsmanager:GetSecretValue"], resources=arns))
    return found


def take_address(scope: Construct, allocation_id: str, tag: str) -> list[Statement]:
    """Put this address on instances that carry the origin's tag."""
    actions = ["ec2:AssociateAddress"]
    address = arn(scope, "ec2", f"elastic-ip/{allocation_id}")
    return [
        Statement(sid="OwnAddress", actions=actions, resources=[address]),
        Statement(
            sid="OwnInstance",
            actions=actions,
            resources=[arn(scope, "ec2", "instance/*")],
            conditions={"StringEquals": {f"ec2:ResourceTag/{OWN_TAG}": tag}},
            why=_OWN_INSTANCES,
        ),
    ]
