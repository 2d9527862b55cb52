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
    from collections.abc import Sequence

    from aiohttp import ClientResponse

PATHS = ("/", "/?q=web", "/fleets/web", "/fleets/web/web-000001", "/static/live.js")


def answers(paths: Sequence[str], method: str = "GET") -> list[tuple[int, dict[str, str], str]]:
    """Status, headers and text of each path of one troubled scene."""
    scene = troubled()

    async def ask() -> list[tuple[int, dict[str, str], str]]:
        found = []
        async with served(scene, SteppedClock(scene)) as address, ClientSession() as session:
            for path in paths:
                async with session.request(method, address + path) as one:
                    found.append((one.status, dict(one.headers), await one.text()))
        return found

    return run(ask())


async def line(stream: ClientResponse) -> str:
    return (await asyncio.wait_for(stream.content.readline(), 10)).decode().strip()


def test_nothing_comes_from_elsewhere() -> None:
    """Every answer forbids foreign scripts, frames and sniffing, and carries no inline script or style."""
    for status, headers, text in answers(PATHS):
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
    found = answers(("/", "/fleets/web", "/events"), method)
    assert [status for status, _, _ in found] == [405] * 3


def test_absent_pages_say_so() -> None:
    """An address that leads nowhere is answered with 404."""
    paths = ("/fleets/nobody", "/fleets/web/nobody", "/static/../site.py", "/static/none.js")
    assert [status for status, _, _ in answers(paths)] == [404] * 4


def test_stream_tells_of_changes_and_ends() -> None:
    """A stream says what is shown, then that it has changed, and ends when the daemon is told to stop."""
    scene = troubled()
    versions: list[int] = []

    async def listen() -> list[str]:
        timeout = ClientTimeout(total=30)
        async with (
            served(scene, SteppedClock(scene)) as address,
            ClientSession(timeout=timeout) as session,
            session.get(f"{address}/events") as stream,
        ):
            versions.append(scene.board.version)
            heard = [await line(stream) for _ in range(3)]
            await scene.look_again(named("mail", 4))
            versions.append(scene.board.version)
            heard += [await line(stream) for _ in range(2)]
            scene.board.stop()
            await asyncio.wait_for(stream.content.read(), 10)
            return heard

    changed = "event: changed"
    heard = run(listen())
    assert heard == [changed, f"data: {versions[0]}", "", changed, f"data: {versions[1]}"]


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


def test_busy_board_is_rendered_once() -> None:
    """A board that changes between any two requests of one second is rendered once, and anew in the next."""
    scene = troubled()
    clock = SteppedClock(scene)

    async def ask() -> list[str]:
        async with served(scene, clock) as address, ClientSession() as session:
            found = []
            for _ in range(5):
                await scene.look_again(named("mail", 4))
                async with session.get(address) as answer:
                    found.append(await answer.text())
            clock.elapsed += 1
            async with session.get(address) as answer:
                return [*found, await answer.text()]

    *same, later = run(ask())
    assert len(set(same)) == 1
    assert f'data-version="{scene.board.version - 1}"' in later
    assert later not in same


def test_packed_and_plain_are_one_page() -> None:
    """Who does not understand gzip gets the same page unpacked."""
    scene = troubled()

    async def ask() -> list[tuple[str | None, bytes]]:
        found = []
        async with served(scene, SteppedClock(scene)) as address:
            for coding in ("gzip", "identity"):
                async with (
                    ClientSession(headers={"Accept-Encoding": coding}) as session,
                    session.get(address) as answer,
                ):
                    found.append((answer.headers.get("Content-Encoding"), await answer.read()))
        return found

    (packed, one), (plain, other) = run(ask())
    assert (packed, plain) == ("gzip", None)
    assert one == other
