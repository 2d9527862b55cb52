"""A saved plan read back, to be compared with a plan made anew before anything of it is carried out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic import JsonValue

from controller.formats.plan_document import step_entry
from controller.formats.reading import DocumentError, Shape, read_shape

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from controller.core.steps import Plan
    from providers.base import Json


_Entry = dict[str, JsonValue]


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """One fleet's plan as far as it matters later: its hash, and its steps as the document has them."""

    fleet: str
    hash: str
    steps: Sequence[Mapping[str, Json]]


def read_plan(text: str, source_name: str = "the saved plan") -> dict[str, SavedPlan]:
    """Read a plan document: by fleet, what was planned.

    Raises ``DocumentError`` when the text is no such document, has a fleet twice, or tells of errors:
    a plan that lacks a fleet is not carried out.
    """
    document = read_shape(text, source_name, _PlanShape, "a plan document")
    if document.errored:
        problem = "errored: the plan was made with errors; mend them and plan again"
        raise DocumentError(source_name, [problem])
    plans = {
        shape.fleet: SavedPlan(shape.fleet, shape.hash, shape.steps) for shape in document.fleets
    }
    if len(plans) < len(document.fleets):
        raise DocumentError(source_name, ["fleets: one fleet is in it twice"])
    return plans


def what_moved(old: SavedPlan, new: Plan) -> tuple[str, ...]:
    """In words, how a plan made now differs from the saved one; empty if it is the same plan."""
    if old.hash == new.hash:
        return ()
    before = dict(_intents(old.steps))
    after = dict(_intents([step_entry(step) for step in new.steps]))
    lines = [
        f"{name}: {before[name]} was planned, and is not any more"
        for name in before
        if name not in after
    ]
    lines += [
        f"{name}: {before[name]} was planned, now it is {intent}"
        if name in before
        else f"{name}: {intent} is planned now, and was not"
        for name, intent in after.items()
        if before.get(name) != intent
    ]
    return tuple(lines) or ("the steps are the same, but what they rest on has changed",)


def _intents(steps: Sequence[Mapping[str, Json]]) -> Iterator[tuple[str, str]]:
    """What each instance, or the set, has to expect."""
    for step in steps:
        verb = str(step.get("verb"))
        if verb == "create":
            yield str(step.get("instance")), _creation(step)
        elif verb == "delete":
            names = step.get("instances")
            for name in names if isinstance(names, (list, tuple)) else ():
                yield str(name), f"deletion ({step.get('reason')})"
        elif verb == "ensureSet":
            yield "the scale set", "creation"
        elif verb == "sweep":
            yield str(step.get("resource")).rpartition("/")[2], f"sweep ({step.get('action')})"
        else:
            yield str(step.get("instance")), f"{verb} ({step.get('reason')})"


def _creation(step: Mapping[str, Json]) -> str:
    place = ""
    if step.get("zone") is not None:
        place = f" in zone {step['zone']}"
    elif step.get("faultDomain") is not None:
        place = f" in fault domain {step['faultDomain']}"
    return f"creation{place} as {step.get('size')}, {step.get('priority')}"


class _FleetShape(Shape):
    """What of a fleet's entry is read back."""

    fleet: str
    hash: str
    steps: tuple[_Entry, ...]


class _PlanShape(Shape):
    """What of a plan document is read back."""

    errored: bool
    fleets: tuple[_FleetShape, ...]
