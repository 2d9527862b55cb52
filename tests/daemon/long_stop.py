"""The stories of stopped processes at full length: leases of 45 seconds, stops of 90; a table on stdout.

``python -m tests.daemon.long_stop``, or ``make leases``. Takes about ten minutes.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from controller.engine.holds import LEASE_SECONDS
from tests.daemon.azurite import azurite_in
from tests.daemon.stopping import a_stage, daemon_stopped_in_a_deletion, stopped_in_a_deletion

STOP_SECONDS = 90.0
TAKEOVER_SECONDS = 60.0
STORIES = (
    ("evenkeel run", 2, daemon_stopped_in_a_deletion),
    ("evenkeel run", 3, daemon_stopped_in_a_deletion),
    ("small daemons", 2, stopped_in_a_deletion),
    ("small daemons", 3, stopped_in_a_deletion),
)
"""The small ones tell of each change how much of the lease is left; see ``tests/daemon/worker.py``."""


def main() -> None:
    """Tell each story once; the first that does not hold ends the run with its assertion."""
    print("processes           lease  stopped for  taken over after  created  deleted")
    with tempfile.TemporaryDirectory() as root, azurite_in(Path(root)) as azurite:
        for number, (name, count, story) in enumerate(STORIES):
            folder = Path(root) / str(number)
            folder.mkdir()
            with a_stage(azurite, folder, LEASE_SECONDS) as stage:
                told = story(stage, count, STOP_SECONDS)
            assert told.takeover < TAKEOVER_SECONDS
            print(
                f"{count} {name:16}  {LEASE_SECONDS:3} s  {told.stopped_for:9.1f} s  {told.takeover:14.1f} s  "
                f"{told.creations:7}  {told.deletions:7}",
                flush=True,
            )


if __name__ == "__main__":
    main()
