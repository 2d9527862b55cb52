"""The battery that every provider has to pass: the numbered physics of ``providers.base``, one by one.

A provider's test module makes a class from ``ProviderContract`` and gives it a fixture ``cloud``. The set
of ``cloud.ref`` does not exist yet in a fresh cloud; ``cloud.advance`` lets the cloud's time pass.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pytest

from providers.base import (
    Extension,
    Health,
    InstallExtension,
    LeftoverKind,
    LeftoverSearch,
    LockLevel,
    NetworkQuestion,
    PowerOperation,
    PowerState,
    ProvisioningState,
    SingleDelete,
    TagChange,
    balancer_of,
)
from providers.errors import Conflict, Locked, NotFound, OutcomeUnknown, QuotaExceeded, Rejected
from tests.providers.worlds import A_WHILE, ADDRESSED, TIDY, ZONAL, a_request, run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from providers.base import (
        Document,
        Group,
        GroupRef,
        Instance,
        Leftover,
        NetworkFacts,
        Provider,
    )


AGENT: Document = {
    "publisher": "Example.Agents",
    "type": "AgentLinux",
    "typeHandlerVersion": "1.0",
    "settings": {"level": "info"},
}


class Cloud(Protocol):
    """A provider under test and what a test needs to steer it."""

    provider: Provider
    ref: GroupRef

    def advance(self, seconds: float) -> None:
        """Let the cloud's time pass."""
        ...

    def lag(self, seconds: float) -> None:
        """Make the member list run behind from now on."""
        ...

    def lose_answer(self, *, applied: bool) -> None:
        """Make the next creation end without an answer, carried out or not."""
        ...

    def fill_zones(self) -> None:
        """Take all capacity away from now on."""
        ...

    def limit_family(self, vcpus: int) -> None:
        """Approve so many vCPUs of the D2s v5's family."""
        ...

    def lock(self, level: LockLevel, scope: str) -> None:
        """Set a lock."""
        ...

    def leave_behind(self) -> None:
        """Let every deletion from now on leave NICs, disks and addresses behind."""
        ...

    def know_only(self, resources: Sequence[str], subnets: Mapping[str, bool]) -> None:
        """Let nothing exist but these resources, and these subnets, each with a NAT gateway or without."""
        ...

    def break_extension(self, name: str) -> None:
        """Make the next installation of an extension fail."""
        ...


def settled(cloud: Cloud, names: Sequence[str] = ()) -> None:
    """Create the set and members of these names, and wait until all is done."""
    run(cloud.provider.put_group(cloud.ref, ZONAL, etag=None))
    cloud.advance(A_WHILE)
    for name in names:
        run(cloud.provider.create(cloud.ref, a_request(name)))
    cloud.advance(A_WHILE)


def listed(cloud: Cloud) -> dict[str, Instance]:
    """The member list, by name."""
    return {each.name: each for each in run(cloud.provider.observe(cloud.ref)).instances}


def group_of(cloud: Cloud) -> Group:
    """The set; fails if there is none."""
    group = run(cloud.provider.observe(cloud.ref)).group
    assert group is not None
    return group


def left_behind(cloud: Cloud) -> dict[LeftoverKind, Leftover]:
    """Delete a member so that NIC, disk and public address stay, and give them as they are listed."""
    settled(cloud)
    request = a_request("web-000001", tags={"evenkeel-owner": "me"}, document=ADDRESSED)
    run(cloud.provider.create(cloud.ref, request))
    cloud.advance(A_WHILE)
    cloud.leave_behind()
    run(cloud.provider.delete(cloud.ref, ["web-000001"]))
    cloud.advance(A_WHILE)
    return listed_leftovers(cloud)


def listed_leftovers(cloud: Cloud, prefix: str = "web-") -> dict[LeftoverKind, Leftover]:
    """What the listing of leftovers shows."""
    shown = run(cloud.provider.observe(cloud.ref, (), LeftoverSearch(prefix))).leftovers
    assert shown is not None
    return {one.kind: one for one in shown}


