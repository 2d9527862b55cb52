"""Real processes with leases in Azurite, in front of an emulated ARM: stopped, continued, killed.

Leases are as short as Azure allows, so that a story lasts half a minute. ``python -m tests.daemon.long_stop``
tells the same with leases of 45 seconds and stops of 90.
"""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

import pytest
from click.testing import CliRunner

from controller.cli.main import cli
from tests.daemon.stopping import (
    TAKEOVER_SHARE,
    a_stage,
    check,
    daemon_stopped_in_a_deletion,
    stopped_before_sending,
    stopped_in_a_deletion,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.daemon.azurite import Azurite
    from tests.daemon.stopping import Stage, Told

T = TypeVar("T")

pytestmark = pytest.mark.slow

SECONDS = 15
HARMLESS = {("DELETE", 204), ("POST", 202), ("PUT", 409), ("PUT", 412), ("PATCH", 412)}
"""Late requests that change nothing: of members that are gone, for names that exist, with an old etag."""


def side_by_side(folder: Path, names: Sequence[str], tell: Callable[[str, Path], T]) -> list[T]:
    """Tell a story for each name, all at the same time: they wait for leases to run out most of it."""
    folders = [folder / name for name in names]
    for one in folders:
        one.mkdir()
    with ThreadPoolExecutor(len(names)) as pool:
        return list(pool.map(tell, names, folders))


def test_stopped_in_a_deletion(azurite: Azurite, tmp_path: Path) -> None:
    """One of two or three is stopped in the middle of a deletion: the others finish it, each member goes once."""

    def tell(count: str, folder: Path) -> Told:
        with a_stage(azurite, folder, SECONDS) as stage:
            return stopped_in_a_deletion(stage, int(count), 30)

    for told in side_by_side(tmp_path, ["2", "3"], tell):
        print(told)
        assert told.takeover < SECONDS * TAKEOVER_SHARE
        assert (told.deletions, told.creations) == (6, 11)


def test_daemon_stopped_in_a_deletion(azurite: Azurite, tmp_path: Path) -> None:
    """The same with two and three ``evenkeel run``: no intent stands in the trail of the one that was stopped."""

    def tell(count: str, folder: Path) -> Told:
        with a_stage(azurite, folder, SECONDS) as stage:
            told = daemon_stopped_in_a_deletion(stage, int(count), 30)
            end_in_order(stage)
        return told

    for told in side_by_side(tmp_path, ["2", "3"], tell):
        print(told)
        assert told.takeover < SECONDS * TAKEOVER_SHARE
        assert (told.deletions, told.creations) == (6, 11)


def end_in_order(stage: Stage) -> None:
    """Every daemon still runs, ends when it is told to, and its trail is whole."""
    assert {worker.process.poll() for worker in stage.workers} == {None}
    for worker in stage.workers:
        worker.send(signal.SIGTERM)
    for worker in stage.workers:
        assert worker.process.wait(timeout=20) == 0
        ran = CliRunner().invoke(cli, ["audit", "verify", str(worker.log.with_name("audit.jsonl"))])
        assert ran.exit_code == 0, ran.output


def test_stopped_before_sending(azurite: Azurite, tmp_path: Path) -> None:
    """Stopped between the check and the sending, a process sends nothing when it goes on, or what does no harm.

    Usually it sends nothing: the time that the fence gives a change is over before the first byte.
    """

    def tell(call: str, folder: Path) -> list[tuple[str, int]]:
        with a_stage(azurite, folder, SECONDS) as stage:
            return stopped_before_sending(stage, call)

    calls = ["operate", "delete", "create", "putGroup"]
    for call, late in zip(calls, side_by_side(tmp_path, calls, tell), strict=True):
        print(f"after {call}: {late}")
        assert set(late) <= HARMLESS


def test_killed_process_is_replaced(azurite: Azurite, tmp_path: Path) -> None:
    """A process that is killed with SIGKILL is replaced in time, and one that ends by SIGTERM at once."""
    with a_stage(azurite, tmp_path, SECONDS) as stage:
        stage.want(3)
        first = stage.start()
        stage.until("the first has converged", lambda: stage.settled(3, [first]))
        second = stage.start()
        stage.until("the second looks", lambda: bool(second.said("turn")))
        killed = first.send(signal.SIGKILL)
        first.process.wait()
        stage.want(4)
        limit = SECONDS * TAKEOVER_SHARE
        taken = stage.until("it is replaced", lambda: bool(second.said("pass")), limit + 2)
        assert taken - killed < limit
        stage.until("the second has converged", lambda: stage.settled(4, [second]))
        third = stage.start()
        stage.until("the third looks", lambda: bool(third.said("turn")))
        ended = second.send(signal.SIGTERM)
        assert second.process.wait(timeout=10) == 0
        taken = stage.until("it is replaced", lambda: bool(third.said("pass")))
        assert taken - ended < SECONDS / 2
        check(stage)
