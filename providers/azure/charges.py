"""Which of Azure's limits a request counts against.

ARM: https://learn.microsoft.com/azure/azure-resource-manager/management/request-limits-and-throttling
(token buckets for each subscription, principal and region; 2024). Compute:
https://learn.microsoft.com/azure/virtual-machines/compute-throttling-limits (tokens per minute for each
subscription and region). Names are those of the headers ``x-ms-ratelimit-remaining-*``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from providers.azure.rates import Limit

if TYPE_CHECKING:
    from collections.abc import Iterator

_ARM = {
    "GET": Limit("subscription-reads", 250, 25),
    "PUT": Limit("subscription-writes", 200, 10),
    "PATCH": Limit("subscription-writes", 200, 10),
    "POST": Limit("subscription-writes", 200, 10),
    "DELETE": Limit("subscription-deletes", 200, 10),
}


def _compute(name: str, capacity: int, per_minute: int) -> Limit:
    return Limit(f"Microsoft.Compute/{name}SubscriptionMaximum", capacity, per_minute / 60)


_PUT_VM = _compute("PutVM", 1500, 500)
_UPDATE_VM = _compute("UpdateVM", 1500, 500)
_DELETE_VM = _compute("DeleteVM", 1500, 500)
_GET_VM = _compute("LowCostGet", 24_000, 8000)
_LIST_VMS = _compute("HighCostGet", 900, 300)
_GET_OPERATION = _compute("GetOperation", 15_000, 5000)
_PUT_SET = _compute("CreateVMScaleSet", 375, 125)
_ACT_ON_SET = _compute("VMScaleSetActions", 1500, 500)
_DELETE_SET = _compute("DeleteVMScaleSet", 525, 175)
_GET_SET = _compute("GetVMScaleSet", 2400, 800)
_BATCH = _compute("VMScaleSetBatchedVMRequests", 6000, 2000)
"""One token for each VM of a batch; Azure publishes no numbers, these are from the highest value seen."""

# (method, path below Microsoft.Compute, limit); the first row that fits counts.
_COMPUTE: tuple[tuple[str, re.Pattern[str], Limit], ...] = tuple(
    (method, re.compile(path, re.IGNORECASE), limit)
    for method, path, limit in (
        ("PUT", r"virtualmachines/[^/]+", _PUT_VM),
        # Also four a minute for each VM, which one installation at a time never reaches.
        ("PUT", r"virtualmachines/[^/]+/extensions/[^/]+", _UPDATE_VM),
        ("DELETE", r"virtualmachines/[^/]+", _DELETE_VM),
        ("POST", r"virtualmachines/[^/]+/deallocate", _DELETE_VM),
        ("POST", r"virtualmachines/.+", _UPDATE_VM),
        ("PATCH", r"virtualmachines/.+", _UPDATE_VM),
        ("GET", r"virtualmachines", _LIST_VMS),
        ("GET", r"virtualmachines/.+", _GET_VM),
        ("GET", r"locations/[^/]+/operations/.+", _GET_OPERATION),
        ("PUT", r"virtualmachinescalesets/[^/]+", _PUT_SET),
        ("DELETE", r"virtualmachinescalesets/[^/]+", _DELETE_SET),
        ("POST", r"virtualmachinescalesets/[^/]+/delete", _BATCH),
        ("PATCH", r"virtualmachinescalesets/[^/]+", _ACT_ON_SET),
        ("GET", r"virtualmachinescalesets/[^/]+", _GET_SET),
    )
)
_BELOW_COMPUTE = re.compile(r"/providers/microsoft\.compute/(?P<rest>[^?]+)", re.IGNORECASE)
_SUBSCRIPTION = re.compile(r"/subscriptions/(?P<id>[^/?]+)", re.IGNORECASE)


def limits_of(method: str, path: str) -> tuple[Limit, ...]:
    """The limits that a request draws on: ARM's for its kind, and Compute's if it is Compute's."""
    return tuple(_limits(method.upper(), path))


def subscription_of(path: str) -> str:
    """The subscription in a path, in lower case; empty if there is none."""
    match = _SUBSCRIPTION.search(path)
    return match["id"].lower() if match else ""


def _limits(method: str, path: str) -> Iterator[Limit]:
    if method in _ARM:
        yield _ARM[method]
    below = _BELOW_COMPUTE.search(path)
    if below is None:
        return
    for verb, pattern, limit in _COMPUTE:
        if verb == method and pattern.fullmatch(below["rest"]):
            yield limit
            if limit is _BATCH:
                yield _ACT_ON_SET
            return
