"""Make, change and end a resource through the API of its service, in this very cloud."""

from __future__ import annotations

import logging
import threading
from functools import cache
from typing import Any

from refarch.local import adapter
from refarch.local.environment import ACCOUNT, USER
from refarch.local.resources import derivation, shapes
from refarch.local.resources.backing import Backing
from refarch.local.resources.schemas import ResourceType

logger = logging.getLogger("refarch.local.resources")
# What the emulator answers to an action that it does not have.
ABSENT = (
    "InvalidAction",
    "UnknownOperationException",
    "UnknownAction",
    "NotImplemented",
    "NotImplementedException",
    "501",
)
_endpoint: list[str] = []
_making = threading.Lock()


def install(endpoint_url: str) -> None:
    _endpoint[:] = [endpoint_url]


def client(service: str) -> Any:
    """A client of this cloud, for the account and region of the request at hand."""
    account, region = adapter.read("account of the request")(), adapter.read("region of the request")()
    with _making:  # making one takes a third of a second; using one is safe in every thread
        return _client(service, USER if account == ACCOUNT else account, region, _endpoint[0])


@cache
def _client(service: str, key: str, region: str, endpoint: str) -> Any:
    from botocore.config import Config

    plain = Config(ignore_configured_endpoint_urls=True, retries={"total_max_attempts": 1}, read_timeout=60)
    return _session(key, region).client(service, endpoint_url=endpoint, config=plain)


@cache
def _session(key: str, region: str) -> Any:
    """One for all services: it reads the endpoints of AWS once."""
    import boto3

    return boto3.session.Session(aws_access_key_id=key, aws_secret_access_key=USER, region_name=region)


def create(
    kind: ResourceType, backing: Backing, known: dict[str, Any], properties: dict[str, Any]
) -> dict[str, Any] | None:
    """The attributes that the API gave the new resource; None when the emulator lacks the action after all."""
    service = client(backing.service)
    try:
        reply = _call(service, backing, backing.create, {**{name: known[name] for name in backing.drawn}, **properties})
    except Unavailable as error:
        logger.warning("%s is only recorded: %s", kind.name, error)
        return None
    except (ResourceError, ValueError, TypeError) as error:
        if not backing.lenient:
            raise
        logger.warning("%s is only recorded, for its API refuses it: %s", kind.name, error)
        return None
    found = _attributes(kind, backing, reply)
    if backing.tagged and properties.get("Tags"):
        service.create_tags(Resources=[found[backing.tagged]], Tags=properties["Tags"])
    return found


def update(
    kind: ResourceType, backing: Backing, known: dict[str, Any], properties: dict[str, Any], identifier: str
) -> dict[str, Any] | None:
    """Change it; None when there is no action for that, so that the change is only recorded."""
    if backing.update is None:
        return None
    own = known if callable(backing.update) else properties
    asked = {**own, **_identity(backing, known, identifier)}
    try:
        return _attributes(kind, backing, _call(client(backing.service), backing, backing.update, asked))
    except (Unavailable, ResourceError, ValueError, TypeError) as error:
        if not backing.lenient:
            raise
        logger.warning("a change of %s %s is only recorded, for its API refuses it: %s", kind.name, identifier, error)
        return None


def retag(backing: Backing, known: dict[str, Any], old: list[Any], new: list[Any]) -> None:
    """Give an EC2 resource the tags of `new` and take away those of `old` that are not among them."""
    ec2, identifier = client(backing.service), known[backing.tagged or ""]
    gone = {tag["Key"] for tag in old} - {tag["Key"] for tag in new}
    if gone:
        ec2.delete_tags(Resources=[identifier], Tags=[{"Key": key} for key in sorted(gone)])
    if new:
        ec2.create_tags(Resources=[identifier], Tags=new)


def delete(kind: ResourceType, backing: Backing, known: dict[str, Any], identifier: str) -> None:
    """End it. What is gone already is no problem."""
    if backing.delete is None:
        return
    service = client(backing.service)
    asked = {**known, **_identity(backing, known, identifier)}
    try:
        _call(service, backing, backing.delete, asked, only_required=True)
    except ResourceError as error:
        if not error.gone and not backing.lenient:
            raise
        if not error.gone:
            logger.warning("%s %s stays in its service, which refuses to end it: %s", kind.name, identifier, error)


class Unavailable(Exception):
    """The emulator does not have the action."""


class ResourceError(Exception):
    """The service refused; in the words in which CloudFormation passes it on."""

    def __init__(self, service: str, reply: dict[str, Any]) -> None:
        error, status = reply.get("Error", {}), reply.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
        self.code = str(error.get("Code", ""))
        self.gone = "NotFound" in self.code or "does not exist" in str(error.get("Message", "")) or status == 404
        super().__init__(
            f'Resource handler returned message: "{error.get("Message", "")} (Service: {service}, '
            f'Status Code: {status}, Error Code: {self.code})" (HandlerErrorCode: GeneralServiceException)'
        )


def _call(service: Any, backing: Backing, action: Any, asked: dict[str, Any], *, only_required: bool = False) -> Any:
    from botocore.exceptions import ClientError, ParamValidationError

    try:
        if callable(action):
            return action(service, asked) or {}
        return getattr(service, action)(**_request(service, backing, action, asked, only_required)) or {}
    except ClientError as error:
        code = str(error.response.get("Error", {}).get("Code", ""))
        if code in ABSENT or "is not implemented" in str(error) or "Unsupported service" in str(error):
            raise Unavailable(str(error)) from error
        raise ResourceError(backing.service, error.response) from error
    except ParamValidationError as error:
        raise ValueError(f"{backing.service} cannot take these properties: {error}") from error


def _request(service: Any, backing: Backing, action: str, asked: dict[str, Any], only_required: bool) -> dict[str, Any]:
    shape = service.meta.service_model.operation_model(service.meta.method_to_api_mapping[action]).input_shape
    wrapped = backing.wrapped.get(action)
    named = {backing.renamed.get(name, name): value for name, value in asked.items()}
    if backing.lenient:
        named = {**derivation.given(shape, str(adapter.read("account of the request")())), **named}
    if wrapped:
        inner = shapes.as_request(named, shape.members[wrapped])
        outer = {name: named[name] for name in shape.members if name in named and name != wrapped}
        return {**shapes.as_request(outer, shape), wrapped: inner}
    request: dict[str, Any] = shapes.as_request({**named, **backing.fixed}, shape)
    if only_required:
        wanted = set(shape.required_members) | set(backing.identity)
        return {name: value for name, value in request.items() if name in wanted}
    return request


def _identity(backing: Backing, known: dict[str, Any], identifier: str) -> dict[str, Any]:
    """The members that say which resource is meant."""
    return {member: identifier if source == "Ref" else known.get(source) for member, source in backing.identity.items()}


def _attributes(kind: ResourceType, backing: Backing, reply: Any) -> dict[str, Any]:
    flat = shapes.flattened({name: value for name, value in dict(reply).items() if name != "ResponseMetadata"})
    named = {
        attribute: flat[member.lower()] for attribute, member in backing.attributes.items() if member.lower() in flat
    }
    settled = {path[0] for path in kind.read_only}
    same = {name: flat[name.lower()] for name in settled if name.lower() in flat}
    arns = {name: flat["arn"] for name in settled if name.lower().endswith("arn") and "arn" in flat}
    return {name: value if isinstance(value, str) else str(value) for name, value in {**arns, **same, **named}.items()}
