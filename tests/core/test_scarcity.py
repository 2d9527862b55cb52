"""Remembered refusals: what one teaches, whom it covers, how it is kept in a tag, when it is forgotten."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.core.observed import Member, Memory, Scarce
from controller.core.scarcity import (
    PROBATION,
    decode,
    encode,
    learn,
    learn_from_failures,
    obstacle,
    on_probation,
    remember,
)
from controller.core.tags import VALUE_LIMIT
from providers.base import Catalog, Failure, PowerState, Priority, ProvisioningState, SizeFacts
from providers.refusals import Refusal
from tests.builders import D2S, NOW, a_member, observed

SPOT, REGULAR = Priority.SPOT, Priority.REGULAR
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
D4S = "Standard_D4s_v5"


CATALOG = Catalog(
    "westeurope",
    3,
    {
        D2S: SizeFacts(D2S, "dsv5", 2, 8.0, frozenset()),
        D4S: SizeFacts(D4S, "dsv5", 4, 16.0, frozenset()),
        "Standard_D2ds_v5": SizeFacts("Standard_D2ds_v5", "dsv5", 2, 8.0, frozenset()),
        "Standard_D4as_v5": SizeFacts("Standard_D4as_v5", "dasv5", 4, 16.0, frozenset()),
    },
    {},
)


def scarce(zone: str | None = "1", size: str = D2S, **over: Any) -> Scarce:
    """A refusal that lasts another hour."""
    return replace(Scarce(zone, size, REGULAR, NOW + HOUR, "Other"), **over)


@pytest.mark.parametrize(
    ("refusal", "priority", "zone", "covered", "life", "larger"),
    [
        (Refusal.ZONE_FULL, REGULAR, "1", None, HOUR, True),
        (Refusal.REGION_FULL, SPOT, None, None, HOUR, False),
        (Refusal.OVERCONSTRAINED_ZONE, SPOT, "1", SPOT, HOUR, False),
        (Refusal.OVERCONSTRAINED, REGULAR, None, REGULAR, HOUR, False),
        (Refusal.NOT_AVAILABLE, SPOT, None, SPOT, HOUR, False),
        (Refusal.NOT_AVAILABLE, REGULAR, None, REGULAR, 23 * HOUR, False),
        (Refusal.QUOTA, REGULAR, None, REGULAR, 10 * MINUTE, True),
        (Refusal.OTHER, SPOT, "1", SPOT, 3 * MINUTE, False),
    ],
)
def test_refusals_teach(
    refusal: Refusal,
    priority: Priority,
    zone: str | None,
    covered: Priority | None,
    life: timedelta,
    larger: bool,
) -> None:
    """How far a refusal reaches, and for how long, depends on what Azure said."""
    wanted = Scarce(zone, D2S, covered, NOW + life, refusal.value, larger)
    assert learn(refusal.value, zone="1", size=D2S, priority=priority, now=NOW) == (wanted,)


@pytest.mark.parametrize(
    ("one", "zone", "size", "priority", "covered"),
    [
        (scarce(), "1", D2S, REGULAR, True),
        (scarce(), "1", D2S.upper(), REGULAR, True),
        (scarce(), "2", D2S, REGULAR, False),
        (scarce(), None, D2S, REGULAR, False),
        (scarce(zone=None), "2", D2S, REGULAR, True),
        (scarce(zone=None), None, D2S, REGULAR, True),
        (scarce(), "1", D2S, SPOT, False),
        (scarce(priority=None), "1", D2S, SPOT, True),
        (scarce(), "1", D4S, REGULAR, False),
        (scarce(larger_too=True), "1", D4S, REGULAR, True),
        (scarce(size=D4S, larger_too=True), "1", D2S, REGULAR, False),
        (scarce(larger_too=True), "1", "Standard_D2ds_v5", REGULAR, True),
        (scarce(larger_too=True), "1", "Standard_D4as_v5", REGULAR, False),
        (scarce(larger_too=True), "1", "Standard_F64", REGULAR, False),
    ],
)
def test_refusals_cover(
    one: Scarce, zone: str | None, size: str, priority: Priority, covered: bool
) -> None:
    """A refusal covers its zone, size and class, and larger sizes of the family where it says so."""
    found = obstacle(Memory((one,)), CATALOG, zone=zone, size=size, priority=priority)
    assert found == (one if covered else None)


def test_larger_needs_facts() -> None:
    """Without a catalog a refusal covers the one size alone."""
    memory = Memory((scarce(larger_too=True),))
    assert obstacle(memory, None, zone="1", size=D4S, priority=REGULAR) is None


def test_longest_is_named() -> None:
    """Of several refusals the one that lasts longest stands in the way."""
    rows = (scarce(until=NOW + MINUTE), scarce(zone=None, until=NOW + HOUR))
    found = obstacle(Memory(rows), None, zone="1", size=D2S, priority=REGULAR)
    assert found == rows[1]


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        ([MINUTE], [HOUR], [HOUR]),
        ([HOUR], [MINUTE], [HOUR]),
        ([timedelta(0)], [], []),
        ([-MINUTE], [HOUR], [HOUR]),
    ],
)
def test_later_end_stays(old: list[timedelta], new: list[timedelta], kept: list[timedelta]) -> None:
    """Of equal refusals the later end counts, and what is over is forgotten."""
    memory = Memory(tuple(scarce(until=NOW + end) for end in old), overshoot_frozen=True)
    after = remember(memory, [scarce(until=NOW + end) for end in new], NOW)
    assert [one.until - NOW for one in after.scarcity] == kept
    assert after.overshoot_frozen


def test_wider_refusal_is_kept_apart() -> None:
    """That one size is not to be had says less than that larger ones are not either: both are remembered."""
    narrow, wide = scarce(until=NOW + HOUR), scarce(until=NOW + MINUTE, larger_too=True)
    assert set(remember(Memory(), [narrow, wide], NOW).scarcity) == {narrow, wide}


@pytest.mark.parametrize(
    ("failed_ago", "created_ago", "left"),
    [
        (10 * MINUTE, 20 * MINUTE, 50 * MINUTE),
        (None, 20 * MINUTE, 40 * MINUTE),
        (None, None, HOUR),
        (2 * HOUR, None, None),
    ],
)
def test_failures_teach(
    failed_ago: timedelta | None, created_ago: timedelta | None, left: timedelta | None
) -> None:
    """A failed member's refusal counts from the time of its failure, or of its creation."""
    since = None if failed_ago is None else NOW - failed_ago
    born = None if created_ago is None else NOW - created_ago
    failure = Failure(Refusal.REGION_FULL.value, "There is no capacity.", since)
    failed = a_member(provisioning_state=ProvisioningState.FAILED, failure=failure, created_at=born)
    memory = learn_from_failures(Memory(), observed([failed]), NOW)
    assert [one.until - NOW for one in memory.scarcity] == ([] if left is None else [left])


