"""From a model without errors to the values that the rest of the controller works with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from controller.spec import values
from controller.spec.arm import vm_properties
from controller.spec.digest import fingerprint, sha256
from controller.spec.model.fleet import APPROVE
from controller.spec.model.names import parse_time
from controller.spec.rules.fleet import is_managed_image
from controller.spec.rules.view import PoolView, pools_of
from providers.base import GroupRef

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from controller.spec.model.control import Limits, Protection, Suspension
    from controller.spec.model.fleet import AzurePlace, FleetDocument
    from controller.spec.model.placement import Placement
    from controller.spec.nodes import Path
    from providers.base import Document, Json


MAX_SPREADING_COUNT = 1
"""Azure writes max spreading, and every zonal set, as a fault domain count of 1."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a document comes from: ``place`` is ``file:line``, ``raw`` the document as written."""

    place: str
    raw: Document


def resolve(document: FleetDocument, origin: Origin, payloads: Mapping[Path, str]) -> values.Fleet:
    """Fill in defaults and build the fleet. ``payloads`` holds base64 texts by their paths."""
    spec = document.spec
    views = pools_of(document)
    ref = group_ref(spec.azure, document.metadata.name)
    return values.Fleet(
        name=document.metadata.name,
        ref=ref,
        placement=_placement(spec.placement),
        pools=tuple(_pool(document, view, payloads) for view in views),
        spec_digest=spec_digest(origin.raw, ref, payloads),
        labels=document.metadata.labels,
        tags=spec.tags,
        scale_in=values.ScaleIn(
            order=values.VictimOrder(spec.scale_in.order),
            age=values.VictimAge(spec.scale_in.age),
            remove=spec.scale_in.remove,
        ),
        holds=_holds(spec.protection),
        adopt=spec.adopt,
        limits=_limits(spec.limits),
        quorum=None
        if spec.quorum is None
        else values.Quorum(voters=spec.quorum.voters, zone_loss_safe=spec.quorum.zone_loss_safe),
        deletion=values.DeletionMode(spec.deletion),
        deletion_policy=values.DeletionPolicy(spec.deletion_policy),
        managed_image=any(
            view.template is not None and is_managed_image(view.template.image.id) for view in views
        ),
        approval=document.metadata.annotations.get(APPROVE),
        source=origin.place,
        deletion_hold_minutes=spec.deletion_hold_minutes,
        suspended=spec.suspend is True,
        suspensions=() if isinstance(spec.suspend, bool) else _suspensions(spec.suspend),
        absent=spec.state == "Absent",
        manage_locks=spec.protection.manage_locks,
    )


def group_ref(azure: AzurePlace, fleet: str) -> GroupRef:
    """Name the fleet's scale set: as the spec says, or like the fleet."""
    return GroupRef(
        subscription=azure.subscription,
        resource_group=azure.resource_group,
        name=azure.scale_set or fleet,
        location=azure.location,
    )


def spec_digest(raw: Document, ref: GroupRef, payloads: Mapping[Path, str]) -> str:
    """Digest what an approval stands for: the set and its spec, without the approval itself.

    The texts of referenced files are part of it: another file is another spec.
    """
    metadata = dict(_mapping(raw.get("metadata")))
    annotations = {
        name: value
        for name, value in _mapping(metadata.get("annotations")).items()
        if name != APPROVE
    }
    metadata.pop("annotations", None)
    if annotations:
        metadata["annotations"] = annotations
    files = {"/".join(map(str, path)): sha256(text) for path, text in payloads.items()}
    return sha256(
        {"id": ref.id.lower(), "metadata": metadata, "spec": raw.get("spec"), "files": files}
    )


def _mapping(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _placement(placement: Placement) -> values.Placement:
    count = placement.fault_domains
    return values.Placement(
        zones=placement.zones or (),
        fault_domains=count if isinstance(count, int) else MAX_SPREADING_COUNT,
        max_skew=placement.max_skew,
        when_unsatisfiable=values.WhenUnsatisfiable(placement.when_unsatisfiable),
        excluded=frozenset(placement.exclude),
        weights=placement.weights,
        max_per_domain=placement.max_per_zone,
        max_percent_per_domain=placement.max_percent_per_zone,
        min_domains=placement.min_domains,
    )


def _pool(document: FleetDocument, view: PoolView, payloads: Mapping[Path, str]) -> values.Pool:
    spec = document.spec
    allocation = (
        spec.size_allocation
        if spec.pools is None
        else next(pool.size_allocation for pool in spec.pools if pool.name == view.name)
    )
    return values.Pool(
        name=view.name,
        replicas=view.replicas,
        sizes=tuple(
            values.SizeChoice(
                name=size.name, rank=index if size.rank is None else size.rank, weight=size.weight
            )
            for index, size in enumerate(view.sizes)
        ),
        template=_template(view, payloads),
        spot=_spot(view),
        size_allocation=values.SizeAllocation(allocation or "Ranked"),
    )


def _template(view: PoolView, payloads: Mapping[Path, str]) -> values.Template:
    if view.template is None:
        raise ValueError(f"pool {view.name!r} has no template: the document was not examined")
    document = vm_properties(
        view.template,
        user_data=payloads.get(view.at("template", "userData")),
        custom_data=payloads.get(view.at("template", "customData")),
    )
    return values.Template(
        document=document,
        fingerprint=fingerprint(document),
        os=view.template.os,
        identity_ids=view.template.identity.user_assigned,
    )


def _spot(view: PoolView) -> values.Spot | None:
    spot = view.spot
    if spot is None:
        return None
    return values.Spot(
        base_regular=spot.base_regular,
        regular_percentage_above_base=spot.regular_percentage_above_base,
        eviction_policy=values.EvictionPolicy(spot.eviction_policy),
        max_price=spot.max_price,
        fallback_to_regular=spot.fallback_to_regular,
    )


def _holds(protection: Protection) -> dict[str, values.Hold]:
    return {
        entry.name: values.Hold(
            owner=entry.owner,
            reason=entry.reason,
            until=parse_time(entry.until) if entry.until is not None else None,
        )
        for entry in protection.instances
    }


def _suspensions(entries: Sequence[Suspension]) -> tuple[values.Suspension, ...]:
    return tuple(
        values.Suspension(
            process=values.Process(entry.process),
            owner=entry.owner,
            reason=entry.reason,
            until=parse_time(entry.until),
        )
        for entry in entries
    )


def _limits(limits: Limits) -> values.Limits:
    return values.Limits(
        max_delete=limits.max_delete,
        overshoot=limits.overshoot,
        unhealthy_percent=limits.unhealthy_percent,
        overrides=tuple(
            values.Override(
                guard=entry.guard,
                owner=entry.owner,
                until=parse_time(entry.until),
                reason=entry.reason,
            )
            for entry in limits.overrides
        ),
    )
