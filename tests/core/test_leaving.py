"""Members that are being deleted: since when, for how long they are waited for, and what is said then."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from controller.core import pacing
from controller.core.leaving import STUCK, in_epoch, note_asked, remember, stuck_names
from controller.core.observed import Memory
from controller.core.plan import plan
from controller.core.serials import LATE_REQUEST
from controller.core.steps import Prevented
from controller.spec.values import Quorum
from providers.base import ProvisioningState
from tests.builders import NOW, a_fleet, a_lock, a_member, members_in, observed

if TYPE_CHECKING:
    from controller.core.observed import Observed

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
    assert one.detail == (
        "it has been seen Deleting since 2026-11-21 11:30 UTC and does not go; nothing waits for it any more. "
        "Look for its cause in Azure's activity log"
    )


def test_voter_is_waited_for() -> None:
    """In a voting group a deletion that does not get on still counts as a voter that leaves."""
    voters = replace(a_fleet(3), quorum=Quorum())
    made = plan(voters, SEEN, LONG_AGO, NOW)
    assert made.victims == ()
    assert Prevented.QUORUM in {one.reason for one in made.blocked}


def asked(*names: str) -> Memory:
    """A memory of deletions that got no answer a minute ago."""
    return note_asked(Memory(), names, NOW - timedelta(minutes=1))


@pytest.mark.parametrize(
    ("seen", "later", "kept"),
    [
        (SEEN, LATE_REQUEST - timedelta(seconds=1), True),
        (SEEN, LATE_REQUEST, False),
        (observed(FIVE[1:]), timedelta(0), False),
    ],
    ids=["it may still arrive", "too late", "its member is gone"],
)
def test_unanswered_deletions_are_remembered(seen: Observed, later: timedelta, kept: bool) -> None:
    """A deletion without an answer is remembered for as long as it may arrive and its member stands."""
    name = FIVE[0].name
    memory = note_asked(Memory(), [name], NOW)
    assert remember(memory, seen, NOW + later).asked == (((name, NOW),) if kept else ())


def test_leaving_member_was_heard() -> None:
    """A member that is seen leaving has had its request: nothing of it is on its way any more."""
    memory = note_asked(Memory(), [GOING.name], NOW)
    assert remember(memory, SEEN, NOW).asked == ()


def test_set_clock_keeps_unanswered_deletions() -> None:
    """When the time of day was set, deletions without an answer count from the next look on."""
    set_back = in_epoch(asked(FIVE[0].name), 1)
    assert remember(set_back, SEEN, NOW - STUCK).asked == ((FIVE[0].name, NOW - STUCK),)


def test_asked_member_goes_first() -> None:
    """Whoever was asked to go without an answer is asked again, and nobody goes in its stead."""
    usual = plan(a_fleet(4), observed(FIVE), Memory(), NOW)
    (other,) = {member.name for member in FIVE[-1:]} - set(usual.victims)
    again = plan(a_fleet(4), observed(FIVE), asked(other), NOW)
    assert again.victims == (other,)
    (step,) = again.deletes
    assert step.victims[0].why == "it was asked to go before; no answer came, and it may go yet"


def test_asked_member_under_lock_counts() -> None:
    """If the asked one may not be asked again, its deletion may still arrive: so one fewer goes."""
    first = FIVE[0].name
    made = plan(a_fleet(3), observed(FIVE, locks=[a_lock(first)]), asked(first), NOW)
    assert len(made.victims) == 1
    assert [one.instance for one in made.blocked] == [first]
