"""The board as pages show it: renewed once a second at most, however often it changes and however many look.

A daemon of many fleets changes its board many times a second. A page for each change and each reader would cost more
than the work that it shows; nobody's eye follows that either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from controller.engine.board import Board, View
    from controller.engine.clock import SteadyClock

PAUSE_SECONDS = 1.0
"""Between two views, in seconds of the machine: those of a simulated region may be shorter."""


class Showing:
    """The view that all pages and streams share for a while."""

    def __init__(self, board: Board, clock: SteadyClock) -> None:
        self._board = board
        self._clock = clock
        self._view = board.view()
        self._taken = clock.elapsed

    @property
    def view(self) -> View:
        """What is shown now: the board as it is, or as it was less than a pause ago."""
        if self._view.version != self._board.version and self._rest() <= 0:
            self._view = self._board.view()
            self._taken = self._clock.elapsed
        return self._view

    @property
    def ending(self) -> bool:
        """Whether the daemon was told to stop, which nobody has to wait for."""
        return self._board.view().stopping

    async def changed(self, since: int) -> View:
        """Wait until something newer than version ``since`` is shown, or the daemon stops, and return what is shown."""
        while self.view.version <= since and not self.ending:
            await self._board.changed(self._view.version)
            if not self.ending:
                await self._clock.sleep(self._rest())
        return self.view

    def _rest(self) -> float:
        return self._taken + PAUSE_SECONDS - self._clock.elapsed
