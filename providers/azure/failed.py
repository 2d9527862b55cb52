"""Why a member or an extension failed, where the instance view does not say: the error of its operation.

The URL of each creation's and installation's operation is kept in memory until it has been asked once. A process that did not
start the creation has none; then the member's own state has to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers.azure.answers import fault_of
from providers.azure.extension_views import extensions_of
from providers.azure.reading import at_once
from providers.azure.views import failure_of
from providers.azure.words import provisioning_state
from providers.base import Failure, ProvisioningState
from providers.errors import FleetError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from providers.azure.pipeline import Connection
    from providers.azure.views import Vm
    from providers.base import GroupRef

KEPT_MAX = 4096
"""Operations that are remembered; the oldest go first."""

_UNSAID = Failure("ProvisioningFailed", "Azure shows the state Failed and gives no reason.")


class Failures:
    """What is known about failed members, by the id of the VM."""

    def __init__(self) -> None:
        self._operations: dict[str, str] = {}
        self._known: dict[str, Failure] = {}

    def remember(self, ref: GroupRef, name: str, operation: str | None) -> None:
        """Keep the operation of a creation, or of an installation (``<vm>/<extension>``), just accepted."""
        key = ref.instance_id(name).lower()
        self._known.pop(key, None)
        if operation:
            self._operations[key] = operation
        _trim(self._operations)
        _trim(self._known)

    async def of(
        self, connection: Connection, ref: GroupRef, vms: Sequence[Vm]
    ) -> Mapping[str, Failure]:
        """The reasons of what failed and does not say why, by name in lower case.

        Nobody is asked about an extension that another process installed.
        """
        silent = [vm.name for vm in vms if _is_failed(vm) and failure_of(vm) is None]
        silent += [
            name for vm in vms for name in _silent_extensions(vm) if self._is_known(ref, name)
        ]

        async def ask(name: str) -> Failure:
            return await self._ask(connection, ref, name)

        reasons = await at_once(ask, silent)
        return dict(zip((name.lower() for name in silent), reasons, strict=True))

    def _is_known(self, ref: GroupRef, name: str) -> bool:
        key = ref.instance_id(name).lower()
        return key in self._operations or key in self._known

    async def _ask(self, connection: Connection, ref: GroupRef, name: str) -> Failure:
        key = ref.instance_id(name).lower()
        operation = self._operations.pop(key, None)
        if operation is not None:
            try:
                answer = await connection.get(operation, region=ref.location)
            except FleetError:
                # Azure keeps operations for a time only; the member itself stays to be seen.
                return _UNSAID
            words = fault_of(answer)
            if words.levels:
                self._known[key] = Failure(words.code, words.message)
        return self._known.get(key, _UNSAID)


def _silent_extensions(vm: Vm) -> list[str]:
    view = vm.properties.instance_view if vm.properties else None
    told = view.extensions if view else None
    return [
        f"{vm.name}/{one.name}"
        for one in extensions_of(vm.name, vm.resources, told, {})
        if one.state is ProvisioningState.FAILED and one.failure is None
    ]


def _is_failed(vm: Vm) -> bool:
    state = vm.properties.provisioning_state if vm.properties else ""
    return provisioning_state(state) is ProvisioningState.FAILED


def _trim(kept: dict[str, str] | dict[str, Failure]) -> None:
    while len(kept) > KEPT_MAX:
        kept.pop(next(iter(kept)))
