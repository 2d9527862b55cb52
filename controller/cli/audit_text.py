"""Audit trails for people and for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from controller.cli.exits import CommandError
from controller.engine.trail_reading import examine
from controller.formats.redact import redact
from controller.formats.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from controller.cli.screen import Screen
    from controller.core.chain import Anchor
    from controller.engine.trail_reading import Change, Examination
    from providers.base import Json

SHOWN_BREAKS = 20
"""So many breaks are told one by one; a trail with more was not edited but overwritten."""


def examined(path: Path, *, heads: Sequence[Anchor] = (), archived: bool = False) -> Examination:
    """Examine a trail. Raises ``CommandError`` if it cannot be read."""
    try:
        return examine(path, heads=heads, archived=archived)
    except OSError as error:
        reason = error.strerror or "no reason given"
        hint = "name the file that --audit named; files closed before it are found beside it"
        raise CommandError(f"{path} cannot be read: {reason}", hint=hint) from error


def examination_text(found: Examination, screen: Screen) -> str:
    """The verdict first, then what is wrong, one line each."""
    told = [f"{one.place}: {one.sentence}" for one in found.breaks[:SHOWN_BREAKS]]
    if len(found.breaks) > SHOWN_BREAKS:
        told.append(f"and {len(found.breaks) - SHOWN_BREAKS} more")
    told += found.remarks
    return "\n".join([_verdict(found), *(screen.wrap(one, "    ", first="  ") for one in told)])


def examination_document(found: Examination) -> dict[str, Json]:
    """The same for machines."""
    return {
        "formatVersion": "1.0",
        "whole": found.whole,
        "files": list(found.files),
        "records": found.records,
        "first": found.first,
        "head": str(found.last),
        "changes": len(found.changes),
        "unanswered": found.unanswered,
        "breaks": [{"place": one.place, "message": one.sentence} for one in found.breaks],
        "remarks": list(found.remarks),
    }


def of_interest(change: Change, fleet: str | None, instance: str | None) -> bool:
    """Whether a change is about a fleet and an instance; None stands for any."""
    named = fleet is None or change.intent.get("fleet") == fleet
    return named and (instance is None or instance in change.intent.get("targets", ()))


def change_document(change: Change) -> dict[str, Any]:
    """What was meant, as it stands on record, and what came of it."""
    result: dict[str, Json] = {"outcome": change.outcome, "code": change.code or None}
    shown = redact({"seq": change.seq, **change.intent, "result": result})
    return dict(shown) if isinstance(shown, dict) else {}


def change_lines(changes: Sequence[Change], screen: Screen) -> Iterator[str]:
    """``41  2026-11-21T12:00:00Z  web  create web-000007  accepted``, and the reasons below it."""
    for one in changes:
        intent = one.intent
        who = ", ".join(intent.get("targets", ())) or "the scale set"
        ended = one.outcome or "no result on record"
        code = f" ({one.code})" if one.code else ""
        head = f"{one.seq}  {intent.get('at')}  {intent.get('fleet')}  {intent.get('call')} {who}  {ended}{code}"
        yield screen.wrap(head, "    ", first="")
        for because in intent.get("because", ()):
            yield screen.wrap(f"{because['reason']}: {because['why']}", "      ", first="    ")
        told = [f"plan {str(intent.get('plan'))[:19]}", f"by {intent.get('actor')}"]
        told += [f"revision {intent['revision']}"] if intent.get("revision") else []
        yield screen.wrap(", ".join(told), "      ", first="    ")


def _verdict(found: Examination) -> str:
    files = counted(len(found.files), "file")
    records = counted(found.records, "record")
    changes = counted(len(found.changes), "change")
    if not found.whole:
        places = counted(len(found.breaks), "place")
        return f"NOT AS IT WAS WRITTEN: {places} in {records} of {files}"
    open_ones = f", {found.unanswered} of them without a result" if found.unanswered else ""
    return f"whole: {records} in {files}, {changes}{open_ones}\nhead {found.last}"
