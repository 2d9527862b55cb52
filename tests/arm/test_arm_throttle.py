"""Rate limits on the region's clock: what is left, what is refused, when it may be tried again."""

from __future__ import annotations

import json

import pytest

from providers.arm.emulator import Settings
from providers.arm.throttle import POLICIES
from tests.arm.clients import (
    COMPUTE,
    GROUP,
    OWN,
    SET,
    VM,
    VMS,
    Client,
    a_client,
    a_profile_set,
    a_set,
    a_vm,
)

LEFT = "x-ms-ratelimit-remaining-resource"


def a_throttled_client() -> Client:
    """A client with a running member whose buckets are full again."""
    client = a_client()
    client.send("PUT", SET, a_set())
    client.send("PUT", VM, a_vm())
    client.wait(3600)
    return client


@pytest.mark.parametrize(
    ("method", "path", "body", "left"),
    [
        ("PUT", f"{VM}2", a_vm(), "PutVMSubscriptionMaximum;1499,PutVMResource;11"),
        ("PATCH", VM, {"tags": {}}, "UpdateVMSubscriptionMaximum;1499,UpdateVMResource;11"),
        ("POST", f"{VM}/restart", None, "UpdateVMSubscriptionMaximum;1499,UpdateVMResource;11"),
        ("POST", f"{VM}/deallocate", None, "DeleteVMSubscriptionMaximum;1499,DeleteVMResource;11"),
        ("DELETE", VM, None, "DeleteVMSubscriptionMaximum;1499,DeleteVMResource;11"),
        ("GET", VM, None, "LowCostGetSubscriptionMaximum;23999,LowCostGetResource;35"),
        ("GET", VMS, None, "HighCostGetSubscriptionMaximum;899"),
        ("GET", SET, None, "GetVMScaleSetSubscriptionMaximum;2399,GetVMScaleSetResource;35"),
        (
            "PUT",
            f"{SET}2",
            a_profile_set(2),
            (
                "CreateVMScaleSetSubscriptionMaximum;374,CreateVMScaleSetResource;11,"
                "VMScaleSetBatchedVMRequestsSubscriptionMaximum;5998,VmssQueuedVMOperations;0"
            ),
        ),
        (
            "POST",
            f"{SET}/delete",
            {"instanceIds": ["web-000001"]},
            (
                "VMScaleSetActionsSubscriptionMaximum;1499,"
                "VMScaleSetBatchedVMRequestsSubscriptionMaximum;5999,VmssQueuedVMOperations;0"
            ),
        ),
        ("PUT", f"{COMPUTE}/disks/d", {"location": "westeurope"}, "CreateUpdateDisks3Min;2999,"),
    ],
)
def test_what_is_left(method: str, path: str, body: object, left: str) -> None:
    """Each call is charged to the policy that recorded answers name, in their order."""
    shown = a_throttled_client().send(method, path, body).headers[LEFT]
    assert shown.replace("Microsoft.Compute/", "").startswith(left)


def test_polls_are_charged() -> None:
    """A poll is charged to its operation, of which 45 come at once."""
    client = a_throttled_client()
    made = client.send("PUT", f"{VM}2", a_vm())
    assert client.poll(made).headers[LEFT] == (
        "Microsoft.Compute/GetOperationResource;44,"
        "Microsoft.Compute/GetOperationSubscriptionMaximum;14999"
    )
    statuses = [client.poll(made).status for _ in range(45)]
    assert statuses == [200] * 44 + [429]


def test_throttled_by_compute() -> None:
    """The 37th GET of one VM is a 429 in Azure's words, with the bucket and the time to wait."""
    client = a_throttled_client()
    statuses = [client.get(VM).status for _ in range(36)]
    assert set(statuses) == {200}
    refused = client.get(VM)
    assert (refused.status, refused.code) == (429, "OperationNotAllowed")
    assert refused.message == (
        "The server rejected the request because too many requests have been received for this "
        "subscription."
    )
    (detail,) = refused.json["error"]["details"]
    assert (detail["code"], detail["target"]) == ("TooManyRequests", "LowCostGetResource")
    told = json.loads(detail["message"])
    assert (told["operationGroup"], told["allowedRequestCount"]) == ("LowCostGetResource", 36)
    # Twelve come back in a minute: one in five seconds.
    assert refused.headers["retry-after"] == "5"


