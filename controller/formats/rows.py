"""A plan as rows: what text and Markdown have in common."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from controller.core.steps import Create, Delete, DeleteSet, EnsureSet, Install, MarkSet, Sweep, Tag
from controller.formats.words import moment, place_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from controller.core.steps import Blocked, Plan, SpreadReport, Step, Victim
    from controller.formats.sighting import Sighting
    from providers.base import Instance


class Symbol(StrEnum):
    """What happens to an instance, as in Terraform."""

    CREATE = "+"
    DELETE = "-"
    CHANGE = "~"
    REPLACE = "-/+"


MEANINGS: Mapping[Symbol, str] = {
    Symbol.CREATE: "create",
    Symbol.DELETE: "delete",
    Symbol.CHANGE: "change",
    Symbol.REPLACE: "replace",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One instance, leftover, or the scale set, and what the plan does with it. Unknown columns are empty."""

    symbol: Symbol
    name: str
    place: str
    size: str
    priority: str
    reason: str
    why: str
    runner_up: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The cells after the symbol."""
        return (self.name, self.place, self.size, self.priority, self.reason)


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan, and what it was made from as far as that is at hand."""

    plan: Plan
    sighting: Sighting | None = None


@dataclass(frozen=True, slots=True)
class Unplanned:
    """A fleet without a plan, and the sentence that says why."""

    fleet: str
    why: str


@dataclass(frozen=True, slots=True)
class Totals:
    """Instances and ended scale sets over all plans. A replacement counts among ``create``, as its end does in ``delete``."""

    create: int
    change: int
    delete: int
    replace: int
    unchanged: int
    blocked: int
    waiting: int
    swept: int = 0

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to do and nothing prevented."""
        return not (self.create or self.change or self.delete or self.blocked or self.swept)

    @property
    def line(self) -> str:
        """The summary: ``Plan: 2 to add, 0 to change, 0 to destroy.`` and nothing else."""
        return f"Plan: {self.create} to add, {self.change} to change, {self.delete} to destroy."

    @property
    def rest(self) -> str:
        """``4 unchanged, 1 blocked.``: what the line does not say; empty if that is nothing."""
        parts = (
            (self.replace, "of the added replace a member"),
            (self.unchanged, "unchanged"),
            (self.blocked, "blocked"),
            (self.waiting, "waiting for approval"),
            (self.swept, "left over"),
        )
        said = ", ".join(f"{count} {words}" for count, words in parts if count)
        return f"{said[0].upper()}{said[1:]}." if said else ""


def rows_of(view: PlanView) -> tuple[Row, ...]:
    """One row for each instance that a step touches, in the plan's order."""
    sighting = view.sighting
    known = {m.name: m.instance for m in sighting.observed.members} if sighting else {}
    return tuple(row for step in view.plan.steps for row in _rows(step, known))


def totals_of(plans: Sequence[Plan]) -> Totals:
    """Add up plans. A plan that waits for approval is counted with what it would do."""
    steps = [step for plan in plans for step in plan.steps]
    creates = [step for plan in plans for step in plan.creates]
    return Totals(
        create=len(creates),
        change=sum(isinstance(step, Tag | MarkSet | Install) for step in steps),
        delete=sum(len(plan.victims) for plan in plans)
        + sum(isinstance(step, DeleteSet) for step in steps),
        replace=sum(step.replaces is not None for step in creates),
        unchanged=sum(plan.unchanged for plan in plans),
        blocked=sum(len(plan.blocked) for plan in plans),
        waiting=sum(plan.approval is not None and not plan.approval.given for plan in plans),
        swept=sum(len(plan.sweeps) for plan in plans),
    )


def spread_sentence(spread: SpreadReport) -> str:
    """How even the fleet is and will be, against what is wanted and what is possible."""
    if spread.domain == "region":
        return "the platform spreads the members; where they stand cannot be seen"
    now = (
        f"skew {spread.skew_before} now, {spread.skew_after} after this plan"
        if spread.skew_before != spread.skew_after
        else f"skew {spread.skew_before}"
    )
    return f"{now} (at most {spread.wanted_skew} wanted)"


def blocked_sentences(plan: Plan) -> list[str]:
    """What was prevented, as ``web-000001: Locked: CanNotDelete on the instance``.

    The time at which an obstacle ends is added where one is known; equal sentences are counted.
    """
    found = Counter(_blocked_sentence(one) for one in plan.blocked)
    return [f"{text} ({count} times)" if count > 1 else text for text, count in found.items()]


def symbols_in(rows: Iterable[Row]) -> tuple[Symbol, ...]:
    """The symbols that a legend has to explain, in their order."""
    found = {row.symbol for row in rows}
    return tuple(symbol for symbol in Symbol if symbol in found)


def _blocked_sentence(blocked: Blocked) -> str:
    whom = f"{blocked.instance}: " if blocked.instance else ""
    end = f", until {moment(blocked.until)}" if blocked.until else ""
    return f"{whom}{blocked.reason}: {blocked.detail}{end}"


def _rows(step: Step, known: Mapping[str, Instance]) -> list[Row]:
    match step:
        case EnsureSet():
            return [_set_row(step)]
        case Create():
            return [_create_row(step)]
        case Delete():
            return [_victim_row(one, step, known.get(one.instance)) for one in step.victims]
        case Tag() | Install():
            return [_change_row(step, known.get(step.instance))]
        case MarkSet() | DeleteSet():
            symbol = Symbol.DELETE if isinstance(step, DeleteSet) else Symbol.CHANGE
            return [Row(symbol, "the scale set", "", "", "", step.reason, step.why)]
        case Sweep():
            symbol = Symbol.CHANGE if step.marks else Symbol.DELETE
            return [Row(symbol, step.name, "", "", "", step.reason, step.why)]


def _set_row(step: EnsureSet) -> Row:
    count = step.fault_domain_count
    place = f"over zones {', '.join(step.zones)}" if step.zones else f"over {count} fault domains"
    if not step.zones and count == 1:
        place = "with max spreading"
    return Row(Symbol.CREATE, f"the scale set {place}", "", "", "", step.reason, step.why)


def _create_row(step: Create) -> Row:
    return Row(
        Symbol.REPLACE if step.replaces else Symbol.CREATE,
        step.instance,
        place_of(step.zone, step.fault_domain),
        step.size,
        step.priority,
        step.reason,
        f"replaces {step.replaces}: {step.why}" if step.replaces else step.why,
        step.runner_up,
    )


def _victim_row(victim: Victim, step: Delete, instance: Instance | None) -> Row:
    return Row(
        Symbol.DELETE,
        victim.instance,
        place_of(instance.zone, instance.fault_domain) if instance else "",
        instance.size if instance else "",
        instance.priority if instance else "",
        step.reason,
        victim.why,
        victim.runner_up,
    )


def _change_row(step: Tag | Install, instance: Instance | None) -> Row:
    return Row(
        Symbol.CHANGE,
        step.instance,
        place_of(instance.zone, instance.fault_domain) if instance else "",
        instance.size if instance else "",
        instance.priority if instance else "",
        step.reason,
        step.why,
    )
