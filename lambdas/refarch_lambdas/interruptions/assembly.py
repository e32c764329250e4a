"""Puts a responder together from its settings."""

from __future__ import annotations

from collections.abc import Sequence

from refarch_lambdas.interruptions.actions import Action
from refarch_lambdas.interruptions.actions.command import RunCommand
from refarch_lambdas.interruptions.actions.complete import CompleteLifecycle
from refarch_lambdas.interruptions.actions.custom import CustomAction
from refarch_lambdas.interruptions.actions.deregister import Deregister
from refarch_lambdas.interruptions.actions.drain import Drain
from refarch_lambdas.interruptions.actions.membership import CleanMembership, CloudMapService
from refarch_lambdas.interruptions.actions.notify import Notify
from refarch_lambdas.interruptions.ledger import Ledger, NoLedger, TableLedger
from refarch_lambdas.interruptions.settings import Settings
from refarch_lambdas.interruptions.survey import Clients, OwnedGroups


def actions_of(settings: Settings, clients: Clients) -> Sequence[Action]:
    """The actions that the settings switch on, in the order in which they run."""
    owned = OwnedGroups(clients, settings.clusters)
    actions: list[Action] = [Deregister(clients, owned.now, discover=settings.discover_through_group)]
    if settings.clusters:
        actions.append(Drain(clients))
    if settings.services:
        actions.append(CleanMembership([CloudMapService(clients, each) for each in settings.services]))
    if settings.document:
        actions.append(RunCommand(clients, settings.document, settings.document_tag))
    actions += [CustomAction.load(each, clients) for each in settings.custom_actions]
    if settings.hooks:
        actions.append(CompleteLifecycle(clients, settings.hooks))
    if settings.topic:
        actions.append(Notify(clients, settings.topic))
    return actions


def ledger_of(settings: Settings, clients: Clients) -> Ledger:
    if not settings.table:
        return NoLedger()
    return TableLedger(clients("dynamodb"), settings.table, keep_days=settings.log_days)
