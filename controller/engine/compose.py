"""The composition root: which provider and which clock the settings ask for, put together and taken apart.

The only module of the controller that knows providers by name.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import uuid
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from controller.engine.clock import WallClock
from controller.engine.report import Verdict
from controller.engine.timekeeping import TrustedClock
from providers.errors import OutcomeUnknown

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from controller.engine.clock import Clock, DaemonClock, SteadyClock
    from providers.azure.pipeline import Endpoint
    from providers.base import Provider
    from providers.simulated.region import SimulatedRegion
    from providers.simulated.scenario import Scenario
    from providers.simulated.state import RegionFile

SIMULATED = "simulated"
AZURE = "azure"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a command was told about its provider.

    ``state`` is the file of the simulated region, None for memory only. ``start`` is where the clock of
    a new region stands, None for the present. ``seed`` is a new region's. ``speed``: the region's time runs
    by itself, so many seconds for each second, as a daemon needs it; None: only who waits moves it.

    ``arm_url`` is an emulator's, where any token will do; None for the cloud that ``environment`` names.
    ``arm_ca`` is the authority that signed its certificate. ``environment`` holds the usual variables of
    Azure's tools. ``read_only``: whatever changes something is refused before it reaches the network.
    ``mutation_seconds`` is how long a change may take under a lease, None if there is none.
    """

    provider: str = SIMULATED
    state: Path | None = None
    scenario: Path | None = None
    seed: int = 0
    start: datetime | None = None
    arm_url: str | None = None
    arm_ca: Path | None = None
    environment: Mapping[str, str] = field(default_factory=dict)
    read_only: bool = False
    speed: float | None = None
    mutation_seconds: float | None = None


def _no_doubt() -> None:
    return None


def _same_epoch() -> int:
    return 0


@dataclass(frozen=True, slots=True)
class Composition:
    """A provider and its clock. ``region`` is what stands behind a simulated one, else None.

    ``close`` gives the provider's connections back; the next call would open others. ``doubt`` says why the
    clock is not to be believed just now, None if it is; ``epoch`` goes up when another time is taken over.
    ``machine`` counts the seconds of the machine that we run on, which a fast region's are not: by these
    files are read, and whoever watches over the process waits.
    """

    provider: Provider
    clock: DaemonClock
    region: SimulatedRegion | None = None
    close: Callable[[], Awaitable[None]] | None = None
    doubt: Callable[[], str | None] = _no_doubt
    epoch: Callable[[], int] = _same_epoch
    machine: SteadyClock = field(default_factory=WallClock)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run ``work`` in an event loop of its own; connections are given back before the loop ends."""
        return asyncio.run(self._closing(work))

    async def _closing(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return await work
        finally:
            if self.close is not None:
                await self.close()


class CompositionError(Exception):
    """The provider cannot be had. ``verdict`` says of which kind the trouble is, for the exit code."""

    def __init__(self, sentence: str, verdict: Verdict) -> None:
        super().__init__(sentence)
        self.verdict = verdict


@contextmanager
def compose(settings: Settings) -> Iterator[Composition]:
    """Provide what the settings ask for, for as long as the block lasts.

    A region in a file is held exclusively; it is saved after each accepted change, and at the end if time
    has passed. Raises ``CompositionError``.
    """
    if settings.provider == SIMULATED:
        with _simulated(settings) as composition:
            yield composition
        return
    if settings.provider == AZURE:
        yield _azure(settings)
        return
    sentence = f"there is no provider called {settings.provider!r}; choose {SIMULATED} or {AZURE}"
    raise CompositionError(sentence, Verdict.UNREACHABLE)


def _azure(settings: Settings) -> Composition:
    from providers.azure.pipeline import Conduct
    from providers.azure.provider import AzureProvider
    from providers.azure.rates import PATIENCE_SECONDS, Rates

    clock, limit = TrustedClock(WallClock()), settings.mutation_seconds
    conduct = Conduct(
        # Azure's limits are not an emulator's.
        rates=Rates(clock, modelled=settings.arm_url is None),
        clock=clock,
        read_only=settings.read_only,
        correlation=_run_id(clock),
        # Waiting for one of Azure's limits is to use up only a part of the time that a change has.
        patience=PATIENCE_SECONDS if limit is None else min(PATIENCE_SECONDS, limit / 4),
    )
    provider = AzureProvider(_endpoint(settings), conduct)
    return Composition(
        provider, clock, close=provider.close, doubt=lambda: clock.doubt, epoch=lambda: clock.epoch
    )


def _run_id(clock: Clock) -> str:
    """An id for all requests of this run, for Azure's activity log: made from the moment and the process."""
    words = f"{clock.now.isoformat()} {os.getpid()}"
    return str(uuid.UUID(hashlib.sha256(words.encode()).hexdigest()[:32]))


