"""The status page in a real browser: readable by everybody, alive, and harmless."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from controller.spec.values import Spot
from tests.shell.stage import run
from tests.web.browser import needs_chromium, opened, served, violations
from tests.web.clocks import SteppedClock
from tests.web.scene import Scene, named, troubled

if TYPE_CHECKING:
    from playwright.async_api import Page

pytestmark = pytest.mark.slow
SIZES: dict[str, dict[str, Any]] = {
    "phone": {"viewport": {"width": 400, "height": 800}},
    "desk": {"viewport": {"width": 1280, "height": 900}},
    "wall": {"viewport": {"width": 3840, "height": 2160}},
    "dark": {"viewport": {"width": 1280, "height": 900}, "color_scheme": "dark"},
}


@pytest.fixture(autouse=True)
def _with_chromium() -> None:
    needs_chromium()


async def overflow(page: Page) -> int:
    return int(
        await page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
    )


@pytest.mark.parametrize("size", SIZES)
def test_everybody_can_read_it(size: str) -> None:
    """On every screen, light or dark, axe finds nothing, and nothing runs out of the page sideways."""
    scene = troubled()

    async def look() -> None:
        async with served(scene, SteppedClock(scene)) as address:
            for path in ("/", "/fleets/queue", "/fleets/queue/queue-000002"):
                async with opened(address + path, **SIZES[size]) as page:
                    assert await violations(page) == [], path
                    assert await overflow(page) == 0, path

    run(look())


def test_axe_would_tell() -> None:
    """The check for everybody's sake does find a picture without words when one is put in."""
    scene = Scene()

    async def look() -> None:
        async with served(scene, SteppedClock(scene)) as address, opened(address) as page:
            await page.evaluate(
                "document.getElementById('main').append(document.createElement('img'))"
            )
            assert any(one.startswith("image-alt") for one in await violations(page))

    run(look())


def test_worst_comes_first() -> None:
    """The first card is the frozen fleet, the second waits for an approval, and the heading counts both."""
    scene = troubled()

    async def look() -> None:
        async with served(scene, SteppedClock(scene)) as address, opened(address) as page:
            names = await page.locator(".card h2").all_inner_texts()
            assert names[:3] == ["ledger", "web", "queue"]
            assert (
                await page.locator("h1").inner_text() == "2 of 7 fleets need somebody, 1 is held up"
            )

    run(look())


def test_page_is_whole_without_script() -> None:
    """With JavaScript switched off everything is there, and the search still finds."""
    scene = troubled()

    async def look() -> None:
        async with (
            served(scene, SteppedClock(scene)) as address,
            opened(address, java_script_enabled=False) as page,
        ):
            assert await page.locator(".card").count() == 7
            await page.fill("#q", "reconciling")
            await page.click("text=Find >> nth=-1")
            assert sorted(await page.locator(".card h2").all_inner_texts()) == ["search", "workers"]

    run(look())


def test_changes_come_by_themselves() -> None:
    """A fleet that changes is shown anew without a reload; what a reader typed and stands on stays."""
    scene = Scene()
    fleet = named("web", 3)
    scene.settle(fleet)
    scene.show(fleet)

    async def look() -> None:
        async with served(scene, SteppedClock(scene)) as address, opened(address) as page:
            await page.wait_for_selector("#live:not([hidden])")
            await page.fill("#q", "we")
            await scene.look_again(named("web", 5))
            await page.wait_for_selector("h1:has-text('not as wanted yet')")
            assert await page.input_value("#q") == "we"
            assert await page.evaluate("document.activeElement.id") == "q"
            assert await page.locator("#told").inner_text() == "1 of 1 fleet is not as wanted yet"

    run(look())


def test_search_narrows_at_once() -> None:
    """Typing hides the fleets that do not say it, and the count follows."""
    scene = troubled()

    async def look() -> None:
        async with served(scene, SteppedClock(scene)) as address, opened(address) as page:
            await page.fill("#q", "ready")
            assert await page.locator(".card:visible").count() == 2
            assert await page.locator("#found").inner_text() == "2 of 7"

    run(look())


@pytest.mark.parametrize(("pace", "shown"), [(1.0, "in 5 min"), (60.0, "in 5 s")])
def test_countdown_is_the_readers(pace: float, shown: str) -> None:
    """The next look is counted down by the daemon's clock and at its pace, in seconds of the reader, and goes on."""
    scene = Scene()
    fleet = named("web", 3)
    scene.settle(fleet)
    scene.show(fleet)

    async def look() -> None:
        async with served(scene, SteppedClock(scene), pace) as address, opened(address) as page:
            due = page.locator("time.due")
            # The region's time is days away from the browser's, and stands still in this test.
            first = await due.inner_text()
            assert first in {shown, "in 4 min 59 s", "in 4 s"}
            await page.wait_for_selector(f"time.due:not(:text-is('{first}'))")
            assert await due.inner_text() != first
            assert ("60 times as fast" in await page.inner_text("header")) is (pace != 1)

    run(look())


def test_instances_are_narrowed_at_once() -> None:
    """On a fleet's page typing hides the rows of instances that do not say it."""
    scene = troubled()

    async def look() -> None:
        async with (
            served(scene, SteppedClock(scene)) as address,
            opened(f"{address}/fleets/queue") as page,
        ):
            await page.fill("#q", "no: locked")
            assert await page.locator("tr[data-text]:visible").count() == 3
            assert await page.locator("#found").inner_text() == "3 of 9"

    run(look())


def test_keyboard_is_enough() -> None:
    """From the address bar, keys alone lead past the header to the first fleet and into it."""
    scene = troubled()

    async def look() -> None:
        async with served(scene, SteppedClock(scene)) as address, opened(address) as page:
            await page.keyboard.press("Tab")
            assert await page.evaluate("document.activeElement.className") == "skip"
            await page.keyboard.press("Enter")
            # The worst is the first link behind the header: it leads to its card, whose link is the next.
            await page.keyboard.press("Tab")
            await page.keyboard.press("Enter")
            await page.wait_for_url("**#fleet-ledger")
            await page.keyboard.press("Tab")
            await page.keyboard.press("Enter")
            await page.wait_for_url("**/fleets/ledger")

    run(look())


def test_thousand_instances_are_a_picture() -> None:
    """A fleet of a thousand is drawn in three lanes that fit on one screen."""
    scene = Scene()
    fleet = named("huge", 1000, spot=Spot(100, 60))
    scene.settle(fleet)
    scene.show(fleet)

    async def look() -> None:
        async with served(scene, SteppedClock(scene)) as address, opened(address) as page:
            boxes = [await lane.bounding_box() for lane in await page.locator(".lane svg").all()]
            assert len(boxes) == 3
            assert all(box and box["height"] < 400 for box in boxes)
            assert await page.locator(".lane svg").first.get_attribute("aria-label") == (
                "zone 1: 214 Regular, running; 120 Spot, running"
            )
            await page.goto(f"{address}/fleets/huge")
            assert await page.locator(".cells").first.is_hidden()
            await page.click("summary")
            assert await page.locator(".cells a").count() == 1000
            assert await violations(page) == []

    run(look())


def test_open_page_lets_the_server_end() -> None:
    """A server that is told to stop ends at once although a page is attached to it."""
    scene = troubled()

    async def look() -> float:
        loop = asyncio.get_running_loop()
        async with served(scene, SteppedClock(scene)) as address, opened(address) as page:
            await page.wait_for_selector("#live:not([hidden])")
            begun = loop.time()
            scene.board.stop()
            await page.wait_for_selector("#live", state="hidden")
            return loop.time() - begun

    assert run(look()) < 10
