"""Everything that is changed: each call one request of the SDK, back when Azure has accepted it.

Nothing is sent twice, nothing is waited for (``polling=False``). Creations carry ``If-None-Match: *``, so
they never change what exists; writes of what exists carry the etag that was read. ``forceDeletion`` is
always sent: Azure once took its absence for yes when all disks go with the VM.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from azure.core import MatchConditions

from providers.azure.bodies import extension_body, set_body, set_change, tags_body, vm_body
from providers.azure.pipeline import CALL_SECONDS
from providers.azure.policies import REGION
from providers.azure.reading import COMPUTE_API, Reader
from providers.azure.trouble import answer_of, translated
from providers.azure.views import ScaleSet, decoded, group_of
from providers.base import PowerOperation
from providers.errors import NotFound, OutcomeUnknown, Rejected, Transient

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from azure.core.pipeline import PipelineResponse
    from azure.core.rest import AsyncHttpResponse, HttpRequest
    from azure.mgmt.compute.aio.operations import (
        VirtualMachineExtensionsOperations,
        VirtualMachineScaleSetsOperations,
        VirtualMachinesOperations,
    )

    from providers.azure.answers import Answer
    from providers.azure.pipeline import Connection
    from providers.azure.views import Vm
    from providers.base import Group, GroupRef, GroupRequest, InstallExtension, InstanceRequest

_OPERATION = "azure-asyncoperation"


class _Heard:
    """Keeps the response of one SDK call, which the SDK itself does not give out."""

    def __init__(self) -> None:
        self.response: AsyncHttpResponse | None = None

    def __call__(self, heard: PipelineResponse[HttpRequest, AsyncHttpResponse]) -> None:
        self.response = heard.http_response


@dataclass(frozen=True, slots=True)
class Writer:
    """Changes one scale set and its members over a connection."""

    connection: Connection
    ref: GroupRef

    async def create_group(self, request: GroupRequest) -> Group:
        """Create the set; ``Conflict`` if it exists."""
        body = set_body(self.ref, request)
        heard = _Heard()
        call = self._sets.begin_create_or_update(
            self.ref.resource_group,
            self.ref.name,
            cast("Any", body),
            match_condition=MatchConditions.IfMissing,
            **self._options(heard),
        )
        return _written(await self._accepted(call, heard))

    async def change_group(self, request: GroupRequest, etag: str) -> Group:
        """Change tags and zones of the set if its etag still is ``etag``; ``Conflict`` if not."""
        heard = _Heard()
        call = self._sets.begin_update(
            self.ref.resource_group,
            self.ref.name,
            cast("Any", set_change(request)),
            etag=etag,
            match_condition=MatchConditions.IfNotModified,
            **self._options(heard),
        )
        return _written(await self._accepted(call, heard))

    async def create(self, request: InstanceRequest) -> str | None:
        """Start the creation of a VM in the set; ``Conflict`` if the name exists.

        Gives the URL of the operation, for when it fails.
        """
        heard = _Heard()
        call = self._vms.begin_create_or_update(
            self.ref.resource_group,
            request.name,
            cast("Any", vm_body(self.ref, request)),
            match_condition=MatchConditions.IfMissing,
            **self._options(heard),
        )
        return (await self._accepted(call, heard)).headers.get(_OPERATION)

    async def delete(self, names: Sequence[str]) -> None:
        """Start the deletion of members in one batch; names that are gone already are no error.

        Raises ``Rejected`` for an empty list or a name that could stand for more than one VM.
        """
        chosen = [name.strip() for name in names]
        if not chosen or not all(chosen) or any("*" in name for name in chosen):
            # Azure may take an empty list, or "*", for every member.
            raise Rejected(
                "InvalidParameter", "a deletion has to name its members, each by its name"
            )
        heard = _Heard()
        call = self._sets.begin_delete_instances(
            self.ref.resource_group,
            self.ref.name,
            cast("Any", {"instanceIds": chosen}),
            force_deletion=False,
            **self._options(heard),
        )
        await self._accepted(call, heard)

    async def delete_one(self, name: str) -> None:
        """Start the deletion of one member by a DELETE of its own; one that is gone is accepted."""
        heard = _Heard()
        call = self._vms.begin_delete(
            self.ref.resource_group, name, force_deletion=False, **self._options(heard)
        )
        try:
            await self._accepted(call, heard)
        except NotFound:
            return

    async def delete_group(self) -> None:
        """Delete the set; ``Rejected`` while it has members. One that is gone is accepted.

        We look ourselves: whether Azure refuses depends on the kind of set.
        """
        if await Reader(self.connection, self.ref).has_members():
            raise Rejected("OperationNotAllowed", f"the scale set {self.ref.name} has members")
        heard = _Heard()
        call = self._sets.begin_delete(
            self.ref.resource_group, self.ref.name, force_deletion=False, **self._options(heard)
        )
        try:
            await self._accepted(call, heard)
        except NotFound:
            return

    async def operate(self, name: str, operation: PowerOperation) -> None:
        """Start a power operation on one VM."""
        heard = _Heard()
        group, options = self.ref.resource_group, self._options(heard)
        calls: Mapping[PowerOperation, Callable[..., Awaitable[object]]] = {
            PowerOperation.START: self._vms.begin_start,
            PowerOperation.POWER_OFF: self._vms.begin_power_off,
            PowerOperation.DEALLOCATE: self._vms.begin_deallocate,
            PowerOperation.RESTART: self._vms.begin_restart,
            PowerOperation.REDEPLOY: self._vms.begin_redeploy,
            PowerOperation.REIMAGE: self._vms.begin_reimage,
            PowerOperation.PERFORM_MAINTENANCE: self._vms.begin_perform_maintenance,
        }
        await self._accepted(calls[operation](group, name, **options), heard)

    async def install(self, name: str, extension: InstallExtension) -> str | None:
        """Start the installation of an extension on one VM. Gives the URL of the operation."""
        heard = _Heard()
        call = self._extensions.begin_create_or_update(
            self.ref.resource_group,
            name,
            extension.name,
            cast("Any", extension_body(self.ref, extension)),
            **self._options(heard),
        )
        return (await self._accepted(call, heard)).headers.get(_OPERATION)

    async def tag(self, vm: Vm, change: Mapping[str, str | None]) -> None:
        """Change tags of a VM as it was just read; ``Conflict`` if somebody changed it since."""
        heard = _Heard()
        call = self._vms.begin_update(
            self.ref.resource_group,
            vm.name,
            cast("Any", tags_body(vm.tags or {}, change)),
            etag=vm.etag,
            match_condition=MatchConditions.IfNotModified if vm.etag else None,
            **self._options(heard),
        )
        await self._accepted(call, heard)

    async def _accepted(self, call: Awaitable[object], heard: _Heard) -> Answer:
        """Await one call of the SDK and give Azure's answer. Raises errors of our tree only.

        A connection that ends inside the body of a 2xx answer has said enough: it was accepted.
        """
        try:
            with translated(mutation=True, now=lambda: self.connection.clock.now):
                async with asyncio.timeout(CALL_SECONDS):
                    await call
        except OutcomeUnknown:
            if heard.response is None or not answer_of(heard.response).is_success:
                raise
        if heard.response is None:
            raise OutcomeUnknown("NoAnswer", "the request was sent, and its answer was not kept")
        return answer_of(heard.response)

    def _options(self, heard: _Heard) -> dict[str, Any]:
        return {
            "polling": False,
            "api_version": COMPUTE_API,
            "raw_response_hook": heard,
            REGION: self.ref.location,
        }

    @property
    def _vms(self) -> VirtualMachinesOperations:
        return self.connection.compute(self.ref.subscription).virtual_machines

    @property
    def _extensions(self) -> VirtualMachineExtensionsOperations:
        return self.connection.compute(self.ref.subscription).virtual_machine_extensions

    @property
    def _sets(self) -> VirtualMachineScaleSetsOperations:
        return self.connection.compute(self.ref.subscription).virtual_machine_scale_sets


def _written(answer: Answer) -> Group:
    """The set as Azure answered a write. Accepted and unreadable: it was done, and nobody knows how."""
    try:
        return group_of(decoded(answer.body, ScaleSet), answer.headers.get("etag", ""))
    except Transient as error:
        raise OutcomeUnknown(error.code, error.message) from error
