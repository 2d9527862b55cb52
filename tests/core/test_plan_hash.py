"""The hash of a plan: it changes with every fact that the steps rest on, and with no clock reading."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.core.digest import plan_hash
from controller.core.observed import Memory, Observed, Scarce, Serials
from controller.core.plan import plan
from controller.core.scene import read_scene
from controller.spec.values import Fleet, Hold
from providers.base import Health, Lock, LockLevel, PowerState, Priority, ProvisioningState
from tests.builders import (
    D2AS,
    D2S,
    NOW,
    REF,
    a_fleet,
    a_group,
    a_lock,
    a_member,
    members_in,
    observed,
)

THERE = members_in({"1": 2, "2": 2})
SOON = NOW + timedelta(minutes=1)


def hash_of(fleet: Fleet | None = None, seen: Observed | None = None, *scarce: Scarce) -> str:
    seen = seen or observed(THERE)
    return plan(fleet or a_fleet(4), seen, Memory(scarce), seen.observed_at).hash


def changed(**fields: Any) -> Observed:
    """The look with another first member."""
    first = THERE[0]
    own = {name: value for name, value in fields.items() if hasattr(first, name)}
    rest = {name: value for name, value in fields.items() if name not in own}
    return observed([replace(first, instance=replace(first.instance, **rest), **own), *THERE[1:]])


def test_hash_has_its_form() -> None:
    """The hash names its function and has 64 hex digits, for a plan without steps, too."""
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", hash_of())


@pytest.mark.parametrize(
    "fields",
    [
        {"zone": "3"},
        {"fault_domain": 1},
        {"size": D2AS},
        {"priority": Priority.SPOT},
        {"provisioning_state": ProvisioningState.UPDATING},
        {"power_state": PowerState.STOPPED},
        {"health": Health.UNHEALTHY},
        {"owned": False},
        {"fingerprint": "v1:old"},
        {"protected": True},
        {"hold": Hold("ops", "")},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_facts_change_the_hash(fields: dict[str, Any]) -> None:
    """Acceptance 20: a fact about a member that is not as it was gives another hash."""
    assert hash_of(seen=changed(**fields)) != hash_of()


@pytest.mark.parametrize(
    "look",
    [
        {"locks": None},
        {"locks": (a_lock("web-000099"),)},
        {"serials": Serials(6, 6)},
        {"serials": Serials(4, 5), "group": a_group(5, 4)},
        {"members": THERE[1:]},
    ],
    ids=["locks unknown", "lock", "numbers", "open number", "member gone"],
)
def test_look_changes_the_hash(look: dict[str, Any]) -> None:
    """Another list, lock or serial number gives another hash."""
    assert hash_of(seen=replace(observed(THERE), **look)) != hash_of()


@pytest.mark.parametrize(
    "fleet",
    [a_fleet(5), a_fleet(4, spec_digest="1" * 64), a_fleet(4, ref=replace(REF, name="other"))],
    ids=["replicas", "spec", "set"],
)
def test_spec_changes_the_hash(fleet: Fleet) -> None:
    """Another wanted number, spec or set gives another hash."""
    assert hash_of(fleet) != hash_of()


def test_scarcity_changes_the_hash() -> None:
    """A remembered refusal gives another hash, and its end does not."""
    hashes = {
        hash_of(None, None, Scarce("1", D2S, None, NOW + timedelta(minutes=n), "ZoneFull"))
        for n in (1, 2, 3)
    }
    assert len(hashes) == 1
    assert hashes != {hash_of()}


@pytest.mark.parametrize(
    "seen",
    [
        replace(observed(THERE), observed_at=SOON),
        replace(observed(THERE), reserved_at=NOW),
        observed(tuple(reversed(THERE))),
        changed(created_at=NOW - timedelta(days=9)),
        changed(tags={"team": "pay"}),
    ],
    ids=["time of look", "time of reservation", "order", "age", "foreign tag"],
)
def test_rest_keeps_the_hash(seen: Observed) -> None:
    """The time, the order of a list and what no step rests on leave the hash as it is."""
    assert hash_of(seen=seen) == hash_of()


def test_lock_order_keeps_the_hash() -> None:
    """Locks in another order or case, or listed twice, leave the hash as it is."""
    one, other = a_lock("web-000001"), Lock(LockLevel.READ_ONLY, REF.instance_id("web-000002"))
    again = Lock(one.level, one.scope.upper())
    hashes = {
        hash_of(seen=observed(THERE, locks=locks))
        for locks in ([one, other], [other, one], [one, other, one], [again, other])
    }
    assert len(hashes) == 1


def test_hold_that_ended_changes_the_hash() -> None:
    """A hold is a fact while it lasts: its end makes another plan possible, and another hash."""
    held = changed(hold=Hold("ops", "", SOON))
    later = replace(held, observed_at=SOON)
    assert hash_of(seen=held) != hash_of(seen=later) == hash_of()


def test_victims_are_covered() -> None:
    """Two plans that delete different members have different hashes."""
    older = [replace(a_member(1), fingerprint="v1:old"), a_member(2)]
    newer = [a_member(1), replace(a_member(2), fingerprint="v1:old")]
    assert hash_of(a_fleet(1), observed(older)) != hash_of(a_fleet(1), observed(newer))


def test_hash_covers_each_step() -> None:
    """Two plans of as many steps, on the same facts, have different hashes when one step differs."""
    scene = read_scene(a_fleet(7), observed(members_in({"1": 3, "2": 3})), Memory(), NOW)
    made = plan(scene.fleet, scene.observed, Memory(), NOW)
    (step,) = made.creates
    elsewhere = replace(step, zone="1")
    assert plan_hash(scene, [step]) != plan_hash(scene, [elsewhere])
