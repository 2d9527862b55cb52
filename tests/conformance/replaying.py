"""One recording asked again, request by request, of an emulator whose time passes as the recording's did."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from providers.arm.emulator import Emulator, Settings
from providers.arm.envelope import content_of
from providers.arm.errors import Refusal
from providers.arm.messages import Request
from providers.arm.pipeline import COMPUTE_VERSIONS, answer
from tests.providers.worlds import an_empty_region

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from tests.conformance.recordings import Exchange

ORIGIN = "https://management.azure.com"
# Seconds in which whatever runs in the region comes to its end.
PATIENCE = 900.0
# Seconds between requests of recordings without dates.
UNDATED = 10.0
UNDER_WAY = {"InProgress", "Creating", "Updating", "Deleting", "Running", "Accepted"}
ABSENT = "requests for what nobody in the recording has made"
_OPERATION = re.compile(
    r"/(?:operations|operationresults|operationstatuses|diskoperations)/([^/?]+)", re.IGNORECASE
)
_OLDEST = COMPUTE_VERSIONS[-1]
# What a resource shows and nobody can ask for.
_SHOWN_ONLY = {
    "provisioningState", "vmId", "timeCreated", "instanceView", "uniqueId", "etag", "resources",
    "resourceGuid", "diskState", "diskSizeBytes", "constrainedMaximumCapacity",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """What the emulator said. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def body(self) -> Any:
        """The body as JSON; None if there is none."""
        return json.loads(self.text) if self.text else None


@dataclass(frozen=True, slots=True)
class Asked:
    """A recorded exchange and what came of it here: an answer, or why the request was left out."""

    exchange: Exchange
    answer: Answer | None
    left_out: str = ""


@dataclass
class Replay:
    """The emulator, and which of its operations stands for which recorded one."""

    exchanges: Sequence[Exchange]
    emulator: Emulator = field(init=False)
    operations: dict[str, Mapping[str, str]] = field(default_factory=dict)
    uniform: set[str] = field(default_factory=set)
    started: datetime | None = None
    offset: float = 0.0

    def __post_init__(self) -> None:
        settings = Settings(location=_location(self.exchanges))
        self.emulator = Emulator(an_empty_region(), settings)
        self.uniform = {path for each in self.exchanges if (path := _uniform_set(each)) is not None}

    def run(self) -> list[Asked]:
        """Ask everything, in order."""
        return [self._asked(each) for each in self.exchanges]

    def _asked(self, exchange: Exchange) -> Asked:
        self._let_pass(exchange.moment)
        why = self._left_out(exchange)
        if why:
            return Asked(exchange, None, why)
        operation = _OPERATION.search(exchange.path)
        if operation is not None:
            return self._polled(exchange, operation[1].lower())
        self._provide(exchange)
        if self._is_missing(exchange):
            return Asked(exchange, None, ABSENT)
        answered = self._patiently(exchange, exchange.path, exchange.query, _wish(exchange))
        self._remember(exchange, answered)
        if answered.status == 404 and exchange.status < 300:
            return Asked(exchange, None, ABSENT)
        return Asked(exchange, answered)

    def _patiently(
        self, exchange: Exchange, path: str, query: Mapping[str, str], sent: str
    ) -> Answer:
        """Ask; and where the recording is further on, ask once more when all that runs has ended.

        How long something takes is the region's own affair: what is compared is what follows on it.
        """
        method = exchange.method
        answered = self._send(method, path, query, sent)
        early = answered.status != exchange.status or stage(answered.body) != stage(exchange.body)
        if not early or (answered.status < 300 and method != "GET"):
            return answered
        if stage(exchange.body)[0] in UNDER_WAY or stage(exchange.body)[1] in UNDER_WAY:
            return answered
        self._skip(PATIENCE)
        return self._send(method, path, query, sent)

    def _skip(self, seconds: float) -> None:
        self.offset += seconds
        self.emulator.region.clock.advance(seconds)

    def _is_missing(self, exchange: Exchange) -> bool:
        if exchange.method != "DELETE" or exchange.status in {204, 404}:
            return False
        return self._send("GET", exchange.path, exchange.query, "").status == 404

    def _left_out(self, exchange: Exchange) -> str:
        if exchange.status == 429 or exchange.status >= 500:
            return "throttling, outages and timeouts of the day"
        if any(exchange.path.lower().startswith(path) for path in self.uniform):
            return "scale sets in Uniform orchestration, which are refused"
        if exchange.sent and _as_object(_wish(exchange)) is None:
            return "requests whose body the recorder dropped"
        return "" if self._is_served(exchange) else "operations of services that are not emulated"

    def _is_served(self, exchange: Exchange) -> bool:
        if not urlsplit(exchange.url).netloc.startswith(("management.", "localhost")):
            return False
        try:
            found = self.emulator.router.find(exchange.method, exchange.path)
        except Refusal:
            return False
        return found is not None or _OPERATION.search(exchange.path) is not None

    def _let_pass(self, moment: datetime | None) -> None:
        if moment is None:
            self._skip(UNDATED)
            return
        self.started = self.started or moment
        due = (moment - self.started).total_seconds() + self.offset
        self.emulator.region.clock.advance(max(0.0, due - self.emulator.now))

    def _polled(self, exchange: Exchange, operation: str) -> Asked:
        begun = self.operations.get(operation)
        if begun is None:
            return Asked(exchange, None, "polls of operations whose start was not replayed")
        final = "monitor" in exchange.query or "operationresults" in exchange.path.lower()
        names = ("location", "azure-asyncoperation")
        url = next(
            (begun[name] for name in names if final or name != "location" if name in begun), ""
        )
        if not url:
            return Asked(exchange, None, "polls of operations that the emulator did not start")
        parts = urlsplit(url)
        query = {name.lower(): value for name, value in parse_qsl(parts.query)}
        answered = self._patiently(exchange, unquote(parts.path), query, "")
        if exchange.status == 202 and answered.status == 200:
            return Asked(exchange, None, "polls of what here has ended already")
        return Asked(exchange, answered)

    def _remember(self, exchange: Exchange, answered: Answer) -> None:
        for name in ("azure-asyncoperation", "location"):
            found = _OPERATION.search(exchange.headers.get(name, ""))
            if found is not None:
                self.operations[found[1].lower()] = answered.headers

    def _provide(self, exchange: Exchange) -> None:
        """Put what a recorded answer shows and nobody here has made."""
        body = exchange.body
        shown = exchange.status == 200 and exchange.method in {"GET", "PUT", "PATCH"}
        if not shown or not isinstance(body, dict) or "location" not in body:
            return
        if str(body.get("type", "")).count("/") != 1:
            return
        if self._send("GET", exchange.path, exchange.query, "").status != 404:
            return
        version = {"api-version": exchange.query.get("api-version", "")}
        self._send("PUT", exchange.path, version, json.dumps(_without_shown(body)))
        self._skip(PATIENCE)

    def _send(self, method: str, path: str, query: Mapping[str, str], sent: str) -> Answer:
        reply = answer(
            self.emulator,
            Request(
                method=method,
                path=path,
                query=_served_version(path, query),
                headers={"authorization": "Bearer any"},
                content=sent.encode(),
                origin=ORIGIN,
            ),
        )
        headers = {name.lower(): value for name, value in reply.headers.items()}
        return Answer(reply.status, headers, content_of(reply).decode())


