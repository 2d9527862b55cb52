"""The three parts of the proof, each made once a run, and the page that tells of them."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from tests.conformance.comparing import compared
from tests.conformance.described import checked, tried
from tests.conformance.journeys import exchanged
from tests.conformance.ledger import Ledger, numbers
from tests.conformance.openapi import OpenApi
from tests.conformance.recordings import exchanges, recordings
from tests.conformance.replaying import Replay

RECORDED = "Requests replayed"
DESCRIBED = "Requests and answers checked"
EXAMPLES = "Examples sent"

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


_OPENAPI = """\
## OpenAPI

Whole fleets (the examples of `specs`, scaled in afterwards) and every call of the adapter go through the emulator; each request (query
and body) and each answer (status and body) is checked against Microsoft's documents: Compute 2024-07-01, SKUs 2021-07-01, locks
2020-05-01, which are the versions that the adapter asks in. An object that lists its properties may have no others.
"""

_OFFICIAL = """\
## Official examples

The examples that belong to those documents, sent to an empty region. An answer that says that something is missing there counts as
accepted.
"""

_VALIDATOR = """\
## Microsoft's validator

`make oav` keeps the traffic of the suite and holds it with `oav validate-traffic` against the same documents: the tests of the adapter
(the contract and the fault battery among them), the emulator's own tests, the journeys of this page, az and the JavaScript SDK. Left
out are nonsense that is sent on purpose and thousands of creations that are all alike. Exchanges of one shape are validated once; those
of services that the documents do not describe are not; newer versions of Compute, in which az and the SDK ask, are held against
2024-07-01. The emulator's own tests send wrong requests as well, so their answers alone are judged. A difference without a
reason in `tests/clients/oav/differences.json` fails.
"""

VALIDATED = Path(__file__).parents[1] / "clients" / "oav" / "differences.json"


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
            ledger.enter(place, result)
    return ledger


@cache
def described(folder: Path) -> Ledger:
    """All that the adapter asks and the emulator answers, against Microsoft's OpenAPI documents."""
    ledger, api = Ledger(), OpenApi(folder)
    ledger.cases = len(api.operations)
    for one in exchanged():
        result = checked(api, one)
        if result is None:
            ledger.left_out["operations that are not described there"] += 1
            continue
        ledger.enter(one.sent.verb.partition("?")[0], result)
    return ledger


@cache
def examples(folder: Path) -> Ledger:
    """The official examples, sent as requests."""
    ledger, api = Ledger(), OpenApi(folder)
    for operation in api.operations:
        for name, given in api.examples(operation):
            ledger.cases += 1
            result = tried(api, operation, given)
            if result is None:
                ledger.left_out["operations that are not emulated"] += 1
            else:
                ledger.enter(name, result)
    return ledger


def page(folder: Path) -> str:
    """The page of the documentation, as it is to be now."""
    parts = (
        _HEAD,
        _recorded(replayed(folder)),
        _OPENAPI,
        _described(described(folder)),
        _OFFICIAL,
        _examples(examples(folder)),
        _VALIDATOR,
        _validated(json.loads(VALIDATED.read_text(encoding="utf-8"))),
    )
    return "\n".join(part.strip() + "\n" for part in parts)


def _recorded(ledger: Ledger) -> str:
    rows = {
        "Recordings": ledger.cases,
        "Requests recorded": ledger.asked + sum(ledger.left_out.values()),
        RECORDED: ledger.asked,
        "Comparisons": ledger.compared,
        "Equal": ledger.equal,
    }
    return _section(ledger, rows)


def _described(ledger: Ledger) -> str:
    rows = {
        "Operations described": ledger.cases,
        DESCRIBED: ledger.asked,
        "Checks": ledger.compared,
        "Without complaint": ledger.equal,
    }
    return _section(ledger, rows)


def _examples(ledger: Ledger) -> str:
    rows = {"Official examples": ledger.cases, EXAMPLES: ledger.asked, "Accepted": ledger.equal}
    return _section(ledger, rows)


def _validated(told: dict[str, Any]) -> str:
    """What the last run of the validator measured, and the reasons of what it complained about."""
    measured = told["measured"]
    rows = [
        f"oav {measured['oav']}, {measured['date']}:",
        "",
        "| traffic of | exchanges | not described | of a shape seen before | validated | operations | without complaint |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    for client, found in measured["clients"].items():
        columns = ("kept", "outside", "alike", "validated", "operations", "clean")
        figures = " | ".join(f"{found[column]:,}" for column in columns)
        rows.append(f"| {client} | {figures} |")
    rows += ["", "### Differences", ""]
    for reason in told["reasons"]:
        rows += [reason["why"], "", *(f"- `{one}`" for one in reason["differences"]), ""]
    return "\n".join(rows)


def _section(ledger: Ledger, rows: dict[str, int]) -> str:
    left = {f"Left out: {why}": count for why, count in ledger.left_out.most_common()}
    return f"{numbers(rows | left)}\n### Differences\n\n{ledger.tables()}"
