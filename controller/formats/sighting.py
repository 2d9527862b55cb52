"""A fleet as one look showed it: the spec and what was observed, from which all that is shown is computed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.core.deletability import Ledger, read_ledger
from controller.core.serials import read_window
from controller.core.topology import Topology, read_topology

if TYPE_CHECKING:
    from controller.core.observed import Observed
    from controller.spec.values import Fleet


@dataclass(frozen=True, slots=True)
class Sighting:
    """A fleet's spec, and what was observed of it."""

    fleet: Fleet
    observed: Observed

    def ledger(self) -> Ledger:
        """Which members cannot be deleted now."""
        window = read_window(self.fleet, self.observed)
        return read_ledger(self.fleet, self.observed, window, self.observed.observed_at)

    def topology(self) -> Topology:
        """The domains of the fleet."""
        return read_topology(self.fleet, self.observed.catalog)
