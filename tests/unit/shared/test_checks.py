"""Checks of props: all problems at once, and tokens let through."""

from __future__ import annotations

import pytest
from aws_cdk import Token

from refarch._shared.checks import InvalidPropsError, Problems, is_known

NUMBER = Token.as_number({"Ref": "P"})


def test_every_problem_with_what_was_got_and_what_is_allowed() -> None:
    problems = Problems("Props")
    problems.between("size", 5, 10, 20, "MB")
    problems.between("share", 0.25, 0, 1)
    problems.one_of("colour", "blue", ("red", "green"))
    problems.check(False, "name", "", "not empty")
    with pytest.raises(InvalidPropsError) as caught:
        problems.raise_any()
    assert str(caught.value) == (
        "Props: size is 5, allowed: 10 to 20 MB; colour is 'blue', allowed: one of red, green; "
        "name is '', allowed: not empty"
    )


def test_without_a_problem_nothing_happens() -> None:
    problems = Problems("Props")
    problems.between("size", 10, 10, 20)
    problems.between("size", 20, 10, 20)
    problems.raise_any()


def test_a_token_passes_every_check() -> None:
    assert NUMBER < -1e280  # what it reads in Python; comparing it would always be wrong
    problems = Problems("Props")
    problems.between("size", NUMBER, 10, 20)
    problems.one_of("colour", Token.as_string({"Ref": "P"}), ("red",))
    problems.raise_any()
    assert not is_known(NUMBER)
    assert is_known(5)


@pytest.mark.parametrize(
    "value",
    [Token.as_string({"Ref": "P"}), f"a-{Token.as_string({'Ref': 'P'})}", NUMBER, Token.as_list({"Ref": "P"})],
    ids=["text", "part of a text", "number", "list"],  # a token's own text differs from run to run
)
def test_every_way_to_write_a_token_is_seen(value: object) -> None:
    assert not is_known(value)


@pytest.mark.parametrize("value", ["", "${Region}", "text", 0, -5, 1.5, True, None, [], ["a"], ("a", "b")])
def test_plain_values_are_known_without_asking_node(value: object, monkeypatch: pytest.MonkeyPatch) -> None:
    """A question costs a call into another process, and stacks have a hundred such values."""
    monkeypatch.setattr(Token, "is_unresolved", None)
    assert is_known(value)