@pytest.mark.parametrize(
    ("code", "owned"), [("OSProvisioningTimedOut", True), (Refusal.REGION_FULL.value, False)]
)
def test_some_failures_teach_nothing(code: str, owned: bool) -> None:
    """A failure that is no refusal, or of a VM that is not ours, teaches nothing about offerings."""
    failed = a_member(owned=owned, failure=Failure(code, "It failed."))
    assert learn_from_failures(Memory(), observed([failed]), NOW) == Memory()


def test_every_failure_teaches() -> None:
    """Whoever is well, or failed for a reason of its own, keeps nobody else's refusal from being learned."""
    members = [
        a_member(1),
        a_member(2, failure=Failure("OSProvisioningTimedOut", "It failed.")),
        a_member(3, "2", failure=Failure(Refusal.ZONE_FULL.value, "The zone is full.", NOW)),
    ]
    (one,) = learn_from_failures(Memory(), observed(members), NOW).scarcity
    assert (one.zone, one.code) == ("2", Refusal.ZONE_FULL.value)


OVER = scarce(until=NOW - MINUTE)


@pytest.mark.parametrize(
    ("one", "member", "disproved"),
    [
        (OVER, a_member(created_at=NOW), True),
        (OVER, a_member(created_at=OVER.until - 5 * MINUTE), True),
        (OVER, a_member(created_at=OVER.until - 6 * MINUTE), False),
        (OVER, a_member(created_at=None), False),
        (OVER, a_member(1, "2", created_at=NOW), False),
        (OVER, a_member(created_at=NOW, owned=False), False),
        (OVER, a_member(created_at=NOW, power_state=PowerState.STOPPED), False),
        (OVER, a_member(created_at=NOW, size=D4S), False),
        (replace(OVER, larger_too=True), a_member(created_at=NOW, size=D4S), True),
    ],
    ids=[
        "one came up since",
        "as early as clocks may differ",
        "one from before",
        "of unknown age",
        "in another zone",
        "somebody else's",
        "it does not run",
        "of another size",
        "of a larger size that was refused too",
    ],
)
def test_success_disproves(one: Scarce, member: Member, disproved: bool) -> None:
    """A refusal whose time is over is forgotten as soon as a member of that offering has come up since."""
    look = observed([member], catalog=CATALOG)
    after = learn_from_failures(Memory(probing=(one,)), look, NOW)
    assert after.probing == (() if disproved else (one,))


