"""Stories of several processes of which one is stopped and continued, with leases of any length."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from controller.core.shards import shard_of
from controller.engine.clock import WallClock
from controller.engine.leased import MEMBERS, shard_name
from controller.engine.tenure import key_of
from tests.cli.shell import Shell
from tests.daemon.azurite import KEY
from tests.daemon.cloud import Asked, Cloud, serving
from tests.daemon.test_lease_stores import leases_at
from tests.providers.worlds import REF
from tests.sources import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from providers.leases import LeaseRecord
    from tests.daemon.azurite import Azurite

TAKEOVER_SHARE = 60 / 45
"""Within a minute with leases of 45 seconds; with shorter ones as much faster."""

INTENT = b'"kind":"intent"'

CLOCK = WallClock()


@dataclass
class Worker:
    """A process that was started here, and its log."""

    process: subprocess.Popen[bytes]
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    def said(self, what: str = "") -> list[dict[str, Any]]:
        """The lines of the log, or those of one kind."""
        if not self.log.exists():
            return []
        lines = [
            json.loads(line)
            for line in self.log.read_text().splitlines(keepends=True)
            if line.endswith("\n")
        ]
        return [line for line in lines if not what or line["what"] == what]

    def send(self, number: signal.Signals) -> float:
        """Send a signal to it, and to it alone; gives the moment."""
        os.kill(self.pid, number)
        return CLOCK.elapsed


@dataclass
class Stage:
    """A cloud, a lease store, specs, and workers."""

    cloud: Cloud
    lease: str
    folder: Path
    lease_seconds: int
    azurite: Azurite
    workers: list[Worker] = field(default_factory=list)

    def want(self, replicas: int, deletion: str = "Single") -> None:
        """Write the spec beside the others, then put it in their place: nobody reads a half of it."""
        draft = Shell(self.folder / "draft")
        path = draft.folder / draft.spec(replicas=replicas)
        path.write_text(f"{path.read_text()}  deletion: {deletion}\n")
        (self.folder / "specs").mkdir(exist_ok=True)
        path.replace(self.folder / "specs" / "web.yaml")

    def start(self) -> Worker:
        """Start one more worker."""
        log = self.folder / f"log-{len(self.workers)}"
        words = [str(self.folder / "specs"), str(log), self.cloud.url, self.lease]
        process = subprocess.Popen(  # noqa: S603 -- our own program
            [sys.executable, "-m", "tests.daemon.worker", *words, str(self.lease_seconds)],
            cwd=ROOT,
            env={**os.environ, "AZURE_STORAGE_KEY": KEY, "PYTHONPATH": str(ROOT)},
            # The kernel hangs up a group that loses its shell while one of its processes is stopped.
            start_new_session=True,
        )
        worker = Worker(process, log)
        self.workers.append(worker)
        return worker

    def start_daemon(self) -> Worker:
        """Start one more ``evenkeel run``; its log and its trail are in a directory of its own."""
        state = self.folder / f"state-{len(self.workers)}"
        state.mkdir()
        where = ["--provider", "azure", "--arm-url", self.cloud.url, "--lease", self.lease]
        manner = ["--lease-seconds", str(self.lease_seconds), "--state-dir", str(state)]
        quiet = ["--listen", "127.0.0.1:0", "--resync", "10", "--log-format", "json"]
        with (state / "log").open("wb") as log:
            process = subprocess.Popen(  # noqa: S603 -- our own program
                [
                    *(sys.executable, "-c", "from controller.cli.main import main; main()", "run"),
                    *(str(self.folder / "specs"), *where, *manner, *quiet),
                ],
                cwd=ROOT,
                env={**os.environ, "AZURE_STORAGE_KEY": KEY, "PYTHONPATH": str(ROOT)},
                start_new_session=True,
                # The kernel hangs up a group that loses its shell while one of its processes is stopped.
                stderr=log,
            )
        worker = Worker(process, state / "log")
        self.workers.append(worker)
        return worker

    def leases(self) -> Sequence[LeaseRecord]:
        """Who holds what, by the lease store, which is to be there."""
        ended = self.azurite.process.poll()
        assert ended is None, f"Azurite has ended by itself, with {ended}"

        async def look() -> Sequence[LeaseRecord]:
            store = leases_at(self.lease)
            try:
                return await store.look()
            finally:
                await store.close()

        return asyncio.run(look())

    def holder(self) -> int:
        """The process that has the lease over the fleet; 0 if none has."""
        name = shard_name(shard_of(key_of(REF)))
        for record in self.leases():
            if record.name == name and record.held and record.holder is not None:
                return record.holder.pid
        return 0

    def alive(self) -> int:
        """How many processes have a lease on their own name."""
        return sum(one.held for one in self.leases() if one.name.startswith(MEMBERS))

    def until(self, what: str, holds: Callable[[], bool], seconds: float = 60.0) -> float:
        """Wait until something holds; fails with what was waited for. Gives the moment."""
        end = CLOCK.elapsed + seconds
        while not holds():
            assert CLOCK.elapsed < end, (
                f"waited {seconds:.0f} s in vain until {what}\n{self.last()}"
            )
            asyncio.run(CLOCK.sleep(0.05))
        return CLOCK.elapsed

    def last(self) -> str:
        """What each worker said last, and of what trouble it told."""
        lines = []
        for worker in self.workers:
            told = [*worker.said("trouble")[-3:], *worker.said("shards")[-1:], *worker.said()[-3:]]
            lines += [f"{worker.log.name}: {line}" for line in told]
        return "\n".join(lines)

    def settled(self, replicas: int, among: list[Worker]) -> bool:
        """Whether one of these workers has just found everything as it should be."""
        last = [worker.said("pass")[-1:] for worker in among]
        done = any(line["converged"] for lines in last for line in lines)
        return done and len(self.cloud.members) == replicas

    def close(self) -> None:
        """End the workers that still run."""
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.send(signal.SIGCONT)
                worker.send(signal.SIGTERM)
        for worker in self.workers:
            try:
                worker.process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                worker.process.kill()
                worker.process.wait()


@contextmanager
def a_stage(azurite: Azurite, folder: Path, lease_seconds: int) -> Iterator[Stage]:
    """A stage with nothing on it yet."""
    name = f"stage-{abs(hash(str(folder))) % 10**9}"
    with serving() as cloud:
        stage = Stage(cloud, azurite.container(name), folder, lease_seconds, azurite)
        try:
            yield stage
        finally:
            stage.close()


@dataclass(frozen=True, slots=True)
class Told:
    """What a story came to, in seconds."""

    takeover: float
    stopped_for: float
    deletions: int
    creations: int


def stopped_in_a_deletion(stage: Stage, count: int, stop_seconds: float) -> Told:
    """Of ``count`` processes the one that deletes is stopped after its second DELETE, and continued later."""
    stage.want(8)
    first = stage.start()
    stage.until("the first has converged", lambda: stage.settled(8, [first]))
    others = [stage.start() for _ in range(count - 1)]
    stage.until("the others look", lambda: all(one.said("turn") for one in others))
    stopped: list[float] = []

    def stop_at_second(one: Asked) -> None:
        if one.method == "DELETE" and len(stage.cloud.named("DELETE", one.status)) == 2:
            stopped.append(first.send(signal.SIGSTOP))

    stage.cloud.on_change = stop_at_second
    stage.want(2)
    stage.until("the deletion is stopped", lambda: bool(stopped))
    before = first.said("begin")[-1]
    limit = stage.lease_seconds * TAKEOVER_SHARE
    stage.until(
        "another process has taken over",
        lambda: any(not line["why_not"] for one in others for line in one.said("turn")),
        limit + 5,
    )
    taken = min(line["at"] for one in others for line in one.said("turn") if not line["why_not"])
    stage.until("the others have finished", lambda: stage.settled(2, others))
    changes_of_others = [line["at"] for one in others for line in one.said("begin")]
    # Nobody else began anything while the one that was stopped could still rely on its lease.
    assert min(changes_of_others) > before["at"] + before["left"]
    stage.until(
        "it has stood long enough", lambda: CLOCK.elapsed >= stopped[0] + stop_seconds, stop_seconds
    )
    went_on = first.send(signal.SIGCONT)
    stage.until("it has looked", lambda: any(line["at"] > went_on for line in first.said("turn")))
    assert [line for line in first.said("begin") if line["at"] > went_on] == []
    later = next(line for line in first.said("turn") if line["at"] > went_on)
    assert later["why_not"] is not None
    stage.want(5)
    stage.until("the fleet has grown again", lambda: stage.settled(5, [first, *others]))
    check(stage)
    return Told(
        takeover=taken - stopped[0],
        stopped_for=went_on - stopped[0],
        deletions=len(stage.cloud.deletions),
        creations=len(stage.cloud.named("PUT", 201)),
    )


def daemon_stopped_in_a_deletion(stage: Stage, count: int, stop_seconds: float) -> Told:
    """The same with ``evenkeel run``: who holds what is asked of the store, who did what of the trails."""
    stage.want(8)
    first = stage.start_daemon()
    stage.until("the fleet is there", lambda: len(stage.cloud.members) == 8)
    for _ in range(count - 1):
        stage.start_daemon()
    stage.until("all are alive", lambda: stage.alive() == count)
    stopped: list[float] = []

    def stop_at_second(one: Asked) -> None:
        if one.method == "DELETE" and len(stage.cloud.named("DELETE", one.status)) == 2:
            stopped.append(first.send(signal.SIGSTOP))

    stage.cloud.on_change = stop_at_second
    assert stage.holder() == first.pid
    stage.want(2)
    stage.until("the deletion is stopped", lambda: bool(stopped))
    limit = stage.lease_seconds * TAKEOVER_SHARE
    taken = stage.until(
        "another has taken over", lambda: stage.holder() not in {0, first.pid}, limit + 5
    )
    stage.until("the others have finished", lambda: len(stage.cloud.members) == 2)
    stage.until(
        "it has stood long enough", lambda: CLOCK.elapsed >= stopped[0] + stop_seconds, stop_seconds
    )
    intents, lines = trail_of(first).count(INTENT), len(first.log.read_bytes())
    asked = len(stage.cloud.asked)
    went_on = first.send(signal.SIGCONT)
    stage.until("it has said something", lambda: len(first.log.read_bytes()) > lines)
    stage.until("it is alive again", lambda: stage.alive() == count)
    assert stage.holder() != first.pid
    assert trail_of(first).count(INTENT) == intents
    assert stage.cloud.asked[asked:] == []
    stage.want(5)
    stage.until("the fleet has grown again", lambda: len(stage.cloud.members) == 5)
    check_members(stage)
    return Told(
        takeover=taken - stopped[0],
        stopped_for=went_on - stopped[0],
        deletions=len(stage.cloud.deletions),
        creations=len(stage.cloud.named("PUT", 201)),
    )


def trail_of(daemon: Worker) -> bytes:
    """The audit trail of a daemon: an intent stands in it before each change."""
    return daemon.log.with_name("audit.jsonl").read_bytes()


def check_members(stage: Stage) -> None:
    """Nobody was created twice or deleted twice, and who is there is who was created and not deleted."""
    created, deleted = stage.cloud.named("PUT", 201), stage.cloud.deletions
    assert sorted(set(created)) == sorted(created)
    assert sorted(set(deleted)) == sorted(deleted)
    assert sorted(set(created) - set(deleted)) == sorted(stage.cloud.members)


def check(stage: Stage) -> None:
    """The same, and no change was begun without the time for it."""
    check_members(stage)
    begun = [line for worker in stage.workers for line in worker.said("begin")]
    assert begun
    assert [line for line in begun if line["left"] <= line["need"]] == []


def stopped_before_sending(stage: Stage, call: str) -> list[tuple[str, int]]:
    """The holder is stopped between the fence's check and the sending; what is asked when it goes on.

    Others had the fleet meanwhile, and are done with it: whatever is asked now is late.
    """
    deletion = "Batch" if call == "delete" else "Single"
    stage.want(6, deletion)
    first = stage.start()
    stage.until("the first has converged", lambda: stage.settled(6, [first]))
    second = stage.start()
    stage.until("the second looks", lambda: bool(second.said("turn")))
    (stage.folder / "stop").write_text(call)
    wanted = 3 if call in {"delete", "operate"} else 8
    stage.want(wanted, deletion)
    stage.until("the first has stopped itself", lambda: bool(first.said("stopping")))
    stage.until("the second has finished", lambda: stage.settled(wanted, [second]), 90)
    asked = len(stage.cloud.asked)
    went_on = first.send(signal.SIGCONT)
    stage.until("it has looked", lambda: any(line["at"] > went_on for line in first.said("turn")))
    assert stage.settled(wanted, [first, second])
    check(stage)
    assert first.said("continued")
    return [(one.method, one.status) for one in stage.cloud.asked[asked:]]
