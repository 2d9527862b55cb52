"""``/livez`` and ``/readyz``, as kube-apiserver has them: the status code is the answer, ``?verbose`` explains.

Live is a process whose loop turns and whose work goes on. Ready is one that has read its specs and looked
at each fleet once. A cloud that is down, a full disk or a frozen fleet makes a daemon neither dead nor
unready: starting it anew would help nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from aiohttp import web

from controller.formats.redact import redact_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.engine.board import Board, View
    from controller.engine.pulse import Pulse

Check = tuple[str, str]
"""A name, and what is wrong: empty if nothing is."""


def health_routes(board: Board, pulse: Pulse) -> tuple[web.RouteDef, ...]:
    """The routes for whoever watches over processes."""

    async def live(request: web.Request) -> web.Response:
        return _answer(request, "livez", live_checks(pulse))

    async def ready(request: web.Request) -> web.Response:
        checks = [*live_checks(pulse), *ready_checks(board.view())]
        return _answer(request, "readyz", checks)

    return (web.get("/livez", live), web.get("/healthz", live), web.get("/readyz", ready))


def live_checks(pulse: Pulse) -> list[Check]:
    """Whether the process should be left alone."""
    return [("loop", pulse.trouble or "")]


def ready_checks(view: View) -> list[Check]:
    """Whether what the process shows is worth reading."""
    unseen = sum(not one.visited for one in view.fleets)
    return [
        ("specs", "" if view.accepted else "the specs have not been read yet"),
        ("fleets", f"{unseen} fleets have not been looked at yet" if unseen else ""),
        ("stopping", "told to stop" if view.stopping else ""),
    ]


def _answer(request: web.Request, name: str, checks: Sequence[Check]) -> web.Response:
    bad = [check for check in checks if check[1]]
    status = 503 if bad else 200
    if "verbose" not in request.query and not bad:
        return web.Response(text="ok")
    lines = [f"[-]{check} failed: {why}" if why else f"[+]{check} ok" for check, why in checks]
    lines.append(f"{name} check {'failed' if bad else 'passed'}")
    return web.Response(status=status, text=redact_text("\n".join(lines)) + "\n")
