"""A daemon's fleets in words: what ``describe`` and ``explain`` print, and what only a daemon knows beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.cli.columns import print_columns
from controller.cli.describe_text import Section, condition_lines, page, pairs, sections_of
from controller.cli.explain_text import (
    explain_document,
    explain_fleet_text,
    explain_instance_text,
)
from controller.cli.screen import Screen
from controller.formats.age import age, human_duration, last_seen
from controller.formats.words import counted
from controller.web.api import sight_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from controller.engine.board import FleetState, View
    from providers.base import Json

SHOWN_EVENTS = 20
"""So many events are told, the newest; the rest is a matter for ``get events``."""


class DaemonWords:
    """The texts that the daemon serves."""

    def describe(self, state: FleetState, view: View, now: datetime, width: int) -> str:
        """All sections of a fleet, seen or not."""
        screen = Screen(width=width)
        sight = sight_of(state)
        seen: list[Section] = (
            [("Conditions", condition_lines(state.conditions, screen) or ["  none yet"])]
            if sight is None
            else list(sections_of(sight, screen, watched=True))
        )
        daemon: Section = ("Daemon", _daemon(state, now, screen))
        events: Section = ("Events", _events(state, view, now, screen))
        return page(state.name, [*seen, daemon, events], screen, remark=_held(state, screen))

    def explain(self, state: FleetState, instance: str, now: datetime, width: int) -> str:
        """What would happen to a fleet or an instance. Raises LookupError for one that there is not."""
        screen = Screen(width=width)
        sight = sight_of(state)
        head = _held(state, screen)
        if sight is None:
            return f"{head}{screen.wrap(_unseen(state))}\n"
        following = _next_look(state, now)
        if instance:
            return head + explain_instance_text(sight, instance, screen, next_look=following)
        return head + explain_fleet_text(sight, screen, next_look=following)

    def explanation(self, state: FleetState, instance: str) -> Mapping[str, Json]:
        """The same for machines; of a fleet that was never seen nothing but that."""
        sight = sight_of(state)
        if sight is None:
            return {"fleet": state.name, "notes": [_unseen(state)]}
        return explain_document(sight, instance or None)


def _unseen(state: FleetState) -> str:
    return f"{state.name}: the daemon has not seen it yet; {state.why_next or 'no look is planned'}"


def _held(state: FleetState, screen: Screen) -> str:
    freeze = state.standing.freeze
    if freeze is None:
        return ""
    words = f"{state.name} is held as it is: {freeze.reason}: {freeze.detail}"
    return f"{screen.wrap(words, '  ', first='')}\n\n"


def _next_look(state: FleetState, now: datetime) -> str:
    if state.working:
        return "a pass is running now"
    if state.next_look is None:
        return state.why_next or "none is planned"
    seconds = (state.next_look - now).total_seconds()
    when = f"in {human_duration(seconds)}" if seconds > 0 else "due now"
    return f"{when}: {state.why_next}" if state.why_next else when


def _daemon(state: FleetState, now: datetime, screen: Screen) -> list[str]:
    standing, report = state.standing, state.report
    freeze = standing.freeze
    last = "" if report is None else f"{report.verdict}, {age(report.ended_at, now)} ago"
    failed = counted(state.failures, "failed pass").replace("passs", "passes")
    return pairs(
        [
            ("source", standing.root),
            ("revision", f"{standing.revision}, since {age(standing.since, now)}"),
            ("approve", (freeze.token or "") if freeze else ""),
            ("changed by", state.holder or ""),
            ("last pass", f"{last}, after {failed}" if last and state.failures else last),
            ("next look", _next_look(state, now)),
        ],
        screen,
    )


def _events(state: FleetState, view: View, now: datetime, screen: Screen) -> list[str]:
    found = view.log.of(state.name)
    shown = found[-SHOWN_EVENTS:]
    rows = [("LAST SEEN", "TYPE", "REASON", "OBJECT", "MESSAGE")]
    rows += [
        (
            last_seen(one.last, one.first, one.count, now),
            one.event.type,
            str(one.event.reason),
            one.event.subject,
            one.event.message,
        )
        for one in shown
    ]
    lines = print_columns(rows, gap="  ", width=screen.width - 2, fold=True)
    if len(found) > len(shown):
        lines.append(f"and {len(found) - len(shown)} earlier: evenkeel get events {state.name}")
    return [f"  {line}" for line in lines] if found else ["  none"]
