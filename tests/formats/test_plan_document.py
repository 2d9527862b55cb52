"""The plan document: written by ``reconcile --dry-run``, read by ``--apply``."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.core.observed import Memory
from controller.core.plan import plan
from controller.core.steps import (
    Approval,
    Blocked,
    Create,
    Delete,
    DeleteSet,
    EnsureSet,
    FieldDrift,
    Install,
    MarkSet,
    MemberDrift,
    Plan,
    Prevented,
    Reason,
    Step,
    Sweep,
    Tag,
    Victim,
)
from controller.formats.observation import read_observation
from controller.formats.plan_document import plan_document, step_entry
from controller.formats.reading import DocumentError
from controller.formats.saved_plan import read_plan, what_moved
from controller.formats.text import json_text
from providers.base import Json, Priority
from tests.builders import D2S, NOW, a_fleet, a_lock, members_in, observed
from tests.formats.documents import OBSERVATION, PLAN, changed, lacks, web, without

CREATE = Create(
    "web-000007", "", "2", None, D2S, Priority.REGULAR, Reason.SCALE_OUT, "zone 2 is empty"
)
DELETE = Delete(Reason.SCALE_IN, (Victim("web-000003", "zone 1 is fullest"),), inferred=False)


def a_plan(*steps: Step, **over: Any) -> Plan:
    """A plan of a balanced fleet with these steps put in."""
    made = plan(a_fleet(3), observed(members_in({"1": 1, "2": 1, "3": 1})), Memory(), NOW)
    return replace(made, steps=steps, hash=f"sha256:{len(steps)}", **over)


def saved(made: Plan) -> str:
    """The text that ``--out`` would write."""
    return json_text(plan_document([made], {}))


def test_contract_example_is_kept() -> None:
    """The contract's observation of the contract's fleet gives the contract's plan, value for value."""
    fleet = web()
    look = read_observation(OBSERVATION, "seen.json", [fleet])["web"]
    found = plan_document([plan(fleet, look, Memory(), look.observed_at)], {})
    wanted = json.loads(PLAN)
    assert json.loads(json_text(found))["fleets"][0]["hash"].startswith("sha256:")
    assert lacks(json.loads(json_text(found)), wanted) == [
        "/fleets/0/hash: " + repr(hash_of(found))
    ]


def hash_of(document: dict[str, Json]) -> object:
    """The hash of the first fleet."""
    return json.loads(json.dumps(document))["fleets"][0]["hash"]


SWEEP = Sweep("/subscriptions/s/nic", "web-000001", True, Reason.LEFT_OVER, "gone")  # noqa: FBT003 -- a field of a value

STEPS: list[tuple[Step, dict[str, Json]]] = [
    (
        EnsureSet(Reason.SET_MISSING, "it is not there", ("1", "2"), 1),
        {
            "verb": "ensureSet",
            "zones": ["1", "2"],
            "faultDomainCount": 1,
            "reason": "SetMissing",
            "why": "it is not there",
        },
    ),
    (
        CREATE,
        {
            "verb": "create",
            "instance": "web-000007",
            "zone": "2",
            "faultDomain": None,
            "size": D2S,
            "priority": "Regular",
            "reason": "ScaleOut",
            "why": "zone 2 is empty",
        },
    ),
    (
        replace(CREATE, zone=None, fault_domain=1, pool="linux", replaces="web-000001", retry=True),
        {
            "verb": "create",
            "instance": "web-000007",
            "zone": None,
            "faultDomain": 1,
            "size": D2S,
            "priority": "Regular",
            "reason": "ScaleOut",
            "why": "zone 2 is empty",
            "pool": "linux",
            "replaces": "web-000001",
            "retry": True,
        },
    ),
    (
        replace(DELETE, victims=(*DELETE.victims, Victim("web-000002", "oldest", "web-000001"))),
        {
            "verb": "delete",
            "instances": ["web-000003", "web-000002"],
            "reason": "ScaleIn",
            "why": {"web-000003": "zone 1 is fullest", "web-000002": "oldest"},
            "inferred": False,
            "runnerUp": {"web-000002": "web-000001"},
        },
    ),
    (
        Tag("found-vm", {"evenkeel-owner": "ek-1", "old": None}, Reason.ADOPT, "asked for"),
        {
            "verb": "tag",
            "instance": "found-vm",
            "tags": {"evenkeel-owner": "ek-1", "old": None},
            "reason": "Adopt",
            "why": "asked for",
        },
    ),
    (
        Install("web-000001", "agent", Reason.EXTENSION_MISSING, "it lacks agent"),
        {
            "verb": "operate",
            "operation": "installExtension",
            "instance": "web-000001",
            "extension": "agent",
            "reason": "ExtensionMissing",
            "why": "it lacks agent",
        },
    ),
    (
        MarkSet(Reason.TOMBSTONE, "the spec says Absent", marked=True),
        {
            "verb": "markSet",
            "tombstone": True,
            "reason": "Tombstone",
            "why": "the spec says Absent",
        },
    ),
    (
        DeleteSet(Reason.TOMBSTONE, "nobody is left"),
        {"verb": "deleteSet", "reason": "Tombstone", "why": "nobody is left"},
    ),
    (
        SWEEP,
        {
            "verb": "sweep",
            "action": "mark",
            "resource": "/subscriptions/s/nic",
            "instance": "web-000001",
            "reason": "LeftOver",
            "why": "gone",
        },
    ),
    (
        replace(SWEEP, marks=False),
        {
            "verb": "sweep",
            "action": "delete",
            "resource": "/subscriptions/s/nic",
            "instance": "web-000001",
            "reason": "LeftOver",
            "why": "gone",
        },
    ),
]


