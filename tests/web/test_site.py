"""The routes of the status page: nothing but GET, nothing from elsewhere, and streams that end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from aiohttp import ClientSession, ClientTimeout

from tests.shell.stage import run
from tests.web.browser import served
from tests.web.clocks import SteppedClock
from tests.web.scene import named, troubled

if TYPE_CHECKING:
    from aiohttp import ClientResponse

PATHS = ("/", "/?q=web", "/fleets/web", "/fleets/web/web-000001", "/static/live.js")


def answer(path: str, method: str = "GET") -> tuple[int, dict[str, str], str]:
    scene = troubled()

    async def ask() -> tuple[int, dict[str, str], str]:
        async with (
            served(scene, SteppedClock(scene)) as address,
            ClientSession() as session,
            session.request(method, address + path) as found,
        ):
            return found.status, dict(found.headers), await found.text()

    return run(ask())


async def line(stream: ClientResponse) -> str:
    return (await asyncio.wait_for(stream.content.readline(), 10)).decode().strip()


@pytest.mark.parametrize("path", PATHS)
def test_nothing_comes_from_elsewhere(path: str) -> None:
    """Every answer forbids foreign scripts, frames and sniffing, and carries no inline script or style."""
    status, headers, text = answer(path)
    assert status == 200
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    if headers["Content-Type"].startswith("text/html"):
        assert "style=" not in text
        assert "<script>" not in text
        assert "http://" not in text.replace("http://www.w3.org", "")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_no_route_takes_a_change(method: str) -> None:
    """Whatever is not a question is refused."""
    assert [answer(path, method)[0] for path in ("/", "/fleets/web", "/events")] == [405] * 3


@pytest.mark.parametrize("path", ["/fleets/nobody", "/fleets/web/nobody", "/static/../site.py"])
def test_absent_pages_say_so(path: str) -> None:
    """An address that leads nowhere is answered with 404."""
    assert answer(path)[0] == 404


def test_stream_tells_of_changes_and_ends() -> None:
    """A stream says that the board has changed, and ends when the daemon is told to stop."""
    scene = troubled()

    async def listen() -> list[str]:
        timeout = ClientTimeout(total=30)
        async with (
            served(scene, SteppedClock(scene)) as address,
            ClientSession(timeout=timeout) as session,
            session.get(f"{address}/events") as stream,
        ):
            heard = [await line(stream), await line(stream)]
            await scene.look_again(named("mail", 4))
            heard.append(await line(stream))
            scene.board.stop()
            rest = await asyncio.wait_for(stream.content.read(), 10)
            return [*heard, str(b"event: changed" in rest)]

    assert run(listen()) == [": here", "", "event: changed", "True"]


def test_page_is_rendered_once_for_many() -> None:
    """Who asks for the same page in the same second gets the very same text."""
    scene = troubled()

    async def ask() -> set[str]:
        async with (
            served(scene, SteppedClock(scene)) as address,
            ClientSession() as session,
        ):

            async def one() -> str:
                async with session.get(address) as found:
                    return await found.text()

            return set(await asyncio.gather(*(one() for _ in range(10))))

    assert len(run(ask())) == 1
