"""What a scenario makes happen: lag, quota, locks, evictions, strangers, calls that fail."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from providers.base import Health, InstallExtension, LockLevel, PowerOperation
from providers.errors import (
    Forbidden,
    OutcomeUnknown,
    ProviderError,
    QuotaExceeded,
    Throttled,
    Transient,
)
from providers.simulated.provider import SimulatedProvider
from providers.simulated.scenario import (
    Call,
    CallFailure,
    CallFault,
    CreationFault,
    CreationOutcome,
    DeletionFault,
    Eviction,
    ForeignEdit,
    ForeignInstance,
    LockFault,
    NotOffered,
    Window,
)
from tests.providers.worlds import (
    A_WHILE,
    REF,
    START,
    a_region,
    a_request,
    a_spot,
    an_empty_region,
    named,
    names_in,
    run,
    states,
)


def test_lag_hides_and_shows() -> None:
    """A member appears in the list after the lag, and disappears from it a lag after it is gone."""
    region = a_region(list_lag=100)
    region.create(REF, a_request())
    seen = []
    for seconds in (99.0, 1.0):
        region.clock.advance(seconds)
        seen.append(names_in(region))
    region.delete_members(REF, ["web-000001"])
    for seconds in (A_WHILE, 100.0):
        region.clock.advance(seconds)
        seen.append(names_in(region))
    assert seen == [[], ["web-000001"], ["web-000001"], []]


def test_ghost_yields_to_successor() -> None:
    """A VM made anew under the name of a listed ghost is listed once."""
    region = a_region(members=1)
    region.use(type(region.scenario)(list_lag=600))
    region.delete_members(REF, ["web-000001"])
    region.clock.advance(A_WHILE)
    region.create(REF, a_request())
    region.clock.advance(300)
    assert names_in(region) == []


def test_deallocated_keeps_quota() -> None:
    """Deallocated VMs go on counting against quota; deleted ones do not."""
    region = a_region(members=1, quotas={"standardDSv5Family": 2})
    region.operate(REF, "web-000001", PowerOperation.DEALLOCATE)
    region.clock.advance(A_WHILE)
    with pytest.raises(QuotaExceeded):
        region.create(REF, a_request("web-000002"))
    region.delete_members(REF, ["web-000001"])
    region.clock.advance(A_WHILE)
    region.create(REF, a_request("web-000002"))
    assert names_in(region) == ["web-000002"]


def test_spot_has_its_own_quota() -> None:
    """A Spot VM counts towards lowPriorityCores and nothing else."""
    region = a_region()
    region.create(REF, a_spot())
    quotas = region.catalog(REF.subscription, REF.location).quotas
    used = {name: quota.used for name, quota in quotas.items() if quota.used}
    assert used == {"lowPriorityCores": 2}


def test_catalog_shows_restrictions() -> None:
    """What is not offered is shown in the catalog as a restriction."""
    region = a_region(
        not_offered=(NotOffered("Standard_D2s_v5", ("3",)), NotOffered("standard_d4s_v5"))
    )
    sizes = region.catalog(REF.subscription, REF.location).sizes
    assert sizes["Standard_D2s_v5"].restricted_zones == {"3"}
    assert sizes["Standard_D4s_v5"].unavailable == "NotAvailableForSubscription"


def test_unzoned_region_offers_no_zones() -> None:
    """In a region without zones no size has any."""
    catalog = an_empty_region().catalog(REF.subscription, "West US")
    assert {facts.zones for facts in catalog.sizes.values()} == {frozenset()}


@pytest.mark.parametrize(
    ("policy", "left"),
    [("Delete", []), ("Deallocate", ["web-000002"]), (None, ["web-000002"])],
)
def test_eviction_policy(policy: str | None, left: list[str]) -> None:
    """Evicted Spot VMs go or lose their host, as their policy says; Regular ones are left alone."""
    region = a_region(members=1, evictions=(Eviction(at=200, zone="1"),))
    region.create(REF, a_spot("web-000002", eviction_policy=policy))
    region.create(REF, a_spot("web-000003", zone="2", eviction_policy=policy))
    region.clock.advance(200)
    assert names_in(region) == ["web-000001", *left, "web-000003"]
    assert [states(region, name)[1] for name in left] == ["deallocated"] * len(left)
    assert states(region, "web-000003") == ("Succeeded", "running")


def test_eviction_count() -> None:
    """An eviction of one takes the oldest that matches."""
    region = a_region(evictions=(Eviction(at=200, count=1),))
    for name in ("web-000001", "web-000002"):
        region.create(REF, a_spot(name, eviction_policy="Delete"))
    region.clock.advance(200)
    assert names_in(region) == ["web-000002"]


def test_lock_appears_and_goes() -> None:
    """A lock of the scenario is there from its time until its end."""
    scope = REF.group_scope
    region = an_empty_region(
        locks=(LockFault(LockLevel.CAN_NOT_DELETE, scope=scope, at=100, until=200),)
    )
    seen = []
    for _ in range(3):
        seen.append(region.observe(REF).locks)
        region.clock.advance(100)
    assert [locks and [lock.scope for lock in locks] for locks in seen] == [(), [scope], ()]


def test_lock_follows_instance() -> None:
    """A lock on an instance's name holds as soon as there is such an instance."""
    region = a_region(locks=(LockFault(LockLevel.CAN_NOT_DELETE, instance="web-000001"),))
    before = region.observe(REF).locks
    region.create(REF, a_request())
    after = region.observe(REF).locks
    assert before == ()
    assert after is not None
    assert [lock.scope for lock in after] == [REF.instance_id("web-000001")]


