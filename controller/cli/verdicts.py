"""From what passes tell to one exit code, and to sentences about what went wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.cli.exits import Exit
from controller.engine.converge import End
from controller.engine.report import Verdict
from controller.formats.failures import explain_failure

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from controller.engine.report import PassReport

_FAILURES = (
    (Verdict.FAILED, Exit.ERROR),
    (Verdict.UNREACHABLE, Exit.UNREACHABLE),
    (Verdict.THROTTLED, Exit.THROTTLED),
)
_PENDING = ((Verdict.BLOCKED, Exit.BLOCKED), (Verdict.CHANGES, Exit.CHANGES))


def exit_code(reports: Sequence[PassReport], *, broken: bool, detailed: bool) -> Exit:
    """The code for a set of passes. ``broken``: a spec was wrong, which is an error whatever else was.

    Failures come first, the worst of them; what is pending counts only when ``detailed``. A change that
    was carried out and refused by nobody is not pending.
    """
    if broken:
        return Exit.ERROR
    found = {report.verdict for report in reports}
    for verdict, code in _FAILURES:
        if verdict in found:
            return code
    # Without the option a pending change is no error, as with terraform plan.
    if not detailed:
        return Exit.DONE
    return next((code for verdict, code in _PENDING if verdict in found), Exit.DONE)


def end_code(end: End, code: Exit, *, detailed: bool) -> Exit:
    """The code of passes until there is nothing to do. What was not reached is an error."""
    if end is End.CONVERGED or code is not Exit.DONE:
        return code
    if detailed:
        return Exit.BLOCKED if end is End.BLOCKED else Exit.CHANGES
    return Exit.ERROR


def trouble_lines(report: PassReport) -> Iterator[str]:
    """What went wrong in a pass, each with cause and cure where they are known."""
    for rule in report.violations:
        yield f"the plan would break a safety rule and was not carried out: {rule}"
    if report.incident is not None:
        yield report.incident.sentence
    if report.error is not None:
        yield from explain_failure(report.error.code, report.error.message)
    refused: dict[tuple[str, ...], list[str]] = {}
    for outcome in report.outcomes:
        if outcome.error is not None:
            said = explain_failure(outcome.error.code, outcome.error.message)
            refused.setdefault(said, []).append(outcome.instance or "the scale set")
    for said, names in refused.items():
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        yield f"{names[0]}{more}: {said[0]}"
        yield from said[1:]
