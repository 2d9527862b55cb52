"""A daemon that is killed without warning, again and again, while fleets grow and shrink at an emulator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from benchmarks.daemon_kills import kills

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_killed_daemons_do_no_harm(tmp_path: Path) -> None:
    """After each ``kill -9`` the next process goes on: never too many or too few members, and a whole trail.

    ``make daemon-proof`` does the same two hundred times.
    """
    assert kills(tmp_path, 4)
