"""What we read of Azure's documents: only these fields are decoded, everything else is skipped unread.

A list of 1,000 VMs is five megabytes; decoding these fields of it takes milliseconds, the SDK's models a
second. Shapes: Compute REST API 2024-07-01. A field that Azure may leave out has a default.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, TypeVar

import msgspec

from providers.azure.models import Hardware, Model, Network, Reference, document_of
from providers.base import (
    Extension,
    Failure,
    Group,
    Health,
    Instance,
    PowerState,
    Priority,
    ProvisioningState,
)
from providers.errors import Transient

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

T = TypeVar("T")

_STATES = {state.value.lower(): state for state in ProvisioningState}
_POWERS = {state.value: state for state in PowerState}
_HEALTH = {health.value.lower(): health for health in Health}
_FAILED = "provisioningstate/failed"
_POWER = "powerstate/"
_EXTENSIONS = "/extensions"

EXTENSION_FAILED = "VMExtensionProvisioningError"
"""Azure's code for an extension that failed."""


class Status(msgspec.Struct, frozen=True, gc=False):
    """One line of an instance view: ``PowerState/running``, ``ProvisioningState/failed/<code>``."""

    code: str = ""
    message: str | None = None
    time: datetime | None = None


class VmHealth(msgspec.Struct, frozen=True, gc=False):
    """What the Application Health extension reports."""

    status: Status | None = None


class ExtensionStatus(msgspec.Struct, frozen=True, gc=False):
    """``ProvisioningState/succeeded``. The long text and the time of it are decoded when it is a failure."""

    code: str = ""
    message: msgspec.Raw = msgspec.Raw(b"null")
    time: msgspec.Raw = msgspec.Raw(b"null")


class ExtensionView(msgspec.Struct, frozen=True, gc=False):
    """What the guest agent says of an extension; nothing but the name before it has said anything."""

    name: str = ""
    statuses: list[ExtensionStatus] | None = None


