"""Sentences that say why a new member goes where it goes, and what came second."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from controller.core.topology import REGION, ZONE
from providers.base import Priority

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.core.offerings import Offers
    from controller.core.spread import Cell, Layout
    from controller.core.topology import Topology
    from controller.spec.values import SizeChoice


class Explainer:
    """Follows the counts while members are placed one after the other, and words each choice."""

    def __init__(self, topology: Topology, layout: Layout, offers: Offers) -> None:
        self._topology = topology
        self._layout = layout
        self._offers = offers
        self._scales = {name: layout.scale(name) for name in topology.eligible}
        self._members = layout.by_domain()
        self._of_class: Counter[tuple[str, str]] = Counter()
        for cell, number in layout.counts.items():
            self._of_class[cell.klass, cell.domain] += number
        self._closed: dict[tuple[str, str], str] = {}

    def count(self, cell: Cell) -> None:
        """Take note of one member placed."""
        self._members[cell.domain] += 1
        self._of_class[cell.klass, cell.domain] += 1

    def explain(self, cell: Cell, size: SizeChoice) -> tuple[str, str]:
        """The reason for a place, and the runner-up (empty if there was none)."""
        if self._topology.kind == REGION:
            why = "the platform spreads the members of this set; nothing of it can be chosen"
            return why + self._size_words(cell, size), ""
        rivals = [name for name in self._topology.eligible if name != cell.domain]
        emptier = [name for name in rivals if self._share(name) < self._share(cell.domain)]
        why = self._fewest(cell, rivals, emptier) + self._size_words(cell, size)
        open_rivals = [name for name in rivals if not self._why_closed(name, cell.klass)]
        return why, self._runner_up(cell, [name for name in open_rivals if name not in emptier])

    def _share(self, domain: str) -> int:
        return self._members[domain] * self._scales[domain]

    def _fewest(self, cell: Cell, rivals: Sequence[str], emptier: Sequence[str]) -> str:
        here, name = self._members[cell.domain], self._topology.name(cell.domain)
        if not rivals:
            return f"{name} is the only one that counts"
        if emptier:
            closed = "; ".join(self._closed_words(rival, cell.klass) for rival in emptier)
            return f"{name} holds the fewest members of those that can take one ({here}); {closed}"
        against = _listed([str(self._members[rival]) for rival in rivals])
        weights = {self._layout.weights.get(one, 1) for one in self._topology.eligible}
        pool = self._offers.pool.name
        measure = f"the fewest members{f' of pool {pool}' if pool else ''}"
        if len(weights) > 1:
            measure += " for its weight"
        return f"{name} holds {measure} ({here}, against {against})"

    def _closed_words(self, domain: str, klass: str) -> str:
        why = self._why_closed(domain, klass) or "its cap is reached"
        return f"{self._topology.name(domain)} ({self._members[domain]}): {why}"

    def _why_closed(self, domain: str, klass: str) -> str:
        key = (domain, klass)
        if key not in self._closed:
            zone = domain if self._topology.kind == ZONE else None
            priority = Priority(klass)
            refusal = self._offers.first_refusal(zone, priority)
            is_open = bool(self._offers.open(zone, priority))
            self._closed[key] = "" if is_open or refusal is None else refusal.detail
        return self._closed[key]

    def _runner_up(self, cell: Cell, rivals: Sequence[str]) -> str:
        if not rivals:
            return ""
        second = min(
            rivals,
            key=lambda name: (
                self._share(name),
                self._of_class[cell.klass, name],
                self._layout.order.get(name, 0),
            ),
        )
        name, members = self._topology.name(second), self._members[second]
        if self._share(second) > self._share(cell.domain):
            return f"{name} holds {members}"
        theirs, ours = self._of_class[cell.klass, second], self._of_class[cell.klass, cell.domain]
        if theirs > ours:
            return f"{name} holds as many, but {theirs} {cell.klass} against {ours}"
        return (
            f"{name} holds as many; {self._topology.name(cell.domain)} comes first for this fleet"
        )

    def _size_words(self, cell: Cell, size: SizeChoice) -> str:
        """Why not the preferred size, when it is not the one."""
        first = self._offers.ranked[0]
        if size == first or len(self._offers.pool.sizes) == 1:
            return ""
        zone = cell.domain if self._topology.kind == ZONE else None
        refusal = self._offers.refusal(first, zone, Priority(cell.klass))
        return f"; {refusal.detail}" if refusal else ""


def _listed(words: Sequence[str]) -> str:
    """``2``, ``2 and 1``, ``3, 2 and 1``."""
    if len(words) < 2:
        return "".join(words)
    return ", ".join(words[:-1]) + f" and {words[-1]}"
