"""Lambda code as assets: the files that a function needs, no others, and a hash that moves with them only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import aws_cdk as cdk
import pytest
from aws_cdk import aws_lambda as lambda_

from refarch._shared import assets
from refarch._shared.assets import UnknownHandlerError, handler_code, handler_name, source_files


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A refarch_lambdas of our own."""
    package = tmp_path / "refarch_lambdas"
    for name in ("__init__.py", "_shared/__init__.py", "engine/core.py", "work/handler.py", "other/handler.py"):
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"# {name}\n")
    monkeypatch.setattr(assets, "_PACKAGE", package)
    return package


def staged(code: lambda_.Code) -> Path:
    """The folder that the asset is made of."""
    stack = cdk.Stack(cdk.App(), "Test")
    lambda_.Function(stack, "F", code=code, runtime=lambda_.Runtime.PYTHON_3_13, handler="x.y")
    path: Any = code.path  # type: ignore[attr-defined]
    return Path(path)


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_an_asset_holds_what_the_function_needs(package: Path, tmp_path: Path) -> None:
    extra = tmp_path / "job.py"
    extra.touch()
    folder = staged(handler_code("work", packages=("engine",), extra={"jobs/mine.py": extra}))
    inside = {
        f"refarch_lambdas/{name}"
        for name in ("__init__.py", "_shared/__init__.py", "engine/core.py", "work/handler.py")
    }
    assert files(folder) == {*inside, "jobs/mine.py"}


def test_caches_and_hidden_files_never_count(package: Path) -> None:
    before = staged(handler_code("work"))
    for name in ("work/__pycache__/handler.pyc", "work/.DS_Store", "work/old.pyc", "_shared/.git/x"):
        path = package / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("noise")
    assert staged(handler_code("work")) == before


def test_another_functions_change_does_not_count(package: Path) -> None:
    before = staged(handler_code("work"))
    (package / "other" / "handler.py").write_text("changed")
    assert staged(handler_code("work")) == before
    (package / "work" / "handler.py").write_text("changed")
    assert staged(handler_code("work")) != before


def test_an_unknown_function_names_those_that_there_are(package: Path) -> None:
    with pytest.raises(
        UnknownHandlerError, match="no Lambda function 'wrok' in refarch_lambdas; there are: other, work"
    ):
        handler_code("wrok")


def test_the_handler_is_named_as_lambda_imports_it() -> None:
    assert handler_name("work") == "refarch_lambdas.work.handler.handler"


def test_a_folder_inside_a_hidden_one_still_has_its_files(tmp_path: Path) -> None:
    """Only what is hidden below the folder counts, not where the folder is."""
    folder = tmp_path / ".venv" / "package"
    folder.mkdir(parents=True)
    (folder / "a.py").touch()
    assert [path.name for path in source_files(folder)] == ["a.py"]
