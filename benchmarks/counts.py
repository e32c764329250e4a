"""What each stack costs in counts that are the same on every machine: jsii calls, modules, bytes.

    python -m benchmarks.counts FOLDER [--budgets]

Builds each stack alone, validation off, into `FOLDER/<Stack>`, and prints one JSON object: stack to counts; `--budgets`
prints rows for budgets.toml instead. The limits are there; tests/benchmarks/test_budgets.py holds them.

Each stack is built in a fork that has the core of aws_cdk and nothing else, for the price of one start of Node: what
another stack imported is not there. The forks talk to one Node process, one after the other. (No fork on Windows.)
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from stacks.catalogue import CATALOGUE

HEADROOM: Final = 1.1
"""Of a budget over what was measured: room for a change that is meant, none for another kind of resource."""


@dataclass(frozen=True)
class Counts:
    """One stack. `calls`: messages to Node while it was built and synthesized; `modules`: of aws_cdk's services."""

    resources: int
    calls: int
    modules: int
    template_bytes: int
    asset_bytes: int

    @property
    def calls_per_resource(self) -> float:
        return self.calls / self.resources


def count(folder: Path) -> dict[str, Counts]:
    """Every stack of the catalogue, alone, in `folder/<Stack>`. Raises `RuntimeError` where one cannot be built."""
    import aws_cdk  # noqa: F401  (the core, once, for all forks)

    made = _counted_calls()
    for architecture in CATALOGUE:
        _in_a_fork(architecture.name, folder / architecture.name, made)
    counts = {each.name: folder / each.name / "counts.json" for each in CATALOGUE}
    return {name: Counts(**json.loads(path.read_text())) for name, path in counts.items()}


def _counted_calls() -> list[int]:
    """From now on, the one item is how many messages this process has sent to Node."""
    from jsii._kernel.providers.process import _NodeProcess

    made, send = [0], _NodeProcess.send

    def counted(self: Any, request: Any, response_type: Any) -> Any:
        made[0] += 1
        return send(self, request, response_type)

    _NodeProcess.send = counted  # type: ignore[method-assign]
    return made


def _in_a_fork(name: str, outdir: Path, made: list[int]) -> None:
    child = os.fork()
    if child == 0:
        code = 1
        try:
            _count_one(name, outdir, made)
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)  # no exit handlers: they would stop the Node process of the others
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        raise RuntimeError(f"{name} cannot be built alone")


def _count_one(name: str, outdir: Path, made: list[int]) -> None:
    from stacks.app_factory import build_app

    made[0] = 0
    build_app([name], outdir=str(outdir)).synth()
    calls, modules = made[0], len([each for each in sys.modules if each.count(".") == 1 and "aws_cdk.aws_" in each])
    template, assets = assembly_bytes(outdir)
    resources = len(json.loads((outdir / f"{name}.template.json").read_text())["Resources"])
    counts = Counts(resources, calls, modules, template, assets)
    (outdir / "counts.json").write_text(json.dumps(asdict(counts)))


def assembly_bytes(folder: Path) -> tuple[int, int]:
    """Bytes of all templates, and of all assets, in a cloud assembly."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assets = [path for path in files if path.relative_to(folder).parts[0].startswith("asset.")]
    templates = [path for path in files if path.name.endswith(".template.json") and path not in assets]
    return sum(path.stat().st_size for path in templates), sum(path.stat().st_size for path in assets)


def rows(counts: dict[str, Counts]) -> str:
    """Tables for budgets.toml, with `HEADROOM`."""
    lines = []
    for name, each in counts.items():
        lines += ["", f"[stacks.{name}]", f"calls_per_resource = {each.calls_per_resource * HEADROOM:.1f}"]
        lines += [f"modules = {each.modules}"]
        lines += [f"template_bytes = {_rounded(each.template_bytes)}", f"asset_bytes = {_rounded(each.asset_bytes)}"]
    return "\n".join(lines)


def _rounded(measured: int) -> int:
    return -(-int(measured * HEADROOM) // 1000) * 1000


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("folder", type=Path)
    options.add_argument("--budgets", action="store_true", help="rows for budgets.toml")
    chosen = options.parse_args()
    counts = count(chosen.folder)
    print(rows(counts) if chosen.budgets else json.dumps({name: asdict(each) for name, each in counts.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
