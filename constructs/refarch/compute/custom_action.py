"""An action of your own for an `InterruptionResponder`."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from aws_cdk import aws_iam as iam

from refarch_lambdas.interruptions.settings import COMPLETE, EVERY_ACTION


class InvalidActionError(ValueError):
    """The file is no action. The message says what is missing."""


@dataclass(frozen=True, kw_only=True)
class CustomAction:
    """A Python file whose `run(case, clients)` the responder calls for each notice, after its own actions.

    ::

        from refarch_lambdas.interruptions.interruption import Outcome

        def run(case, clients):
            clients("s3").put_object(Bucket="rosters", Key=case.instance.instance_id, Body=b"gone")
            return Outcome(done=("left the roster",))

    `case` has the interruption, the instance, its container instance and what other actions did; `clients(name)` gives
    the boto3 client of a service. Running it again when all is done must change nothing. An error is told, and tried
    again; the other actions are done nevertheless. Raises `InvalidActionError`.
    """

    file: Path
    """Its name without `.py` is the action's, in the interruption log too: letters, digits and _."""

    statements: Sequence[iam.PolicyStatement] = field(default_factory=list)
    """What the function may do for it."""

    def __post_init__(self) -> None:
        if not self.file.is_file() or self.file.suffix != ".py" or not self.name.isidentifier():
            raise InvalidActionError(f"{self.file}: no such Python file with a name of letters, digits and _")
        if self.name in (*EVERY_ACTION, COMPLETE):
            raise InvalidActionError(f"{self.file}: {self.name} is an action of the responder's own")
        defined = [node for node in ast.parse(self.file.read_bytes()).body if isinstance(node, ast.FunctionDef)]
        if not any(node.name == "run" and len(node.args.args) == 2 for node in defined):
            raise InvalidActionError(f"{self.file}: it defines no function run(case, clients)")

    @property
    def name(self) -> str:
        return self.file.stem
