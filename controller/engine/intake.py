"""The intake: sources are read again and again, and what may be acted upon is decided anew each time.

Reading happens in threads of its own, one for each source, so that a file system that hangs holds up
nobody. Hints only make a reading come sooner; the truth is that every source is read every so often.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from controller.core.acceptance import (
    Accepted,
    BrokenClaim,
    Reading,
    SourceReading,
    Trouble,
    accept,
    key_of,
)
from controller.engine.clock import sleep_unless
from controller.engine.host import HOST
from controller.engine.last_good import texts_of
from controller.sources.snapshot import SourceTrouble, TroubleCode, revision_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.engine.clock import DaemonClock, SteadyClock
    from controller.engine.host import Host, Watcher
    from controller.engine.last_good import LastGood, SpecText, TextKey
    from controller.sources.snapshot import Snapshot, SpecSource
    from controller.spec.compile import BrokenSpec
    from controller.spec.diagnostics import Diagnostic

RESCAN_SECONDS = 30.0
"""How long a change may stay unseen when every hint is lost."""
AGAIN_SECONDS = 2.0
"""When to look again at a source that somebody is just writing."""
READ_LIMIT_SECONDS = 30.0
"""How long a reading may take before its source counts as unreadable."""

_Found: TypeAlias = "tuple[SourceReading, tuple[Diagnostic, ...], dict[TextKey, SpecText]]"
OnChange: TypeAlias = Callable[[Accepted], None]


@dataclass(slots=True)
class _Feed:
    """One source with what it said last."""

    source: SpecSource
    host: Host
    stirred: asyncio.Event = field(default_factory=asyncio.Event)
    watch: Watcher = field(init=False)
    reading: SourceReading | None = None
    diagnostics: tuple[Diagnostic, ...] = ()

    def __post_init__(self) -> None:
        self.watch = self.host.watch(self.source.watched, self.stirred.set)


class Intake:
    """Joins several sources. ``on_change`` is called in the event loop whenever something stands anew.

    Nothing is accepted before every source has answered once, be it with a trouble: two of them may
    claim the same fleet. ``clock`` tells the cloud's time, in which a spec that ends a fleet has to stand for
    its hold; pauses between readings are counted by ``machine``.
    """

    def __init__(  # noqa: PLR0913 -- what has a default is given by keyword
        self,
        sources: Sequence[SpecSource],
        on_change: OnChange,
        clock: DaemonClock,
        machine: SteadyClock,
        *,
        last_good: LastGood | None = None,
        approvals: Callable[[], frozenset[str]] = frozenset,
        rescan_seconds: float = RESCAN_SECONDS,
        read_limit_seconds: float = READ_LIMIT_SECONDS,
        host: Host = HOST,
    ) -> None:
        # A path that is named twice is one source.
        self._feeds = tuple(_Feed(one, host) for one in {one.root: one for one in sources}.values())
        self._apart = host.apart
        self._on_change = on_change
        self._clock = clock
        self._machine = machine
        self._approvals = approvals
        self._rescan_seconds = rescan_seconds
        self._read_limit_seconds = read_limit_seconds
        self._last_good = last_good
        self._unsaved = asyncio.Event()
        self._texts: dict[TextKey, SpecText] = {}
        self.accepted = Accepted()
        self._lost = ""
        self._unkept = ""

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Every mistake and warning in the specs as they were read last."""
        return tuple(one for feed in self._feeds for one in feed.diagnostics)

    @property
    def troubles(self) -> tuple[str, ...]:
        """What is wrong with the intake itself: memory that was lost or cannot be kept, hints that are not had."""
        watching = (feed.watch.trouble for feed in self._feeds)
        return tuple(one for one in (self._lost, self._unkept, *watching) if one)

    def rescan(self) -> None:
        """Read every source now. May be called from a signal handler of the event loop."""
        for feed in self._feeds:
            feed.stirred.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Follow all sources until ``stop`` is set."""
        await self._remember()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(self._follow(feed)) for feed in self._feeds]
            tasks += [group.create_task(feed.watch.run()) for feed in self._feeds]
            tasks.append(group.create_task(self._keep()))
            await stop.wait()
            for task in tasks:
                task.cancel()
        await self._save()

    async def _remember(self) -> None:
        """Take over what an earlier process knew; it is told at once, and frozen until it is read again."""
        if self._last_good is None:
            return
        roots, now, last_good = (
            [feed.source.root for feed in self._feeds],
            self._clock.now,
            self._last_good,
        )
        recalled = await self._apart(lambda: last_good.load(roots, now))
        self.accepted, self._texts = recalled.accepted, dict(recalled.texts)
        self._lost = recalled.trouble
        if self.accepted.standings:
            self._on_change(self.accepted)

    async def _keep(self) -> None:
        while True:
            await self._unsaved.wait()
            self._unsaved.clear()
            await self._save()

    async def _save(self) -> None:
        """Write down what has to outlive us. If that fails it is told, and tried again at the next change."""
        if self._last_good is None:
            return
        accepted, texts, last_good = self.accepted, dict(self._texts), self._last_good
        try:
            await self._apart(lambda: last_good.save(accepted, texts))
        except OSError as error:
            self._unkept = (
                f"what is known of the sources cannot be kept ({error}): after a restart, a broken spec would "
                "have no last good form. Make room, or make the state directory writable"
            )
        else:
            self._unkept = ""

    async def _follow(self, feed: _Feed) -> None:
        while True:
            feed.stirred.clear()
            await self._read(feed)
            self._decide()
            wait = self._rescan_seconds
            if feed.reading is not None and feed.reading.trouble and feed.reading.trouble.passing:
                wait = min(wait, AGAIN_SECONDS)
            await sleep_unless(feed.stirred, wait, self._machine)

    async def _read(self, feed: _Feed) -> None:
        task = asyncio.ensure_future(self._apart(lambda: self._look(feed.source)))
        try:
            done, _ = await asyncio.wait({task}, timeout=self._read_limit_seconds)
            if not done:
                feed.reading = _hangs(feed.source.root, self._read_limit_seconds)
                self._decide()
            feed.reading, feed.diagnostics, texts = await task
            # One that is known stays the one that it is: each reading makes all of them anew.
            self._texts |= {key: one for key, one in texts.items() if self._texts.get(key) != one}
        finally:
            task.cancel()

    def _look(self, source: SpecSource) -> _Found:
        """Read one source, in a thread. A mistake of ours is a trouble of that source alone."""
        try:
            found = source.read()
            if isinstance(found, SourceTrouble):
                trouble = Trouble(str(found.code), found.sentence, passing=found.is_passing)
                return SourceReading(source.root, trouble=trouble), (), {}
            was = self.accepted.source(source.root)
            older = revision_of(was.revision) if was else None
            descends = source.descends(older, found.revision) if older else None
            return to_reading(found, descends), found.specs.diagnostics, texts_of(found)
        except Exception as error:  # noqa: BLE001 -- no input may end the daemon
            return _ours(source.root, error), (), {}

    def _decide(self) -> None:
        readings = [feed.reading for feed in self._feeds if feed.reading is not None]
        if len(readings) < len(self._feeds):
            return
        reading = Reading(tuple(readings), self._approvals())
        accepted = accept(self.accepted, reading, self._clock.now)
        if accepted != self.accepted:
            self.accepted = accepted
            self._texts = {
                key: self._texts[key] for key in _needed(accepted, readings) & {*self._texts}
            }
            self._unsaved.set()
            self._on_change(accepted)


def _needed(accepted: Accepted, readings: Sequence[SourceReading]) -> set[TextKey]:
    """Specs whose text may still be wanted: those accepted, and those that may be at the next decision."""
    fleets = [one.fleet for one in accepted.standings if one.fleet is not None]
    fleets += [fleet for reading in readings for fleet in reading.fleets]
    return {(key_of(fleet), fleet.spec_digest) for fleet in fleets}


def _ours(root: str, error: Exception) -> SourceReading:
    sentence = (
        f"reading {root} failed by a mistake of ours ({type(error).__name__}: {error}). Its fleets stay as "
        "they are; report this, and look whether something unusual lies there"
    )
    return SourceReading(root, trouble=Trouble("InternalError", sentence))


def to_reading(found: Snapshot, descends: bool | None) -> SourceReading:
    """Put a snapshot into the plain values that the core decides on."""
    return SourceReading(
        root=found.root,
        revision=str(found.revision),
        fleets=found.specs.fleets,
        broken=tuple(_claim(one, found) for one in found.specs.broken),
        descends=descends,
    )


def _claim(one: BrokenSpec, found: Snapshot) -> BrokenClaim:
    errors = [error for error in found.specs.errors if error.file == one.file]
    after = [error for error in errors if error.line >= one.line] or errors
    detail = f"{after[0].message} ({after[0].code})" if after else "it could not be read"
    where = f"{one.file}:{one.line}" if one.line else one.file
    return BrokenClaim(one.group_id, one.name, where, detail)


def _hangs(root: str, seconds: float) -> SourceReading:
    trouble = Trouble(
        str(TroubleCode.SLOW),
        f"{root} has not been read within {seconds:g} s: its disk or network file system hangs; "
        "the reading goes on by itself when that answers",
    )
    return SourceReading(root, trouble=trouble)
