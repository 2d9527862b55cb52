"""Rules about Spot instances."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.spec.codes import Code
from controller.spec.diagnostics import Severity
from controller.spec.rules.view import Finding, PoolView, pools_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controller.spec.model.capacity import Spot
    from controller.spec.model.fleet import FleetDocument
    from controller.spec.model.template import Template


def findings(document: FleetDocument) -> Iterator[Finding]:
    """Yield what is wrong with the Spot mix of each pool."""
    for pool in pools_of(document):
        if pool.spot is None:
            continue
        yield from _mix(pool, pool.spot)
        if pool.template is not None:
            yield from _refused(pool, pool.spot, pool.template)


def _mix(pool: PoolView, spot: Spot) -> Iterator[Finding]:
    if 0 < pool.replicas <= spot.base_regular:
        yield Finding(
            Code.SPOT_BASE,
            pool.at("spot", "baseRegular"),
            f"all {pool.replicas} replicas are within the Regular base of {spot.base_regular}: "
            "no instance will be Spot",
            "lower `baseRegular`, or remove `spot`",
            severity=Severity.WARNING,
            also=(pool.at("replicas"),),
        )


def _refused(pool: PoolView, spot: Spot, template: Template) -> Iterator[Finding]:
    also = (pool.at("spot"),)
    if template.terminate_notification is not None:
        yield Finding(
            Code.SPOT_REFUSES,
            pool.at("template", "terminateNotification"),
            "Azure sends no terminate notification to Spot instances",
            "remove it, or put Regular instances into a pool of their own",
            ("An eviction is announced by the scheduled event Preempt, 30 seconds ahead at best.",),
            also=also,
            at_key=True,
        )
    if template.capacity_reservation_group is not None:
        yield Finding(
            Code.SPOT_REFUSES,
            pool.at("template", "capacityReservationGroup"),
            "Spot instances cannot use a capacity reservation",
            "remove it, or put Regular instances into a pool of their own",
            also=also,
            at_key=True,
        )
    if template.os_disk.ephemeral is not None and spot.eviction_policy == "Deallocate":
        yield Finding(
            Code.SPOT_REFUSES,
            pool.at("template", "osDisk", "ephemeral"),
            "an instance with an ephemeral OS disk cannot be deallocated on eviction",
            "write `evictionPolicy: Delete`, or take a managed OS disk",
            also=also,
            at_key=True,
        )
