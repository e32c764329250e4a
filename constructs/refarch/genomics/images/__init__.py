"""Container images of the jobs: a Dockerfile for each tool, and the build context with the job's own program in it.

refarch ships no tool. Debian's packages come from Debian when the image is built; Isaac and Strelka (GPL-3.0) are
fetched by the user's own build, with a checksum that the user gives.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import refarch
import refarch_lambdas

TOOLS = ("bcftools", "bwa", "freebayes", "isaac", "samtools", "snpeff", "strelka")
_HERE = Path(__file__).parent
_REFARCH = Path(refarch.__file__).parent
_LAMBDAS = Path(refarch_lambdas.__file__).parent
_MODULES = ("__init__.py", "genomics/__init__.py")
_SHARED = ("__init__.py", "genomics/__init__.py", "genomics/s3_uris.py")


class UnknownToolError(LookupError):
    """No such tool. The message names those that there are."""


def build_context(tool: str, folder: Path) -> Path:
    """Write what `docker build` needs for the image of `tool` into `folder`, which must be new or empty; the folder.

    The same version of refarch gives the same files, so that an unchanged image is not built again.
    Raises `UnknownToolError`, and `FileExistsError` when something is there already.
    """
    if tool not in TOOLS:
        raise UnknownToolError(f"no tool {tool!r}; there are {', '.join(TOOLS)}")
    if folder.exists() and any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty: give a new folder for the build context")
    jobs = _REFARCH / "genomics" / "jobs"
    files = {"Dockerfile": _HERE / tool / "Dockerfile"}
    files |= {f"python/refarch/{name}": _REFARCH / name for name in _MODULES}
    files |= {f"python/refarch/genomics/jobs/{path.name}": path for path in sorted(jobs.glob("*.py"))}
    files |= {f"python/refarch_lambdas/{name}": _LAMBDAS / name for name in _SHARED}
    for name, source in files.items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
    return folder
