"""Which members go on scale-in, with the sentence that says why each.

Order of importance: members named in the spec; members that do not serve (HealthFirst); members outside
the eligible domains; then whatever leaves the spread most even, and in the chosen place the surplus
class, the outdated template, the lower deletion cost, the less wanted size, the age, the name.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from controller.core import spread
from controller.core.phase import NOT_SERVING, Phase, classify
from controller.core.spread import Cell, Preference
from controller.core.steps import Blocked, Victim
from controller.spec.values import VictimAge, VictimOrder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from controller.core.deletability import Ledger
    from controller.core.observed import Member
    from controller.core.spread import Layout
    from controller.core.topology import Topology
    from controller.spec.values import Pool, ScaleIn

MARKED, IDLE, OUTSIDE, SPREAD = range(4)
_NEVER = datetime(9999, 12, 31, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Pick:
    """What the choice of victims for one pool rests on.

    ``members`` are those that may be chosen from, deletable or not. ``mix`` is how many of each class
    should be left.
    """

    pool: Pool
    scale_in: ScaleIn
    topology: Topology
    layout: Layout
    members: Sequence[Member]
    mix: Mapping[str, int]
    now: datetime


@dataclass(frozen=True, slots=True)
class Chosen:
    """Victims in the order of deletion, and one entry for each deletion that could not be had."""

    victims: tuple[Victim, ...]
    blocked: tuple[Blocked, ...]


def choose(pick: Pick, units: int, ledger: Ledger) -> Chosen:
    """Choose ``units`` victims among the deletable members."""
    free = [member for member in pick.members if ledger.may_delete(member.name)]
    ranks = {member.name: _preference(pick, member) for member in free}
    victims = _explain(pick, _select(pick, free, ranks, units), ranks)
    blocked = [_obstacle(ledger, name) for name in _obstructing(pick, victims, units, ledger)]
    return Chosen(victims, tuple(blocked))


def reachable(pick: Pick, units: int, ledger: Ledger) -> Counter[str]:
    """Members left in each domain by the most even deletion of as many deletable members."""
    free = [member for member in pick.members if ledger.may_delete(member.name)]
    even = {member.name: Preference(SPREAD) for member in free}
    lost = Counter(cell.domain for cell in _cells(pick, free, even, units))
    return pick.layout.by_domain() - lost


def cell_of(topology: Topology, member: Member) -> Cell:
    """The cell in which a member stands."""
    return Cell(
        member.instance.priority.value, topology.domain_of(member), topology.inner_of(member)
    )


def _preference(pick: Pick, member: Member) -> Preference:
    phase = classify(member.instance, pick.now)
    current = _is_current(pick, member) and phase is not Phase.CREATING
    if member.name in pick.scale_in.remove:
        tier = MARKED
    elif phase in NOT_SERVING and pick.scale_in.order is VictimOrder.HEALTH_FIRST:
        tier = IDLE
    elif pick.topology.domain_of(member) not in pick.topology.eligible:
        tier = OUTSIDE
    else:
        tier = SPREAD
    return Preference(tier, int(current), member.deletion_cost)


def _is_current(pick: Pick, member: Member) -> bool:
    return member.fingerprint in {None, pick.pool.template.fingerprint}


def _rank(pick: Pick, member: Member, preference: Preference) -> tuple[Preference, int, float, str]:
    ranks = {choice.name: choice.rank for choice in pick.pool.sizes}
    wanted = ranks.get(member.instance.size, max(ranks.values(), default=0) + 1)
    born = (member.instance.created_at or _NEVER).timestamp()
    age = born if pick.scale_in.age is VictimAge.OLDEST else -born
    return preference, -wanted, age, member.name


def _rows(
    pick: Pick, members: Sequence[Member], ranks: Mapping[str, Preference]
) -> dict[Cell, list[Member]]:
    rows: dict[Cell, list[Member]] = {}
    for member in members:
        rows.setdefault(cell_of(pick.topology, member), []).append(member)
    for row in rows.values():
        row.sort(key=lambda member: _rank(pick, member, ranks[member.name]))
    return rows


def _cells(
    pick: Pick, members: Sequence[Member], ranks: Mapping[str, Preference], units: int
) -> tuple[Cell, ...]:
    rows = _rows(pick, members, ranks)
    candidates = {cell: [ranks[member.name] for member in row] for cell, row in rows.items()}
    return spread.shrink(pick.layout, candidates, pick.mix, units)


def _select(
    pick: Pick, members: Sequence[Member], ranks: Mapping[str, Preference], units: int
) -> list[Member]:
    rows = _rows(pick, members, ranks)
    return [rows[cell].pop(0) for cell in _cells(pick, members, ranks, units)]


def _explain(
    pick: Pick, chosen: Sequence[Member], ranks: Mapping[str, Preference]
) -> tuple[Victim, ...]:
    counts = pick.layout.by_domain()
    victims: list[Victim] = []
    choices = Counter(cell_of(pick.topology, one) for one in pick.members if one.name in ranks)
    gone = {member.name for member in chosen}
    stay = [member for member in pick.members if member.name not in gone and member.name in ranks]
    rows = _rows(pick, stay, ranks)
    for member in chosen:
        cell = cell_of(pick.topology, member)
        among = Among(ranks[member.name], choices[cell])
        victims.append(
            Victim(member.name, _why(pick, member, among, counts), _runner_up(pick, member, rows))
        )
        choices[cell] -= 1
        counts[pick.topology.domain_of(member)] -= 1
    return tuple(victims)


@dataclass(frozen=True, slots=True)
class Among:
    """A victim's own preference, and how many in its cell could have gone when it was chosen."""

    preference: Preference
    choices: int


