"""Somebody sets the machine's time of day while the daemon brings a fleet up."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from controller.engine.timekeeping import SETTLED_SECONDS
from tests.builders import NOW
from tests.daemon.lifelike import Life, live
from tests.daemon.process import write_spec

if TYPE_CHECKING:
    from pathlib import Path

HOURS = timedelta(hours=2)


@pytest.mark.parametrize(("jump", "way"), [(HOURS, "forward"), (-HOURS, "back")])
def test_a_jump_in_the_middle_of_growing(tmp_path: Path, jump: timedelta, way: str) -> None:
    """Nothing is sent from the jump until the new time has run evenly; then the fleet is grown to its end.

    Nobody is deleted, nobody is created twice, and the log and the board say why nothing happens.
    """
    write_spec(tmp_path / "specs", "web", 4)

    async def script(life: Life) -> tuple[float, float, tuple[str, ...]]:
        await life.until(lambda: life.converged("web"))
        life.spec("web", 20)
        await life.until(lambda: created(life) > 4)
        at = life.machine.elapsed
        life.machine.offset = jump
        await life.machine.sleep(SETTLED_SECONDS / 2)
        told = life.service.board.view().trouble
        life.spec("web", 24)
        await life.until(lambda: not life.service.board.view().trouble)
        back = life.machine.elapsed
        await life.until(lambda: life.converged("web"))
        await life.machine.sleep(1200)
        return at, back, told

    life, (at, back, told) = live(tmp_path, script)
    (sentence,) = told
    assert f"jumped {way} by 7200 s" in sentence
    assert [one["why"] for one in life.lines.of("trouble")] == [sentence]
    assert len(life.lines.of("recovered")) == 1
    assert SETTLED_SECONDS <= back - at < SETTLED_SECONDS + 10
    assert [one for one in life.provider.writes if at < one[0] < back] == []
    assert verbs(life)["create"] == 24
    assert verbs(life)["delete"] == verbs(life)["delete_group"] == 0
    names = [one.name for one in life.state("web").report.observed.owned]  # type: ignore[union-attr]  # it has converged
    assert len(set(names)) == len(names) == 24
    # From then on everything is told in the new time.
    assert (life.state("web").report.ended_at - NOW > HOURS) is (way == "forward")  # type: ignore[union-attr]


@pytest.mark.parametrize("jump", [HOURS, -HOURS])
def test_a_jump_at_rest(tmp_path: Path, jump: timedelta) -> None:
    """A fleet at rest stays as it is through a jump: no member is taken for old, hung or expired."""
    write_spec(tmp_path / "specs", "web", 6)

    async def script(life: Life) -> None:
        await life.until(lambda: life.converged("web"))
        life.provider.writes.clear()
        life.machine.offset = jump
        await life.machine.sleep(3600)

    life, _ = live(tmp_path, script)
    assert life.provider.writes == []
    assert life.converged("web")
    # An hour at a look a minute or so: the jump neither stopped nor hurried them.
    assert 50 <= life.state("web").passes <= 75


def test_a_jump_does_not_shorten_a_hold(tmp_path: Path) -> None:
    """A spec that ends a fleet waits out its ten minutes by counted seconds, whatever the time of day does."""
    write_spec(tmp_path / "specs", "web", 2)
    path = tmp_path / "specs" / "web.yaml"

    async def script(life: Life) -> float:
        await life.until(lambda: life.converged("web"))
        text = path.read_text()
        path.write_text(
            text.replace("spec:\n", "spec:\n  deletionPolicy: Delete\n  state: Absent\n")
        )
        life.service.rescan()
        life.provider.writes.clear()
        await life.until(lambda: bool(life.provider.writes))
        began = life.machine.elapsed
        life.machine.offset = HOURS
        await life.until(lambda: verbs(life)["delete"] > 0, within=7200)
        return life.machine.elapsed - began

    _, waited = live(tmp_path, script)
    assert waited >= 600


def created(life: Life) -> int:
    return verbs(life)["create"]


def verbs(life: Life) -> Counter[str]:
    return Counter(verb for _, _, verb in life.provider.writes)
