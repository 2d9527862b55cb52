"""``/livez`` and ``/readyz``, as kube-apiserver has them: the status code is the answer, ``?verbose`` explains.

Live is a process whose loop turns and whose work goes on. Ready is one that has read its specs and looked
at each fleet once. A cloud that is down, a full disk or a frozen fleet makes a daemon neither dead nor
unready: starting it anew would help nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from aiohttp import web

from controller.formats.redact import redact_text
from controller.formats.words import counted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.engine.board import Board, View
    from controller.engine.pulse import Pulse


class Check(NamedTuple):
    """A name, what is wrong (empty if nothing is), and what is worth knowing although nothing is wrong with it."""

    name: str
    wrong: str = ""
    note: str = ""


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
    return [Check("loop", pulse.trouble or "")]


def ready_checks(view: View) -> list[Check]:
    """Whether what the process shows is worth reading."""
    unvisited = sum(not one.visited for one in view.fleets)
    return [
        Check("specs", "" if view.accepted else "the specs have not been read yet"),
        Check("fleets", f"{unvisited} fleets have not been looked at yet" if unvisited else ""),
        Check("provider", note=_unseen(view)),
        Check("stopping", "told to stop" if view.stopping else ""),
    ]


def _unseen(view: View) -> str:
    unseen = [one for one in view.fleets if one.report is not None and one.report.plan is None]
    if not unseen:
        return ""
    return f"{len(unseen)} of {counted(len(view.fleets), 'fleet')} could not be seen, which no new start would mend"


def _answer(request: web.Request, name: str, checks: Sequence[Check]) -> web.Response:
    bad = [check for check in checks if check.wrong]
    status = 503 if bad else 200
    if "verbose" not in request.query and not bad:
        return web.Response(text="ok")
    lines = [_line(check) for check in checks]
    lines.append(f"{name} check {'failed' if bad else 'passed'}")
    return web.Response(status=status, text=redact_text("\n".join(lines)) + "\n")


def _line(check: Check) -> str:
    if check.wrong:
        return f"[-]{check.name} failed: {check.wrong}"
    return f"[+]{check.name} ok" + (f": {check.note}" if check.note else "")
