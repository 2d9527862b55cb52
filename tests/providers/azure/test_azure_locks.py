"""Locks at every scope, set at every moment of a pass that scales in, through the adapter over ARM.

A pass that deletes reads the locks three times: for the list, for the victims it chose, and once more
immediately before the request.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from itertools import product
from statistics import median
from time import perf_counter
from typing import NamedTuple

import pytest

from controller.engine.reconcile import run_pass
from controller.engine.report import PassReport
from controller.spec.values import DeletionMode
from providers.base import LockLevel
from providers.errors import Locked
from providers.simulated.region import SimulatedRegion
from tests.builders import REF
from tests.crash import live_members
from tests.providers.azure.emulated import EmulatedCloud
from tests.providers.azure.fake_arm import Reply, Sent, an_error
from tests.shell.stage import settled, web

NETWORK = f"{REF.group_scope}/providers/Microsoft.Network"
DISKS = f"{REF.group_scope}/providers/Microsoft.Compute/disks"
SUBSCRIPTION = f"/subscriptions/{REF.subscription}"
VICTIM = "{victim}"
LOCK_READS = 3
"""How often a pass that deletes reads the locks."""


class Scope(NamedTuple):
    """Where a lock is set, in words of a report, and whether it covers every member."""

    id: str
    words: str
    whole: bool


SCOPES = {
    "subscription": Scope(SUBSCRIPTION, "on the subscription", whole=True),
    "group": Scope(REF.group_scope, "on the resource group web-rg", whole=True),
    "set": Scope(REF.id, "on the scale set", whole=True),
    "vm": Scope(REF.instance_id(VICTIM), "on the instance", whole=False),
    "nic": Scope(f"{NETWORK}/networkInterfaces/{VICTIM}-nic", "on its NIC", whole=False),
    "disk": Scope(f"{DISKS}/{VICTIM}_OsDisk", "on its disk", whole=False),
}
LEVELS = tuple(LockLevel)
LOCKS = tuple(product(SCOPES, LEVELS))
AFTER_PLAN, AFTER_LOOK = LOCK_READS - 1, LOCK_READS
"""After how many reads of the locks a late lock is set: between plan and last look, and after that."""


class Stage:
    """A settled fleet of six in front of ARM, about to scale in to three.

    ``lock_after`` reads of the locks the lock is set; 0: before the pass.
    """

    def __init__(self, mode: DeletionMode = DeletionMode.BATCH) -> None:
        self.region: SimulatedRegion = settled(web(6)).region
        self.cloud = EmulatedCloud(self.region)
        self.fleet = web(3, deletion=mode)
        self.lock_reads = 0
        self.gaps: list[tuple[float, float]] = []
        self._late: tuple[LockLevel, str, int] | None = None
        self._looked_at: tuple[float, datetime] = (0.0, self.region.clock.now)
        self._answer = self.cloud.transport.answer
        self.cloud.transport.answer = self._watched

    def lock(self, level: LockLevel, scope: str, lock_after: int = 0) -> None:
        """Set a lock now, or after so many reads of the locks."""
        self._late = (level, scope, lock_after)
        self._set_when_due()

    def one_pass(self) -> PassReport:
        """Make one pass over the fleet."""
        return asyncio.run(run_pass(self.fleet, self.cloud.provider, self.region.clock))

    def victims(self) -> tuple[str, ...]:
        """Who would go now."""
        planned = run_pass(self.fleet, self.cloud.provider, self.region.clock, dry_run=True)
        made = asyncio.run(planned).plan
        assert made is not None
        self.lock_reads = 0
        self.cloud.transport.sent.clear()
        return made.victims

    def scope_of(self, scope: Scope, victim: str) -> str:
        """The id of a scope of one victim."""
        if "disks" not in scope.id:
            return scope.id.replace(VICTIM, victim)
        record = self.region.world.roster.member(REF, victim)
        assert record is not None
        return next(part.id for part in record.resources if "/disks/" in part.id)

    @property
    def asked_to_delete(self) -> set[str]:
        """Members that a request asked ARM to delete."""
        named: set[str] = set()
        for sent in self.cloud.transport.sent:
            if sent.method == "POST" and sent.path.endswith("/delete"):
                named |= set(sent.body["instanceIds"])
            elif sent.method == "DELETE":
                named.add(sent.path.rpartition("/")[2])
        return named

    def _watched(self, sent: Sent) -> Reply | Exception:
        if sent.method in {"POST", "DELETE"}:
            process, region = self._looked_at
            passed = (self.region.clock.now - region).total_seconds()
            self.gaps.append((perf_counter() - process, passed))
        given = self._answer(sent)
        if sent.path.endswith("/locks"):
            self.lock_reads += 1
            self._looked_at = (perf_counter(), self.region.clock.now)
            self._set_when_due()
        return given

    def _set_when_due(self) -> None:
        if self._late is not None and self._late[2] == self.lock_reads:
            level, scope, _ = self._late
            self.region.add_lock(level, scope)


def a_locked_pass(
    name: str, level: LockLevel, lock_after: int, mode: DeletionMode = DeletionMode.BATCH
) -> tuple[Stage, PassReport, str]:
    """A pass in which a lock on the first victim's chain is set at a moment; gives that victim, too."""
    stage = Stage(mode)
    victim = stage.victims()[0]
    stage.lock(level, stage.scope_of(SCOPES[name], victim), lock_after)
    return stage, stage.one_pass(), victim


