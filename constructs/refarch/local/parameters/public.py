"""Every public parameter that has the form of one of AWS's has a value here: made up, and always the same.

An image id stands for an image that is described, and no more: an instance made of it is a record like any
other. The emulator's own values, for images that its EC2 describes, come first.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from refarch.local.parameters import images
from refarch.local.parameters.infrastructure import infrastructure

Maker = Callable[[str, re.Match[str], str], str | None]
POWERTOOLS_ACCOUNT = "017000801446"
POWERTOOLS_LAYER = 27  # version of the layer that `latest` names; also what this project deploys
RELEASE = "20260101"


def image_id(name: str) -> str:
    made = f"ami-{hashlib.sha256(name.encode()).hexdigest()[:17]}"
    images.note(made, name)
    return made


def _image(name: str, found: re.Match[str], region: str) -> str:
    return image_id(name)


def _container_image(name: str, found: re.Match[str], region: str) -> str:
    """`…/recommended` is a document about an image, its members can be asked for one by one."""
    place = name.split("/recommended")[0]
    about = {
        "schema_version": 1,
        "image_id": image_id(place),
        "image_name": f"{place.split('/')[-1]}-{RELEASE}",
        "os": "Amazon Linux 2023" if "2023" in place else "Amazon Linux 2",
        "ecs_agent_version": "1.99.0",
        "ecs_runtime_version": "Docker version 25.0.8",
        "release_version": RELEASE,
    }
    member = found["member"]
    return json.dumps(about) if member is None else str(about.get(member, about["release_version"]))


def _bottlerocket(name: str, found: re.Match[str], region: str) -> str:
    return image_id(name.rpartition("/")[0]) if found["member"] == "image_id" else "1.49.0-00000000"


def _powertools(name: str, found: re.Match[str], region: str) -> str:
    """The layer of Powertools for AWS Lambda."""
    arm = "arm64" if found["architecture"] == "arm64" else "x86_64"
    runtime = found["runtime"].replace(".", "")
    layer = "AWSLambdaPowertoolsTypeScriptV2" if found["language"] == "typescript" else None
    layer = layer or f"AWSLambdaPowertoolsPythonV3-{runtime}-{arm}"
    version = POWERTOOLS_LAYER if found["version"] == "latest" else _number(found["version"])
    return f"arn:aws:lambda:{region}:{POWERTOOLS_ACCOUNT}:layer:{layer}:{version}"


def _number(version: str) -> str:
    return re.sub(r"\D", "", version.split(".")[1] if "." in version else version) or str(POWERTOOLS_LAYER)


def _fluent_bit(name: str, found: re.Match[str], region: str) -> str:
    tag = found["version"]
    return f"906394416424.dkr.ecr.{region}.amazonaws.com/aws-for-fluent-bit:{tag}"


def _infrastructure(name: str, found: re.Match[str], region: str) -> str | None:
    return infrastructure(found["path"])


FORMS: tuple[tuple[re.Pattern[str], Maker], ...] = tuple(
    (re.compile(f"/aws/service/{pattern}"), maker)
    for pattern, maker in (
        (r"ami-amazon-linux-latest/.+", _image),
        (r"ami-windows-latest/.+?(?P<member>/image_id)?", _image),
        (r"ami-macos-latest/.+", _image),
        (r"ecs/optimized-ami/.+?/recommended(?:/(?P<member>\w+))?", _container_image),
        (r"eks/optimized-ami/.+?/recommended(?:/(?P<member>\w+))?", _container_image),
        (r"bottlerocket/.+/(?P<member>image_id|image_version)", _bottlerocket),
        (r"canonical/ubuntu/.+/ami-id", _image),
        (r"debian/(?:release|daily)/.+", _image),
        (r"deeplearning/ami/.+/ami-id", _image),
        (r"(?:suse|freebsd|redhat|rocky|neuron|cloud9|freetier|marketplace|storagegateway|parallelcluster)/.+", _image),
        (
            r"powertools/(?P<language>python|typescript)/(?P<architecture>[\w-]+)/(?P<runtime>[\w.]+)/(?P<version>[\w.]+)",
            _powertools,
        ),
        (r"aws-for-fluent-bit/(?P<version>[\w.]+)", _fluent_bit),
        (r"global-infrastructure/(?P<path>.+)", _infrastructure),
    )
)


class PublicParameters(dict[str, str]):
    """The emulator's public parameters, and for every other name of the known forms a value."""

    def __init__(self, own: Mapping[str, str], region: str) -> None:
        super().__init__(own)
        self.region = region

    def get(self, name: Any, default: Any = None) -> Any:
        if not isinstance(name, str) or name in self:
            return super().get(name, default)
        return value_of(name, self.region) or default


def value_of(name: str, region: str) -> str | None:
    """The value of a public parameter; None for a name of no known form."""
    for pattern, maker in FORMS:
        found = pattern.fullmatch(name)
        if found:
            return maker(name, found, region)
    return None
