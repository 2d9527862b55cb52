"""Log lines: one for each pass, with the same keys in the same order. Imported only by who logs.

Nothing here is global: whoever wants lines opens a log on a stream and gives it the reports. Specs,
tags, documents and tokens are never logged.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Literal, TextIO

import structlog

from controller.formats.redact import redact

if TYPE_CHECKING:
    from datetime import datetime

    from structlog.typing import EventDict, Processor

    from controller.engine.report import PassReport

LogFormat = Literal["console", "json"]


class PassLog:
    """Writes reports as log lines. ``details`` adds one line for each outcome and traces of incidents."""

    def __init__(
        self, log_format: LogFormat, *, details: bool = False, stream: TextIO | None = None
    ) -> None:
        processors: list[Processor] = [
            structlog.processors.add_log_level,
            _without_secrets,
            _renderer(log_format),
        ]
        self._details = details
        self._logger = structlog.wrap_logger(
            structlog.PrintLogger(stream or sys.stderr),
            processors=processors,
            wrapper_class=structlog.BoundLogger,
            cache_logger_on_first_use=False,
        )

    def line(self, event: str, at: datetime, *, warning: bool = False, **facts: object) -> None:
        """Write a line about something else than a pass: a start, a standing, a lease."""
        bound = self._logger.bind(time=_moment(at))
        (bound.warning if warning else bound.info)(event, **facts)

    def write(self, report: PassReport) -> None:
        """Write the line of one pass."""
        bound = self._logger.bind(time=_moment(report.ended_at))
        bound.info("pass", **canonical(report))
        if self._details:
            for outcome in report.outcomes:
                bound.debug(
                    "action",
                    fleet=report.fleet,
                    verb=str(outcome.verb),
                    instance=outcome.instance,
                    accepted=outcome.accepted,
                    sentence=outcome.sentence,
                )
        if report.incident is not None:
            trace = {"trace": report.incident.trace} if self._details else {}
            bound.error("incident", fleet=report.fleet, id=report.incident.id, **trace)


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def canonical(report: PassReport) -> dict[str, object]:
    """The keys of a pass's line. ``creates`` and ``deletes`` count what was accepted."""
    plan = report.plan
    accepted = [str(outcome.verb) for outcome in report.outcomes if outcome.accepted]
    return {
        "fleet": report.fleet,
        "pass": report.number,
        "desired": plan.desired if plan else None,
        "observed": plan.observed if plan else None,
        "creates": accepted.count("create"),
        "deletes": accepted.count("delete"),
        "blocked": len(plan.blocked) if plan else None,
        "notes": [*(plan.notes if plan else ()), *report.trouble],
        "look_again_seconds": report.look_again_seconds,
        "outcome": str(report.verdict),
    }


def _without_secrets(_logger: object, _method: str, line: EventDict) -> EventDict:
    """Take secrets out of every value: texts of the platform may hold them."""
    return {key: redact(value) for key, value in line.items()}


def _renderer(log_format: LogFormat) -> Processor:
    if log_format == "json":
        return structlog.processors.JSONRenderer(ensure_ascii=False)
    return structlog.dev.ConsoleRenderer(colors=False, sort_keys=False, pad_event_to=0)