def told_of(report: PassReport) -> str:
    """All that a report says about locks, in one text."""
    assert report.plan is not None
    blocked = [step.detail for step in report.plan.blocked]
    return "\n".join([*blocked, *(outcome.sentence for outcome in report.outcomes)])


@pytest.mark.parametrize(
    ("mode", "reads"),
    [(DeletionMode.BATCH, LOCK_READS), (DeletionMode.SINGLE, LOCK_READS + 2)],
)
def test_locks_are_read_before_deleting(mode: DeletionMode, reads: int) -> None:
    """A pass that deletes reads the locks for the list, for its victims, and before each request."""
    stage = Stage(mode)
    stage.one_pass()
    assert stage.lock_reads == reads
    assert len(stage.asked_to_delete) == 3


@pytest.mark.parametrize("mode", DeletionMode)
@pytest.mark.parametrize(("name", "level"), LOCKS)
def test_lock_before_the_plan(name: str, level: LockLevel, mode: DeletionMode) -> None:
    """Whatever an early lock covers is never named in a deletion, and the plan says where the lock is."""
    stage, report, victim = a_locked_pass(name, level, 0, mode)
    scope = SCOPES[name]
    assert victim not in stage.asked_to_delete
    assert len(stage.asked_to_delete) == (0 if scope.whole else 3)
    if scope.whole:
        assert f"{level.value} {scope.words}" in told_of(report)


@pytest.mark.slow
@pytest.mark.parametrize("mode", DeletionMode)
@pytest.mark.parametrize(("name", "level"), LOCKS)
def test_lock_after_the_plan(name: str, level: LockLevel, mode: DeletionMode) -> None:
    """A lock that is readable at the last look keeps all that it covers, and is told with its scope."""
    stage, report, victim = a_locked_pass(name, level, AFTER_PLAN, mode)
    scope = SCOPES[name]
    assert victim not in stage.asked_to_delete
    assert len(stage.asked_to_delete) == (0 if scope.whole else 2)
    assert f"{level.value} {scope.words}" in told_of(report)


@pytest.mark.parametrize(
    ("name", "level", "refused"),
    [(name, level, level is LockLevel.READ_ONLY and SCOPES[name].whole) for name, level in LOCKS],
)
def test_lock_during_a_batch(name: str, level: LockLevel, refused: bool) -> None:
    """A batch that is under way when a lock comes is refused only if the lock is ReadOnly over the set.

    That is the remaining window: ARM does not hold CanNotDelete against a POST.
    """
    stage, report, victim = a_locked_pass(name, level, AFTER_LOOK)
    assert victim in stage.asked_to_delete
    assert (victim in live_members(stage.region, REF)) is refused
    if refused:
        assert SCOPES[name].id in told_of(report)


@pytest.mark.slow
@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    ("name", "refused", "kept"),
    [
        ("subscription", 1, 2),
        ("group", 1, 2),
        ("set", 0, 2),
        ("vm", 1, 0),
        ("nic", 0, 0),
        ("disk", 0, 0),
    ],
)
def test_lock_during_single_deletions(name: str, level: LockLevel, refused: int, kept: int) -> None:
    """A lock that comes before the first of three DELETEs: ARM refuses that one, our next look the others.

    A VM is not below its set, NIC and disk in ARM's hierarchy: locks there do not hold a DELETE of it up.
    """
    stage, report, victim = a_locked_pass(name, level, AFTER_LOOK, DeletionMode.SINGLE)
    errors = [one.error for one in report.outcomes if isinstance(one.error, Locked)]
    assert len(errors) == refused
    assert len(stage.asked_to_delete) == 3 - kept
    assert len(live_members(stage.region, REF)) == 3 + refused + kept
    scope = stage.scope_of(SCOPES[name], victim)
    assert all(scope in str(error) for error in errors)


def test_unreadable_locks_stop_deletions() -> None:
    """While locks cannot be read nothing is deleted, whatever was planned."""
    stage = Stage()
    stage.victims()

    answer = stage.cloud.transport.answer
    stage.cloud.transport.answer = lambda sent: (
        an_error(403, "AuthorizationFailed") if sent.path.endswith("/locks") else answer(sent)
    )
    stage.one_pass()
    assert stage.asked_to_delete == set()


@pytest.mark.parametrize("mode", DeletionMode)
def test_window_is_one_request(mode: DeletionMode) -> None:
    """No time of the region passes between the last look's answer and the first deletion, and little of ours."""
    gaps = []
    for _ in range(5):
        stage = Stage(mode)
        stage.one_pass()
        gaps.append(stage.gaps[0])
    mine, regions = zip(*gaps, strict=True)
    print(f"{mode.value}: {median(mine) * 1000:.1f} ms, at most {max(mine) * 1000:.1f} ms")
    assert max(regions) == 0
    assert max(mine) < 1
