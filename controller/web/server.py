"""The daemon's HTTP server: it listens, puts the routes together and sets headers. It only ever reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

SAFETY = {
    "Cache-Control": "no-store",
    # Nothing but this server's own style and script, and nobody may frame the page.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; img-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Headers of every answer."""
_SHUTDOWN_SECONDS = 1.0


class StatusServer:
    """A server of GET requests on one address. ``stop`` ends it."""

    def __init__(self, runner: web.AppRunner, host: str, port: int) -> None:
        self._runner = runner
        self.host = host
        self.port = port

    @classmethod
    async def start(cls, host: str, port: int, routes: Iterable[web.RouteDef]) -> StatusServer:
        """Listen; port 0 lets the system choose. Raises ``OSError`` if that cannot be done."""
        runner = web.AppRunner(
            application(routes),
            access_log=None,
            handle_signals=False,
            shutdown_timeout=_SHUTDOWN_SECONDS,
        )
        await runner.setup()
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError:
            await runner.cleanup()
            raise
        return cls(runner, host, int(runner.addresses[0][1]))

    @property
    def url(self) -> str:
        """Where it can be reached."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    async def stop(self) -> None:
        """Listen no more, and end what is being answered."""
        await self._runner.cleanup()


def application(routes: Iterable[web.RouteDef]) -> web.Application:
    """The application of these routes."""
    app = web.Application(client_max_size=0, middlewares=[_with_headers])
    app.add_routes(routes)
    return app


@web.middleware
async def _with_headers(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    try:
        response = await handler(request)
    except web.HTTPException as error:
        error.headers.update(SAFETY)
        raise
    if not response.prepared:
        response.headers.update(SAFETY)
    return response
