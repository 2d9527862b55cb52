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
from typing import TYPE_CHECKING, TypeVar

from controller.core import tags
from controller.core.observed import parse_serials
from controller.core.reasons import SET, Because, reasons_of
from controller.engine.audit import TrailError
from controller.formats.text import time_text
from providers.base import (
    GroupRequest,
    InstallExtension,
    InstanceRequest,
    SingleDelete,
    TagChange,
)
from providers.errors import NotRecorded, OutcomeUnknown, ProviderError
from providers.relay import Call, Relay

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
    from datetime import datetime

    from controller.core.chain import Record
    from controller.engine.audit import Trail
    from controller.engine.report import PassReport
    from controller.spec.values import Fleet
    from providers.base import Document, Json, Provider
    from providers.relay import Change

T = TypeVar("T")

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


class _Audited(Relay):
    """The decorator. Looks pass through; they change nothing."""

    def __init__(
        self, inner: Provider, trail: Trail, context: AuditContext, now: Callable[[], datetime]
    ) -> None:
        super().__init__(inner)
        self._trail = trail
        self._context = context
        self._now = now
        self._marked = False

    async def changing(self, change: Change, go_on: Callable[[], Awaitable[T]]) -> T:
        """Record, go on, and record what came of it."""
        async with self._on_record(_word(change), self._why(change), _asked(change)):
            return await go_on()

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

    def _why(self, change: Change) -> dict[str, Because]:
        """The plan's reason for each target of a change."""
        found = self._context.reasons
        if isinstance(change.request, GroupRequest):
            return {SET: self._why_set(change.request, change.etag)}
        if change.call is Call.DELETE_GROUP:
            return {SET: found.get(("deleteSet", SET), _UNPLANNED)}
        verb = _word(change)
        if change.call is Call.OPERATE and isinstance(change.request, TagChange):
            verb = "tag"
        # A leftover is named in the plan by its own name, not by its id.
        names = [name.rpartition("/")[2] for name in change.names]
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


def _word(change: Change) -> str:
    """The call by its name in the trail: a member goes by ``delete``, alone or in a batch."""
    alone = change.call is Call.OPERATE and isinstance(change.request, SingleDelete)
    return str(Call.DELETE if alone else change.call)


def _asked(change: Change) -> dict[str, Json]:
    """What the call asks for, without anything that may be secret."""
    match change.call:
        case Call.SWEEP:
            return {"resource": change.names[0], **_tags_of(change.request)}
        case Call.DELETE:
            return {"batch": True}
        case Call.OPERATE:
            return _operation(change.request)
        case _:
            return _request(change)


def _request(change: Change) -> dict[str, Json]:
    """Of a set or a new member. The template is named by its fingerprint, among the tags."""
    match change.request:
        case GroupRequest() as group:
            return {
                "etag": change.etag,
                "zones": list(group.zones),
                "faultDomains": group.fault_domain_count,
                "tags": _own(group.tags),
            }
        case InstanceRequest() as member:
            return {
                "zone": member.zone,
                "faultDomain": member.fault_domain,
                "size": member.size,
                "priority": str(member.priority),
                "tags": _own(member.tags),
            }
        case _:
            return {}


def _operation(operation: object) -> dict[str, Json]:
    match operation:
        case SingleDelete():
            return {"batch": False}
        case TagChange():
            return {"operation": "tag", **_tags_of(operation)}
        case InstallExtension():
            # By its name alone: what it is told may be secret.
            return {"operation": "installExtension", "extension": operation.name}
        case _:
            return {"operation": str(operation)}


def _tags_of(request: object) -> dict[str, Json]:
    return {"tags": _own(request.tags)} if isinstance(request, TagChange) else {}


def _own(found: Mapping[str, str | None]) -> dict[str, Json]:
    return {name: value for name, value in found.items() if name.startswith(_OWN_TAGS)}
