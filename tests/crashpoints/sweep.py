"""Which plans there are for a story, and what is wrong with one that was carried out.

A story is told once with nobody dying. Each of its points gives a plan for each way to die there. Deaths that
leave the world in the very same state at the same moment (time, cloud, leases, disks; a process keeps nothing)
are one plan: before an ``fsync`` and after it, for instance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from providers.relay import Call
from tests.crashpoints.life import Right
from tests.crashpoints.points import Kind, Mode, Point
from tests.crashpoints.telling import Outcome, Plan, tell
from tests.simulation.record import Breach
from tests.stories.book import BOOK
from tests.stories.teller import Story

PAIRED = (
    "a-fleet-begins",
    "a-fleet-shrinks",
    "a-creation-fails-and-is-replaced",
    "a-tombstone-is-taken-back-within-its-hold",
)
"""Stories of which all pairs of points are tried: a beginning, a scale-in, a replacement, a tombstone."""


_LOOKS = frozenset({Call.LIST, Call.NAMED, Call.CATALOG})


@dataclass(frozen=True, slots=True)
class Way:
    """A plan of one more death. ``stands_for`` are all points and modes whose deaths leave the same behind."""

    plan: Plan
    stands_for: tuple[tuple[Kind, Mode], ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is wrong with a plan that was carried out, and where its processes died."""

    slug: str
    plan: Plan
    places: tuple[str, ...]
    faults: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.slug}: {self.plan} ({', '.join(self.places)}): {' | '.join(self.faults)}"


def story_of(slug: str) -> Story:
    """A story by its slug."""
    return next(one for one in BOOK if one.slug == slug)


@cache
def undisturbed(slug: str, right: Right) -> Outcome:
    """The story with nobody dying."""
    return tell(story_of(slug), Plan(right))


def singles(slug: str) -> list[Way]:
    """All plans of one death."""
    return [way for right in Right for way in ways_of(slug, right)]


def ways_of(slug: str, right: Right) -> list[Way]:
    """All plans of one death under a right."""
    points = [one for one in undisturbed(slug, right).points if _counts(right)(one.kind)]
    return _ways(Plan(right), points)


def spread(slugs: Sequence[str], most: int) -> list[tuple[str, Way]]:
    """A fixed choice of plans of one death: every kind of point in every mode, then evenly from the rest.

    For each kind and mode it is a plan of a story in turn, so that no story has all of them.
    """
    rows = [(slug, way) for slug in slugs for way in singles(slug)]
    by_kind: dict[tuple[str, Mode, Right], list[tuple[str, Way]]] = {}
    for slug, way in rows:
        for kind, mode in way.stands_for:
            by_kind.setdefault((str(kind), mode, way.plan.right), []).append((slug, way))
    chosen = dict.fromkeys(
        some[turn * len(some) // len(by_kind)] for turn, some in enumerate(by_kind.values())
    )
    every = max(1, len(rows) // max(1, most - len(chosen)))
    return list(chosen | dict.fromkeys(rows[every // 2 :: every]))


def judge(slug: str, plan: Plan) -> Verdict:
    """Carry a plan out, and say what is wrong."""
    outcome = tell(story_of(slug), plan, is_new=False)
    places = tuple(str(one.kind) for one in outcome.died)
    return Verdict(slug, plan, places, tuple(_faults(slug, outcome, plan)))


def seconds(slug: str, first: Plan) -> list[Way]:
    """All plans of two deaths that begin with this one: at every point that comes after it."""
    ((number, _),) = first.deaths
    return _ways(first, tell(story_of(slug), first).points[number:])


def _counts(right: Right) -> Callable[[Kind], bool]:
    """At which kinds of points a process dies: under leases, where it has to do with others."""
    return _is_shared if right is Right.LEASED else lambda _: True


def _is_shared(kind: Kind) -> bool:
    return kind.what == "lease" or (kind.what == "cloud" and kind.operation not in _LOOKS)


def _ways(first: Plan, points: Sequence[Point]) -> list[Way]:
    by_state: dict[int, list[tuple[Point, Mode]]] = {}
    for point in points:
        for mode, state in point.leaves.items():
            by_state.setdefault(state, []).append((point, mode))
    return [
        Way(
            Plan(first.right, (*first.deaths, (some[0][0].number, some[0][1]))),
            tuple((point.kind, mode) for point, mode in some),
        )
        for some in by_state.values()
    ]


def _faults(slug: str, outcome: Outcome, plan: Plan) -> Iterator[str]:
    yield from outcome.faults
    if len(outcome.died) != len(plan.deaths):
        yield f"{len(outcome.died)} of {len(plan.deaths)} died"
    yield from (str(one) for one in outcome.breaches if not _is_of_pools(slug, one))
    calm = undisturbed(slug, plan.right)
    if _is_swept(slug) and len(outcome.left) > len(calm.left):
        yield f"left behind: {outcome.left}, without the crash {calm.left}"


def _is_of_pools(slug: str, breach: Breach) -> bool:
    """Whether the judge, who counts a fleet as a whole, is no judge of this: ``Truth`` counts pools."""
    pools = max(len(fleet.pools) for fleet, _ in story_of(slug).fleets)
    return pools > 1 and breach.invariant in {"I1", "I10"}


def _is_swept(slug: str) -> bool:
    """Whether the story's templates say that what a VM has goes with it: what others keep is nobody's to sweep."""
    pools = [pool for fleet, _ in story_of(slug).fleets for pool in fleet.pools]
    return all("networkProfile" in pool.template.document for pool in pools)
