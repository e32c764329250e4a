"""Application Auto Scaling: the API as AWS has it, on this cloud's endpoint."""

from __future__ import annotations

from refarch.local import adapter, hooks
from refarch.local.resources.application_autoscaling import acting, protocol, store

SERVICE = "application-autoscaling"


def install() -> None:
    adapter.read("patterns of services")[SERVICE] = {"target_prefixes": ["AnyScaleFrontendService"]}
    adapter.read("services")[SERVICE] = protocol.handle
    acting.install()
    hooks.on_reset(SERVICE, store.empty)
    hooks.keeps(SERVICE, store.save, store.load)
