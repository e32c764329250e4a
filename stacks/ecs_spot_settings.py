"""Settings of the EcsSpot stack."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class EcsSpotSettings:
    """Settings of the stack: `-c EcsSpot.<name>=<value>`. Lists have commas between their parts."""

    target_capacity: int = 2
    """Spot instances that there always are. The original's ecsClusterTargetCapacity."""

    max_capacity: int = 10
    """Most instances of each of the two groups."""

    instance_types: str = ""
    """A list, of one architecture. Default: six types of three families. The original's instanceType was one."""

    architecture: str = ""
    """`arm64` or `x86_64`. Default: that of the types, else `arm64`."""

    on_demand_base: int = 0
    """Tasks of a service that are On-Demand before any share counts."""

    on_demand_weight: int = 0
    spot_weight: int = 1

    target_capacity_percent: int = 80
    """How full managed scaling keeps the instances. 80 leaves room for the tasks of one that is reclaimed."""

    zones: int = 2
    """Availability zones, 2 or more. More than two need an account and a region that are known at synthesis."""

    nat_gateways: int = 0
    """With none, instances are in public subnets, with public addresses and without open ports."""

    key_name: str = ""
    """An existing key pair for SSH. Default: none; Session Manager needs none. The original's keyName."""

    ssh_from: str = ""
    """A list of networks that may connect by SSH, never everybody. The original's sourceCidr."""

    desired_count: int = 4
    """Tasks of the sample service."""

    http_from: str = "0.0.0.0/0"
    """A list of networks that may ask the sample service."""

    certificate_arn: str = ""
    """An ACM certificate, which makes the sample service HTTPS."""

    deregistration_delay: int = 60
    """Seconds. With stop_timeout and 20 seconds for the event it must fit into 120."""

    stop_timeout: int = 30
    """Seconds."""

    max_instance_lifetime_days: int = 0
    """Replaces instances after so many days, 1 to 365. Default: never."""

    instance_logs: bool = True
    """Ships the instances' log files, as the original did."""

    log_retention_days: int = 7
    """Of the instances' and the service's logs: 1, 7, 30 or 365."""

    notify_email: str = ""
    """Who gets mail of each interruption and of each alarm, after confirming it once."""

    experiment: bool = True
    """A template of the Fault Injection Service, which some regions do not have."""

    scheduled_events: bool = False
    """Also tells of maintenance that AWS Health announces."""

    termination_protection: bool = False
    """Protects instances with tasks from scale-in, until the stack is deleted."""

    fargate: bool = False
    managed_instances: bool = False
    eni_trunking: bool = False
    tracing: bool = False

    remove_data: bool = False
    """Logs and the interruption log go with the stack; also takes `-c refarch:remove-data-on-destroy=true`."""
