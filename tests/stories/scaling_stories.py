"""Stories of fleets that grow, shrink, move and change hands."""

from __future__ import annotations

from controller.spec.values import (
    DeletionMode,
    Placement,
    Quorum,
    Spot,
)
from providers.simulated.scenario import Call, CallFailure, CallFault, Scenario
from tests.builders import a_fleet, a_pool
from tests.stories.happenings import (
    Cue,
    Happening,
    approves,
    edits,
    excludes,
    joins,
    names_victim,
    removes,
    renames,
    wants,
    writes_set,
)
from tests.stories.stage import Part, after, cast_of
from tests.stories.teller import Story

FAULT_DOMAINS = Placement(fault_domains=3)
TWO_ZONES = Placement(zones=("1", "2"))

STORIES = (
    Story(
        "A fleet begins",
        "Nothing exists. The set is created with the serial numbers reserved in it, then the members.",
        ((a_fleet(3), ()),),
        ends="1/1/1",
    ),
    Story(
        "A fleet grows",
        "Each new member goes where the fewest are, and says so.",
        ((a_fleet(2), cast_of({"1": 1, "2": 1})),),
        ends="2/2/2",
        happenings=(wants(0, 6),),
    ),
    Story(
        "A fleet shrinks",
        "Victims come from the fullest zone, the oldest first, in one batch.",
        ((a_fleet(9), cast_of({"1": 3, "2": 3, "3": 3})),),
        ends="2/2/1",
        happenings=(wants(0, 5),),
    ),
    Story(
        "A fleet shrinks by single deletions",
        "The spec asks for single DELETEs, which Azure itself refuses under a lock.",
        ((a_fleet(7, deletion=DeletionMode.SINGLE), cast_of({"1": 3, "2": 2, "3": 2})),),
        ends="2/1/1",
        happenings=(wants(0, 4),),
    ),
    Story(
        "A fleet changes its mind",
        "Halfway through growing the spec asks for fewer: nobody who serves goes before the new ones are up.",
        ((a_fleet(3), cast_of({"1": 1, "2": 1, "3": 1})),),
        ends="2/1/1",
        happenings=(wants(0, 9), wants(40, 4)),
        scenario=Scenario(list_lag=45),
    ),
    Story(
        "A named member goes first",
        "The spec names a member to remove; it goes before the fullest zone is asked.",
        ((a_fleet(5), cast_of({"1": 2, "2": 2, "3": 1})),),
        ends="2/2",
        happenings=(
            names_victim(-1, "3"),
            wants(0, 4),
        ),
    ),
    Story(
        "A zone is excluded",
        "Members of an excluded zone go first when the fleet shrinks, and nobody new comes there.",
        ((a_fleet(6), cast_of({"1": 2, "2": 2, "3": 2})),),
        ends="3/3",
        happenings=(excludes(-1, "3"), wants(0, 4), wants(240, 6)),
    ),
    Story(
        "Members are spread over fault domains",
        "A set without zones: each member is asked for in a fault domain of its own choosing.",
        (
            (
                a_fleet(1, placement=FAULT_DOMAINS),
                (Part("0"),),
            ),
        ),
        ends="3/2/2",
        happenings=(wants(0, 7),),
    ),
    Story(
        "A zone of double weight takes two of four",
        "Weights are relative shares: zone 1 counts twice.",
        (
            (
                a_fleet(1, placement=Placement(zones=("1", "2", "3"), weights={"1": 2})),
                cast_of({"2": 1}),
            ),
        ),
        ends="4/2/2",
        happenings=(wants(0, 8),),
    ),
    Story(
        "A mix of Spot and Regular in two zones",
        "Two Regular and half of the rest: both zones get the same share of either class.",
        (
            (
                a_fleet(2, placement=TWO_ZONES, spot=Spot(2, 50)),
                cast_of({"1": 1, "2": 1}),
            ),
        ),
        ends="5/5",
        happenings=(wants(0, 10),),
    ),
    Story(
        "A mix shrinks in step",
        "The surplus class goes first in the fullest zone.",
        (
            (
                a_fleet(10, placement=TWO_ZONES, spot=Spot(2, 50)),
                cast_of({"1": 3, "2": 3}) + cast_of({"1": 2, "2": 2}, "Spot"),
            ),
        ),
        ends="3/2",
        happenings=(wants(0, 5),),
    ),
    Story(
        "A large scale-in waits for a yes",
        "More than 30 % and more than 10 members: listed, not carried out before the approval, then in batches.",
        ((a_fleet(60), cast_of({"1": 20, "2": 20, "3": 20})),),
        ends="2/2/2",
        happenings=(wants(0, 6), approves(90)),
    ),
    Story(
        "A quorum shrinks one voter at a time",
        "Five voters become three: each is gone before the next goes.",
        ((a_fleet(5, quorum=Quorum()), cast_of({"1": 2, "2": 2, "3": 1})),),
        ends="1/1/1",
        happenings=(wants(0, 3),),
    ),
    Story(
        "A stranger's VM is adopted",
        "A foreign VM in the set is shown and left alone, until the spec names it.",
        ((a_fleet(3), cast_of({"1": 1, "2": 1, "3": 1})),),
        ends="2/1/1",
        happenings=(
            joins(0, "pets-1", "2"),
            edits(120, "adopt pets-1, replicas 4", adopt=("pets-1",), pools=(a_pool(4),)),
        ),
    ),
    Story(
        "A fleet is renamed",
        "Another metadata.name for the same set: the same members, new names for new ones.",
        ((a_fleet(3), cast_of({"1": 1, "2": 1, "3": 1})),),
        ends="2/2/2",
        happenings=(renames(0, "shop"), wants(60, 6)),
    ),
    Story(
        "A fleet is renamed while it grows",
        "Numbers that are open keep the name under which they were reserved, whatever the spec says now.",
        ((a_fleet(3), cast_of({"1": 1, "2": 1, "3": 1})),),
        ends="3/2/2",
        happenings=(
            wants(0, 6),
            Happening(0, renames(0, "shop").act, Cue("create", 1)),
            wants(60, 7),
        ),
        scenario=Scenario(
            failures=(CallFault(Call.CREATE, CallFailure.OUTCOME_UNKNOWN, at=after(0), skip=1),)
        ),
    ),
    Story(
        "A member is deleted by hand",
        "Somebody deletes a member in the portal: it is replaced, under a new name.",
        ((a_fleet(3), cast_of({"1": 1, "2": 1, "3": 1})),),
        ends="1/1/1",
        happenings=(removes(30, "2"),),
    ),
    Story(
        "A batch deletion is cut short",
        "Somebody writes the set while a batch runs: members come back, and the rest is planned anew.",
        ((a_fleet(9), cast_of({"1": 3, "2": 3, "3": 3})),),
        ends="2/2/1",
        happenings=(wants(0, 5), writes_set(22)),
    ),
    Story(
        "A list lags while a fleet grows",
        "For 45 seconds the list shows no new member; each is asked for by name, none is created twice.",
        ((a_fleet(3), cast_of({"1": 1, "2": 1, "3": 1})),),
        ends="2/2/2",
        happenings=(wants(0, 6),),
        scenario=Scenario(list_lag=45),
    ),
    Story(
        "A list lags while a fleet shrinks",
        "For 90 seconds the list still shows members that are gone; nobody else goes in their place.",
        ((a_fleet(9), cast_of({"1": 3, "2": 3, "3": 3})),),
        ends="2/1/1",
        happenings=(wants(0, 6), wants(60, 4)),
        scenario=Scenario(list_lag=90),
    ),
    Story(
        "A list shows the dead for minutes",
        "Members that are gone haunt the list; asked by name they do not exist, and the fleet grows at once.",
        ((a_fleet(6), cast_of({"1": 2, "2": 2, "3": 2})),),
        ends="2/2/1",
        happenings=(wants(0, 3), wants(120, 5)),
        scenario=Scenario(list_lag=300),
    ),
)
