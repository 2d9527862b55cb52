"""Long-running operations: the URLs, the polls, and the ends they come to."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from providers.arm.emulator import Settings
from providers.simulated.scenario import (
    Call,
    CallFailure,
    CallFault,
    CreationFault,
    CreationOutcome,
)
from tests.arm.clients import (
    SET,
    VM,
    VMS,
    a_client,
    a_client_with_set,
    a_set,
    a_vm,
)


def test_polling_urls_are_long() -> None:
    """A polling URL has Azure's signed parameters in Azure's order, and Azure's length."""
    made = a_client_with_set().send("PUT", VM, a_vm())
    url = made.headers["azure-asyncoperation"]
    assert list(parse_qs(urlsplit(url).query)) == ["p", "api-version", "t", "c", "s", "h"]
    assert 2500 < len(url) < 3300


def test_poll_in_progress() -> None:
    """While it runs, a poll is 200 with start, status and name, and says how long to wait."""
    client = a_client_with_set()
    made = client.send("PUT", VM, a_vm())
    poll = client.poll(made)
    name = urlsplit(made.headers["azure-asyncoperation"]).path.rpartition("/")[2]
    assert poll.json == {
        "startTime": "2026-11-21T12:02:00.0000000+00:00",
        "status": "InProgress",
        "name": name,
    }
    assert (poll.status, poll.headers["retry-after"]) == (200, "35")


def test_poll_at_the_end() -> None:
    """At the end a poll has the time at which the VM was through, not that of the poll, and no wait."""
    client = a_client_with_set()
    made = client.send("PUT", VM, a_vm())
    client.wait(600)
    poll = client.poll(made)
    assert poll.json["status"] == "Succeeded"
    assert "2026-11-21T12:02:40" <= poll.json["endTime"] <= "2026-11-21T12:03:01"
    assert "retry-after" not in poll.headers


@pytest.mark.parametrize(
    ("speed", "waits"),
    [(1.0, ("10", "35")), (10.0, ("1", "4")), (1000.0, ("1", "1")), (0.0, ("1", "1"))],
)
def test_waits_by_the_clients_clock(speed: float, waits: tuple[str, str]) -> None:
    """When the region's time runs faster, clients are told to wait less, but never less than a second."""
    client = a_client(Settings(speed=speed))
    made = client.send("PUT", VM, a_vm(member=False))
    assert (made.headers["retry-after"], client.poll(made).headers["retry-after"]) == waits


def test_set_polls_wait_longer() -> None:
    """The creation of a set tells its polls to wait 61 s."""
    client = a_client()
    made = client.send("PUT", SET, a_set())
    assert client.poll(made).headers["retry-after"] == "61"
    client.wait(10)
    assert client.poll(made).json["status"] == "Succeeded"


def test_deletion_preempts_creation() -> None:
    """A VM that is deleted while it is created ends its creation with Canceled."""
    client = a_client_with_set()
    made = client.send("PUT", VM, a_vm())
    client.wait(5)
    client.send("DELETE", VM)
    poll = client.poll(made)
    assert (poll.status, poll.json["status"]) == (200, "Canceled")
    assert poll.json["error"] == {
        "code": "OperationPreempted",
        "message": "The operation has been preempted by a more recent operation.",
    }


def test_batch_preempts_batch() -> None:
    """A batch delete that another one overtakes ends with Canceled; the other one succeeds."""
    client = a_client_with_set(members=2)
    first = client.send("POST", f"{SET}/delete", {"instanceIds": ["web-000001"]})
    second = client.send("POST", f"{SET}/delete", {"instanceIds": ["web-000002"]})
    client.wait()
    states = [client.poll(batch).json["status"] for batch in (first, second)]
    assert states == ["Canceled", "Succeeded"]
    assert [client.get(f"{VMS}/web-00000{n}").status for n in (1, 2)] == [200, 404]


@pytest.mark.parametrize(
    ("outcome", "code"),
    [
        (CreationOutcome.OS_TIMED_OUT, "OSProvisioningTimedOut"),
        (CreationOutcome.EXTENSION_FAILED, "VMExtensionProvisioningError"),
    ],
)
def test_failed_creation_that_runs(outcome: CreationOutcome, code: str) -> None:
    """An operation may fail although the VM runs."""
    client = a_client_with_set(creations=(CreationFault(outcome),))
    made = client.send("PUT", VM, a_vm())
    client.wait(1500)
    assert client.poll(made).json["error"]["code"] == code
    codes = [status["code"] for status in client.get(f"{VM}/instanceView").json["statuses"]]
    assert codes == [f"ProvisioningState/failed/{code}", "PowerState/running"]


def test_stuck_creation_goes_on() -> None:
    """An operation that never ends is in progress for ever."""
    client = a_client_with_set(creations=(CreationFault(CreationOutcome.STUCK),))
    made = client.send("PUT", VM, a_vm())
    client.wait(100_000)
    assert client.poll(made).json["status"] == "InProgress"


def test_poll_that_fails_and_recovers() -> None:
    """A poll may itself be a 503; the next one is fine, and the operation is not harmed."""
    fault = CallFault(Call.POLL, CallFailure.TRANSIENT)
    client = a_client_with_set(failures=(fault,))
    made = client.send("PUT", VM, a_vm())
    assert client.poll(made).status == 503
    assert client.poll(made).json["status"] == "InProgress"


def test_failure_at_the_monitor() -> None:
    """The monitor URL of an operation that was overtaken answers with its error."""
    client = a_client_with_set(members=2)
    first = client.send("POST", f"{SET}/delete", {"instanceIds": ["web-000001"]})
    client.send("POST", f"{SET}/delete", {"instanceIds": ["web-000002"]})
    ended = client.follow(first.headers["location"])
    assert (ended.status, ended.code) == (400, "OperationPreempted")


def test_unknown_operation() -> None:
    """An operation that nobody started is a 404."""
    client = a_client_with_set()
    made = client.send("PUT", VM, a_vm())
    url = made.headers["azure-asyncoperation"]
    name = urlsplit(url).path.rpartition("/")[2]
    assert client.follow(url.replace(name, name[::-1])).status == 404


def test_ended_operations_are_forgotten() -> None:
    """An hour after their end operations are gone; a region that lives long does not fill up."""
    client = a_client_with_set()
    made = client.send("PUT", VM, a_vm())
    client.wait(4000)
    for _ in range(3):
        client.send("PATCH", VM, {"tags": {"at": str(client.emulator.now)}})
        client.wait(4000)
    assert client.poll(made).status == 404
    kept = [key for key in client.emulator.world.documents if key.startswith("operation:")]
    assert len(kept) <= 2
