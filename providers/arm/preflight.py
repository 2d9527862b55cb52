"""What Compute says about a template before anything of it is made. Recorded: zones, and quota.

Everything else that is wrong shows when the resource is put, as a failure of the deployment.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from providers import regions
from providers.arm.errors import Refusal
from providers.base import GroupRef, Priority
from providers.simulated import failures
from providers.simulated.documents import mapping_in
from providers.sizes import size_facts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from providers.arm.emulator import Emulator
    from providers.arm.template_resources import Template, Wanted
    from providers.base import SizeFacts

_VM = "microsoft.compute/virtualmachines"
_SET = "microsoft.compute/virtualmachinescalesets"


def check_preflight(emulator: Emulator, template: Template) -> None:
    """Raise ``Refusal`` (400) ``InvalidTemplateDeployment`` if Compute would refuse part of it beforehand."""
    machines = [wanted for wanted in template.resources if wanted.kind.lower() in {_VM, _SET}]
    for wanted in machines:
        _check_zone(wanted)
    _check_quota(emulator, machines)


def _check_zone(wanted: Wanted) -> None:
    place = regions.region(wanted.location)
    if place is None or place.zones or not wanted.document.get("zones"):
        return
    raise Refusal(
        400,
        "InvalidTemplateDeployment",
        f"The template deployment failed with error: 'The resource with id: '{wanted.id}' failed validation "
        f"with message: 'The resource '{wanted.kind}/{wanted.name}' does not support availability zones at "
        f"location '{place.location}'.'.'.",
        gateway=True,
    )


def _check_quota(emulator: Emulator, machines: Iterable[Wanted]) -> None:
    cores: defaultdict[tuple[str, str, Priority], int] = defaultdict(int)
    for wanted in machines:
        for size, priority, count in _asked(emulator, wanted):
            cores[(wanted.location, size.name, priority)] += size.vcpus * count
    for (location, name, priority), needed in cores.items():
        facts = size_facts(name)
        place = regions.region(location)
        if facts is None or place is None or not needed:
            continue
        ref = GroupRef(emulator.settings.subscription, "", "", place.location)
        asked = replace(facts, vcpus=needed)
        usage = emulator.world.roster.usage
        shortage = usage.check(ref, asked, priority, emulator.region.scenario)
        if shortage is not None:
            raise _over(failures.quota_exceeded(shortage, place.location).message)


def _asked(emulator: Emulator, wanted: Wanted) -> list[tuple[SizeFacts, Priority, int]]:
    body = wanted.document
    properties = mapping_in(body, "properties")
    sku = mapping_in(body, "sku")
    is_set = wanted.kind.lower() == _SET
    profile = mapping_in(properties, "virtualMachineProfile") if is_set else properties
    priority = Priority.SPOT if str(profile.get("priority")) == "Spot" else Priority.REGULAR
    size = sku.get("name") if is_set else mapping_in(properties, "hardwareProfile").get("vmSize")
    facts = size_facts(str(size))
    known = emulator.world.roster.get(wanted.id.lower()) or emulator.world.sets.get(
        wanted.id.lower()
    )
    if facts is None or known is not None:
        return []
    capacity = sku.get("capacity", 0)
    return [(facts, priority, int(str(capacity)) if is_set else 1)]


def _over(message: str) -> Refusal:
    return Refusal(
        400,
        "InvalidTemplateDeployment",
        "The template deployment is not valid according to the validation procedure. See inner errors for "
        "details.",
        details=({"code": "QuotaExceeded", "message": message},),
        gateway=True,
    )
