"""Which specs were wanted since when: in truth, and as far as each host has read of it.

A host knows of a break in what a spec said only if a process of it read the commit in between, and lived on
for long enough to write that down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.simulation.hands import HOLD_MINUTES

if TYPE_CHECKING:
    from controller.spec.values import Fleet
    from tests.simulation.hands import Commit
    from tests.simulation.process import Process
    from tests.simulation.world import World

_TAKEN_IN_SECONDS = 5.0
"""After so long a process that still lives has acted upon what it read, and written it down."""
_ALWAYS = 0.0


class History:
    """What was committed, and who has read it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._first: dict[str, float] = {}
        self._reads: dict[str, list[tuple[float, Process, frozenset[str]]]] = {}

    def committed(self, digests: list[str]) -> None:
        """Specs of these digests stand in the present commit."""
        for digest in digests:
            self._first.setdefault(digest, self._world.now)

    def forget_the_past(self) -> None:
        """Forget all but what each host read last; at rest that has stood for longer than anybody waits."""
        self._reads = {host: reads[-1:] for host, reads in self._reads.items()}
        self._first = {digest: self._first[digest] for digest in self._world.digests_now}

    def read(self, process: Process, commit: Commit) -> None:
        """A process has read a commit."""
        digests = {fleet.spec_digest for fleet in self._world.desk.specs_of(commit).fleets}
        reads = self._reads.setdefault(process.host, [])
        reads.append((self._world.now, process, frozenset(digests)))

    def _unbroken_since(self, host: str, digest: str) -> float | None:
        """Since when each commit that a host took in had a spec; None if the last one had not."""
        since: float | None = _ALWAYS
        for at, process, digests in self._reads.get(host, []):
            if min(process.died_at, self._world.now) - at < _TAKEN_IN_SECONDS:
                continue
            if digest not in digests:
                since = None
            elif since is None:
                since = at
        return since

    def stood(self, host: str, fleet: Fleet) -> bool:
        """Whether a spec has stood for its hold time, with no break in it that this host has read."""
        first = self._first.get(fleet.spec_digest)
        unbroken = self._unbroken_since(host, fleet.spec_digest)
        if first is None or unbroken is None:
            return False
        return self._world.now - max(first, unbroken) >= 60 * HOLD_MINUTES
