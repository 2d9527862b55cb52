"""The tables of ``get``: columns as kubectl has them, made from the same documents that machines get.

A look of our own and a daemon's answer give the same documents, so both give the same tables.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from controller.formats.age import UNKNOWN, age, last_seen
from controller.formats.words import NONE, lock_word, place_word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from providers.base import Json

Item: TypeAlias = "dict[str, Json]"

KINDS = ("fleets", "instances", "events")
API_VERSION = "evenkeel/v1alpha1"


@dataclass(frozen=True, slots=True)
class Column:
    """A column. ``wide``: only ``-o wide`` shows it."""

    header: str
    cell: Callable[[Item, datetime], str]
    wide: bool = False


def listing(items: Iterable[Item]) -> Item:
    """``{apiVersion, kind: List, items}`` as kubectl prints it, also when there is nothing."""
    return {"apiVersion": API_VERSION, "kind": "List", "items": list(items)}


def table(
    kind: str, items: Iterable[Item], now: datetime, *, wide: bool = False
) -> list[tuple[str, ...]]:
    """The header, and one row for each item. Ages are counted up to ``now``."""
    columns = [one for one in COLUMNS[kind] if wide or not one.wide]
    rows = [tuple(one.cell(item, now) for one in columns) for item in items]
    return [tuple(one.header for one in columns), *rows]


def _field(name: str) -> Callable[[Item, datetime], str]:
    """A cell that shows one field; what is not known is shown as such."""

    def cell(item: Item, _now: datetime) -> str:
        found = item.get(name)
        return UNKNOWN if found is None else str(found)

    return cell


def _sizes(item: Item, _now: datetime) -> str:
    """The size that is preferred, and how many others are allowed: ten would fill the line."""
    found = item.get("sizes")
    names = list(dict.fromkeys(map(str, found))) if isinstance(found, list) else []
    if not names:
        return UNKNOWN
    return names[0] if len(names) == 1 else f"{names[0]} (+{len(names) - 1})"


def _age_of(name: str) -> Callable[[Item, datetime], str]:
    def cell(item: Item, now: datetime) -> str:
        return age(_time(item.get(name)), now)

    return cell


def _time(text: Json) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) else None


def _place(item: Item, _now: datetime) -> str:
    zone, domain = item.get("zone"), item.get("faultDomain")
    return place_word(
        zone if isinstance(zone, str) else None, domain if isinstance(domain, int) else None
    )


def _lock(item: Item, _now: datetime) -> str:
    obstacle = item.get("obstacle")
    found = (
        (str(obstacle.get("reason")), str(obstacle.get("detail")))
        if isinstance(obstacle, dict)
        else None
    )
    return lock_word(found, owned=bool(item.get("owned")))


def _obstacle(item: Item, _now: datetime) -> str:
    found = item.get("obstacle")
    return str(found.get("detail")) if isinstance(found, dict) else NONE


def _updated(item: Item, _now: datetime) -> str:
    return "yes" if item.get("updated") else "no"


def _pool(item: Item, _now: datetime) -> str:
    return str(item.get("pool") or NONE)


def _last_seen(item: Item, now: datetime) -> str:
    count = item.get("count")
    last = _time(item.get("at")) or now
    first = _time(item.get("firstAt")) or last
    return last_seen(last, first, count if isinstance(count, int) else 1, now)


COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "fleets": (
        Column("NAME", _field("name")),
        Column("READY", _field("ready")),
        Column("DESIRED", _field("desired")),
        Column("UPDATED", _field("updated")),
        Column("SPREAD", _field("spread")),
        Column("STATUS", _field("status")),
        Column("AGE", _age_of("oldestAt")),
        Column("SPOT", _field("spot"), wide=True),
        Column("SIZES", _sizes, wide=True),
        Column("LOCATION", _field("location"), wide=True),
        Column("SOURCE", _field("source"), wide=True),
    ),
    "instances": (
        Column("NAME", _field("name")),
        Column("ZONE/FD", _place),
        Column("SIZE", _field("size")),
        Column("PRIORITY", _field("priority")),
        Column("STATE", _field("state")),
        Column("LOCK", _lock),
        Column("AGE", _age_of("createdAt")),
        Column("HEALTH", _field("health"), wide=True),
        Column("FLEET", _field("fleet"), wide=True),
        Column("POOL", _pool, wide=True),
        Column("UPDATED", _updated, wide=True),
        Column("OBSTACLE", _obstacle, wide=True),
    ),
    "events": (
        Column("LAST SEEN", _last_seen),
        Column("TYPE", _field("type")),
        Column("REASON", _field("reason")),
        Column("FLEET", _field("fleet"), wide=True),
        Column("OBJECT", _field("object")),
        Column("MESSAGE", _field("message")),
    ),
}
"""All columns, in the order in which they are shown."""
