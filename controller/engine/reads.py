"""The daemon's share of Azure's list requests, kept for each subscription and region.

A look is let in when its share allows it, at what it cost last time; what it really cost is charged
afterwards, reads that had to be repeated included.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from controller.core.rhythm import ReadBudget, Resync, compute_resync, list_pages

if TYPE_CHECKING:
    from controller.core.rhythm import Urgency
    from controller.engine.clock import SteadyClock
    from providers.base import GroupRef


def place_of(ref: GroupRef) -> str:
    """Where Azure counts list requests: the subscription and the region."""
    return f"{ref.subscription}/{ref.location}".lower()


@dataclass(slots=True)
class Shares:
    """What may be read of each place, and how often its fleets at rest are looked at."""

    clock: SteadyClock
    wanted_resync: float
    _budgets: dict[str, ReadBudget] = field(default_factory=dict)
    _pages: dict[str, tuple[str, int]] = field(default_factory=dict)
    _resyncs: dict[str, Resync] = field(default_factory=dict)

    def know(self, key: str, ref: GroupRef, members: int | None) -> None:
        """Say which fleets there are, and how many members each had when it was last seen."""
        known = self._pages.get(key)
        pages = list_pages(members) if members is not None else (known[1] if known else 1)
        entry = (place_of(ref), pages)
        if entry != known:
            self._pages[key] = entry
            self._resyncs.clear()

    def forget(self, key: str) -> None:
        """A fleet that is not looked at any more costs nothing."""
        if self._pages.pop(key, None) is not None:
            self._resyncs.clear()

    def place(self, key: str) -> str:
        """Where the reads of a fleet are counted; empty if nothing is known of it."""
        return self._pages[key][0] if key in self._pages else ""

    def resync(self, key: str) -> Resync:
        """How often a fleet at rest is looked at: as often as its place can afford for all its fleets."""
        place = self.place(key)
        if place not in self._resyncs:
            pages = [cost for where, cost in self._pages.values() if where == place]
            self._resyncs[place] = compute_resync(self.wanted_resync, pages)
        return self._resyncs[place]

    def admit(self, key: str, urgency: Urgency) -> float:
        """0 lets a look in and charges what it will cost; else the seconds until it may be."""
        place, pages = self._pages.get(key, ("", 1))
        budget = self._budget(place)
        wait = budget.wait(urgency, pages)
        if wait <= 0:
            self._budgets[place] = budget.less(urgency, pages)
        return wait

    def settle(self, key: str, urgency: Urgency, spent: int) -> None:
        """Charge what a look cost beyond what it was let in for."""
        place, pages = self._pages.get(key, ("", 1))
        if spent > pages:
            self._budgets[place] = self._budget(place).less(urgency, spent - pages)

    def _budget(self, place: str) -> ReadBudget:
        now = self.clock.elapsed
        return self._budgets.get(place, ReadBudget.full(now)).at(now)
