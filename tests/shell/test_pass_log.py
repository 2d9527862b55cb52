"""The canonical log line of a pass, on a console and as JSON."""

from __future__ import annotations

import io
import json

import pytest

from controller.engine.log import LogFormat, PassLog
from controller.engine.report import Incident, PassReport
from providers.errors import Rejected, Transient
from providers.simulated.scenario import Call, CallFailure
from tests.builders import NOW
from tests.shell.stage import a_provider, fail, one_pass, settled, web

KEYS = [
    "fleet",
    "pass",
    "desired",
    "observed",
    "creates",
    "deletes",
    "blocked",
    "notes",
    "look_again_seconds",
    "outcome",
]


def lines(
    report: PassReport, log_format: LogFormat = "json", *, details: bool = False
) -> list[str]:
    """What is written for one report."""
    stream = io.StringIO()
    PassLog(log_format, details=details, stream=stream).write(report)
    return stream.getvalue().splitlines()


def test_pass_has_one_line() -> None:
    """A pass is one line with the keys of the closed list, in their order."""
    (line,) = lines(one_pass(web(3), a_provider()))
    written = json.loads(line)
    assert [key for key in written if key in KEYS] == KEYS
    assert set(written) - set(KEYS) == {"event", "level", "time"}
    assert (written["event"], written["level"]) == ("pass", "info")
    assert (written["desired"], written["observed"], written["creates"]) == (3, 0, 3)
    assert (written["deletes"], written["outcome"]) == (0, "changes")


def test_console_line_is_readable() -> None:
    """On a console the same line is plain text without colour."""
    (line,) = lines(one_pass(web(3), settled(web(3))), "console")
    assert " pass " in line
    assert "fleet=web pass=1 desired=3 observed=3 creates=0 deletes=0 blocked=0" in line
    assert "\x1b" not in line


def test_accepted_actions_are_counted() -> None:
    """What was refused is not counted as created, and the refusal is among the notes."""
    provider = settled(web(2), fail(Call.CREATE, CallFailure.FORBIDDEN, skip=1))
    written = json.loads(lines(one_pass(web(5), provider))[0])
    assert (written["creates"], written["outcome"]) == (2, "failed")
    assert any("AuthorizationFailed" in note for note in written["notes"])


def test_blind_pass_is_told() -> None:
    """A pass that saw nothing has null where it has no numbers, and says why."""
    report = PassReport("web", 4, NOW, 30, error=Transient("ServiceUnavailable", "try later"))
    written = json.loads(lines(report)[0])
    assert (written["desired"], written["observed"], written["blocked"]) == (None, None, None)
    assert written["notes"] == ["ServiceUnavailable: try later"]
    assert (written["pass"], written["outcome"]) == (4, "provider unreachable")


def test_details_name_each_action() -> None:
    """With details, each action has a line of its own below the pass."""
    found = [json.loads(line) for line in lines(one_pass(web(2), a_provider()), details=True)]
    assert [(one["event"], one.get("verb"), one.get("instance")) for one in found] == [
        ("pass", None, None),
        ("action", "ensureSet", None),
        ("action", "create", "web-000001"),
        ("action", "create", "web-000002"),
    ]


@pytest.mark.parametrize(("details", "traced"), [(False, False), (True, True)])
def test_trace_is_a_detail(details: bool, traced: bool) -> None:
    """The trace of an incident is written only when details are asked for; its id always is."""
    incident = Incident("1a2b3c4d", "internal error (incident 1a2b3c4d)", "Traceback: secret place")
    report = PassReport("web", 1, NOW, 30, incident=incident)
    found = [json.loads(line) for line in lines(report, details=details)]
    assert [one["event"] for one in found] == ["pass", "incident"]
    assert found[1]["id"] == "1a2b3c4d"
    assert ("trace" in found[1]) is traced


def test_lines_stay_lines() -> None:
    """A provider's text with line breaks does not break a line."""
    report = PassReport("web", 1, NOW, 30, error=Rejected("Bad", "one\ntwo\x1b[31m"))
    formats: list[LogFormat] = ["json", "console"]
    for log_format in formats:
        (line,) = lines(report, log_format)
        assert "one" in line
        assert "\x1b" not in line