@pytest.mark.parametrize(("step", "entry"), STEPS)
def test_step_is_written_whole(step: Step, entry: dict[str, Json]) -> None:
    """Each kind of step has the contract's keys, and ours only where they say something."""
    assert step_entry(step) == entry


def test_summary_counts_sweeps() -> None:
    """Leftovers have a count of their own, where there are any."""
    assert "sweep" not in plan_document([a_plan(CREATE)], {})["summary"]  # type: ignore[operator]  # a JSON object
    summary = plan_document([a_plan(SWEEP, replace(SWEEP, marks=False))], {})["summary"]
    assert isinstance(summary, dict)
    assert summary["sweep"] == 2


def test_summary_counts_kinds() -> None:
    """A create that replaces a member counts as a replacement, each victim as a deletion."""
    tag = Tag("found-vm", {}, Reason.ADOPT, "asked for")
    install = Install("web-000001", "agent", Reason.EXTENSION_MISSING, "it lacks agent")
    steps = (CREATE, replace(CREATE, replaces="web-000002"), DELETE, tag, install)
    blocked = (Blocked(Prevented.LOCKED, "CanNotDelete on the instance", "web-000001"),)
    made = a_plan(*steps, blocked=blocked, unchanged=4)
    assert plan_document([made], {})["summary"] == {
        "create": 1,
        "delete": 1,
        "replace": 1,
        "change": 2,
        "unchanged": 4,
        "blocked": 1,
    }


def test_summary_counts_the_end_of_a_set() -> None:
    """The mark of a tombstone counts as a change, the set that goes as a deletion."""
    mark = MarkSet(Reason.TOMBSTONE, "the spec says Absent", marked=True)
    made = a_plan(mark, DeleteSet(Reason.TOMBSTONE, "nobody is left"))
    summary = plan_document([made], {})["summary"]
    assert isinstance(summary, dict)
    assert (summary["change"], summary["delete"]) == (1, 1)


def test_blocked_entry_has_until() -> None:
    """What is prevented is told with its instance, reason, detail and end."""
    end = NOW + timedelta(hours=1)
    blocked = (
        Blocked(Prevented.LOCKED, "CanNotDelete on the instance", "web-000001"),
        Blocked(Prevented.NO_CAPACITY, "zone 2 is full", None, end),
    )
    fleet = json.loads(saved(a_plan(blocked=blocked)))["fleets"][0]
    assert fleet["blocked"] == [
        {
            "instance": "web-000001",
            "reason": "Locked",
            "detail": "CanNotDelete on the instance",
            "until": None,
        },
        {
            "instance": None,
            "reason": "NoCapacity",
            "detail": "zone 2 is full",
            "until": "2026-11-21T13:00:00Z",
        },
    ]


@pytest.mark.parametrize("given", [True, False])
def test_approval_is_null_once_given(given: bool) -> None:
    """``approval`` is what is still awaited; what was approved has a key of its own."""
    made = a_plan(approval=Approval("abc", "40 of 50 members", given))
    fleet = json.loads(saved(made))["fleets"][0]
    words = {"token": "abc", "why": "40 of 50 members"}
    assert fleet["approval"] == (None if given else words)
    assert fleet.get("approved") == (words if given else None)


