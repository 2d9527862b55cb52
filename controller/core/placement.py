"""Where new members of a pool go: domain, class and size for each, with the sentence that says why.

The cells are chosen by ``spread.grow``; this module says which cells are open (offered, remembered as
available, under their caps), keeps ``whenUnsatisfiable: Block``, fits sizes into quota, and explains.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.core import mix, probes, spread
from controller.core.placement_words import Explainer
from controller.core.spread import Cell, Layout, Room
from controller.core.steps import Blocked, Prevented
from controller.core.topology import ZONE
from controller.spec.values import WhenUnsatisfiable
from providers.base import Priority

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from controller.core.offerings import Budget, Offers
    from controller.core.topology import Topology
    from controller.spec.values import Placement, Pool, SizeChoice


@dataclass(frozen=True, slots=True)
class Site:
    """What the choice of places for one pool rests on.

    ``sizes`` counts the pool's members by size, in small letters. ``domain_room`` is how many more members each capped domain may take.
    """

    pool: Pool
    placement: Placement
    topology: Topology
    layout: Layout
    offers: Offers
    sizes: Counter[str]
    domain_room: Mapping[str, int]

    def zone_of(self, domain: str) -> str | None:
        """The zone that a domain is, or None in a regional set."""
        return domain if self.topology.kind == ZONE else None


@dataclass(frozen=True, slots=True)
class Choice:
    """One new member: its cell, size, and why there."""

    cell: Cell
    size: SizeChoice
    why: str
    runner_up: str

    @property
    def priority(self) -> Priority:
        """The class of the member."""
        return Priority(self.cell.klass)


@dataclass(frozen=True, slots=True)
class Placed:
    """New members in the order of creation, and what could not be placed, one entry for each."""

    choices: tuple[Choice, ...]
    blocked: tuple[Blocked, ...]


def place(site: Site, units: int, budget: Budget) -> Placed:
    """Choose places for ``units`` new members of one pool."""
    present = _by_class(site.layout)
    adding = mix.classes_to_add(site.pool, present, units)
    site = probes.choose_trials(site, adding, budget)
    wanted = _with_fallback(site, adding)
    short: list[Blocked] = []
    cells = _allowed_cells(site, wanted, units)
    while True:
        sized, lacking = _fit_sizes(site, cells, budget.scratch())
        if not lacking:
            break
        # What quota refuses is taken out by class and the rest spread anew, or one zone would go short.
        for klass, words in lacking:
            wanted[klass] -= 1
            short.append(Blocked(Prevented.QUOTA, f"{klass}: {words}"))
        cells = _allowed_cells(site, wanted, sum(wanted.values()))
    choices = _explain(site, sized)
    for choice in choices:
        _take(site, choice.cell, choice.size, budget)
    short += _unplaced(site, wanted, choices)
    return Placed(choices, tuple(short))


def _with_fallback(site: Site, wanted: dict[str, int]) -> dict[str, int]:
    """Move Spot units to Regular where the spec allows it and no domain has Spot capacity."""
    spot = Priority.SPOT
    allowed = site.pool.spot is not None and site.pool.spot.fallback_to_regular
    if allowed and not any(_is_open(site, name, spot) for name in site.topology.eligible):
        return {Priority.REGULAR.value: sum(wanted.values()), spot.value: 0}
    return wanted


def _is_open(site: Site, domain: str, priority: Priority) -> bool:
    return bool(site.offers.open(site.zone_of(domain), priority))


def _room(site: Site, wanted: Mapping[str, int]) -> Room:
    open_cells = {
        (domain, klass): _is_open(site, domain, Priority(klass))
        for domain in site.topology.eligible
        for klass in mix.CLASSES
        if wanted[klass]
    }
    cells = {
        cell: probes.limit(site, cell, wanted[cell.klass])
        for (domain, klass), is_open in open_cells.items()
        for cell in (Cell(klass, domain, inner) for inner in site.topology.inner)
        if is_open
    }
    return Room(cells, wanted, site.domain_room)


def _allowed_cells(site: Site, wanted: Mapping[str, int], units: int) -> tuple[Cell, ...]:
    """Cells for as many units as caps, capacity and, under Block, the skew allow."""
    cells = spread.grow(site.layout, _room(site, wanted), units)
    block = site.placement.when_unsatisfiable is WhenUnsatisfiable.BLOCK
    if block and not _within_skew(site, cells):
        cells = _most_within_skew(site, wanted, len(cells))
    if len(cells) < units:
        # Fewer fit than were wanted: the classes of those that do are those of the smaller fleet.
        fewer = _first(site, wanted, len(cells))
        if len(fewer) == len(cells):
            return fewer
    return cells


def _most_within_skew(site: Site, wanted: Mapping[str, int], breaks: int) -> tuple[Cell, ...]:
    """Cells for the largest number of units below ``breaks`` that keeps the skew."""
    fits = 0
    while breaks - fits > 1:
        middle = (fits + breaks) // 2
        if _within_skew(site, _first(site, wanted, middle)):
            fits = middle
        else:
            breaks = middle
    return _first(site, wanted, fits)


def _first(site: Site, wanted: Mapping[str, int], units: int) -> tuple[Cell, ...]:
    present = _by_class(site.layout)
    classes = mix.classes_to_add(site.pool, present, units)
    capped = {klass: min(classes[klass], wanted[klass]) for klass in mix.CLASSES}
    return spread.grow(site.layout, _room(site, capped), units)


def _within_skew(site: Site, cells: Sequence[Cell]) -> bool:
    """Whether no domain that gained a member ends more than ``maxSkew`` above the emptiest one."""
    gained = Counter(cell.domain for cell in cells)
    after = site.layout.by_domain() + gained
    minimum = site.placement.min_domains
    return all(
        spread.lead(name, after, site.layout, minimum) <= site.placement.max_skew for name in gained
    )


def _fit_sizes(
    site: Site, cells: Sequence[Cell], budget: Budget
) -> tuple[list[tuple[Cell, SizeChoice]], list[tuple[str, str]]]:
    """A size for each cell in order, and for those that got none their class and what is left."""
    sized: list[tuple[Cell, SizeChoice]] = []
    lacking: list[tuple[str, str]] = []
    sizes = Counter(site.sizes)
    for cell in cells:
        priority = Priority(cell.klass)
        choice = site.offers.choose(site.zone_of(cell.domain), priority, budget, sizes)
        if isinstance(choice, str):
            lacking.append((cell.klass, budget.describe(choice)))
            continue
        _take(site, cell, choice, budget)
        sizes[choice.name.lower()] += 1
        sized.append((cell, choice))
    return sized, lacking


def _take(site: Site, cell: Cell, size: SizeChoice, budget: Budget) -> None:
    priority = Priority(cell.klass)
    tries = site.offers.tries(size, site.zone_of(cell.domain), priority)
    budget.take(site.offers.facts(size.name), priority, tries)


def _explain(site: Site, sized: Sequence[tuple[Cell, SizeChoice]]) -> tuple[Choice, ...]:
    explainer = Explainer(site.topology, site.layout, site.offers)
    choices: list[Choice] = []
    for cell, size in sized:
        why, runner_up = explainer.explain(cell, size)
        choices.append(Choice(cell, size, why, runner_up))
        explainer.count(cell)
    return tuple(choices)


def _unplaced(
    site: Site, wanted: Mapping[str, int], choices: Sequence[Choice]
) -> tuple[Blocked, ...]:
    placed = Counter(choice.cell.klass for choice in choices)
    gained = Counter(choice.cell.domain for choice in choices)
    return tuple(
        _cause(site, Priority(klass), gained)
        for klass in mix.CLASSES
        for _ in range(wanted[klass] - placed[klass])
    )


def _cause(site: Site, priority: Priority, gained: Counter[str]) -> Blocked:
    """Why one more member of a class found no place."""
    names = site.topology.eligible
    if not names:
        return Blocked(Prevented.NOT_OFFERED, "no zone is left: all are excluded or offer no size")
    closed = {name: site.offers.first_refusal(site.zone_of(name), priority) for name in names}
    open_names = [name for name in names if _is_open(site, name, priority)]
    if not open_names:
        return _soonest([one for one in closed.values() if one])
    trials = [name for name in open_names if site.offers.is_trial(site.zone_of(name), priority)]
    tried = [probes.waiting(site, name, priority) for name in trials]
    if len(trials) == len(open_names):
        return tried[0]
    uncapped = [name for name in open_names if site.domain_room.get(name, 1 << 30) > gained[name]]
    if not uncapped:
        words = ", ".join(site.topology.name(name) for name in open_names)
        return Blocked(Prevented.DOMAIN_CAP, f"the cap on members is reached in {words}")
    waiting = [one for name, one in closed.items() if one and name not in open_names]
    because = _soonest([*waiting, *tried]) if waiting or tried else None
    detail = f"one more anywhere would make the skew exceed {site.placement.max_skew}"
    if because:
        return Blocked(Prevented.SPREAD, f"{detail}; {because.detail}", until=because.until)
    return Blocked(Prevented.SPREAD, detail)


def _soonest(found: Sequence[Blocked]) -> Blocked:
    ending = [one for one in found if one.until is not None]
    return min(ending or found, key=lambda one: (str(one.until or ""), one.detail))


def _by_class(layout: Layout) -> Counter[str]:
    present: Counter[str] = Counter()
    for cell, number in layout.counts.items():
        present[cell.klass] += number
    return present
