"""The user data of a LAMP server: fetch the set-up, hand it its settings, and signal what goes wrong before it runs.

It holds no secret: only where secrets are. `shellcheck` and `cloud-init schema` read it in the tests.
"""

from __future__ import annotations

from pathlib import Path

from aws_cdk import Aws
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from refarch._shared.assets import source_files, staged
from refarch._shared.reads import read, stack_of
from refarch.web import lamp_setup

_SETUP = Path(lamp_setup.__file__).parent
SCRIPT = """set -uo pipefail
export AWS_DEFAULT_REGION='{region}'
instance_id() {{
  local token
  token=$(curl -sf -X PUT -H 'X-aws-ec2-metadata-token-ttl-seconds: 60' http://169.254.169.254/latest/api/token) &&
    curl -sf -H "X-aws-ec2-metadata-token: $token" http://169.254.169.254/latest/meta-data/instance-id
}}
failed() {{
  aws cloudformation signal-resource --stack-name '{stack}' --logical-resource-id '{resource}' \\
    --unique-id "$(instance_id) $1" --status FAILURE
  echo "FAILED $1"
  exit 1
}}
mkdir -p /opt/lamp /etc/lamp
aws s3 cp '{asset}' /opt/lamp/setup.zip || failed 'fetch the set-up'
python3 -m zipfile -e /opt/lamp/setup.zip /opt/lamp || failed 'unpack the set-up'
cat > /etc/lamp/settings.json <<'SETTINGS' || failed 'write the settings'
{settings}
SETTINGS
cd /opt/lamp || failed 'unpack the set-up'
exec python3 -m refarch.web.lamp_setup up /etc/lamp/settings.json"""


def setup_asset(scope: Construct, id: str) -> assets.Asset:
    """The set-up program: its own folder and nothing else, so that no other change replaces a server."""
    files = {f"refarch/web/lamp_setup/{path.name}": path for path in source_files(_SETUP)}
    return assets.Asset(scope, id, path=str(staged(files)))


def commands(scope: Construct, asset: assets.Asset, resource: str, settings: dict[str, object]) -> list[str]:
    """The script for instances of the group whose logical id is `resource`."""
    return SCRIPT.format(
        region=read(Aws, "REGION"),
        stack=read(Aws, "STACK_NAME"),
        resource=resource,
        asset=asset.s3_object_url,
        settings=stack_of(scope).to_json_string(settings),
    ).splitlines()
