"""Holds: somebody's word, in a tag or in the spec, that an instance must stay."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from controller.core import guard, pacing
from controller.core.observed import Memory, member_of
from controller.core.plan import plan
from controller.core.steps import Blocked, Prevented
from controller.core.tags import HOLD, parse_hold
from controller.spec.values import Hold
from tests.builders import NOW, REF, a_fleet, a_member, an_instance, members_in, observed

HOUR = timedelta(hours=1)
OPS = Hold("ops", "a backup runs")
OVER = Hold("ops", "a backup ran", NOW - HOUR)


@pytest.mark.parametrize(
    ("text", "hold"),
    [
        (None, None),
        ("", None),
        ("owner=ops", Hold("ops", "")),
        ("owner=ops;reason=a backup runs", OPS),
        ("OWNER = ops ; Reason=a backup runs", OPS),
        ("owner=ops;until=2026-11-21T11:00:00Z;reason=a backup ran", OVER),
        ("owner=ops;until=soon", Hold("ops", "its end 'soon' cannot be read")),
        (
            "owner=ops;until=2026-11-21T12:00:00",
            Hold("ops", "its end '2026-11-21T12:00:00' cannot be read"),
        ),
        ("yes", Hold("unknown", "")),
    ],
)
def test_hold_tag_reads(text: str | None, hold: Hold | None) -> None:
    """A hold tag that cannot be read whole still holds, without an end."""
    assert parse_hold(text) == hold


@pytest.mark.parametrize(
    ("tag", "spec", "kept"),
    [
        (None, None, None),
        (OPS, None, "held by ops: a backup runs"),
        (None, Hold("dba", ""), "held by dba"),
        (OVER, None, None),
        (None, OVER, None),
        (Hold("ops", "", NOW), None, None),
        (Hold("ops", "", NOW + HOUR), None, "held by ops"),
        (OVER, OPS, "held by ops: a backup runs"),
        (OPS, OVER, "held by ops: a backup runs"),
        (Hold("ops", "", NOW + HOUR), Hold("dba", "", NOW + 2 * HOUR), "held by dba"),
        (Hold("ops", ""), Hold("dba", "", NOW + 2 * HOUR), "held by ops"),
    ],
)
def test_held_member_stays(tag: Hold | None, spec: Hold | None, kept: str | None) -> None:
    """A member stays as long as any of its holds lasts; one that is over hides no other."""
    fleet = a_fleet(0, holds={"web-000001": spec} if spec else {})
    made = plan(fleet, observed([replace(a_member(), hold=tag)]), Memory(), NOW)
    assert [one.detail for one in made.blocked] == ([kept] if kept else [])
    assert made.victims == (() if kept else ("web-000001",))


@pytest.mark.parametrize("written", ["web-000001", "WEB-000001", "Web-000001"])
@pytest.mark.parametrize("named", ["web-000001", "WEB-000001"])
def test_hold_ignores_case(written: str, named: str) -> None:
    """A hold in the spec keeps its member however either of them writes the name."""
    fleet = a_fleet(0, holds={written: OPS})
    made = plan(fleet, observed([a_member(name=named)]), Memory(), NOW)
    assert made.victims == ()


def test_end_of_hold_is_told() -> None:
    """A hold with an end says in the plan until when, and the next look comes by then."""
    hold = Hold("ops", "", NOW + timedelta(seconds=100))
    made = plan(a_fleet(0), observed([replace(a_member(), hold=hold)]), Memory(), NOW)
    assert made.blocked == (Blocked(Prevented.HELD, "held by ops", "web-000001", hold.until),)
    assert made.look_again_seconds == 100


def test_guard_sees_both_holds() -> None:
    """The guard refuses a victim whose tag hold is over and whose spec hold lasts."""
    members = [replace(a_member(), hold=OVER)]
    made = plan(a_fleet(0), observed(members), Memory(), NOW)
    held = a_fleet(0, holds={"WEB-000001": OPS})
    words = ("web-000001 would be deleted and is held by ops",)
    assert guard.check(held, observed(members), made, NOW) == words


def test_fresh_hold_keeps_victim() -> None:
    """A hold that was put on after the plan is found by the look before the deletion."""
    fleet, seen = a_fleet(2), observed(members_in({"1": 1, "2": 1, "3": 1}))
    made = plan(fleet, seen, Memory(), NOW)
    (name,) = made.victims
    tagged = an_instance(1, name=name, tags={HOLD: "owner=ops;reason=a backup runs"})
    fresh = observed([member_of(REF, tagged, owned=True)])
    verdict = pacing.confirm_victims(fleet, made, fresh, (name,), NOW)
    assert (verdict.go, verdict.stay) == ((), {name: "held by ops: a backup runs"})
