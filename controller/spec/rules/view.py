"""What rules look at and what they yield."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.spec.diagnostics import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from controller.spec.codes import Code
    from controller.spec.model.capacity import Size, Spot
    from controller.spec.model.fleet import FleetDocument
    from controller.spec.model.template import Template
    from controller.spec.nodes import Path

SPEC: Path = ("spec",)
PLACEMENT: Path = ("spec", "placement")


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken rule. ``also`` are the other fields it rests on; ``at_key`` shows the key, not the value."""

    code: Code
    path: Path
    message: str
    remedy: str = ""
    notes: tuple[str, ...] = ()
    severity: Severity = Severity.ERROR
    also: tuple[Path, ...] = ()
    at_key: bool = False


@dataclass(frozen=True, slots=True)
class PoolView:
    """One pool, or the fleet itself where it has no ``pools``; ``path`` is where its fields stand."""

    path: Path
    name: str
    replicas: int
    sizes: tuple[Size, ...]
    spot: Spot | None
    template: Template | None

    def at(self, *steps: str | int) -> Path:
        """Path of a field of this pool."""
        return (*self.path, *steps)


def pools_of(document: FleetDocument) -> tuple[PoolView, ...]:
    """Show the fleet's pools; a fleet without ``pools`` is one pool with an empty name."""
    spec = document.spec
    if spec.pools is None:
        return (PoolView(SPEC, "", spec.replicas or 0, spec.sizes or (), spec.spot, spec.template),)
    return tuple(
        PoolView(
            ("spec", "pools", index), pool.name, pool.replicas, pool.sizes, pool.spot, pool.template
        )
        for index, pool in enumerate(spec.pools)
    )


def templates_of(document: FleetDocument) -> Iterator[tuple[Path, Template]]:
    """Show each template that is there, with its path."""
    for pool in pools_of(document):
        if pool.template is not None:
            yield pool.at("template"), pool.template


def repeated(values: Iterable[str | int]) -> Iterator[tuple[int, str | int]]:
    """Name each entry that stands before in the list, with its index; case does not matter."""
    seen: set[str] = set()
    for index, value in enumerate(values):
        folded = str(value).lower()
        if folded in seen:
            yield index, value
        seen.add(folded)
