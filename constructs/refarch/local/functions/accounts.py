"""Two accounts may have functions of the same name: a change of one leaves the processes of the other alone.

ministack ends them by name, in all accounts; two deployments of one stack in two accounts then hang.
"""

from __future__ import annotations

from typing import Any

from refarch.local import adapter


def install() -> None:
    invalidate = adapter.read("end workers of a function")

    def in_this_account(
        func_name: str, qualifier: str | None = None, account: str | None = None, region: str | None = None
    ) -> Any:
        account = account or adapter.read("account of the request")()
        region = region or adapter.read("region of the request")()
        return invalidate(func_name, qualifier, account, region)

    for name in PLACES:
        adapter.replace(name, in_this_account)


# The function under each name by which the emulator calls it.
PLACES = ("end workers of a function", "end workers in lambda")
