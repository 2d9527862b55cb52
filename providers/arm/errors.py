"""What is refused, as HTTP: the status of each of Azure's codes, and the shape of the body.

Two shapes are recorded. ARM's own front door writes compact bodies and the header
``x-ms-failure-cause: gateway``; Compute writes indented ones without that header.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING

from providers.errors import (
    Conflict,
    Forbidden,
    Locked,
    NotFound,
    NotOffered,
    OutcomeUnknown,
    ProviderError,
    QuotaExceeded,
    Throttled,
    Transient,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime


class Refusal(ProviderError):
    """An answer that is an error, with everything that HTTP shows of it.

    ``gateway``: ARM's front door answered, no service was asked. ``retry_after`` is in the region's
    seconds. ``details`` are further errors inside this one. ``implied``: the resource is missing, and a
    request that refers to it makes it.
    """

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        target: str | None = None,
        details: tuple[Mapping[str, object], ...] = (),
        gateway: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(code, message)
        self.status = status
        self.target = target
        self.details = details
        self.gateway = gateway
        self.retry_after = retry_after
        self.implied = False

    def body(self) -> dict[str, object]:
        """The error envelope."""
        error: dict[str, object] = {"code": self.code, "message": self.message}
        if self.target is not None:
            error["target"] = self.target
        if self.details:
            error["details"] = [dict(detail) for detail in self.details]
        if any(detail.get("code") == "TooManyRequests" for detail in self.details):
            error["innererror"] = {"internalErrorCode": "TooManyRequestsReceived"}
        return {"error": error}


@dataclass(frozen=True, slots=True)
class _Form:
    status: int
    gateway: bool = False


# Codes whose status does not follow from the kind of error. 400 is recorded for a NIC in use.
_BY_CODE = {
    "OperationNotAllowed": _Form(409),
    "PropertyChangeNotAllowed": _Form(409),
    "InvalidParameter": _Form(400),
    "InvalidResourceLocation": _Form(409, gateway=True),
    "LocationNotAvailableForResourceType": _Form(400, gateway=True),
    "ResourceTypeNotSupportAvailabilityZones": _Form(400, gateway=True),
    "InternalServerError": _Form(500),
    "PreconditionFailed": _Form(412),
    "NicInUse": _Form(400),
    "NicReservedForAnotherVm": _Form(400),
}
_BY_KIND: tuple[tuple[type[ProviderError], _Form], ...] = (
    (Locked, _Form(409, gateway=True)),
    (NotFound, _Form(404, gateway=True)),
    (Conflict, _Form(409)),
    (NotOffered, _Form(409)),
    (QuotaExceeded, _Form(409)),
    (Forbidden, _Form(403, gateway=True)),
    (Transient, _Form(503)),
    (OutcomeUnknown, _Form(504, gateway=True)),
)

# Compute repeats the name of the parameter or property at fault beside the message.
_TARGET = re.compile(r"\b(?:parameter|property) '?([A-Za-z][\w.]*)'?")
_WITH_TARGET = frozenset({"InvalidParameter", "PropertyChangeNotAllowed"})


def refusal_of(error: ProviderError, now: datetime) -> Refusal:
    """Turn an error of the region into what HTTP shows of it."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, Throttled):
        return Refusal(
            429,
            "OperationNotAllowed",
            error.message,
            details=({"code": "TooManyRequests", "message": error.message},),
            retry_after=max(1, ceil((error.until - now).total_seconds())),
        )
    form = _form_of(error)
    found = _TARGET.search(error.message) if error.code in _WITH_TARGET else None
    return Refusal(
        form.status,
        error.code,
        error.message,
        target=found[1] if found else None,
        gateway=form.gateway,
    )


def _form_of(error: ProviderError) -> _Form:
    form = _BY_CODE.get(error.code)
    if form is not None:
        return form
    kinds = (form for kind, form in _BY_KIND if isinstance(error, kind))
    return next(kinds, _Form(400))


def entity_missing() -> Refusal:
    """Compute's own 404, for what was there a moment ago; recorded after a VM's deletion."""
    return Refusal(404, "NotFound", "The entity was not found in this Azure location.")


def resource_missing(kind: str, name: str, group: str) -> Refusal:
    """ARM's 404. ``kind`` is namespace and type; ``name`` may be that of a child with its parents."""
    return Refusal(
        404,
        "ResourceNotFound",
        f"The Resource '{kind}/{name}' under resource group '{group}' was not found. For more details "
        "please go to https://aka.ms/ARMResourceNotFoundFix",
        gateway=True,
    )


def group_missing(group: str) -> Refusal:
    """ARM's 404 for a resource group."""
    text = f"Resource group '{group}' could not be found."
    return Refusal(404, "ResourceGroupNotFound", text, gateway=True)


def group_leaving(group: str) -> Refusal:
    """A write to a resource group on its way out; the text is ARM's, the recording of it is not ours."""
    return Refusal(
        409,
        "ResourceGroupBeingDeleted",
        f"The resource group '{group}' is in deprovisioning state and cannot perform this operation.",
        gateway=True,
    )


def not_an_option(parameter: str, value: str) -> Refusal:
    """A query parameter with a value that Azure does not take."""
    text = f"The value '{value}' of parameter '{parameter}' is invalid."
    return Refusal(400, "InvalidParameter", text, target=parameter)


def required(parameter: str) -> Refusal:
    """A parameter is missing; recorded for ``platformFaultDomainCount``."""
    text = f"Required parameter '{parameter}' is missing (null)."
    return Refusal(400, "InvalidParameter", text, target=parameter)


def fixed(path: str) -> Refusal:
    """A property that cannot change; recorded for ``priority``."""
    text = f"Changing property '{path}' is not allowed."
    return Refusal(409, "PropertyChangeNotAllowed", text, target=path)
