"""Lambda functions as declared, and what is in front of them: interpreters, aliases, templates, map runs, permissions.

Each module repairs one thing and has `install`.
"""

from __future__ import annotations

from refarch.local.rooms import Context


def install(context: Context) -> None:
    """Install this room, once, in the emulator's process."""
    # Imported here: `environment` takes what the server must know from this room, and needs none of the rest.
    from refarch.local.functions import (
        accounts,
        alarm_evaluation,
        alarm_permissions,
        alarms,
        aliases,
        authorizer_permissions,
        delivery_permissions,
        front_door_permissions,
        gateway_templates,
        map_history,
        map_redrives,
        map_runs,
        pass_role_permissions,
        redrives,
        request_validators,
        workers,
        workflow_permissions,
    )

    workers.install(context)
    accounts.install()
    aliases.install()
    alarms.install()
    alarm_evaluation.install()
    request_validators.install()
    gateway_templates.install()
    map_runs.install()
    map_history.install()
    map_redrives.install()
    redrives.install()
    if context.enforce_permissions:
        workflow_permissions.install()
        delivery_permissions.install()
        front_door_permissions.install()
        pass_role_permissions.install()
        alarm_permissions.install()
        authorizer_permissions.install()
