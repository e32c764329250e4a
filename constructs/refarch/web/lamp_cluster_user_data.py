"""The user data of a cluster's servers: that of a single server, with the shared files mounted and a lock held.

Why the whole data folder is shared and not the uploads alone: themes and plugins that an administrator installs, the
updates that WordPress gives itself, and the salts that sign logins must be the same on every server.

Why a lock: servers that start together would each unpack WordPress into the empty folder and each install the site.
The lock lies in the shared files. NFS gives it back when its holder dies, and whoever waited finds the work done.
"""

from __future__ import annotations

from aws_cdk import Aws
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_s3_assets as assets
from constructs import Construct

from refarch._shared.reads import read, stack_of
from refarch.web.lamp_user_data import SCRIPT

DATA_FOLDER = "/srv/lamp"
LOCK_SECONDS = 900
_BEFORE = "mkdir -p /opt/lamp /etc/lamp\n"
_RUN = "exec python3 -m refarch.web.lamp_setup up /etc/lamp/settings.json"
_MOUNT = """dnf install --assumeyes amazon-efs-utils || failed 'install the client of EFS'
mkdir -p {folder}
echo '{files}:/ {folder} efs _netdev,noresvport,tls,iam 0 0' >> /etc/fstab
for attempt in 1 2 3 4 5 6; do
  mount {folder} && break
  sleep "$attempt"
done
mountpoint -q {folder} || failed 'mount the files'
"""
_LOCKED = """exec 9> {folder}/.setup.lock || failed 'take the lock'
flock --timeout {seconds} 9 || failed 'wait for the lock'
"""


def cluster_script() -> str:
    """The template of the script, for `str.format` with what `lamp_user_data.SCRIPT` takes, and `files`, the id on EFS.

    Raises `ValueError` where the single server's script has changed so that nothing can be put into it.
    """
    if SCRIPT.count(_BEFORE) != 1 or not SCRIPT.endswith(_RUN):
        raise ValueError("the script of a single server is not the one that this was made for")
    mount = _MOUNT.replace("{folder}", DATA_FOLDER)
    return SCRIPT.replace(_BEFORE, mount + _BEFORE).removesuffix(_RUN) + lock(DATA_FOLDER) + _RUN


def lock(folder: str) -> str:
    """Lines of a script that has `failed`: from here to its end, and that of what it becomes, no other runs there.

    Python hands no open file on to what it starts, so the lock goes with the set-up and not with the servers.
    """
    return _LOCKED.format(folder=folder, seconds=LOCK_SECONDS)


def add_user_data(
    scope: Construct,
    data: ec2.UserData,
    *,
    asset: assets.Asset,
    resource: str,
    files: str,
    settings: dict[str, object],
) -> None:
    """Fill the user data of the group whose logical id is `resource`."""
    script = cluster_script().format(
        files=files,
        region=read(Aws, "REGION"),
        stack=read(Aws, "STACK_NAME"),
        resource=resource,
        asset=asset.s3_object_url,
        settings=stack_of(scope).to_json_string(settings),
    )
    data.add_commands(*script.splitlines())
