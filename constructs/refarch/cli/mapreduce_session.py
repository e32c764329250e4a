"""What every MapReduce command needs: clients, the workspace of the stack, and how to come back to a job."""

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

from refarch.mapreduce.progress import JobWatcher
from refarch.mapreduce.workspace import Workspace, find_workspace

_CONNECTIONS = 32


class Surroundings:
    """The world outside: AWS clients and the passing of time. Tests give the context another one as `obj`.

    The endpoint comes from AWS_ENDPOINT_URL, so that the same commands work against the local cloud.
    """

    def client(self, service: str, region: str | None) -> Any:
        return boto3.client(service, region_name=region, config=Config(max_pool_connections=_CONNECTIONS))

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def now(self) -> float:
        return time.time()


@dataclass(frozen=True, kw_only=True)
class Session:
    """One command's view of one deployed MapReduce."""

    stack: str
    options: tuple[str, ...]
    workspace: Workspace
    s3: Any
    surroundings: Surroundings

    def watcher(self, job_id: str) -> JobWatcher:
        return JobWatcher(self.workspace, job_id, s3=self.s3, clock=self.surroundings.now)

    def command(self, verb: str, job_id: str) -> str:
        """The command line that does `verb` to the job, ready to be pasted."""
        return shlex.join(["refarch", "mapreduce", verb, self.stack, job_id, *self.options])


def with_session(command: Callable[..., None]) -> Callable[..., None]:
    """Give the command STACK, --name and --region, and pass it the `Session` they lead to."""

    @click.argument("stack")
    @click.option("--name", help="Which MapReduce, when the stack has several.")
    @click.option("--region", help="Region of the stack. Default: that of the environment.")
    @functools.wraps(command)
    def wrapped(stack: str, name: str | None, region: str | None, **values: Any) -> None:
        surroundings = click.get_current_context().find_object(Surroundings) or Surroundings()
        formation = surroundings.client("cloudformation", region)
        workspace = find_workspace(stack, name=name, cloudformation=formation)
        given = {"--name": name, "--region": region}
        session = Session(
            stack=stack,
            options=tuple(word for option, value in given.items() if value for word in (option, value)),
            workspace=workspace,
            s3=surroundings.client("s3", workspace.region),
            surroundings=surroundings,
        )
        command(session, **values)

    return wrapped
