"""What the daemon serves goes through the redaction, too."""

from __future__ import annotations

import asyncio
import json

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from controller.web.api import json_answer
from controller.web.health import Check, _answer
from controller.web.pages import plain

TEXT = "look failed: https://acc.blob.core.windows.net/c?sv=1&sig=Canary7 (Bearer Canary8abc)"


def test_served_documents_hold_no_secrets() -> None:
    """A document is served without secrets, and a token that approves a plan stays readable."""
    answer = json_answer(
        {"message": TEXT, "userData": "Canary9", "freeze": {"token": "0123456789ab"}}
    )
    assert "Canary" not in str(answer.text)
    assert json.loads(str(answer.text))["freeze"] == {"token": "0123456789ab"}


def test_pages_hold_no_secrets() -> None:
    """Text of others is put into pages without secrets, and otherwise as it is."""
    shown = plain(TEXT)
    assert "Canary" not in shown
    assert shown.startswith("look failed: https://acc.blob.core.windows.net/c?sv=1&sig=***")


def test_health_checks_hold_no_secrets() -> None:
    """The sentences of a failed check are served without secrets."""

    async def handle(request: web.Request) -> web.Response:
        return _answer(request, "readyz", [Check("sources", TEXT), Check("provider", note=TEXT)])

    async def asked() -> tuple[int, str]:
        app = web.Application()
        app.router.add_get("/readyz", handle)
        async with TestClient(TestServer(app)) as client:
            answer = await client.get("/readyz?verbose")
            return answer.status, await answer.text()

    status, text = asyncio.run(asked())
    assert status == 503
    assert "[-]sources failed: look failed" in text
    assert "[+]provider ok: look failed" in text
    assert "Canary" not in text
