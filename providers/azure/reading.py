"""Everything that is read: the set, its members, the locks. A list that may not be whole is an error.

Members are found by the filter on the set's id, with instance views: one request for a page. Azure may
answer that with instance views alone; then the models are listed, too, and the two are put together. Rows
that only one of the two shows are asked for one by one.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

import msgspec
from msgspec.structs import replace

from providers.azure.views import (
    InstanceView,
    ScaleSet,
    Vm,
    VmPage,
    VmProperties,
    decoded,
    group_of,
)
from providers.base import Lock, LockLevel
from providers.errors import Forbidden, NotFound, Transient

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Sequence

    from providers.azure.answers import Answer
    from providers.azure.pipeline import Connection
    from providers.base import Group, GroupRef

COMPUTE_API = "2024-07-01"
LOCKS_API = "2020-05-01"

PAGES_MAX = 200
"""A set has at most 1,000 members; Azure's pages are seldom shorter than 100, and some are empty."""

AT_ONCE = 16
"""How many single VMs are asked for at the same time."""

UNMATCHED_MAX = 50
"""Rows that only one of two lists shows; more of them mean that a list was not whole."""

_LOCK = "/providers/microsoft.authorization/locks/"
_VIEW = {"api-version": COMPUTE_API, "$expand": "instanceView"}
_NO_RESOURCE_GROUP = "ResourceGroupNotFound"

T = TypeVar("T")


class _LockProperties(msgspec.Struct, frozen=True):
    level: str = ""


class _LockRow(msgspec.Struct, frozen=True):
    id: str
    properties: _LockProperties


class _LockPage(msgspec.Struct, frozen=True, rename="camel"):
    value: list[_LockRow]
    next_link: str | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads one scale set over a connection."""

    connection: Connection
    ref: GroupRef

    async def group(self) -> Group | None:
        """The scale set; None if there is none, or no resource group."""
        try:
            answer = await self._get(self.ref.id, {"api-version": COMPUTE_API})
        except NotFound:
            return None
        return group_of(decoded(answer.body, ScaleSet), answer.headers.get("etag", ""))

    async def members(self) -> tuple[Vm, ...]:
        """The whole member list, with models and instance views. Raises ``Transient`` if it is torn."""
        expanded = await self._list({"$expand": "instanceView"})
        if all(vm.has_model for vm in expanded):
            return self._checked(expanded)
        return self._checked(await self._merged(await self._list({}), expanded))

    async def has_members(self) -> bool:
        """Whether anything is in the set, by the list of models."""
        return bool(await self._list({}))

    async def member(self, name: str) -> Vm | None:
        """One VM of the set with its instance view, without lag; None if it is not there or not a member."""
        try:
            answer = await self._get(self.ref.instance_id(name), _VIEW)
        except NotFound:
            return None
        vm = decoded(answer.body, Vm)
        return vm if self._owner(vm) == self.ref.id.lower() else None

    async def named(self, names: Sequence[str]) -> tuple[Vm, ...]:
        """The members of these names, each asked for by itself; those that do not exist are left out."""
        distinct = list({name.lower(): name for name in names}.values())
        found = await at_once(self.member, distinct)
        return tuple(vm for vm in found if vm is not None)

    async def locks(self) -> tuple[Lock, ...] | None:
        """All locks at, above and below the resource group; None without the permission to read them."""
        path = f"{self.ref.group_scope}/providers/Microsoft.Authorization/locks"
        found: list[Lock] = []
        try:
            answer = await self._get(path, {"api-version": LOCKS_API})
            for _ in range(PAGES_MAX):
                page = decoded(answer.body, _LockPage)
                found += [lock for row in page.value if (lock := _lock_of(row)) is not None]
                if not page.next_link:
                    return tuple(found)
                answer = await self._get(page.next_link, None)
        except Forbidden:
            return None
        except NotFound:
            # Without a resource group there is nothing that could be locked.
            return ()
        raise Transient("TornList", f"the list of locks did not end after {PAGES_MAX} pages")

    async def _list(self, query: dict[str, str]) -> tuple[Vm, ...]:
        path = f"{self.ref.group_scope}/providers/Microsoft.Compute/virtualMachines"
        chosen = {"$filter": f"'virtualMachineScaleSet/id' eq '{self.ref.id}'"}
        rows: list[Vm] = []
        try:
            answer = await self._get(path, {"api-version": COMPUTE_API} | chosen | query)
            for _ in range(PAGES_MAX):
                page = decoded(answer.body, VmPage)
                rows += page.value
                if not page.next_link:
                    return tuple(rows)
                answer = await self._get(page.next_link, None)
        except NotFound as error:
            if error.code == _NO_RESOURCE_GROUP and not rows:
                return ()
            raise Transient("TornList", f"a page of the member list is missing: {error}") from error
        raise Transient("TornList", f"the member list did not end after {PAGES_MAX} pages")

    async def _merged(self, models: Iterable[Vm], expanded: Iterable[Vm]) -> list[Vm]:
        views = {vm.id.lower(): vm for vm in expanded}
        known = {vm.id.lower(): vm for vm in models}
        both = [_with_view(vm, views[key]) for key, vm in known.items() if key in views]
        alone = [
            vm.name for key, vm in (known | views).items() if not (key in known and key in views)
        ]
        if len(alone) > UNMATCHED_MAX:
            raise Transient(
                "TornList", f"{len(alone)} members are in one of two lists and not in the other"
            )
        return [*both, *await self.named(alone)]

    def _checked(self, rows: Iterable[Vm]) -> tuple[Vm, ...]:
        """The rows of this set. One that names no set is trusted to the filter, not dropped in silence."""
        members = tuple(vm for vm in rows if self._owner(vm) in {"", self.ref.id.lower()})
        if len({vm.name.lower() for vm in members}) < len(members):
            raise Transient("TornList", "the member list names one of them twice")
        return members

    def _owner(self, vm: Vm) -> str:
        """The set that a VM says it is of, in lower case: Azure writes ids in any. Empty if it names none."""
        owner = vm.properties.virtual_machine_scale_set if vm.properties else None
        return (owner.id or "").lower() if owner else ""

    async def _get(self, path: str, query: dict[str, str] | None) -> Answer:
        return await self.connection.get(path, query, region=self.ref.location)


async def at_once(ask: Callable[[str], Awaitable[T]], names: Sequence[str]) -> list[T]:
    """Ask about each name, up to ``AT_ONCE`` at a time; answers in the order of the names.

    All are awaited before the first error is raised, so that nothing goes on behind the caller's back.
    """
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(name: str) -> T:
        async with gate:
            return await ask(name)

    answers = await asyncio.gather(*(one(name) for name in names), return_exceptions=True)
    found: list[T] = []
    for answer in answers:
        if isinstance(answer, BaseException):
            raise answer
        found.append(answer)
    return found


def _with_view(model: Vm, expanded: Vm) -> Vm:
    view = expanded.properties.instance_view if expanded.properties else None
    properties = model.properties or VmProperties()
    return replace(model, properties=replace(properties, instance_view=view or InstanceView()))


def _lock_of(row: _LockRow) -> Lock | None:
    """A lock in our words; None for level ``NotSpecified``. A level nobody knows forbids deletion, too."""
    level = row.properties.level.lower()
    at = row.id.lower().rfind(_LOCK)
    if level == "notspecified" or at < 0:
        return None
    known = {each.value.lower(): each for each in LockLevel}
    return Lock(known.get(level, LockLevel.CAN_NOT_DELETE), row.id[:at])