def test_other_groups_locks_unseen() -> None:
    """Locks in another resource group are not shown."""
    region = a_region()
    region.add_lock(LockLevel.READ_ONLY, f"{REF.group_scope}-2")
    assert region.observe(REF).locks == ()


def test_locks_unreadable() -> None:
    """While locks cannot be read they are None, which is not the same as none."""
    region = an_empty_region(locks_unreadable=(Window(since=10, until=20),))
    seen = []
    for _ in range(3):
        seen.append(region.observe(REF).locks)
        region.clock.advance(10)
    assert seen == [(), None, ()]


def test_stranger_joins() -> None:
    """A stranger's VM waits for the set, then is a running member with the stranger's tags."""
    stranger = ForeignInstance(at=10, name="guest", zone="2", tags={"owner": "somebody"})
    region = a_region(foreign_instances=(stranger,))
    found = named(region, "guest")
    assert (found.zone, found.tags, found.power_state.value) == (
        "2",
        {"owner": "somebody"},
        "running",
    )


def test_strangers_edits() -> None:
    """A stranger's edits change tags, power and health of the instance when its time has come."""
    edits = (
        ForeignEdit(at=10, instance="web-000001", tags={"new": "1", "Old": None}),
        ForeignEdit(at=200, instance="web-000001", operation=PowerOperation.POWER_OFF),
        ForeignEdit(at=200, instance="web-000002", health=Health.UNHEALTHY),
        ForeignEdit(at=200, instance="web-000003", delete=True),
    )
    region = a_region(foreign_edits=edits)
    for number in (1, 2, 3):
        region.create(REF, a_request(f"web-00000{number}", tags={"old": "0"}))
    region.clock.advance(100)
    region.operate(REF, "web-000002", InstallExtension("p", {"type": "ApplicationHealthLinux"}))
    region.clock.advance(100)
    assert named(region).tags == {"new": "1"}
    assert states(region) == ("Succeeded", "stopped")
    assert named(region, "web-000002").health is Health.UNHEALTHY
    assert names_in(region) == ["web-000001", "web-000002"]


FAILURES: list[tuple[CallFailure, type[ProviderError], str]] = [
    (CallFailure.THROTTLED, Throttled, "TooManyRequests"),
    (CallFailure.TRANSIENT, Transient, "ServiceUnavailable"),
    (CallFailure.SERVER_ERROR, Transient, "InternalServerError"),
    (CallFailure.OUTCOME_UNKNOWN, OutcomeUnknown, "GatewayTimeout"),
    (CallFailure.FORBIDDEN, Forbidden, "AuthorizationFailed"),
]


