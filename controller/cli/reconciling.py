"""What ``reconcile`` does: plan from a file, plan live, one pass, a saved plan, or passes to the end."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from controller.cli.gather import say_trouble
from controller.cli.leasing import Leasing, Right
from controller.cli.options import DEFAULT_STATE, DEFAULT_TIMEOUT_SECONDS
from controller.cli.place import opened_provider
from controller.cli.progress import progress
from controller.cli.reconcile_output import Result, print_result
from controller.cli.recording import recorded
from controller.cli.saved_plans import apply_saved, plan_from_observation, save_plan
from controller.cli.specs import load_specs
from controller.cli.verdicts import end_code, exit_code
from controller.core.limits import approval_token
from controller.engine.converge import converge
from controller.engine.reconcile import reconcile_once

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from controller.cli.options import Show, Source
    from controller.cli.specs import Loaded
    from controller.engine.compose import Composition
    from controller.engine.converge import Convergence
    from controller.engine.reconcile import Between
    from controller.engine.report import PassReport
    from controller.spec.values import Fleet


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for. The options have been checked against each other."""

    paths: tuple[str, ...]
    source: Source
    show: Show
    leasing: Leasing
    dry_run: bool = False
    until_converged: bool = False
    timeout: float | None = None
    observed: Path | None = None
    out: Path | None = None
    saved: Path | None = None
    audit: Path | None = None
    tokens: tuple[str, ...] = ()
    detailed_exitcode: bool = False

    @property
    def command(self) -> str:
        """The command as it can be typed again, to add ``--approve`` to it."""
        state = self.source.state
        chosen = [] if str(state) == DEFAULT_STATE else ["--state", str(state or "none")]
        chosen += self.source.azure_words
        chosen += [] if self.leasing.where is None else ["--lease", self.leasing.where]
        return shlex.join(["evenkeel", "reconcile", *self.paths, *chosen])


def reconcile(request: Request) -> int:
    """Do what was asked for, print it, and return the exit code."""
    show = request.show
    where = f"no provider: planning from {request.observed}" if request.observed else ""
    show.say(f"evenkeel: {where or request.source.sentence}")
    specs = load_specs(request.paths, show)
    fleets = approve(specs.fleets, request.tokens, show)
    result = _carry_out(request, fleets)
    say_trouble(result.reports, show)
    result = replace(result, errors=_errors(specs, result.reports))
    if request.out is not None:
        save_plan(request.out, result)
    print_result(result, show, command=request.command, paths=" ".join(request.paths))
    return _code(request, result, broken=specs.has_errors)


def approve(fleets: Sequence[Fleet], tokens: Sequence[str], show: Show) -> tuple[Fleet, ...]:
    """Put each token into the fleet that it belongs to; one that belongs to none is told."""
    expected = {approval_token(fleet): fleet.name for fleet in fleets}
    for token in tokens:
        if token not in expected:
            show.say(
                f"evenkeel: the token {token} approves nothing here: "
                "it belongs to another fleet, or the spec has changed since"
            )
    # Only into the fleet it belongs to: another one may carry a token of its own in its spec.
    given = {expected[token]: token for token in tokens if token in expected}
    return tuple(replace(fleet, approval=given.get(fleet.name, fleet.approval)) for fleet in fleets)


def _carry_out(request: Request, fleets: Sequence[Fleet]) -> Result:
    if request.observed is not None:
        reports = plan_from_observation(request.observed, fleets)
        return Result(tuple(fleets), reports, dry_run=True)
    if request.dry_run:
        with opened_provider(request.source, read_only=True) as place:
            reports = place.run(reconcile_once(fleets, place.provider, place.clock, dry_run=True))
            _log(request.show, reports)
        return Result(tuple(fleets), reports, dry_run=True)
    from controller.engine.tenancy import mutation_seconds

    rights = request.leasing.settings(request.source, "reconcile")
    with (
        opened_provider(request.source, mutation_seconds=mutation_seconds(rights)) as place,
        recorded(request.audit, request.paths, place, request.show) as between,
    ):
        return _change(request, Right(place, rights, fleets), between)


def _change(request: Request, right: Right, between: Between | None) -> Result:
    """Make passes that may change something, while the right to do so is held."""
    if request.until_converged:
        return _until_converged(request, right, between)
    saved, fleets = request.saved, right.fleets

    async def once(fenced: Composition) -> tuple[PassReport, ...]:
        if saved is not None:
            return await apply_saved(saved, fleets, fenced, between)
        return await reconcile_once(fleets, fenced.provider, fenced.clock, between=between)

    reports = right.run(once)
    _log(request.show, reports)
    return Result(tuple(fleets), reports, dry_run=False)


def _until_converged(request: Request, right: Right, between: Between | None) -> Result:
    show, fleets = request.show, right.fleets
    timeout = DEFAULT_TIMEOUT_SECONDS if request.timeout is None else request.timeout
    named = {fleet.name: fleet for fleet in fleets}
    with progress(named, show.err, show.say, right.place.clock.now) as note:

        async def all_passes(fenced: Composition) -> Convergence:
            return await converge(
                fleets,
                fenced.provider,
                fenced.clock,
                timeout_seconds=timeout,
                on_pass=_noting(show, note),
                between=between,
            )

        ended = right.run(all_passes)
    return Result(tuple(fleets), ended.reports, dry_run=False, ended=ended)


def _noting(show: Show, note: Callable[[PassReport], None]) -> Callable[[PassReport], None]:
    def both(report: PassReport) -> None:
        note(report)
        _log(show, [report])

    return both


def _log(show: Show, reports: Sequence[PassReport]) -> None:
    if not show.verbose and show.log_format == "console":
        return
    from controller.engine.log import PassLog

    log = PassLog("json" if show.log_format == "json" else "console", details=show.verbose > 0)
    for report in reports:
        log.write(report)


def _errors(specs: Loaded, reports: Sequence[PassReport]) -> dict[str, str]:
    """Why there is no plan, by fleet. A spec whose name cannot be read goes by its place."""
    errors = {
        one.name or f"{one.file}:{one.line}": f"its spec is broken ({one.file}:{one.line})"
        for one in specs.broken
    }
    errors |= {d.file: d.message for d in specs.diagnostics if d.is_error and not d.line}
    for report in reports:
        if report.plan is None:
            errors[report.fleet] = next(iter(report.trouble), "it could not be seen")
        elif report.violations:
            errors[report.fleet] = report.violations[0]
    return errors


def _code(request: Request, result: Result, *, broken: bool) -> int:
    detailed = request.detailed_exitcode
    if result.ended is None:
        return exit_code(result.reports, broken=broken, detailed=detailed)
    code = exit_code(result.reports, broken=broken, detailed=False)
    return end_code(result.ended.end, code, detailed=detailed)
