"""Settings of the GravitonMigration stack."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class GravitonMigrationSettings:
    """Settings of the stack: `-c GravitonMigration.<name>=<value>`. Lists have commas between their parts."""

    blue_type: str = "t3.small"
    """Instance type of the old side: x86."""

    green_type: str = "t4g.small"
    """Instance type of the new side: Arm."""

    count: int = 2
    """Instances of each side, 1 to 20."""

    image: str = ""
    """A container image with variants for both processors, which listens on port 80. Default: a page of ours."""

    steps: str = "10,50,100"
    """Percentages of the new side."""

    bake_seconds: int = 600
    """How long alarms must be quiet at each step."""

    missing_data: str = "hold"
    """`hold`, `roll_back` or `ignore`: what an alarm without data means."""

    patience_seconds: int = 1800
    """With hold: how long data may be missing."""

    errors_a_minute: int = 5
    """So many answers 5xx of the new side in a minute take everything back."""

    hosted_zone_id: str = ""
    """With record_name: moves by weighted Route 53 records between two load balancers. Default: by one listener."""

    record_name: str = ""
    """In full, below the zone: `www.example.org`."""

    http_from: str = "0.0.0.0/0"
    """A list of networks that may ask."""

    notify_email: str = ""
    """Who gets mail of each step, after confirming it once."""

    remove_data: bool = False
    """State and logs go with the stack; also takes `-c refarch:remove-data-on-destroy=true`."""