@pytest.mark.parametrize(("failure", "error", "code"), FAILURES)
def test_call_fails(failure: CallFailure, error: type[ProviderError], code: str) -> None:
    """A call that the scenario fails does so once, has done nothing, and succeeds when repeated."""
    region = a_region(failures=(CallFault(Call.CREATE, failure),))
    provider = SimulatedProvider(region)
    with pytest.raises(error) as refusal:
        run(provider.create(REF, a_request()))
    assert refusal.value.code == code
    assert names_in(region) == []
    run(provider.create(REF, a_request()))
    assert names_in(region) == ["web-000001"]


def test_throttled_until() -> None:
    """A throttled call says from when on it may be repeated."""
    fault = CallFault(Call.OBSERVE, CallFailure.THROTTLED, retry_after=45)
    provider = SimulatedProvider(an_empty_region(failures=(fault,)))
    with pytest.raises(Throttled) as refusal:
        run(provider.observe(REF))
    assert refusal.value.until == START + timedelta(seconds=45)


@pytest.mark.parametrize(
    ("over", "struck"),
    [
        ({"skip": 1, "times": 2}, [False, True, True, False]),
        ({"instance": "WEB-000003"}, [False, False, True, False]),
        ({"at": 1000}, [False, False, False, False]),
    ],
)
def test_fault_selects_calls(over: dict[str, Any], *, struck: list[bool]) -> None:
    """A fault strikes the calls that its count, instance and time select, and no others."""
    region = a_region(failures=(CallFault(Call.CREATE, CallFailure.TRANSIENT, **over),))
    provider, seen = SimulatedProvider(region), []
    for number in range(1, 5):
        try:
            run(provider.create(REF, a_request(f"web-{number:06d}")))
            seen.append(False)
        except Transient:
            seen.append(True)
    assert seen == struck


def test_faults_count_for_each() -> None:
    """A creation that one fault takes is counted by the faults after it, too."""
    region = a_region(
        creations=(
            CreationFault(CreationOutcome.STUCK, skip=1),
            CreationFault(CreationOutcome.ALLOCATION_FAILED, skip=2),
        )
    )
    for number in (1, 2, 3):
        region.create(REF, a_request(f"web-00000{number}"))
    region.clock.advance(A_WHILE)
    seen = [each.provisioning_state.value for each in region.observe(REF).instances]
    assert seen == ["Succeeded", "Creating", "Failed"]


def test_applied_conflict_stays_unknown() -> None:
    """A lost answer hides a refusal as well: the caller learns nothing."""
    fault = CallFault(Call.CREATE, CallFailure.OUTCOME_UNKNOWN, applied=True)
    provider = SimulatedProvider(a_region(members=1, failures=(fault,)))
    with pytest.raises(OutcomeUnknown):
        run(provider.create(REF, a_request()))


def test_change_is_reported() -> None:
    """The provider reports each call that changed the region, and no reading that changed nothing."""
    reported: list[int] = []
    region = a_region()
    region.observe(REF)
    provider = SimulatedProvider(region, lambda changed: reported.append(changed.world.changes))
    run(provider.observe(REF))
    assert reported == []
    run(provider.create(REF, a_request()))
    assert reported == [region.world.changes]


def test_new_scenario_keeps_the_past() -> None:
    """An event that has happened does not happen again when another scenario is put in force."""
    eviction = Eviction(at=100)
    region = a_region(evictions=(eviction,))
    region.clock.advance(100)
    region.create(REF, a_spot(eviction_policy="Delete"))
    region.use(type(region.scenario)(evictions=(eviction,), list_lag=1))
    region.clock.advance(A_WHILE)
    assert states(region) == ("Succeeded", "running")


def test_interface_of_a_name_is_one_thing() -> None:
    """A NIC that was left behind under a name is the next VM's of that name, and is left over no more."""
    region = a_region(evictions=(Eviction(at=400),), deletions=(DeletionFault(times=1),))
    region.create(REF, a_spot("web-000001", eviction_policy="Delete"))
    region.clock.advance(400 + A_WHILE)
    before = {left.id.rpartition("/")[2].partition("_")[0] for left in region.leftovers(REF)}
    region.create(REF, a_spot("web-000001", eviction_policy="Delete"))
    after = {left.id.rpartition("/")[2].partition("_")[0] for left in region.leftovers(REF)}
    assert (before, after) == ({"web-000001-nic", "web-000001"}, {"web-000001"})