def test_tokens_come_back() -> None:
    """Waiting as long as told is enough; not waiting makes the wait longer."""
    client = a_throttled_client()
    for _ in range(36):
        client.get(VM)
    waits = [client.get(VM).headers["retry-after"] for _ in range(3)]
    assert waits == ["5", "10", "15"]
    client.wait(20)
    assert client.get(VM).status == 200


def test_exactly_in_time_is_in_time() -> None:
    """Whoever comes each tenth of a second is never refused, however such fractions are rounded."""
    client = a_client()
    for number in range(200):
        client.send("PUT", f"{GROUP}{number}", {"location": "westeurope"})
    statuses = []
    for number in range(300):
        client.wait(0.1)
        statuses.append(client.send("PUT", f"{GROUP}{number}", {"location": "westeurope"}).status)
    assert 429 not in statuses


def test_other_vms_are_not_throttled() -> None:
    """The bucket of one VM says nothing of another one's."""
    client = a_throttled_client()
    client.send("PUT", f"{VM}2", a_vm())
    for _ in range(40):
        client.get(VM)
    assert client.get(f"{VM}2").status == 200


def test_throttled_by_arm() -> None:
    """ARM's own bucket of 200 writes is shown and refuses the next one, before Compute is asked."""
    client = a_client()
    made = [client.send("PUT", f"{GROUP}{n}", {"location": "westeurope"}) for n in range(200)]
    left = "x-ms-ratelimit-remaining-subscription-writes"
    assert [made[0].headers[left], made[-1].headers[left]] == ["199", "0"]
    assert made[0].headers["x-ms-ratelimit-remaining-subscription-global-writes"] == "2999"
    refused = client.send("PUT", GROUP, {"location": "westeurope"})
    assert (refused.status, refused.code) == (429, "SubscriptionRequestsThrottled")
    assert refused.message.startswith("Number of write requests for subscription '00000000-")
    assert (refused.headers["retry-after"], refused.headers["x-ms-failure-cause"]) == (
        "1",
        "gateway",
    )
    client.wait(1)
    assert client.send("PUT", GROUP, {"location": "westeurope"}).status in {200, 201}


@pytest.mark.parametrize(
    ("method", "kind", "left"), [("GET", "reads", "249"), ("DELETE", "deletes", "199")]
)
def test_buckets_of_arm(method: str, kind: str, left: str) -> None:
    """Reads and deletes have buckets of their own."""
    headers = a_client().send(method, VM).headers
    assert headers[f"x-ms-ratelimit-remaining-subscription-{kind}"] == left


def test_throttling_can_be_off() -> None:
    """Without throttling nothing is refused, and the headers do not frighten anybody."""
    client = a_client(Settings(throttle=False))
    found = [client.send("DELETE", VM) for _ in range(300)]
    assert {answer.status for answer in found} == {204}
    assert found[-1].headers["x-ms-ratelimit-remaining-subscription-deletes"] == "199"


def test_arms_refusals_cost_compute_nothing() -> None:
    """What ARM itself refuses is not charged to Compute."""
    assert LEFT not in a_client().get(VM).headers


@pytest.mark.parametrize(
    ("policy", "sizes"),
    [
        ("PutVM", [(1500, 500), (12, 4)]),
        ("LowCostGet", [(24_000, 8000), (36, 12)]),
        ("HighCostGet", [(900, 300)]),
        ("GetOperation", [(45, 15), (15_000, 5000)]),
        ("CreateVMScaleSet", [(375, 125), (12, 4)]),
        ("DeleteVMScaleSet", [(525, 175), (12, 4)]),
        ("GetVMScaleSet", [(2400, 800), (36, 12)]),
        ("HighCostGetVMScaleSet", [(1080, 360), (30, 10)]),
    ],
)
def test_documented_limits(policy: str, sizes: list[tuple[int, int]]) -> None:
    """Bucket sizes and refills are those of Azure's documentation."""
    assert [(limit.size, limit.per_minute) for limit in POLICIES[policy]] == sizes


def test_buckets_of_locations() -> None:
    """The buckets of a subscription count per location."""
    client = a_client()
    usages = f"{OWN}/providers/Microsoft.Compute/locations/{{}}/usages"
    found = [client.get(usages.format(place)).headers[LEFT] for place in ("westus", "eastus")]
    assert found == ["Microsoft.Compute/GetSubscriptionInfoSubscriptionMaximum;359"] * 2
