"""What we read of Azure's documents: only these fields are decoded, everything else is skipped unread.

A list of 1,000 VMs is five megabytes; decoding these fields of it takes milliseconds, the SDK's models a
second. Shapes: Compute REST API 2024-07-01. A field that Azure may leave out has a default.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from datetime import datetime  # noqa: TC003 -- msgspec looks for it when it decodes
from typing import TYPE_CHECKING, TypeVar

import msgspec

from providers.azure.extension_views import (
    ExtensionRow,
    ExtensionView,
    extensions_of,
)
from providers.azure.models import Hardware, Model, Network, Reference, document_of
from providers.azure.words import in_utc, provisioning_state
from providers.base import (
    Failure,
    Group,
    Health,
    Instance,
    PowerState,
    Priority,
)
from providers.errors import Transient

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

T = TypeVar("T")

_POWERS = {state.value: state for state in PowerState}
_HEALTH = {health.value.lower(): health for health in Health}
_FAILED = "provisioningstate/failed"
_POWER = "powerstate/"


class Status(msgspec.Struct, frozen=True, gc=False):
    """One line of an instance view: ``PowerState/running``, ``ProvisioningState/failed/<code>``."""

    code: str = ""
    message: str | None = None
    time: datetime | None = None


class VmHealth(msgspec.Struct, frozen=True, gc=False):
    """What the Application Health extension reports."""

    status: Status | None = None


class InstanceView(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """``instanceView``: what runs, as far as the platform shows it."""

    statuses: list[Status] = []
    platform_fault_domain: int | None = None
    vm_health: VmHealth | None = None
    extensions: list[ExtensionView] | None = None


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
        with _unhurried():
            return msgspec.json.decode(body, type=shape)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Transient(
            "TornAnswer", f"Azure's answer was cut off or is not what was asked for: {error}"
        ) from error


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


@contextmanager
def _unhurried() -> Iterator[None]:
    """Put garbage collection off for a moment.

    A page of 1,000 members is 20,000 objects, all of which stay: the collector would look through them, and
    through everything else, some thirty times, and find nothing.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def instances_of(vms: Iterable[Vm], reasons: Mapping[str, Failure]) -> tuple[Instance, ...]:
    """VMs in our own words; ``reasons`` as in ``instance_of``."""
    with _unhurried():
        return tuple([instance_of(vm, reasons) for vm in vms])


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
        created_at=in_utc(model.time_created),
        tags=vm.tags or {},
        resources=tuple(_resources(model)),
        failure=failure_of(vm) or known.get(vm.name.lower()),
        document=document_of(model),
        extensions=extensions_of(vm.name, vm.resources, view.extensions, known),
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
            return Failure(code, status.message or "", in_utc(status.time))
    return None


def _resources(model: VmProperties) -> Iterable[str]:
    network, storage = model.network_profile, model.storage_profile
    for interface in (network.network_interfaces or ()) if network else ():
        if interface.id:
            yield interface.id
    disks = [storage.os_disk, *(storage.data_disks or ())] if storage else []
    for disk in disks:
        if disk is not None and disk.managed_disk is not None and disk.managed_disk.id:
            yield disk.managed_disk.id
