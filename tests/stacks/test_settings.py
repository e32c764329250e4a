"""Settings of a stack from CDK context: converted, and every problem at once."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from stacks.settings import InvalidSettingsError, load_settings


@dataclass(frozen=True, kw_only=True)
class Settings:
    concurrent_lambdas: int = 100
    share: float = 0.5
    tracing: bool = False
    prefix: str = ""


def load(**context: object) -> Settings:
    return load_settings(Settings, "Jobs", {f"Jobs.{key}": value for key, value in context.items()})


def test_defaults_without_context() -> None:
    assert load() == Settings()


@pytest.mark.parametrize("value", ["20", 20, " 20 "])
def test_numbers_come_as_text_from_the_command_line_and_as_numbers_from_cdk_json(value: object) -> None:
    assert load(concurrent_lambdas=value).concurrent_lambdas == 20


@pytest.mark.parametrize(("value", "wanted"), [("true", True), ("TRUE", True), (True, True), ("false", False)])
def test_truth_is_a_word(value: object, wanted: bool) -> None:
    assert load(tracing=value).tracing is wanted


def test_floats_and_text() -> None:
    assert load(share="0.25", prefix="a b/") == Settings(share=0.25, prefix="a b/")


def test_the_keys_of_other_stacks_and_of_the_cdk_are_left_alone() -> None:
    context = {"Other.tracing": "x", "aws:cdk:bundling-stacks": [], "JobsToo.tracing": "x", "Jobs": "x"}
    assert load_settings(Settings, "Jobs", context) == Settings()


def test_every_problem_in_one_message_with_the_nearest_key() -> None:
    with pytest.raises(InvalidSettingsError) as caught:
        load(concurent_lambdas=5, tracing="yes", concurrent_lambdas="1.5", share="much", zzz=1)
    assert str(caught.value).split("; ") == [
        "Jobs.concurent_lambdas is no setting",
        "did you mean Jobs.concurrent_lambdas?",
        "Jobs.tracing is 'yes', allowed: true or false",
        "Jobs.concurrent_lambdas is '1.5', allowed: a whole number",
        "Jobs.share is 'much', allowed: a number",
        "Jobs.zzz is no setting",
        "known: concurrent_lambdas, share, tracing, prefix",
    ]
