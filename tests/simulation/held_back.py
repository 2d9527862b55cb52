"""The guards that stand where a plan is carried out, each with a piece of the words with which it holds back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from controller.core import pacing
from controller.engine import creation, removal, set_writes
from providers.errors import LeaseLost, NotRecorded, OutcomeUnknown

if TYPE_CHECKING:
    from controller.engine.outcome import Outcome

WORDS: Mapping[str, str] = {
    "no room before the deletions": pacing.NO_ROOM,
    "number not reserved": creation._NOT_RESERVED,
    "platform fails": creation._PLATFORM_FAILS,
    "refused like the one before": "refused like the one before",
    "size just refused": "was just refused",
    "a batch runs": removal._BATCH_RUNS,
    "number still open": removal._OPEN,
    "list behind: gone": "the list still shows",
    "list behind: leaving": "and the list does not show it yet",
    "stays at the last look": " stays: ",
    "set waits for a batch": set_writes._DELETION_RUNS,
    "somebody was first": set_writes._SOMEBODY_FIRST,
}
CODES: Mapping[str, type] = {
    "LeaseNotHeld": LeaseLost,
    "Withheld": LeaseLost,
    "AuditUnavailable": NotRecorded,
    "TooSlowForTheLease": OutcomeUnknown,
}
"""Errors that guards raise instead of sending."""


def guards_of(outcome: Outcome) -> Iterator[str]:
    """Names of the guards that held an action back."""
    if outcome.accepted:
        return
    if outcome.error is not None and outcome.error.code in CODES:
        yield outcome.error.code
    yield from (name for name, words in WORDS.items() if words in outcome.sentence)
