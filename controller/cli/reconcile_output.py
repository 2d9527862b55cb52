"""How ``reconcile`` prints what it planned, did or reached."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from controller.cli.gather import sights_of
from controller.cli.picture import draw, lanes_now
from controller.cli.plan_markdown import plan_markdown
from controller.cli.plan_text import approval_lines, fleet_head, plan_text
from controller.engine.converge import End
from controller.engine.outcome import Verb
from controller.formats.age import human_duration
from controller.formats.plan_document import plan_document
from controller.formats.rows import PlanView, Unplanned, blocked_sentences
from controller.formats.sighting import Sighting
from controller.formats.words import counted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from controller.cli.options import Show
    from controller.cli.screen import Screen
    from controller.core.steps import Plan
    from controller.engine.converge import Convergence
    from controller.engine.outcome import Outcome
    from controller.engine.report import PassReport
    from controller.formats.instances import FleetSight
    from controller.spec.values import Fleet
    from providers.base import Json

_DONE = {
    Verb.ENSURE_SET: "scale set",
    Verb.CREATE: "creation",
    Verb.DELETE: "deletion",
    Verb.TAG: "tag change",
    Verb.MARK: "tombstone change",
    Verb.DELETE_SET: "scale set deletion",
    Verb.OPERATE: "installation",
    Verb.SWEEP: "leftover",
}

_ENDS = {
    End.CONVERGED: "Converged: every fleet is as its spec says",
    End.BLOCKED: "Stopped: what remains is blocked, and waiting does not help",
    End.TIMEOUT: "Stopped: the time was up before everything was done",
    End.FAILED: "Stopped: a fleet fails again and again",
}


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a command. ``errors`` tells of each fleet without a plan why there is none."""

    fleets: tuple[Fleet, ...]
    reports: tuple[PassReport, ...]
    dry_run: bool
    errors: Mapping[str, str] = field(default_factory=dict)
    ended: Convergence | None = None

    @property
    def plans(self) -> tuple[Plan, ...]:
        """The plans that were made."""
        return tuple(report.plan for report in self.reports if report.plan is not None)

    @property
    def views(self) -> tuple[PlanView, ...]:
        """The plans with what they were made from."""
        known = {fleet.name: fleet for fleet in self.fleets}
        return tuple(
            PlanView(report.plan, Sighting(known[report.fleet], report.observed))
            for report in self.reports
            if report.plan is not None and report.observed is not None
        )

    @property
    def unplanned(self) -> tuple[Unplanned, ...]:
        """Fleets without a plan, for people."""
        return tuple(Unplanned(fleet, why) for fleet, why in self.errors.items())


def print_result(result: Result, show: Show, *, command: str, paths: str = "") -> None:
    """Print data to stdout in the format that was asked for."""
    if show.output in {"json", "yaml"}:
        show.document(document(result))
    elif show.output == "markdown":
        show.data(
            plan_markdown(result.views, unplanned=result.unplanned, command=command, paths=paths)
        )
    elif result.ended is not None:
        show.data(end_text(result, result.ended, show.out, command=command))
    else:
        text = plan_text(
            result.views,
            show.out,
            unplanned=result.unplanned,
            command=command,
            verbose=show.verbose > 0,
        )
        show.data(text + done_text(result, show.out))


def document(result: Result) -> dict[str, Json]:
    """The plan document; after a pass that was no dry run, each fleet has its ``outcomes`` too."""
    made = plan_document(result.plans, result.errors)
    if result.dry_run:
        return made
    outcomes: dict[str, Json] = {
        report.fleet: [_outcome(one) for one in report.outcomes] for report in result.reports
    }
    end: dict[str, Json] = {} if result.ended is None else {"ended": str(result.ended.end)}
    return made | {"outcomes": outcomes} | end


def done_text(result: Result, screen: Screen) -> str:
    """What the platform accepted, after a pass that was no dry run."""
    if result.dry_run:
        return ""
    lines = [
        screen.wrap(f"{report.fleet}: {accepted_words(report.outcomes)}", "    ").removeprefix(
            "    "
        )
        for report in result.reports
        if report.outcomes
    ]
    if any(report.changed for report in result.reports):
        lines.append("To see it through: add --until-converged.")
    return "\n" + "\n".join(lines) + "\n" if lines else ""


def accepted_words(outcomes: Sequence[Outcome]) -> str:
    """``accepted: 1 scale set, 6 creations; not accepted: 1``."""
    parts = [
        counted(count, word)
        for verb, word in _DONE.items()
        if (count := sum(one.accepted and one.verb is verb for one in outcomes))
    ]
    refused = sum(one.error is not None for one in outcomes)
    unsent = sum(not one.accepted and one.error is None for one in outcomes)
    words = f"accepted: {', '.join(parts) or 'nothing'}"
    words += f"; not accepted: {refused}" if refused else ""
    return words + (f"; not sent: {unsent}" if unsent else "")


def end_text(result: Result, ended: Convergence, screen: Screen, *, command: str) -> str:
    """Where each fleet stands after the last pass, and why no further pass was made."""
    blocks = [
        _standing(sight, screen, command) for sight in sights_of(result.fleets, result.reports)
    ]
    blocks += [
        [f"{name}", screen.wrap(f"! {why}", "    ", first="  ")]
        for name, why in result.errors.items()
    ]
    passes = counted(ended.rounds, "round")
    sentence = f"{_ENDS[ended.end]}, after {passes} and {human_duration(ended.seconds)}."
    return "\n\n".join("\n".join(block) for block in [*blocks, [screen.wrap(sentence)]]) + "\n"


def _standing(sight: FleetSight, screen: Screen, command: str) -> list[str]:
    view = PlanView(sight.plan, sight.sighting)
    lines = fleet_head(view, screen)
    lines += draw(lanes_now(sight.plan, sight.sighting), screen)
    lines += [screen.wrap(one, "    ", first="  ! ") for one in blocked_sentences(sight.plan)]
    if sight.status.summary != "Ready":
        lines += [screen.wrap(note, "        ", first="  Note: ") for note in sight.plan.notes]
    if sight.plan.approval and not sight.plan.approval.given:
        lines += approval_lines(sight.plan.approval, view, screen, command)
    return lines


def _outcome(outcome: Outcome) -> dict[str, Json]:
    return {
        "verb": str(outcome.verb),
        "instance": outcome.instance,
        "accepted": outcome.accepted,
        "sentence": outcome.sentence,
    }
