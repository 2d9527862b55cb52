"""How long it takes from a change to a decision, with two hundred fleets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median

import pytest

from controller.core.acceptance import Accepted
from controller.engine.clock import WallClock
from controller.sources.choose import open_source
from tests.intake.listening import acting, listening
from tests.intake.places import Repository, spec, swap, write

FLEETS, EDITS = 200, 5


def fill(directory: Path, replicas: int) -> Path:
    """Specs of all fleets, the first with so many replicas."""
    for number in range(FLEETS):
        name = f"fleet{number:03}"
        write(directory / f"{name}.yaml", spec(name, replicas if number == 0 else 1))
    return directory


def first_has(replicas: int, now: Accepted) -> bool:
    """Whether the first fleet has been accepted with so many replicas."""
    return acting(now)["fleet000"] == replicas


async def reactions(path: Path, edit: Callable[[int], object]) -> list[float]:
    """Seconds from the end of each edit to the decision that has it, from hints alone."""
    clock = WallClock()
    seconds: list[float] = []
    source = open_source(str(path), clock)
    async with listening([source], rescan_seconds=3_600.0) as (_intake, heard):
        await heard.until(lambda now: len(acting(now)) == FLEETS)
        for replicas in range(2, 2 + EDITS):
            await asyncio.to_thread(edit, replicas)
            edited = clock.elapsed
            await heard.until(partial(first_has, replicas))
            seconds.append(clock.elapsed - edited)
    print(path.name, [round(one, 2) for one in seconds])
    return seconds


@pytest.mark.slow
def test_commit_is_seen_within_a_second(tmp_path: Path) -> None:
    """A commit is decided upon within a second."""
    repository = Repository(tmp_path / "git")
    fill(repository.path / "specs", 1)
    repository.commit()

    def edit(replicas: int) -> None:
        repository.commit(fleet000=replicas)

    assert median(asyncio.run(reactions(repository.path / "specs", edit))) < 1.0


@pytest.mark.slow
def test_swap_is_seen_within_a_second(tmp_path: Path) -> None:
    """A swapped link is decided upon within a second."""
    fill(tmp_path / "1", 1)
    swap(tmp_path / "current", "1")

    def edit(replicas: int) -> None:
        fill(tmp_path / str(replicas), replicas)
        swap(tmp_path / "current", str(replicas))

    assert median(asyncio.run(reactions(tmp_path / "current", edit))) < 1.0


@pytest.mark.slow
def test_edit_is_seen_within_four_seconds(tmp_path: Path) -> None:
    """An edit of a plain directory is decided upon within four seconds, of which two let it settle."""
    specs = fill(tmp_path / "plain", 1)

    def edit(replicas: int) -> None:
        write(specs / "fleet000.yaml", spec("fleet000", replicas))

    assert 2.0 <= median(asyncio.run(reactions(specs, edit))) < 4.0
