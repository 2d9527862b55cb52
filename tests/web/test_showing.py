"""What pages show of a board that changes all the time: something new once a second, and the end at once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from controller.engine.board import Board
from controller.web.showing import PAUSE_SECONDS, Showing
from tests.builders import NOW


class Counted:
    """A clock that goes on by what is slept, and by nothing else."""

    def __init__(self) -> None:
        self.elapsed = 100.0

    async def sleep(self, seconds: float) -> None:
        """Let the seconds pass."""
        self.elapsed += max(0.0, seconds)


def stir(board: Board) -> None:
    """Change something on the board."""
    board.say_trouble(f"{board.version}")


def test_changes_are_shown_once_a_second() -> None:
    """Of a hundred changes within a second none is shown before the second is over, then all of them."""
    board, clock = Board(NOW - timedelta(hours=1)), Counted()
    showing = Showing(board, clock)
    first = showing.view
    for _ in range(100):
        stir(board)
        assert showing.view is first
    clock.elapsed += PAUSE_SECONDS
    assert showing.view.version == board.version


def test_change_after_quiet_is_shown_at_once() -> None:
    """A board that has been quiet for long shows a change without delay."""
    board, clock = Board(NOW), Counted()
    showing = Showing(board, clock)
    clock.elapsed += 60
    stir(board)
    assert showing.view.version == board.version


def test_who_waits_gets_the_newest() -> None:
    """Whoever waits is told once, after the pause, of everything that has changed until then."""
    board, clock = Board(NOW), Counted()
    showing = Showing(board, clock)

    async def story() -> tuple[int, float]:
        waiting = asyncio.ensure_future(showing.changed(showing.view.version))
        await asyncio.sleep(0)
        stir(board)
        stir(board)
        return (await waiting).version, clock.elapsed

    assert asyncio.run(story()) == (board.version, 100.0 + PAUSE_SECONDS)


def test_end_is_not_put_off() -> None:
    """When the daemon is told to stop, whoever waits hears of it without a pause."""
    board, clock = Board(NOW), Counted()
    showing = Showing(board, clock)

    async def story() -> float:
        waiting = asyncio.ensure_future(showing.changed(showing.view.version))
        await asyncio.sleep(0)
        board.stop()
        await waiting
        return clock.elapsed

    assert asyncio.run(story()) == 100.0
    assert showing.ending
