"""The simulation's judge over the processes of a telling: every change is held against the same invariants.

The judge asks its world for a few things. Here they come from the stage of a story.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar, cast

from controller.engine.holds import Terms
from providers.relay import Call
from tests.simulation.evidence import Evidence
from tests.simulation.judge import Change as Judged
from tests.simulation.judge import Judge
from tests.simulation.record import Record

if TYPE_CHECKING:
    from pathlib import Path

    from controller.spec.values import Fleet
    from providers.base import GroupRef, GroupSnapshot
    from providers.relay import Change
    from providers.simulated.leases import LeaseTable
    from providers.simulated.records import LockRecord
    from providers.simulated.region import SimulatedRegion
    from tests.simulation.process import Process
    from tests.simulation.world import World
    from tests.stories.stage import Stage

T = TypeVar("T")


class Court:
    """A judge, and what it has to know of a story. ``broken`` are the sentences that did not hold."""

    def __init__(self, stage: Stage, table: LeaseTable, terms: Terms) -> None:
        self.table = table
        self.terms = terms
        self.record = Record()
        self.holders: dict[Process, str] = {}
        self.explicit_by_plan: dict[str, set[str]] = {}
        self._stage = stage
        self._known: dict[str, Fleet] = {}
        self._locked: dict[str, float] = {}
        self._revisions: dict[str, int] = {}
        self._judge = Judge(cast("World", self))

    @property
    def broken_sentences(self) -> list[str]:
        """What did not hold."""
        return [str(one) for one in self.record.breaches]

    # ---- what is told by the processes

    def begins(self, process: Process, trail: Path) -> None:
        """A process begins; what another one meant to do stands for nothing that it does."""
        self._forget(process, trail)

    def ends(self, process: Process, trail: Path) -> None:
        """A process is gone."""
        self.holders.pop(process, None)
        self._forget(process, trail)

    def looked(
        self,
        process: Process,
        ref: GroupRef,
        names: Sequence[str] | None,
        found: GroupSnapshot,
        at: float,
    ) -> None:
        """An answer to a look has come."""
        self._note_locks()
        self._judge.looked(process, ref, names, found, at)

    def sending(self, process: Process, change: Change) -> Judged:
        """A change is sent."""
        self._note_locks()
        self._known.update({one.spec_digest: one for one in self._stage.fleets.values()})
        operates = change.call in {Call.OPERATE, Call.SWEEP}
        judged = Judged(
            str(change.call),
            change.ref,
            change.names,
            etag=change.etag,
            operation=cast("Any", change.request) if operates else None,
        )
        self._judge.passed_the_fence(process, judged)
        self._judge.sending(process, judged)
        return judged

    def applying(self, process: Process, judged: Judged, action: Callable[[], T]) -> T:
        """A change arrives."""
        return self._judge.applying(process, judged, action)

    # ---- what the judge asks of a world

    @property
    def now(self) -> float:
        """Seconds of the region."""
        return self.region.clock.elapsed

    @property
    def region(self) -> SimulatedRegion:
        """Where it all happens."""
        return self._stage.region

    def broken(self, invariant: str, words: str) -> None:
        """A sentence did not hold."""
        self.record.broken(invariant, self._stage.seconds, words)

    @property
    def history(self) -> Court:
        """Since when specs have been as they are: the stage knows that of all hosts."""
        return self

    def stood(self, _host: str, fleet: Fleet) -> bool:
        """Whether the spec has said for the hold time that the fleet is to end."""
        stood = self.now - self._stage.spoken[fleet.ref.id.lower()]
        return stood >= 60 * fleet.deletion_hold_minutes

    def approved(self, fleet: Fleet) -> bool:
        """Whether somebody has said yes."""
        return self._stage.fleets[fleet.ref.id.lower()].approval is not None

    def overlaps(self, _revision: str) -> frozenset[str]:
        """No two specs of a story claim one set."""
        return frozenset()

    def follows(self, ref: GroupRef, _host: str, revision: str) -> bool:
        """Whether nothing was done for a later revision already, by any process."""
        number = int(revision.partition(":")[2], 16)
        before = self._revisions.setdefault(ref.id, number)
        self._revisions[ref.id] = max(before, number)
        return number >= before

    def locks_since(self, moment: float) -> list[LockRecord]:
        """Locks that are there and were seen to be there at a moment already."""
        self._note_locks()
        locks = self.region.world.own_locks
        return [one for one in locks if self._locked[one.name] <= moment]

    def _forget(self, process: Process, trail: Path) -> None:
        known = self._judge.evidence
        evidence = known.setdefault(process.host, Evidence(trail, process.host, self._known))
        evidence.path = trail
        evidence.forget()

    def _note_locks(self) -> None:
        for lock in self.region.world.own_locks:
            self._locked.setdefault(lock.name, self.now)