def _endpoint(settings: Settings) -> Endpoint:
    """Which ARM to ask, and as whom. The credential is checked here and made anew for each connection."""
    from providers.azure.identity import IdentityError, cloud_of, credential_kind, credential_of
    from providers.azure.pipeline import Endpoint

    ca_file = None if settings.arm_ca is None else str(settings.arm_ca)
    if settings.arm_url is not None:
        return Endpoint(settings.arm_url.rstrip("/"), ca_file=ca_file)
    environment = settings.environment
    try:
        cloud = cloud_of(environment)
        credential_kind(environment)
    except IdentityError as error:
        raise CompositionError(str(error), Verdict.UNREACHABLE) from error
    return Endpoint(
        cloud.arm_url,
        scopes=cloud.scopes,
        credential=lambda: credential_of(environment, cloud),
        ca_file=ca_file,
    )


@contextmanager
def _simulated(settings: Settings) -> Iterator[Composition]:
    from providers.simulated.provider import SimulatedProvider

    scenario = _read_scenario(settings.scenario)
    if settings.state is None:
        region = _fresh(settings, scenario)
        if settings.speed is not None:
            yield _living(region, settings.speed, None)
        else:
            yield Composition(SimulatedProvider(region), region.clock, region)
        return
    with _held(settings.state) as file:
        region = _load(file, settings, scenario)
        before = (region.world.changes, region.clock.elapsed)
        save = _saving(file)
        try:
            if settings.speed is not None:
                yield _living(region, settings.speed, lambda: save(region))
            else:
                yield Composition(SimulatedProvider(region, save), region.clock, region)
        finally:
            if (region.world.changes, region.clock.elapsed) != before:
                _saved(file, region)


def _living(region: SimulatedRegion, speed: float, save: Callable[[], None] | None) -> Composition:
    """The region with its time running from the present on, if it has not come further already."""
    from providers.simulated.living import LivingProvider, Pace

    wall = WallClock()
    region.clock.advance_to(wall.now)
    pace = Pace(region, lambda: wall.elapsed, sleep=wall.sleep, speed=speed)
    return Composition(LivingProvider(region, pace, save), pace, region)


def _fresh(settings: Settings, scenario: Scenario | None) -> SimulatedRegion:
    from providers.simulated.region import SimulatedRegion

    start = settings.start or WallClock().now.replace(microsecond=0)
    return SimulatedRegion.fresh(start, seed=settings.seed, scenario=scenario)


def _load(file: RegionFile, settings: Settings, scenario: Scenario | None) -> SimulatedRegion:
    from providers.simulated.state import RegionFileError

    try:
        region = file.load()
    except RegionFileError as error:
        raise CompositionError(str(error), Verdict.FAILED) from error
    if region is None:
        return _fresh(settings, scenario)
    if scenario is not None and region.scenario != scenario:
        sentence = (
            f"{file.path}: the region in this file began under another scenario than "
            f"{settings.scenario}; choose another file with --state, or remove this one to begin anew"
        )
        raise CompositionError(sentence, Verdict.FAILED)
    return region


@contextmanager
def _held(path: Path) -> Iterator[RegionFile]:
    from providers.simulated.state import RegionFileError, opened

    with ExitStack() as stack:
        try:
            file = stack.enter_context(opened(path))
        except RegionFileError as error:
            # Another command holds the file: that passes, everything else does not.
            busy = isinstance(error.__cause__, BlockingIOError)
            verdict = Verdict.THROTTLED if busy else Verdict.FAILED
            raise CompositionError(str(error), verdict) from error
        yield file


def _saving(file: RegionFile) -> Callable[[SimulatedRegion], None]:
    from providers.simulated.state import RegionFileError

    def save(region: SimulatedRegion) -> None:
        try:
            file.save(region)
        except RegionFileError as error:
            # What was accepted is in memory and not in the file: whether it lasts, nobody knows.
            raise OutcomeUnknown("RegionFileNotSaved", str(error)) from error

    return save


def _saved(file: RegionFile, region: SimulatedRegion) -> None:
    from providers.simulated.state import RegionFileError

    try:
        file.save(region)
    except RegionFileError as error:
        raise CompositionError(str(error), Verdict.FAILED) from error


def _read_scenario(path: Path | None) -> Scenario | None:
    from providers.simulated.scenario_file import ScenarioError, read_scenario

    if path is None:
        return None
    try:
        return read_scenario(path)
    except ScenarioError as error:
        raise CompositionError(str(error), Verdict.FAILED) from error
