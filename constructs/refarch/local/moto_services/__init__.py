"""The services that the emulator lacks and moto has: the same endpoint, the same process, loaded when first called."""

from __future__ import annotations

from refarch.local.rooms import Context


def install(context: Context) -> None:
    from refarch.local import hooks
    from refarch.local.moto_services import kept, mount

    mount.install()
    hooks.on_reset("moto_services", mount.empty)
    hooks.keeps("moto_services", kept.save, kept.load)
