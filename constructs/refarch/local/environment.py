"""The environment that sends every AWS tool to the local cloud, and none of the user's secrets with it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping

from refarch.local.folder import DataFolder, State
from refarch.local.functions import interpreters, node_sdk
from refarch.local.toolchain import search_path, wheel_node_folder

ACCOUNT = "000000000000"
USER = "test"  # key and secret of the account's root in ministack
MARK = "REFARCH_LOCAL_CLOUD"  # tells the processes of one local cloud from those of another
# The variables below would lead a tool back to the real AWS, or carry a real secret into a local process.
REMOVED = (
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_SESSION_TOKEN",
    "AWS_SECURITY_TOKEN",
    "AWS_ROLE_ARN",
    "AWS_ROLE_SESSION_NAME",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
    "AWS_CREDENTIAL_EXPIRATION",
    "AWS_BEARER_TOKEN_BEDROCK",
    "AWS_CA_BUNDLE",
    "AWS_USE_FIPS_ENDPOINT",
    "AWS_USE_DUALSTACK_ENDPOINT",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "PYTHONDONTWRITEBYTECODE",  # without bytecode every start of aws_cdk costs four seconds more
)


def environment(state: State, folder: DataFolder, inherited_path: str | None = None) -> dict[str, str]:
    """What to set so that boto3, the AWS CLI and the CDK talk to this local cloud and to nothing else."""
    values = {
        "AWS_ENDPOINT_URL": state.endpoint_url,
        "AWS_ACCESS_KEY_ID": USER,
        "AWS_SECRET_ACCESS_KEY": USER,
        "AWS_REGION": state.region,
        "AWS_DEFAULT_REGION": state.region,
        "AWS_CONFIG_FILE": str(folder.empty_file),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder.empty_file),
        "AWS_EC2_METADATA_DISABLED": "true",
        "CDK_DEFAULT_ACCOUNT": ACCOUNT,
        "CDK_DEFAULT_REGION": state.region,
        "CDK_REQUIRE_APPROVAL": "never",  # nobody is to be asked about permissions on one's own machine
        "CDK_DISABLE_VERSION_CHECK": "1",  # no word to the outside
        "CDK_DISABLE_CLI_TELEMETRY": "true",
        "CDK_NOTICES": "false",
        "NO_PROXY": _without_proxy(os.environ.get("NO_PROXY", os.environ.get("no_proxy", ""))),
        "PATH": search_path(os.environ.get("PATH", os.defpath) if inherited_path is None else inherited_path),
    }
    values["no_proxy"] = values["NO_PROXY"]
    node = wheel_node_folder()
    if node:
        values["JSII_NODE"] = str(node / "node")
    return values


def command_environment(state: State, folder: DataFolder, base: Mapping[str, str] | None = None) -> dict[str, str]:
    """A whole environment for a command: `base` (default: ours) without what leaks, plus `environment`."""
    base = os.environ if base is None else base
    kept = {name: value for name, value in base.items() if not _leaks(name)}
    return kept | environment(state, folder, base.get("PATH", os.defpath))


def shell_lines(state: State, folder: DataFolder) -> str:
    """The same as lines for `eval` in a POSIX shell."""
    leaking = sorted({*REMOVED, *(name for name in os.environ if _leaks(name))})
    values = environment(state, folder)
    exports = [f"export {name}={shlex.quote(value)}" for name, value in sorted(values.items())]
    return "\n".join([f"unset {' '.join(leaking)}", *exports])


def server_environment(folder: DataFolder, region: str, enforce_permissions: bool) -> dict[str, str]:
    """The whole environment of the emulator: small, for Lambda functions inherit it, and nothing of the user's."""
    return {
        "PATH": search_path(os.defpath),
        "HOME": str(folder.home),
        "TMPDIR": str(folder.temporary),
        "LANG": "C.UTF-8",
        "TZ": "UTC",  # as on Lambda
        "AWS_DEFAULT_REGION": region,
        "AWS_CONFIG_FILE": str(folder.empty_file),
        "AWS_SHARED_CREDENTIALS_FILE": str(folder.empty_file),
        "AWS_EC2_METADATA_DISABLED": "true",
        "MINISTACK_REGION": region,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "BIND_HOST": "127.0.0.1",
        "IOT_MTLS_ENABLED": "0",  # its listener would be open to the network
        "SFTP_ENABLED": "0",
        "DOCKER_HOST": f"unix://{folder.path / 'no-docker'}",  # the same with and without a Docker engine
        "AUTH": "true" if enforce_permissions else "false",
        node_sdk.NPM: node_sdk.npm_settings(os.environ),
        interpreters.FOUND: interpreters.users_candidates(),
        MARK: str(folder.path),
    }


def _leaks(name: str) -> bool:
    return name in REMOVED or name.startswith("AWS_ENDPOINT_URL_")


def _without_proxy(inherited: str) -> str:
    wanted = [entry for entry in inherited.split(",") if entry]
    return ",".join(dict.fromkeys([*wanted, "127.0.0.1", "localhost"]))
