"""A daemon in small, as a program: passes over the fleets that are its own, and a log of each change.

Words: the directory of specs, the file of the log, ARM's address, the lease store's, the seconds of a lease.
Each line of the log is JSON. ``at`` and ``until`` are on the clock that all processes of a machine share.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from controller.cli.specs import read_specs
from controller.core.observed import Memory
from controller.core.shards import shard_of
from controller.engine.clock import WallClock, sleep_unless
from controller.engine.compose import Settings, compose
from controller.engine.fence import Fenced
from controller.engine.leased import LeasedTenure, shard_name
from controller.engine.reconcile import run_pass
from controller.engine.tenancy import LeaseSettings, daemon_tenure, mutation_seconds
from controller.engine.tenure import key_of
from providers.errors import ProviderError
from providers.relay import Relay

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from controller.engine.compose import Composition
    from providers.base import Provider
    from providers.relay import Change

T = TypeVar("T")

PAUSE_SECONDS = 0.3
CLOCK = WallClock()


class Log:
    """Lines for whoever started us, each written before what it tells of happens."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("a", buffering=1)

    def say(self, what: str, **more: object) -> None:
        self._file.write(
            json.dumps({"what": what, "pid": os.getpid(), "at": CLOCK.elapsed, **more}) + "\n"
        )


class Telling(Relay):
    """Between the fence and the network: tells of each change, and stops this process there if asked to.

    It stops when a file ``stop`` beside the log holds the name of the call; who removes it first stops.
    """

    def __init__(self, provider: Provider, log: Log, tenure: LeasedTenure, stop: Path) -> None:
        super().__init__(provider)
        self._log = log
        self._tenure = tenure
        self._stop = stop

    async def changing(self, change: Change, go_on: Callable[[], Awaitable[T]]) -> T:
        call, names = str(change.call), list(change.names)
        left = self._tenure.holds.seconds_left(shard_name(shard_of(key_of(change.ref))))
        need = self._tenure.mutation_seconds
        self._log.say("begin", call=call, names=names, left=left, need=need)
        if self._is_to_stop(call):
            self._log.say("stopping", call=call, names=names)
            os.kill(os.getpid(), signal.SIGSTOP)
            self._log.say("continued", call=call, names=names)
        try:
            answer = await go_on()
        except ProviderError as error:
            self._log.say("failed", call=call, names=names, code=error.code)
            raise
        self._log.say("accepted", call=call, names=names)
        return answer

    def _is_to_stop(self, call: str) -> bool:
        try:
            if self._stop.read_text() != call:
                return False
            self._stop.unlink()
        except FileNotFoundError:
            return False
        return True


async def work(place: Composition, tenure: LeasedTenure, specs: str, log: Log, stop: Path) -> None:
    """Look at our fleets again and again until SIGTERM, then give the leases back."""
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, over.set)
    kept = asyncio.Event()
    keeper = asyncio.create_task(tenure.keep(kept))
    provider = Fenced(Telling(place.provider, log, tenure, stop), tenure)
    memories: dict[str, Memory] = {}
    held: tuple[int, ...] = ()
    while not over.is_set():
        if tenure.shards != held:
            held = tenure.shards
            log.say("shards", shards=held)
        for fleet in read_specs([specs]).fleets:
            key = key_of(fleet.ref)
            why_not = tenure.may_begin(key)
            log.say("turn", fleet=fleet.name, why_not=why_not)
            if why_not is None:
                with tenure.at_work(key):
                    report = await run_pass(
                        fleet, provider, place.clock, memory=memories.get(fleet.name)
                    )
                memories[fleet.name] = report.memory
                log.say("pass", converged=report.converged, trouble=report.trouble)
        await sleep_unless(over, PAUSE_SECONDS, CLOCK)
    kept.set()
    await keeper
    await tenure.release()


def main(words: Sequence[str]) -> None:
    """Run until SIGTERM."""
    specs, log_file, arm_url, lease, seconds = words
    log = Log(Path(log_file))
    settings = LeaseSettings(
        lease=lease, role="run", lease_seconds=int(seconds), environment=os.environ
    )
    tenure = daemon_tenure(settings, lambda sentence: log.say("trouble", sentence=sentence))
    assert isinstance(tenure, LeasedTenure)
    azure = Settings(provider="azure", arm_url=arm_url, mutation_seconds=mutation_seconds(settings))
    log.say("started", holder=tenure.holds.holder.id)
    with compose(azure) as place:
        place.run(work(place, tenure, specs, log, Path(log_file).with_name("stop")))
    log.say("ended")


if __name__ == "__main__":
    main(sys.argv[1:])
