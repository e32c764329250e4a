"""What ministack does differently from AWS and an architecture would notice, one small module each.

Every module has `install`; `install_all` is called once, in the emulator's process, before it serves.
"""

from __future__ import annotations

from refarch.local.repairs import (
    asynchronous_invocations,
    conditions,
    function_errors,
    log_streams,
    message_batches,
    metric_math,
    named_resources,
    notified_functions,
    request_ids,
    resharding,
    secret_identities,
    stack_operations,
    worker_failures,
)


def install_all(async_slots: int, endpoint_url: str) -> None:
    """Make all repairs. The order matters: what a dead worker answers must be there before errors get their names."""
    worker_failures.install()
    function_errors.install()
    asynchronous_invocations.install(async_slots, endpoint_url)
    request_ids.install()
    notified_functions.install()
    message_batches.install()
    resharding.install()
    stack_operations.install()
    log_streams.install()
    named_resources.install()
    metric_math.install()
    secret_identities.install()
    conditions.install()
