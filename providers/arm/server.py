"""The emulator on a socket: aiohttp in front of ``pipeline.answer``, the region's time, its file.

One request is answered at a time, because answering never waits; only the saving of the region does, and
requests that come together share one saving.
"""

from __future__ import annotations

import asyncio
import traceback
from typing import TYPE_CHECKING

from aiohttp import web

from providers.arm.envelope import JSON, content_of
from providers.arm.messages import Reply, Request
from providers.arm.pipeline import answer

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from providers.arm.emulator import Emulator
    from providers.arm.traffic import Traffic

# Polling URLs are about 3,000 characters long; ARM takes bodies of 4 MB.
_LINE_BYTES = 16 * 1024
_BODY_BYTES = 4 * 1024 * 1024


class Pace:
    """Lets the region's time pass as time passes outside.

    ``elapsed`` gives seconds on a clock that never runs backwards.
    """

    def __init__(self, emulator: Emulator, elapsed: Callable[[], float]) -> None:
        self._emulator = emulator
        self._elapsed = elapsed
        self._last = elapsed()

    def keep(self) -> None:
        """Let as much time pass as has passed since the last call, times the speed."""
        now = self._elapsed()
        passed, self._last = max(0.0, now - self._last), now
        self._emulator.region.clock.advance(passed * self._emulator.settings.speed)


class Saver:
    """Keeps the region on disk: an answer goes out when what it says is saved.

    ``save`` writes the region whole; it is called once for all requests that were answered meanwhile.
    """

    def __init__(self, emulator: Emulator, save: Callable[[], None] | None) -> None:
        self._emulator = emulator
        self._save = save
        self._saved = emulator.world.changes
        self._turn: asyncio.Future[None] | None = None

    async def saved(self) -> None:
        """Return when everything that has happened so far is on disk."""
        if self._save is None or self._saved == self._emulator.world.changes:
            return
        if self._turn is None:
            loop = asyncio.get_running_loop()
            self._turn = loop.create_future()
            loop.call_soon(self._write, self._turn)
        await self._turn

    def flush(self) -> None:
        """Save at once if anything has changed, and how late it is in any case."""
        if self._save is not None:
            self._save()
            self._saved = self._emulator.world.changes

    def _write(self, turn: asyncio.Future[None]) -> None:
        self._turn = None
        try:
            self.flush()
        except Exception as error:  # noqa: BLE001 - whoever waits for the saving is told
            turn.set_exception(error)
        else:
            turn.set_result(None)


class Server:
    """An aiohttp application that answers for one emulator."""

    def __init__(
        self,
        emulator: Emulator,
        *,
        pace: Pace | None = None,
        saver: Saver | None = None,
        traffic: Traffic | None = None,
    ) -> None:
        self.emulator = emulator
        self._pace = pace
        self._saver = saver
        self._traffic = traffic

    def application(self) -> web.Application:
        """The application; every method and path comes to one function."""
        application = web.Application(client_max_size=_BODY_BYTES)
        application.router.add_route("*", "/{path:.*}", self._handle)
        return application

    async def start(
        self, host: str, port: int, context: ssl.SSLContext | None
    ) -> tuple[web.AppRunner, int]:
        """Listen. Gives what ends it (``cleanup``) and the port, which the system chooses for 0."""
        runner = web.AppRunner(
            self.application(),
            access_log=None,
            max_line_size=_LINE_BYTES,
            max_field_size=_LINE_BYTES,
            shutdown_timeout=2,
        )
        await runner.setup()
        await web.TCPSite(runner, host, port, ssl_context=context).start()
        return runner, int(runner.addresses[0][1])

    async def _handle(self, incoming: web.Request) -> web.Response:
        request = await _read(incoming)
        if self._pace is not None:
            self._pace.keep()
        reply = _answered(self.emulator, request)
        if self._saver is not None:
            try:
                await self._saver.saved()
            except Exception as error:  # noqa: BLE001 - a full disk is an answer, not a traceback
                reply = _unsaved(error)
        if self._traffic is not None:
            self._traffic.record(request, str(incoming.url), reply)
        return _response(reply)


def _answered(emulator: Emulator, request: Request) -> Reply:
    try:
        return answer(emulator, request)
    except Exception as mistake:  # noqa: BLE001 - the outermost boundary: a client never sees a traceback
        place = traceback.extract_tb(mistake.__traceback__)[-1]
        message = (
            f"The emulator stopped by a mistake of its own: {type(mistake).__name__} at "
            f"{place.name}:{place.lineno}: {mistake}. Please report this line together with the request."
        )
        return Reply(500, {"error": {"code": "InternalServerError", "message": message}})


def _unsaved(error: Exception) -> Reply:
    message = f"The region could not be saved, so what was accepted may be lost: {error}"
    return Reply(500, {"error": {"code": "RegionFileNotSaved", "message": message}})


async def _read(incoming: web.Request) -> Request:
    return Request(
        method=incoming.method,
        path=incoming.path,
        query={name.lower(): value for name, value in incoming.query.items()},
        headers={name.lower(): value for name, value in incoming.headers.items()},
        content=await incoming.read(),
        origin=f"{incoming.scheme}://{incoming.host}",
    )


def _response(reply: Reply) -> web.Response:
    content = content_of(reply)
    headers = {"Content-Type": JSON} | dict(reply.headers) if content else dict(reply.headers)
    return web.Response(status=reply.status, body=content or None, headers=headers)
