"""Long-running operations: what was started, how it ended, and the URL under which a client asks.

An operation on VMs or sets ends when the region says so (``Operations.notice`` hears of it); one on anything else ends at a time fixed when it began. Sources: recorded polls, ``behaviours`` 2.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

from providers.base import ProvisioningState
from providers.simulated.lifecycle import EDGES, Phase
from providers.simulated.records import InstanceRecord, Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from providers.simulated.records import ScaleSetRecord
    from providers.simulated.world import World

_PREFIX = "operation:"

# Ended operations are forgotten an hour after their end. Ours: Azure keeps them for about a day.
_KEPT_SECONDS = 3600.0

RUNNING = "InProgress"
SUCCEEDED = "Succeeded"
FAILED = "Failed"
CANCELED = "Canceled"

PREEMPTED = Problem(
    "OperationPreempted", "The operation has been preempted by a more recent operation."
)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. Times are seconds since the region's start.

    ``pending`` are the keys of VMs and sets on which it still waits; ``due`` is when it ends by itself.
    ``poll_seconds`` is what a poll is told to wait. ``deletes``: it waits for them to be gone. ``code`` and
    ``message`` tell how it fails, or has failed.
    """

    name: str
    subscription: str
    location: str
    target: str
    started: float
    poll_seconds: float = 30.0
    path: str = "operations"
    pending: tuple[str, ...] = ()
    deletes: bool = False
    due: float | None = None
    status: str = RUNNING
    ended: float | None = None
    code: str = ""
    message: str = ""


class Operations:
    """All operations of one region that are not forgotten."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._all: dict[str, Operation] = {}
        self._waiting: defaultdict[str, set[str]] = defaultdict(set)
        self._updates: dict[str, float] = {}
        for key, document in world.documents.items():
            if key.startswith(_PREFIX):
                self._index(_read(document))
        for key in list(self._waiting):
            # What became of it since the operation was last written down.
            self.notice(key, world.roster.get(key) or world.sets.get(key), world.clock.elapsed)

    def begin(self, operation: Operation) -> Operation:
        """Keep an operation that has just been accepted."""
        self._forget()
        self._put(operation)
        self._index(operation)
        return operation

    def get(self, name: str) -> Operation | None:
        """The operation as it stands now, or None."""
        operation = self._all.get(name.lower())
        if operation is None or operation.status != RUNNING or operation.due is None:
            return operation
        if operation.due > self._world.clock.elapsed:
            return operation
        status = FAILED if operation.code else SUCCEEDED
        return self._put(replace(operation, status=status, ended=operation.due))

    def updating(self, key: str) -> bool:
        """Whether a change of the model of a VM or set is under way."""
        return self._updates.get(key, 0.0) > self._world.clock.elapsed

    def notice(self, key: str, record: InstanceRecord | ScaleSetRecord | None, at: float) -> None:
        """Take note of what became of a VM or set, and end what waited for it."""
        for name in list(self._waiting.get(key, ())):
            operation = self._all[name]
            verdict = _verdict(record, deletes=operation.deletes)
            if verdict is None:
                continue
            self._waiting[key].discard(name)
            changed = _after(operation, key, verdict, at)
            self._all[name] = changed
            if changed.status != RUNNING:
                # A batch that loses one of its members is not written down each time.
                self._put(changed)
        if record is None:
            self._updates.pop(key, None)

    def _index(self, operation: Operation) -> None:
        self._all[operation.name] = operation
        if operation.status != RUNNING:
            return
        for key in operation.pending:
            self._waiting[key].add(operation.name)
        if operation.due is not None and not operation.deletes:
            target = operation.target.lower()
            self._updates[target] = max(self._updates.get(target, 0.0), operation.due)

    def _put(self, operation: Operation) -> Operation:
        self._all[operation.name] = operation
        self._world.documents[_PREFIX + operation.name] = asdict(operation)
        self._world.changes += 1
        return operation

    def _forget(self) -> None:
        before = self._world.clock.elapsed - _KEPT_SECONDS
        # The oldest stand first; most calls look at one.
        for name, operation in list(self._all.items())[:20]:
            end = operation.ended if operation.ended is not None else operation.due
            if end is None or end > before:
                break
            del self._all[name]
            self._world.documents.pop(_PREFIX + name, None)


def _verdict(
    record: InstanceRecord | ScaleSetRecord | None, *, deletes: bool
) -> tuple[str, Problem | None] | None:
    if record is None:
        return (SUCCEEDED, None) if deletes else (CANCELED, PREEMPTED)
    leaving = _is_leaving(record)
    if deletes:
        # A batch that was preempted gives its VMs back.
        return None if leaving else (CANCELED, PREEMPTED)
    if leaving:
        return CANCELED, PREEMPTED
    if _is_busy(record):
        return None
    problem = record.problem if isinstance(record, InstanceRecord) else None
    return (SUCCEEDED, None) if problem is None else (FAILED, problem)


def _is_leaving(record: InstanceRecord | ScaleSetRecord) -> bool:
    if isinstance(record, InstanceRecord):
        return record.life.phase is Phase.DELETING
    return record.state is ProvisioningState.DELETING


def _is_busy(record: InstanceRecord | ScaleSetRecord) -> bool:
    if isinstance(record, InstanceRecord):
        return record.life.phase in EDGES
    return record.state is ProvisioningState.CREATING


def _after(
    operation: Operation, key: str, verdict: tuple[str, Problem | None], at: float
) -> Operation:
    status, problem = verdict
    if operation.status != RUNNING:
        return operation
    pending = tuple(waiting for waiting in operation.pending if waiting != key)
    if problem is not None:
        return replace(
            operation,
            pending=(),
            status=status,
            ended=at,
            code=problem.code,
            message=problem.message,
        )
    if pending:
        return replace(operation, pending=pending)
    return replace(operation, pending=(), status=SUCCEEDED, ended=at)


def _read(document: Mapping[str, object]) -> Operation:
    values = dict(document)
    pending = values.get("pending")
    values["pending"] = tuple(pending) if isinstance(pending, list | tuple) else ()
    return Operation(**values)  # type: ignore[arg-type]  # it was written by _put
