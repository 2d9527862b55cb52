"""Sources that are written to without end while an intake watches: no accepted set is ever a mixture."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from random import Random
from typing import Protocol

import pytest

from controller.core.acceptance import Accepted
from controller.engine.clock import WallClock
from controller.sources.choose import open_source
from controller.sources.plain import PlainSource
from controller.sources.snapshot import SpecSource
from tests.core.readings import Desk, named, says
from tests.intake.listening import Heard, acting, frozen, listening
from tests.intake.torture import (
    GitTorture,
    PlainTorture,
    SwapTorture,
    check_revisions,
    check_whole,
    fleets_of,
)

ROUNDS = int(os.environ.get("EVENKEEL_TORTURE", "30"))
"""``make torture`` sets 300."""
SEED = int(os.environ.get("EVENKEEL_SEED", "20261125"))


class Approver:
    """Approves whatever waits."""

    def __init__(self) -> None:
        self.tokens: frozenset[str] = frozenset()

    def __call__(self) -> frozenset[str]:
        return self.tokens

    def learn(self, accepted: Accepted) -> bool:
        """Take over the tokens that are asked for; whether there are any new ones."""
        asked = {one.freeze.token for one in accepted.standings if one.freeze is not None}
        fresh = {token for token in asked if token is not None} - self.tokens
        self.tokens |= fresh
        return bool(fresh)


class Torture(Protocol):
    """Who writes."""

    def turn(self) -> str:
        """Do one thing, and say what it was."""
        ...

    def number(self) -> int:
        """The state that the source is in now."""
        ...


async def tortured(source: SpecSource, torture: Torture, rounds: int) -> dict[str, int]:
    """Let somebody write while an intake watches, and count what was done and what was accepted."""
    counts: dict[str, int] = {}
    approver = Approver()
    async with listening([source], approvals=approver, rescan_seconds=1.0) as (intake, heard):
        await heard.until(lambda now: bool(acting(now)))

        async def approve() -> None:
            while True:
                if approver.learn(intake.accepted):
                    intake.rescan()
                await heard.turned()

        approving = asyncio.ensure_future(approve())
        for _round in range(rounds):
            what = await asyncio.to_thread(torture.turn)
            counts[what] = counts.get(what, 0) + 1
        await settled(heard, torture.number())
        approving.cancel()
    numbers = [number for one in heard.accepted if (number := check_whole(one)) is not None]
    counts["told"], counts["states"] = len(heard.accepted), len(set(numbers))
    counts["revisions"] = check_revisions(heard.accepted)
    return counts


async def settled(heard: Heard, number: int) -> None:
    """Wait until the last state has been accepted as a whole, and all that is not gone may be acted upon."""
    await heard.until(
        lambda now: check_whole(now) == number and set(frozen(now).values()) <= {"SpecVanished"}
    )


def test_mixtures_are_found() -> None:
    """The account that the other tests rest on does find mixtures."""
    whole, part = fleets_of(3), fleets_of(4)
    desk = Desk()
    assert check_whole(desk.take(says(*(named(name, 3) for name in whole)))) == 3
    for fleets in ([*whole[:-1]], [*part], [*whole, "more"]):
        mixed = Desk().take(says(*(named(name, 3) for name in fleets)))
        with pytest.raises(AssertionError, match="state 3 with fleets"):
            check_whole(mixed)
    two = Desk().take(says(*(named(name, 3) for name in whole[1:]), named(whole[0], 4)))
    with pytest.raises(AssertionError, match="a mixture of states"):
        check_whole(two)


@pytest.mark.slow
def test_git_is_never_torn(tmp_path: Path) -> None:
    """Commits, resets, checkouts, amended commits and forced pushes: each accepted set is one commit's."""
    torture = GitTorture(tmp_path, Random(SEED))
    source = open_source(str(torture.specs), WallClock())
    counts = asyncio.run(tortured(source, torture, ROUNDS))
    print(SEED, counts)
    assert counts["states"] > ROUNDS // 10


@pytest.mark.slow
def test_swaps_are_never_torn(tmp_path: Path) -> None:
    """Trees swapped in by a link, the old ones removed at once: each accepted set is one tree's."""
    clock = WallClock()
    torture = SwapTorture(tmp_path, Random(SEED), clock.wait)
    source = open_source(str(torture.specs), clock)
    counts = asyncio.run(tortured(source, torture, ROUNDS))
    print(SEED, counts)
    assert counts["states"] > ROUNDS // 10


@pytest.mark.slow
def test_directories_are_never_torn(tmp_path: Path) -> None:
    """Copies that stall, saves of editors, emptied and removed directories: each accepted set was whole."""
    clock = WallClock()
    torture = PlainTorture(tmp_path, Random(SEED), clock.wait)
    source = PlainSource(str(torture.specs), clock, settle_seconds=1.0)
    counts = asyncio.run(tortured(source, torture, ROUNDS))
    print(SEED, counts)
    assert counts["states"] > ROUNDS // 10
