"""What every genomics command needs: clients, the stack, and how to come back to a run."""

from __future__ import annotations

import functools
import shlex
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
import click
from botocore.config import Config

from refarch.genomics.runs.client import Deployment, Runs

# Step Functions answers some twenty questions a second; a large cohort has more, so they wait their turn.
_PATIENT = Config(retries={"mode": "adaptive", "max_attempts": 10})


class Surroundings:
    """The world outside: AWS clients and the passing of time. Tests give the context another one as `obj`.

    The endpoint comes from AWS_ENDPOINT_URL, so that the same commands work against the local cloud.
    """

    def client(self, service: str, region: str | None) -> Any:
        return boto3.client(service, region_name=region, config=_PATIENT)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def now(self) -> float:
        return time.time()


@dataclass(frozen=True, kw_only=True)
class Session:
    """One command's view of one deployed stack."""

    stack: str
    region: str | None
    runs: Runs
    surroundings: Surroundings

    def command(self, verb: str, execution: str) -> str:
        """The command line that does `verb` to the run, ready to be pasted."""
        region = ["--region", self.region] if self.region else []
        return shlex.join(["refarch", "genomics", verb, self.stack, execution, *region])


def with_session(command: Callable[..., None]) -> Callable[..., None]:
    """Give the command STACK and --region, and pass it the `Session` they lead to."""

    @click.argument("stack")
    @click.option("--region", help="Region of the stack. Default: that of the environment.")
    @functools.wraps(command)
    def wrapped(stack: str, region: str | None, **values: Any) -> None:
        surroundings = click.get_current_context().find_object(Surroundings) or Surroundings()
        clients = functools.cache(lambda service: surroundings.client(service, region))
        deployment = Deployment.find(stack, clients("cloudformation"))
        session = Session(stack=stack, region=region, runs=Runs(deployment, clients), surroundings=surroundings)
        command(session, **values)

    return wrapped