class InstanceView(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """``instanceView``: what runs, as far as the platform shows it."""

    statuses: list[Status] = []
    platform_fault_domain: int | None = None
    vm_health: VmHealth | None = None
    extensions: list[ExtensionView] | None = None


class ExtensionProperties(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """``properties`` of an extension. Its settings are never decoded."""

    provisioning_state: str | None = None


class ExtensionRow(msgspec.Struct, frozen=True, gc=False):
    """An extension as a resource under its VM. Recorded: in lists, the id alone."""

    id: str | None = None
    properties: ExtensionProperties | None = None


class VmProperties(Model, frozen=True, gc=False, rename="camel"):
    """``properties`` of a VM. An expanded list may hold ``instance_view`` alone."""

    hardware_profile: Hardware | None = None
    provisioning_state: str = ""
    priority: str | None = None
    platform_fault_domain: int | None = None
    time_created: datetime | None = None
    virtual_machine_scale_set: Reference | None = None
    network_profile: Network | None = None
    instance_view: InstanceView | None = None


class Vm(msgspec.Struct, frozen=True, gc=False):
    """A VM. ``id`` may be written in another case than we wrote it."""

    id: str
    name: str
    properties: VmProperties | None = None
    zones: list[str] | None = None
    tags: dict[str, str] | None = None
    etag: str | None = None
    resources: list[ExtensionRow] | None = None

    @property
    def has_model(self) -> bool:
        """Whether more than the instance view was sent."""
        return self.properties is not None and self.properties.hardware_profile is not None


class VmPage(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """One page of a list. Without ``value`` it is no list, however good the status was."""

    value: list[Vm]
    next_link: str | None = None


class SetProperties(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """``properties`` of a scale set."""

    provisioning_state: str = ""
    orchestration_mode: str = "Uniform"
    platform_fault_domain_count: int = 1
    single_placement_group: bool | None = None


class ScaleSet(msgspec.Struct, frozen=True, gc=False):
    """A scale set."""

    properties: SetProperties
    etag: str | None = None
    zones: list[str] | None = None
    tags: dict[str, str] | None = None


def decoded(body: bytes, shape: type[T]) -> T:
    """Decode a body. Raises ``Transient``: a body that is cut off or of another shape is no answer."""
    try:
        return msgspec.json.decode(body, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Transient(
            "TornAnswer", f"Azure's answer was cut off or is not what was asked for: {error}"
        ) from error


def provisioning_state(text: str) -> ProvisioningState:
    """Azure's word for a state; one that is not known counts as Updating: busy, so it is let alone."""
    return _STATES.get(text.lower(), ProvisioningState.UPDATING)


def group_of(scale_set: ScaleSet, etag_header: str = "") -> Group:
    """A scale set in our own words."""
    shown = scale_set.properties
    return Group(
        etag=scale_set.etag or etag_header,
        provisioning_state=provisioning_state(shown.provisioning_state),
        zones=tuple(scale_set.zones or ()),
        fault_domain_count=shown.platform_fault_domain_count,
        tags=scale_set.tags or {},
        flexible=shown.orchestration_mode.lower() == "flexible",
        single_placement_group=bool(shown.single_placement_group),
    )


def instance_of(vm: Vm, reasons: Mapping[str, Failure] | None = None) -> Instance:
    """A VM in our own words. Its model must have been read; the instance view may be missing.

    ``reasons`` are why it failed, for when the view does not say: by its name, and for an extension by
    ``<vm>/<extension>``, in lower case.
    """
    known = reasons or {}
    model = vm.properties or VmProperties()
    view = model.instance_view or InstanceView()
    fault_domain = view.platform_fault_domain
    return Instance(
        name=vm.name,
        zone=next(iter(vm.zones or ()), None),
        fault_domain=model.platform_fault_domain if fault_domain is None else fault_domain,
        size=model.hardware_profile.vm_size if model.hardware_profile else "",
        priority=_priority(model.priority),
        provisioning_state=provisioning_state(model.provisioning_state),
        power_state=_power(view.statuses),
        health=_health(view.vm_health),
        created_at=_in_utc(model.time_created),
        tags=vm.tags or {},
        resources=tuple(_resources(model)),
        failure=failure_of(vm) or known.get(vm.name.lower()),
        document=document_of(model),
        extensions=extensions_of(vm, known),
    )


def _priority(text: str | None) -> Priority:
    # "Low" is what Spot was called before 2019.
    return Priority.SPOT if (text or "").lower() in {"spot", "low"} else Priority.REGULAR


def _power(statuses: Iterable[Status]) -> PowerState:
    for status in statuses:
        folded = status.code.lower()
        if folded.startswith(_POWER):
            return _POWERS.get(folded.removeprefix(_POWER), PowerState.UNKNOWN)
    return PowerState.UNKNOWN


def _health(shown: VmHealth | None) -> Health:
    if shown is None or shown.status is None:
        return Health.UNKNOWN
    return _HEALTH.get(shown.status.code.rpartition("/")[2].lower(), Health.UNKNOWN)


def failure_of(vm: Vm) -> Failure | None:
    """The code behind ``ProvisioningState/failed/`` in the instance view; None where it names none."""
    view = vm.properties.instance_view if vm.properties else None
    for status in view.statuses if view else ():
        head, _, code = status.code.rpartition("/")
        if head.lower() == _FAILED and code:
            return Failure(code, status.message or "", _in_utc(status.time))
    return None


def extensions_of(vm: Vm, reasons: Mapping[str, Failure]) -> tuple[Extension, ...]:
    """The extensions of a VM, from its resources and from what the guest agent says of them.

    A VM without any shows no list of them: recorded. ``reasons`` are as in ``instance_of``.
    """
    view = vm.properties.instance_view if vm.properties else None
    told = (view.extensions or ()) if view else ()
    if not told and not vm.resources:
        return ()
    found = _plainly(
        tuple([_named(row) for row in vm.resources or ()]),
        tuple([(one.name, one.statuses[0].code if one.statuses else "") for one in told]),
    )
    if all(extension.state is not ProvisioningState.FAILED for extension in found):
        return found
    said = {one.name.lower(): one.statuses[0] for one in told if one.statuses}
    return tuple(_with_reason(vm, extension, said, reasons) for extension in found)


def _named(row: ExtensionRow) -> tuple[str, str]:
    """Name and state of an extension's resource; empty for a resource of another kind."""
    head, _, name = (row.id or "").rpartition("/")
    state = row.properties.provisioning_state if row.properties else None
    return (name, state or "") if head.lower().endswith(_EXTENSIONS) else ("", "")


@lru_cache(maxsize=256)
def _plainly(
    rows: tuple[tuple[str, str], ...], told: tuple[tuple[str, str], ...]
) -> tuple[Extension, ...]:
    """Extensions by their own state or else the agent's: the same value for all members that are alike."""
    codes = {name.lower(): code for name, code in told}
    named = {name.lower(): (name, state) for name, state in rows if name}
    for name, _ in told:
        if name:
            named.setdefault(name.lower(), (name, ""))
    return tuple(
        Extension(name, _extension_state(given, codes.get(key, "")))
        for key, (name, given) in named.items()
    )


def _extension_state(given: str, code: str) -> ProvisioningState | None:
    word = given or code.partition("/")[2].partition("/")[0]
    return provisioning_state(word) if word else None


def _with_reason(
    vm: Vm,
    extension: Extension,
    said: Mapping[str, ExtensionStatus],
    reasons: Mapping[str, Failure],
) -> Extension:
    if extension.state is not ProvisioningState.FAILED:
        return extension
    status = said.get(extension.name.lower())
    head, _, last = status.code.rpartition("/") if status is not None else ("", "", "")
    if status is None or head.lower() != _FAILED:
        return replace(extension, failure=reasons.get(f"{vm.name}/{extension.name}".lower()))
    # The last part is the handler's own number, which says nothing by itself.
    code = last if last.isalpha() else EXTENSION_FAILED
    return replace(extension, failure=Failure(code, *_words_of(status)))


def _words_of(status: ExtensionStatus) -> tuple[str, datetime | None]:
    """Text and time of a failure; what cannot be read of them is left out."""
    try:
        message = msgspec.json.decode(status.message, type=str | None)
        moment = msgspec.json.decode(status.time, type=datetime | None)
    except msgspec.MsgspecError:
        return "", None
    return message or "", _in_utc(moment)


def _resources(model: VmProperties) -> Iterable[str]:
    network, storage = model.network_profile, model.storage_profile
    for interface in (network.network_interfaces or ()) if network else ():
        if interface.id:
            yield interface.id
    disks = [storage.os_disk, *(storage.data_disks or ())] if storage else []
    for disk in disks:
        if disk is not None and disk.managed_disk is not None and disk.managed_disk.id:
            yield disk.managed_disk.id


def _in_utc(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
