"""Small trees with one trouble each, which must be found, and their portable twins, of which nothing may be said."""

from __future__ import annotations

import io
import json
import platform
import struct
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from refarch.cli.graviton import graviton
from refarch.web.porting import BLOCKS, REVIEW, scan
from refarch.web.porting.binaries import processor


def elf(machine: int) -> bytes:
    return b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HH", 3, machine) + bytes(44)


def portable_executable(machine: int, clr: int = 0) -> bytes:
    head = bytearray(1024)
    head[:2], head[60:64], head[128:132] = b"MZ", struct.pack("<I", 128), b"PE\0\0"
    head[132:134], head[152:154] = struct.pack("<H", machine), struct.pack("<H", 0x20B)
    head[152 + 112 + 8 * 14 : 152 + 116 + 8 * 14] = struct.pack("<I", clr)
    return bytes(head)


def zipped(**members: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name, body in members.items():
            archive.writestr(name.replace("__", "/") + ".so", body)
    return content.getvalue()


X86, ARM = elf(62), elf(183)
POETRY = '[[package]]\nname = "fast"\nversion = "1"\nfiles = [\n{files}]\n'
X86_WHEEL = '    {file = "fast-1-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", hash = "sha256:0"},\n'
ARM_WHEEL = X86_WHEEL.replace("x86_64", "aarch64")
SDIST = '    {file = "fast-1.tar.gz", hash = "sha256:0"},\n'
LOCK = {"lockfileVersion": 3, "packages": {"": {"name": "site"}}}


def npm(**package: object) -> str:
    return json.dumps({**LOCK, "packages": {"": {}, "node_modules/fast": package}}, indent=1)


TROUBLE: dict[str, tuple[str, str | bytes, str, int, str]] = {
    "intrinsics": ("src/a.c", "int x;\n#include <immintrin.h>\n", "x86-intrinsics", 2, BLOCKS),
    "cpuid": ("a.h", "#include <cpuid.h>\n", "x86-intrinsics", 1, BLOCKS),
    "intrinsics in a file of x86": ("src/sum_avx2.c", "#include <immintrin.h>\n", "x86-intrinsics", 1, REVIEW),
    "assembly": ("a.c", 'void f(void) {\n  __asm__ volatile("rdtsc" : "=a"(lo));\n}\n', "x86-assembly", 2, BLOCKS),
    "assembly over lines": (
        "a.cc",
        'void f() {\n asm("nop\\n"\n     "mov %%rax, %0");\n}\n',
        "x86-assembly",
        2,
        BLOCKS,
    ),
    "assembly file": ("sum.S", "sum:\n  movq %rdi, %rax\n", "x86-assembly", 2, BLOCKS),
    "the post's example": ("a.c", "int main() {\n  char c = -1;\n  return c;\n}\n", "char-signedness", 2, REVIEW),
    "char below zero": ("a.c", "char c;\nif (c < 0) return;\n", "char-signedness", 2, REVIEW),
    "char and EOF": ("a.c", "char c = getchar();\nwhile (c != EOF) c++;\n", "char-signedness", 2, REVIEW),
    "char in an array": ("a.c", "char b[9];\nif (b[i] >= 0) f();\n", "char-signedness", 2, REVIEW),
    "flag in make": ("Makefile", "CFLAGS = -O2 -mavx2\n", "instruction-set-flag", 1, BLOCKS),
    "flag in cmake": ("CMakeLists.txt", "add_compile_options(-msse4.2)\n", "instruction-set-flag", 1, BLOCKS),
    "march": ("build.mk", "X = -march=haswell\n", "instruction-set-flag", 1, BLOCKS),
    "native": ("Makefile", "CFLAGS += -march=native\n", "instruction-set-flag", 1, REVIEW),
    "m64": ("Makefile", "LDFLAGS=-m64\n", "instruction-set-flag", 1, BLOCKS),
    "setup": ("setup.py", "Extension('a', extra_compile_args=['-mavx'])\n", "instruction-set-flag", 1, BLOCKS),
    "rust": (".cargo/config.toml", 'rustflags = ["-C", "target-cpu=haswell"]\n', "instruction-set-flag", 1, BLOCKS),
    "platform": ("Dockerfile", "FROM --platform=linux/amd64 python:3.12\n", "x86-platform", 1, BLOCKS),
    "image": ("db/Dockerfile", "# database\nFROM mysql:5.7\n", "x86-image", 2, BLOCKS),
    "amd64 image": ("Dockerfile", "FROM amd64/debian:12\n", "x86-image", 1, BLOCKS),
    "download": (
        "Dockerfile",
        "FROM debian:12\nRUN curl -O https://example.com/tool-linux-amd64.tar.gz\n",
        "x86-download",
        2,
        BLOCKS,
    ),
    "compose": ("compose.yaml", "services:\n  web:\n    platform: linux/amd64\n", "x86-platform", 3, BLOCKS),
    "wheel by address": (
        "requirements.txt",
        "six\nhttps://example.com/fast-1-cp312-cp312-linux_x86_64.whl\n",
        "x86-wheel",
        2,
        BLOCKS,
    ),
    "locked wheel": ("poetry.lock", POETRY.format(files=X86_WHEEL), "x86-wheel", 1, BLOCKS),
    "locked wheel with source": ("uv.lock", POETRY.format(files=X86_WHEEL + SDIST), "x86-wheel", 1, REVIEW),
    "wheel file": ("wheels/fast-1-cp312-cp312-linux_x86_64.whl", b"", "x86-wheel", 0, BLOCKS),
    "node module": ("package-lock.json", npm(cpu=["x64"]), "x86-node-module", 5, BLOCKS),
    "node module not for arm": ("package-lock.json", npm(cpu=["!arm64"]), "x86-node-module", 5, BLOCKS),
    ".NET Framework": (
        "a.csproj",
        "<Project>\n<TargetFrameworkVersion>v4.7.2</TargetFrameworkVersion>\n</Project>",
        "dotnet-target",
        2,
        BLOCKS,
    ),
    "net48": ("a.csproj", "<TargetFramework>net48</TargetFramework>", "dotnet-target", 1, BLOCKS),
    "x64 only": ("a.csproj", "<PlatformTarget>x64</PlatformTarget>", "dotnet-target", 1, BLOCKS),
    "library": ("lib/libfast.so", X86, "x86-binary", 0, BLOCKS),
    "32 bit": ("bin/tool", elf(3), "x86-binary", 0, BLOCKS),
    "static library": ("lib/libfast.a", b"!<arch>\n" + b"a.o/".ljust(60) + X86, "x86-binary", 0, BLOCKS),
    "Windows program": ("tool.exe", portable_executable(0x8664), "x86-binary", 0, BLOCKS),
    "jar": ("app.jar", zipped(native__linux__fast=X86), "x86-in-archive", 0, BLOCKS),
    "go": ("sum/sum_amd64.s", "TEXT sum(SB)\n", "go-amd64-only", 0, BLOCKS),
}

PORTABLE: dict[str, dict[str, str | bytes]] = {
    "guarded intrinsics": {
        "a.c": "#if defined(__x86_64__)\n#include <immintrin.h>\n#else\n#include <arm_neon.h>\n#endif\n"
    },
    "guarded by the other": {"a.c": '#ifdef __aarch64__\nint a;\n#else\nvoid f() { __asm__("cpuid"); }\n#endif\n'},
    "guarded within": {"a.c": "#ifdef HAVE_AVX2\n#ifndef NO\n#include <immintrin.h>\n#endif\n#endif\n"},
    "in a comment": {
        "a.c": '/* #include <immintrin.h>\n asm("cpuid") */\n// char c = -1;\nint main(void) { return 0; }\n'
    },
    "in a string": {"a.c": 'const char *text = "char c = -1; c < 0";\n'},
    "a barrier": {"a.c": '#define fence() __asm__ volatile("" ::: "memory")\n'},
    "arm assembly": {"a.c": 'void f(void) { __asm__("dmb ish" ::: "memory"); }\n'},
    "signed char": {"a.c": "signed char c = -1;\nif (c < 0) f();\n"},
    "unsigned char": {"a.c": "unsigned char c;\nif (c >= 0) f();\n"},
    "int": {"a.c": "int c = getchar();\nif (c != EOF || c < 0) f();\n"},
    "another of the name": {"a.c": "char c = 'a';\nuse(c);\n}\nvoid g() {\nint c = -1;\nif (c < 0) f();\n"},
    "a pointer": {"a.c": "char *p = next();\nif (p == NULL) f();\n"},
    "compared with a letter": {"a.c": "char c = *p;\nif (c <= 'z' && c > 0) f();\n"},
    "compiled with signed char": {"Makefile": "CFLAGS = -fsigned-char\n", "a.c": "char c = -1;\n"},
    "guarded flag": {"Makefile": "ifeq ($(ARCH),x86_64)\nCFLAGS += -mavx2\nendif\nCFLAGS += -O2\n"},
    "guarded in cmake": {
        "CMakeLists.txt": 'if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64")\n  add_compile_options(-mavx2)\nendif()\n'
    },
    "probed": {"CMakeLists.txt": "check_c_compiler_flag(-mavx2 HAS_AVX2)\n"},
    "guarded in python": {"setup.py": "if platform.machine() == 'x86_64':\n    flags = ['-msse4.2']\n"},
    "arm flags": {"Makefile": "CFLAGS = -mcpu=neoverse-n1 -march=armv8.2-a -fopenmp -mtune=generic -O2\n"},
    "a commented flag": {"Makefile": "# CFLAGS = -mavx2\n"},
    "image": {
        "Dockerfile": "FROM --platform=$BUILDPLATFORM golang:1.24\nFROM public.ecr.aws/docker/library/debian:12\n"
    },
    "download by processor": {
        "Dockerfile": "FROM debian:12\nARG TARGETARCH\nRUN curl -O https://example.com/a-linux-$TARGETARCH.tgz\n"
    },
    "newer mysql": {"compose.yaml": "services:\n  db:\n    image: mysql:8.4\n"},
    "requirements": {"requirements.txt": "numpy==2.1.0 --hash=sha256:00\nsix\nfast-1-py3-none-any.whl\n"},
    "marked wheel": {
        "requirements.txt": 'https://a.example/fast-1-cp312-cp312-linux_x86_64.whl ; platform_machine == "x86_64"\n'
    },
    "lock": {"poetry.lock": POETRY.format(files=X86_WHEEL + ARM_WHEEL)},
    "wheels for Windows and source": {
        "poetry.lock": POETRY.format(
            files=X86_WHEEL.replace("manylinux_2_17_x86_64.manylinux2014_x86_64", "win_amd64") + SDIST
        )
    },
    "pure wheel": {"a-1-py3-none-any.whl": zipped()},
    "optional node module": {"package-lock.json": npm(cpu=["x64"], optional=True)},
    "node module for both": {"package-lock.json": npm(cpu=["x64", "arm64"])},
    ".NET": {"a.csproj": "<TargetFramework>net8.0</>\n<RuntimeIdentifiers>linux-x64;linux-arm64</RuntimeIdentifiers>"},
    ".NET Standard": {"a.csproj": "<TargetFramework>netstandard2.0</TargetFramework>"},
    "any processor's assembly": {"a.dll": portable_executable(0x14C, clr=0x2008)},
    "siblings": {"runtimes/linux-x64/libfast.so": X86, "runtimes/linux-arm64/libfast.so": ARM},
    "jar for both": {"a.jar": zipped(linux__x64=X86, linux__arm64=ARM)},
    "go with another": {"sum_amd64.s": "TEXT sum(SB)\n", "sum_other.go": "//go:build !amd64\n\npackage sum\n"},
    "go with arm": {"sum_amd64.go": "package sum\n", "sum_arm64.s": "TEXT sum(SB)\n"},
    "cgo": {"a.go": 'package a\n\nimport "C"\n'},
    "vendored": {"node_modules/a/a.node": X86, ".git/hook": X86},
}


def plant(root: Path, files: Mapping[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


@pytest.mark.parametrize("name", TROUBLE)
def test_trouble_is_found_where_it_is(tmp_path: Path, name: str) -> None:
    path, content, rule, line, severity = TROUBLE[name]
    found = scan(plant(tmp_path, {path: content})).findings
    assert [(each.path, each.line, each.rule, each.severity) for each in found] == [(path, line, rule, severity)]
    assert found[0].remedy
    assert found[0].source.startswith("https://")


@pytest.mark.parametrize("name", PORTABLE)
def test_nothing_is_said_of_portable_trees(tmp_path: Path, name: str) -> None:
    assert scan(plant(tmp_path, PORTABLE[name])).findings == ()


def test_it_says_what_it_looked_at_and_what_it_left_out(tmp_path: Path) -> None:
    files = {"a.c": "int a;\n", "Dockerfile": "FROM debian:12\n", "node_modules/b.c": "", "bad.jar": "no zip"}
    files["package-lock.json"] = npm(hasInstallScript=True)
    report = scan(plant(tmp_path, files))
    assert report.looked_at["C and C++ files"] == report.looked_at["container files"] == 1
    assert any(each.startswith("node_modules/") for each in report.left_out)
    assert any(each.startswith("bad.jar") for each in report.left_out)
    assert "fast" in report.notes[0]


@pytest.mark.parametrize(("fail_on", "code"), [("never", 0), ("blocks", 0), ("review", 1)])
def test_the_exit_code_is_as_asked(tmp_path: Path, fail_on: str, code: int) -> None:
    plant(tmp_path, {"a.c": "char c = -1;\n"})
    done = CliRunner().invoke(graviton, ["check", str(tmp_path), "--fail-on", fail_on])
    assert done.exit_code == code
    for said in ("a.c:1", "-fsigned-char", "Found: 0 that block, 1 to review.", "Looked at: 1 C and", "Cannot know:"):
        assert said in done.output


def test_a_finding_that_blocks_fails_by_default_and_json_has_everything(tmp_path: Path) -> None:
    plant(tmp_path, {"Makefile": "A=-mavx\n"})
    done = CliRunner().invoke(graviton, ["check", str(tmp_path), "--format", "json"])
    assert done.exit_code == 1
    document = json.loads(done.output)
    assert document["findings"][0]["line"] == 1
    assert document["looked_at"] == {"build files": 1}
    assert document["cannot_know"]


def test_this_very_checkout_has_nothing_that_blocks() -> None:
    assert scan(Path(__file__).parents[3] / "constructs").count(BLOCKS) == 0


def test_a_real_program_of_this_machine_is_told_by_its_header() -> None:
    expected = {"x86_64": "x86", "aarch64": "arm64"}.get(platform.machine(), "other")
    assert processor(Path(sys.executable).resolve().read_bytes()[:4096]) == expected


def test_sizes_show_the_date_and_computed_savings() -> None:
    done = CliRunner().invoke(graviton, ["sizes"])
    assert "as of 2026-02-09" in done.output
    assert "t4g.2xlarge  t3.2xlarge   19.2%" in done.output
    document = json.loads(CliRunner().invoke(graviton, ["sizes", "--format", "json"]).output)
    assert document["a1"][0]["type"] == "a1.medium"
    assert document["a1"][1]["instead"][0]["usd_a_gib_hour"] == 0.0084
