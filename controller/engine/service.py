"""The service: a daemon with everything around it, for as long as a process lives.

Here the parts are put together that ``run`` needs and a simulation may want to replace one by one. It
decides nothing.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from controller.engine.approvals import approvals
from controller.engine.audit import Trail, Writer
from controller.engine.audited import audited, context_of
from controller.engine.board import Board
from controller.engine.chronicle import Chronicle
from controller.engine.daemon import DRAIN_SECONDS, HEARTBEAT_SECONDS, Daemon, Gate
from controller.engine.intake import Intake
from controller.engine.last_good import LastGood
from controller.engine.patience import Patience
from controller.engine.pulse import Pulse
from controller.engine.ramp import Ramp
from controller.engine.reads import Shares
from controller.engine.visit import Means

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from controller.core.standings import Accepted, SourceStanding, Standing
    from controller.engine.board import View
    from controller.engine.chronicle import Counts
    from controller.engine.clock import SteadyClock
    from controller.engine.compose import Composition
    from controller.engine.log import PassLog
    from controller.engine.notify import Notifier
    from controller.engine.reconcile import Between
    from controller.engine.state_directory import StateDirectory
    from controller.engine.tenure import Tenure
    from controller.sources.snapshot import SpecSource

DRAIN_AT_MOST_SECONDS = 20.0
"""How long an end in order takes at most; Kubernetes grants 30 seconds, systemd 90."""

_HEAD_TOLD_EVERY = 100
"""Records of the audit trail after which its anchor is logged."""

_MISTAKES_TOLD = 50
"""Mistakes that are logged at most; `validate` tells them all, with their lines."""
_PROBE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class ServiceSettings:
    """What ``run`` was told.

    ``resync_seconds``: how often a fleet at rest is looked at, unless there are too many. ``actor`` stands
    in the audit trail. ``audit`` is the trail's file. ``tokens`` are approvals given at the start. ``seed``
    draws the jitter. ``heartbeat_seconds``: how often the daemon looks at itself; whoever waits for its signs
    of life counts on two seconds.
    """

    resync_seconds: float
    actor: str
    audit: Path
    dry_run: bool = False
    tokens: tuple[str, ...] = ()
    seed: int = 0
    workers: int = 8
    heartbeat_seconds: float = HEARTBEAT_SECONDS


@dataclass(slots=True)
class Watchman:
    """Looks after what all changes rest on: the time, the disk, the trail. ``now`` is what is wrong."""

    clock: SteadyClock
    doubt: Callable[[], str | None]
    checks: Sequence[Callable[[], str | None]]
    now: str | None = None
    _looked_at: float = field(default=-_PROBE_SECONDS)

    def look(self) -> None:
        """Check anew, as often as it is worth it: soon while something is wrong, else now and then."""
        elapsed = self.clock.elapsed
        if self.now is None and elapsed - self._looked_at < _PROBE_SECONDS:
            return
        self._looked_at = elapsed
        self.now = next((why for check in self.checks if (why := check())), None)

    def trouble(self) -> str | None:
        """Why nothing may be changed now; None if all is well."""
        return self.doubt() or self.now


class Service:
    """All parts of a running daemon. ``board`` and ``pulse`` are for whoever shows them.

    ``tenure`` makes the right to change fleets; it is given whom to tell when that is in trouble. ``counts``
    is told of each pass.
    """

    def __init__(
        self,
        place: Composition,
        tenure: Callable[[Callable[[str], None]], Tenure],
        state: StateDirectory,
        settings: ServiceSettings,
        *,
        log: PassLog,
        notifier: Notifier,
        counts: Counts | None = None,
    ) -> None:
        clock = place.clock
        self.board = Board(clock.now, dry_run=settings.dry_run)
        # Whoever waits for a sign of life counts the machine's seconds, not those of a simulated region.
        self.pulse = Pulse(place.machine)
        self._clock = clock
        self._machine = place.machine
        self._log = log
        self._counts = counts
        self._notifier = notifier
        self._state = state
        self._settings = settings
        self._tenure = tenure(self._tenure_trouble)
        self._trail = Trail(
            settings.audit, Writer(settings.actor), lambda: clock.now, host=state.host
        )
        self._head_told = 0
        self._watchman = Watchman(place.machine, place.doubt, (state.trouble, self._trail_trouble))
        self._gate = Gate(self._watchman.trouble)
        self._standings: dict[str, Standing] = {}
        self._sources: dict[str, str] = {}
        self._intake_told: tuple[str, ...] = ()
        self._mistakes_told: dict[str, str] = {}
        self._reloading = False
        self._told: str | None = None
        self.daemon = Daemon(
            self._means(place),
            self._gate,
            self,
            workers=settings.workers,
            heartbeat_seconds=settings.heartbeat_seconds,
        )
        self._intake: Intake | None = None

    def _means(self, place: Composition) -> Means:
        clock, settings = self._clock, self._settings
        return Means(
            provider=place.provider,
            between=self._between(),
            clock=clock,
            machine=place.machine,
            dice=random.Random(settings.seed),  # noqa: S311 -- jitter, not secrets
            tenure=self._tenure,
            board=self.board,
            shares=Shares(clock, settings.resync_seconds),
            ramp=Ramp(clock),
            patience=Patience(clock),
            chronicle=Chronicle(self.board, clock, self._log, self._counts),
            trouble=self._gate.trouble,
            shut=self._gate.why_shut,
            dry_run=settings.dry_run,
            epoch=place.epoch,
        )

    def _between(self) -> Between | None:
        trail, actor = self._trail, self._settings.actor
        return lambda fleet, planned, provider: audited(
            provider, trail, context_of(fleet, planned, actor), trail.now
        )

    async def run(self, sources: Sequence[SpecSource], stop: asyncio.Event) -> bool:
        """Work until told to stop. False: passes had to be given up at the end."""
        self._intake = Intake(
            sources,
            self._accept,
            self._clock,
            self._machine,
            last_good=LastGood(self._state.path),
            approvals=approvals(self._settings.tokens, self._state.path),
            host=self._state.host,
        )
        self._line("started", version=version_of_this(), dry_run=self._settings.dry_run)
        self._notifier.ready("reading specs")
        ending = asyncio.create_task(self._tell_end(stop))
        try:
            whole = await self.daemon.run(self._intake, stop)
        finally:
            ending.cancel()
            self._tell_trail(head_after=1)
            self._trail.close()
            self._tell_trail()
        self._line("stopped", warning=not whole, whole=whole)
        return whole

    def rescan(self) -> None:
        """Read all sources now, as SIGHUP asks."""
        if self._intake is not None:
            self._notifier.reloading()
            self._reloading = True
            self._line("rescan")
            self._intake.rescan()

    def broke(self, part: str, error: Exception) -> None:
        """A part of the daemon failed by a mistake of ours, and is begun again."""
        self._line("mistake", warning=True, part=part, error=f"{type(error).__name__}: {error}")

    def beat(self, trouble: str | None) -> None:
        """The event loop turns. systemd gets its sign of life only while the work goes on, too."""
        self.pulse.beat(trouble)
        self._look()
        self._tell_trail()
        self._tell_intake()
        if trouble is not None:
            self._line("stuck", warning=True, why=trouble)
        else:
            self._notifier.alive()
        told = summary(self.board.view())
        if self._reloading:
            self._reloading = False
            self._notifier.ready(told)
        self._notifier.status(told)

    def _look(self) -> None:
        """Check what all changes rest on, and tell when it begins to be in trouble and when that is over."""
        before = self._told
        self._watchman.look()
        self._told = self._watchman.trouble()
        if self._told and self._told != before:
            self._line("trouble", warning=True, why=self._told)
        elif before and not self._told:
            self._line("recovered", after=before)

    def _tenure_trouble(self, sentence: str) -> None:
        """The lease store cannot be used just now."""
        self._line("lease", warning=True, trouble=sentence)

    async def _tell_end(self, stop: asyncio.Event) -> None:
        await stop.wait()
        self._notifier.stopping(DRAIN_AT_MOST_SECONDS)
        self._line("stopping", at_work=len(self.daemon.queue.running), patience=DRAIN_SECONDS)

    def _accept(self, accepted: Accepted) -> None:
        before, self._standings = self._standings, {one.key: one for one in accepted.standings}
        for key, standing in self._standings.items():
            self._tell_standing(before.get(key), standing)
        for key in before.keys() - self._standings.keys():
            self._line("standing", fleet=before[key].name, freeze=None, gone=True)
        self._forget(before)
        for source in accepted.sources:
            self._tell_source(source)
        self.daemon.accept(accepted)

    def _forget(self, before: Mapping[str, Standing]) -> None:
        """Count no longer what nobody has any more; a fleet that moved to another set keeps its name."""
        names = {one.name for one in self._standings.values()}
        gone = {one.name for one in before.values()} - names
        if gone and self._counts is not None:
            self._counts.forget(gone)

    def _tell_standing(self, known: Standing | None, standing: Standing) -> None:
        if known is not None and (known.freeze, known.revision) == (
            standing.freeze,
            standing.revision,
        ):
            return
        freeze = standing.freeze
        self._line(
            "standing",
            warning=freeze is not None,
            fleet=standing.name,
            revision=standing.revision,
            freeze=None if freeze is None else str(freeze.reason),
            detail=None if freeze is None else freeze.detail,
        )

    def _tell_source(self, source: SourceStanding) -> None:
        """Tell when a source cannot be read or waits, and when that is over."""
        why = source.trouble.sentence if source.trouble else ""
        if source.waiting:
            why = f"{source.waiting} waits for approval"
        if self._sources.get(source.root, "") != why:
            self._line(
                "source",
                warning=bool(why),
                root=source.root,
                revision=source.revision,
                trouble=why or None,
            )
        self._sources[source.root] = why

    def _tell_intake(self) -> None:
        """Tell what is wrong with the intake itself, once: lost memory, hints that are not had."""
        troubles = self._intake.troubles if self._intake is not None else ()
        for sentence in troubles:
            if sentence not in self._intake_told:
                self._line("intake", warning=True, trouble=sentence)
        self._intake_told = troubles
        mistakes = self._mistakes()
        for place, sentence in mistakes.items():
            if place not in self._mistakes_told:
                self._line("spec", warning=True, place=place, mistake=sentence)
        self._mistakes_told = mistakes

    def _mistakes(self) -> dict[str, str]:
        """The mistakes in specs, by place; of very many, the first."""
        found = self._intake.diagnostics if self._intake is not None else ()
        errors = [one for one in found if one.is_error][:_MISTAKES_TOLD]
        return {f"{one.file}:{one.line} {one.code}": one.message for one in errors}

    def _trail_trouble(self) -> str | None:
        return None if self._settings.dry_run else self._trail.trouble() or None

    def _tell_trail(self, *, head_after: int = _HEAD_TOLD_EVERY) -> None:
        """Log what the trail found, and its anchor: a log is kept where nobody can change both."""
        told, self._trail.told = self._trail.told, []
        for sentence in told:
            self._line("audit", warning=True, told=sentence)
        head = self._trail.head
        if head.seq - self._head_told >= head_after:
            self._head_told = head.seq
            self._line("audit", head=str(head))

    def _line(self, event: str, *, warning: bool = False, **facts: object) -> None:
        self._log.line(event, self._clock.now, warning=warning, **facts)


def summary(view: View) -> str:
    """One line on how it goes: ``12 fleets, 1 frozen, 2 failing``."""
    if view.trouble:
        return view.trouble[0]
    frozen = sum(one.standing.freeze is not None for one in view.fleets)
    failing = sum(one.failures > 0 for one in view.fleets)
    parts = [f"{len(view.fleets)} fleets"]
    parts += [f"{frozen} frozen"] if frozen else []
    parts += [f"{failing} failing"] if failing else []
    return ", ".join(parts)


def version_of_this() -> str:
    """The installed version of the program."""
    from importlib.metadata import version

    return version("evenkeel")
