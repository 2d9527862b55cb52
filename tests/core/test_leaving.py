"""Members that are being deleted: since when, for how long they are waited for, and what is said then."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from controller.core import pacing
from controller.core.leaving import STUCK, in_epoch, remember, stuck_names
from controller.core.observed import Memory
from controller.core.plan import plan
from controller.core.steps import Prevented
from controller.spec.values import Quorum
from providers.base import ProvisioningState
from tests.builders import NOW, a_fleet, a_member, members_in, observed

GOING = a_member(9, "3", provisioning_state=ProvisioningState.DELETING)
FIVE = members_in({"1": 2, "2": 2, "3": 1})
SEEN = observed([*FIVE, GOING])
LONG_AGO = Memory(leaving=(("web-000009", NOW - STUCK),))
JUST_NOW = Memory(leaving=(("web-000009", NOW - STUCK + timedelta(seconds=1)),))


def test_first_sight_is_kept() -> None:
    """The moment at which a member was first seen leaving stays; who has gone is forgotten."""
    first = remember(Memory(), SEEN, NOW)
    later = remember(first, SEEN, NOW + STUCK)
    assert first.leaving == later.leaving == (("web-000009", NOW),)
    assert remember(later, observed(FIVE), NOW).leaving == ()


def test_moments_of_another_clock_are_forgotten() -> None:
    """When the time of day was set, nobody counts as stuck by moments from before; the same time keeps them."""
    assert in_epoch(LONG_AGO, 0) is LONG_AGO
    searched = replace(LONG_AGO, searched_at=NOW)
    assert in_epoch(searched, 0).searched_at == NOW
    anew = remember(in_epoch(searched, 1), SEEN, NOW)
    assert (stuck_names(anew, NOW), anew.searched_at, anew.epoch) == (frozenset(), None, 1)


def test_patience_ends() -> None:
    """After half an hour nothing waits for a deletion any more, and not a second earlier."""
    assert stuck_names(JUST_NOW, NOW) == frozenset()
    assert stuck_names(LONG_AGO, NOW) == {"web-000009"}


def test_batches_go_on() -> None:
    """A deletion that is under way holds the next batch back; one that does not get on does not."""
    waiting = plan(a_fleet(4), SEEN, JUST_NOW, NOW)
    going_on = plan(a_fleet(4), SEEN, LONG_AGO, NOW)
    assert (waiting.leaving, waiting.stuck) == (("web-000009",), ())
    assert (going_on.leaving, going_on.stuck) == ((), ("web-000009",))
    batches = [pacing.delete_batch(a_fleet(4), one) for one in (waiting, going_on)]
    assert batches == [(), waiting.victims]


def test_stuck_member_is_told() -> None:
    """A person learns which deletion does not get on, and since when it was seen."""
    (one,) = plan(a_fleet(5), SEEN, LONG_AGO, NOW).blocked
    assert (one.reason, one.instance, one.until) == (Prevented.STUCK, "web-000009", None)
    assert one.detail.startswith("it has been seen Deleting since 2026-11-21 11:30 UTC")


def test_voter_is_waited_for() -> None:
    """In a voting group a deletion that does not get on still counts as a voter that leaves."""
    voters = replace(a_fleet(3), quorum=Quorum())
    made = plan(voters, SEEN, LONG_AGO, NOW)
    assert made.victims == ()
    assert Prevented.QUORUM in {one.reason for one in made.blocked}
