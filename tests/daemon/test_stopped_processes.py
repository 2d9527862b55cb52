"""Real processes with leases in Azurite, in front of an emulated ARM: stopped, continued, killed.

Leases are as short as Azure allows, so that a story lasts half a minute. ``python -m tests.daemon.long_stop``
tells the same with leases of 45 seconds and stops of 90.
"""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.cli.shell import Shell
from tests.daemon.stopping import (
    TAKEOVER_SHARE,
    a_stage,
    check,
    daemon_stopped_in_a_deletion,
    stopped_before_sending,
    stopped_in_a_deletion,
)

if TYPE_CHECKING:
    from pathlib import Path

    from tests.daemon.azurite import Azurite

pytestmark = pytest.mark.slow

SECONDS = 15
HARMLESS = {("DELETE", 204), ("POST", 202), ("PUT", 409), ("PUT", 412), ("PATCH", 412)}
"""Late requests that change nothing: of members that are gone, for names that exist, with an old etag."""


@pytest.mark.parametrize("count", [2, 3])
def test_stopped_in_a_deletion(azurite: Azurite, tmp_path: Path, count: int) -> None:
    """One of two or three is stopped in the middle of a deletion: the others finish it, each member goes once."""
    with a_stage(azurite, tmp_path, SECONDS) as stage:
        told = stopped_in_a_deletion(stage, count, 30)
    print(told)
    assert told.takeover < SECONDS * TAKEOVER_SHARE
    assert (told.deletions, told.creations) == (6, 11)


@pytest.mark.parametrize("count", [2, 3])
def test_daemon_stopped_in_a_deletion(azurite: Azurite, tmp_path: Path, count: int) -> None:
    """The same with two and three ``evenkeel run``: no intent stands in the trail of the one that was stopped."""
    with a_stage(azurite, tmp_path, SECONDS) as stage:
        told = daemon_stopped_in_a_deletion(stage, count, 30)
        assert {worker.process.poll() for worker in stage.workers} == {None}
        for worker in stage.workers:
            worker.send(signal.SIGTERM)
        assert [worker.process.wait(timeout=20) for worker in stage.workers] == [0] * count
        trails = [worker.log.with_name("audit.jsonl") for worker in stage.workers]
        verified = [Shell(tmp_path).run("audit", "verify", str(trail)) for trail in trails]
        assert [ran.code for ran in verified] == [0] * count
    print(told)
    assert told.takeover < SECONDS * TAKEOVER_SHARE
    assert (told.deletions, told.creations) == (6, 11)


@pytest.mark.parametrize("call", ["operate", "delete", "create", "put_group"])
def test_stopped_before_sending(azurite: Azurite, tmp_path: Path, call: str) -> None:
    """Stopped between the check and the sending, a process sends nothing when it goes on, or what does no harm.

    Usually it sends nothing: the time that the fence gives a change is over before the first byte.
    """
    with a_stage(azurite, tmp_path, SECONDS) as stage:
        late = stopped_before_sending(stage, call)
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
