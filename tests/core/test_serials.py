"""Serial numbers: what is open, what comes next, and that no name is ever given out twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from controller.core import serials, tags
from controller.core.deletability import read_ledger
from controller.core.observed import (
    LAST_SERIAL,
    WIDEST_WINDOW,
    Memory,
    Observed,
    Serials,
    interpret,
    parse_serials,
    settle,
)
from controller.core.plan import plan
from controller.core.serials import (
    LATE_REQUEST,
    may_still_come,
    member_name,
    note_answers,
    read_window,
    serial_of,
    unsettled,
)
from controller.core.steps import Prevented, Reservation
from controller.spec.values import ScaleIn
from providers.base import GroupSnapshot, ProvisioningState
from tests.builders import (
    NOW,
    REF,
    a_fleet,
    a_group,
    a_lock,
    a_member,
    an_instance,
    members_in,
    observed,
)


def seen(*numbers: int, floor: int, following: int, **over: Any) -> Observed:
    """A look that lists the members of these numbers, under a tag ``floor/following``."""
    found = observed([a_member(number) for number in numbers], group=a_group(following, floor))
    return replace(found, serials=Serials(floor, following), **over)


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("1/1", Serials(1, 1)),
        ("3/7", Serials(3, 7)),
        (f"1/{WIDEST_WINDOW + 1}", Serials(1, WIDEST_WINDOW + 1)),
        (f"{LAST_SERIAL}/{LAST_SERIAL}", Serials(LAST_SERIAL, LAST_SERIAL)),
        (None, None),
        ("", None),
        ("7", None),
        ("7/", None),
        ("7/3", None),
        ("0/3", None),
        ("-1/3", None),
        ("1/3/5", None),
        ("one/two", None),
        (f"1/{WIDEST_WINDOW + 2}", None),
        (f"1/{LAST_SERIAL + 1}", None),
        (f"1/{10**18}", None),
    ],
)
def test_serial_tag_reads(text: str | None, numbers: Serials | None) -> None:
    """A tag that no controller can have written counts as missing, one of a billion open numbers too."""
    assert parse_serials(text) == numbers


@pytest.mark.parametrize(
    ("name", "serial"),
    [
        ("web-000007", 7),
        ("web-12-000007", 7),
        ("WEB-1234567", 1_234_567),
        ("web-00007", None),
        ("web-1234567890", None),
        ("web_000007", None),
        ("web-000007-nic", None),
    ],
)
def test_names_carry_numbers(name: str, serial: int | None) -> None:
    """The number of a member is what stands behind the last hyphen, six digits at least."""
    assert serial_of(name) == serial


@pytest.mark.parametrize(("serial", "name"), [(7, "web-000007"), (1_234_567, "web-1234567")])
def test_numbers_make_names(serial: int, name: str) -> None:
    """Numbers are padded to six digits and may outgrow them."""
    assert member_name("web", serial) == name


@pytest.mark.parametrize(
    ("numbers", "floor", "following", "missing", "closable"),
    [
        ((), 1, 1, (), True),
        ((1, 2), 3, 3, (), True),
        ((1, 2), 1, 3, (), True),
        ((1, 3), 1, 4, (2,), False),
        ((), 5, 8, (5, 6, 7), False),
    ],
)
def test_open_numbers_are_found(
    numbers: tuple[int, ...],
    floor: int,
    following: int,
    missing: tuple[int, ...],
    closable: bool,
) -> None:
    """An open number without a member is missing; with none missing the window may close."""
    window = read_window(a_fleet(), seen(*numbers, floor=floor, following=following))
    assert (window.missing, window.closable) == (missing, closable)
    assert window.closed == (floor == following)


@pytest.mark.parametrize(
    ("names", "following"),
    [
        ((), 1),
        (("web-000004", "web-000009"), 10),
        (("old-000041",), 42),
        (("web-999999999", "web-000004"), 5),
    ],
)
def test_next_without_tag(names: tuple[str, ...], following: int) -> None:
    """Without a tag the next number is above every number in a name that could be ours."""
    members = [a_member(name=name) for name in names]
    window = read_window(a_fleet(), observed(members, serials=None, group=None))
    assert window.serials == Serials(following, following)


@pytest.mark.parametrize(
    ("name", "owned", "first"),
    [
        ("web-000009", True, "web-000010"),
        ("WEB-000009", True, "web-000010"),
        ("web-000003", False, "web-000004"),
        ("WEB-000003", False, "web-000004"),
        ("web-000009", False, "web-000003"),
        ("other-000009", True, "web-000003"),
        ("web-000002", True, "web-000003"),
    ],
)
def test_tag_behind_names(name: str, owned: bool, first: str) -> None:
    """With a tag behind the names that are there, a new member still gets a name that nobody has."""
    found = replace(observed([a_member(name=name, owned=owned)]), serials=Serials(3, 3))
    made = plan(a_fleet(2), found, Memory(), NOW)
    assert made.creates[0].instance == first
    assert made.reservation.reserve_to > int(made.creates[-1].instance[-6:])


def test_open_numbers_come_first() -> None:
    """Missing numbers are tried again under their names before new ones are given out."""
    made = plan(a_fleet(4), seen(1, 3, floor=2, following=4), Memory(), NOW)
    assert [(step.instance, step.retry) for step in made.creates] == [
        ("web-000002", True),
        ("web-000004", False),
    ]
    assert made.reservation == Reservation(floor=2, next=4, floor_to=2, reserve_to=5, retried=True)


@pytest.mark.parametrize(
    ("numbers", "replicas", "wanted"),
    [
        ((1, 2, 3), 3, Reservation(1, 4, 4, 4)),
        ((1, 2, 3), 5, Reservation(1, 4, 4, 6)),
        ((1, 3), 3, Reservation(1, 4, 1, 4, retried=True)),
    ],
)
def test_reservation_moves_floor(
    numbers: tuple[int, ...], replicas: int, wanted: Reservation
) -> None:
    """The floor may follow once every open number has its member; a write is needed for new names and second requests."""
    made = plan(a_fleet(replicas), seen(*numbers, floor=1, following=4), Memory(), NOW)
    assert made.reservation == wanted
    needed = wanted.reserve_to > 4 or wanted.retried
    assert (made.reservation.needed, made.reservation.open) == (needed, True)


def test_answered_requests_make_no_twin() -> None:
    """A number is tried again without a note when each of its requests was ours and was answered."""
    look = seen(1, 3, floor=2, following=4)
    known = note_answers(Memory(), ["web-000002"], ())
    assert plan(a_fleet(3), look, known, NOW).reservation.retried is False
    lost = note_answers(known, (), {"web-000002"})
    assert plan(a_fleet(3), look, lost, NOW).reservation.retried is True
    busy = replace(look, retried_at=NOW - timedelta(minutes=1))
    assert plan(a_fleet(3), busy, known, NOW).reservation.retried is True


@pytest.mark.parametrize(
    ("retried", "closable"),
    [
        (None, True),
        (LATE_REQUEST, True),
        (LATE_REQUEST - timedelta(minutes=3), False),
        (-timedelta(days=365), True),
    ],
    ids=["never", "long ago", "minutes ago", "by a wrong clock"],
)
def test_twins_keep_numbers_open(retried: timedelta | None, closable: bool) -> None:
    """While a second request may arrive, its member is not deleted and its number stays open, and nobody hurries."""
    moment = None if retried is None else NOW - retried
    look = seen(1, 2, 3, floor=3, following=4, retried_at=moment)
    made = plan(a_fleet(3), look, Memory(), NOW)
    removal = plan(a_fleet(2, scale_in=ScaleIn(remove=("web-000003",))), look, Memory(), NOW)
    assert read_window(a_fleet(3), look).closable is closable
    assert (made.steps, made.unsettled, removal.unsettled) == ((), closable, True)
    assert (removal.victims == ("web-000003",)) is closable
    assert made.look_again_seconds == (15 if closable else 180)


def test_member_that_may_return_keeps_place() -> None:
    """Nobody is created for a member that goes while a second request for it may arrive; once gone, it is tried again."""
    recent = {"retried_at": NOW - timedelta(minutes=1)}
    going = a_member(3, provisioning_state=ProvisioningState.DELETING)
    whole = seen(1, 2, floor=3, following=4, **recent)
    leaving = plan(a_fleet(3), replace(whole, members=(*whole.members, going)), Memory(), NOW)
    assert leaving.creates == ()
    assert [(one.reason, one.instance) for one in leaving.blocked] == [
        (Prevented.OPEN_SERIAL, "web-000003")
    ]
    gone = plan(a_fleet(3), whole, Memory(arrived=("web-000003",)), NOW)
    assert [(step.instance, step.retry) for step in gone.creates] == [("web-000003", True)]


def test_lagging_list_makes_no_twin() -> None:
    """Acceptance 8: a fresh VM that the list misses is found by name, and not created a second time."""
    listed = [an_instance(1), an_instance(2)]
    tagged = [replace(one, tags={tags.OWNER: tags.owner_mark(REF)}) for one in listed]
    snapshot = GroupSnapshot(NOW, a_group(4, 1), tuple(tagged), ())
    look = interpret(REF, snapshot)
    assert unsettled(a_fleet(3), look) == ("web-000003",)
    late = replace(an_instance(3), tags={tags.OWNER: tags.owner_mark(REF)})
    settled = settle(REF, look, replace(snapshot, instances=(late,), complete=False))
    assert plan(a_fleet(3), settled, Memory(), NOW).steps == ()


def test_unlisted_member_keeps_window_open() -> None:
    """A member known only by name is counted, and nothing with an open number is deleted meanwhile."""
    found = seen(1, 2, 3, floor=2, following=4)
    members = (*found.members[:2], replace(found.members[2], listed=False))
    made = plan(a_fleet(1), replace(found, members=members), Memory(), NOW)
    assert made.victims == ("web-000001",)
    assert [(one.instance, one.reason) for one in made.blocked] == [
        ("web-000002", Prevented.OPEN_SERIAL)
    ]
    assert made.blocked[0].detail == "its creation may still be under way"


def test_only_open_numbers_are_kept() -> None:
    """While numbers are open, members below and above them may go as ever."""
    found = seen(1, 3, 4, floor=2, following=4)
    ledger = read_ledger(a_fleet(1), found, read_window(a_fleet(1), found), NOW)
    assert set(ledger.obstacles) == {"web-000003"}


@pytest.mark.parametrize(
    ("names", "following"),
    [
        ([], 1),
        (["legacy"], 1),
        (["web-000003", "web-000007"], 8),
        ([f"web-{LAST_SERIAL}"], LAST_SERIAL + 1),
        (["web-000003", f"web-{LAST_SERIAL + 1}"], 4),
    ],
)
def test_next_number(names: list[str], following: int) -> None:
    """The next number is above every one that we could have given out; other names do not count."""
    assert serials.next_serial(names) == following


def test_rename_gives_new_names_the_new_name() -> None:
    """After a rename, new members have the new name as soon as every open number has been seen."""
    found = seen(1, 2, 3, floor=2, following=4)
    made = plan(a_fleet(4, name="new"), found, Memory(), NOW)
    assert [one.instance for one in made.creates] == ["new-000004"]


def test_rename_keeps_open_names() -> None:
    """Numbers reserved under a former name of the fleet stay under it until they are settled."""
    renamed = a_fleet(4, name="shop")
    found = seen(1, 2, floor=1, following=4)
    made = plan(renamed, found, Memory(), NOW)
    assert [step.instance for step in made.creates] == ["web-000003", "web-000004"]


def test_rename_of_settled_fleet() -> None:
    """With nothing open, new members of a renamed fleet carry its new name, and the old ones stay."""
    made = plan(a_fleet(3, name="shop"), seen(1, 2, floor=3, following=3), Memory(), NOW)
    assert ([step.instance for step in made.creates], made.victims) == (["shop-000003"], ())


@pytest.mark.parametrize(
    ("minutes", "may"), [(None, False), (0, True), (9, True), (10, False), (60, False)]
)
def test_late_request_ends(minutes: int | None, may: bool) -> None:
    """A creation may arrive until ten minutes after its number was reserved."""
    since = None if minutes is None else NOW - timedelta(minutes=minutes)
    end = may_still_come(observed(reserved_at=since), NOW)
    assert (end is not None) == may
    assert end is None or end - NOW == serials.LATE_REQUEST - timedelta(minutes=minutes or 0)


def test_new_set_counts_from_one() -> None:
    """A set that does not exist yet gives its first members the numbers from 1."""
    made = plan(a_fleet(2), observed(exists=False, group=None, serials=None), Memory(), NOW)
    assert [step.instance for step in made.creates] == ["web-000001", "web-000002"]


def test_lock_on_open_number_is_named_first() -> None:
    """A member that is locked and open is reported with its lock, which lasts longer."""
    found = seen(1, 2, floor=1, following=4, locks=(a_lock("web-000001"), a_lock("web-000002")))
    made = plan(a_fleet(1), found, Memory(), NOW)
    assert [one.reason for one in made.blocked] == [Prevented.LOCKED]


def test_members_in_many_zones() -> None:
    """A thousand members get a thousand names, all different and all new."""
    made = plan(a_fleet(1000), observed(members_in({"1": 1})), Memory(), NOW)
    names = [step.instance for step in made.creates]
    assert (names[0], names[-1], len(set(names))) == ("web-000002", "web-001000", 999)


@pytest.mark.parametrize("year", [2027, 9999])
def test_future_reservation_is_no_time(year: int) -> None:
    """A reservation dated far in the future keeps no number open, and breaks nothing."""
    since = datetime(year, 12, 31, 23, 59, tzinfo=UTC)
    assert may_still_come(observed(reserved_at=since), NOW) is None


def test_arrived_numbers_are_tried_last() -> None:
    """Of open numbers one whose member came and went is tried after those whose request may be on its way."""
    look = seen(1, 3, floor=1, following=5)
    first = plan(a_fleet(3), look, Memory(), NOW)
    assert [step.instance for step in first.creates] == ["web-000002"]
    came = serials.arrived(a_fleet(3), look, ("web-000002", "web-000900"))
    assert came == ("web-000001", "web-000002", "web-000003")
    later = plan(a_fleet(3), look, Memory(arrived=came), NOW)
    assert [step.instance for step in later.creates] == ["web-000004"]
