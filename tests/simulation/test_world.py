"""Worlds of drawn seeds: every change is judged, everything comes to rest, and then nothing moves for a day."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from controller.core.steps import Prevented
from controller.engine.report import PassReport
from providers.base import GroupRef
from providers.errors import Forbidden
from providers.simulated.scenario import CreationFault, CreationOutcome
from tests.simulation.bugs.scripts import UP, calm, want
from tests.simulation.keeping import Kept, keep, kept
from tests.simulation.loop import pass_time
from tests.simulation.loop import run as run_world
from tests.simulation.options import draw
from tests.simulation.process import Process
from tests.simulation.promises import PROMISED, never_struck
from tests.simulation.rates import LISTS_IN_A_WINDOW
from tests.simulation.world import CURED_SECONDS, START, World, simulate, told
from tests.sources import ROOT

FAST = range(4)
CHUNKS = range(0, 60, 10)
_SEEDS_IN_A_CHUNK = 10


def check(first: int, count: int) -> Counter[str]:
    """Run some seeds; the first that breaks something is told with all that it means."""
    sometimes: Counter[str] = Counter()
    for seed in range(first, first + count):
        result = simulate(seed)
        assert result.ok, told(result)
        sometimes += result.record.sometimes
    return sometimes


@pytest.mark.parametrize("seed", FAST)
def test_a_few_worlds(seed: int) -> None:
    """Nothing is broken in a handful of worlds."""
    check(seed, 1)


@pytest.mark.slow
@pytest.mark.parametrize("first", CHUNKS)
def test_many_worlds(first: int) -> None:
    """Nothing is broken in many worlds; a seed that breaks something is printed with all its options."""
    check(first, _SEEDS_IN_A_CHUNK)


def test_what_never_struck_is_told() -> None:
    """Where nothing was counted, everything that is promised is told; where all was, nothing is."""
    assert never_struck({}) == sorted(PROMISED)
    assert never_struck({**dict.fromkeys(PROMISED, 1), "torn trail": 0}) == ["torn trail"]


@pytest.mark.slow
@pytest.mark.parametrize("one", kept(), ids=lambda one: one.path.stem)
def test_kept_seeds(one: Kept) -> None:
    """A seed that once found a mistake finds it no more, nor does the smaller world that broke the same."""
    for options in one.worlds:
        result = simulate(options.seed, options)
        assert result.ok, f"{one.found}\n{told(result)}"


def test_kept_options_are_whole(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Options that were written down are read back as they were."""
    place = tmp_path_factory.mktemp("seeds")
    options = draw(7)
    keep(options, "an example", place)
    (one,) = kept(place)
    assert (one.options, one.found) == (options, "an example")


@pytest.mark.slow
@pytest.mark.parametrize("hash_seed", ["0", "4711"])
def test_trace_survives_processes(hash_seed: str) -> None:
    """The same seed makes the same trace in another process, whatever the seed of its hashes."""
    words = (
        "from tests.simulation.world import simulate; "
        "print(*(simulate(seed).record.hash for seed in (3, 5)))"
    )
    run = subprocess.run(  # noqa: S603 -- our own interpreter
        [sys.executable, "-c", words],
        cwd=ROOT,
        env={"PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout.split() == [simulate(seed).record.hash for seed in (3, 5)]


def test_share_of_lists_is_judged() -> None:
    """A process that asks for one list more in a minute than its share of Azure's bucket breaks I12."""

    async def asked(lists: int) -> list[str]:
        world = World(draw(0), Path())
        process = Process("host-0#1", "host-0")
        for _ in range(lists):
            world.rates.sending(process, None, "list")
        return [breach.invariant for breach in world.record.breaches]

    most = int(LISTS_IN_A_WINDOW)
    told_apart = [run_world(random.Random(1), partial(asked, lists)) for lists in (most, most + 1)]
    assert told_apart == [[], ["I12"]]


@pytest.mark.parametrize(
    ("edited", "stopped", "broken"),
    [
        pytest.param(False, 0.0, ["I13"], id="nobody edits anything"),
        pytest.param(True, 0.0, ["I13"], id="the edit was read long ago"),
        pytest.param(True, 55.0, [], id="stopped, and reads when it goes on"),
        pytest.param(True, 15.0, ["I13"], id="stopped, but not for as long"),
    ],
)
def test_hot_loops_are_judged(
    edited: bool, stopped: float, broken: list[str], tmp_path: Path
) -> None:
    """A look right after a failure breaks I13, unless an edit may only have been read meanwhile."""

    async def looked() -> list[str]:
        world = World(draw(0), tmp_path)
        process = Process("host-0#1", "host-0")
        world.cast.processes[process] = world.cast._machine(process.host)
        ref = GroupRef("00000000-0000-0000-0000-000000000000", "sim-rg", "web", "westeurope")
        if edited:
            world.rates.stirred()
        if stopped:
            process.pause(stopped)
        await pass_time(60.0)
        world.rates.sending(process, ref, "list")
        await pass_time(1.0)
        failed = PassReport("web", 1, START, 2, error=Forbidden("AuthorizationFailed", "no"))
        world.rates.ended(process.name, failed)
        world.rates.sending(process, ref, "list")
        return [breach.invariant for breach in world.record.breaches]

    assert run_world(random.Random(1), looked) == broken


def test_a_pause_counts_once() -> None:
    """A process that is stopped anew while it is stopped, and let go on early, was stopped for that time."""

    async def awake() -> tuple[float, float]:
        process = Process("host-0#1", "host-0")
        await pass_time(10.0)
        process.pause(100.0)
        await pass_time(10.0)
        process.pause(100.0)
        await pass_time(10.0)
        process.wake()
        await pass_time(10.0)
        return process.awake_seconds(0.0, 40.0), process.awake_seconds(15.0, 25.0)

    assert run_world(random.Random(1), awake) == pytest.approx((20.0, 0.0), abs=0.01)


def test_meltdown_ends_when_people_mend_the_ill() -> None:
    """Beside members that run badly a hung creation stays, by the meltdown guard, until somebody mends them."""

    def failing(world: World, outcome: CreationOutcome, times: int) -> None:
        world.people._also(creations=(CreationFault(outcome, times, at=world.now),))

    async def script(world: World) -> None:
        want(world, web=4)
        await pass_time(UP)
        failing(world, CreationOutcome.OS_TIMED_OUT, 3)
        want(world, web=7)
        await pass_time(UP)
        failing(world, CreationOutcome.STUCK, 1)
        want(world, web=8)

    result = simulate(0, calm(2000.0), script)
    assert result.ok, told(result)
    assert result.record.sometimes[f"prevented {Prevented.MELTDOWN}"]
    assert (result.converged_after or 0) > CURED_SECONDS
