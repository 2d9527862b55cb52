"""What a region file holds beside the VMs, and how records become JSON and back."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import ConfigDict, TypeAdapter

from providers.simulated.records import (
    Ghost,
    InstanceRecord,
    Leftover,
    LockRecord,
    ScaleSetRecord,
)


@dataclass(frozen=True, slots=True)
class Saved:
    """Everything of a region but its start, its scenario and its VMs.

    ``calls``, ``creations``, ``installations`` and ``deletions`` count how often each fault was met;
    ``pending`` and ``waiting`` are indexes of the scenario's events. ``documents`` are what the ARM face keeps; see ``World``.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")
    elapsed: float
    seed: int
    drawn: int
    turn: int
    changes: int
    sets: tuple[ScaleSetRecord, ...]
    ghosts: tuple[Ghost, ...]
    leftovers: tuple[Leftover, ...]
    locks: tuple[LockRecord, ...]
    calls: tuple[int, ...]
    creations: tuple[int, ...]
    pending: tuple[int, ...]
    waiting: tuple[int, ...]
    documents: Mapping[str, Mapping[str, object]] = field(default_factory=dict)
    installations: tuple[int, ...] = ()
    deletions: tuple[int, ...] = ()


REST = TypeAdapter(Saved)
INSTANCE = TypeAdapter(InstanceRecord)
