"""Says at the end of a run what was left out, if anything was."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

LEFT_OUT = "were left out"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Write one line for each part of the proof that was skipped because what it needs is missing."""
    reasons = [str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])]
    texts = {
        reason.partition("Skipped: ")[2].rstrip("')\"") for reason in reasons if LEFT_OUT in reason
    }
    for text in sorted(texts):
        terminalreporter.write_line(text, yellow=True)
