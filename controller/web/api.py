"""The daemon's state as JSON under ``/api/v1``: the documents of ``get`` and ``describe``, and more.

What the command line prints from one look, keys and all, stands here too; ``daemon`` in each fleet has what
only somebody who keeps watching knows.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from aiohttp import web

from controller.formats.fleet_document import condition_entry, fleet_document
from controller.formats.instances import FleetSight, fleet_line, instances_of
from controller.formats.redact import redact
from controller.formats.sighting import Sighting
from controller.formats.text import time_text

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from controller.core.eventlog import Logged
    from controller.engine.board import Board, FleetState, View
    from controller.engine.clock import Clock
    from controller.engine.report import PassReport
    from providers.base import Document, Json

API_VERSION = "evenkeel/v1alpha1"

_Object = dict[str, "Json"]


def api_routes(board: Board, clock: Clock) -> tuple[web.RouteDef, ...]:
    """The routes of the API."""

    async def fleets(request: web.Request) -> web.Response:
        del request
        return json_answer(listing((fleet_item(one) for one in board.view().fleets), clock.now))

    async def fleet(request: web.Request) -> web.Response:
        view, name = board.view(), request.match_info["name"]
        found = view.fleet(name)
        if found is None:
            return no_fleet(name)
        return json_answer(fleet_whole(found, view))

    async def instances(request: web.Request) -> web.Response:
        del request
        items = (item for one in board.view().fleets for item in instance_items(one))
        return json_answer(listing(items, clock.now))

    async def events(request: web.Request) -> web.Response:
        log, wanted = board.view().log, request.query.get("fleet")
        found = log.events if wanted is None else log.of(wanted)
        return json_answer(listing((event_item(one) for one in found), clock.now))

    async def daemon(request: web.Request) -> web.Response:
        del request
        return json_answer(daemon_document(board.view()))

    return (
        web.get("/api/v1/fleets", fleets),
        web.get("/api/v1/fleets/{name}", fleet),
        web.get("/api/v1/instances", instances),
        web.get("/api/v1/events", events),
        web.get("/api/v1/daemon", daemon),
    )


def listing(items: Iterable[_Object], now: datetime) -> _Object:
    """``{apiVersion, kind: List, at, items}`` as kubectl prints it, also when there is nothing.

    ``at`` is the daemon's time, against which a reader can count ages.
    """
    return {
        "apiVersion": API_VERSION,
        "kind": "List",
        "at": time_text(now),
        "items": list(items),
    }


def fleet_item(state: FleetState) -> _Object:
    """One fleet in a list: what ``get fleets`` prints, and how it stands with the daemon."""
    sight = sight_of(state)
    line: _Object = (
        {"name": state.name, "status": "NotSeen"}
        if sight is None
        else {**fleet_line(sight).document(), "name": state.name}
    )
    # What is held stays as it is, however well it fits the spec that it is held on.
    held: _Object = {} if state.standing.freeze is None else {"status": "Frozen"}
    return {
        **line,
        **held,
        "scaleSet": state.key,
        "conditions": [condition_entry(one) for one in state.conditions],
        "daemon": standing_document(state),
    }


def fleet_whole(state: FleetState, view: View) -> _Object:
    """One fleet with everything: what ``describe`` prints, its events, and how it stands."""
    sight = sight_of(state)
    shown: _Object = {"fleet": state.name} if sight is None else fleet_document(sight)
    return {
        **shown,
        "fleet": state.name,
        "scaleSet": state.key,
        "conditions": [condition_entry(one) for one in state.conditions],
        "daemon": standing_document(state),
        "events": [event_item(one) for one in view.log.of(state.name)],
    }


def instance_items(state: FleetState) -> list[_Object]:
    """The members of a fleet as ``get instances`` prints them."""
    sight = sight_of(state)
    return [] if sight is None else [one.document() for one in instances_of(sight.sighting)]


def sight_of(state: FleetState) -> FleetSight | None:
    """What was last seen of a fleet; None if it never was, or there is no spec to judge it by."""
    seen, fleet = state.seen, state.standing.fleet
    if seen is None or fleet is None or not (seen.observed and seen.plan and seen.status):
        return None
    return FleetSight(Sighting(fleet, seen.observed), seen.plan, seen.status, state.told)


def standing_document(state: FleetState) -> _Object:
    """What the daemon knows of a fleet beyond what it saw."""
    standing = state.standing
    freeze = standing.freeze
    return {
        "source": standing.root,
        "revision": standing.revision,
        "since": time_text(standing.since),
        "freeze": None
        if freeze is None
        else {"reason": str(freeze.reason), "detail": freeze.detail, "token": freeze.token},
        "holder": state.holder,
        "working": state.working,
        "passes": state.passes,
        "failures": state.failures,
        "lastPass": None if state.report is None else _pass_document(state.report),
        "observedAt": time_text(state.seen.observed.observed_at)
        if state.seen and state.seen.observed
        else None,
        "nextLook": None if state.next_look is None else time_text(state.next_look),
        "why": state.why_next,
    }


def event_item(one: Logged) -> _Object:
    """An event as ``get events`` prints it, with how often and since when."""
    return {
        "at": time_text(one.last),
        "firstAt": time_text(one.first),
        "count": one.count,
        "type": one.event.type,
        "reason": str(one.event.reason),
        "fleet": one.event.fleet,
        "object": one.event.subject,
        "message": one.event.message,
    }


def daemon_document(view: View) -> _Object:
    """How the daemon itself fares: its sources, what keeps it from changing anything, its resyncs."""
    return {
        "startedAt": time_text(view.started_at),
        "version": view.version,
        "dryRun": view.dry_run,
        "stopping": view.stopping,
        "ready": view.synced,
        "trouble": list(view.trouble),
        "fleets": len(view.fleets),
        "sources": [
            {
                "root": one.root,
                "revision": one.revision,
                "since": time_text(one.since),
                "waiting": one.waiting,
                "trouble": None if one.trouble is None else one.trouble.sentence,
            }
            for one in view.sources
        ],
        "resync": [
            {"place": place, "wanted": one.wanted, "seconds": round(one.seconds, 1), "why": one.why}
            for place, one in view.resyncs
        ],
    }


def _pass_document(report: PassReport) -> _Object:
    return {
        "number": report.number,
        "endedAt": time_text(report.ended_at),
        "verdict": str(report.verdict),
        "dryRun": report.dry_run,
        "trouble": list(report.trouble),
    }


def no_fleet(name: str) -> web.Response:
    """The answer to a question about a fleet that nobody knows."""
    return json_answer({"error": f"no spec describes a fleet {name!r}"}, status=404)


def json_answer(document: Document, *, status: int = 200) -> web.Response:
    """A document without secrets."""
    text = json.dumps(redact(document), ensure_ascii=False, allow_nan=False)
    return web.Response(status=status, text=text + "\n", content_type="application/json")
