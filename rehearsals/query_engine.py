"""DuckDB for declarative jobs in the local cloud: a layer from what is installed here, with no network.

The stack's own layer holds the wheel for Arm and the function's Python. Here only the wheel of this Python and this
processor is at hand, so the functions are told to run with this Python.
"""

from __future__ import annotations

import io
import sys
import zipfile
from importlib.metadata import distribution

from refarch.local import LocalCloud
from rehearsals.map_reduce_jobs import DeployedMapReduce

NAME = "duckdb"


def publish_engine(cloud: LocalCloud) -> str:
    """`name:version` of the layer."""
    body = io.BytesIO()
    with zipfile.ZipFile(body, "w") as archive:
        for file in distribution("duckdb").files or ():
            if file.suffix in (".py", ".so") or file.name == "METADATA":  # DuckDB reads its own version there
                archive.write(str(file.locate()), f"python/{file}")
    made = cloud.client("lambda").publish_layer_version(LayerName=NAME, Content={"ZipFile": body.getvalue()})
    return f"{NAME}:{made['Version']}"


def run_with_this_python(deployed: DeployedMapReduce) -> None:
    """The mapper alone needs the engine."""
    deployed.cloud.client("lambda").update_function_configuration(
        FunctionName=deployed.workspace.mapper, Runtime=f"python3.{sys.version_info.minor}"
    )
