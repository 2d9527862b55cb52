"""What a client wants of a scale set: the body of a PUT or PATCH, on top of the set that is there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from providers.arm.errors import Refusal, fixed, required
from providers.arm.places import tags_in
from providers.arm.set_bodies import SetModel, properties_kept
from providers.arm.spelling import spelled
from providers.base import GroupRequest
from providers.simulated import failures, scale_sets
from providers.simulated.documents import mapping_in, plain_document

if TYPE_CHECKING:
    from providers import regions
    from providers.simulated.records import ScaleSetRecord


@dataclass(frozen=True, slots=True)
class WantedSet:
    """A set as a request wants it: for the region, and for the notes beside it."""

    request: GroupRequest
    model: SetModel


def wanted_set(
    body: Mapping[str, object],
    before: tuple[ScaleSetRecord, SetModel] | None,
    place: regions.Region,
) -> WantedSet:
    """Read a body on top of what is there (None: a new set).

    Raises ``Refusal`` or ``Rejected`` for what Azure refuses and for what this emulator does not keep.
    """
    given = spelled(mapping_in(body, "properties"))
    _check_mode(given, is_new=before is None)
    scale_sets.check_single_placement_group(given.get("singlePlacementGroup"))
    record, model = before if before is not None else (None, SetModel())
    zones = body.get("zones")
    tags = tags_in(body)
    count = _fault_domains(given, record, place)
    request = GroupRequest(
        zones=tuple(map(str, zones))
        if isinstance(zones, list)
        else (record.zones if record else ()),
        fault_domain_count=count,
        tags=dict((record.tags if record else {}) if tags is None else tags),
    )
    return WantedSet(request, _model(body, given, model))


def _model(body: Mapping[str, object], given: Mapping[str, object], before: SetModel) -> SetModel:
    sku = mapping_in(body, "sku")
    profile = given.get("virtualMachineProfile")
    capacity = sku.get("capacity")
    model = SetModel(
        size=str(sku.get("name") or before.size),
        capacity=before.capacity if capacity is None else _count(capacity),
        profile=_merged(before.profile, profile)
        if isinstance(profile, Mapping)
        else before.profile,
        properties=_merged(before.properties, properties_kept(given)),
        identity=mapping_in(body, "identity") or before.identity,
        plan=mapping_in(body, "plan") or before.plan,
        tagged=before.tagged or tags_in(body) is not None,
    )
    if model.profile and not model.size:
        raise required("sku.name")
    if not model.profile and model.capacity:
        raise failures.not_allowed(
            "A Virtual Machine Scale Set without a virtualMachineProfile cannot make Virtual Machines: give it "
            "a profile, or leave 'sku.capacity' out and put Virtual Machines into it."
        )
    return model


def _check_mode(given: Mapping[str, object], *, is_new: bool) -> None:
    mode = given.get("orchestrationMode")
    if mode == "Flexible" or (mode is None and not is_new):
        return
    if not is_new:
        raise fixed("orchestrationMode")
    raise failures.not_allowed(
        f"This emulator keeps Flexible scale sets only, and '{mode or 'Uniform'}' was asked for: set "
        "'properties.orchestrationMode' to 'Flexible'."
    )


def _fault_domains(
    given: Mapping[str, object], record: ScaleSetRecord | None, place: regions.Region
) -> int:
    count = given.get("platformFaultDomainCount")
    if count is None and record is not None:
        return record.fault_domain_count
    if count is None:
        # Recorded: test_specialized_image@57f0bf47.
        raise required("platformFaultDomainCount")
    number = _count(count)
    if number < 1:
        raise failures.fault_domain_count(number, place.max_fault_domains)
    return number


def _count(value: object) -> int:
    try:
        return int(str(value))
    except ValueError as error:
        text = f"The value '{value}' is not a number."
        raise Refusal(400, "InvalidParameter", text) from error


def _merged(old: Mapping[str, object], new: Mapping[str, object]) -> dict[str, object]:
    found = plain_document(old)
    for name, value in new.items():
        before = found.get(name)
        if isinstance(value, Mapping) and isinstance(before, Mapping):
            found[name] = _merged(before, value)
        else:
            found[name] = value
    return found
