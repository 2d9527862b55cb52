"""The three parts of the proof, each made once a run, and the page that tells of them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from tests.conformance.comparing import compared
from tests.conformance.ledger import Ledger, numbers
from tests.conformance.recordings import exchanges, recordings
from tests.conformance.replaying import Replay

if TYPE_CHECKING:
    from pathlib import Path

RECORDED = "Requests replayed"

_HEAD = """\
# Conformance

How the [emulator](emulator.md) is held against Azure. This page is made by `tests/conformance`; a difference that is not in it fails
the tests, and so does one for which no reason is given. `EVENKEEL_UPDATE_GOLDEN=1` rewrites it.

## Recorded traffic

Recordings that public projects keep of their tests (the Azure CLI, the SDKs, Azure Service Operator, Cloud Custodian) are asked again,
request by request, of a fresh region whose clock goes as the recording's dates do. Compared are the status, the presence of
`Azure-AsyncOperation`, `Location`, `ETag` and (where the recorder kept it) `Retry-After`, code and text of errors without names and
numbers, and the shape of bodies: every path and its type. What a recording shows and does not make is put into the region
beforehand; where the recording is further on than the region, the region's time passes.

"""


@cache
def replayed(folder: Path) -> Ledger:
    """All recordings, replayed and compared."""
    ledger = Ledger()
    for path in recordings(folder):
        found = exchanges(path)
        ledger.cases += 1
        for asked in Replay(found).run():
            if asked.answer is None:
                ledger.left_out[asked.left_out] += 1
                continue
            result = compared(asked.exchange, asked.answer)
            place = f"{asked.exchange.recording} [{asked.exchange.number}]"
            ledger.add(place, result.differences, aspects=result.aspects, unequal=result.unequal)
    return ledger


def page(folder: Path) -> str:
    """The page of the documentation, as it is to be now."""
    return _HEAD + _recorded(replayed(folder))


def _recorded(ledger: Ledger) -> str:
    rows = {
        "Recordings": ledger.cases,
        "Requests recorded": ledger.asked + sum(ledger.left_out.values()),
        RECORDED: ledger.asked,
        "Comparisons": ledger.compared,
        "Equal": ledger.equal,
    }
    left = {f"Left out: {why}": count for why, count in ledger.left_out.most_common()}
    return f"{numbers(rows | left)}\n### Differences\n\n{ledger.tables()}"
