"""What has to happen somewhere in many worlds: else a fault is not really there, or a guard is never asked.

A world counts everything that happens in it (``Record.sometimes``). What is named here and was counted
nowhere in some hundreds of seeds is told by ``tests.simulation.run``, which then fails.
"""

from __future__ import annotations

from collections.abc import Mapping

from controller.core.standings import FreezeReason
from controller.core.steps import Prevented, Reason
from tests.simulation.options import Fault

ENOUGH_SEEDS = 300
"""The rarest faults are on in one world of twenty, and strike once an hour."""

_FREEZES = frozenset(FreezeReason) - {FreezeReason.NAME_MOVED, FreezeReason.CLAIMED_TWICE}
"""Fleets of worlds keep their names, and all their specs come from one source."""
_GUARDS = (
    Prevented.LOCKED,
    Prevented.LOCKS_UNREADABLE,
    Prevented.HELD,
    Prevented.OPEN_SERIAL,
    Prevented.NO_CAPACITY,
    Prevented.QUOTA,
    Prevented.MAX_DELETE,
    Prevented.TOMBSTONE_HOLD,
    Prevented.PROBING,
)
"""Worlds have no quorum, no suspensions, no network that lacks anything, and no caps for domains.

``Meltdown`` and ``PowerUnknown`` are too rare to promise: 320 seeds showed neither.
"""
_REASONS = (Reason.SCALE_IN, Reason.TOMBSTONE, Reason.FAILED_CREATE, Reason.EVICTED)
_REFUSALS = (
    "Conflict",
    "Forbidden",
    "Locked",
    "OutcomeUnknown",
    "Throttled",
    "Transient",
)
"""Quota is read before anything is created, so that a refusal for it is a race that hardly anybody loses."""
_CHANGES = ("create", "delete", "deleteGroup", "operate", "putGroup", "sweep")

PROMISED = frozenset(
    {
        *(f"fault {one}" for one in Fault),
        *(f"freeze {one}" for one in _FREEZES),
        *(f"prevented {one}" for one in _GUARDS),
        *(f"goes as {one}" for one in _REASONS),
        *(f"refused {one}" for one in _REFUSALS),
        *(f"applied {one}" for one in _CHANGES),
        "approval awaited",
        "overshoot frozen",
        "one-shot",
        "torn trail",
    }
)
"""Every fault struck, every guard fired, every reason to go was seen, every refusal was met."""


def never_struck(sometimes: Mapping[str, int]) -> list[str]:
    """What was promised and not counted, in order."""
    return sorted(PROMISED - {what for what, times in sometimes.items() if times})
