"""Build contexts hold all that a job imports, and Dockerfiles pin what they build on. No image is built here."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from refarch.genomics.images import TOOLS, UnknownToolError, build_context

DEBIAN = {"bcftools", "bwa", "freebayes", "samtools", "snpeff"}


@pytest.mark.parametrize("tool", TOOLS)
def test_a_context_loads_nothing_from_the_project(tool: str, tmp_path: Path) -> None:
    context = build_context(tool, tmp_path / "context")
    module = re.findall(r"refarch\.genomics\.jobs\.\w+", (context / "Dockerfile").read_text())[-1]
    code = f"import sys; sys.path[:0] = [{str(context / 'python')!r}]; import {module}; "
    code += "print({m.__file__ for n, m in sys.modules.items() if n.startswith('refarch')})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = re.findall(r"'([^']+)'", done.stdout)
    assert loaded
    assert [path for path in loaded if not path.startswith(str(context))] == []


@pytest.mark.parametrize("tool", TOOLS)
def test_a_dockerfile_pins_its_bases_and_packages(tool: str, tmp_path: Path) -> None:
    text = (build_context(tool, tmp_path / "context") / "Dockerfile").read_text()
    bases = re.findall(r"^ARG \w*BASE=(\S+)", text, re.MULTILINE)
    assert bases
    assert all(re.fullmatch(r"debian:[\w-]+@sha256:[0-9a-f]{64}", base) for base in bases)
    assert set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) <= {"${BASE}", "${BUILD_BASE}"}
    assert ("python3-boto3=" in text, "latest" in text) == (True, False)
    if tool in DEBIAN:
        assert re.search(rf"(lib)?{tool}(-java)?=\d", text)
    else:
        assert "sha256sum -c -" in text


def test_a_context_does_not_mix_with_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "x").touch()
    with pytest.raises(FileExistsError, match="is not empty"):
        build_context("bwa", tmp_path)
    with pytest.raises(UnknownToolError, match="no tool 'gatk'; there are bcftools"):
        build_context("gatk", tmp_path / "new")
