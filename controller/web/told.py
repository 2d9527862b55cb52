"""Fleets told in words, for a command line elsewhere: ``describe`` and ``explain`` of the daemon's own fleets.

The texts are those of the command line, which hands them in: what a person reads of a daemon is what the same
command would print beside it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from aiohttp import web

from controller.formats.redact import redact_text
from controller.web.api import json_answer, no_fleet

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from controller.engine.board import Board, FleetState, View
    from controller.engine.clock import Clock
    from providers.base import Json

NARROWEST, USUAL, WIDEST = 60, 80, 200
"""Columns of a reader's terminal."""


class Words(Protocol):
    """Texts about a fleet of the board. ``width`` is that of the reader's terminal, in columns."""

    def describe(self, state: FleetState, view: View, now: datetime, width: int) -> str:
        """The fleet whole."""
        ...

    def explain(self, state: FleetState, instance: str, now: datetime, width: int) -> str:
        """What would happen to it, or to one instance. Raises LookupError for one that there is not."""
        ...

    def explanation(self, state: FleetState, instance: str) -> Mapping[str, Json]:
        """The same for machines."""
        ...


def told_routes(board: Board, clock: Clock, words: Words) -> tuple[web.RouteDef, ...]:
    """The routes of texts."""

    async def describe(request: web.Request) -> web.Response:
        view, name = board.view(), request.match_info["name"]
        state = view.fleet(name)
        if state is None:
            return no_fleet(name)
        return _text(words.describe(state, view, clock.now, _width(request)))

    async def explain(request: web.Request) -> web.Response:
        name, instance = request.match_info["name"], request.query.get("instance", "")
        state = board.view().fleet(name)
        if state is None:
            return no_fleet(name)
        try:
            if request.query.get("form") == "text":
                return _text(words.explain(state, instance, clock.now, _width(request)))
            return json_answer(words.explanation(state, instance))
        except LookupError:
            error = f"fleet {name} has no instance {instance}, and none is to be created"
            return json_answer({"error": error}, status=404)

    return (
        web.get("/api/v1/fleets/{name}/describe", describe),
        web.get("/api/v1/fleets/{name}/explain", explain),
    )


def _width(request: web.Request) -> int:
    given = request.query.get("width", "")
    # Seven digits are more than any terminal has, and few enough to be turned into a number.
    return (
        min(WIDEST, max(NARROWEST, int(given)))
        if given.isascii() and given.isdecimal() and len(given) < 8
        else USUAL
    )


def _text(text: str) -> web.Response:
    return web.Response(text=redact_text(text), content_type="text/plain", charset="utf-8")
