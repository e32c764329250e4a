"""Client tools that nobody here wrote, found or made ready for the tests."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sys
import tarfile
import uuid
from pathlib import Path

CACHE = Path(__file__).resolve().parents[2] / ".refarch" / "test-cache"
PACKAGES = ("aws_cdk", "aws_cdk.cloud_assembly_schema", "constructs")
APP = Path(__file__).with_name("typescript")


def aws_command() -> str:
    """The AWS CLI of the virtual environment. (Locked as a dependency of the tests, so it is there.)"""
    found = Path(sys.executable).with_name("aws")
    assert found.exists(), "no AWS CLI beside the interpreter: python3 bootstrap.py"
    return str(found)


def typescript_app(folder: Path) -> Path:
    """A copy of the TypeScript app beside the npm packages of the CDK.

    The Python packages of the CDK carry the very npm packages (with what these depend on), so nothing is downloaded:
    they are unpacked once, in some seconds, and kept.
    """
    app = folder / "team"
    shutil.copytree(APP, app)
    (app / "node_modules").symlink_to(node_modules())
    return app


def node_modules() -> Path:
    """A folder for Node with aws-cdk-lib and what it asks for, in the versions of the Python packages."""
    archives = [_archive(package) for package in PACKAGES]
    modules = CACHE / "-".join(path.name.removesuffix(".jsii.tgz") for path in archives) / "node_modules"
    if not modules.exists():
        unfinished = modules.parent.with_name(f"unfinished-{uuid.uuid4().hex}")
        for archive in archives:
            _unpack(archive, unfinished / "node_modules")
        modules.parent.parent.mkdir(parents=True, exist_ok=True)
        try:
            unfinished.rename(modules.parent)
        except OSError:  # another session was faster
            shutil.rmtree(unfinished)
    return modules


def _archive(package: str) -> Path:
    found = importlib.util.find_spec(package)
    assert found is not None
    assert found.origin is not None
    return next(Path(found.origin).parent.joinpath("_jsii").glob("*.jsii.tgz"))


def _unpack(archive: Path, modules: Path) -> None:
    with tarfile.open(archive) as content:
        members = [member for member in content if member.name.startswith("package/")]
        described = next(member for member in members if member.name == "package/package.json")
        name = json.load(content.extractfile(described) or sys.stdin)["name"]
        for member in members:
            member.name = member.name.removeprefix("package/")
        content.extractall(modules / name, members, filter="data")
