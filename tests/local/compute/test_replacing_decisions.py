"""How instances are replaced, decided without a cloud."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refarch.local.compute.scaling.replacing import policies, preferences
from refarch.local.compute.scaling.replacing.boots import Call, calls_of
from refarch.local.compute.scaling.replacing.lifetime import expired, next_look
from refarch.local.compute.scaling.replacing.pace import Pace, next_step, of_refresh, of_update
from refarch.local.compute.scaling.replacing.policies import Signals, verdict
from refarch.local.compute.wire import ApiError


@pytest.mark.parametrize(
    ("desired", "minimum", "maximum", "pace"),
    [
        (4, 50, 100, Pace(2, 4, 2)),
        (3, 90, 100, Pace(3, 4, 1)),
        (10, 90, 100, Pace(9, 10, 1)),
        (10, 0, 100, Pace(0, 10, 10)),
        (2, 100, 110, Pace(2, 3, 1)),
        (20, 100, 110, Pace(20, 22, 2)),
        (4, 100, 200, Pace(4, 8, 4)),
    ],
)
def test_a_refresh_keeps_its_share_healthy(desired: int, minimum: int, maximum: int, pace: Pace) -> None:
    assert of_refresh(desired, minimum, maximum) == pace


def test_a_rolling_update_launches_beforehand_only_as_far_as_the_group_may_grow() -> None:
    assert of_update(4, 2, 2, 8) == Pace(2, 4, 2)
    assert of_update(4, 4, 2, 8) == Pace(4, 6, 2)
    assert of_update(4, 4, 2, 5) == Pace(4, 5, 2)
    with pytest.raises(ValueError, match="less than the autoscaling group's MaxSize"):
        of_update(4, 4, 1, 4)


@given(
    desired=st.integers(1, 30),
    minimum=st.integers(0, 100),
    more=st.integers(0, 100),
    batch=st.none() | st.integers(1, 9),
)
def test_a_roll_ends_within_its_limits(desired: int, minimum: int, more: int, batch: int | None) -> None:
    pace = of_refresh(desired, minimum, max(100, minimum + more))
    pace = pace if batch is None else of_update(desired, min(pace.least, desired), batch, desired + batch)
    old, fresh = desired, pace.most - desired
    for _ in range(200):
        assert pace.least <= old + fresh <= pace.most
        if not old:
            break
        step = next_step(pace, desired, old + fresh, fresh, old)
        assert 0 <= step.launch <= step.end <= pace.batch
        assert step.end >= 1
        old, fresh = old - step.end, fresh + step.launch
        assert old + fresh - step.launch >= pace.least
    assert (old, fresh) == (0, desired)


def test_preferences_come_from_the_request_then_the_group_then_the_defaults() -> None:
    group = {"InstanceMaintenancePolicy": {"MinHealthyPercentage": 80, "MaxHealthyPercentage": 120}}
    chosen = preferences.of_group(
        group | {"HealthCheckGracePeriod": 60}, {"MinHealthyPercentage": 70}, preferences.OF_API
    )
    assert (chosen["MinHealthyPercentage"], chosen["MaxHealthyPercentage"], chosen["InstanceWarmup"]) == (70, 120, 60)
    wrong = {"MinHealthyPercentage": 120, "StandbyInstances": "Keep", "CheckpointPercentages": [50, 20]}
    with pytest.raises(ApiError) as caught:
        preferences.of_group({}, wrong, preferences.OF_API)
    for word in ("MinHealthyPercentage is 120", "StandbyInstances is 'Keep'", "CheckpointPercentages are [50, 20]"):
        assert word in str(caught.value)


def test_policies_of_a_template_have_the_defaults_of_cloudformation() -> None:
    rolling = policies.rolling({"UpdatePolicy": {"AutoScalingRollingUpdate": {"WaitOnResourceSignals": "true"}}})
    assert rolling is not None
    assert (rolling.batch, rolling.least, rolling.percent, rolling.pause, rolling.signals) == (1, 0, 100, 300, True)
    quiet = policies.rolling({"UpdatePolicy": {"AutoScalingRollingUpdate": {}}})
    assert quiet is not None
    assert quiet.pause == 0
    assert policies.creation({"CreationPolicy": {"ResourceSignal": {"Count": "2"}}}) == Signals(2, 300)
    assert policies.creation({}) is None
    assert policies.seconds("PT1H30M", "it") == 5400
    with pytest.raises(ValueError, match="PauseTime is 7200 s"):
        policies.rolling({"UpdatePolicy": {"AutoScalingRollingUpdate": {"PauseTime": "PT2H"}}})
    both: dict[str, Any] = {"AutoScalingInstanceRefresh": {}, "AutoScalingRollingUpdate": {}}
    with pytest.raises(ValueError, match="exclude"):
        policies.refreshing({"UpdatePolicy": both})


@pytest.mark.parametrize(
    ("percent", "good", "bad", "late", "answer"),
    [
        (100, 3, 1, False, "1 FAILURE signal(s) out of 4"),
        (100, 3, 0, False, None),
        (100, 4, 0, False, ""),
        (50, 2, 2, False, ""),
        (50, 2, 0, False, None),
        (50, 2, 0, True, ""),
        (50, 1, 3, False, "3 FAILURE signal(s) out of 4"),
        (100, 1, 0, True, "Failed to receive 3 resource signal(s)"),
    ],
)
def test_signals_are_enough_or_cannot_be_any_more(
    percent: int, good: int, bad: int, late: bool, answer: str | None
) -> None:
    found = verdict(Signals(4, 60, percent), good, bad, late=late)
    assert found == answer if not answer else answer in str(found)


def test_user_data_tells_which_resource_an_instance_signals() -> None:
    script = """#!/bin/bash -xe
    function exitTrap(){
    exitCode=$?
    /opt/aws/bin/cfn-signal --stack Web --resource Group1A2B --region us-east-1 -e $exitCode || echo 'no'
    }
    trap exitTrap EXIT
    cfn-signal -e 0 \\
       --stack=Web --resource "Other"
    cfn-signal -s false --stack Web --resource Broken; cfn-signal --exit-code 00 --stack Web --resource Fine
    # cfn-init --stack Web --resource Never
    """
    encoded = base64.b64encode(script.encode()).decode()
    assert calls_of(encoded) == [
        Call("Web", "Broken", fails=True),
        *(Call("Web", name) for name in ("Fine", "Group1A2B", "Other")),
    ]
    assert calls_of(None) == calls_of("not base64!") == []


def test_members_past_their_lifetime_go_few_at_a_time_and_the_oldest_first() -> None:
    def member(key: str, launched: float, state: str = "InService") -> dict[str, Any]:
        return {"InstanceId": key, "LifecycleState": state, "Launched": launched}

    group: dict[str, Any] = {"MaxInstanceLifetime": 86400, "Instances": [member("b", 20), member("a", 10)]}
    assert expired(group, 100) == []
    assert [m["InstanceId"] for m in expired(group, 86430)] == ["a"]
    assert next_look(group, 10) == 86400
    group["Instances"].append(member("c", 0, "Terminating:Wait"))
    assert expired(group, 86430) == []
    assert next_look({"Instances": group["Instances"]}, 10) is None
