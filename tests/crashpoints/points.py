"""Crash points: every moment at which a process touches the world, numbered, and the process that dies there.

One ``Reaper`` goes with one telling of a story. It numbers what it is shown, in the order in which it happens.
The same story, told the same way, gives the same numbers up to the first death; what follows upon a death is
numbered on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from tests.simulation.process import DeadError, Process

if TYPE_CHECKING:
    from tests.crashpoints.files import Copy


class Mode(StrEnum):
    """Where at a point a process dies. ``TORN`` is ``APPLIED`` of a write: half of it is on the disk."""

    BEFORE = "before"
    APPLIED = "applied"
    TORN = "torn"
    AFTER = "after"


@dataclass(frozen=True, slots=True)
class Kind:
    """What is touched, such as ``audit``, and by what operation, such as ``fsync``."""

    what: str
    operation: str

    def __str__(self) -> str:
        return f"{self.what} {self.operation}"


@dataclass(slots=True)
class Point:
    """One numbered moment. ``leaves`` is, for each way to die here, in what state that leaves the world."""

    number: int
    kind: Kind
    leaves: dict[Mode, int] = field(default_factory=dict)


@dataclass(slots=True)
class Reaper:
    """Numbers the points of a telling, and lets a process die at those of ``deaths``.

    ``happened`` goes up with everything that happens outside of processes and their disks. ``world`` gives
    the rest of the state of the world, if the disk were left so. ``is_new``: what deaths leave is wanted.
    """

    deaths: Mapping[int, Mode] = field(default_factory=dict)
    is_new: bool = True
    happened: int = 0
    world: Callable[[Copy | None], int] = lambda _: 0
    points: list[Point] = field(default_factory=list)
    died: list[Point] = field(default_factory=list)

    def point(self, kind: Kind) -> Point:
        """Number the next point."""
        found = Point(len(self.points) + 1, kind)
        self.points.append(found)
        return found

    def is_due(self, point: Point, mode: Mode) -> bool:
        """Whether the plan has a death here."""
        return self.deaths.get(point.number) is mode

    def strike(self, process: Process, point: Point, mode: Mode) -> None:
        """Raise ``DeadError`` if the process is to die here."""
        if self.kill(process, point, mode):
            raise DeadError(f"{point.kind} {mode}")

    def kill(self, process: Process, point: Point, mode: Mode, left: Copy | None = None) -> bool:
        """Kill the process if it is to die here, and say so; what runs just now goes on to its next await.

        ``left`` is what stands on its disk then, if that is not what stands there now.
        """
        if process.dead:
            return False
        if self.is_new:
            point.leaves[mode] = hash((self.happened, self.world(left)))
        if not self.is_due(point, mode):
            return False
        self.died.append(point)
        process.kill(f"{point.kind} {mode}")
        return True