def _why(pick: Pick, member: Member, among: Among, counts: Counter[str]) -> str:
    domain = pick.topology.domain_of(member)
    name = pick.topology.name(domain)
    match among.preference.tier:
        case 0:
            return "named in scaleIn.remove"
        case 1:
            return f"does not serve ({classify(member.instance, pick.now).value})"
        case 2:
            return f"{name} is not among the domains that count"
    others = [counts[one] for one in pick.topology.eligible if one != domain]
    if not others:
        return _within(pick, member, among)
    most = max(others)
    against = " and ".join(str(number) for number in others)
    if counts[domain] * pick.layout.scale(domain) >= max(
        counts[one] * pick.layout.scale(one) for one in pick.topology.eligible
    ):
        lead = f"{name} holds the most members ({counts[domain]}, against {against})"
    else:
        lead = f"{name} holds the most that may go ({counts[domain]}; the fullest holds {most})"
    return f"{lead}; {_within(pick, member, among)}"


def _within(pick: Pick, member: Member, among: Among) -> str:
    """Why this one of all in its place."""
    if among.choices <= 1:
        return "no other there may go"
    klass = member.instance.priority.value
    present = sum(number for cell, number in pick.layout.counts.items() if cell.klass == klass)
    if pick.pool.spot is not None and present > pick.mix.get(klass, 0):
        return f"{klass} is in surplus"
    if not _is_current(pick, member):
        return "made from an earlier template"
    if among.preference.newer == 0:
        return "still being created"
    if member.deletion_cost:
        return f"deletion cost {member.deletion_cost}"
    return f"the {pick.scale_in.age.value.lower()} there"


def _runner_up(pick: Pick, member: Member, rows: Mapping[Cell, list[Member]]) -> str:
    row = rows.get(cell_of(pick.topology, member))
    return f"{row[0].name} would be next there" if row else ""


def _obstructing(
    pick: Pick, victims: Sequence[Victim], units: int, ledger: Ledger
) -> tuple[str, ...]:
    """Members that would have gone if nothing stood in their way: marked ones, and those still lacking."""
    locked = [member for member in pick.members if not ledger.may_delete(member.name)]
    lacking = units - len(victims)
    marked = [member.name for member in locked if member.name in pick.scale_in.remove]
    if lacking <= 0:
        return tuple(marked) if units else ()
    ranks = {member.name: _preference(pick, member) for member in locked}
    wanted = [member.name for member in _select(pick, locked, ranks, lacking)]
    return tuple(dict.fromkeys(marked + wanted))


def _obstacle(ledger: Ledger, name: str) -> Blocked:
    found = ledger.obstacles[name]
    return Blocked(found.reason, found.detail, name, found.until)
