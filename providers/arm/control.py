"""The emulator's own routes, which Azure has not: the region's time. They ask for neither token nor version."""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers.arm.errors import Refusal
from providers.arm.messages import Reply, stamp
from providers.arm.routes import Route

if TYPE_CHECKING:
    from providers.arm.emulator import Emulator
    from providers.arm.messages import Request


def clock(emulator: Emulator, _request: Request) -> Reply:
    """Tell the region's time."""
    return Reply(200, _time(emulator))


def advance(emulator: Emulator, request: Request) -> Reply:
    """Let time pass in the region: ``{"advance": seconds}``."""
    seconds = request.document().get("advance")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < 1e9:
        text = 'Send {"advance": SECONDS} with a number of seconds that is not negative.'
        raise Refusal(400, "InvalidParameter", text, target="advance")
    emulator.region.clock.advance(float(seconds))
    emulator.world.settle()
    return Reply(200, _time(emulator))


def _time(emulator: Emulator) -> dict[str, object]:
    now = emulator.region.clock.now
    return {"now": stamp(now), "elapsedSeconds": emulator.now, "speed": emulator.settings.speed}


ROUTES = (
    Route("GET", "/evenkeel/clock", clock, anonymous=True),
    Route("POST", "/evenkeel/clock", advance, anonymous=True),
)
