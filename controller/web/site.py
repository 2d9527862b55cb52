"""The status page over HTTP: pages, their few static files, and a stream that says when to look again.

Every route is a GET. A page is rendered and packed at most once a second for all who look at it, so that many open
pages do not slow the loop that they show.
"""

from __future__ import annotations

import asyncio
import gzip
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from aiohttp import web

from controller.web.pages import NoSuchPageError, Pages
from controller.web.showing import Showing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from controller.engine.board import Board, View
    from controller.engine.clock import Clock, SteadyClock

STREAMS_AT_MOST = 64
"""Open streams; who comes later has to reload by hand."""

SILENCE_SECONDS = 15.0
"""After so long a comment is sent, so that proxies do not take the stream for dead."""

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_QUERY_AT_MOST = 200
_PACKING = 4
"""gzip's level: a page of 120 kB shrinks to a tenth in two milliseconds, and hardly more in ten."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """A page as it was rendered, plain and packed, from a version of the board and in a second."""

    version: int
    second: int
    plain: bytes
    packed: bytes


class Site:
    """The routes of the status page.

    ``clock`` says what time it is where the fleets are, ``steady`` how long something is kept. ``pace``: seconds on
    ``clock`` for each second of a reader's own.
    """

    def __init__(self, board: Board, clock: Clock, steady: SteadyClock, pace: float = 1.0) -> None:
        self._showing = Showing(board, steady)
        self._steady = steady
        self._clock = clock
        self._pages = Pages(pace)
        self._static = {
            one.name: one.read_bytes()
            for one in files("controller.web").joinpath("static").iterdir()
        }
        self._kept: dict[tuple[str, ...], _Kept] = {}
        self._streams = 0

    def routes(self) -> Sequence[web.RouteDef]:
        """All of them, for an application."""
        return (
            web.get("/", self._index),
            web.get("/fleets/{name}", self._fleet),
            web.get("/fleets/{name}/{instance}", self._instance),
            web.get("/static/{name}", self._file),
            web.get("/events", self._stream),
        )

    async def _index(self, request: web.Request) -> web.Response:
        query = _query(request)
        return self._page(
            request,
            ("/", query),
            lambda view: self._pages.index(view, self._clock.now, query=query),
        )

    async def _fleet(self, request: web.Request) -> web.Response:
        name, query = request.match_info["name"], _query(request)
        return self._page(
            request,
            ("/fleets", name, query),
            lambda view: self._pages.fleet(view, self._clock.now, name, query),
        )

    async def _instance(self, request: web.Request) -> web.Response:
        name, instance = request.match_info["name"], request.match_info["instance"]
        return self._page(
            request,
            ("/instances", name, instance),
            lambda view: self._pages.instance(view, self._clock.now, name, instance),
        )

    async def _file(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        content = self._static.get(name)
        if content is None:
            return self._missing("no such file")
        kind = _TYPES.get(name[name.rfind(".") :], "application/octet-stream")
        answer = web.Response(body=content, content_type=kind, charset="utf-8")
        answer.enable_compression()
        return answer

    async def _stream(self, request: web.Request) -> web.StreamResponse:
        if self._streams >= STREAMS_AT_MOST:
            raise web.HTTPServiceUnavailable(text="too many open pages; reload by hand\n")
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream; charset=utf-8"})
        self._streams += 1
        try:
            await stream.prepare(request)
            await self._tell(stream)
        except ConnectionError:
            pass  # The page was closed; nobody is there to be told.
        finally:
            self._streams -= 1
        return stream

    async def _tell(self, stream: web.StreamResponse) -> None:
        """Say on a stream what is shown, and when that is something else, until the daemon stops or nobody listens."""
        # The first word too: what changed while nobody listened is not told again.
        version = self._showing.view.version
        await stream.write(f"event: changed\ndata: {version}\n\n".encode())
        while not self._showing.ending:
            try:
                view = await asyncio.wait_for(self._showing.changed(version), SILENCE_SECONDS)
            except TimeoutError:
                await stream.write(b": still here\n\n")
                continue
            version = view.version
            await stream.write(f"event: changed\ndata: {version}\n\n".encode())

    def _page(
        self, request: web.Request, key: tuple[str, ...], render: Callable[[View], str]
    ) -> web.Response:
        view, second = self._showing.view, int(self._steady.elapsed)
        kept = self._kept.get(key)
        if kept is None or (kept.version, kept.second) != (view.version, second):
            try:
                text = render(view).encode()
            except NoSuchPageError as wrong:
                return self._missing(str(wrong))
            kept = _Kept(view.version, second, text, gzip.compress(text, _PACKING, mtime=0))
            # What was kept for another second is of no use to anybody.
            self._kept = {k: v for k, v in self._kept.items() if v.second == second}
            self._kept[key] = kept
        if "gzip" not in request.headers.get("Accept-Encoding", ""):
            return _html(kept.plain)
        answer = _html(kept.packed)
        answer.headers.update({"Content-Encoding": "gzip", "Vary": "Accept-Encoding"})
        return answer

    def _missing(self, why: str) -> web.Response:
        text = self._pages.missing(self._showing.view, self._clock.now, why)
        return _html(text.encode(), 404)


def _html(body: bytes, status: int = 200) -> web.Response:
    return web.Response(body=body, status=status, content_type="text/html", charset="utf-8")


def _query(request: web.Request) -> str:
    return request.query.get("q", "")[:_QUERY_AT_MOST]
