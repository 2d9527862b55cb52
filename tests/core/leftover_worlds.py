"""Leftovers of the fleet ``web``, as looks show them, for tests of the plan and of its guard."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

from controller.core import tags
from controller.core.observed import Memory, Observed
from controller.core.plan import plan
from controller.core.steps import Plan
from controller.spec.values import Fleet
from providers.base import Document, Leftover, LeftoverKind
from tests.builders import NOW, REF, TEMPLATE, a_fleet, a_pool, members_in, observed

TIDY: Document = {
    "storageProfile": {
        "osDisk": {"deleteOption": "Delete"},
        "dataDisks": [{"lun": 0, "deleteOption": "Delete"}],
    },
    "networkProfile": {
        "networkInterfaceConfigurations": [
            {
                "properties": {
                    "deleteOption": "Delete",
                    "ipConfigurations": [
                        {
                            "properties": {
                                "publicIPAddressConfiguration": {
                                    "properties": {"deleteOption": "Delete"}
                                }
                            }
                        }
                    ],
                }
            }
        ]
    },
}
DIGITS = "0123456789abcdef" * 2
OURS = {tags.OWNER: tags.owner_mark(REF), tags.TEMPLATE: TEMPLATE.fingerprint}
PATHS = {
    LeftoverKind.INTERFACE: "Microsoft.Network/networkInterfaces",
    LeftoverKind.ADDRESS: "Microsoft.Network/publicIPAddresses",
    LeftoverKind.DISK: "Microsoft.Compute/disks",
}


def tidy(replicas: int = 6, document: Document = TIDY, **over: Any) -> Fleet:
    """The fleet ``web`` whose members are to take everything along when they go."""
    template = replace(TEMPLATE, document=document)
    return a_fleet(pools=(a_pool(replicas, template=template),), **over)


def left(
    name: str,
    minutes: float | None = None,
    kind: LeftoverKind = LeftoverKind.INTERFACE,
    **over: Any,
) -> Leftover:
    """A free leftover that was asked for by id, and marked so many minutes ago (None: not marked)."""
    marked = {} if minutes is None else marked_at(minutes)
    own = OURS if kind is LeftoverKind.DISK else {}
    arm_id = f"{REF.group_scope}/providers/{PATHS[kind]}/{name}"
    leftover = Leftover(arm_id, kind, {**own, **marked}, confirmed=True, owner_exists=False)
    more: Mapping[str, str] = over.pop("more_tags", {})
    return replace(leftover, tags={**leftover.tags, **more}, **over)


def a_disk(rest: str = f"_OsDisk_1_{DIGITS}", minutes: float | None = 31, **over: Any) -> Leftover:
    """A disk of web-000002."""
    return left(f"web-000002{rest}", minutes, LeftoverKind.DISK, **over)


def marked_at(minutes: float) -> dict[str, str]:
    """The tag of a leftover that was first seen so many minutes ago."""
    return {tags.LEFT_OVER: (NOW - timedelta(minutes=minutes)).isoformat()}


def a_look(*leftovers: Leftover, **over: Any) -> Observed:
    """Members 5 to 10 are there, 1 to 4 are gone, all numbers are settled."""
    look = observed(members_in({"1": 2, "2": 2, "3": 2}, first=5), leftovers=leftovers)
    return replace(look, **over)


def planned(look: Observed, fleet: Fleet | None = None) -> Plan:
    """The plan for the tidy fleet after this look."""
    return plan(fleet or tidy(), look, Memory(), NOW)


def told(made: Plan) -> list[str]:
    """``mark web-000001-nic``, ``delete web-000001-nic``: the sweeps of a plan."""
    return [f"{'mark' if step.marks else 'delete'} {step.name}" for step in made.sweeps]
