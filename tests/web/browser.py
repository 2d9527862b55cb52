"""A real Chromium before a real server on loopback, for tests of what people see.

Chromium comes from the machine (Debian: ``apt-get install chromium``), axe-core inside a package from PyPI.
Where there is no Chromium, these tests are left out and say so; with ``EVENKEEL_REQUIRE_ALL`` they fail.
"""

from __future__ import annotations

import os
import shutil
from contextlib import asynccontextmanager
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp.test_utils import TestServer
from playwright.async_api import async_playwright

from controller.web.server import application
from controller.web.site import Site

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from playwright.async_api import Page

    from tests.web.clocks import SteppedClock
    from tests.web.scene import Scene

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def needs_chromium() -> None:
    """Leave a test out where there is no Chromium, unless everything is required."""
    if CHROMIUM is None and not os.environ.get("EVENKEEL_REQUIRE_ALL"):
        pytest.skip("no chromium on this machine: what the page looks like is not tested")


@asynccontextmanager
async def served(scene: Scene, clock: SteppedClock, pace: float = 1.0) -> AsyncIterator[str]:
    """The site of a scene on a free port of loopback; yields its address."""
    server = TestServer(application(Site(scene.board, clock, clock, pace).routes()))
    await server.start_server()
    try:
        yield str(server.make_url("")).rstrip("/")
    finally:
        scene.board.stop()
        await server.close()


@asynccontextmanager
async def opened(address: str, **context: Any) -> AsyncIterator[Page]:
    """A page in Chromium. What its console complains about fails the test."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(QUIET))
        # A whole day may be shown at once, without the motion that a test would have to wait for.
        page = await browser.new_page(reduced_motion="reduce", **context)
        complaints: list[str] = []
        page.on(
            "console", lambda said: complaints.append(said.text) if said.type == "error" else None
        )
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await page.goto(address)
        yield page
        await browser.close()
        assert complaints == []


async def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 at levels A and AA, and against its own best practices."""
    script = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")
    await page.evaluate(script)
    found = await page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{one['id']}: {node['target']} {node['failureSummary']}"
        for one in found["violations"]
        for node in one["nodes"]
    ]