@pytest.mark.parametrize(
    ("zone", "size", "found"),
    [("1", D2S, True), ("2", D2S, False), (None, D2S, False), ("1", D4S, True)],
)
def test_probation_covers_what_the_refusal_did(zone: str | None, size: str, found: bool) -> None:
    """On probation is the same that was refused: that zone, and larger sizes where it said so."""
    one = replace(OVER, larger_too=True)
    memory = Memory(probing=(one,))
    covering = on_probation(memory, CATALOG, zone=zone, size=size, priority=REGULAR)
    assert covering == ((one,) if found else ())


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (scarce(), "1/D2s_v5/R/X/6921b4c0"),
        (scarce(zone=None, priority=None), "*/D2s_v5/*/X/6921b4c0"),
        (scarce(priority=SPOT, larger_too=True), "1/D2s_v5/S/X+/6921b4c0"),
        (scarce(size="Basic_A1", code="ZoneFull"), "1/Basic_A1/R/Z/6921b4c0"),
    ],
)
def test_tag_is_short(one: Scarce, text: str) -> None:
    """The tag holds zone, size, class, refusal and end, each as short as can be."""
    hour = format(int((NOW + HOUR).timestamp()), "x")
    assert encode(Memory((one,))) == text.replace("6921b4c0", hour)


ENDS = st.integers(1, 400 * 24 * 3600).map(lambda seconds: NOW + timedelta(seconds=seconds))
SCARCE = st.builds(
    Scarce,
    zone=st.sampled_from([None, "1", "2", "3"]),
    size=st.sampled_from([D2S, D4S, "Basic_A1", "Standard_E104ids_v5", "standard_d2s_v5"]),
    priority=st.sampled_from([None, *Priority]),
    until=ENDS,
    code=st.sampled_from([refusal.value for refusal in Refusal]),
    larger_too=st.booleans(),
)


@settings(deadline=None, derandomize=True)
@given(st.lists(SCARCE, max_size=30, unique=True))
def test_tag_round_trip(rows: list[Scarce]) -> None:
    """What is read back is what was written; it fits into a tag, and what is cut off ends first."""
    text = encode(Memory(tuple(rows)))
    found = decode(text, NOW)
    assert len(text) <= VALUE_LIMIT
    assert {folded(one) for one in found} <= {folded(one) for one in rows}
    dropped = {folded(one) for one in rows} - {folded(one) for one in found}
    ends = [one.until for one in found]
    assert all(row.until <= min(ends) for row in rows if folded(row) in dropped)
    assert dropped == set() or len(text) > VALUE_LIMIT - 64


def folded(one: Scarce) -> tuple[object, ...]:
    return (one.zone, one.size.lower(), one.priority, one.until, one.code, one.larger_too)


@pytest.mark.parametrize(
    "text",
    [
        "",
        None,
        "garbage",
        "1/D2s_v5/R/X",
        "1/D2s_v5/Q/X/6a000000",
        "1/D2s_v5/R/X/never",
        "1/D2s_v5/R/X/ffffffffffffffffffff",
        "1/D2s_v5/R/X/1",
        ",,,",
    ],
)
def test_bad_tag_is_forgotten(text: str | None) -> None:
    """What cannot be read, or is over, is left out: it is learned again at the cost of one refusal."""
    assert decode(text, NOW) == ()


@pytest.mark.parametrize(("beyond", "kept"), [(0, True), (1, False)])
def test_tag_is_filled_to_its_last_letter(beyond: int, kept: bool) -> None:
    """What fills a tag exactly is written; with one letter more it is left out."""
    empty = len(encode(Memory((scarce(size="Basic_"),))))
    one = scarce(size="Basic_" + "A" * (VALUE_LIMIT - empty + beyond))
    assert decode(encode(Memory((one,))), NOW) == ((one,) if kept else ())


@pytest.mark.parametrize(("later", "known"), [(timedelta(seconds=-1), True), (0 * MINUTE, False)])
def test_probation_ends(later: timedelta, known: bool) -> None:
    """A refusal is known until its probation is over, to the second, in the tag as in memory."""
    one, then = scarce(), NOW + HOUR + PROBATION + later
    assert decode(encode(Memory((one,))), then) == ((one,) if known else ())
    assert remember(Memory((one,)), [], then).probing == ((one,) if known else ())


def test_unknown_letter_reads() -> None:
    """A refusal that a later version wrote is taken for one that nobody knows."""
    (one,) = decode("1/D2s_v5/R/K/70000000", NOW)
    assert (one.code, one.size, one.priority) == ("Other", D2S, REGULAR)
