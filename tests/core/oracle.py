"""Brute force: every way of adding or taking away members, measured by the plain words of the aims.

Shares no code with ``controller.core``. Small fleets only: the number of ways grows fast.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

Place = tuple[str, ...]
"""A class, a domain, and a fault domain inside it where there are two levels."""


def ways(
    places: Sequence[Place], room: Mapping[Place, int], units: int
) -> Iterator[dict[Place, int]]:
    """Every way of dealing ``units`` to places with limited room."""
    if not places:
        if units == 0:
            yield {}
        return
    first, rest = places[0], places[1:]
    for share in range(min(room[first], units) + 1):
        for way in ways(rest, room, units - share):
            yield {first: share, **way}


def squares(counts: Mapping[Place, int], parts: Sequence[int], domains: Sequence[str]) -> int:
    """Sum of squares of the members that share the given parts of their place, eligible domains only."""
    found: dict[Place, int] = {}
    for place, number in counts.items():
        if place[1] in domains:
            key = tuple(place[part] for part in parts)
            found[key] = found.get(key, 0) + number
    return sum(number * number for number in found.values())


def skew(counts: Mapping[Place, int], domains: Sequence[str]) -> int:
    """Largest minus smallest number of members over the domains."""
    totals = [sum(n for place, n in counts.items() if place[1] == name) for name in domains]
    return max(totals) - min(totals)


def best_growth(
    counts: Mapping[Place, int],
    room: Mapping[Place, int],
    by_class: Mapping[str, int],
    domains: Sequence[str],
    domain_room: Mapping[str, int] | None = None,
) -> tuple[int, ...]:
    """The least (domains, fault domains, class in domains) over all ways of adding ``by_class``.

    ``domain_room`` caps what each domain takes of all classes together.
    """
    best: tuple[int, ...] | None = None
    per_class = [
        list(ways([p for p in counts if p[0] == klass], room, units))
        for klass, units in by_class.items()
    ]
    for combination in product(*per_class):
        added = {place: number for way in combination for place, number in way.items()}
        after = {place: number + added.get(place, 0) for place, number in counts.items()}
        if domain_room is not None and any(
            sum(n for place, n in added.items() if place[1] == name) > domain_room[name]
            for name in domains
        ):
            continue
        best = min(best, score(after, domains)) if best is not None else score(after, domains)
    assert best is not None, "there is room for the units, or the case is none"
    return best


def best_loss(
    counts: Mapping[Place, int],
    room: Mapping[Place, int],
    units: int,
    domains: Sequence[str],
    mix: Mapping[str, int],
) -> tuple[int, ...]:
    """The least (outside, domains, fault domains, mix error, class in domains) over all deletions."""
    return min(
        loss_score({p: n - way.get(p, 0) for p, n in counts.items()}, domains, mix)
        for way in ways(list(counts), room, units)
    )


def score(after: Mapping[Place, int], domains: Sequence[str]) -> tuple[int, ...]:
    """Domains first, then fault domains inside, then each class over the domains."""
    inner = squares(after, (1, 2), domains) if any(len(p) > 2 for p in after) else 0
    return squares(after, (1,), domains), inner, squares(after, (0, 1), domains)


def loss_score(
    after: Mapping[Place, int], domains: Sequence[str], mix: Mapping[str, int]
) -> tuple[int, ...]:
    """As ``score``, with members outside the domains before all, and the mix before the classes."""
    whole, inner, classes = score(after, domains)
    outside = sum(number for place, number in after.items() if place[1] not in domains)
    error = sum(
        abs(sum(n for p, n in after.items() if p[0] == klass) - wanted)
        for klass, wanted in mix.items()
    )
    return outside, whole, inner, error, classes
