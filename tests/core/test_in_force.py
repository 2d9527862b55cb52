"""Since when a spec is in force without a break: what a tombstone's hold is counted from."""

from __future__ import annotations

import pytest

from tests.core.readings import Desk, broken, ended, fails, key, named, says

BREAKS = {
    "gone": says(named("b")),
    "broken": says(named("b"), broken=(broken("a", key=key("a")),)),
    "unreadable": fails(),
    "back": says(named("a"), named("b"), revision="git:0", descends=False),
    "another": says(named("a"), named("b"), revision="git:1"),
}


@pytest.mark.parametrize("way", BREAKS)
def test_break_begins_anew(way: str) -> None:
    """A spec that was gone, broken, out of sight, set back or another is in force from when it is there again."""
    desk = Desk()
    desk.take(says(ended("a"), named("b"), revision="git:1"))
    assert desk.standing("a").in_force_since is None
    desk.take(BREAKS[way])
    assert desk.standing("a").in_force_since == desk.now
    desk.take(BREAKS[way])
    desk.take(says(ended("a"), named("b"), revision="git:1"))
    came = desk.now
    desk.take(says(ended("a"), named("b"), revision="git:2", descends=True))
    assert (desk.reason("a"), desk.standing("a").in_force_since) == (None, came)


def test_new_spec_is_in_force_from_now() -> None:
    """A spec that a source did not have before is in force from when it is read; one of the first reading for ever."""
    desk = Desk()
    desk.take(says(named("b")))
    desk.take(says(ended("a"), named("b")))
    since = [desk.standing(name).in_force_since for name in ("a", "b")]
    assert since == [desk.now, None]


def test_moment_of_another_clock_is_now() -> None:
    """After the clock was set back, a spec came into force in the present and not in the future."""
    desk = Desk()
    desk.take(says(named("b")))
    desk.take(says(ended("a"), named("b")))
    desk.take(says(ended("a"), named("b")), seconds=-86_400)
    assert desk.standing("a").in_force_since == desk.now