def _served_version(path: str, query: Mapping[str, str]) -> dict[str, str]:
    # Old recordings are asked at the oldest version served: what was stable has stayed.
    version = query.get("api-version", "")
    kind = path.lower().rpartition("/providers/microsoft.compute/virtualmachine")[2]
    return {**query, "api-version": _OLDEST} if kind and version < _OLDEST else dict(query)


def stage(body: Any) -> tuple[object, object]:
    """The state that a body shows of an operation and of a resource; None where it shows none."""
    if not isinstance(body, dict):
        return None, None
    properties = body.get("properties")
    state = properties.get("provisioningState") if isinstance(properties, dict) else None
    return body.get("status"), state


def _wish(exchange: Exchange) -> str:
    """What is to be sent: what was, or (where the recorder dropped that) what came of it."""
    if exchange.method != "PUT" or _as_object(exchange.sent) is not None:
        return exchange.sent
    made = _as_object(exchange.text) if exchange.status < 300 else None
    return exchange.sent if made is None else json.dumps(_without_shown(made))


def _as_object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _location(found: Sequence[Exchange]) -> str:
    shown = (each.body for each in found if "Microsoft.Compute/" in each.url)
    places = [body["location"] for body in shown if isinstance(body, dict) and "location" in body]
    return str(places[0]).replace(" ", "").lower() if places else "westus"


def _uniform_set(exchange: Exchange) -> str | None:
    body = exchange.body
    path = exchange.path.lower()
    if "/virtualmachinescalesets/" not in path or not isinstance(body, dict) or "sku" not in body:
        return None
    if body.get("properties", {}).get("orchestrationMode") == "Flexible":
        return None
    head, _, tail = path.partition("/virtualmachinescalesets/")
    return f"{head}/virtualmachinescalesets/{tail.partition('/')[0]}"


def _without_shown(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_shown(each) for each in value]
    if isinstance(value, dict):
        return {k: _without_shown(v) for k, v in value.items() if k not in _SHOWN_ONLY}
    return value
