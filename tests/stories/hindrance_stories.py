"""Stories of what stands in the way: locks, holds, capacity, quota, guards."""

from __future__ import annotations

from dataclasses import replace

from controller.spec.values import EvictionPolicy, Placement, Spot, WhenUnsatisfiable
from providers.base import Document, LockLevel, PowerOperation
from providers.simulated.scenario import (
    Call,
    CallFailure,
    CallFault,
    CapacityLimit,
    CreationFault,
    CreationOutcome,
    DeletionFault,
    ExtensionFault,
    KnownSubnet,
    Scenario,
    Window,
)
from tests.builders import REF, TEMPLATE, a_fleet, a_pool, with_extensions
from tests.stories.happenings import (
    Cue,
    evicts,
    heals,
    holds,
    holds_leftover,
    leads_out,
    locks_group,
    locks_some,
    powers,
    sickens,
    sticks,
    unlocks,
    wants,
)
from tests.stories.stage import after, cast_of
from tests.stories.teller import Story

TWO_ZONES = Placement(zones=("1", "2"))
BLOCK = Placement(zones=("1", "2", "3"), when_unsatisfiable=WhenUnsatisfiable.BLOCK)
ZONE_2_FULL = Scenario(capacity=(CapacityLimit(1, zone="2", since=after(0)),))
SUBNET = f"{REF.group_scope}/providers/Microsoft.Network/virtualNetworks/net/subnets/web"
IN_SUBNET: Document = {
    "networkProfile": {
        "networkInterfaceConfigurations": [
            {
                "name": "{name}-nic",
                "properties": {
                    "deleteOption": "Delete",
                    "ipConfigurations": [
                        {"name": "ipv4", "properties": {"subnet": {"id": SUBNET}}}
                    ],
                },
            }
        ]
    }
}
TIDY: Document = {
    **TEMPLATE.document,
    "networkProfile": {
        "networkInterfaceConfigurations": [
            {"name": "{name}-nic", "properties": {"primary": True, "deleteOption": "Delete"}}
        ]
    },
}
TWO_EACH = cast_of({"1": 2, "2": 2, "3": 2})
EVEN = cast_of({"1": 3, "2": 3, "3": 3})
MIXED = cast_of({"1": 1, "2": 1}) + cast_of({"1": 3, "2": 3}, "Spot")

PROBED = a_fleet(pools=(a_pool(9, template=with_extensions(TEMPLATE, "probe")),))
EXTENDED = a_fleet(pools=(a_pool(3, template=with_extensions(TEMPLATE, "agent", "probe")),))

