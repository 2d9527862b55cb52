"""All that a daemon serves, in one place: whoever looks for what it gives away finds every route here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.web.api import api_routes
from controller.web.health import health_routes
from controller.web.metrics import metrics_routes
from controller.web.site import Site
from controller.web.told import told_routes

if TYPE_CHECKING:
    from aiohttp import web

    from controller.engine.board import Board
    from controller.engine.clock import Clock, SteadyClock
    from controller.engine.pulse import Pulse
    from controller.web.metrics import Metrics
    from controller.web.told import Words


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of a daemon, by the time of its fleets (``clock``) and the machine's own seconds.

    ``pace``: seconds on ``clock`` for each second of a reader's.
    """

    board: Board
    pulse: Pulse
    clock: Clock
    machine: SteadyClock
    pace: float = 1.0


def routes_of(shown: Shown, words: Words, metrics: Metrics) -> tuple[web.RouteDef, ...]:
    """Health, the API, texts, metrics and pages."""
    board, clock = shown.board, shown.clock
    return (
        *health_routes(board, shown.pulse),
        *api_routes(board, clock),
        *told_routes(board, clock, words),
        *metrics_routes(metrics),
        *Site(board, clock, shown.machine, shown.pace).routes(),
    )
