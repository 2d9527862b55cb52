"""Random fleets and looks at them for property tests: everything that the planner may ever meet."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import strategies as st

from controller.core import tags
from controller.core.observed import Member, Memory, Observed, Scarce, Serials
from controller.core.steps import Create, Plan
from controller.spec.values import (
    DeletionPolicy,
    Fleet,
    Hold,
    Limits,
    Placement,
    Process,
    Quorum,
    ScaleIn,
    SizeAllocation,
    SizeChoice,
    Spot,
    Suspension,
    VictimAge,
    VictimOrder,
    WhenUnsatisfiable,
)
from providers.base import (
    Extension,
    Health,
    Lock,
    LockLevel,
    PowerState,
    Priority,
    ProvisioningState,
)
from tests.builders import (
    D2AS,
    D2S,
    NOW,
    REF,
    TEMPLATE,
    a_catalog,
    a_fleet,
    a_group,
    a_member,
    a_pool,
    observed,
    with_extensions,
)

ZONES = ("1", "2", "3")
TIMES = st.sampled_from([None, NOW - timedelta(days=2), NOW - timedelta(minutes=5), NOW])
HOLDS = st.sampled_from(
    [None, Hold("ops", "backup"), Hold("ops", "", NOW), Hold("ops", "", NOW + timedelta(hours=1))]
)


@st.composite
def placements(draw: st.DrawFn) -> Placement:
    """Zones, fault domains or max spreading, with and without exclusions, weights and caps."""
    kind = draw(st.sampled_from(["zones", "zones", "faultDomains", "max"]))
    rules = {
        "max_skew": draw(st.integers(1, 3)),
        "when_unsatisfiable": draw(st.sampled_from(WhenUnsatisfiable)),
        "max_per_domain": draw(st.sampled_from([None, None, None, 0, 2, 5])),
        "max_percent_per_domain": draw(st.sampled_from([None, None, None, 34, 50])),
        "min_domains": draw(st.sampled_from([1, 1, 3])),
    }
    if kind == "max":
        return Placement(fault_domains=1, **rules)
    zones = ZONES[: draw(st.integers(1, 3))] if kind == "zones" else ()
    count = 1 if zones else draw(st.integers(2, 3))
    domains = zones or tuple(str(n) for n in range(count))
    return Placement(
        zones=zones,
        fault_domains=count,
        excluded=draw(st.frozensets(st.sampled_from(domains), max_size=len(domains))),
        weights=draw(st.dictionaries(st.sampled_from(domains), st.integers(1, 5))),
        **rules,
    )


SPOTS = st.none() | st.builds(
    Spot,
    base_regular=st.integers(0, 12),
    regular_percentage_above_base=st.sampled_from([0, 33, 50, 100]),
    fallback_to_regular=st.booleans(),
)


SUSPENSIONS = st.lists(
    st.builds(
        Suspension,
        process=st.sampled_from(Process),
        owner=st.just("ana"),
        reason=st.just("audit"),
        until=st.sampled_from([NOW, NOW + timedelta(hours=1)]),
    ),
    max_size=2,
    unique_by=lambda one: one.process,
).map(tuple)
MARKS = st.sampled_from(
    [None, None, "", "yesterday;0", *(f"{NOW - timedelta(minutes=n)};{'0' * 16}" for n in (1, 11))]
)


@st.composite
def fleets(draw: st.DrawFn, most: int = 9) -> Fleet:
    """A fleet of one or two pools, with every kind of rule on it."""
    names = draw(st.sampled_from([("",), ("",), ("linux", "windows")]))
    sizes = (SizeChoice(D2S, 0), SizeChoice(D2AS, 1))
    pools = tuple(
        a_pool(
            draw(st.integers(0, most)),
            name=name,
            spot=draw(SPOTS),
            sizes=sizes[: draw(st.integers(1, 2))],
            template=draw(TEMPLATES),
            size_allocation=draw(st.sampled_from(SizeAllocation)),
        )
        for name in names
    )
    member_names = st.integers(1, 12).map(lambda n: draw(CASES)(f"web-{n:06d}"))
    return a_fleet(
        pools=pools,
        placement=draw(placements()),
        holds=draw(st.dictionaries(member_names, HOLDS.filter(bool), max_size=2)),
        adopt=tuple(draw(st.lists(member_names, max_size=2, unique_by=str.lower))),
        scale_in=ScaleIn(
            draw(st.sampled_from(VictimOrder)),
            draw(st.sampled_from(VictimAge)),
            tuple(draw(st.lists(member_names, max_size=2, unique_by=str.lower))),
        ),
        limits=Limits(draw(st.sampled_from([None, 0, 3])), draw(st.integers(1, 3))),
        quorum=draw(st.sampled_from([None, None, None, Quorum()])),
        suspensions=draw(SUSPENSIONS),
        suspended=draw(st.sampled_from([False] * 9 + [True])),
        absent=draw(st.sampled_from([False] * 4 + [True])),
        deletion_policy=draw(st.sampled_from(DeletionPolicy)),
    )


# Their fingerprint is that of the builders' members, so that some of these have what they should.
TEMPLATES = st.sampled_from(
    [
        TEMPLATE,
        with_extensions(TEMPLATE, "agent"),
        with_extensions(TEMPLATE, "agent", "probe"),
    ]
)
EXTENSIONS = st.none() | st.lists(
    st.builds(
        Extension,
        st.sampled_from(["agent", "Probe", "foreign"]),
        st.sampled_from([None, *[ProvisioningState.SUCCEEDED] * 3, *ProvisioningState]),
    ),
    max_size=3,
    unique_by=lambda one: one.name,
).map(tuple)
CASES = st.sampled_from([str.lower, str.upper])


@st.composite
def members(draw: st.DrawFn, serial: int) -> Member:
    """A member in any state, ours or not."""
    one = a_member(
        serial,
        draw(st.sampled_from([*ZONES, *ZONES, None])),
        owned=draw(st.sampled_from([True, True, True, False])),
        fault_domain=draw(st.sampled_from([0, 1, 2, None])),
        size=draw(st.sampled_from([D2S, D2AS, "Standard_F2s_v2"])),
        priority=draw(st.sampled_from(Priority)),
        provisioning_state=draw(
            st.sampled_from([ProvisioningState.SUCCEEDED] * 5 + list(ProvisioningState))
        ),
        power_state=draw(st.sampled_from([PowerState.RUNNING] * 5 + list(PowerState))),
        health=draw(st.sampled_from([Health.UNKNOWN, *Health])),
        created_at=draw(TIMES),
        protected=draw(st.sampled_from([False] * 9 + [True])),
        extensions=draw(EXTENSIONS),
    )
    return replace(
        one,
        hold=draw(st.sampled_from([None] * 8) | HOLDS),
        pool=draw(st.sampled_from([None, "linux", "windows", "gone"])),
        fingerprint=draw(st.sampled_from([None, TEMPLATE.fingerprint, "v1:old"])),
        deletion_cost=draw(st.sampled_from([0, 0, 0, -5, 7])),
        listed=draw(st.sampled_from([True] * 9 + [False])),
    )


LOCK_SCOPES = st.sampled_from(
    [REF.instance_id(f"web-{n:06d}") for n in range(1, 7)] * 3
    + [REF.instance_id("WEB-000002").upper(), REF.id, REF.group_scope, "/subscriptions/other"]
    + [f"{REF.group_scope}/providers/Microsoft.Network/networkInterfaces/web-000003-nic"]
)
LOCKS = st.none() | st.lists(
    st.builds(Lock, st.sampled_from(LockLevel), LOCK_SCOPES), max_size=3
).map(tuple)


@st.composite
def looks(draw: st.DrawFn, most: int = 9) -> Observed:
    """A look at a set with members in any state and any tag of serial numbers."""
    count = draw(st.integers(0, most))
    found = [draw(members(serial)) for serial in range(1, count + 1)]
    following = count + 1 + draw(st.integers(-2, 3))
    following = max(1, following)
    floor = draw(st.integers(max(1, following - 3), following))
    seen = observed(found, locks=draw(LOCKS))
    catalog = a_catalog(
        {"standardDSv5Family": (draw(st.integers(0, 20)), 4), "lowPriorityCores": (6, 2)},
        d2s=draw(st.frozensets(st.sampled_from(ZONES))),
    )
    group = a_group(following, floor)
    mark = draw(MARKS)
    group = replace(group, tags={**group.tags, **({tags.TOMBSTONE: mark} if mark else {})})
    return replace(
        seen,
        serials=draw(st.sampled_from([None, Serials(floor, following)])),
        group=draw(st.sampled_from([group, group, None])),
        catalog=draw(st.sampled_from([None, catalog])),
    )


@st.composite
def plain_fleets(draw: st.DrawFn) -> Fleet:
    """A Regular fleet over two or three zones, without rules."""
    zones = ZONES[: draw(st.integers(2, 3))]
    return a_fleet(draw(st.integers(0, 12)), placement=Placement(zones=zones))


@st.composite
def plain_looks(draw: st.DrawFn) -> Observed:
    """Members that all run, in zones 1 and 2, some of them locked or held."""
    zones = draw(st.lists(st.sampled_from(ZONES[:2]), max_size=10))
    found = [a_member(serial, zone) for serial, zone in enumerate(zones, start=1)]
    held = draw(st.sets(st.integers(1, 10), max_size=3))
    kept = [replace(one, hold=Hold("ops", "")) if n in held else one for n, one in enumerate(found)]
    locked = [one for one in found if draw(st.booleans())]
    return observed(
        kept, locks=[Lock(LockLevel.READ_ONLY, REF.instance_id(one.name)) for one in locked]
    )


REFUSALS = st.lists(
    st.builds(
        Scarce,
        zone=st.sampled_from([None, *ZONES]),
        size=st.sampled_from([D2S, D2AS]),
        priority=st.sampled_from([None, *Priority]),
        until=st.sampled_from([NOW - timedelta(minutes=20), NOW, NOW + timedelta(minutes=9)]),
        code=st.sampled_from(["ZoneFull", "Quota", "Whatever"]),
        larger_too=st.booleans(),
    ),
    max_size=3,
).map(tuple)
MEMORIES = st.builds(
    Memory,
    REFUSALS,
    st.booleans(),
    st.dictionaries(
        st.integers(1, 9).map(lambda n: f"web-{n:06d}"),
        st.sampled_from([NOW, NOW - timedelta(hours=1)]),
        max_size=2,
    ).map(lambda rows: tuple(sorted(rows.items()))),
)


def calm(fleet: Fleet, seen: Observed) -> tuple[Fleet, Observed]:
    """The same without anything that could prevent a step for good: locks, holds, caps, guards, refusals."""
    placement = replace(
        fleet.placement,
        excluded=frozenset(),
        max_per_domain=None,
        max_percent_per_domain=None,
        when_unsatisfiable=WhenUnsatisfiable.RELAX,
    )
    limits = replace(fleet.limits, max_delete=None, unhealthy_percent=100)
    easy = replace(fleet, placement=placement, limits=limits, holds={}, adopt=(), quorum=None)
    easy = replace(easy, suspended=False, suspensions=(), absent=False)
    members = tuple(
        replace(one, hold=None, listed=True, instance=replace(one.instance, protected=False))
        for one in seen.members
    )
    return easy, replace(seen, members=members, locks=(), catalog=None)


def born(step: Create, plan: Plan) -> Member:
    """The member that a creation leads to, once it runs."""
    one = a_member(
        1,
        step.zone,
        name=step.instance,
        fault_domain=step.fault_domain,
        size=step.size,
        priority=step.priority,
        created_at=NOW,
        tags={tags.FLEET: plan.fleet},
        extensions=(),
    )
    return replace(one, pool=step.pool or None)
