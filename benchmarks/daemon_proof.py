"""Prove the daemon in real time: how soon it acts, what it costs over half an hour, and being killed.

    python -m benchmarks.daemon_proof reaction      200 fleets of 20, a spec edited in git, by link and in place
    python -m benchmarks.daemon_proof soak [MIN]    memory and open files over half an hour of edits
    python -m benchmarks.daemon_proof kills [N]     kill -9 at N random moments, in front of the emulator
    python -m benchmarks.daemon_proof pages [S]     ten status pages open on 50 fleets of 100, in slices of S seconds

Each prints what it measured and ends with 1 if it is not what docs/daemon.md says. It takes minutes, so it
is no part of the tests; ``make daemon-proof`` runs them all.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

from benchmarks.daemon_kills import kills
from benchmarks.daemon_pages import pages
from benchmarks.daemon_reaction import reaction
from benchmarks.daemon_soak import soak

PROOFS: dict[str, tuple[Callable[[Path, int], bool], int]] = {
    "reaction": (reaction, 5),
    "soak": (soak, 30),
    "kills": (kills, 200),
    "pages": (pages, 20),
}


def main() -> None:
    """Run the proof that was asked for, with its number or the usual one."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name not in PROOFS:
        sys.exit(__doc__)
    proof, usual = PROOFS[name]
    number = int(sys.argv[2]) if len(sys.argv) > 2 else usual
    with tempfile.TemporaryDirectory(prefix="evenkeel-proof-") as directory:
        if not proof(Path(directory), number):
            sys.exit(f"{name}: not as promised")
    print(f"{name}: as promised")


if __name__ == "__main__":
    main()