def named_leftovers(cloud: Cloud, *ids: str) -> dict[LeftoverKind, Leftover]:
    """What looks at these leftovers of web-000001 show."""
    search = LeftoverSearch(named=dict.fromkeys(ids, "web-000001"))
    shown = run(cloud.provider.observe(cloud.ref, (), search)).leftovers
    assert shown is not None
    return {one.kind: one for one in shown}


def asked_about(cloud: Cloud, question: NetworkQuestion) -> NetworkFacts:
    """What the catalog shows of the network."""
    catalog = run(cloud.provider.catalog(cloud.ref.subscription, cloud.ref.location, question))
    assert catalog.network is not None
    return catalog.network


class ProviderContract:
    """Sentences of the contract, in its order."""

    def test_missing_set_shows_none(self, cloud: Cloud) -> None:
        """A set that does not exist is shown as None, with no instances and a complete list."""
        snapshot = run(cloud.provider.observe(cloud.ref))
        assert (snapshot.group, snapshot.instances, snapshot.complete) == (None, (), True)

    def test_list_may_lag(self, cloud: Cloud) -> None:
        """Physics 1: a fresh instance may be missing from the list while asking by name finds it."""
        settled(cloud)
        cloud.lag(60)
        run(cloud.provider.create(cloud.ref, a_request("web-000001")))
        asked = run(cloud.provider.observe(cloud.ref, ["web-000001"]))
        assert "web-000001" not in listed(cloud)
        assert ([each.name for each in asked.instances], asked.complete) == (["web-000001"], False)

    def test_deleted_may_linger(self, cloud: Cloud) -> None:
        """Physics 1: a deleted instance may still be listed while asking by name does not find it."""
        settled(cloud, ["web-000001"])
        cloud.lag(600)
        run(cloud.provider.delete(cloud.ref, ["web-000001"]))
        cloud.advance(A_WHILE)
        asked = run(cloud.provider.observe(cloud.ref, ["web-000001"]))
        assert "web-000001" in listed(cloud)
        assert asked.instances == ()

    def test_absent_names_stay_absent(self, cloud: Cloud) -> None:
        """Names that do not exist are absent from the answer, without an error."""
        settled(cloud, ["web-000001"])
        asked = run(cloud.provider.observe(cloud.ref, ["web-000001", "web-000099"]))
        assert [each.name for each in asked.instances] == ["web-000001"]

    def test_creation_is_asynchronous(self, cloud: Cloud) -> None:
        """Physics 2: a creation is accepted first and succeeds later."""
        settled(cloud)
        run(cloud.provider.create(cloud.ref, a_request("web-000001")))
        assert listed(cloud)["web-000001"].provisioning_state is ProvisioningState.CREATING
        cloud.advance(A_WHILE)
        assert listed(cloud)["web-000001"].provisioning_state is ProvisioningState.SUCCEEDED
        assert listed(cloud)["web-000001"].power_state is PowerState.RUNNING

    def test_failed_creation_stays(self, cloud: Cloud) -> None:
        """Physics 2: an accepted creation that fails leaves an instance in state Failed, with the reason."""
        settled(cloud)
        cloud.fill_zones()
        run(cloud.provider.create(cloud.ref, a_request("web-000001")))
        cloud.advance(A_WHILE)
        left = listed(cloud)["web-000001"]
        assert left.provisioning_state is ProvisioningState.FAILED
        assert left.failure is not None
        assert left.failure.code == "ZonalAllocationFailed"

    def test_create_never_changes(self, cloud: Cloud) -> None:
        """Physics 3: creating a name that exists is a Conflict and leaves the instance as it is."""
        settled(cloud, ["web-000001"])
        before = listed(cloud)["web-000001"]
        with pytest.raises(Conflict):
            run(cloud.provider.create(cloud.ref, a_request("WEB-000001", zone="2")))
        assert listed(cloud) == {"web-000001": before}

    def test_delete_is_idempotent(self, cloud: Cloud) -> None:
        """Physics 3: deleting what is gone is accepted and does nothing."""
        settled(cloud, ["web-000001"])
        run(cloud.provider.delete(cloud.ref, ["web-000099"]))
        cloud.advance(A_WHILE)
        assert list(listed(cloud)) == ["web-000001"]

    @pytest.mark.parametrize(("applied", "there"), [(True, ["web-000001"]), (False, [])])
    def test_outcome_unknown_hides(self, cloud: Cloud, *, applied: bool, there: list[str]) -> None:
        """Physics 4: after OutcomeUnknown only looking tells whether it happened."""
        settled(cloud)
        cloud.lose_answer(applied=applied)
        with pytest.raises(OutcomeUnknown):
            run(cloud.provider.create(cloud.ref, a_request("web-000001")))
        asked = run(cloud.provider.observe(cloud.ref, ["web-000001"]))
        assert [each.name for each in asked.instances] == there

    def test_delete_returns_early(self, cloud: Cloud) -> None:
        """Physics 5: a deletion returns on acceptance; the instance is Deleting, then gone."""
        settled(cloud, ["web-000001"])
        run(cloud.provider.delete(cloud.ref, ["web-000001"]))
        assert listed(cloud)["web-000001"].provisioning_state is ProvisioningState.DELETING
        cloud.advance(A_WHILE)
        assert listed(cloud) == {}

    def test_no_policy_inside(self, cloud: Cloud) -> None:
        """Physics 6: exactly the named members go, and zone and name are those of the request."""
        settled(cloud, ["web-000001", "web-000002", "web-000003"])
        run(cloud.provider.delete(cloud.ref, ["web-000002"]))
        cloud.advance(A_WHILE)
        left = listed(cloud)
        assert {name: each.zone for name, each in left.items()} == {
            "web-000001": "1",
            "web-000003": "1",
        }

    def test_names_ignore_case(self, cloud: Cloud) -> None:
        """Names compare without regard to case: a deletion in capitals hits the instance."""
        settled(cloud, ["web-000001"])
        run(cloud.provider.delete(cloud.ref, ["WEB-000001"]))
        cloud.advance(A_WHILE)
        assert listed(cloud) == {}

    def test_times_are_aware(self, cloud: Cloud) -> None:
        """Times are aware datetimes in UTC."""
        settled(cloud, ["web-000001"])
        snapshot = run(cloud.provider.observe(cloud.ref))
        created = snapshot.instances[0].created_at
        assert created is not None
        assert [str(each.tzinfo) for each in (snapshot.observed_at, created)] == ["UTC", "UTC"]

    def test_put_group_creates_once(self, cloud: Cloud) -> None:
        """Without an etag put_group only creates: a second time it is a Conflict."""
        settled(cloud)
        with pytest.raises(Conflict):
            run(cloud.provider.put_group(cloud.ref, ZONAL, etag=None))

    def test_stale_etag_conflicts(self, cloud: Cloud) -> None:
        """A write with an etag that has moved on is a Conflict; with the present one it is done."""
        settled(cloud)
        stale = group_of(cloud).etag
        run(cloud.provider.put_group(cloud.ref, ZONAL, etag=stale))
        with pytest.raises(Conflict):
            run(cloud.provider.put_group(cloud.ref, ZONAL, etag=stale))

    def test_empty_delete_is_refused(self, cloud: Cloud) -> None:
        """An empty list of names is an error of the caller and deletes nothing."""
        settled(cloud, ["web-000001"])
        with pytest.raises(Rejected):
            run(cloud.provider.delete(cloud.ref, []))
        cloud.advance(A_WHILE)
        assert list(listed(cloud)) == ["web-000001"]

    def test_group_with_members_stays(self, cloud: Cloud) -> None:
        """A set that has members is not deleted; an empty one is."""
        settled(cloud, ["web-000001"])
        with pytest.raises(Rejected):
            run(cloud.provider.delete_group(cloud.ref))
        run(cloud.provider.delete(cloud.ref, ["web-000001"]))
        cloud.advance(A_WHILE)
        run(cloud.provider.delete_group(cloud.ref))
        cloud.advance(A_WHILE)
        assert run(cloud.provider.observe(cloud.ref)).group is None

    def test_member_needs_its_set(self, cloud: Cloud) -> None:
        """Without the set, creating a member and deleting members are NotFound."""
        with pytest.raises(NotFound):
            run(cloud.provider.create(cloud.ref, a_request()))
        with pytest.raises(NotFound):
            run(cloud.provider.delete(cloud.ref, ["web-000001"]))

    def test_quota_names_itself(self, cloud: Cloud) -> None:
        """A creation above the quota is refused at once, with the quota's name."""
        settled(cloud)
        cloud.limit_family(1)
        with pytest.raises(QuotaExceeded) as refusal:
            run(cloud.provider.create(cloud.ref, a_request()))
        assert refusal.value.quota == "standardDSv5Family"

    def test_catalog_counts_usage(self, cloud: Cloud) -> None:
        """The catalog shows the size's facts and the vCPUs that the members use."""
        settled(cloud, ["web-000001", "web-000002"])
        catalog = run(cloud.provider.catalog(cloud.ref.subscription, cloud.ref.location))
        assert catalog.sizes["Standard_D2s_v5"].vcpus == 2
        assert catalog.quotas["standardDSv5Family"].used == 4
        assert catalog.max_fault_domains == 3

    def test_leftovers_are_listed(self, cloud: Cloud) -> None:
        """What a VM leaves behind is listed by the beginning of its name; a disk has the VM's tags."""
        left = left_behind(cloud)
        assert set(left) == set(LeftoverKind)
        assert all(one.name.lower().startswith("web-000001") for one in left.values())
        assert not any(one.confirmed for one in left.values())
        assert left[LeftoverKind.DISK].tags == {"evenkeel-owner": "me"}
        assert left[LeftoverKind.INTERFACE].tags == left[LeftoverKind.ADDRESS].tags == {}
        assert listed_leftovers(cloud, "db-") == {}
        assert run(cloud.provider.observe(cloud.ref)).leftovers is None

    def test_named_leftovers_tell_their_use(self, cloud: Cloud) -> None:
        """Asked for by its id, a leftover tells who has it and whether its VM exists."""
        settled(cloud)
        run(cloud.provider.create(cloud.ref, a_request("web-000001", document=ADDRESSED)))
        cloud.advance(A_WHILE)
        ids = [one.id for one in listed_leftovers(cloud).values()]
        in_use = named_leftovers(cloud, *ids, f"{ids[0]}-no-such").values()
        assert [one.confirmed and one.owner_exists for one in in_use] == [True] * 3
        assert all(one.used_by for one in in_use)
        cloud.leave_behind()
        run(cloud.provider.delete(cloud.ref, ["web-000001"]))
        cloud.advance(A_WHILE)
        left = named_leftovers(cloud, *ids)
        assert not any(one.owner_exists for one in left.values())
        free = {kind: one.used_by is None for kind, one in left.items()}
        assert free == {
            LeftoverKind.INTERFACE: True,
            LeftoverKind.DISK: True,
            LeftoverKind.ADDRESS: False,
        }

    def test_leftovers_are_tagged_and_go(self, cloud: Cloud) -> None:
        """A sweep tags a leftover, and deletes it; an address goes after its NIC, and twice is as once."""
        left = left_behind(cloud)
        sweep, ref = cloud.provider.sweep, cloud.ref
        for one in left.values():
            run(sweep(ref, one.id, TagChange({"seen": "1", "gone": "2"})))
            run(sweep(ref, one.id, TagChange({"gone": None})))
        tagged = named_leftovers(cloud, *(one.id for one in left.values()))
        assert {one.tags["seen"] for one in tagged.values()} == {"1"}
        assert not any("gone" in one.tags for one in tagged.values())
        assert tagged[LeftoverKind.DISK].tags["evenkeel-owner"] == "me"
        assert listed_leftovers(cloud)[LeftoverKind.INTERFACE].tags == {"seen": "1"}
        with pytest.raises(Conflict):
            run(sweep(ref, left[LeftoverKind.ADDRESS].id, SingleDelete()))
        for kind in LeftoverKind:
            for _ in range(2):
                run(sweep(ref, left[kind].id, SingleDelete()))
                cloud.advance(A_WHILE)
        assert listed_leftovers(cloud) == {}
        with pytest.raises(NotFound):
            run(sweep(ref, left[LeftoverKind.DISK].id, TagChange({"seen": "2"})))

    def test_used_leftovers_stay(self, cloud: Cloud) -> None:
        """What a VM has is not deleted: the platform says Conflict."""
        settled(cloud, ["web-000001"])
        for one in listed_leftovers(cloud).values():
            with pytest.raises(Conflict):
                run(cloud.provider.sweep(cloud.ref, one.id, SingleDelete()))

    def test_locked_leftovers_stay(self, cloud: Cloud) -> None:
        """A leftover under a lock is not deleted: ARM says Locked."""
        left = left_behind(cloud)[LeftoverKind.INTERFACE]
        cloud.lock(LockLevel.CAN_NOT_DELETE, left.id)
        with pytest.raises(Locked):
            run(cloud.provider.sweep(cloud.ref, left.id, SingleDelete()))

    def test_network_is_shown(self, cloud: Cloud) -> None:
        """The catalog shows the subnets and load balancers asked about, and which of them do not exist."""
        group = f"{cloud.ref.group_scope}/providers/Microsoft.Network"
        subnets = [f"{group}/virtualNetworks/Net/subnets/{name}" for name in ("a", "b", "c")]
        pools = [f"{group}/loadBalancers/{name}/backendAddressPools/p" for name in ("one", "two")]
        cloud.know_only([pools[0]], {subnets[0]: True, subnets[1]: False})
        shown = asked_about(cloud, NetworkQuestion(tuple(subnets), tuple(pools)))
        ways = {name: facts.nat_gateway for name, facts in shown.subnets.items()}
        assert ways == {subnets[0].lower(): True, subnets[1].lower(): False}
        balancers = [balancer_of(pool).lower() for pool in pools]
        assert list(shown.balancers) == balancers[:1]
        assert shown.balancers[balancers[0]].pools == {pools[0].lower()}
        assert shown.missing == {subnets[2].lower(), balancers[1]}

    def test_network_follows_a_reference(self, cloud: Cloud) -> None:
        """Where everything exists that a request refers to, it is shown so before the request is made."""
        group = f"{cloud.ref.group_scope}/providers/Microsoft.Network"
        subnet = f"{group}/virtualNetworks/net/subnets/web"
        pool = f"{group}/loadBalancers/lb/backendAddressPools/web"
        shown = asked_about(cloud, NetworkQuestion((subnet,), (pool,)))
        assert shown.subnets[subnet.lower()].nat_gateway
        assert shown.balancers[balancer_of(pool).lower()].pools == {pool.lower()}
        assert shown.missing == frozenset()
        assert run(cloud.provider.catalog(cloud.ref.subscription, "westeurope")).network is None

    def test_tags_change_alone(self, cloud: Cloud) -> None:
        """A tag change sets what it names, removes what is None and keeps the rest."""
        settled(cloud, ["web-000001"])
        change = cloud.provider.operate
        run(change(cloud.ref, "web-000001", TagChange({"keep": "1", "gone": "2"})))
        run(change(cloud.ref, "web-000001", TagChange({"gone": None, "new": "3"})))
        assert listed(cloud)["web-000001"].tags == {"keep": "1", "new": "3"}

    def test_power_operation_takes_time(self, cloud: Cloud) -> None:
        """A power operation is accepted first and done later."""
        settled(cloud, ["web-000001"])
        run(cloud.provider.operate(cloud.ref, "web-000001", PowerOperation.DEALLOCATE))
        assert listed(cloud)["web-000001"].power_state is PowerState.DEALLOCATING
        cloud.advance(A_WHILE)
        assert listed(cloud)["web-000001"].power_state is PowerState.DEALLOCATED

    def test_creation_installs_nothing(self, cloud: Cloud) -> None:
        """Extensions in the document of a creation are left out: a fresh member is shown to have none."""
        settled(cloud)
        wishing = {**TIDY, "extensions": [{"name": "agent", "properties": AGENT}]}
        run(cloud.provider.create(cloud.ref, a_request(document=wishing)))
        cloud.advance(A_WHILE)
        assert listed(cloud)["web-000001"].extensions == ()

    def test_installation_takes_time(self, cloud: Cloud) -> None:
        """An installation is accepted first and done later; the member is busy until then."""
        settled(cloud, ["web-000001"])
        run(cloud.provider.operate(cloud.ref, "web-000001", InstallExtension("agent", AGENT)))
        (busy,) = run(cloud.provider.observe(cloud.ref, ["web-000001"])).instances
        assert busy.provisioning_state is ProvisioningState.UPDATING
        assert busy.extensions == (Extension("agent", ProvisioningState.CREATING),)
        cloud.advance(A_WHILE)
        done = listed(cloud)["web-000001"]
        assert done.provisioning_state is ProvisioningState.SUCCEEDED
        assert done.extensions == (Extension("agent", ProvisioningState.SUCCEEDED),)

    def test_failed_installation_stays(self, cloud: Cloud) -> None:
        """An installation that fails leaves the extension behind as Failed, and the member as it was."""
        settled(cloud, ["web-000001"])
        cloud.break_extension("agent")
        run(cloud.provider.operate(cloud.ref, "web-000001", InstallExtension("agent", AGENT)))
        cloud.advance(A_WHILE)
        member = listed(cloud)["web-000001"]
        (bad,) = member.extensions or ()
        assert (bad.state, member.power_state) == (ProvisioningState.FAILED, PowerState.RUNNING)
        assert member.provisioning_state is ProvisioningState.SUCCEEDED
        assert bad.failure is not None
        assert bad.failure.code == "VMExtensionProvisioningError"
        assert "processing extension 'agent'" in bad.failure.message

    def test_installation_needs_power(self, cloud: Cloud) -> None:
        """Nothing is installed on a member that is off: a Conflict, and on one that is not there: NotFound."""
        settled(cloud, ["web-000001"])
        install = InstallExtension("agent", AGENT)
        run(cloud.provider.operate(cloud.ref, "web-000001", PowerOperation.DEALLOCATE))
        cloud.advance(A_WHILE)
        with pytest.raises(Conflict):
            run(cloud.provider.operate(cloud.ref, "web-000001", install))
        with pytest.raises(NotFound):
            run(cloud.provider.operate(cloud.ref, "web-000099", install))

    def test_health_comes_with_its_extension(self, cloud: Cloud) -> None:
        """Health is unknown until the Application Health extension is there."""
        settled(cloud, ["web-000001"])
        assert listed(cloud)["web-000001"].health is Health.UNKNOWN
        probe = InstallExtension("probe", {**AGENT, "type": "ApplicationHealthLinux"})
        run(cloud.provider.operate(cloud.ref, "web-000001", probe))
        cloud.advance(A_WHILE)
        assert listed(cloud)["web-000001"].health is Health.HEALTHY

    def test_locks_are_shown(self, cloud: Cloud) -> None:
        """Locks at, above and below the resource group are all shown, whatever they lock."""
        settled(cloud, ["web-000001"])
        scopes = {
            f"/subscriptions/{cloud.ref.subscription}",
            cloud.ref.group_scope,
            cloud.ref.instance_id("web-000001"),
        }
        for scope in scopes:
            cloud.lock(LockLevel.CAN_NOT_DELETE, scope)
        shown = run(cloud.provider.observe(cloud.ref)).locks
        assert shown is not None
        assert {lock.scope for lock in shown} == scopes
