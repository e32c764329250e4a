"""Settings of SpotInterruption: whose instances must be said, and everything wrong is told at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacks.app_factory import build_app
from stacks.settings import InvalidSettingsError


def message_of(tmp_path: Path, **settings: str) -> str:
    context = {f"SpotInterruption.{name}": value for name, value in settings.items()}
    with pytest.raises(InvalidSettingsError) as caught:
        build_app(["SpotInterruption"], context=context, outdir=str(tmp_path))
    return str(caught.value)


def test_everything_that_is_wrong_is_in_one_message(tmp_path: Path) -> None:
    message = message_of(
        tmp_path,
        every_instance="true",
        clusters="web",
        deregistration_delay="110",
        on_rebalance="panic",
        target_group_tags="Team",
        lifecycle_hooks="true",
        remove_data="true",
    )
    for said in (
        "every_instance is True, allowed: without auto_scaling_groups, clusters and tags",
        "= 160 s', allowed: 120 s (40 s too long)",
        "on_rebalance is 'panic', allowed: one of notify, drain, ignore",
        "target_group_tags is 'Team', allowed: key=value",
        "lifecycle_hooks is True, allowed: only with auto_scaling_groups",
        "remove_data is True",
    ):
        assert said in message


def test_nobody_is_everybody_by_accident(tmp_path: Path) -> None:
    assert "tags is '', allowed: some, or auto_scaling_groups" in message_of(tmp_path, tags="")
