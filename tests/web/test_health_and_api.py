"""What the daemon serves: health as kube-apiserver has it, its state as JSON, and nothing that changes anything."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import aiohttp
import pytest

from controller.core.standings import Freeze, FreezeReason
from controller.engine.board import Board
from controller.engine.clock import LoopClock
from controller.engine.pulse import Pulse
from controller.web.api import api_routes
from controller.web.health import health_routes
from controller.web.server import StatusServer
from tests.builders import NOW
from tests.daemon.stage import Stage, accepted, fleet_named, play, stands

FREEZE = Freeze(FreezeReason.SPEC_BROKEN, "api.yaml:3: not a number", token="0123456789ab")  # noqa: S106 -- an approval


@dataclass
class Beating:
    """Counted seconds that the test moves."""

    elapsed: float = 0.0

    @property
    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.elapsed)

    async def sleep(self, seconds: float) -> None:
        self.elapsed += seconds


@dataclass
class Served:
    """Answers of a server: status, type and body of each path."""

    board: Board
    clock: Beating = field(default_factory=Beating)

    def ask(self, *paths: str, method: str = "GET", stuck: float = 0.0) -> list[tuple[int, Any]]:
        """Start the server, ask it for each path, and stop it."""

        async def story() -> list[tuple[int, Any]]:
            pulse = Pulse(self.clock)
            self.clock.elapsed += stuck
            routes = (*health_routes(self.board, pulse), *api_routes(self.board, self.clock))
            server = await StatusServer.start("127.0.0.1", 0, routes)
            found: list[tuple[int, Any]] = []
            async with aiohttp.ClientSession() as session:
                for path in paths:
                    async with session.request(method, server.url + path) as answer:
                        assert answer.headers["X-Content-Type-Options"] == "nosniff"
                        is_json = answer.content_type == "application/json"
                        found.append(
                            (answer.status, await (answer.json() if is_json else answer.text()))
                        )
            await server.stop()
            return found

        return asyncio.run(story())


def worked() -> Board:
    """The board of a daemon that has brought one fleet up and holds back another."""

    async def script(stage: Stage) -> None:
        stage.daemon.accept(accepted(fleet_named("web"), stands(fleet_named("api"), FREEZE)))
        await stage.until(lambda: stage.at_rest("web"))

    return play(script)[0].board


@pytest.fixture(name="board", scope="module")
def a_board() -> Board:
    return worked()


def test_fresh_is_live_and_not_ready() -> None:
    """A daemon that has just started lives, is not ready, and says of each check how it went."""
    board = Board(NOW)
    live, ready, verbose = Served(board).ask("/livez", "/readyz", "/readyz?verbose")
    assert live == (200, "ok")
    assert ready[0] == 503
    assert verbose[1].splitlines() == [
        "[+]loop ok",
        "[-]specs failed: the specs have not been read yet",
        "[+]fleets ok",
        "[+]provider ok",
        "[+]stopping ok",
        "readyz check failed",
    ]


def test_a_stuck_loop_is_not_live() -> None:
    """A daemon whose heart has not beaten for more than ten seconds is to be started anew."""
    ((status, text),) = Served(Board(NOW)).ask("/livez", stuck=11.0)
    assert status == 503
    assert "has not come round for 11 s" in text


def test_ready_until_told_to_stop() -> None:
    """A daemon that has looked at everything is ready, also with a frozen fleet; one that ends is not."""
    board = worked()
    assert board.view().stopping
    ((status, text),) = Served(board).ask("/readyz?verbose")
    assert status == 503
    assert "[+]fleets ok" in text
    assert "[-]stopping failed" in text


def test_fleets_are_listed(board: Board) -> None:
    """The list has what ``get fleets`` prints, and how each fleet stands with the daemon."""
    ((status, found),) = Served(board).ask("/api/v1/fleets")
    assert (status, found["kind"], found["apiVersion"]) == (200, "List", "evenkeel/v1alpha1")
    api, web = found["items"]
    assert (web["name"], web["ready"], web["desired"], web["status"]) == ("web", 3, 3, "Ready")
    assert web["daemon"]["freeze"] is None
    assert web["daemon"]["nextLook"].endswith("Z")
    assert api["daemon"]["freeze"]["reason"] == "SpecBroken"
    conditions = {one["type"]: one["status"] for one in api["conditions"]}
    assert (conditions["Frozen"], conditions["SpecValid"]) == ("True", "False")


def test_one_fleet_is_shown_whole(board: Board) -> None:
    """One fleet comes with its plan, instances and events, by name or by its scale set's id."""
    view = board.view()
    key = view.fleets[1].key
    by_name, by_key, unknown = Served(board).ask(
        "/api/v1/fleets/web", f"/api/v1/fleets/{key.replace('/', '%2F')}", "/api/v1/fleets/nobody"
    )
    assert by_name == by_key
    assert [one["name"] for one in by_name[1]["instances"]] == [
        "web-000001",
        "web-000002",
        "web-000003",
    ]
    assert by_name[1]["plan"]["desired"] == 3
    assert {one["reason"] for one in by_name[1]["events"]} >= {"Created", "Running", "Ready"}
    assert unknown == (404, {"error": "no spec describes a fleet 'nobody'"})


def test_events_can_be_chosen(board: Board) -> None:
    """Events are those of all fleets, or of the one that is asked for."""
    every, some = Served(board).ask("/api/v1/events", "/api/v1/events?fleet=api")
    assert {one["fleet"] for one in every[1]["items"]} == {"web", "api"}
    assert {one["fleet"] for one in some[1]["items"]} == {"api"}


def test_the_daemon_tells_of_itself(board: Board) -> None:
    """Sources, trouble and resyncs are served, so that nobody has to read a log to find them."""
    ((_, found),) = Served(board).ask("/api/v1/daemon")
    assert [one["root"] for one in found["sources"]] == ["specs"]
    assert found["trouble"] == []
    assert [one["seconds"] for one in found["resync"]] == [60.0]


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_changed(board: Board, method: str) -> None:
    """No route takes anything but a reading request."""
    paths = ("/livez", "/readyz", "/api/v1/fleets", "/api/v1/fleets/web", "/api/v1/daemon")
    assert {status for status, _ in Served(board).ask(*paths, method=method)} == {405}


def test_clocks_of_loops_are_counted() -> None:
    """The clock of an event loop counts from where it is told to begin."""

    async def story() -> float:
        clock = LoopClock(NOW)
        return (clock.now - NOW).total_seconds() - clock.elapsed

    assert asyncio.run(story()) == pytest.approx(0.0, abs=0.01)
