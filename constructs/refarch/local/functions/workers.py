"""Python functions run under the interpreter of their declared version and see what Lambda would show them."""

from __future__ import annotations

import functools
import logging
import os
import sys
import threading
from pathlib import Path
from typing import Any

from refarch.local import adapter
from refarch.local.functions import interpreters, node_sdk, runtime_packages
from refarch.local.rooms import Context

logger = logging.getLogger("refarch.local")
# A failed Node function tells the class of its error, as one in Python does (repairs/function_errors.py).
NODE_ERROR = ('trace: err.stack || ""', 'trace: "", type: err.name || "Error"')
# The emulator's worker uses `url.parse`; Node's complaint about it would stand in every function's log.
NODE_QUIET = """{
  const warn = process.emitWarning;
  process.emitWarning = (text, ...rest) => (rest.includes("DEP0169") ? undefined : warn.call(process, text, ...rest));
}
"""
PRELUDE = Path(__file__).with_name("worker_prelude.py")


def install(context: Context) -> None:
    found = os.environ.pop(interpreters.FOUND, "")  # not for functions, which inherit the environment
    node_sdk.configure()
    environments = Environments(context, [Path(entry) for entry in found.split(os.pathsep) if entry])
    adapter.replace("start of a worker", environments.starting(adapter.read("start of a worker")))
    adapter.replace("program of a runtime", environments.program(adapter.read("program of a runtime")))
    adapter.replace("settings of a function", environments.declared(adapter.read("settings of a function")))


class Environments:
    """Chooses what a worker process is started with. `found` are candidates of interpreters."""

    def __init__(self, context: Context, found: list[Path]) -> None:
        self._context = context
        self._found = found
        self._packages = context.data / "tmp" / "runtime-packages"
        self._starting = threading.local()  # the emulator asks for the program in the thread that starts the worker
        self._making_folders = threading.Lock()

    @functools.cached_property
    def known(self) -> dict[int, Path]:
        return interpreters.inventory(self._found)

    def starting(self, start: Any) -> Any:
        def spawn(worker: Any) -> None:
            self._starting.config = worker.config
            start(worker)

        return spawn

    def declared(self, build: Any) -> Any:
        def settings(name: str, data: dict[str, Any], code_zip: bytes | None = None) -> dict[str, Any]:
            config: dict[str, Any] = build(name, data, code_zip)
            runtime = config.get("Runtime") or ""
            warning = interpreters.choose(runtime, self.known)[1] if runtime.startswith("python") else None
            if warning:
                logger.warning("%s: %s", name, warning)
                config["RuntimeVersionConfig"] = {"Error": {"ErrorCode": "NearestRuntime", "Message": warning}}
            return config

        return settings

    def program(self, detect: Any) -> Any:
        def program(runtime: str) -> tuple[str, str]:
            binary, script = detect(runtime)
            config = getattr(self._starting, "config", {})
            if runtime.startswith("python"):
                return self._python(runtime, config, script)
            if runtime.startswith("nodejs"):
                problem = node_sdk.link(self._context.data / "tmp", self._context.project, self._context.data)
                if problem:
                    logger.warning("%s: %s", config.get("FunctionName"), problem)
                script = NODE_QUIET + script.replace(*NODE_ERROR)
            return binary, script

        return program

    def _python(self, runtime: str, config: dict[str, Any], script: str) -> tuple[str, str]:
        interpreter, warning = interpreters.choose(runtime, self.known)
        minor = interpreters.minor_version(interpreter) or sys.version_info.minor
        layers = [layer["Arn"] if isinstance(layer, dict) else layer for layer in config.get("Layers", [])]
        powertools = [layer for layer in layers if is_powertools(layer)]
        missing = [layer for layer in layers if self._is_elsewhere(layer) and layer not in powertools]
        warnings = [f"the layer {layer} is of another account: here it is empty" for layer in missing]
        with self._making_folders:
            packages = [runtime_packages.powertools_folder(self._packages, minor)] if powertools else []
            packages.append(runtime_packages.sdk_folder(self._packages))
        settings = {"packages": [str(folder) for folder in packages], "warnings": [*filter(None, [warning]), *warnings]}
        return str(interpreter), f"{PRELUDE.read_text()}\nprepare({settings!r})\n{script}"

    def _is_elsewhere(self, layer: str) -> bool:
        return layer.split(":")[4:5] != [self._context.account]


def is_powertools(layer: str) -> bool:
    """Whether this is one of the public layers with Powertools for Python, of any region, version and processor."""
    return ":layer:AWSLambdaPowertoolsPython" in layer
