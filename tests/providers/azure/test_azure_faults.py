"""Each call against each fault: the right class of error, and never a mutation sent twice."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from aiohttp import ClientConnectorError, ClientOSError, ServerDisconnectedError
from aiohttp.client_reqrep import ConnectionKey
from azure.core.exceptions import (
    ServiceRequestError,
    ServiceRequestTimeoutError,
    ServiceResponseError,
    ServiceResponseTimeoutError,
)

from providers.azure.provider import AzureProvider
from providers.base import (
    InstallExtension,
    LeftoverSearch,
    PowerOperation,
    SingleDelete,
    TagChange,
)
from providers.errors import (
    Conflict,
    Forbidden,
    NotFound,
    OutcomeUnknown,
    ProviderError,
    Rejected,
    Throttled,
    Transient,
)
from tests.providers.azure.arm_documents import a_vm, a_world
from tests.providers.azure.fake_arm import Answering, Reply, Sent, a_stage, an_error
from tests.providers.worlds import REF, SUBSCRIPTION, ZONAL, a_request, run

Call = Callable[[AzureProvider], Coroutine[Any, Any, object]]

NIC = f"{REF.group_scope}/providers/Microsoft.Network/networkInterfaces/web-000001-nic"

READS: dict[str, Call] = {
    "list leftovers": lambda it: it.observe(REF, (), LeftoverSearch("web-")),
    "look at a leftover": lambda it: it.observe(REF, (), LeftoverSearch(named={NIC: "web-000001"})),
    "observe": lambda it: it.observe(REF),
    "observe by name": lambda it: it.observe(REF, ["web-000001"]),
    "catalog": lambda it: it.catalog(SUBSCRIPTION, "westeurope"),
}
MUTATIONS: dict[str, Call] = {
    "create set": lambda it: it.put_group(REF, ZONAL, etag=None),
    "change set": lambda it: it.put_group(REF, ZONAL, etag='"7"'),
    "create": lambda it: it.create(REF, a_request()),
    "delete": lambda it: it.delete(REF, ["web-000001", "web-000002"]),
    "delete one": lambda it: it.operate(REF, "web-000001", SingleDelete()),
    "power": lambda it: it.operate(REF, "web-000001", PowerOperation.RESTART),
    "tag": lambda it: it.operate(REF, "web-000001", TagChange({"a": "b"})),
    "install": lambda it: it.operate(REF, "web-000001", InstallExtension("agent", {})),
    "sweep": lambda it: it.sweep(REF, NIC, SingleDelete()),
    "mark a leftover": lambda it: it.sweep(REF, NIC, TagChange({"a": "b"})),
    "delete set": lambda it: it.delete_group(REF),
}

KEY = ConnectionKey(
    host="management.azure.com",
    port=443,
    is_ssl=True,
    ssl=True,
    proxy=None,
    proxy_auth=None,
    proxy_headers_hash=None,
)
REFUSED = ClientConnectorError(KEY, OSError(111, "Connection refused"))
BUSY = {"Retry-After": "1"}

# What happens, what a read makes of it, what a mutation makes of it.
FAULTS: dict[str, tuple[Reply | Exception, type[ProviderError], type[ProviderError]]] = {
    "refused": (ServiceRequestError(REFUSED, error=REFUSED), Transient, Transient),
    "timeout before": (ServiceRequestTimeoutError("connect"), Transient, Transient),
    "timeout after": (ServiceResponseTimeoutError("read"), Transient, OutcomeUnknown),
    "disconnected": (
        ServiceRequestError("gone", error=ServerDisconnectedError()),
        Transient,
        OutcomeUnknown,
    ),
    "reset": (
        ServiceRequestError("reset", error=ClientOSError(104, "reset")),
        Transient,
        OutcomeUnknown,
    ),
    "broken answer": (ServiceResponseError("bad"), Transient, OutcomeUnknown),
    "own timeout": (TimeoutError(), Transient, OutcomeUnknown),
    "torn refusal": (Reply(500, {}, torn=True), Transient, OutcomeUnknown),
    "redirect": (Reply(307, None, {"Location": "https://evil.example/"}), Rejected, Rejected),
    "401": (an_error(401, "InvalidAuthenticationToken"), Forbidden, Forbidden),
    "403": (an_error(403, "AuthorizationFailed"), Forbidden, Forbidden),
    "408": (Reply(408, None, BUSY), Transient, OutcomeUnknown),
    "409": (an_error(409, "Conflict"), Conflict, Conflict),
    "412": (an_error(412, "PreconditionFailed"), Conflict, Conflict),
    "429": (Reply(429, None, BUSY), Throttled, Throttled),
    "500": (Reply(500, None, BUSY), Transient, OutcomeUnknown),
    "502": (Reply(502, b"<html>"), Transient, OutcomeUnknown),
    "503": (Reply(503, b"", BUSY), Transient, OutcomeUnknown),
    "504": (an_error(504, "GatewayTimeout"), Transient, OutcomeUnknown),
}


def failing(fault: Reply | Exception, methods: set[str]) -> Answering:
    """A world in which requests of these methods meet the fault. It has members only for those who tag."""
    world, empty = a_world(a_vm()), a_world()

    def answer(sent: Sent) -> Reply | Exception:
        if sent.method in methods:
            return fault
        return empty(sent) if "$filter" in sent.query else world(sent)

    return answer


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", READS)
def test_reads_fail_in_their_class(call: str, fault: str) -> None:
    """A read that meets a fault raises the fault's class, and leaves repeating to its caller."""
    met, expected, _ = FAULTS[fault]
    stage = a_stage(failing(met, {"GET"}))
    with pytest.raises(expected) as refusal:
        run(READS[call](stage.provider))
    assert type(refusal.value) is expected
    paths = [sent.path for sent in stage.transport.sent]
    assert len(paths) == len(set(paths))


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("call", MUTATIONS)
def test_mutations_are_sent_once(call: str, fault: str) -> None:
    """A mutation that meets a fault is sent once, and an outcome that is open is said to be open."""
    met, _, expected = FAULTS[fault]
    stage = a_stage(failing(met, {"PUT", "PATCH", "POST", "DELETE"}))
    with pytest.raises(expected) as refusal:
        run(MUTATIONS[call](stage.provider))
    assert type(refusal.value) is expected
    assert [sent.method != "GET" for sent in stage.transport.sent].count(True) == 1
    assert stage.clock.slept == []