STORIES = (
    Story(
        "A lock sits in the fullest zone",
        "Three of the four members of the fullest zone are locked: one goes there, the others elsewhere.",
        ((a_fleet(8), cast_of({"1": 4, "2": 2, "3": 2})),),
        ends="3/1/1",
        happenings=(locks_some(-1, "1", 3), wants(0, 5)),
    ),
    Story(
        "A deletion leaves things behind",
        "Two members go and their NICs and disks stay. Marked when first seen, they go half an hour later, "
        "one in each pass, but for the one that somebody holds.",
        ((a_fleet(pools=(a_pool(4, template=replace(TEMPLATE, document=TIDY)),)), TWO_EACH),),
        ends="2/1/1",
        happenings=(holds_leftover(1500, "web-000001-nic"),),
        scenario=Scenario(deletions=(DeletionFault(times=2),)),
        lasts=9000,
    ),
    Story(
        "A subnet has no way out",
        "Azure would refuse every member, so none is asked for, and no set either, until there is a way out.",
        ((a_fleet(pools=(a_pool(3, template=replace(TEMPLATE, document=IN_SUBNET)),)), ()),),
        ends="1/1/1",
        happenings=(leads_out(400),),
        scenario=Scenario(
            strict=True,
            resources=(REF.group_scope,),
            subnets=(KnownSubnet(SUBNET, nat_gateway=False),),
        ),
    ),
    Story(
        "Everything is locked",
        "A lock on the resource group: nothing goes, and the plan says why.",
        ((a_fleet(9), EVEN),),
        ends="3/3/3",
        happenings=(locks_group(-1), wants(0, 6)),
        lasts=600,
        blocked=True,
    ),
    Story(
        "A lock is set and taken away",
        "A scale-in meets a lock on the resource group, and goes on when it is gone.",
        ((a_fleet(6), cast_of({"1": 2, "2": 2, "3": 2})),),
        ends="1/1/1",
        happenings=(locks_group(-1), wants(0, 3), unlocks(200)),
    ),
    Story(
        "A ReadOnly lock stops a growing fleet",
        "ReadOnly on the resource group refuses creations; they wait for its end.",
        ((a_fleet(3), cast_of({"1": 1, "2": 1, "3": 1})),),
        ends="2/2/2",
        happenings=(locks_group(-1, LockLevel.READ_ONLY), wants(0, 6), unlocks(200)),
    ),
    Story(
        "A lock appears between plan and deletion",
        "The last look before the batch finds a fresh lock: that victim stays, another goes later.",
        ((a_fleet(9), EVEN),),
        ends="2/2/2",
        happenings=(wants(0, 6), locks_some(0, "1", 1, Cue("names", 2))),
    ),
    Story(
        "Locks cannot be read for a while",
        "Unknown is not none: nothing is deleted until the locks can be read again.",
        ((a_fleet(9), EVEN),),
        ends="2/2/2",
        happenings=(wants(0, 6),),
        scenario=Scenario(locks_unreadable=(Window(after(0), after(200)),)),
        lasts=260,
    ),
    Story(
        "A hold ends",
        "The only member outside the spread is held for ten minutes, and goes when the hold is over.",
        ((a_fleet(3), cast_of({"1": 1, "2": 1, "3": 1})),),
        ends="",
        happenings=(
            holds(-3, "1", 600),
            holds(-2, "2", 900),
            holds(-1, "3", 1200),
            wants(0, 0),
        ),
        lasts=1300,
    ),
    Story(
        "A zone has no capacity and the spread relaxes",
        "Zone 2 refuses after acceptance: the shell goes, the other zones take the rest.",
        ((a_fleet(3), cast_of({"1": 1, "2": 1, "3": 1})),),
        ends="4/4/1",
        happenings=(wants(0, 9),),
        scenario=ZONE_2_FULL,
    ),
    Story(
        "A zone has no capacity and the spread blocks",
        "With Block the other zones stop one above zone 2, which is asked again when the hour is over.",
        ((a_fleet(3, placement=BLOCK), cast_of({"1": 1, "2": 1, "3": 1})),),
        ends="3/3/3",
        happenings=(wants(0, 9),),
        scenario=Scenario(
            capacity=(CapacityLimit(1, zone="2", since=after(0), until=after(3000)),)
        ),
        lasts=4000,
    ),
    Story(
        "All zones are full for an hour and one tries first",
        "When the hour is over one creation goes into each zone; the others follow when it has come up.",
        ((a_fleet(3, placement=BLOCK), cast_of({"1": 1, "2": 1, "3": 1})),),
        ends="3/3/3",
        happenings=(wants(0, 9),),
        scenario=Scenario(capacity=(CapacityLimit(3, since=after(0), until=after(3000)),)),
        lasts=4500,
    ),
    Story(
        "Quota is enough for three of ten",
        "Three are created, seven are pending, and nothing is asked for that quota refuses.",
        ((a_fleet(10), ()),),
        ends="1/1/1",
        scenario=Scenario(quotas={"standardDSv5Family": 6}),
        lasts=900,
        blocked=True,
    ),
    Story(
        "All of Spot in a zone is evicted and stays deallocated",
        "Evicted members serve nobody: they are deleted and replaced.",
        (
            (
                a_fleet(8, placement=TWO_ZONES, spot=Spot(2, 0, EvictionPolicy.DEALLOCATE)),
                MIXED,
            ),
        ),
        ends="4/4",
        happenings=(evicts(0, "2"),),
    ),
    Story(
        "All of Spot in a zone is evicted and deleted",
        "Azure deletes them itself; new ones come when the deletion is through.",
        ((a_fleet(8, placement=TWO_ZONES, spot=Spot(2, 0, EvictionPolicy.DELETE)), MIXED),),
        ends="4/4",
        happenings=(evicts(0, "2"),),
    ),
    Story(
        "Too many members stop creations and thaw",
        "Six locked members too many in one pool stop the creations of the other, never the way out.",
        (
            (
                a_fleet(0, pools=(a_pool(9, name="old"), a_pool(0, name="new"))),
                cast_of({"1": 3, "2": 3, "3": 3}, pool="old"),
            ),
        ),
        ends="2/2/2",
        happenings=(
            locks_group(-1),
            wants(0, 3, "old"),
            wants(30, 3, "new"),
            unlocks(200),
        ),
    ),
    Story(
        "A pool grows while another one may not shrink",
        "Two locked members too many in one pool are no reason to keep the other one small.",
        (
            (
                a_fleet(0, pools=(a_pool(5, name="old"), a_pool(0, name="new"))),
                cast_of({"1": 2, "2": 2, "3": 1}, pool="old"),
            ),
        ),
        ends="3/3/2",
        happenings=(locks_group(-1), wants(0, 3, "old"), wants(30, 3, "new")),
        lasts=400,
        blocked=True,
    ),
    Story(
        "A creation fails and is replaced",
        "An accepted creation ends in Failed: the shell goes and another member comes elsewhere.",
        ((a_fleet(2), cast_of({"1": 1, "2": 1})),),
        ends="2/2",
        happenings=(wants(0, 4),),
        scenario=Scenario(
            creations=(
                CreationFault(CreationOutcome.ALLOCATION_FAILED, times=9, at=after(0), zone="3"),
            )
        ),
    ),
    Story(
        "A creation hangs and is replaced",
        "Half an hour after its request a member is still being created: it goes, another one comes.",
        ((a_fleet(2), cast_of({"1": 1, "2": 1})),),
        ends="1/1/1",
        happenings=(wants(0, 3),),
        scenario=Scenario(creations=(CreationFault(CreationOutcome.STUCK, at=after(0)),)),
    ),
    Story(
        "A deletion hangs and holds nothing back for ever",
        "For half an hour it could be cut short by others; then the fleet goes on without waiting for it.",
        ((a_fleet(6), cast_of({"1": 2, "2": 2, "3": 2})),),
        ends="2/2/1",
        happenings=(sticks(0, "1"), wants(60, 4), wants(1900, 5)),
        lasts=4200,
        blocked=True,
    ),
    Story(
        "An old member fails and is left alone",
        "It ran, was deallocated and found no host again: it may hold data, so nobody touches it.",
        ((a_fleet(3), cast_of({"1": 1, "2": 1, "3": 1})),),
        ends="1/1/1",
        happenings=(
            powers(0, "web-000002", PowerOperation.DEALLOCATE),
            powers(120, "web-000002", PowerOperation.START),
        ),
        scenario=Scenario(capacity=(CapacityLimit(0, zone="2", since=after(60)),)),
        lasts=600,
    ),
    Story(
        "Too many are unhealthy to infer anything",
        "An old shell would go by inference. While half of the fleet is unhealthy, it stays.",
        ((PROBED, EVEN),),
        ends="3/3/3",
        happenings=(sickens(-1, 4), heals(200)),
        scenario=Scenario(
            creations=(CreationFault(CreationOutcome.ALLOCATION_FAILED, instance="web-000004"),)
        ),
    ),
    Story(
        "Extensions come one by one",
        "Each member gets its extensions when it is up, the second when the first is there.",
        ((EXTENDED, ()),),
        ends="1/1/1",
    ),
    Story(
        "An extension fails",
        "One member's first extension fails: it runs, is told of with the reason, stays, and is not asked again.",
        ((EXTENDED, ()),),
        ends="1/1/1",
        scenario=Scenario(extensions=(ExtensionFault("agent", instance="web-000002"),)),
    ),
    Story(
        "An answer to a creation is lost",
        "Two requests get no answer; one was carried out. The same names are asked for, none twice.",
        ((a_fleet(3), cast_of({"1": 1, "2": 1, "3": 1})),),
        ends="2/2/2",
        happenings=(wants(0, 6),),
        scenario=Scenario(
            failures=(
                CallFault(Call.CREATE, CallFailure.OUTCOME_UNKNOWN, at=after(0), applied=True),
                CallFault(Call.CREATE, CallFailure.OUTCOME_UNKNOWN, at=after(0), skip=1),
            )
        ),
    ),
    Story(
        "An answer to a deletion is lost",
        "The batch was carried out and nobody said so: the next look sees it, nothing goes twice.",
        ((a_fleet(9), EVEN),),
        ends="2/2/2",
        happenings=(wants(0, 6),),
        scenario=Scenario(
            failures=(
                CallFault(Call.DELETE, CallFailure.OUTCOME_UNKNOWN, at=after(0), applied=True),
            )
        ),
    ),
    Story(
        "A shell cannot be deleted at first",
        "The platform fails on the deletion of a shell: its successor waits, or there would be one too many.",
        ((a_fleet(2), cast_of({"1": 1, "2": 1})),),
        ends="2/2",
        happenings=(wants(0, 4),),
        scenario=Scenario(
            creations=(
                CreationFault(CreationOutcome.ALLOCATION_FAILED, times=9, at=after(0), zone="3"),
            ),
            failures=(CallFault(Call.DELETE, CallFailure.TRANSIENT, at=after(0)),),
        ),
    ),
    Story(
        "The platform asks for patience",
        "A throttled creation ends the pass; the next one comes when the platform allows it.",
        ((a_fleet(3), cast_of({"1": 1, "2": 1, "3": 1})),),
        ends="2/2/2",
        happenings=(wants(0, 6),),
        scenario=Scenario(
            failures=(
                CallFault(Call.CREATE, CallFailure.THROTTLED, at=after(0), skip=1, retry_after=120),
            )
        ),
    ),
)
