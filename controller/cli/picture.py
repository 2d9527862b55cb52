"""A small picture of zones or fault domains: one bar for each, before and after, with counts.

::

              before       after
      zone 1  RRS·   3  →  RRS·   3
      zone 2  RL··   2  →  RLrs   4

A fleet too large for one cell per member gets one cell for every n of a kind, and a line that says so.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.cli.columns import pad
from controller.cli.marks import Mark, marks_after, marks_before
from controller.cli.screen import Paint
from controller.formats.aspects import domain_label, domains_in_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.cli.marks import Marks
    from controller.cli.screen import Screen
    from controller.core.steps import Plan, SpreadReport
    from controller.formats.sighting import Sighting

_INDENT = "    "
_LONGEST_BAR = 24
_COMPACT_CELLS = 24
_PAINTS = {
    Mark.REGULAR: Paint.REGULAR_CELL,
    Mark.SPOT: Paint.SPOT_CELL,
    Mark.LOCKED: Paint.LOCKED_CELL,
    Mark.HELD: Paint.HELD_CELL,
    Mark.BROKEN: Paint.BROKEN_CELL,
    Mark.NEW_REGULAR: Paint.ADDED,
    Mark.NEW_SPOT: Paint.ADDED,
    Mark.LEAVING: Paint.REMOVED,
    Mark.PLAIN: Paint.REGULAR_CELL,
}


@dataclass(frozen=True, slots=True)
class Lane:
    """One domain of a picture: its letters before and after, in order."""

    label: str
    before: tuple[Mark, ...]
    after: tuple[Mark, ...]

    @property
    def counts(self) -> tuple[int, int]:
        """Members before and after. One that is being deleted is drawn and not counted."""
        return (
            sum(mark is not Mark.LEAVING for mark in self.before),
            sum(mark is not Mark.LEAVING for mark in self.after),
        )


def lanes_of(plan: Plan, sighting: Sighting | None) -> tuple[Lane, ...]:
    """The lanes of a plan; without a sighting, members are plain cells."""
    spread = plan.spread
    before, after = _counted(spread) if sighting is None else _seen(plan, sighting)
    return tuple(
        Lane(domain_label(spread, name), before.get(name, ()), after.get(name, ()))
        for name in domains_in_order(spread, before.keys() | after.keys())
    )


def lanes_now(plan: Plan, sighting: Sighting) -> tuple[Lane, ...]:
    """The lanes of what stands now, with nothing planned."""
    return tuple(Lane(lane.label, lane.before, lane.before) for lane in lanes_of(plan, sighting))


def draw(lanes: Sequence[Lane], screen: Screen) -> list[str]:
    """The lines of a picture. With nothing changed there is one column of bars, not two."""
    if not lanes:
        return []
    changed = any(lane.before != lane.after for lane in lanes)
    scale = scale_of(lanes)
    label = max(len(lane.label) for lane in lanes)
    bars = [row for lane in lanes for row in (lane.before, lane.after)]
    length = max(len(_cells(row, scale)) for row in bars)
    digits = max(len(str(count)) for lane in lanes for count in lane.counts)
    lines = [_head(label, max(length, 6) + digits + 2)] if changed else []
    for lane in lanes:
        line = f"{_INDENT}{pad(lane.label, label)}  " + _bar(lane.before, scale, length, screen)
        line += f"  {lane.counts[0]:>{digits}}"
        if changed:
            gap = " " * max(0, 6 - length)
            arrow = screen.glyph("→", ">")
            line += f"{gap}  {arrow}  " + _bar(lane.after, scale, length, screen)
            line += f"  {lane.counts[1]:>{digits}}"
        lines.append(line)
    if scale > 1:
        lines.append(f"{_INDENT}each cell stands for up to {scale} members of its kind")
    return lines


def scale_of(lanes: Sequence[Lane]) -> int:
    """Members per cell, so that no bar is longer than it may be."""
    scale = 1
    while any(
        len(_cells(row, scale)) > _LONGEST_BAR
        for lane in lanes
        for row in (lane.before, lane.after)
    ):
        scale += 1
    return scale


def compact(lanes: Sequence[Lane], screen: Screen) -> str:
    """What stands in each domain on one line, for progress: ``1 RRS  2 RRs  3 RR``.

    A large fleet gets one cell for every n of a kind, and ``x n`` at the end.
    """
    bars = [lane.before for lane in lanes]
    scale = 1
    while sum(len(_cells(bar, scale)) for bar in bars) > _COMPACT_CELLS and scale < max(
        map(len, bars)
    ):
        scale += 1
    parts = [_compact_lane(lane, scale, screen) for lane in lanes]
    return "  ".join([*parts, f"x{scale}"] if scale > 1 else parts)


def letters_in(lanes: Sequence[Lane]) -> tuple[Mark, ...]:
    """The letters that a legend has to explain, in their order."""
    found = {mark for lane in lanes for row in (lane.before, lane.after) for mark in row}
    return tuple(mark for mark in Mark if mark in found)


def _compact_lane(lane: Lane, scale: int, screen: Screen) -> str:
    name = lane.label.removeprefix("zone ").replace("fault domain ", "FD")
    drawn = _drawn(_cells(lane.before, scale), screen)
    return f"{name} {drawn or screen.glyph('·', '.')}"


def _drawn(cells: Sequence[Mark], screen: Screen) -> str:
    return "".join(screen.paint(_letter(mark, screen), _PAINTS[mark]) for mark in cells)


def _head(label: int, column: int) -> str:
    return f"{_INDENT}{' ' * label}  {'before':<{column}}     after"


def _bar(row: tuple[Mark, ...], scale: int, length: int, screen: Screen) -> str:
    cells = _cells(row, scale)
    return _drawn(cells, screen) + screen.paint(
        screen.glyph("·", ".") * (length - len(cells)), Paint.MUTED
    )


def _letter(mark: Mark, screen: Screen) -> str:
    return screen.glyph(mark, "#") if mark is Mark.PLAIN else mark


def _cells(row: tuple[Mark, ...], scale: int) -> list[Mark]:
    # Rounded up for each kind, so that one locked member among a thousand still has its letter.
    counts = Counter(row)
    return [mark for mark in Mark for _ in range(-(-counts[mark] // scale))]


def _counted(spread: SpreadReport) -> tuple[Marks, Marks]:
    before = {**spread.outside, **spread.before}
    after = {**spread.outside, **spread.after}
    return (
        {name: (Mark.PLAIN,) * count for name, count in before.items()},
        {name: (Mark.PLAIN,) * count for name, count in after.items()},
    )


def _seen(plan: Plan, sighting: Sighting) -> tuple[Marks, Marks]:
    return marks_before(sighting), marks_after(sighting, plan)
