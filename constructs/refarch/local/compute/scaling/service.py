"""Which action of the Auto Scaling API is answered by what of this room."""

from __future__ import annotations

from refarch.local import adapter
from refarch.local.compute.scaling import alarms, api, instance_api, keeper, more_api, stacks
from refarch.local.compute.scaling.replacing import boots, refresh, signals
from refarch.local.compute.wire import Action, served

ACTIONS: dict[str, Action] = {
    "CreateAutoScalingGroup": api.create,
    "UpdateAutoScalingGroup": api.update,
    "DeleteAutoScalingGroup": api.delete,
    "DescribeAutoScalingGroups": api.describe,
    "DescribeAutoScalingInstances": api.describe_instances,
    "DescribeScalingActivities": api.describe_activities,
    "SetDesiredCapacity": api.set_desired,
    "SuspendProcesses": api.suspend,
    "ResumeProcesses": api.resume,
    "PutLifecycleHook": api.put_hook,
    "DescribeLifecycleHooks": api.describe_hooks,
    "CompleteLifecycleAction": api.complete_action,
    "RecordLifecycleActionHeartbeat": api.heartbeat,
    "TerminateInstanceInAutoScalingGroup": instance_api.terminate,
    "AttachInstances": instance_api.attach,
    "DetachInstances": instance_api.detach,
    "EnterStandby": instance_api.enter_standby,
    "ExitStandby": instance_api.exit_standby,
    "SetInstanceHealth": instance_api.set_health,
    "SetInstanceProtection": instance_api.set_protection,
    "StartInstanceRefresh": refresh.start,
    "DescribeInstanceRefreshes": refresh.describe,
    "CancelInstanceRefresh": refresh.cancel,
    "RollbackInstanceRefresh": refresh.roll_back,
    "AttachLoadBalancerTargetGroups": more_api.attach_target_groups,
    "DetachLoadBalancerTargetGroups": more_api.detach_target_groups,
    "DescribeLoadBalancerTargetGroups": more_api.describe_target_groups,
    "PutNotificationConfiguration": more_api.put_notifications,
    "DeleteNotificationConfiguration": more_api.delete_notifications,
    "DescribeNotificationConfigurations": more_api.describe_notifications,
    "DescribeAutoScalingNotificationTypes": more_api.describe_notification_types,
    "ExecutePolicy": more_api.execute_policy,
}


def install() -> None:
    actions = adapter.read("scaling actions")
    for name, action in ACTIONS.items():
        actions[name] = served("autoscaling", name, action)
    keeper.install()
    signals.install()
    boots.install()
    stacks.install()
    alarms.install()
