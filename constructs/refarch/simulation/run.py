"""The simulation itself: one heap of events, and the requests between them.

With the responder, a notice is followed within seconds: the targets leave, open requests end in peace, tasks start
anew on instances that have room. Without it, nothing happens for two minutes; then the instance is gone with all that
is open, requests go on to it until a health check fails, and ECS looks for its tasks.
"""

from __future__ import annotations

import heapq
import math
from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import count
from random import Random

from refarch.simulation.assumptions import Assumptions
from refarch.simulation.fleet import Instance, Task
from refarch.simulation.outcome import CUT, DEAD, REFUSED, Outcome
from refarch.simulation.reclaims import horizon, reclaims

LEAD_SECONDS = 60.0
"""Traffic before each reclaim, so that queues are what they usually are."""
SETTLE_SECONDS = 60.0
"""Traffic after the last task is started, until nothing of the reclaim is left."""


def simulate(
    *, scenario: str, pools: int, responder: bool, facts: Assumptions | None = None, seed: int = 1, skip: bool = True
) -> Outcome:
    """Plays a scenario (`steady` or `storm`) and counts.

    `skip` counts the quiet stretches between reclaims as answered without playing them: a whole fleet at 60 percent
    load fails nothing. Raises `ValueError` for an unknown scenario, and for pools that do not share the fleet evenly.
    """
    facts = facts or Assumptions()
    if pools < 1 or facts.instances % pools:
        raise ValueError(f"pools is {pools}, allowed: a divisor of {facts.instances} instances")
    return _Play(facts, responder, pools, seed).play(scenario, skip=skip)


class _Play:
    def __init__(self, facts: Assumptions, responder: bool, pools: int, seed: int) -> None:
        self.facts, self.responder, self.pools = facts, responder, pools
        # Two streams, so that all cases of a seed meet the same moments of reclaim. For a model, not for secrets.
        self.luck, self.traffic = Random(f"{seed} reclaims"), Random(f"{seed} traffic")  # noqa: S311
        self.outcome = Outcome()
        self.events: list[tuple[float, int, Callable[[float], None]]] = []
        self.order = count()  # events of one moment happen in the order in which they were planned
        self.pending = 0  # tasks that wait for room
        self.in_turn: deque[Task] = deque()  # what the load balancer sends requests to
        self.instances = [Instance(number % pools, facts.room_an_instance) for number in range(facts.instances)]
        for instance in self.instances:
            for _ in range(facts.tasks_an_instance):
                self._serve(self._place(instance), 0.0)

    def play(self, scenario: str, *, skip: bool) -> Outcome:
        planned = reclaims(scenario, self.pools, self.facts, self.luck)
        for each in planned:
            self._at(LEAD_SECONDS + each.time, partial(self._notice, each.pool))
        self._at(LEAD_SECONDS + horizon(scenario, self.facts), self._nothing)
        now = 0.0
        while self.events:
            time, _, happen = heapq.heappop(self.events)
            if self._whole and time - now > LEAD_SECONDS + SETTLE_SECONDS:
                now = self._quiet(now, time - LEAD_SECONDS, skip=skip)
            now = self._traffic_until(now, time)
            happen(now)
        return self.outcome

    def _nothing(self, now: float) -> None:
        """The end."""

    def _quiet(self, now: float, until: float, *, skip: bool) -> float:
        """A stretch in which nothing happens: when the queues are what they usually are, ECS spreads the tasks evenly
        again."""
        now = self._traffic_until(now, now + SETTLE_SECONDS)
        tasks = [task for instance in self.instances for task in instance.tasks]
        for number, instance in enumerate(self.instances):
            instance.tasks = tasks[number :: len(self.instances)]
            for task in instance.tasks:
                task.instance = instance
        if not skip:
            return self._traffic_until(now, until)
        self.outcome.requests += round((until - now) * self.facts.requests_a_second)
        return until

    @property
    def _whole(self) -> bool:
        every = len(self.in_turn) == self.facts.tasks and len(self.instances) == self.facts.instances
        return every and not any(each.noticed for each in self.instances)

    def _at(self, time: float, happen: Callable[[float], None]) -> None:
        heapq.heappush(self.events, (time, next(self.order), happen))

    def _traffic_until(self, now: float, until: float) -> float:
        rate, chance, in_turn = self.facts.requests_a_second, self.traffic.random, self.in_turn
        while True:
            now -= math.log(1.0 - chance()) / rate
            if now >= until:
                return until
            self.outcome.send(now)
            if not in_turn:
                self.outcome.fail(REFUSED, now)
                continue
            in_turn.rotate(-1)
            task = in_turn[-1]
            if task.dead:
                self.outcome.fail(DEAD, now)
            elif not task.offer(now, *self._request()):
                self.outcome.fail(REFUSED, now)

    def _request(self) -> tuple[float, float]:
        """How long a slot works on the next request, and how long it stays open after that."""
        facts, chance = self.facts, self.traffic.random
        work = -math.log(1.0 - chance()) * facts.short_request
        if chance() < facts.long_requests:
            return work, facts.long_from + chance() * (facts.long_to - facts.long_from)
        return work, 0.0

    # What happens to instances.

    def _notice(self, pool: int, now: float) -> None:
        for instance in [each for each in self.instances if each.pool == pool]:
            instance.noticed = True
            self.outcome.reclaimed += 1
            if self.responder:
                self._at(now + self.facts.event_latency, partial(self._respond, instance))
            self._at(now + self.facts.notice, partial(self._end, instance))

    def _respond(self, instance: Instance, now: float) -> None:
        """Out of the target group at once; what is open may end within the delay; the tasks start elsewhere."""
        instance.draining = True
        for task in instance.tasks:
            self._leave(task, now)
            self._at(now + self.facts.deregistration_delay, partial(self._cut, task))
            self._replace_task(now)

    def _end(self, instance: Instance, now: float) -> None:
        instance.alive = False
        self.instances.remove(instance)
        for task in instance.tasks:
            self._cut(task, now)
            if not self.responder:
                self._at(now + self.facts.health_check, partial(self._leave, task))
                self._at(now + self.facts.loss_seen, self._replace_task)
        self._at(now + self.facts.replacement, partial(self._arrive, instance.pool))

    def _leave(self, task: Task, now: float) -> None:
        if task in self.in_turn:
            self.in_turn.remove(task)

    def _cut(self, task: Task, now: float) -> None:
        task.dead = True
        self.outcome.fail(CUT, now, task.cut(now))

    def _arrive(self, pool: int, now: float) -> None:
        """The next instance. The group spreads evenly again, so it counts to the pool of the one it replaces."""
        self.instances.append(Instance(pool, self.facts.room_an_instance))
        for _ in range(self.pending):
            self.pending -= 1
            self._replace_task(now)

    # What happens to tasks.

    def _replace_task(self, now: float) -> None:
        """Starts a task on the instance with the most room; where none has any, the next instance takes it."""
        host = max(self.instances, key=lambda each: each.free, default=None)
        if host is None or host.free < 1:
            self.pending += 1
            return
        task = self._place(host)
        self.outcome.restarted += 1
        self._at(now + self.facts.task_start, partial(self._serve, task))

    def _place(self, instance: Instance) -> Task:
        task = Task(instance, self.facts.slots, self.facts.queue)
        instance.tasks.append(task)
        return task

    def _serve(self, task: Task, now: float) -> None:
        """A task that was still starting when its instance left never gets a request."""
        if task.instance.alive and not task.instance.draining:
            self.in_turn.append(task)
