"""The worker's program as an asset, and the user data that puts it on a Debian instance."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from aws_cdk import Aws
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

import refarch
from refarch._shared.assets import source_files, staged
from refarch._shared.reads import read, stack_of
from refarch.streaming import debian as packages
from refarch.streaming.asset import data_plane_files

_ROOT = Path(refarch.__file__).parent
PACKAGES = ("ffmpeg", "python3-boto3")
SCRIPT = """set -euo pipefail
# An instance that cannot be set up goes, and the group tries another.
trap 'echo "set-up failed"; sleep 60; shutdown -h now' ERR
export DEBIAN_FRONTEND=noninteractive
{install}
install -d -m 0755 /opt/refarch /etc/refarch-vod /etc/refarch-streaming
python3 - <<'PYTHON'
import boto3
boto3.client("s3", region_name="{region}").download_file("{bucket}", "{key}", "/run/refarch-vod.zip")
PYTHON
python3 -m zipfile -e /run/refarch-vod.zip /opt/refarch
echo 'AWS_DEFAULT_REGION={region}' > /etc/refarch-vod/environment
cat > /etc/refarch-vod/worker.json <<'SETTINGS'
{settings}
SETTINGS
cat > /etc/refarch-streaming/logs.json <<'LOGS'
{logs}
LOGS
cp /opt/refarch/refarch/streaming/vod/systemd/refarch-vod-worker.service /etc/systemd/system/
cp /opt/refarch/refarch/streaming/logs/systemd/refarch-streaming-logs.service /etc/systemd/system/
systemctl daemon-reload
systemctl enable --now refarch-streaming-logs.service
systemctl enable --now refarch-vod-worker.service"""


def program(scope: Construct, id: str) -> assets.Asset:
    """The very files that the tests run, and no others: nothing else replaces workers."""
    further = [_ROOT / "streaming" / "hls_rules.py", *source_files(_ROOT / "streaming" / "vod")]
    further += source_files(_ROOT / "streaming" / "logs")
    further += [_ROOT / "streaming" / "instance" / name for name in ("__init__.py", "metadata.py")]  # for the logs
    files = data_plane_files() | {f"refarch/{path.relative_to(_ROOT).as_posix()}": path for path in further}
    return assets.Asset(scope, id, path=str(staged(files)))


@cache
def debian(architecture: str) -> ec2.IMachineImage:
    """The latest Debian 12 at each deployment, by Debian's public SSM parameter."""
    name = {"arm64": "arm64", "x86_64": "amd64"}[architecture]
    return ec2.MachineImage.from_ssm_parameter(
        f"/aws/service/debian/release/12/latest/{name}", os=ec2.OperatingSystemType.LINUX
    )


def user_data(
    scope: Construct,
    asset: assets.Asset,
    settings: dict[str, object],
    logs: dict[str, object],
    own_image: ec2.IMachineImage | None,
) -> ec2.UserData:
    """Packages, program, settings, service. It holds no secret. Packages are pinned, except on an image of your own."""
    data, region = ec2.UserData.for_linux(), read(Aws, "REGION")
    data.add_commands(
        SCRIPT.format(
            install=packages.install(PACKAGES, pinned=own_image is None),
            region=region,
            bucket=read(asset, "s3_bucket_name"),
            key=read(asset, "s3_object_key"),
            settings=stack_of(scope).to_json_string(settings),
            logs=stack_of(scope).to_json_string({**logs, "region": region}),
        )
    )
    return data
