"""How ``get`` prints what was seen: tables, names, documents, templates, queries."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from controller.cli.columns import print_columns
from controller.cli.forms import COLUMNS, JSONPATH, Form
from controller.cli.tables import listing, table
from controller.formats.redact import redact

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from controller.cli.look import Look
    from controller.cli.options import Show
    from controller.cli.query import Query
    from controller.cli.tables import Item
    from controller.formats.jsonpath import Path
    from providers.base import Json

DOCUMENTS = ("json", "yaml", "tsv", JSONPATH)
"""Formats that print one document, and no rows."""


@dataclass(frozen=True, slots=True)
class Printing:
    """What was asked for. ``sort_by`` None: in the order of the look."""

    form: Form = field(default_factory=lambda: Form("text"))
    headers: bool = True
    sort_by: Path | None = None
    query: Query | None = None

    @property
    def is_table(self) -> bool:
        """Whether rows are printed."""
        return self.query is None and self.form.word not in DOCUMENTS


def print_look(kind: str, seen: Look, printing: Printing, show: Show) -> None:
    """Print everything that was seen; when there is nothing, people are told so."""
    items = in_order(seen.items, printing.sort_by)
    if not printing.is_table:
        print_document(listing(items), printing, show)
    elif not items:
        show.say(f"no {kind} found")
    else:
        show.data("\n".join(lines_of(kind, items, seen.now, printing, show)))


def print_document(document: Item, printing: Printing, show: Show) -> None:
    """Print one document in a format that is no table."""
    # Before a query, because what it picks out no longer stands beside its key.
    clean = redact(document)
    value = clean if printing.query is None else printing.query.search(clean)
    if printing.form.template is not None:
        show.data(printing.form.template.render(value))
    elif printing.form.word == "tsv":
        show.data("\n".join(tsv_lines(value)))
    else:
        show.value(value, printing.form.word)


def lines_of(
    kind: str, items: Sequence[Item], now: datetime, printing: Printing, show: Show
) -> list[str]:
    """The rows of a table as lines, with their header if that is wanted."""
    form = printing.form
    if form.word == "name":
        return [f"{kind.removesuffix('s')}/{_name(item)}" for item in items]
    if form.word == COLUMNS:
        from controller.formats.jsonpath import column_text

        rows = [tuple(header for header, _ in form.columns)]
        rows += [tuple(column_text(path, item) for _, path in form.columns) for item in items]
    else:
        rows = table(kind, items, now, wide=form.word == "wide")
    lines = print_columns(rows, width=show.out.width, fold=show.out.live and kind == "events")
    return lines if printing.headers else lines[1:]


def in_order(items: Sequence[Item], sort_by: Path | None) -> list[Item]:
    """Items by the first value to which a path leads; those where it leads nowhere come last."""
    if sort_by is None:
        return list(items)
    return sorted(items, key=lambda item: _rank(sort_by.find(item)))


def tsv_lines(value: Json) -> list[str]:
    """A value as ``az`` prints it with ``-o tsv``: one line for each item, tabs between fields, no header."""
    if isinstance(value, dict) and isinstance(value.get("items"), list):
        value = value["items"]
    if isinstance(value, list):
        return [_tsv(one) for one in value]
    return [] if value is None else [_tsv(value)]


def _tsv(value: Json) -> str:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return "\t".join(_scalar(one) for one in value)
    return _scalar(value)


def _scalar(value: Json) -> str:
    if value is None or isinstance(value, list | dict):
        return str(len(value)) if value else ""
    return " ".join(str(value).split())


def _rank(found: Sequence[Json]) -> tuple[int, float, str]:
    value = found[0] if found else None
    if value is None:
        return (2, 0.0, "")
    if isinstance(value, int | float):
        return (0, float(value), "")
    return (1, 0.0, str(value))


def _name(item: Item) -> str:
    return str(item.get("name") or item.get("object"))
