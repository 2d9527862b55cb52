"""What a seed stands for: which world, which faults are on, and how often each strikes.

A swarm: each class of faults is on or off by itself, so that one that hides another does so only in some
seeds. Everything is drawn here and nowhere else; the printed options are all that a seed means.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, fields
from enum import StrEnum

from controller.spec.values import DeletionMode


class Fault(StrEnum):
    """One class of faults. The value drawn for it is a probability for each occasion, or a rate an hour."""

    # The process: at a change, on each side of it, or at any other call; stopped and continued.
    CRASH_BEFORE = "crash-before"
    CRASH_APPLIED = "crash-applied"
    CRASH_ANSWERED = "crash-answered"
    CRASH_READING = "crash-reading"
    CRASH_FILE = "crash-file"
    CRASH_LEASE = "crash-lease"
    PAUSE = "pause"
    # What is seen.
    STALE = "stale-list"
    SHORT = "short-list"
    ZONE_MISSING = "zone-missing"
    LOCKS_HIDDEN = "locks-hidden"
    # What the platform answers.
    THROTTLED = "throttled"
    BAD_RETRY = "bad-retry-after"
    TRANSIENT = "transient"
    FORBIDDEN = "forbidden"
    LOST_BEFORE = "lost-before"
    LOST_APPLIED = "lost-applied"
    LATE = "late-request"
    FALSE_SUCCESS = "false-success"
    LEASE_LOST = "lease-answer-lost"
    LEASE_BUSY = "lease-busy"
    # What the cloud and other people do.
    ZONE_OUTAGE = "zone-outage"
    EVICTION = "eviction"
    QUOTA = "quota"
    CAPACITY = "capacity"
    CREATION = "creation-fails"
    LEAVINGS = "leaves-everything"
    LOCK = "lock"
    HOLD = "hold"
    FOREIGN_EDIT = "foreign-edit"
    FOREIGN_VM = "foreign-vm"
    GROUP_DELETED = "group-deleted"
    # What hands do to specs.
    EDIT = "edit"
    TORN = "torn"
    VANISHED = "vanished"
    REVERTED = "reverted"
    OVERLAPPING = "overlapping"
    SOURCE_GONE = "source-gone"
    TOMBSTONE = "tombstone"
    # The host.
    DISK_FULL = "disk-full"
    CLOCK_JUMP = "clock-jump"
    DEAF = "watcher-deaf"


ODDS: dict[Fault, tuple[float, float, float]] = {
    Fault.CRASH_BEFORE: (0.4, 0.01, 0.15),
    Fault.CRASH_APPLIED: (0.4, 0.01, 0.15),
    Fault.CRASH_ANSWERED: (0.4, 0.01, 0.15),
    Fault.CRASH_READING: (0.3, 0.002, 0.03),
    Fault.CRASH_FILE: (0.3, 0.002, 0.05),
    Fault.CRASH_LEASE: (0.2, 0.0005, 0.003),
    Fault.PAUSE: (0.3, 1.0, 8.0),
    Fault.STALE: (0.4, 0.05, 0.5),
    Fault.SHORT: (0.2, 0.02, 0.3),
    Fault.ZONE_MISSING: (0.2, 0.02, 0.3),
    Fault.LOCKS_HIDDEN: (0.2, 0.02, 0.3),
    Fault.THROTTLED: (0.4, 0.02, 0.2),
    Fault.BAD_RETRY: (0.2, 0.01, 0.05),
    Fault.TRANSIENT: (0.4, 0.02, 0.2),
    Fault.FORBIDDEN: (0.2, 0.01, 0.1),
    Fault.LOST_BEFORE: (0.4, 0.02, 0.2),
    Fault.LOST_APPLIED: (0.4, 0.02, 0.2),
    Fault.LATE: (0.4, 0.02, 0.2),
    Fault.FALSE_SUCCESS: (0.1, 0.01, 0.1),
    Fault.LEASE_LOST: (0.3, 0.01, 0.1),
    Fault.LEASE_BUSY: (0.3, 0.01, 0.2),
    Fault.ZONE_OUTAGE: (0.2, 1.0, 3.0),
    Fault.EVICTION: (0.4, 1.0, 6.0),
    Fault.QUOTA: (0.15, 1.0, 1.0),
    Fault.CAPACITY: (0.3, 1.0, 3.0),
    Fault.CREATION: (0.3, 1.0, 4.0),
    Fault.LEAVINGS: (0.2, 1.0, 4.0),
    Fault.LOCK: (0.4, 2.0, 20.0),
    Fault.HOLD: (0.3, 2.0, 10.0),
    Fault.FOREIGN_EDIT: (0.3, 1.0, 8.0),
    Fault.FOREIGN_VM: (0.2, 1.0, 3.0),
    Fault.GROUP_DELETED: (0.05, 1.0, 1.5),
    Fault.EDIT: (0.9, 6.0, 40.0),
    Fault.TORN: (0.3, 1.0, 5.0),
    Fault.VANISHED: (0.2, 1.0, 4.0),
    Fault.REVERTED: (0.2, 1.0, 4.0),
    Fault.OVERLAPPING: (0.2, 1.0, 4.0),
    Fault.SOURCE_GONE: (0.2, 1.0, 4.0),
    Fault.TOMBSTONE: (0.15, 1.0, 3.0),
    Fault.DISK_FULL: (0.2, 1.0, 4.0),
    Fault.CLOCK_JUMP: (0.2, 1.0, 4.0),
    Fault.DEAF: (0.3, 1.0, 1.0),
}
"""How likely a class is on, and between what its strength is drawn."""


class Right(StrEnum):
    """How the processes of a world share the fleets. ``NOBODY``: two that do not know of each other."""

    SOLE = "sole"
    LEASED = "leased"
    NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Options:
    """A world. Times are virtual seconds."""

    seed: int
    seconds: float
    right: Right
    controllers: int
    one_shots: bool
    fleets: int
    most: int
    deletion: DeletionMode
    spot: bool
    lag: float
    resync: float
    lease_seconds: int
    faults: dict[Fault, float] = field(default_factory=dict)

    def strength(self, fault: Fault) -> float:
        """The probability or rate of a class of faults; 0 if it is off."""
        return self.faults.get(fault, 0.0)

    @property
    def text(self) -> str:
        """All options, one a line."""
        rows = [
            f"  {one.name} = {getattr(self, one.name)}"
            for one in fields(self)
            if one.name != "faults"
        ]
        rows += [f"  {fault} = {strength:.4g}" for fault, strength in self.faults.items()]
        return "\n".join(rows)


def draw(seed: int) -> Options:
    """The world of a seed."""
    dice = random.Random(f"options {seed}")
    right = dice.choices(list(Right), weights=(6, 3, 2))[0]
    controllers = {Right.SOLE: 1, Right.NOBODY: 2}.get(right) or dice.choice([1, 2, 2, 3])
    faults = {}
    for fault, (chance, low, high) in ODDS.items():
        is_on, strength = dice.random() < chance, dice.uniform(low, high)
        if is_on:
            faults[fault] = strength
    return Options(
        seed=seed,
        seconds=dice.choice([600.0, 1200.0, 1200.0, 2400.0]),
        right=right,
        controllers=controllers,
        one_shots=right is not Right.SOLE and dice.random() < 0.4,
        fleets=dice.choice([1, 1, 1, 2]),
        most=dice.choice([3, 5, 5, 8, 16]),
        deletion=dice.choice([DeletionMode.BATCH, DeletionMode.BATCH, DeletionMode.SINGLE]),
        spot=dice.random() < 0.4,
        lag=dice.choice([0.0, 0.0, 10.0, 30.0, 60.0]),
        resync=dice.choice([60.0, 60.0, 120.0, 300.0]),
        lease_seconds=dice.choice([45, 60]),
        faults=faults,
    )
