"""One exit code for many passes, by the table of the contract."""

from __future__ import annotations

from dataclasses import replace

import pytest

from controller.cli.exits import Exit
from controller.cli.verdicts import end_code, exit_code, trouble_lines
from controller.core.steps import Blocked, Prevented
from controller.engine.converge import End
from controller.engine.outcome import Verb, accepted, refused
from controller.engine.report import PassReport
from providers.errors import Locked, Rejected, Throttled, Transient
from tests.cli import views

_QUIET = views.plan(before={"1": 2}, after={"1": 2})
_BUSY = views.plan(views.create(7, "1"), before={"1": 1}, after={"1": 2})
_STUCK = replace(_QUIET, blocked=(Blocked(Prevented.LOCKED, "CanNotDelete", "web-000001"),))

_NOTHING = PassReport("web", 1, views.NOON, 300, plan=_QUIET)
_CHANGES = replace(_NOTHING, plan=_BUSY)
_BLOCKED = replace(_NOTHING, plan=_STUCK)
_UNREACHABLE = PassReport("web", 1, views.NOON, 30, error=Transient("ServiceUnavailable", "later"))
_THROTTLED = replace(_UNREACHABLE, error=Throttled("TooManyRequests", "later", until=views.NOON))
_FAILED = replace(_UNREACHABLE, error=Rejected("InvalidParameter", "no"))
_BROKEN_RULE = replace(_NOTHING, violations=("a locked member would be deleted",))


@pytest.mark.parametrize(
    ("reports", "plain", "detailed"),
    [
        ((), Exit.DONE, Exit.DONE),
        ((_NOTHING,), Exit.DONE, Exit.DONE),
        ((_NOTHING, _CHANGES), Exit.DONE, Exit.CHANGES),
        ((_CHANGES, _BLOCKED), Exit.DONE, Exit.BLOCKED),
        ((_UNREACHABLE, _NOTHING), Exit.UNREACHABLE, Exit.UNREACHABLE),
        ((_THROTTLED, _BLOCKED), Exit.THROTTLED, Exit.THROTTLED),
        ((_THROTTLED, _UNREACHABLE), Exit.UNREACHABLE, Exit.UNREACHABLE),
        ((_FAILED, _UNREACHABLE), Exit.ERROR, Exit.ERROR),
        ((_BROKEN_RULE,), Exit.ERROR, Exit.ERROR),
    ],
)
def test_code_of_passes(reports: tuple[PassReport, ...], plain: Exit, detailed: Exit) -> None:
    """The worst failure decides; what is pending counts only in detail."""
    assert exit_code(reports, broken=False, detailed=False) is plain
    assert exit_code(reports, broken=False, detailed=True) is detailed


@pytest.mark.parametrize("reports", [(), (_NOTHING,), (_UNREACHABLE,), (_BLOCKED,)])
def test_broken_spec_is_an_error(reports: tuple[PassReport, ...]) -> None:
    """A broken spec is an error, whatever the other fleets do."""
    assert exit_code(reports, broken=True, detailed=True) is Exit.ERROR


@pytest.mark.parametrize(
    ("end", "plain", "detailed"),
    [
        (End.CONVERGED, Exit.DONE, Exit.DONE),
        (End.BLOCKED, Exit.ERROR, Exit.BLOCKED),
        (End.TIMEOUT, Exit.ERROR, Exit.CHANGES),
    ],
)
def test_code_of_the_end(end: End, plain: Exit, detailed: Exit) -> None:
    """Passes that did not reach the end are an error, or in detail pending."""
    assert end_code(end, Exit.DONE, detailed=False) is plain
    assert end_code(end, Exit.DONE, detailed=True) is detailed


def test_failure_outranks_the_end() -> None:
    """A fleet that failed keeps its code, however the passes ended."""
    assert end_code(End.TIMEOUT, Exit.UNREACHABLE, detailed=True) is Exit.UNREACHABLE


def test_equal_refusals_are_one_line() -> None:
    """The same refusal for several instances is told once, with how many it met."""
    error = Locked("ScopeLocked", "locked")
    outcomes = (
        accepted(Verb.CREATE, "web-000001", "started"),
        refused(Verb.CREATE, "web-000002", error),
        refused(Verb.CREATE, "web-000003", error),
    )
    lines = list(trouble_lines(replace(_CHANGES, outcomes=outcomes)))
    assert lines[0] == "web-000002 and 1 more: ScopeLocked: locked"
    assert lines[1].startswith("cause: an Azure resource lock")


def test_good_pass_has_no_trouble() -> None:
    """A pass in which all went well has nothing to tell."""
    assert list(trouble_lines(_CHANGES)) == []
