"""The status page over HTTP: pages, their few static files, and a stream that says when to look again.

Every route is a GET. A page is rendered at most once a second for all who look at it, so that many open
pages do not slow the loop that they show.
"""

from __future__ import annotations

import asyncio
from importlib.resources import files
from typing import TYPE_CHECKING

from aiohttp import web

from controller.web.pages import NoSuchPageError, Pages

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from controller.engine.board import Board, View
    from controller.engine.clock import Clock

STREAMS_AT_MOST = 64
"""Open streams; who comes later has to reload by hand."""

PAUSE_SECONDS = 1.0
"""Between two words on a stream: a busy fleet changes many times a second, and no eye follows that."""

SILENCE_SECONDS = 15.0
"""After so long a comment is sent, so that proxies do not take the stream for dead."""

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_QUERY_AT_MOST = 200


class Site:
    """The routes of the status page. ``pace``: seconds on ``clock`` for each second of a reader's own."""

    def __init__(self, board: Board, clock: Clock, pace: float = 1.0) -> None:
        self._board = board
        self._clock = clock
        self._pages = Pages(pace)
        self._static = {
            one.name: one.read_bytes()
            for one in files("controller.web").joinpath("static").iterdir()
        }
        self._kept: dict[tuple[str, ...], tuple[int, int, str]] = {}
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
            ("/", query), lambda view: self._pages.index(view, self._clock.now, query=query)
        )

    async def _fleet(self, request: web.Request) -> web.Response:
        name, query = request.match_info["name"], _query(request)
        return self._page(
            ("/fleets", name, query),
            lambda view: self._pages.fleet(view, self._clock.now, name, query),
        )

    async def _instance(self, request: web.Request) -> web.Response:
        name, instance = request.match_info["name"], request.match_info["instance"]
        return self._page(
            ("/instances", name, instance),
            lambda view: self._pages.instance(view, self._clock.now, name, instance),
        )

    async def _file(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        content = self._static.get(name)
        if content is None:
            return self._answer(
                self._pages.missing(self._board.view(), self._clock.now, "no such file"), 404
            )
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
        """Say on a stream that the board has changed, until the daemon stops or nobody listens."""
        version = self._board.view().version
        await stream.write(b": here\n\n")
        while not self._board.view().stopping:
            try:
                view = await asyncio.wait_for(self._board.changed(version), SILENCE_SECONDS)
            except TimeoutError:
                await stream.write(b": still here\n\n")
                continue
            version = view.version
            await stream.write(f"event: changed\ndata: {version}\n\n".encode())
            if not view.stopping:
                await self._clock.sleep(PAUSE_SECONDS)

    def _page(self, key: tuple[str, ...], render: Callable[[View], str]) -> web.Response:
        view, second = self._board.view(), int(self._clock.now.timestamp())
        kept = self._kept.get(key)
        if kept is not None and kept[:2] == (view.version, second):
            return self._answer(kept[2])
        try:
            text = render(view)
        except NoSuchPageError as wrong:
            return self._answer(self._pages.missing(view, self._clock.now, str(wrong)), 404)
        # What was kept for another second is of no use to anybody.
        self._kept = {k: v for k, v in self._kept.items() if v[1] == second}
        self._kept[key] = (view.version, second, text)
        return self._answer(text)

    def _answer(self, text: str, status: int = 200) -> web.Response:
        answer = web.Response(
            text=text,
            status=status,
            content_type="text/html",
            charset="utf-8",
        )
        answer.enable_compression()
        return answer


def _query(request: web.Request) -> str:
    return request.query.get("q", "")[:_QUERY_AT_MOST]
