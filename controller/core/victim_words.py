"""Sentences that say why a member goes, and which would be next. Each names what decided, and no more."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from controller.core import victim_order
from controller.core.mix import CLASSES
from controller.core.phase import classify
from controller.core.steps import Victim
from controller.core.victim_order import is_current, preference_of, standing_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from controller.core.observed import Member
    from controller.core.spread import Cell
    from controller.core.victim_order import Pick

ASKED_BEFORE = "it was asked to go before; no answer came, and it may go yet"
_WHATEVER_ELSE = {
    victim_order.ASKED: ASKED_BEFORE,
    victim_order.MARKED: "named in scaleIn.remove",
}
"""Why members of the first tiers go, wherever they stand."""


def explain(
    pick: Pick, rows: Mapping[Cell, Sequence[Member]], cells: Sequence[Cell]
) -> tuple[Victim, ...]:
    """Word the victims in their order: the first member left in the row of each of ``cells``.

    ``rows`` are all members that may go, by cell, the first to go first.
    """
    teller = _Teller(pick, rows)
    taken = Counter(cells)
    spared = {cell: row[taken[cell]] for cell, row in rows.items() if len(row) > taken[cell]}
    victims: list[Victim] = []
    for cell in cells:
        second = f"{spared[cell].name} would be next there" if cell in spared else ""
        name, why = teller.next_victim(cell)
        victims.append(Victim(name, why, second))
    return tuple(victims)


class _Teller:
    """Follows the counts while members go one after the other."""

    def __init__(self, pick: Pick, rows: Mapping[Cell, Sequence[Member]]) -> None:
        self._pick = pick
        self._rows = rows
        self._gone: Counter[Cell] = Counter()
        self._members = pick.layout.by_domain()
        self._classes = Counter(member.instance.priority.value for member in pick.members)

    def next_victim(self, cell: Cell) -> tuple[str, str]:
        """The next to go from a cell, and why; from then on it is gone."""
        member = self._rows[cell][self._gone[cell]]
        why = self._why(cell, member)
        self._gone[cell] += 1
        self._members[cell.domain] -= 1
        self._classes[cell.klass] -= 1
        return member.name, why

    def _why(self, cell: Cell, member: Member) -> str:
        name = self._pick.topology.name(cell.domain)
        tier = preference_of(self._pick, member).tier
        if tier in _WHATEVER_ELSE:
            return _WHATEVER_ELSE[tier]
        match tier:
            case victim_order.IDLE:
                return f"does not serve ({classify(member.instance, self._pick.now).value})"
            case victim_order.STRAY:
                return f"its pool {member.pool} is not in the spec"
            case victim_order.OUTSIDE:
                return f"{name} is not among the domains that count"
        if len(self._pick.topology.eligible) == 1:
            return self._within(cell, member)
        return f"{self._lead(cell.domain, name)}; {self._within(cell, member)}"

    def _lead(self, domain: str, name: str) -> str:
        """How the victim's domain compares with the others."""
        layout, eligible = self._pick.layout, self._pick.topology.eligible
        others = [one for one in eligible if one != domain]
        here, scale = self._members[domain], layout.scale(domain)
        weighted = len({layout.weights.get(one, 1) for one in eligible}) > 1
        pool = f" of pool {self._pick.pool.name}" if self._pick.pool.name else ""
        measure = f"most members{pool}{' for its weight' if weighted else ''}"
        if all(here * scale >= self._members[one] * layout.scale(one) for one in others):
            against = " and ".join(str(self._members[one]) for one in others)
            return f"{name} holds the {measure} ({here}, against {against})"
        fullest = max(self._members[one] for one in others)
        return f"{name} holds the most that may go ({here}; the fullest holds {fullest})"

    def _within(self, cell: Cell, member: Member) -> str:
        """Why this one of all that could have gone from its place."""
        other_class = any(
            self._left(replace(cell, klass=klass)) for klass in CLASSES if klass != cell.klass
        )
        rivals = self._left(cell) - 1
        if other_class and self._classes[cell.klass] > self._pick.mix.get(cell.klass, 0):
            return f"{cell.klass} is in surplus"
        if rivals:
            return self._first_difference(member, self._rows[cell][self._gone[cell] + 1])
        # Both classes go from here, or the one in surplus would have gone in this one's stead.
        return "all there that may go have to" if other_class else "no other there may go"

    def _left(self, cell: Cell) -> int:
        return len(self._rows.get(cell, ())) - self._gone[cell]

    def _first_difference(self, member: Member, rival: Member) -> str:
        """What sets the victim apart from the one that comes second."""
        mine, theirs = (standing_of(self._pick, one) for one in (member, rival))
        if mine.preference.newer != theirs.preference.newer:
            earlier = not is_current(self._pick, member)
            return "made from an earlier template" if earlier else "still being created"
        if mine.preference.cost != theirs.preference.cost:
            return f"the lowest deletion cost there ({mine.preference.cost})"
        if mine.unwanted != theirs.unwanted:
            return f"{member.instance.size} is the least wanted size there"
        if (mine.ageless, mine.age) != (theirs.ageless, theirs.age):
            return f"the {self._pick.scale_in.age.value.lower()} there"
        return "the first there by name"
