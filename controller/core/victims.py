"""Which members go on scale-in.

Order of importance: members that were asked before and may go yet; members named in the spec; members that
do not serve (HealthFirst); members of a pool that the spec has no more; members outside the eligible domains;
then whatever leaves the spread most even, and in the chosen place the surplus class, the outdated template,
the lower deletion cost, the less wanted size, the age, the name.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.core import spread
from controller.core.spread import Cell, Preference
from controller.core.steps import Blocked, Victim
from controller.core.victim_order import (
    SPREAD,
    Pick,
    cell_of,
    is_marked,
    preference_of,
    standing_of,
)
from controller.core.victim_words import explain

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from controller.core.deletability import Ledger
    from controller.core.observed import Member


@dataclass(frozen=True, slots=True)
class Chosen:
    """Victims in the order of deletion, and one entry for each deletion that could not be had."""

    victims: tuple[Victim, ...]
    blocked: tuple[Blocked, ...]


def choose(pick: Pick, units: int, ledger: Ledger) -> Chosen:
    """Choose ``units`` victims among the deletable members.

    A member that was asked before and that nobody may ask again now takes a place: it may go yet.
    """
    free = [one for one in pick.members if ledger.may_delete(one.name)]
    asked = [one for one in pick.members if one.name in pick.asked and one not in free]
    rows = _rows(pick, free)
    victims = explain(pick, rows, _cells(pick, rows, max(0, units - len(asked))))
    blocked = [_obstacle(ledger, name) for name in _obstructing(pick, victims, units, ledger)]
    return Chosen(victims, tuple(blocked))


def reachable(pick: Pick, units: int, ledger: Ledger) -> Counter[str]:
    """Members left in each domain by the most even deletion of as many deletable members."""
    free = Counter(
        cell_of(pick.topology, one) for one in pick.members if ledger.may_delete(one.name)
    )
    even = {cell: [Preference(SPREAD)] * number for cell, number in free.items()}
    lost = Counter(cell.domain for cell in spread.shrink(pick.layout, even, pick.mix, units))
    return pick.layout.by_domain() - lost


def _rows(pick: Pick, members: Iterable[Member]) -> dict[Cell, list[Member]]:
    """Members by cell, the first to go first."""
    rows: dict[Cell, list[Member]] = {}
    for member in sorted(members, key=lambda one: standing_of(pick, one)):
        rows.setdefault(cell_of(pick.topology, member), []).append(member)
    return rows


def _cells(pick: Pick, rows: Mapping[Cell, Sequence[Member]], units: int) -> tuple[Cell, ...]:
    candidates = {cell: [preference_of(pick, one) for one in row] for cell, row in rows.items()}
    return spread.shrink(pick.layout, candidates, pick.mix, units)


def _obstructing(
    pick: Pick, victims: Sequence[Victim], units: int, ledger: Ledger
) -> tuple[str, ...]:
    """Members that would have gone if nothing stood in their way: marked ones, and those still lacking."""
    locked = [member for member in pick.members if not ledger.may_delete(member.name)]
    lacking = units - len(victims)
    marked = [member.name for member in locked if is_marked(pick, member.name)]
    if lacking <= 0:
        return tuple(marked)
    rows = _rows(pick, locked)
    wanted = [rows[cell].pop(0).name for cell in _cells(pick, rows, lacking)]
    return tuple(dict.fromkeys(marked + wanted))


def _obstacle(ledger: Ledger, name: str) -> Blocked:
    found = ledger.obstacles[name]
    return Blocked(found.reason, found.detail, name, found.until)
