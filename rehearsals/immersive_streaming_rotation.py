"""A publish key is changed in Secrets Manager while an origin of the deployed system runs."""

from __future__ import annotations

import json
import subprocess
import sys

from refarch.local import LocalCloud
from rehearsals.account import Account, eventually
from rehearsals.immersive_streaming_instance import Instance
from rehearsals.immersive_streaming_site import secrets

NEW = "a-rotated-publish-key"
TOLD = "systemctl reload refarch-streaming@origin.service"


def rotates(cloud: LocalCloud, account: Account, origin: Instance) -> None:
    """With the role's own credentials, by the program that its user data brought. The old key stays good beside."""
    account.title("A new publish key, while streams run")
    arn = next(each["ARN"] for each in secrets(cloud) if "PublishKeys" in each["Name"])
    client = cloud.client("secretsmanager")
    both = {"*": [client.get_secret_value(SecretId=arn)["SecretString"], NEW]}
    client.put_secret_value(SecretId=arn, SecretString=json.dumps(both))
    folder = origin.folder / "etc/refarch-streaming"
    # Its own one looks each five minutes; one that starts looks at once.
    command = [sys.executable, "-m", "refarch.streaming.instance", "refresh", str(folder / "instance.json")]
    environment = origin.environment | {"PYTHONPATH": str(origin.folder / "opt/refarch")}
    process = subprocess.Popen(command, env=environment, cwd=origin.folder, stdout=subprocess.DEVNULL)
    try:
        with account.step("the primary reads its secrets again"):
            eventually(lambda: TOLD in origin.said, within=60, what="the role is told")
    finally:
        process.terminate()
        process.wait()
    known = json.loads((folder / "publish-keys.json").read_text())
    account.check(known == both, "the new key counts, and the old one still does")
