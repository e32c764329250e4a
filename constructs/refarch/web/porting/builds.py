"""Build files: flags that only compilers for x86 take, and .NET projects."""

from __future__ import annotations

import re
from collections.abc import Iterator

from refarch.web.porting.conditions import unconditional, under_a_condition
from refarch.web.porting.findings import BLOCKS, REVIEW, SOURCES, Finding

_X86_CPUS = (
    r"x86-64\S*|i[3-6]86|pentium\w*|core2|corei7\S*|nehalem|westmere|sandybridge|ivybridge|haswell|broadwell|"
    r"skylake\S*|cascadelake|icelake\S*|sapphirerapids|k8\S*|athlon\S*|opteron\S*|bdver\d|btver\d|znver\d"
)
_FLAG = re.compile(
    rf"(?<![\w-])-m(?:s?sse[\w.]*|avx[\w.]*|mmx|fma4?|bmi2?|pclmul|popcnt|f16c|aes|32|64|(?:arch|tune|cpu)=(?:{_X86_CPUS}))"
    r"(?=$|[\s\"',;)\]])"
)
_NATIVE = re.compile(r"-march=native")
_RUST = re.compile(rf"target-cpu=(?:{_X86_CPUS})|target-feature=\S*\+(?:sse[\w.]*|avx\w*)")
_PROBE = re.compile(
    r"check_\w*compiler_flag|has_(?:multi_)?arguments?|ax_check_|get_supported_arguments|try_compile", re.I
)
_FRAMEWORK = re.compile(r"<TargetFrameworkVersion>\s*(v[\d.]+)|<TargetFrameworks?>[^<]*\b(net(?:[1-3]\d|4\d+))\b", re.I)
_PLATFORM = re.compile(r"<(PlatformTarget|RuntimeIdentifiers?)>\s*([^<]+)<", re.IGNORECASE)


def flag_findings(path: str, text: str) -> Iterator[Finding]:
    """Flags outside conditions and probes for the processor."""
    lines = [re.sub(r"(^|\s)#(?!\s*(?:if|el|endif)).*", "", line) for line in text.splitlines()]
    for number, line in unconditional(lines):
        if _PROBE.search(line) or under_a_condition(lines, number):
            continue
        for found in [*_FLAG.finditer(line), *_RUST.finditer(line)]:
            yield _flag(path, number, found.group(), BLOCKS, "only compilers for x86 take it")
        if _NATIVE.search(line):
            yield _flag(path, number, "-march=native", REVIEW, "what is built runs only on machines like the builder's")


def _flag(path: str, number: int, flag: str, severity: str, why: str) -> Finding:
    return Finding(
        path=path,
        line=number,
        rule="instruction-set-flag",
        severity=severity,
        what=f"{flag}: {why}",
        remedy="set it only where the processor is x86; for Graviton 2 and later -mcpu=neoverse-n1 or -march=armv8.2-a",
        source=SOURCES["rust" if flag.startswith("target-") else "c"],
    )


def dotnet_findings(path: str, text: str) -> Iterator[Finding]:
    """.NET Framework runs on Windows on x86 only; .NET (Core) runs on Arm."""
    for number, line in enumerate(text.splitlines(), 1):
        if found := _FRAMEWORK.search(line):
            version = found.group(1) or found.group(2)
            yield _dotnet(
                path, number, f".NET Framework ({version})", "move to .NET 8 or later, which runs on Arm Linux"
            )
        if (found := _PLATFORM.search(line)) and _x86_only(found.group(2)):
            yield _dotnet(
                path, number, f"{found.group(1)} {found.group(2).strip()}", "add linux-arm64, or leave it to AnyCPU"
            )


def _x86_only(value: str) -> bool:
    parts = [part.strip().lower() for part in value.split(";") if part.strip()]
    return bool(parts) and all(part in ("x86", "x64") or part.endswith(("-x64", "-x86")) for part in parts)


def _dotnet(path: str, number: int, what: str, remedy: str) -> Finding:
    return Finding(
        path=path,
        line=number,
        rule="dotnet-target",
        severity=BLOCKS,
        what=f"{what}: there is none for Arm Linux",
        remedy=remedy,
        source=SOURCES["dotnet"],
    )
