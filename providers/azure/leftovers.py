"""What VMs leave behind: found in one listing of the group, confirmed one by one, tagged and deleted.

The listing is ARM's own of the whole resource group: one request for a thousand rows of all three kinds,
with their tags, and some seconds behind the truth. It says nothing of use, so whatever is to be acted upon
is asked for by its id. Tags are merged by ARM's tags API, which needs no permission to write the resource.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import msgspec

from providers.azure.models import Reference  # noqa: TC001 -- msgspec looks for it when it decodes
from providers.azure.preflight import NETWORK_API
from providers.azure.reading import COMPUTE_API, PAGES_MAX, at_once
from providers.azure.views import decoded
from providers.base import Leftover, LeftoverKind, SingleDelete
from providers.errors import Forbidden, NotFound, Transient

if TYPE_CHECKING:
    from providers.azure.answers import Answer
    from providers.azure.pipeline import Connection
    from providers.base import GroupRef, LeftoverSearch, SweepOperation

RESOURCES_API = "2021-04-01"
DISKS_API = "2024-03-02"

_KINDS = {
    "microsoft.network/networkinterfaces": LeftoverKind.INTERFACE,
    "microsoft.compute/disks": LeftoverKind.DISK,
    "microsoft.network/publicipaddresses": LeftoverKind.ADDRESS,
}
_FILTER = " or ".join(
    f"resourceType eq '{kind}'"
    for kind in (
        "Microsoft.Network/networkInterfaces",
        "Microsoft.Compute/disks",
        "Microsoft.Network/publicIPAddresses",
    )
)
_FREE_DISK = "unattached"

T = TypeVar("T")


class _Row(msgspec.Struct, frozen=True):
    id: str
    name: str = ""
    type: str = ""
    tags: dict[str, str] | None = None


class _Page(msgspec.Struct, frozen=True, rename="camel"):
    value: list[_Row]
    next_link: str | None = None


class _Properties(msgspec.Struct, frozen=True, rename="camel"):
    """What any of the three kinds shows of its use."""

    virtual_machine: Reference | None = None
    private_endpoint: Reference | None = None
    ip_configuration: Reference | None = None
    nat_gateway: Reference | None = None
    disk_state: str = ""


class _Resource(msgspec.Struct, frozen=True, rename="camel"):
    id: str
    properties: _Properties = _Properties()
    tags: dict[str, str] | None = None
    managed_by: str | None = None
    managed_by_extended: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Attic:
    """The leftovers of one resource group, over a connection."""

    connection: Connection
    ref: GroupRef

    async def search(self, wanted: LeftoverSearch) -> tuple[Leftover, ...] | None:
        """What is there of the leftovers asked about; None without the permission to list them."""
        if wanted.named:
            return await self._named(wanted)
        try:
            rows = await self._rows()
        except Forbidden:
            return None
        return tuple(
            Leftover(row.id, _KINDS[row.type.lower()], row.tags or {})
            for row in rows
            if row.type.lower() in _KINDS and row.name.lower().startswith(wanted.prefix.lower())
        )

    async def sweep(self, leftover: str, operation: SweepOperation) -> None:
        """Tag a leftover, or start its deletion; one that is gone is accepted then."""
        if isinstance(operation, SingleDelete):
            try:
                await self._change("DELETE", leftover, _version(leftover))
            except NotFound:
                return
            return
        given = {name: value for name, value in operation.tags.items() if value is not None}
        taken = [name for name, value in operation.tags.items() if value is None]
        if given:
            await self._tag(leftover, "Merge", given)
        if taken:
            await self._tag(leftover, "Delete", dict.fromkeys(taken, ""))

    async def _tag(self, leftover: str, operation: str, tags: dict[str, str]) -> None:
        path = f"{leftover}/providers/Microsoft.Resources/tags/default"
        body: dict[str, object] = {"operation": operation, "properties": {"tags": tags}}
        await self._change("PATCH", path, RESOURCES_API, body)

    async def _rows(self) -> list[_Row]:
        query = {"api-version": RESOURCES_API, "$filter": _FILTER}
        rows: list[_Row] = []
        try:
            answer = await self._get(f"{self.ref.group_scope}/resources", query)
            for _ in range(PAGES_MAX):
                page = decoded(answer.body, _Page)
                rows += page.value
                if not page.next_link:
                    return rows
                answer = await self._get(page.next_link, None)
        except NotFound:
            # Without a resource group nothing is left in it.
            return []
        raise Transient("TornList", f"the list of resources did not end after {PAGES_MAX} pages")

    async def _named(self, wanted: LeftoverSearch) -> tuple[Leftover, ...]:
        owners = sorted(set(wanted.named.values()))
        there = dict(zip(owners, await at_once(self._vm_exists, owners), strict=True))
        shown = await at_once(self._resource, tuple(wanted.named))
        return tuple(
            Leftover(
                id=found.id,
                kind=_KINDS[_type_of(asked)],
                tags=found.tags or {},
                confirmed=True,
                used_by=_used_by(found),
                owner_exists=there[wanted.named[asked]],
            )
            for asked, found in zip(wanted.named, shown, strict=True)
            if found is not None
        )

    async def _resource(self, leftover: str) -> _Resource | None:
        try:
            answer = await self._get(leftover, {"api-version": _version(leftover)})
        except NotFound:
            return None
        return decoded(answer.body, _Resource)

    async def _vm_exists(self, name: str) -> bool:
        """Whether there is a VM of the name in the group: of this set, of another, of none."""
        try:
            await self._get(self.ref.instance_id(name), {"api-version": COMPUTE_API})
        except NotFound:
            return False
        return True

    async def _get(self, path: str, query: dict[str, str] | None) -> Answer:
        return await self.connection.get(path, query, region=self.ref.location)

    async def _change(
        self, method: str, path: str, version: str, body: dict[str, object] | None = None
    ) -> None:
        await self.connection.change(
            method, path, {"api-version": version}, region=self.ref.location, body=body
        )


def _used_by(found: _Resource) -> str | None:
    """What has the resource. A disk that nobody has and that is not free, has a state that says why."""
    shown = found.properties
    links = (shown.virtual_machine, shown.private_endpoint, shown.ip_configuration)
    users = [link.id for link in (*links, shown.nat_gateway) if link is not None and link.id]
    users += [one for one in (found.managed_by, *(found.managed_by_extended or ())) if one]
    if not users and shown.disk_state.lower() not in {"", _FREE_DISK}:
        users = [f"state {shown.disk_state}"]
    return users[0] if users else None


def _type_of(leftover: str) -> str:
    """``microsoft.network/networkinterfaces``; anything else is none of ours. Raises ``NotFound``."""
    kind = "/".join(leftover.rpartition("/providers/")[2].split("/")[:2]).lower()
    if kind not in _KINDS:
        raise NotFound("ResourceNotFound", f"{leftover} is no NIC, disk or public address")
    return kind


def _version(leftover: str) -> str:
    return DISKS_API if _KINDS[_type_of(leftover)] is LeftoverKind.DISK else NETWORK_API
