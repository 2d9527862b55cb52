"""Why each action of a plan is taken, by action and instance: the plan's own words, for whoever records them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.core.steps import (
    Create,
    Delete,
    DeleteSet,
    EnsureSet,
    Install,
    MarkSet,
    Sweep,
    Tag,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from controller.core.steps import Plan, Step

SET = ""
"""Stands for the scale set where an instance's name would stand."""


@dataclass(frozen=True, slots=True)
class Because:
    """The reason of a step in one word, and the sentence that goes with it."""

    reason: str
    why: str


def reasons_of(plan: Plan) -> Mapping[tuple[str, str], Because]:
    """By verb, in the words of the executor, and instance. The set itself stands under ``SET``."""
    return {key: because for step in plan.steps for key, because in _of(step)}


def _of(step: Step) -> Iterator[tuple[tuple[str, str], Because]]:
    match step:
        case EnsureSet():
            yield ("ensureSet", SET), Because(step.reason.value, step.why)
        case Create():
            why = f"replaces {step.replaces}: {step.why}" if step.replaces else step.why
            yield ("create", step.instance), Because(step.reason.value, why)
        case Delete():
            for victim in step.victims:
                yield ("delete", victim.instance), Because(step.reason.value, victim.why)
        case Tag():
            yield ("tag", step.instance), Because(step.reason.value, step.why)
        case Install():
            yield ("operate", step.instance), Because(step.reason.value, step.why)
        case Sweep():
            yield ("sweep", step.name), Because(step.reason.value, step.why)
        case MarkSet():
            yield ("mark", SET), Because(step.reason.value, step.why)
        case DeleteSet():
            yield ("deleteSet", SET), Because(step.reason.value, step.why)
