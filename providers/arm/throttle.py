"""Token buckets: how many requests Azure takes, per resource, per subscription and region, and at ARM.

Sizes and refill rates: Azure's page compute-throttling-limits and ARM's page request-limits-and-throttling
(2024). The names are those of recorded ``x-ms-ratelimit-remaining-resource`` headers, in their order.
Where no page gives a refill (batched requests, views, disks) a third of the size per minute is assumed,
which is the ratio of all the others; for a ``30Min`` window a thirtieth.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from providers.arm.errors import Refusal
from providers.arm.messages import stamp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from providers.simulated.clock import VirtualClock


@dataclass(frozen=True, slots=True)
class Limit:
    """One bucket: its name in headers, how many tokens it holds, how many come back in a minute."""

    name: str
    size: int
    per_minute: float
    of_resource: bool = False


def _pair(name: str, resource: tuple[int, int], subscription: tuple[int, int]) -> tuple[Limit, ...]:
    return (
        Limit(f"{name}SubscriptionMaximum", *subscription),
        Limit(f"{name}Resource", *resource, of_resource=True),
    )


def _windows(name: str, short: int, long: int) -> tuple[Limit, ...]:
    return (Limit(f"{name}3Min", short, short / 3), Limit(f"{name}30Min", long, long / 30))


BATCHED = Limit("VMScaleSetBatchedVMRequestsSubscriptionMaximum", 6000, 2000)

POLICIES: dict[str, tuple[Limit, ...]] = {
    "PutVM": _pair("PutVM", (12, 4), (1500, 500)),
    "UpdateVM": _pair("UpdateVM", (12, 4), (1500, 500)),
    "DeleteVM": _pair("DeleteVM", (12, 4), (1500, 500)),
    "LowCostGet": _pair("LowCostGet", (36, 12), (24_000, 8000)),
    "HighCostGet": (Limit("HighCostGetSubscriptionMaximum", 900, 300),),
    "GetOperation": tuple(reversed(_pair("GetOperation", (45, 15), (15_000, 5000)))),
    "CreateVMScaleSet": _pair("CreateVMScaleSet", (12, 4), (375, 125)),
    "VMScaleSetActions": _pair("VMScaleSetActions", (12, 4), (1500, 500)),
    # The batch delete came with the subscription's bucket alone: test_vmss_vms [42].
    "VMScaleSetBatchDelete": (Limit("VMScaleSetActionsSubscriptionMaximum", 1500, 500),),
    "DeleteVMScaleSet": _pair("DeleteVMScaleSet", (12, 4), (525, 175)),
    "GetVMScaleSet": _pair("GetVMScaleSet", (36, 12), (2400, 800)),
    "HighCostGetVMScaleSet": _pair("HighCostGetVMScaleSet", (30, 10), (1080, 360)),
    "ListVMScaleSets": (Limit("HighCostGetVMScaleSetSubscriptionMaximum", 1080, 360),),
    "GetVMScaleSetVM": _pair("GetVMScaleSetVM", (36, 12), (6000, 2000)),
    "VMScaleSetVMViews": (Limit("VMScaleSetVMViewsSubscriptionMaximum", 30_000, 10_000),),
    "GetSubscriptionInfo": (Limit("GetSubscriptionInfoSubscriptionMaximum", 360, 120),),
    "PutDisk": _windows("CreateUpdateDisks", 3000, 25_000),
    "DeleteDisk": _windows("DeleteDisks", 3000, 24_000),
    "GetDisk": _windows("LowCostGet", 15_000, 120_000),
    "ListDisks": _windows("HighCostGet", 240, 1920),
    "GetDiskOperation": _windows("GetOperation", 50_000, 400_000),
    "GetImage": _windows("GetVMImageFromLocation", 13_000, 74_000),
    "ListImages": _windows("ListVMImagesVersionsFromLocation", 16_000, 44_000),
}

# ARM, per subscription and principal: bucket size and refill per second.
_FRONT_DOOR = {"reads": (250, 25), "writes": (200, 10), "deletes": (200, 10)}
# The limit over all principals is fifteen times as high; only its header is shown here.
_GLOBAL = 15
# Tokens are counted in floats: who comes exactly in time is not to be refused for a rounding.
_GRAIN = 1e-6


@dataclass(slots=True)
class _Bucket:
    """How many tokens there were at a moment."""

    level: float
    at: float


class Throttle:
    """The buckets of one emulator, full at its start, on the region's clock. ``on`` False: nothing is ever refused."""

    def __init__(self, clock: VirtualClock, *, on: bool) -> None:
        self._clock = clock
        self._on = on
        self._buckets: dict[tuple[str, ...], _Bucket] = {}

    def enter(self, method: str, subscription: str) -> dict[str, str]:
        """Pay at ARM's front door; give the headers. Raises ``Refusal`` (429) when the bucket is empty."""
        kind = {"GET": "reads", "HEAD": "reads", "DELETE": "deletes"}.get(method, "writes")
        size, per_second = _FRONT_DOOR[kind]
        limit = Limit(kind, size, per_second * 60)
        key = (subscription.lower(), kind)
        wait = self._wait(limit, key)
        if wait:
            self._take(limit, key, 1)
            raise Refusal(
                429,
                "SubscriptionRequestsThrottled",
                f"Number of {kind.removesuffix('s')} requests for subscription '{subscription}' exceeded the "
                f"limit of '{size}' for time interval '00:00:{ceil(size / per_second):02d}'. Please try again "
                f"after '{ceil(wait)}' seconds.",
                gateway=True,
                retry_after=wait,
            )
        left = self._take(limit, key, 1)
        shown = f"x-ms-ratelimit-remaining-subscription-{kind}"
        return {
            shown: str(left),
            shown.replace(kind, f"global-{kind}"): str(size * _GLOBAL - (size - left)),
        }

    def check(self, policies: Sequence[str], place: tuple[str, ...], resource: str) -> None:
        """Raise ``Refusal`` (429) if Compute would not take the request. ``place``: subscription, location."""
        for limit, key in _keys(policies, place, resource):
            wait = self._wait(limit, key)
            if wait:
                self._take(limit, key, 1)
                raise self._too_many(limit, wait)

    def pay(
        self, policies: Sequence[str], place: tuple[str, ...], resource: str, charge: int | None
    ) -> dict[str, str]:
        """Take Compute's tokens and give the headers that say what is left."""
        left = [
            f"Microsoft.Compute/{limit.name};{self._take(limit, key, 1)}"
            for limit, key in _keys(policies, place, resource)
        ]
        headers = {}
        if charge is not None:
            batched = self._take(BATCHED, (*place, BATCHED.name), max(1, charge))
            left += [
                f"Microsoft.Compute/{BATCHED.name};{batched}",
                "Microsoft.Compute/VmssQueuedVMOperations;0",
            ]
            headers["x-ms-request-charge"] = str(max(1, charge))
        if left:
            headers["x-ms-ratelimit-remaining-resource"] = ",".join(left)
        return headers

    def _bucket(self, limit: Limit, key: tuple[str, ...]) -> _Bucket:
        now = self._clock.elapsed
        bucket = self._buckets.setdefault(key, _Bucket(limit.size, now))
        refilled = bucket.level + (now - bucket.at) * limit.per_minute / 60
        bucket.level, bucket.at = min(float(limit.size), refilled), now
        return bucket

    def _wait(self, limit: Limit, key: tuple[str, ...]) -> float:
        if not self._on:
            return 0.0
        missing = 1 - self._bucket(limit, key).level
        return missing * 60 / limit.per_minute if missing > _GRAIN else 0.0

    def _take(self, limit: Limit, key: tuple[str, ...], tokens: int) -> int:
        bucket = self._bucket(limit, key)
        if not self._on:
            return limit.size - tokens
        # Who does not wait waits longer: a refused request costs a token too, up to a minute's worth.
        bucket.level = max(bucket.level - tokens, -limit.per_minute)
        return max(0, int(bucket.level))

    def _too_many(self, limit: Limit, wait: float) -> Refusal:
        now = self._clock.elapsed
        message = {
            "operationGroup": limit.name,
            "startTime": stamp(self._clock.at(now)),
            "endTime": stamp(self._clock.at(now + wait)),
            "allowedRequestCount": limit.size,
            "measuredRequestCount": limit.size + ceil(wait * limit.per_minute / 60),
        }
        return Refusal(
            429,
            "OperationNotAllowed",
            "The server rejected the request because too many requests have been received for this "
            "subscription.",
            details=(
                {
                    "code": "TooManyRequests",
                    "target": limit.name,
                    "message": json.dumps(message, separators=(",", ":")),
                },
            ),
            retry_after=wait,
        )


def _keys(
    policies: Sequence[str], place: tuple[str, ...], resource: str
) -> list[tuple[Limit, tuple[str, ...]]]:
    return [
        (limit, (*place, limit.name, resource) if limit.of_resource else (*place, limit.name))
        for policy in policies
        for limit in POLICIES[policy]
    ]
