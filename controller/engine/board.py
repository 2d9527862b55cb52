"""The board: the one place where the daemon's latest state is kept for whoever wants to read it.

The daemon writes, everybody else reads. A reader gets an immutable ``View``; ``version`` grows with each
change, and ``changed`` waits for the next. Everything happens on one event loop.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypedDict, Unpack

from controller.core.eventlog import EventLog, record
from controller.core.standings import FreezeReason

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from controller.core.conditions import Told
    from controller.core.eventlog import Event
    from controller.core.rhythm import Resync
    from controller.core.standings import Accepted, SourceStanding, Standing
    from controller.core.status import Condition
    from controller.engine.report import PassReport

    class _Facts(TypedDict, total=False):
        standing: Standing
        report: PassReport | None
        seen: PassReport | None
        told: Told | None
        next_look: datetime | None
        why_next: str
        failures: int
        holder: str | None
        working: bool
        passes: int


@dataclass(frozen=True, slots=True)
class FleetState:
    """All that the daemon knows of one fleet.

    ``report`` is that of the last pass, None before the first; ``seen`` that of the last one that could look
    and has a plan. ``next_look`` None: no look is planned yet; ``why_next`` says why there is one, or none. ``failures`` counts failed passes in a row, ``passes`` all of this process.
    ``told`` are its conditions, None before anything was said. ``holder`` names the process that may change the fleet, None if nobody is known to. ``working``: a pass
    is running now.
    """

    standing: Standing
    report: PassReport | None = None
    seen: PassReport | None = None
    told: Told | None = None
    next_look: datetime | None = None
    why_next: str = ""
    failures: int = 0
    holder: str | None = None
    working: bool = False
    passes: int = 0

    @property
    def visited(self) -> bool:
        """Whether anybody has gone and looked at the fleet, or found out why not to."""
        return self.next_look is not None

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """What is said of the fleet in Kubernetes' words; empty before anything was."""
        return self.told.conditions if self.told else ()

    @property
    def key(self) -> str:
        """The scale set's ARM id in lower case."""
        return self.standing.key

    @property
    def name(self) -> str:
        """The fleet's name."""
        return self.standing.name


@dataclass(frozen=True, slots=True)
class View:
    """The board at one moment. ``fleets`` are in the order of their names.

    ``trouble`` are sentences on why the daemon changes nothing at all just now: a full disk, a clock that
    jumped. ``accepted``: all sources have been read, or found unreadable, since the start. ``stopping``: told to end.
    """

    version: int
    started_at: datetime
    accepted: bool = False
    stopping: bool = False
    dry_run: bool = False
    fleets: tuple[FleetState, ...] = ()
    sources: tuple[SourceStanding, ...] = ()
    log: EventLog = field(default_factory=EventLog)
    trouble: tuple[str, ...] = ()
    resyncs: tuple[tuple[str, Resync], ...] = ()

    def fleet(self, name: str) -> FleetState | None:
        """The fleet of a name or key, without regard to case."""
        wanted = name.lower()
        return next(
            (one for one in self.fleets if wanted in {one.name.lower(), one.key}),
            None,
        )

    @property
    def synced(self) -> bool:
        """Whether the specs have been read, and each fleet has been visited since."""
        return self.accepted and all(one.visited for one in self.fleets)


@dataclass(slots=True)
class Board:
    """The daemon's latest state. Only the daemon calls the methods that change it."""

    started_at: datetime
    dry_run: bool = False
    version: int = 0
    _fleets: dict[str, FleetState] = field(default_factory=dict)
    _sources: tuple[SourceStanding, ...] = ()
    _log: EventLog = field(default_factory=EventLog)
    _trouble: tuple[str, ...] = ()
    _resyncs: dict[str, Resync] = field(default_factory=dict)
    _accepted: bool = False
    _stopping: bool = False
    _turned: asyncio.Event = field(default_factory=asyncio.Event)
    _view: View | None = None

    def view(self) -> View:
        """The board as it is now; the same object until something changes."""
        if self._view is None or self._view.version != self.version:
            self._view = View(
                version=self.version,
                started_at=self.started_at,
                accepted=self._accepted,
                stopping=self._stopping,
                dry_run=self.dry_run,
                fleets=tuple(sorted(self._fleets.values(), key=lambda one: (one.name, one.key))),
                sources=self._sources,
                log=self._log,
                trouble=self._trouble,
                resyncs=tuple(sorted(self._resyncs.items())),
            )
        return self._view

    async def changed(self, since: int) -> View:
        """Wait until the board is newer than version ``since``, and return it."""
        while self.version <= since:
            await self._turned.wait()
        return self.view()

    def fleet(self, key: str) -> FleetState | None:
        """The state of one fleet, by its key."""
        return self._fleets.get(key)

    def stand(self, accepted: Accepted) -> None:
        """Take over how all fleets stand. What is known of a fleet stays; one without a standing goes."""
        known = self._fleets
        self._fleets = {
            one.key: replace(known[one.key], standing=one) if one.key in known else FleetState(one)
            for one in accepted.standings
        }
        self._sources = accepted.sources
        # What is only remembered from an earlier process has not been read yet.
        self._accepted = not any(
            one.freeze is not None and one.freeze.reason is FreezeReason.NOT_READ_YET
            for one in accepted.standings
        )
        self._turn()

    def note(self, key: str, **facts: Unpack[_Facts]) -> None:
        """Change what is known of one fleet; nothing happens if it is not on the board any more."""
        if key in self._fleets:
            self._fleets[key] = replace(self._fleets[key], **facts)
            self._turn()

    def tell(self, events: Iterable[Event], now: datetime) -> None:
        """Add events."""
        log = record(self._log, events, now)
        if log != self._log:
            self._log = log
            self._turn()

    def say_trouble(self, *sentences: str) -> None:
        """Say why nothing at all is changed; without sentences: all is well again."""
        if sentences != self._trouble:
            self._trouble = sentences
            self._turn()

    def resync(self, place: str, resync: Resync) -> None:
        """Say how often the fleets at rest of one subscription and region are looked at."""
        if self._resyncs.get(place) != resync:
            self._resyncs[place] = resync
            self._turn()

    def stop(self) -> None:
        """Say that the daemon has been told to end."""
        self._stopping = True
        self._turn()

    def _turn(self) -> None:
        self.version += 1
        # Whoever waits has this event; whoever comes later waits for the next one.
        self._turned.set()
        self._turned = asyncio.Event()
