"""A provider that puts every change on record: what is meant before it is sent, what came of it afterwards.

The intent is durable before the call begins. If it cannot be, the call is not made and ``NotRecorded`` is
raised. Each call has one intent, and one result unless the process dies in between; an intent without a
result says that the outcome has to be looked up.

Whoever else stands between the plan and the cloud, such as the check of the lease, belongs behind this
decorator, so that its refusal is on record, too.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from controller.core import tags
from controller.core.observed import parse_serials
from controller.core.reasons import SET, Because, reasons_of
from controller.engine.audit import TrailError
from controller.formats.text import time_text
from providers.base import InstallExtension, SingleDelete, TagChange
from providers.errors import NotRecorded, OutcomeUnknown, ProviderError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from datetime import datetime

    from controller.core.chain import Record
    from controller.engine.audit import Trail
    from controller.engine.report import PassReport
    from controller.spec.values import Fleet
    from providers.base import (
        Catalog,
        Document,
        Group,
        GroupRef,
        GroupRequest,
        GroupSnapshot,
        InstanceRequest,
        Json,
        LeftoverSearch,
        NetworkQuestion,
        Operation,
        Provider,
        SweepOperation,
    )

_OWN_TAGS = "evenkeel-"
"""Tags of other people's may hold anything; only our own go on record."""

_UNPLANNED = Because("Unplanned", "no step of the plan names it")


@dataclass(frozen=True, slots=True)
class AuditContext:
    """On whose behalf changes are made.

    ``key`` is the scale set's ARM id in lower case, ``revision`` where the spec came from, ``actor`` who
    or what runs the pass. ``reasons`` are those of the plan, by verb and instance.
    """

    key: str
    fleet: str
    actor: str
    revision: str = ""
    spec_digest: str = ""
    plan_hash: str = ""
    number: int = 0
    reasons: Mapping[tuple[str, str], Because] = field(default_factory=dict)
    serials_next: int = 0

    def document(self) -> dict[str, Json]:
        """The part that all records of a pass share."""
        return {
            "scaleSet": self.key,
            "fleet": self.fleet,
            "actor": self.actor,
            "revision": self.revision,
            "spec": self.spec_digest,
            "plan": self.plan_hash,
            "pass": self.number,
        }


def context_of(
    fleet: Fleet, planned: PassReport, actor: str, *, revision: str = ""
) -> AuditContext:
    """The context of carrying a planned pass out. ``revision`` defaults to that of the spec."""
    plan = planned.plan
    return AuditContext(
        key=fleet.ref.id.lower(),
        fleet=fleet.name,
        actor=actor,
        revision=revision or fleet.revision,
        spec_digest=fleet.spec_digest,
        plan_hash=plan.hash if plan else "",
        number=planned.number,
        reasons=reasons_of(plan) if plan else {},
        serials_next=plan.reservation.next if plan else 0,
    )


def audited(
    provider: Provider, trail: Trail, context: AuditContext, now: Callable[[], datetime]
) -> Provider:
    """The provider, with every change through it on record."""
    return _Audited(provider, trail, context, now)


