"""What a daemon keeps of fleets that are no more: nothing, or it would grow as long as fleets come and go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.engine.board import Board
from controller.web.metrics import Metrics, Reading
from tests.builders import NOW
from tests.daemon.lifelike import Life, live
from tests.daemon.process import write_spec

if TYPE_CHECKING:
    from pathlib import Path

LEFT = "spec:\n  state: Absent\n"
"""Let go of, with all its members: the policy is Retain."""


def test_counters_go_with_their_fleet(tmp_path: Path) -> None:
    """A fleet that was let go of and whose spec was taken away has no counters any more, and the others have theirs."""
    metrics = Metrics("1", lambda: Reading(Board(NOW).view(), 0, 0))
    write_spec(tmp_path / "specs", "web", 1)
    write_spec(tmp_path / "specs", "old", 1)

    async def script(life: Life) -> bytes:
        await life.until(lambda: life.converged("web") and life.converged("old"))
        during = metrics.text()
        path = tmp_path / "specs" / "old.yaml"
        path.write_text(path.read_text().replace("spec:\n", LEFT))
        life.service.rescan()
        await life.machine.sleep(120)
        path.unlink()
        life.service.rescan()
        await life.until(lambda: life.service.board.view().fleet("old") is None)
        return during

    _, during = live(tmp_path, script, counts=metrics)
    assert b'evenkeel_passes_total{fleet="old"' in during
    after = metrics.text()
    assert b'fleet="old"' not in after
    assert b'evenkeel_passes_total{fleet="web"' in after
