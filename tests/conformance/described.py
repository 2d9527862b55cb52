"""Requests and answers held against Microsoft's OpenAPI documents, and the official examples sent as requests."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from providers.arm.emulator import Emulator, Settings
from providers.arm.errors import Refusal
from tests.arm.clients import Client
from tests.conformance.comparing import Compared, Difference
from tests.providers.worlds import an_empty_region

if TYPE_CHECKING:
    from tests.conformance.journeys import Exchanged
    from tests.conformance.openapi import Described, OpenApi

_QUOTED = re.compile(r"'[^']*'")
_HOLE = re.compile(r"\{(\w+)\}")
# Examples are placeholders: what stands for a place is none.
_PLACES = {"location": "westus"}


def checked(api: OpenApi, one: Exchanged) -> Compared | None:
    """Check query, body and answer of a request against its description; None if there is none."""
    described = api.find(one.sent.method, one.sent.path)
    if described is None:
        return None
    name = str(described.raw["operationId"])
    found = [_query(api, described, one), _request(api, described, one.sent.body)]
    found.append(_answer(api, described, one.reply.status, one.reply.content))
    differences = [
        Difference(name, aspect, how)
        for aspect, words in zip(("query", "request", "answer"), found, strict=True)
        for how in sorted(words)
    ]
    return Compared(len(found), tuple(differences), sum(1 for words in found if words))


def _query(api: OpenApi, described: Described, one: Exchanged) -> set[str]:
    known = {name.lower() for name in api.parameters(described, "query")}
    return {f"`{name}` is not described" for name in one.sent.query if name.lower() not in known}


def _request(api: OpenApi, described: Described, body: Any) -> set[str]:
    schemas = [each["schema"] for each in api.parameters(described, "body").values()]
    if not schemas:
        return set() if body is None else {"a body is not described"}
    return set() if body is None else api.complaints(described, schemas[0], body)


def _answer(api: OpenApi, described: Described, status: int, content: bytes) -> set[str]:
    responses = described.raw["responses"]
    response = responses.get(str(status), responses.get("default") if status >= 400 else None)
    if response is None:
        return {f"status {status} is not described"}
    if "schema" not in response:
        return {"a body is not described"} if content else set()
    return api.complaints(described, response["schema"], json.loads(content or b"null"))


def tried(api: OpenApi, described: Described, given: dict[str, Any]) -> Compared | None:
    """Send an official example to an empty region; None if the emulator does not serve the operation."""
    values = {**given["parameters"], **_PLACES}
    path = _HOLE.sub(lambda hole: str(values.get(hole[1], hole[1])).strip("/"), described.template)
    path = "/" + path.strip("/")
    client = Client(Emulator(an_empty_region(), Settings(location="westus")))
    try:
        if client.emulator.router.find(described.method, path) is None:
            return None
    except Refusal:
        return None
    bodies = [values[each] for each in api.parameters(described, "body") if each in values]
    queries = {
        each: str(values[each]) for each in api.parameters(described, "query") if each in values
    }
    version = str(values.get("api-version", ""))
    answered = client.send(
        described.method,
        path,
        bodies[0] if bodies else None,
        version=version,
        query={key: value for key, value in queries.items() if key != "api-version"},
    )
    # In an empty region most of what an example asks for is missing: that is an answer.
    if answered.status < 400 or (answered.status == 404 and answered.code != "InvalidResourceType"):
        return Compared(1, (), 0)
    text = _QUOTED.sub("'…'", answered.message)[:100]
    how = f"{answered.status} {answered.code}: {text}"
    operation = str(described.raw["operationId"])
    return Compared(1, (Difference(operation, "example", how),), 1)
