"""What ``get`` and ``wait`` look at: documents of fleets, instances or events, from one look or from a daemon."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from controller.cli.exits import CommandError, Exit
from controller.cli.selector import Selector

if TYPE_CHECKING:
    from collections.abc import Sequence

    from controller.cli.options import Show, Source
    from controller.cli.tables import Item


@dataclass(frozen=True, slots=True)
class Asked:
    """What to look at, and where. ``server`` None: at the cloud itself. Without names: all fleets.

    ``types``: only events of these types; empty: of all.
    """

    kind: str
    names: tuple[str, ...]
    paths: tuple[str, ...]
    source: Source
    server: str | None = None
    labelled: Selector = field(default_factory=Selector)
    types: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Look:
    """What was seen. ``now`` is the moment up to which ages count; ``code`` is the exit code."""

    items: tuple[Item, ...]
    now: datetime
    code: Exit = Exit.DONE


def look(asked: Asked, show: Show) -> Look:
    """Look once. Raises ``CommandError``."""
    seen = _ourselves(asked, show) if asked.server is None else _at_daemon(asked, asked.server)
    if not asked.types:
        return seen
    return replace(seen, items=tuple(one for one in seen.items if one.get("type") in asked.types))


def _ourselves(asked: Asked, show: Show) -> Look:
    from controller.cli.gather import gather
    from controller.cli.items import items_of

    labelled = asked.labelled if asked.labelled.terms else None
    seen = gather(asked.paths, asked.source, show, names=asked.names, labelled=labelled)
    return Look(tuple(items_of(asked.kind, seen.sights, seen.unseen)), seen.now, seen.code)


def _at_daemon(asked: Asked, url: str) -> Look:
    from controller.cli.server import Server, objects

    server = Server(url)
    found = server.listing(asked.kind)
    items = objects(found["items"])
    if asked.names or asked.labelled.terms:
        fleets = items if asked.kind == "fleets" else objects(server.listing("fleets")["items"])
        meant = _meant(fleets, asked)
        key = "name" if asked.kind == "fleets" else "fleet"
        items = [item for item in items if item.get(key) in meant]
    return Look(tuple(items), _moment(found.get("at")))


def _meant(fleets: Sequence[Item], asked: Asked) -> set[str]:
    """Names of the fleets that were asked for. Raises ``CommandError`` for one that the daemon does not know."""
    known = {str(one.get("name")): one for one in fleets}
    for name in asked.names:
        if name not in known:
            hint = f"fleets there are: {', '.join(known)}" if known else "it watches no fleet"
            raise CommandError(f"the daemon knows no fleet {name}", hint=hint)
    return {name for name in asked.names or known if asked.labelled.matches(_labels(known[name]))}


def _labels(fleet: Item) -> dict[str, str]:
    found = fleet.get("labels")
    return {key: str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _moment(text: object) -> datetime:
    """The daemon's own time, which a simulated region may have far from ours."""
    try:
        return datetime.fromisoformat(str(text))
    except ValueError:
        from controller.engine.clock import WallClock

        return WallClock().now
