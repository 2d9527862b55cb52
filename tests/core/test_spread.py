"""The spread by itself: which cells gain or lose a member, and how uneven a fleet is."""

from __future__ import annotations

from collections import Counter

import pytest

from controller.core.spread import Cell, Layout, Preference, Room, grow, lead, shrink, skew

REGULAR, SPOT = "Regular", "Spot"
FAR = 9


def in_zones(*counts: int) -> dict[Cell, int]:
    """So many Regular members in zone 1, zone 2 and so on."""
    return {Cell(REGULAR, str(zone)): count for zone, count in enumerate(counts, 1)}


def room_in(*cells: Cell, each: int = FAR) -> Room:
    """Room for as many members as anybody wants, but for ``each`` in a cell."""
    return Room(dict.fromkeys(cells, each), {REGULAR: FAR, SPOT: FAR})


@pytest.mark.parametrize(
    ("counts", "minimum", "wanted"),
    [
        ({"1": 3, "2": 1}, 1, 2),
        ({"1": 3, "2": 1}, 2, 2),
        ({"1": 3, "2": 1}, 3, 3),
        ({"1": 3}, 1, 3),
        ({"2": 3}, 1, 3),
        ({}, 1, 0),
    ],
    ids=[
        "largest minus smallest",
        "as many domains as asked for",
        "too few domains",
        "a domain that nobody counted is empty",
        "the first one, too",
        "nobody anywhere",
    ],
)
def test_skew_is_the_largest_lead(counts: dict[str, int], minimum: int, wanted: int) -> None:
    """The skew is how far the fullest domain is above the emptiest, or above nobody if there are too few."""
    assert skew(counts, Layout({}, ("1", "2")), minimum) == wanted


def test_one_domain_leads_nobody() -> None:
    """A fleet in its only domain is even unless more domains were asked for."""
    only = Layout({}, ("1",))
    assert (skew({"1": 3}, only), lead("1", {"1": 3}, only)) == (0, 0)
    assert (skew({"1": 3}, only, 2), lead("1", {"1": 3}, only, 2)) == (3, 3)


def test_no_domain_has_no_skew() -> None:
    """Where every domain is excluded there is nothing to be uneven."""
    assert skew({"1": 3}, Layout({}, ())) == 0


def test_uncounted_domain_leads_nobody() -> None:
    """A domain without members is as far below the others as they have members."""
    assert lead("2", {"1": 2}, Layout({}, ("1", "2"))) == 0


def test_excluded_domain_does_not_count() -> None:
    """Members of a domain that is excluded neither weigh in the spread nor make room in it."""
    layout = Layout(in_zones(1, 1, 5), ("1", "2"))
    assert lead("3", {"1": 1, "2": 1, "3": 5}, layout) == -1
    assert layout.scale("3") == 0


def test_weights_have_no_unit() -> None:
    """A domain without a weight has weight 1: one member there is one member of skew."""
    layout = Layout({}, ("1", "2"), weights={"1": 3})
    assert lead("2", {"1": 3, "2": 2}, layout) == 1
    assert lead("1", {"1": 6, "2": 1}, layout) == 1


@pytest.mark.parametrize("zones", [("1", "2"), ("2", "1")])
def test_older_template_goes_first(zones: tuple[str, str]) -> None:
    """Between zones that are equally full, the member with the outdated template goes."""
    layout = Layout(in_zones(2, 2), ("1", "2"))
    candidates = {
        Cell(REGULAR, zones[0]): (Preference(0, newer=1),),
        Cell(REGULAR, zones[1]): (Preference(0, newer=0),),
    }
    assert shrink(layout, candidates, {}, 1) == (Cell(REGULAR, zones[1]),)


@pytest.mark.parametrize("zones", [("1", "2"), ("2", "1")])
def test_cheaper_member_goes_first(zones: tuple[str, str]) -> None:
    """Between members that are equal otherwise, the one whose going costs its user less goes."""
    layout = Layout(in_zones(2, 2), ("1", "2"))
    candidates = {
        Cell(REGULAR, zones[0]): (Preference(0, cost=5),),
        Cell(REGULAR, zones[1]): (Preference(0, cost=4),),
    }
    assert shrink(layout, candidates, {}, 1) == (Cell(REGULAR, zones[1]),)


def test_classes_spread_apart() -> None:
    """Each class is spread over the zones by itself, even where that leaves every zone as full as another."""
    layout = Layout(
        {Cell(REGULAR, "1"): 1, Cell(REGULAR, "2"): 0, Cell(SPOT, "1"): 0, Cell(SPOT, "2"): 1},
        ("1", "2"),
    )
    chosen = grow(layout, Room(dict.fromkeys(layout.counts, FAR), {REGULAR: 1, SPOT: 1}), 2)
    assert set(chosen) == {Cell(REGULAR, "2"), Cell(SPOT, "1")}


def test_fault_domains_of_each_zone_are_apart() -> None:
    """Fault domain 0 of one zone and that of another are two: each zone fills its own evenly."""
    cells = [Cell(REGULAR, zone, inner) for zone in ("1", "2") for inner in ("0", "1")]
    layout = Layout(dict(zip(cells, (1, 0, 0, 1), strict=True)), ("1", "2"))
    assert set(grow(layout, room_in(*cells), 2)) == {cells[1], cells[2]}


def test_class_and_domain_of_one_name() -> None:
    """A fault domain may be called like a zone, or like a class, and is still a place of its own."""
    cells = [Cell("1", "2", "2"), Cell("1", "2", "1"), Cell("2", "1", "2"), Cell("2", "1", "1")]
    layout = Layout(dict.fromkeys(cells, 0), ("1", "2"))
    room = Room(dict.fromkeys(cells, 1), {"1": FAR, "2": FAR})
    assert sorted(grow(layout, room, 8)) == sorted(cells)


def test_full_cells_take_nobody() -> None:
    """Only as many members are placed as there is room for, each cell up to its own."""
    layout = Layout(in_zones(0, 0, 0), ("1", "2", "3"))
    room = Room(dict(zip(layout.counts, (0, 1, 2), strict=True)), {REGULAR: FAR})
    assert Counter(cell.domain for cell in grow(layout, room, 8)) == {"2": 1, "3": 2}
