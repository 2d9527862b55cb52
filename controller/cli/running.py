"""What ``run`` does: open what the daemon needs, serve, work until a signal comes, end in order."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from controller.cli.daemon_text import DaemonWords
from controller.cli.exits import CommandError, Exit
from controller.cli.place import FAILURE_CODES, opened_provider
from controller.cli.recording import actor_of
from controller.engine.clock import WallClock
from controller.engine.compose import CompositionError
from controller.engine.heap import settle_heap
from controller.engine.log import PassLog
from controller.engine.metered import Metered
from controller.engine.notify import Notifier
from controller.engine.service import Service, ServiceSettings, version_of_this
from controller.engine.state_directory import (
    StateDirectoryError,
    StateDirectoryHeldError,
    held,
)
from controller.engine.tenancy import daemon_tenure, mutation_seconds, this_process
from controller.sources.choose import open_source
from controller.web.metrics import Metrics, Reading
from controller.web.routes import Shown, routes_of
from controller.web.server import StatusServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from controller.cli.leasing import Leasing
    from controller.cli.options import Show, Source
    from controller.engine.compose import Composition
    from controller.engine.state_directory import StateDirectory
    from controller.engine.tenancy import LeaseSettings
    from controller.engine.tenure import Tenure
    from controller.sources.choose import SourceKind

AUDIT_FILE = "audit.jsonl"
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for. The options have been checked."""

    paths: tuple[str, ...]
    source: Source
    leasing: Leasing
    show: Show
    listen: tuple[str, int]
    resync_seconds: float
    kind: SourceKind
    ref: str
    dry_run: bool
    audit: Path | None
    tokens: tuple[str, ...]
    speed: float


def run(request: Request) -> int:
    """Run the daemon and return the exit code."""
    show = request.show
    show.say(f"evenkeel: {request.source.sentence}")
    rights = request.leasing.settings(request.source, "run", dry_run=request.dry_run)
    raise_limit_of_files()
    settle_heap(os.environ)
    with (
        _state_directory(request) as state,
        opened_provider(
            request.source,
            read_only=request.dry_run,
            mutation_seconds=mutation_seconds(rights),
            speed=request.speed,
        ) as place,
    ):
        return place.run(_Run(request, place, state, rights).go())


def raise_limit_of_files() -> None:
    """Use as many open files as the system allows: a lock on each fleet, and sockets, take one each."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


@contextlib.contextmanager
def _state_directory(request: Request) -> Iterator[StateDirectory]:
    try:
        with held(request.leasing.state_directory, this_process("run")) as state:
            yield state
    except StateDirectoryHeldError as error:
        raise CommandError(str(error), code=Exit.THROTTLED) from error
    except StateDirectoryError as error:
        raise CommandError(str(error)) from error


@dataclass(slots=True)
class _Run:
    """One run, from the first signal handler to the last closed socket."""

    request: Request
    place: Composition
    state: StateDirectory
    rights: LeaseSettings
    told_by: signal.Signals | None = None
    _stop: asyncio.Event = field(default_factory=asyncio.Event)

    async def go(self) -> int:
        request, show = self.request, self.request.show
        log = PassLog("json" if show.log_format == "json" else "console", details=show.verbose > 0)
        service: Service

        def reading() -> Reading:
            queue = service.daemon.queue
            return Reading(service.board.view(), waiting=len(queue), working=len(queue.running))

        metrics = Metrics(version_of_this(), reading)
        provider = Metered(self.place.provider, self.place.clock, metrics)
        service = Service(
            replace(self.place, provider=provider),
            self._tenure,
            self.state,
            self._settings(),
            log=log,
            notifier=Notifier(os.environ),
            counts=metrics,
        )
        server = await self._serve(service, metrics)
        self._listen_to_signals(service)
        sources = [
            open_source(path, WallClock(), kind=request.kind, ref=request.ref)
            for path in request.paths
        ]
        try:
            whole = await service.run(sources, self._stop)
        finally:
            await server.stop()
        return self._code(whole=whole)

    def _settings(self) -> ServiceSettings:
        request = self.request
        return ServiceSettings(
            resync_seconds=request.resync_seconds,
            actor=actor_of("evenkeel run"),
            audit=request.audit or self.state.path / AUDIT_FILE,
            dry_run=request.dry_run,
            tokens=request.tokens,
            # Daemons that are started together are not to march in step.
            seed=os.getpid(),
        )

    @property
    def _pace(self) -> float:
        """Seconds on the place's clock for each second of a reader's; only a simulated region's can differ."""
        return self.request.speed if self.request.source.provider != "azure" else 1.0

    def _tenure(self, on_trouble: Callable[[str], None]) -> Tenure:
        try:
            return daemon_tenure(self.rights, on_trouble)
        except CompositionError as error:
            code = FAILURE_CODES.get(error.verdict, Exit.ERROR)
            raise CommandError(str(error), code=code) from error

    async def _serve(self, service: Service, metrics: Metrics) -> StatusServer:
        host, port = self.request.listen
        shown = Shown(
            service.board, service.pulse, self.place.clock, self.place.machine, self._pace
        )
        routes = routes_of(shown, DaemonWords(), metrics)
        try:
            server = await StatusServer.start(host, port, routes)
        except OSError as error:
            what = error.strerror or str(error)
            hint = "choose another address with --listen, or port 0 for any free one"
            raise CommandError(f"cannot listen on {host}:{port}: {what}", hint=hint) from error
        say = self.request.show.say
        say(f"evenkeel: status at {server.url}")
        if host not in _LOOPBACK:
            say(f"evenkeel: whoever reaches {host} can read the state of all fleets")
        return server

    def _listen_to_signals(self, service: Service) -> None:
        loop = asyncio.get_running_loop()
        for one in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(one, self._end, one)
        loop.add_signal_handler(signal.SIGHUP, service.rescan)

    def _end(self, told_by: signal.Signals) -> None:
        """End in order; a second signal ends at once, as it does everywhere."""
        self.told_by = told_by
        loop = asyncio.get_running_loop()
        for one, default in (
            (signal.SIGTERM, signal.SIG_DFL),
            (signal.SIGINT, signal.default_int_handler),
        ):
            loop.remove_signal_handler(one)
            signal.signal(one, default)
        self._stop.set()

    def _code(self, *, whole: bool) -> int:
        if whole:
            return Exit.DONE
        return Exit.INTERRUPTED if self.told_by is signal.SIGINT else Exit.TERMINATED
