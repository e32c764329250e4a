"""What an UpdatePolicy makes of a changed template: nothing, other instances, or another group."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from refarch.local.compute.scaling.groups import Group, is_current
from refarch.local.compute.scaling.policy import serving
from refarch.local.compute.scaling.replacing import policies, preferences, refresh, signals
from refarch.local.compute.scaling.replacing.definitions import Definition
from refarch.local.compute.scaling.replacing.rolling_update import RollingUpdate
from refarch.local.compute.scaling.settings import typed
from refarch.local.compute.wire import ApiError, coerce, model

LOOK = 0.05


def replaces(definition: Definition, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether the update makes a new group (WillReplace). Raises `ValueError` for a policy that cannot be.

    A rollback never does: the old group is still there, and goes on.
    """
    policies.rolling(definition.attributes)
    policies.refreshing(definition.attributes)
    willing = policies.replacing(definition.attributes) and not definition.rolling_back
    return willing and policies.triggered(typed(old), typed(new))


def replace_instances(definition: Definition, group: Group) -> None:
    """As the policy of the group says; without one, running instances stay as they are. Raises `ValueError`."""
    rolling = policies.rolling(definition.attributes)
    if rolling is not None:
        RollingUpdate(definition, group, rolling).run()
        return
    wanted = policies.refreshing(definition.attributes)
    if wanted is not None and serving(group):
        _refresh(definition, group, wanted)


def _refresh(definition: Definition, group: Group, wanted: Mapping[str, Any]) -> None:
    shape = model("autoscaling").operation_model("StartInstanceRefresh").input_shape.members["Preferences"]
    try:
        begun = refresh.begin(group, coerce(shape, dict(wanted)), {}, preferences.OF_TEMPLATE)
    except ApiError as error:
        raise ValueError(str(error)) from error
    told = f"Instance refresh {begun['InstanceRefreshId']} started."
    definition.tell(signals.UPDATING, told, group["AutoScalingGroupName"])
    while "EndTime" not in begun and is_current(group):
        time.sleep(LOOK)
    if begun["Status"] != "Successful":
        why = begun.get("StatusReason") or "it was cancelled"
        raise ValueError(f"Instance refresh {begun['InstanceRefreshId']} ended as {begun['Status']}: {why}")
