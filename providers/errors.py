"""What a provider may say when it cannot do what it was asked, sorted by whose problem it is.

The tree::

    ProviderError
    ├── CallError           this call; the same call may succeed later
    │   ├── Throttled       too many requests; nothing was done; not before `until`
    │   ├── Transient       the platform failed; nothing was done
    │   ├── OutcomeUnknown  sent, and no answer: it may have been done
    │   ├── LeaseHeld       somebody else has the lease that was asked for
    │   ├── LeaseLost       the lease over this fleet is not ours, or not long enough; nothing was sent
    │   └── NotRecorded     the intent could not be put on record; nothing was sent
    ├── OfferingError       this size, zone and priority; another may do
    │   ├── NoCapacity      the platform has none left just now
    │   └── NotOffered      the subscription or the zone does not have it
    ├── FleetError          this scale set or instance; nothing else is touched by it
    │   ├── Rejected        the request is wrong; only another spec cures it
    │   ├── Conflict        somebody else changed it first; look again
    │   ├── NotFound        the scale set or its resource group is not there
    │   └── Locked          an Azure lock is in the way; only a person removes it
    └── SubscriptionError   everything in this subscription
        ├── QuotaExceeded   the approved limit is reached
        └── Forbidden       the identity lacks a permission

Azure's codes and texts are turned into this tree in one module for each provider. A code that nobody
knows becomes ``Rejected``: it stops this one action and harms nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class ProviderError(Exception):
    """Base of the tree. ``code`` and ``message`` are the platform's own words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


class CallError(ProviderError):
    """This call failed; the same call may succeed later."""


class Throttled(CallError):
    """Too many requests. Nothing was done; do not ask again before ``until``."""

    def __init__(self, code: str, message: str, *, until: datetime) -> None:
        super().__init__(code, message)
        self.until = until


class Transient(CallError):
    """The platform failed and nothing was done."""


class OutcomeUnknown(CallError):
    """The request was sent and no answer came: it may have been carried out. Look before acting."""


class LeaseHeld(CallError):
    """Somebody else has the lease that was asked for. Nothing was changed."""


class LeaseLost(CallError):
    """The lease is not ours, or does not last until the call would surely be over. Nothing was sent."""


class NotRecorded(CallError):
    """The intent could not be written down where it has to stand before anything is sent. Nothing was sent."""


class OfferingError(ProviderError):
    """This size, zone and priority cannot be had; another may."""


class NoCapacity(OfferingError):
    """The platform has no capacity left for the offering just now."""


class NotOffered(OfferingError):
    """The offering does not exist for this subscription, region or zone."""


class FleetError(ProviderError):
    """This scale set or instance; no other fleet is concerned."""


class Rejected(FleetError):
    """The request is wrong as it stands. Sending it again is pointless."""


class Conflict(FleetError):
    """A precondition failed or another operation is running. Look again, then decide anew."""


class NotFound(FleetError):
    """The scale set, or the resource group around it, does not exist."""


class Locked(FleetError):
    """An Azure resource lock forbids it. Only a person may remove a lock."""


class SubscriptionError(ProviderError):
    """Nothing of this kind will work in this subscription until somebody changes it."""


class QuotaExceeded(SubscriptionError):
    """The approved number of cores is used up. ``quota`` is its name, such as ``standardDSv5Family``."""

    def __init__(self, code: str, message: str, *, quota: str) -> None:
        super().__init__(code, message)
        self.quota = quota


class Forbidden(SubscriptionError):
    """The identity may not do this."""