@pytest.mark.parametrize("call", ["create", "delete", "power", "delete one"])
def test_torn_acceptance_is_accepted(call: str) -> None:
    """A 2xx whose body is lost on the way was accepted all the same."""
    stage = a_stage(failing(Reply(202, {}, torn=True), {"PUT", "POST", "DELETE"}))
    run(MUTATIONS[call](stage.provider))
    assert [sent.method != "GET" for sent in stage.transport.sent].count(True) == 1


@pytest.mark.parametrize(
    "reply", [Reply(200, b"<html>"), Reply(201, {}), Reply(200, {}, torn=True)]
)
def test_unreadable_set_is_unknown(reply: Reply) -> None:
    """A write of the set that was accepted with an unreadable answer has an unknown outcome."""
    stage = a_stage(failing(reply, {"PUT"}))
    with pytest.raises(OutcomeUnknown):
        run(stage.provider.put_group(REF, ZONAL, etag=None))


def test_missing_vm_is_not_found() -> None:
    """An operation on a VM that is not there is NotFound."""
    stage = a_stage(failing(an_error(404, "ResourceNotFound"), {"POST"}))
    with pytest.raises(NotFound):
        run(stage.provider.operate(REF, "web-000001", PowerOperation.START))


def test_provider_registers_nothing() -> None:
    """A subscription without the resource provider is an error; nothing is registered on the side."""
    stage = a_stage(failing(an_error(409, "MissingSubscriptionRegistration"), {"PUT"}))
    with pytest.raises(Forbidden):
        run(stage.provider.create(REF, a_request()))
    assert stage.verbs == ["PUT virtualMachines/web-000001"]


def test_connection_closes_and_reopens() -> None:
    """Closing gives the transport back; the next call opens another connection."""
    stage = a_stage(a_world(a_vm()))
    run(stage.provider.observe(REF))
    run(stage.provider.close())
    run(stage.provider.close())
    assert stage.transport.closed == 1
    assert len(run(stage.provider.observe(REF)).instances) == 1
