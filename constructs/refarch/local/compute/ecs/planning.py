"""What a service's scheduler does next, without AWS: which tasks stop and how many start.

Source: the ECS developer guide on rolling updates and on draining: `minimumHealthyPercent` bounds how few may run,
`maximumPercent` how many tasks there may be; PENDING tasks on a draining instance stop at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Seen:
    """A task that is not told to stop. `current`: of the deployment that is wanted. `draining`: its instance is."""

    key: str
    running: bool = True
    current: bool = True
    draining: bool = False
    born: float = 0.0


@dataclass(frozen=True)
class Plan:
    stop: tuple[str, ...] = ()
    start: int = 0


def plan(desired: int, minimum: int, maximum: int, tasks: Sequence[Seen]) -> Plan:
    """The next step towards `desired` current tasks; `minimum` and `maximum` are the two percentages."""
    at_once = [task for task in tasks if not task.running and (task.draining or not task.current)]
    staying = sorted((t for t in tasks if t.current and not t.draining), key=lambda t: (not t.running, t.born))
    surplus, staying = staying[desired:], staying[:desired]
    leaving = [task for task in tasks if task.running and (task.draining or not task.current)]
    lower, upper = -(-desired * minimum // 100), max(desired * maximum // 100, 1)
    serving = sum(task.running for task in staying)
    missing = desired - len(staying)
    stopping = list(leaving)
    if serving < desired:
        stopping = _may_stop(leaving, serving + len(leaving) - lower, missing - (upper - len(staying) - len(leaving)))
    start = max(0, min(missing, upper - len(staying) - len(leaving) + len(stopping)))
    return Plan(tuple(task.key for task in (*at_once, *surplus, *stopping)), start)


def _may_stop(leaving: Sequence[Seen], allowed: int, to_make_room: int) -> list[Seen]:
    """Tasks on draining instances stop as far as the minimum allows, others only to make room for their successors."""
    draining = [task for task in leaving if task.draining]
    old = [task for task in leaving if not task.draining]
    chosen = draining[: max(0, allowed)]
    room = max(0, min(allowed, to_make_room) - len(chosen))
    return chosen + old[:room]


def plan_daemon(hosts: Sequence[str], tasks: Sequence[tuple[str, str, bool]]) -> Plan:
    """One task on each of `hosts`, the active instances. `tasks`: (key, host, current). Old ones stop first."""
    stop = [key for key, host, current in tasks if not current or host not in hosts]
    covered = {host for key, host, _ in tasks if key not in stop}
    stop += _doubles([(key, host) for key, host, _ in tasks if key not in stop])
    return Plan(tuple(stop), len(set(hosts) - covered))


def _doubles(tasks: Sequence[tuple[str, str]]) -> list[str]:
    seen: set[str] = set()
    doubles = []
    for key, host in tasks:
        if host in seen:
            doubles.append(key)
        seen.add(host)
    return doubles
