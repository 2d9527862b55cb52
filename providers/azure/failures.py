"""What Azure's refusals mean: codes and texts, in order, against the provider's error tree.

Classified by status, code and text together, because one code says many things: ``OperationNotAllowed``
is quota with 409, throttling with 429, and "the VM is marked for deletion". Sources of the rows: Azure's
error pages, recorded traffic, and texts reported by users.

A code that nobody knows becomes ``Rejected``: it stops one action and harms nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from providers.azure.answers import fault_of
from providers.azure.patience import ask_again_at
from providers.errors import (
    Conflict,
    Forbidden,
    Locked,
    NoCapacity,
    NotFound,
    NotOffered,
    OutcomeUnknown,
    QuotaExceeded,
    Rejected,
    Throttled,
    Transient,
)

if TYPE_CHECKING:
    from datetime import datetime

    from providers.azure.answers import Answer, Fault
    from providers.errors import ProviderError


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: what has to hold, and what it then means. An empty field asks for nothing.

    ``code`` is looked for at every level of the error, ``text`` (lower case) in all its texts.
    """

    kind: type[ProviderError]
    code: str = ""
    text: str = ""
    status: int = 0

    def fits(self, fault: Fault) -> bool:
        """Whether the fault is one of this row."""
        return (
            self.status in {0, fault.status}
            and (not self.code or self.code in fault.codes)
            and self.text in fault.text
        )


def _codes(kind: type[ProviderError], names: str) -> tuple[Rule, ...]:
    return tuple(Rule(kind, code=name) for name in names.split())


_NOT_THROTTLING = _codes(
    # Microsoft.Network answers 429 while another operation holds the resource.
    Transient,
    "RetryableErrorDueToAnotherOperation ReferencedResourceNotProvisioned RetryableError",
)
_QUOTA = (
    Rule(QuotaExceeded, text="exceeding approved"),
    Rule(QuotaExceeded, text="exceeding quota limits"),
    Rule(QuotaExceeded, text="submit a request for quota increase"),
    *_codes(QuotaExceeded, "QuotaExceeded PublicIPCountLimitReached"),
)
_CAPACITY = (
    *_codes(
        NoCapacity,
        "ZonalAllocationFailed AllocationFailed OverconstrainedZonalAllocationRequest "
        "OverconstrainedAllocationRequest SpotPriceGreaterThanProvidedMaxPrice",
    ),
    Rule(NoCapacity, code="SkuNotAvailable", text="the requested tier for resource"),
    *_codes(
        NotOffered,
        "SkuNotAvailable AzureSpotIsNotSupportedForThisVMSize "
        "AzureSpotFeatureNotEnabledForSubscription",
    ),
)
_BUSY = (
    *_codes(
        Conflict,
        "Conflict PreconditionFailed ConflictingConcurrentWriteNotAllowed AnotherOperationInProgress "
        "OperationPreempted CanceledAndSupersededDueToAnotherOperation AttachDiskWhileBeingDetached "
        "NicReservedForAnotherVm NicInUse InUseSubnetCannotBeDeleted PublicIPAddressCannotBeDeleted "
        "InUseNetworkSecurityGroupCannotBeDeleted CannotDeleteResource ResourcePurchaseCanceling "
        "ResourceGroupBeingDeleted ResourceUpdateBlockedOnPlatformUpdate",
    ),
    Rule(Conflict, text="is marked for deletion"),
    # Said about a disk that is to be deleted.
    Rule(Conflict, code="OperationNotAllowed", text="is attached to vm"),
    Rule(Conflict, text="another operation is in progress"),
    Rule(Conflict, text="cannot modify extensions in the vm when the vm is not running"),
    Rule(Conflict, text="conflict with a concurrent request"),
)
_NO_PERMISSION = (
    # A policy denies one request; it says nothing about the identity.
    *_codes(Rejected, "RequestDisallowedByPolicy"),
    *_codes(
        Forbidden,
        "AuthorizationFailed LinkedAuthorizationFailed LinkedAccessCheckFailed SubscriptionNotFound "
        "ReadOnlyDisabledSubscription MissingSubscriptionRegistration",
    ),
    Rule(Forbidden, status=401),
    Rule(Forbidden, status=403),
)
_ABSENT = (
    # Also Azure's answer when the set is a Uniform one.
    Rule(NotFound, text="referenced by the virtual machine does not exist"),
    *_codes(NotFound, "ResourceNotFound ResourceGroupNotFound ParentResourceNotFound VMNotFound"),
    Rule(NotFound, status=404),
)
_UNSURE = (
    # The platform, or something in between, gave up: what it had passed on may have been carried out.
    *_codes(OutcomeUnknown, "InternalExecutionError InternalOperationError TransientFailure"),
    *(Rule(OutcomeUnknown, status=status) for status in (408, 500, 502, 503, 504)),
)
RULES: tuple[Rule, ...] = (
    Rule(Locked, code="ScopeLocked"),
    Rule(Locked, text="following scope(s) are locked"),
    *_NOT_THROTTLING,
    Rule(Throttled, status=429),
    *_QUOTA,
    *_CAPACITY,
    *_BUSY,
    *_NO_PERMISSION,
    *_ABSENT,
    *_UNSURE,
    Rule(Conflict, status=412),
)

_QUOTA_NAME = re.compile(r"exceeding approved (?P<name>.+?) quota", re.IGNORECASE | re.DOTALL)
_REGIONAL = "cores"
_LOW_PRIORITY = "lowPriorityCores"


def error_of(answer: Answer, *, mutation: bool, now: datetime) -> ProviderError:
    """What an answer that is not a success means.

    ``mutation``: the request would have changed something, so a platform that gave up leaves the outcome
    open; for a read it is only ``Transient``.
    """
    fault = fault_of(answer)
    rule = next((rule for rule in RULES if rule.fits(fault)), Rule(Rejected))
    code = rule.code or fault.code
    if rule.kind is Throttled:
        return Throttled(code, fault.message, until=ask_again_at(answer.headers, fault, now))
    if rule.kind is QuotaExceeded:
        return QuotaExceeded(code, fault.message, quota=quota_name(fault.message))
    if rule.kind is OutcomeUnknown and not mutation:
        return Transient(code, fault.message)
    return rule.kind(code, fault.message)


def quota_name(message: str) -> str:
    """The quota's name as the usage report spells it: ``standardDASv5Family``, ``cores``, ``lowPriorityCores``.

    A text that names none is about the regional total, as Azure's older texts are.
    """
    match = _QUOTA_NAME.search(message)
    if match is None:
        return _REGIONAL
    words = match["name"].removesuffix(" Cores").removesuffix(" vCPUs").strip()
    folded = "".join(words.split()).replace("-", "").lower()
    if "lowpriority" in folded or "spot" in folded:
        return _LOW_PRIORITY
    return _REGIONAL if folded.startswith("totalregional") else words
