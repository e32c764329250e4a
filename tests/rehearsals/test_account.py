"""The account of a rehearsal: a check that does not hold ends it, and says what was seen."""

from __future__ import annotations

import io

import pytest
from click.testing import CliRunner
from rich.console import Console

from refarch.cli.rehearse import module_name, rehearse
from rehearsals.account import Account, RehearsalFailed, eventually


@pytest.fixture
def account() -> Account:
    return Account(console=Console(file=io.StringIO(), width=200))


def text_of(account: Account) -> str:
    file = account.console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_what_holds_is_said_and_counted(account: Account) -> None:
    account.check(1, "one is one")
    account.verdict()
    assert account.checked == ["one is one"]
    assert "1 promises kept" in text_of(account)


def test_what_does_not_hold_ends_the_rehearsal(account: Account) -> None:
    with pytest.raises(RehearsalFailed, match="two is one; seen: 2"), account.step("Count"):
        account.check([], "two is one", 2)
    assert "x Count: failed" in text_of(account)


def test_eventually_gives_what_it_saw_or_gives_up() -> None:
    answers = iter([0, 0, "yes"])
    assert eventually(lambda: next(answers), within=5, what="an answer", every=0) == "yes"
    with pytest.raises(RehearsalFailed, match="never: not within 0 s; last seen: 0"):
        eventually(lambda: 0, within=0, what="never", every=0)


@pytest.mark.parametrize(("stack", "module"), [("MapReduce", "map_reduce"), ("EcsSpot", "ecs_spot"), ("A", "a")])
def test_a_stack_has_its_name_in_every_room(stack: str, module: str) -> None:
    assert module_name(stack) == module


def test_a_stack_without_a_rehearsal_is_said_clearly() -> None:
    result = CliRunner().invoke(rehearse, ["NoSuchStack"])
    assert result.exit_code == 1
    assert "no rehearsal of 'NoSuchStack': expected rehearsals/no_such_stack.py" in result.output
