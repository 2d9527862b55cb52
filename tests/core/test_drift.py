"""Drift: only what the template sets is compared, and what Azure hides or fills in is never drift."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from controller.core.observed import Memory
from controller.core.plan import plan
from controller.core.steps import FieldDrift, MemberDrift
from controller.spec.values import SizeChoice
from providers.base import PowerState, ProvisioningState
from tests.builders import D2AS, D2S, NOW, TEMPLATE, a_fleet, a_member, a_pool, observed


def drift(wanted: dict[str, Any], found: dict[str, Any] | None) -> list[tuple[str, str, str]]:
    """Fields in which a document differs from a template."""
    template = replace(TEMPLATE, document=wanted)
    one = a_member(document=found)
    made = plan(a_fleet(pools=(a_pool(1, template=template),)), observed([one]), Memory(), NOW)
    return [(row.path, row.wanted, row.found) for each in made.drift for row in each.fields]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"a": 1}, None),
        ({"a": 1}, {}),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": {"b": "Premium_LRS"}}, {"a": {"b": "premium_lrs"}}),
        ({"a": True}, {"a": True}),
        ({"a": "/Subscriptions/X"}, {"a": "/subscriptions/x"}),
        ({"a": {"b": 1}}, {"a": None}),
        (
            {"osProfile": {"customData": "x", "computerName": "y"}},
            {"osProfile": {"customData": "z"}},
        ),
        ({"name": "{name}-nic"}, {"name": "web-000001-nic"}),
        ({"rows": [{"lun": 0, "size": 4}]}, {"rows": [{"lun": 1}, {"lun": 0, "size": 4}]}),
        ({"rows": []}, {"rows": [1]}),
        ({"rows": [1, 2]}, {"rows": [1, 2, 3]}),
        ({"rows": [1]}, {}),
        ({"rows": [1]}, {"rows": "text"}),
    ],
)
def test_no_drift(wanted: dict[str, Any], found: dict[str, Any] | None) -> None:
    """What is not set, not shown, filled in, or written in another case is no drift."""
    assert drift(wanted, found) == []


@pytest.mark.parametrize(
    ("wanted", "found", "fields"),
    [
        ({"a": 1}, {"a": 2}, [("a", "1", "2")]),
        ({"a": {"b": "x"}}, {"a": {"b": "y"}}, [("a.b", "x", "y")]),
        ({"a": True}, {"a": False}, [("a", "True", "False")]),
        (
            {"disks": [{"lun": 0, "size": 4}]},
            {"disks": [{"lun": 1, "size": 4}, {"lun": 0, "size": 8}]},
            [("disks[0].size", "4", "8")],
        ),
        (
            {"nics": [{"name": "A", "fast": True}]},
            {"nics": [{"name": "a", "fast": False}]},
            [("nics[a].fast", "True", "False")],
        ),
        (
            {"ids": [{"id": "/X", "n": 1}]},
            {"ids": [{"id": "/x", "n": 2}]},
            [("ids[/x].n", "1", "2")],
        ),
        ({"rows": [1, 2]}, {"rows": [1]}, [("rows", "2 entries", "1 entries")]),
        ({"rows": ["x"]}, {"rows": ["y"]}, [("rows[0]", "x", "y")]),
        ({"rows": [{"port": 1}]}, {"rows": [{"port": 2}]}, [("rows[0].port", "1", "2")]),
        ({"b": 1, "a": 1}, {"a": 2, "b": 2}, [("a", "1", "2"), ("b", "1", "2")]),
    ],
)
def test_drifted_fields(
    wanted: dict[str, Any], found: dict[str, Any], fields: list[tuple[str, str, str]]
) -> None:
    """A field that differs is shown with its path, what is wanted and what is there, in order."""
    assert drift(wanted, found) == fields


@pytest.mark.parametrize(
    ("fingerprint", "drifted"), [(None, False), (TEMPLATE.fingerprint, False), ("v1:old", True)]
)
def test_fingerprint_tells(fingerprint: str | None, drifted: bool) -> None:
    """A member of another fingerprint has drifted; one without counts as up to date."""
    one = replace(a_member(), fingerprint=fingerprint)
    made = plan(a_fleet(1), observed([one]), Memory(), NOW)
    wanted = (MemberDrift("web-000001", "v1:old", ()),) if drifted else ()
    assert (made.drift, made.steps) == (wanted, ())


@pytest.mark.parametrize(("size", "drifted"), [(D2S, False), (D2AS.upper(), False), ("B1s", True)])
def test_size_tells(size: str, drifted: bool) -> None:
    """A member whose size the pool does not list has drifted, in whatever case it is written."""
    pool = a_pool(1, sizes=(SizeChoice(D2S, 0), SizeChoice(D2AS, 1)))
    made = plan(a_fleet(pools=(pool,)), observed([a_member(size=size)]), Memory(), NOW)
    field = FieldDrift("hardwareProfile.vmSize", f"{D2S} or {D2AS}", size)
    assert [each.fields for each in made.drift] == ([(field,)] if drifted else [])


def test_drift_is_a_note() -> None:
    """Drift is told and nothing is replaced."""
    rows = [replace(a_member(n), fingerprint="v1:old") for n in range(1, 6)]
    made = plan(a_fleet(5), observed(rows), Memory(), NOW)
    words = (
        "web-000001, web-000002, web-000003 and 2 more differ from the template; "
        "replacing is not part of this plan"
    )
    assert (made.steps, words in made.notes) == ((), True)


def test_leaving_members_do_not_drift() -> None:
    """Members that are going or never came up are not compared."""
    rows = [
        replace(a_member(1, provisioning_state=ProvisioningState.DELETING), fingerprint="v1:old"),
        replace(
            a_member(
                2, provisioning_state=ProvisioningState.FAILED, power_state=PowerState.UNKNOWN
            ),
            fingerprint="v1:old",
        ),
    ]
    assert plan(a_fleet(1), observed(rows), Memory(), NOW).drift == ()