class _Audited:
    """The decorator. Looks pass through; they change nothing."""

    def __init__(
        self, inner: Provider, trail: Trail, context: AuditContext, now: Callable[[], datetime]
    ) -> None:
        self._inner = inner
        self._trail = trail
        self._context = context
        self._now = now
        self._marked = False

    async def observe(
        self,
        ref: GroupRef,
        names: Sequence[str] | None = None,
        leftovers: LeftoverSearch | None = None,
    ) -> GroupSnapshot:
        """Pass on."""
        return await self._inner.observe(ref, names, leftovers)

    async def catalog(
        self, subscription: str, location: str, network: NetworkQuestion | None = None
    ) -> Catalog:
        """Pass on."""
        return await self._inner.catalog(subscription, location, network)

    async def put_group(self, ref: GroupRef, request: GroupRequest, *, etag: str | None) -> Group:
        """Record and pass on."""
        asked: dict[str, Json] = {
            "etag": etag,
            "zones": list(request.zones),
            "faultDomains": request.fault_domain_count,
            "tags": _own(request.tags),
        }
        async with self._on_record("putGroup", {SET: self._why_set(request, etag)}, asked):
            return await self._inner.put_group(ref, request, etag=etag)

    async def create(self, ref: GroupRef, request: InstanceRequest) -> None:
        """Record and pass on. The template is named by its fingerprint; it may hold secrets."""
        asked: dict[str, Json] = {
            "zone": request.zone,
            "faultDomain": request.fault_domain,
            "size": request.size,
            "priority": str(request.priority),
            "tags": _own(request.tags),
        }
        because = self._because("create", [request.name])
        async with self._on_record("create", because, asked):
            await self._inner.create(ref, request)

    async def delete(self, ref: GroupRef, names: Sequence[str]) -> None:
        """Record and pass on."""
        async with self._on_record("delete", self._because("delete", names), {"batch": True}):
            await self._inner.delete(ref, names)

    async def operate(self, ref: GroupRef, name: str, operation: Operation) -> None:
        """Record and pass on."""
        call, asked = _operation(operation)
        verb = "tag" if isinstance(operation, TagChange) else call
        async with self._on_record(call, self._because(verb, [name]), asked):
            await self._inner.operate(ref, name, operation)

    async def sweep(self, ref: GroupRef, leftover: str, operation: SweepOperation) -> None:
        """Record and pass on. The target is the leftover's own name."""
        asked: dict[str, Json] = {"resource": leftover}
        if isinstance(operation, TagChange):
            asked["tags"] = _own(operation.tags)
        because = self._because("sweep", [leftover.rpartition("/")[2]])
        async with self._on_record("sweep", because, asked):
            await self._inner.sweep(ref, leftover, operation)

    async def delete_group(self, ref: GroupRef) -> None:
        """Record and pass on."""
        because = self._because("deleteSet", [SET])
        async with self._on_record("deleteGroup", because, {}):
            await self._inner.delete_group(ref)

    @asynccontextmanager
    async def _on_record(
        self, call: str, because: Mapping[str, Because], asked: Mapping[str, Json]
    ) -> AsyncIterator[None]:
        intent = await self._intend(call, because, asked)
        try:
            yield
        except ProviderError as error:
            outcome = "unknown" if isinstance(error, OutcomeUnknown) else "refused"
            await self._conclude(intent, outcome, code=error.code, message=error.message)
            raise
        except BaseException as error:
            # Cut off in the middle: nothing more may be waited for here.
            self._trail.later(self._result(intent, "unknown", code=type(error).__name__))
            raise
        await self._conclude(intent, "accepted")

    async def _intend(
        self, call: str, because: Mapping[str, Because], asked: Mapping[str, Json]
    ) -> Record:
        body: Document = {
            "kind": "intent",
            "at": time_text(self._now()),
            **self._context.document(),
            "call": call,
            "targets": [name for name in because if name != SET],
            "because": [
                {"target": name, "reason": one.reason, "why": one.why}
                for name, one in because.items()
            ],
            "request": dict(asked),
        }
        try:
            return await self._trail.record(body)
        except TrailError as error:
            raise NotRecorded("AuditUnavailable", f"{error}; {call} was not sent") from error

    async def _conclude(self, intent: Record, outcome: str, **more: Json) -> None:
        body = self._result(intent, outcome, **more)
        try:
            await self._trail.record(body)
        except TrailError:
            # What was sent is sent. The result goes in front of the next intent, which must be durable.
            self._trail.later(body)

    def _result(self, intent: Record, outcome: str, **more: Json) -> Document:
        return {
            "kind": "result",
            "at": time_text(self._now()),
            "intent": intent.seq,
            "scaleSet": self._context.key,
            "outcome": outcome,
            **more,
        }

    def _because(self, verb: str, names: Sequence[str]) -> dict[str, Because]:
        found = self._context.reasons
        return {name: found.get((verb, name), _UNPLANNED) for name in names}

    def _why_set(self, request: GroupRequest, etag: str | None) -> Because:
        """Why the set is written: to create it, to reserve numbers, or to settle what a pass has learned."""
        if etag is None:
            return self._context.reasons.get(("ensureSet", SET), _UNPLANNED)
        mark = self._context.reasons.get(("mark", SET))
        if mark is not None and not self._marked:
            # The mark of a tombstone is written before anything else of such a plan.
            self._marked = True
            return mark
        wanted = parse_serials(request.tags.get(tags.SERIALS))
        before = self._context.serials_next
        if wanted is not None and wanted.next > before:
            words = (
                f"reserves serial numbers {before} to {wanted.next - 1} before anything is created"
            )
            return Because("Reserve", words)
        return Because("Settle", "writes into the set's tags what has been settled and learned")


def _operation(operation: Operation) -> tuple[str, dict[str, Json]]:
    if isinstance(operation, SingleDelete):
        return "delete", {"batch": False}
    if isinstance(operation, TagChange):
        return "operate", {"operation": "tag", "tags": _own(operation.tags)}
    if isinstance(operation, InstallExtension):
        # By its name alone: what it is told may be secret.
        return "operate", {"operation": "installExtension", "extension": operation.name}
    return "operate", {"operation": str(operation)}


def _own(found: Mapping[str, str | None]) -> dict[str, Json]:
    return {name: value for name, value in found.items() if name.startswith(_OWN_TAGS)}
