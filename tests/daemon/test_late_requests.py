"""Requests that were sent in time and arrive too late, after another process has taken over and finished.

No lease can keep them back. A relay before the emulated ARM holds one on its way, a second process that
has the fleet by then makes it right, and then the first request goes on.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pytest

from controller.engine.compose import Settings, compose
from controller.engine.fence import Fenced
from controller.engine.reconcile import run_pass
from controller.engine.tenure import SoleTenure
from controller.spec.values import DeletionMode
from tests.daemon.cloud import Cloud, Relay, serving
from tests.shell.stage import web

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from controller.engine.compose import Composition
    from controller.spec.values import Fleet

pytestmark = pytest.mark.slow

LOOKS = 400


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """An ARM with nothing in it."""
    with serving() as running:
        yield running


def reached(url: str) -> Composition:
    """A process of its own at this address."""
    with compose(Settings(provider="azure", arm_url=url)) as place:
        return place


async def made_right(fleet: Fleet, place: Composition) -> int:
    """Passes until there is nothing left to do; gives how many."""
    memory, report = None, None
    for number in range(1, LOOKS):
        report = await run_pass(fleet, place.provider, place.clock, memory=memory)
        memory = report.memory
        if report.converged:
            return number
        await place.clock.sleep(0.05)
    raise AssertionError(f"{fleet.name} did not come right: {report}")


@dataclass
class Overtaken:
    """What stands when the first request is still on its way and the second process has finished."""

    members: list[str]
    asked: int


class UntilHeld(SoleTenure):
    """A tenure that ends when the relay holds a request."""

    def __init__(self, relay: Relay) -> None:
        super().__init__()
        self._relay = relay

    def may_write(self, key: str, need_seconds: float) -> str | None:
        del key, need_seconds
        return "the lease ran out" if self._relay.held.is_set() else None


@asynccontextmanager
async def overtaken(
    cloud: Cloud,
    fleet: Fleet,
    hold: Callable[[bytes], bool],
    after: Fleet | None = None,
    tried: Fleet | None = None,
) -> AsyncIterator[Overtaken]:
    """The first process' request is held, the second makes ``fleet`` right, and ``after`` too if there is one.

    Of ``tried`` it makes one pass; whether that comes right is another question.
    When the block ends the request has gone on, and been answered.
    """
    relay = Relay(cloud.url, hold)
    server = await relay.start()
    first, second = reached(relay.url), reached(cloud.url)
    fenced = Fenced(first.provider, UntilHeld(relay))
    late = asyncio.create_task(run_pass(fleet, fenced, first.clock))
    while not relay.held.is_set():
        assert not late.done(), "no request was held"
        await asyncio.sleep(0)
    await made_right(fleet, second)
    if after is not None:
        await made_right(after, second)
    if tried is not None:
        await run_pass(tried, second.provider, second.clock)
    stands = Overtaken(cloud.members, len(cloud.asked))
    relay.go.set()
    await late
    yield stands
    for place in (first, second):
        assert place.close is not None
        await place.close()
    server.close()


def answers(cloud: Cloud, since: int) -> list[tuple[str, int]]:
    return [(one.method, one.status) for one in cloud.asked[since:]]


async def grown(cloud: Cloud, replicas: int) -> None:
    place = reached(cloud.url)
    await made_right(web(replicas), place)
    assert place.close is not None
    await place.close()


@pytest.mark.parametrize("deletion", [DeletionMode.SINGLE, DeletionMode.BATCH])
def test_late_deletion_finds_nobody(cloud: Cloud, deletion: DeletionMode) -> None:
    """A deletion that arrives when its victims are gone and others have come hits none of these."""
    words = b"DELETE " if deletion is DeletionMode.SINGLE else b"POST "

    async def story() -> None:
        await grown(cloud, 6)
        fewer = replace(web(3), deletion=deletion)
        more = replace(web(6), deletion=deletion)
        async with overtaken(cloud, fewer, lambda sent: sent.startswith(words), more) as stands:
            assert len(stands.members) == 6
            assert answers(cloud, stands.asked) in ([("DELETE", 204)], [("POST", 202)])
            await grown(cloud, 6)
            assert cloud.members == stands.members

    asyncio.run(story())


def test_late_creation_finds_its_name(cloud: Cloud) -> None:
    """A creation that arrives when another process has made the same member is refused by its own words."""

    async def story() -> None:
        await grown(cloud, 2)
        held = lambda sent: sent.startswith(b"PUT ") and b"/virtualMachines/" in sent  # noqa: E731 -- a word for one line
        async with overtaken(cloud, web(6), held) as stands:
            assert len(stands.members) == 6
            assert answers(cloud, stands.asked) == [("PUT", 412)]
            assert cloud.members == stands.members

    asyncio.run(story())


def test_late_tags_fail_by_their_etag(cloud: Cloud) -> None:
    """A reservation of numbers that arrives after another one is refused: no number is given out twice."""

    async def story() -> None:
        await grown(cloud, 2)
        held = lambda sent: sent.startswith(b"PATCH ")  # noqa: E731 -- a word for one line
        async with overtaken(cloud, web(6), held) as stands:
            assert answers(cloud, stands.asked) == [("PATCH", 412)]
            assert len(cloud.named("PUT", 201)) == len(set(cloud.named("PUT", 201))) == 6
            assert cloud.members == stands.members

    asyncio.run(story())


def test_nobody_makes_room_for_a_late_creation(cloud: Cloud) -> None:
    """While a creation may still arrive, nobody of its batch goes, whatever the spec wants: it finds its name."""

    async def story() -> None:
        await grown(cloud, 2)
        held = lambda sent: sent.startswith(b"PUT ") and b"/virtualMachines/" in sent  # noqa: E731 -- a word for one line
        async with overtaken(cloud, web(6), held, tried=web(2)) as stands:
            assert {f"web-{number:06}" for number in range(3, 7)} <= set(stands.members)
            assert answers(cloud, stands.asked) == [("PUT", 412)]
            assert cloud.members == stands.members

    asyncio.run(story())
