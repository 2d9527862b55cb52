"""Microsoft.ResourceGraph/resources: the few queries that clients use to find VMs and scale sets.

Served is ``Resources``, then any of ``where``, ``project``, ``order by``, ``limit``, ``take``, ``count`` and
``summarize count() by``; a condition compares one column with one text or list. All else is a 400 that says
so: a query half understood would be worse than none.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from providers.arm.errors import Refusal
from providers.arm.messages import Reply
from providers.arm.network_views import view
from providers.arm.resources import documents_below
from providers.arm.routes import Route
from providers.simulated import instances
from providers.simulated.documents import mapping_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from providers.arm.emulator import Emulator
    from providers.arm.messages import Request

    Row = dict[str, object]
    Stage = Callable[[list[Row]], list[Row]]

_TEXT = r"(?:'[^']*'|\"[^\"]*\")"
_COLUMN = r"[A-Za-z_][\w.]*(?:\['[^']*'\])?"
_CONDITION = re.compile(
    rf"(?P<column>{_COLUMN}|tolower\({_COLUMN}\))\s*"
    rf"(?P<operator>=~|!~|==|!=|in~|in|contains|startswith|has)\s*"
    rf"(?P<value>{_TEXT}|\(\s*{_TEXT}(?:\s*,\s*{_TEXT})*\s*\))",
    re.IGNORECASE,
)
# Words in quotes are kept apart, so that a pipe or an "and" in a name divides nothing.
_QUOTED = re.compile(_TEXT)
_PIPE = re.compile(r"\|")
_AND = re.compile(r"\s+and\s+", re.IGNORECASE)
_TERM = re.compile(r"[a-z0-9]+")
_MOST = 1000


@dataclass(frozen=True, slots=True)
class _Condition:
    column: str
    operator: str
    values: tuple[str, ...]

    def holds(self, row: Row) -> bool:
        found = _at(row, self.column)
        text = "" if found is None else str(found)
        ignoring = self.operator not in {"==", "!=", "in"}
        text = text.lower() if ignoring else text
        values = tuple(value.lower() for value in self.values) if ignoring else self.values
        if self.operator in {"!~", "!="}:
            return text not in values
        if self.operator == "contains":
            return any(value in text for value in values)
        if self.operator == "has":
            # Whole terms alone: virtualMachineScaleSets has no virtualMachines.
            return any(value in _TERM.findall(text) for value in values)
        if self.operator == "startswith":
            return any(text.startswith(value) for value in values)
        return text in values


def query(emulator: Emulator, request: Request) -> Reply:
    """Answer a query. Raises ``Refusal`` (400) for one that is not understood."""
    body = request.document()
    text = body.get("query")
    if not isinstance(text, str) or not text.strip():
        raise _not_understood("the request has no 'query'")
    asked = body.get("subscriptions")
    wanted = [str(name) for name in asked] if isinstance(asked, list) else []
    rows = [
        row
        for subscription in wanted or [emulator.settings.subscription]
        for row in _rows(emulator, subscription)
    ]
    for stage in _stages(text):
        rows = stage(rows)
    options = mapping_in(body, "options")
    skip, top = (_number(options, name, usual) for name, usual in (("$skip", 0), ("$top", _MOST)))
    page = rows[skip : skip + top]
    return Reply(
        200,
        {
            "totalRecords": len(rows),
            "count": len(page),
            "data": _as_table(page) if options.get("resultFormat") == "table" else page,
            "facets": [],
            "resultTruncated": "true" if len(page) < len(rows) - skip else "false",
        },
    )


def _rows(emulator: Emulator, subscription: str) -> list[Row]:
    return [
        {
            **_detailed(emulator, document),
            "type": str(document.get("type", "")).lower(),
            "subscriptionId": subscription,
            "resourceGroup": str(document["id"]).split("/")[4].lower(),
            "tenantId": emulator.settings.tenant,
        }
        for document in documents_below(emulator, f"/subscriptions/{subscription}")
    ]


def _detailed(emulator: Emulator, document: Row) -> Row:
    # Azure's own copy of a VM carries its power state under ``extended``.
    record = emulator.world.roster.get(str(document["id"]).lower())
    if record is None:
        return view(emulator, document)
    instance = instances.shown(record, emulator.region.clock, emulator.region.scenario)
    power = instance.power_state.value
    state = {"code": f"PowerState/{power}", "displayStatus": f"VM {power}", "level": "Info"}
    extended = {"instanceView": {"powerState": state}}
    return {**document, "properties": {**mapping_in(document, "properties"), "extended": extended}}


def _stages(text: str) -> list[Stage]:
    kept: list[str] = []

    def put_aside(found: re.Match[str]) -> str:
        kept.append(found[0])
        return f"'{len(kept) - 1}'"

    bare = _QUOTED.sub(put_aside, " ".join(text.split()))
    table, *parts = (part.strip() for part in _PIPE.split(bare))
    if table.lower() != "resources":
        raise _not_understood(f"the table '{table}' is not served, only 'Resources'")

    def whole(part: str) -> str:
        return _QUOTED.sub(lambda found: kept[int(found[0][1:-1])], part)

    return [_stage([whole(piece) for piece in _AND.split(part)]) for part in parts]


def _stage(pieces: list[str]) -> Stage:
    word, _, rest = pieces[0].partition(" ")
    if word.lower() == "where":
        return _where([rest, *pieces[1:]])
    text = " and ".join([rest.strip(), *pieces[1:]])
    make = _STAGES.get(word.lower())
    if make is None:
        raise _not_understood(f"'{word} {text}' is not served")
    return make(text)


def _where(pieces: list[str]) -> Stage:
    conditions = [_condition(piece) for piece in pieces]
    return lambda rows: [row for row in rows if all(each.holds(row) for each in conditions)]


def _condition(text: str) -> _Condition:
    found = _CONDITION.fullmatch(text.strip())
    if found is None:
        raise _not_understood(f"the condition '{text}' is not served")
    column = re.sub(r"^tolower\((.*)\)$", r"\1", found["column"], flags=re.IGNORECASE)
    values = tuple(word[1:-1] for word in _QUOTED.findall(found["value"]))
    return _Condition(column, found["operator"].lower(), values)


def _project(text: str) -> Stage:
    columns: dict[str, str] = {}
    for part in text.split(","):
        name, is_named, source = (word.strip() for word in part.partition("="))
        path = source if is_named else name
        if re.fullmatch(_COLUMN, path) is None:
            raise _not_understood(f"the column '{part.strip()}' is not served")
        columns[name.replace(".", "_")] = path
    return lambda rows: [{name: _at(row, path) for name, path in columns.items()} for row in rows]


def _order(text: str) -> Stage:
    found = re.fullmatch(
        rf"(?:by\s+)?(?P<column>{_COLUMN})(?:\s+(?P<way>asc|desc))?", text, re.IGNORECASE
    )
    if found is None:
        raise _not_understood(f"'order {text}' is not served; order by one column")
    column = found["column"]
    down = (found["way"] or "desc").lower() == "desc"
    return lambda rows: sorted(rows, key=lambda row: str(_at(row, column) or ""), reverse=down)


def _limit(text: str) -> Stage:
    if not text.isdigit():
        raise _not_understood(f"'{text}' is not a number of rows")
    return lambda rows: rows[: int(text)]


def _count(text: str) -> Stage:
    if text:
        raise _not_understood(f"'count {text}' is not served")
    return lambda rows: [{"Count": len(rows)}]


def _summarize(text: str) -> Stage:
    found = re.fullmatch(
        rf"(?:(?P<name>\w+)\s*=\s*)?count\(\)\s+by\s+(?P<column>{_COLUMN})", text, re.IGNORECASE
    )
    if found is None:
        raise _not_understood(
            f"'summarize {text}' is not served; only 'summarize count() by COLUMN'"
        )
    column, name = found["column"], found["name"] or "count_"

    def counted(rows: list[Row]) -> list[Row]:
        held = Counter(str(_at(row, column) or "") for row in rows)
        return [{column.rpartition(".")[2]: value, name: number} for value, number in held.items()]

    return counted


_STAGES: dict[str, Callable[[str], Stage]] = {
    "project": _project,
    "order": _order,
    "sort": _order,
    "limit": _limit,
    "take": _limit,
    "count": _count,
    "summarize": _summarize,
}


def _at(row: Mapping[str, object], path: str) -> object:
    value: object = row
    for name in re.sub(r"\['([^']*)'\]$", r"\0\1", path).replace("\0", ".\0").split("."):
        wanted = name.lstrip("\0").lower()
        if not isinstance(value, dict):
            return None
        value = next((inner for own, inner in value.items() if own.lower() == wanted), None)
    return value


def _as_table(rows: list[Row]) -> dict[str, object]:
    columns = list(dict.fromkeys(name for row in rows for name in row))
    return {
        "columns": [{"name": name, "type": _type(rows, name)} for name in columns],
        "rows": [[row.get(name) for name in columns] for row in rows],
    }


def _type(rows: list[Row], name: str) -> str:
    values = [row[name] for row in rows if row.get(name) is not None]
    if values and all(isinstance(value, int) for value in values):
        return "integer"
    return "string" if all(isinstance(value, str) for value in values) else "object"


def _number(options: Mapping[str, object], name: str, usual: int) -> int:
    value = options.get(name, usual)
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise _not_understood(f"the option '{name}' is not a number")
    return value


def _not_understood(why: str) -> Refusal:
    return Refusal(
        400,
        "BadRequest",
        "Please provide below info when asking for support: timestamp and correlationId.",
        details=(
            {
                "code": "InvalidQuery",
                "message": f"Query is invalid: {why}. Served here: Resources | where COLUMN =~ 'VALUE' "
                "[and ...] | project COLUMNS | order by COLUMN | limit N | count | summarize count() by COLUMN.",
            },
        ),
    )


ROUTES = (Route("POST", "/providers/Microsoft.ResourceGraph/resources", query),)
