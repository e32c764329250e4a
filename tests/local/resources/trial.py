"""One resource type against one API: what is called how, found by making, reading and ending one."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from refarch.local.environment import ACCOUNT
from refarch.local.resources import derivation, naming, shapes
from refarch.local.resources.schemas import ResourceType
from tests.local.resources import generated, round_trip


class Unproved(Exception):
    """Why a type is not made through its API."""


class Trial:
    """One type against one API."""

    def __init__(self, client: Any, kind: ResourceType, chosen: derivation.Candidate) -> None:
        self.client, self.kind, self.chosen = client, kind, chosen

    def run(self, written: dict[str, Any] | None) -> tuple[dict[str, Any], dict[str, Any]]:
        kind, chosen = self.kind, self.chosen
        drawn = written or generated.minimal(kind)
        if drawn is None:
            raise Unproved("no properties could be drawn for a proof")
        self.renamed, self.wrapped = self.naming()
        self.own_names = self.names(drawn)
        properties = self.rich({**drawn, **self.own_names})
        if not chosen.reads:
            raise Unproved("its API has no operation that reads it")
        reply = self.call(chosen.create, self.request(properties), "making")
        flat = shapes.flattened({k: v for k, v in reply.items() if k != "ResponseMetadata"})
        attributes = derivation.told(kind, flat)
        real = {name: flat[name.lower()] for name in kind.settled if name.lower() in flat}
        real |= {
            name: flat["arn"]
            for name in kind.settled
            if name.lower().endswith("arn") and "arn" in flat and name not in real
        }
        real |= {name: flat[key] for name, key in attributes.items()}
        lost = [name for name in kind.identifier if name not in properties and name not in real]
        if lost:
            raise Unproved(f"its API does not tell {', '.join(lost)} when it is made")
        known = {**properties, **real, "Ref": "|".join(str({**properties, **real}[name]) for name in kind.identifier)}
        read, asked = self.reading(known)
        delete, identity = self.deleting(known, read, asked)
        update = self.updating(known, properties, identity)
        entry: dict[str, Any] = {
            "service": chosen.service,
            "create": chosen.create,
            "delete": delete,
            "read": [read, asked],
        }
        if update:
            entry["update"] = update
        entry |= {"identity": identity} if identity else {}
        entry |= {"renamed": self.renamed} if self.renamed else {}
        both = [method for method in (chosen.create, update) if method]
        entry |= {"wrapped": dict.fromkeys(both, self.wrapped)} if self.wrapped else {}
        entry |= {"attributes": attributes} if attributes else {}
        return entry, {"properties": {name: value for name, value in properties.items() if name not in self.own_names}}

    def naming(self) -> tuple[dict[str, str], str | None]:
        """How the members of the request are called, and which one holds them all."""
        shape = self.shape(self.chosen.create)
        if shape is None:
            return {}, None
        wrapped = derivation.wrapping(self.kind, shape)
        members = [*shape.members, *(shape.members[wrapped].members if wrapped else ())]
        return derivation.renamed(self.kind, members), wrapped

    def rich(self, properties: dict[str, Any]) -> dict[str, Any]:
        """With what the API requires though CloudFormation does not."""
        shape, more = self.shape(self.chosen.create), {}
        inner = shape.members[self.wrapped] if shape and self.wrapped else shape
        members = {name.lower(): name for name in properties}
        back = {member: name for name, member in self.renamed.items()}
        for member in inner.required_members if inner else ():
            named = {name.lower(): name for name in self.kind.properties}
            name = back.get(member) or named.get(member.lower())
            if name and name.lower() not in members and name not in self.kind.settled:
                more[name] = generated.value(self.kind, name)
        return {**properties, **more}

    def request(self, properties: dict[str, Any]) -> dict[str, Any]:
        named = {self.renamed.get(name, name): value for name, value in properties.items()}
        return {**named, self.wrapped: named} if self.wrapped else named

    def names(self, drawn: dict[str, Any]) -> dict[str, str]:
        return {
            name: naming.fitting(self.kind, name, f"proof-{self.kind.kind.lower()}", name)
            for name in naming.names_left_out(self.kind, drawn)
        }

    def shape(self, method: str) -> Any:
        return self.client.meta.service_model.operation_model(
            self.client.meta.method_to_api_mapping[method]
        ).input_shape

    def call(self, method: str, asked: dict[str, Any], doing: str) -> dict[str, Any]:
        shape = self.shape(method)
        try:
            request = shapes.as_request({**derivation.given(shape, ACCOUNT), **asked}, shape) if shape else {}
            return dict(getattr(self.client, method)(**request))
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if (
                "NotImplemented" in code
                or code in ("InvalidAction", "UnknownOperationException", "501")
                or "implemented" in str(error)
            ):
                raise Unproved(f"{method} is not implemented") from error
            raise Unproved(
                f"{doing} one was refused: {error.response.get('Error', {}).get('Message', code)[:90]}"
            ) from error
        except (BotoCoreError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise Unproved(f"{method} cannot take the type's properties: {str(error).splitlines()[-1][:90]}") from error

    def filled(self, method: str, known: dict[str, Any], number: int) -> dict[str, str]:
        """Sources for the members that the operation needs; the `number`-th likeliest where there are several."""
        shape = self.shape(method)
        chosen = {}
        required = shape.required_members if shape else []
        tokens = derivation.given(shape, ACCOUNT) if shape else {}
        for member in required or self.optional(shape, known):
            if member in tokens:
                continue
            options = [name for name in derivation.sources(self.kind, member, known) if name in known]
            if not options:
                raise Unproved(f"{method} wants {member}")
            chosen[member] = options[min(number, len(options) - 1)]
        return chosen

    def optional(self, shape: Any, known: dict[str, Any]) -> list[str]:
        """The members that name the resource, where the model requires none."""
        names = {derivation.plain(name) for name in (*self.kind.identifiers, *self.own_names)}
        nouns = derivation.nouns(self.kind)
        long = names | {noun + name for noun in nouns for name in names}
        return [name for name in (shape.members if shape else ()) if derivation.plain(name) in long][:1]

    def sees(self, method: str, identity: dict[str, str], known: dict[str, Any]) -> bool:
        asked = {member: known[source] for member, source in identity.items()}
        return round_trip.shows(self.client, method, asked, round_trip.marks(self.kind.name, known))

    def reading(self, known: dict[str, Any]) -> tuple[str, dict[str, str]]:
        for method in self.chosen.reads:
            for number in range(4):
                try:
                    identity = self.filled(method, known, number)
                except Unproved:
                    break
                if self.sees(method, identity, known):
                    return method, identity
        raise Unproved("no operation that reads it shows one that was made")

    def deleting(self, known: dict[str, Any], read: str, asked: dict[str, str]) -> tuple[str, dict[str, str]]:
        last = "its API does not end it"
        for number in range(4):
            identity = self.filled(self.chosen.delete, known, number)
            try:
                self.call(self.chosen.delete, {member: known[source] for member, source in identity.items()}, "ending")
            except Unproved as reason:
                last = str(reason)
                continue
            if not self.sees(read, asked, known):
                return self.chosen.delete, identity
            last = f"{self.chosen.delete} leaves it there"
        raise Unproved(last)

    def updating(self, known: dict[str, Any], properties: dict[str, Any], identity: dict[str, str]) -> str | None:
        """The operation, when it takes the resource's own properties again."""
        method = self.chosen.update
        if method is None or (self.shape(method) is None):
            return None
        if self.chosen.update == self.chosen.create:
            return method
        needed = set(self.shape(method).required_members)
        members = {name.lower() for name in (*properties, *identity, *self.renamed.values(), self.wrapped or "")}
        return method if all(name.lower() in members for name in needed) else None
