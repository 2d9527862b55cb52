"""Lanes as SVG: one path for each kind of cell, so that a thousand instances are some kilobytes.

A cell is 8 units in a pitch of 10. Everything is drawn with relative commands from the cell's corner.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.web.cells import Kind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from controller.web.cells import Lane

PITCH = 10

_POINT = "m4 4h0"

_SHAPES: Mapping[Kind, str] = {
    # A point under a pen as wide as the cell, square or round: most cells are of these two kinds.
    Kind.REGULAR: _POINT,
    Kind.SPOT: _POINT,
    # A square with a keyhole: the inner square runs the other way round, so it stays empty.
    Kind.LOCKED: "h8v8h-8zm3 2v4h2v-4z",
    Kind.HELD: "m4 0l4 4-4 4-4-4z",
    Kind.BROKEN: "m1 1l6 6m0-6l-6 6",
    Kind.NEW_REGULAR: "m1 1h6v6h-6z",
    Kind.NEW_SPOT: "m1 4a3 3 0 1 0 6 0a3 3 0 1 0-6 0z",
    Kind.PLANNED: "m4 1v6m-3-3h6",
    Kind.CHOSEN: "m0 0h8v8h-8zm1 4h6",
    Kind.LEAVING: "m1 4h6",
    Kind.UNMANAGED: "m2 2h4v4h-4z",
}

_SCALES = ((18, 6, 1.8), (60, 8, 1.3), (200, 12, 0.9), (2_000, 18, 0.6))
"""For lanes of up to so many cells: how many stand in a row, and pixels for a unit of the drawing.

The more there are, the wider and smaller, so that a lane stays a picture at a glance.
"""


@dataclass(frozen=True, slots=True)
class Stroke:
    """All cells of one kind in a lane."""

    kind: Kind
    path: str


@dataclass(frozen=True, slots=True)
class Picture:
    """A drawn lane. ``width`` and ``height`` are in units of the drawing, ``scale`` in pixels for one."""

    label: str
    count: int
    sentence: str
    width: int
    height: int
    scale: float
    strokes: tuple[Stroke, ...]


def draw(lanes: Sequence[Lane]) -> tuple[Picture, ...]:
    """Draw lanes side by side at one scale."""
    most = max((len(lane.cells) for lane in lanes), default=0)
    across, scale = next((one[1:] for one in _SCALES if most <= one[0]), _SCALES[-1][1:])
    rows = max(1, -(-most // across))
    return tuple(_lane(lane, across, rows, scale) for lane in lanes)


def symbol(kind: Kind) -> str:
    """The path of one cell, for a legend."""
    return f"M1 1{_SHAPES[kind]}"


def _lane(lane: Lane, across: int, rows: int, scale: float) -> Picture:
    paths: dict[Kind, list[str]] = defaultdict(list)
    for number, cell in enumerate(lane.cells):
        row, column = divmod(number, across)
        # Lanes are filled from the bottom, as a heap of blocks would be.
        x, y = column * PITCH + 1, (rows - 1 - row) * PITCH + 1
        shape = _SHAPES[cell.kind]
        if shape == _POINT:
            paths[cell.kind].append(f"M{x + 4} {y + 4}h0")
        else:
            paths[cell.kind].append(f"M{x} {y}{shape}")
    return Picture(
        label=lane.label,
        count=lane.count,
        sentence=lane.sentence,
        width=across * PITCH,
        height=rows * PITCH,
        scale=scale,
        strokes=tuple(Stroke(kind, "".join(path)) for kind, path in paths.items()),
    )
