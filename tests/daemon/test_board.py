"""The board: readers get whole, immutable views, and are woken by each change."""

from __future__ import annotations

import asyncio
from typing import Any

from controller.core.eventlog import Event, EventReason
from controller.core.rhythm import compute_resync
from controller.core.standings import Accepted, SourceStanding, Standing
from controller.engine.board import Board
from tests.builders import NOW, a_fleet


def standing(name: str, **more: Any) -> Standing:
    """A fleet that may be acted upon."""
    fleet = a_fleet(name=name)
    key = more.pop("key", f"/sets/{name}")
    return Standing(key, name, "specs", fleet, None, "git:1", NOW, **more)


def accepted(*names: str) -> Accepted:
    source = SourceStanding("specs", "git:1", NOW)
    return Accepted(tuple(standing(name) for name in names), (source,))


def test_views_do_not_change() -> None:
    """A view that a reader has stays as it was, whatever the daemon learns afterwards."""
    board = Board(NOW)
    board.stand(accepted("web", "api"))
    before = board.view()
    board.note("/sets/web", failures=3)
    assert [one.failures for one in before.fleets] == [0, 0]
    assert [(one.name, one.failures) for one in board.view().fleets] == [("api", 0), ("web", 3)]
    assert board.view() is board.view()


def test_a_new_standing_keeps_the_past() -> None:
    """When specs change, what is known of a fleet stays; a fleet that is gone leaves the board."""
    board = Board(NOW)
    board.stand(accepted("web", "api"))
    board.note("/sets/web", failures=3)
    board.note("/sets/api", failures=1)
    board.stand(accepted("web", "new"))
    board.note("/sets/api", failures=2)
    assert {one.name: one.failures for one in board.view().fleets} == {"web": 3, "new": 0}


def test_readers_are_woken() -> None:
    """Everybody who waits for a change gets the view with it, and at once when it happened before."""

    async def story() -> list[int]:
        board = Board(NOW)
        first = board.version
        waiting = [asyncio.create_task(board.changed(first)) for _ in range(3)]
        await asyncio.sleep(0)
        board.tell([Event("web", "web-000001", EventReason.CREATED, "it is being created")], NOW)
        views = [await one for one in waiting]
        views.append(await board.changed(first))
        return [len(view.log.events) for view in views]

    assert asyncio.run(story()) == [1, 1, 1, 1]


def test_saying_the_same_again_wakes_nobody() -> None:
    """The version stays when trouble or the resync is told again as it was."""
    board = Board(NOW)
    board.say_trouble("the disk is full")
    board.resync("sub/westeurope", compute_resync(60, [1] * 2000))
    version = board.version
    board.say_trouble("the disk is full")
    board.resync("sub/westeurope", compute_resync(60, [1] * 2000))
    assert board.version == version
    board.say_trouble()
    assert board.view().trouble == ()


def test_fleets_are_found_by_name_and_id() -> None:
    """A fleet is found by its name and by its scale set's id, in any case."""
    board = Board(NOW)
    board.stand(accepted("web"))
    view = board.view()
    assert view.fleet("WEB") is view.fleet("/SETS/web") is view.fleets[0]
    assert view.fleet("api") is None
