"""The pytest plugin: `gate` compares what an app synthesizes with the template that was agreed.

    def test_nothing_deployed_is_lost(gate):
        gate.assert_contract(Template.from_stack(stack), "contracts/orders.template.json")

    def test_the_same(gate):
        assert Template.from_stack(stack) == gate.contract("contracts/orders.template.json")

`pytest --gate-update` writes the stored templates anew. A missing one fails: nobody agreed to it yet.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from refarch.gate.reports import Report

_UPDATE = "--gate-update"


class Contract:
    """A stored template; equal to one whose differences the policy lets pass."""

    def __init__(self, gate: Gate, path: Path, fail_on: Sequence[str], parameters: Mapping[str, str] | None) -> None:
        self.gate, self.path, self.fail_on, self.parameters = gate, path, fail_on, parameters
        self.report: Report | None = None

    def __eq__(self, template: object) -> bool:
        self.report = self.gate.check(template, self.path, fail_on=self.fail_on, parameters=self.parameters)
        return not self.report.failing

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<contract {self.path}>"

    def explanation(self) -> list[str]:
        """Why it was not equal, for the failed assertion."""
        from refarch.gate.reports import render

        if self.report is None:
            return []
        how = f"pytest {_UPDATE} writes {self.path.name} anew, once this is agreed"
        return [f"the change breaks {self.path}", *render(self.report, "table").splitlines(), how]


class Gate:
    """What the fixture gives. Relative paths start at the folder of the test, then at the root of the project."""

    def __init__(self, here: Path, root: Path, update: bool) -> None:
        self.here, self.root, self.update = here, root, update

    def contract(
        self,
        path: str | Path,
        *,
        fail_on: Sequence[str] = ("data-loss", "replace"),
        parameters: Mapping[str, str] | None = None,
    ) -> Contract:
        """For `assert template == gate.contract(path)`. `fail_on` as of the command line."""
        return Contract(self, self._path(path), fail_on, parameters)

    def assert_contract(
        self,
        template: object,
        path: str | Path,
        *,
        fail_on: Sequence[str] = ("data-loss", "replace"),
        parameters: Mapping[str, str] | None = None,
    ) -> None:
        """Fail the test when the change from the stored template breaks the policy; the message is the whole table.

        `template` is a mapping, a path, or what has `to_json()` (the CDK's `Template`). `fail_on` names policies:
        never, data-loss, replace, broadening, any. Raises `TemplateError` for what is no template.
        """
        contract = self.contract(path, fail_on=fail_on, parameters=parameters)
        if contract != template:
            pytest.fail("\n".join(contract.explanation()), pytrace=False)

    def check(
        self, template: object, path: Path, *, fail_on: Iterable[str], parameters: Mapping[str, str] | None = None
    ) -> Report:
        """The report itself, for assertions of one's own. Acknowledgements are those of the project's root."""
        from refarch.gate.acknowledgements import FILE_NAME
        from refarch.gate.diff.findings import FailOn
        from refarch.gate.diff.report import report
        from refarch.gate.templates import parse

        text = _text(template)
        if self.update:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        if not path.exists():
            pytest.fail(f"{path} does not exist: look at the template, then pytest {_UPDATE} stores it", pytrace=False)
        return report(
            {path.name: parse(path.read_bytes(), path.name)},
            {path.name: parse(text, path.name)},
            fail_on=[FailOn(each) for each in fail_on],
            acknowledgements=self.root / FILE_NAME,
            today=date.today(),
            parameters=parameters,
            title=f"refarch gate {path.name}",
        )

    def _path(self, path: str | Path) -> Path:
        found = Path(path)
        if found.is_absolute():
            return found
        at_root = self.root / found
        return at_root if at_root.exists() and not (self.here / found).exists() else self.here / found


def _text(template: object) -> str:
    if isinstance(template, str | Path):
        return Path(template).read_text(encoding="utf-8")
    content: Any = template.to_json() if hasattr(template, "to_json") else template
    return json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--gate-update`."""
    group = parser.getgroup("refarch gate")
    group.addoption(_UPDATE, action="store_true", help="store the templates that the `gate` fixture compares with anew")


def pytest_assertrepr_compare(op: str, left: object, right: object) -> list[str] | None:
    """Say why a template is not its contract."""
    contract = next((each for each in (left, right) if isinstance(each, Contract)), None)
    return contract.explanation() if contract is not None and op == "==" else None


@pytest.fixture
def gate(request: pytest.FixtureRequest) -> Gate:
    """Compares templates with stored ones; see `Gate`."""
    return Gate(request.path.parent, request.config.rootpath, bool(request.config.getoption(_UPDATE)))
