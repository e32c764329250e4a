"""The Python door of the local cloud, for rehearsals, tests and notebooks."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any

from refarch.local import lifecycle, toolchain
from refarch.local.cdk_bootstrap import bootstrap_template, create_toolkit, is_bootstrapped
from refarch.local.environment import USER, command_environment
from refarch.local.errors import LocalCloudError
from refarch.local.folder import DataFolder, State, project_root
from refarch.local.lifecycle import Options
from refarch.local.processes import PROC, processes_with
from refarch.local.resources.summary import only_recorded_since


class LocalCloud:
    """A running local cloud. Leaving its `with` block stops it, unless it ran already when it was asked for.

    Commands run in the project's folder; `client` gives boto3 clients. Nothing here reads or changes
    the environment of this process.
    """

    def __init__(self, folder: DataFolder, state: State, directory: Path, *, started: bool) -> None:
        self.folder = folder
        self.state = state
        self.directory = directory
        self.started = started
        self.keep = not started
        self._clients: dict[str, Any] = {}
        self._making = threading.Lock()

    @classmethod
    def start(
        cls,
        *,
        directory: Path | str | None = None,
        port: int = 0,
        region: str = "us-east-1",
        enforce_permissions: bool = False,
        async_slots: int = 4,
        clock_factor: float = 1.0,
        persist: bool = False,
    ) -> LocalCloud:
        """Start the local cloud of a project, or join the one that runs.

        `directory` is the project (default: the nearest folder upward with a cdk.json, pyproject.toml
        or .git); its data lies in `.refarch/local` there. With `enforce_permissions` a grant that a role
        lacks is refused as on AWS. `async_slots` (1 to 64) asynchronous invocations run at the same time; simulated
        seconds (lifecycles, notices) pass `clock_factor` times faster. With `persist` a stop keeps everything, and the
        next start with `persist` takes it up.
        Raises LocalCloudError when the emulator is missing, cannot start, or runs with other options.
        """
        root = Path(directory).resolve() if directory is not None else project_root()
        folder = DataFolder.of_project(root)
        options = Options(
            port=port,
            region=region,
            enforce_permissions=enforce_permissions,
            async_slots=async_slots,
            clock_factor=clock_factor,
            persist=persist,
        )
        state, started = lifecycle.start(folder, options)
        return cls(folder, state, root, started=started)

    @property
    def endpoint_url(self) -> str:
        return self.state.endpoint_url

    @property
    def environment(self) -> dict[str, str]:
        """A whole environment for a command that is to see this cloud and no other."""
        return command_environment(self.state, self.folder)

    def client(self, service: str) -> Any:
        """The boto3 client of a service; one is made and kept for each."""
        with self._making:  # a session must not make two at once; using them is safe in every thread
            if service not in self._clients:
                from botocore.config import Config

                plain = Config(ignore_configured_endpoint_urls=True, retries={"total_max_attempts": 2})
                made = self._session.client(service, endpoint_url=self.endpoint_url, config=plain)
                self._clients[service] = made
            return self._clients[service]

    @cached_property
    def _session(self) -> Any:
        """A session of its own: no profile and no setting of the user takes part. One for all clients: a session
        reads the endpoints of AWS, which takes a tenth of a second."""
        import boto3

        return boto3.session.Session(aws_access_key_id=USER, aws_secret_access_key=USER, region_name=self.state.region)

    def run(
        self,
        command: Sequence[str],
        *,
        cwd: Path | str | None = None,
        environment: Mapping[str, str] | None = None,
        check: bool = True,
        capture: bool = True,
        timeout: float | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the project with the cloud's environment (plus `environment`); `cdk` needs no path.

        With `capture` its output is in the result. With `check` a failure raises LocalCloudError with the
        end of what it said. Seconds of `timeout` pass to subprocess (default: none).
        """
        where = Path(cwd) if cwd is not None else self.directory
        variables = self.environment | dict(environment or {})
        program = str(toolchain.require_cdk(where, variables["PATH"])) if command[0] == "cdk" else command[0]
        done = subprocess.run(
            [program, *command[1:]],
            cwd=where,
            env=variables,
            text=True,
            stdout=subprocess.PIPE if capture else None,
            stderr=subprocess.STDOUT if capture else None,
            timeout=timeout,
            check=False,
        )
        if check and done.returncode != 0:
            said = f":\n{(done.stdout or '')[-6000:]}" if capture else ""
            raise LocalCloudError(f"`{' '.join(command)}` ended with {done.returncode}{said}")
        return done

    def bootstrap(self, *, start: Path | None = None) -> bool:
        """Make this account ready for `cdk deploy`, once; whether it was done now. Without a `cdk` nothing happens."""
        cloudformation = self.client("cloudformation")
        cdk = toolchain.find_cdk(start or self.directory, self.environment["PATH"])
        if cdk is None or is_bootstrapped(cloudformation):
            return False
        create_toolkit(cloudformation, bootstrap_template(cdk, self.environment))
        return True

    def cdk(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        """Run the real CDK command, for example `cloud.cdk("deploy", "MapReduce")`; options as of `run`.

        What it left as a mere record is said at the end of its output.
        """
        cwd = options.get("cwd")
        self.bootstrap(start=Path(cwd) if cwd is not None else None)
        began = time.time()
        done = self.run(["cdk", *arguments], **options)
        recorded = only_recorded_since(self.endpoint_url, began)
        if recorded and done.stdout is None:
            print(recorded)
        elif recorded:
            done.stdout += f"\n{recorded}\n"
        return done

    def kill_function_workers(self, function_name: str) -> int:
        """SIGKILL the processes that run a Lambda function, busy or idle, and what they started; how many workers.

        Needs Linux (/proc). A busy worker's invocation fails as `Runtime.ExitError`; the next gets a new one.
        """
        if not PROC.joinpath("self").exists():
            raise LocalCloudError("processes of functions are found through /proc, which this system lacks")
        workers = 0
        mine = {pid for pid, _ in processes_with("REFARCH_LOCAL_CLOUD", str(self.folder.path))}
        for pid, parent in list(processes_with("AWS_LAMBDA_FUNCTION_NAME", function_name)):
            if pid in mine:
                os.kill(pid, signal.SIGKILL)
                workers += parent == self.state.pid
        return workers

    def function_log(self, function_name: str) -> list[str]:
        """The lines that a Lambda function has logged so far; a line appears when its invocation ends."""
        logging = self.client("lambda").get_function_configuration(FunctionName=function_name).get("LoggingConfig", {})
        group = logging.get("LogGroup") or f"/aws/lambda/{function_name}"
        logs = self.client("logs")
        try:
            pages = list(logs.get_paginator("filter_log_events").paginate(logGroupName=group))
        except logs.exceptions.ResourceNotFoundException:
            return []
        return [event["message"].rstrip("\n") for page in pages for event in page["events"]]

    def stop(self) -> None:
        """End the cloud, whoever started it; everything in it is gone."""
        lifecycle.stop(self.folder)

    def __enter__(self) -> LocalCloud:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self.keep:
            self.stop()
