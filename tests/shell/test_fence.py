"""The fence around a provider, and the lock between processes on one host."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from subprocess import PIPE, Popen
from typing import TypeVar

import pytest

from controller.engine.fence import Fenced
from controller.engine.hostlock import HostLocks
from controller.engine.reconcile import run_pass
from controller.engine.report import Verdict
from controller.engine.tenure import SoleTenure, key_of
from controller.spec.values import DeletionMode
from providers.errors import LeaseLost, OutcomeUnknown
from providers.leases import Holder
from providers.relay import Change, Relay
from providers.simulated.provider import SimulatedProvider
from tests.builders import REF
from tests.shell.stage import a_provider, carry_out, one_pass, run, settled, told, web

T = TypeVar("T")

KEY = key_of(REF)
US = Holder("us", "here", os.getpid(), "test", "2026-11-21T12:00:00Z")


class Ration(SoleTenure):
    """A tenure that allows a number of changes and then no more."""

    def __init__(self, allowed: int, seconds: float = 20.0) -> None:
        super().__init__()
        self.mutation_seconds = seconds
        self.asked: list[tuple[str, float]] = []
        self._allowed = allowed

    def may_write(self, key: str, need_seconds: float) -> str | None:
        self.asked.append((key, need_seconds))
        return None if len(self.asked) <= self._allowed else "the lease ran out"


def fenced(provider: SimulatedProvider, tenure: SoleTenure) -> Fenced:
    return Fenced(provider, tenure)


def test_each_change_asks_the_tenure() -> None:
    """Every change of a pass asks for its own fleet and its own time, and no read does."""
    provider, tenure = a_provider(), Ration(100)
    execution = carry_out(web(2), provider, fenced(provider, tenure))
    assert told(execution.outcomes)[:1] == ["ensureSet +"]
    assert tenure.asked == [(KEY, 20.0)] * sum(one.accepted for one in execution.outcomes)


@pytest.mark.parametrize("allowed", range(5))
def test_nothing_is_sent_after_the_lease(allowed: int) -> None:
    """When the lease runs out in the middle of a pass, no later change reaches the region and the pass ends."""
    provider, tenure = a_provider(), Ration(allowed)
    execution = carry_out(web(6), provider, fenced(provider, tenure))
    accepted = [one for one in execution.outcomes if one.accepted]
    assert len(accepted) == allowed
    assert any(isinstance(one.error, LeaseLost) for one in execution.outcomes)
    assert len(tenure.asked) <= allowed + 4


@pytest.mark.parametrize("deletion", ["batch", "single"])
def test_no_deletion_after_the_lease(deletion: str) -> None:
    """A scale-in whose lease is gone deletes nobody, in one batch or one by one."""
    provider = settled(web(6))
    mode = DeletionMode.SINGLE if deletion == "single" else DeletionMode.BATCH
    tenure = Ration(0)
    carry_out(replace(web(3), deletion=mode), provider, fenced(provider, tenure))
    assert len(tenure.asked) == 1
    assert len(run(provider.observe(REF)).instances) == 6


def test_lost_lease_means_try_later() -> None:
    """A pass that was stopped by its lease has the verdict of one that was throttled."""
    provider = a_provider()
    report = run(run_pass(web(2), fenced(provider, Ration(1)), provider.region.clock))
    assert report.verdict is Verdict.THROTTLED
    assert "the lease ran out" in "\n".join(report.trouble)


def test_reads_need_no_lease() -> None:
    """A dry run looks and plans without asking for a lease."""
    provider, tenure = settled(web(6)), Ration(0)
    assert one_pass(web(7), provider, dry_run=True).plan is not None
    run(fenced(provider, tenure).observe(REF))
    run(fenced(provider, tenure).catalog(REF.subscription, REF.location))
    assert tenure.asked == []


class SilentProvider(Relay):
    """A provider that never answers a change."""

    async def changing(self, change: Change, go_on: Callable[[], Awaitable[T]]) -> T:
        del change
        await asyncio.Event().wait()
        return await go_on()


def test_slow_change_is_given_up() -> None:
    """A change that takes longer than the lease allows ends without an answer: it may have been done."""
    provider = Fenced(SilentProvider(settled(web(6))), Ration(9, seconds=0.01))
    with pytest.raises(OutcomeUnknown, match="lease leaves"):
        run(provider.delete(REF, ["web-000001"]))


HOLD = """
import sys
from pathlib import Path
from controller.engine.hostlock import HostLocks
from providers.leases import Holder
locks = HostLocks(Path(sys.argv[1]), Holder("them", "here", 4711, "run", "2026-11-21T12:00:00Z"))
print(locks.take(sys.argv[2]), flush=True)
sys.stdin.read()
"""


def another_process(directory: Path, key: str) -> Popen[str]:
    """A process that takes a lock and keeps it until it is ended."""
    child = Popen(  # noqa: S603 -- our own interpreter and program
        [sys.executable, "-c", HOLD, str(directory), key], stdin=PIPE, stdout=PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "None\n"
    return child


def test_host_lock_names_its_holder(tmp_path: Path) -> None:
    """Who comes second is told the process that holds the fleet, and gets it when that process is killed."""
    tenure = SoleTenure(HostLocks(tmp_path, US))
    child = another_process(tmp_path, KEY)
    try:
        why_not = tenure.may_begin(KEY)
        assert why_not is not None
        assert "evenkeel run, process 4711 on here" in why_not
        assert (
            tenure.holder_of(KEY)
            == "evenkeel run, process 4711 on here, since 2026-11-21T12:00:00Z"
        )
        assert tenure.may_begin("another fleet") is None
    finally:
        child.kill()
        child.communicate()
    assert tenure.may_write(KEY, 20.0) is None
    assert tenure.holder_of(KEY) == US.words


def test_host_lock_is_given_back(tmp_path: Path) -> None:
    """A lock that was released can be taken by somebody else; another cloud's fleet is another lock."""
    first, second = HostLocks(tmp_path, US), HostLocks(tmp_path, US)
    assert first.take(KEY) is None
    assert second.take(KEY) is not None
    assert HostLocks(tmp_path, US, scope="http://127.0.0.1:9").take(KEY) is None
    first.release()
    assert second.take(KEY) is None


def test_host_lock_fails_closed(tmp_path: Path) -> None:
    """Where no lock can be made nothing is changed, and the sentence says where and what to do."""
    (tmp_path / "file").write_text("in the way")
    why_not = SoleTenure(HostLocks(tmp_path / "file", US)).may_write(KEY, 1.0)
    assert why_not is not None
    assert str(tmp_path / "file") in why_not
    assert "state directory" in why_not


def test_damaged_lock_file_is_survived(tmp_path: Path) -> None:
    """A lock file with nonsense in it still locks; only the holder's name is missing."""
    first = HostLocks(tmp_path, US)
    assert first.take(KEY) is None
    (found,) = tmp_path.iterdir()
    found.write_bytes(b"\xff{")
    why_not = HostLocks(tmp_path, US).take(KEY)
    assert why_not == "another process on this host is at work on this fleet"


def test_sole_tenure_needs_no_lock() -> None:
    """Without locks a process takes itself for the only one: nothing is refused and nobody is named."""
    tenure = SoleTenure()
    assert (tenure.may_begin(KEY), tenure.may_write(KEY, 1e9), tenure.holder_of(KEY)) == (
        None,
        None,
        None,
    )

    async def whole_life() -> None:
        stop = asyncio.Event()
        stop.set()
        with tenure.at_work(KEY):
            await tenure.keep(stop)
        await tenure.release()

    run(whole_life())