def test_drift_is_told_by_field() -> None:
    """A drifted member is shown with each field, as wanted and as found."""
    drift = MemberDrift("web-000001", "v1:old", (FieldDrift("osDisk.diskSizeGB", "64", "32"),))
    fleet = json.loads(saved(a_plan(drift=(drift,))))["fleets"][0]
    assert fleet["drift"] == [
        {
            "instance": "web-000001",
            "fingerprint": "v1:old",
            "fields": [{"path": "osDisk.diskSizeGB", "wanted": "64", "found": "32"}],
        }
    ]


def test_errors_are_listed() -> None:
    """A fleet without a plan is told with its reason, and the document says that it has errors."""
    document = plan_document([], {"db": "db.yaml:3:1: unknown field"})
    assert document["errored"] is True
    assert document["errors"] == [{"fleet": "db", "error": "db.yaml:3:1: unknown field"}]


def test_same_facts_same_text() -> None:
    """Two plans from the same facts are the same text, byte for byte."""
    look = observed(members_in({"1": 4, "2": 1}), locks=(a_lock("web-000001"),))
    first, second = (plan(a_fleet(3), look, Memory(), NOW) for _ in range(2))
    assert saved(first) == saved(second)


def test_saved_plan_comes_back() -> None:
    """A saved plan gives back its hash and its steps."""
    made = a_plan(CREATE, DELETE)
    found = read_plan(saved(made))["web"]
    assert (found.fleet, found.hash) == ("web", "sha256:2")
    assert list(found.steps) == [step_entry(CREATE), step_entry(DELETE)]


MOVES = [
    ((CREATE,), (CREATE,), ()),
    (
        (CREATE,),
        (),
        (
            "web-000007: creation in zone 2 as Standard_D2s_v5, Regular was planned, and is not any more",
        ),
    ),
    ((), (DELETE,), ("web-000003: deletion (ScaleIn) is planned now, and was not",)),
    (
        (CREATE,),
        (replace(CREATE, zone="3"), EnsureSet(Reason.SET_MISSING, "", (), 1)),
        (
            (
                "web-000007: creation in zone 2 as Standard_D2s_v5, Regular was planned, "
                "now it is creation in zone 3 as Standard_D2s_v5, Regular"
            ),
            "the scale set: creation is planned now, and was not",
        ),
    ),
]


@pytest.mark.parametrize(("old", "new", "said"), MOVES)
def test_moves_are_told(
    old: tuple[Step, ...], new: tuple[Step, ...], said: tuple[str, ...]
) -> None:
    """What moved between two plans is told for each instance, in words."""
    assert what_moved(read_plan(saved(a_plan(*old)))["web"], a_plan(*new)) == said


def test_moved_facts_are_told() -> None:
    """Equal steps with another hash rest on other facts, and that is said."""
    before = read_plan(saved(a_plan(CREATE)))["web"]
    after = replace(a_plan(CREATE), hash="sha256:other")
    assert what_moved(before, after) == (
        "the steps are the same, but what they rest on has changed",
    )


GOOD = json_text(plan_document([a_plan(CREATE)], {}))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "this is not JSON"),
        (OBSERVATION, "errored: it is missing"),
        (without(GOOD, "formatVersion"), "formatVersion: it is missing; is this a plan document?"),
        (changed(GOOD, "formatVersion", "3.1"), "reads versions 1.x, not 3.1"),
        (changed(GOOD, "errored", value=True), "errored: the plan was made with errors"),
        (changed(GOOD, "errored", "no"), "errored: expected true or false"),
        (without(GOOD, "fleets/0/hash"), "fleets[0].hash: it is missing"),
        (changed(GOOD, "fleets/0/steps", {}), "fleets[0].steps: expected a list, found an object"),
        (changed(GOOD, "fleets/0/steps/0", 1), "fleets[0].steps[0]: expected an object, found 1"),
        (changed(GOOD, "fleets", [json.loads(GOOD)["fleets"][0]] * 2), "one fleet is in it twice"),
    ],
)
def test_bad_plan_is_refused(text: str, said: str) -> None:
    """A file that is no plan, or one that must not be applied, is refused with its reason."""
    with pytest.raises(DocumentError) as caught:
        read_plan(text, "plan.json")
    assert said in str(caught.value)
