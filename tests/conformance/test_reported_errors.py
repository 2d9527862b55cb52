"""Errors that people and Microsoft's own tests report, each held against the error table: none falls through."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from providers.azure.answers import Answer
from providers.azure.failures import error_of
from providers.errors import (
    Conflict,
    Locked,
    NoCapacity,
    NotOffered,
    ProviderError,
    QuotaExceeded,
    Rejected,
    Throttled,
    Transient,
)
from tests.conformance.corpus_gate import the_corpus
from tests.conformance.proof import RECORDED

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)

# Code, a part of the text, and what it means. The first row that fits decides; each has to be needed.
MEANINGS: tuple[tuple[str, str, type[ProviderError]], ...] = (
    ("SkuNotAvailable", "", NotOffered),
    ("ZonalAllocationFailed", "", NoCapacity),
    ("AllocationFailed", "", NoCapacity),
    ("OverconstrainedZonalAllocationRequest", "", NoCapacity),
    ("OverconstrainedAllocationRequest", "", NoCapacity),
    ("OperationNotAllowed", "quota", QuotaExceeded),
    ("OperationNotAllowed", "marked for deletion", Conflict),
    ("OperationNotAllowed", "maintenance control", Rejected),
    ("OperationNotAllowed", "is not allowed on Virtual Machine Scale Set", Rejected),
    ("OperationNotAllowed", "too many requests", Throttled),
    ("OperationPreempted", "", Conflict),
    ("NicReservedForAnotherVm", "", Conflict),
    ("ResourceRequestsThrottled", "", Throttled),
    ("SubscriptionRequestsThrottled", "", Throttled),
    ("ScopeLocked", "", Locked),
    ("", "Availability Zones is not allowed", Rejected),
    ("InvalidParameter", "", Rejected),
    ("ResourcePurchaseCanceling", "", Conflict),
    ("Conflict", "", Conflict),
    ("RetryableError", "", Transient),
)


def reported(folder: Path) -> list[dict[str, Any]]:
    path = folder / "recordings" / "errors_reported.json"
    entries: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["errors"]
    return entries


def words_of(entry: dict[str, Any]) -> tuple[str, str]:
    """Code and text of an entry, whose notes in brackets are the collector's."""
    code = re.sub(r"\(.*\)|\+.*", "", entry["code"]).strip()
    return code, entry["message"]


def answered(entry: dict[str, Any]) -> ProviderError:
    """What the adapter makes of an entry. One that was seen in an operation is taken as a 409."""
    code, text = words_of(entry)
    status = re.match(r"\d{3}", entry["http"])
    error = {"code": code, "message": text, "details": entry.get("details", [])}
    body = json.dumps({"error": error}).encode()
    number = int(status[0]) if status else 409
    return error_of(Answer(number, {"retry-after": "30"}, body), mutation=True, now=NOW)


def meaning_of(entry: dict[str, Any]) -> int:
    code, text = words_of(entry)
    return next(
        number
        for number, (known, part, _) in enumerate(MEANINGS)
        if known == code and part.lower() in text.lower()
    )


def test_every_reported_error_has_a_meaning() -> None:
    """Each error that is reported means what its row says, and no row is there for nothing."""
    entries = reported(the_corpus(RECORDED))
    found = [(words_of(entry), type(answered(entry))) for entry in entries]
    wanted = [(words_of(entry), MEANINGS[meaning_of(entry)][2]) for entry in entries]
    assert found == wanted
    assert {meaning_of(entry) for entry in entries} == set(range(len(MEANINGS)))
