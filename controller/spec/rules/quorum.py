"""Rules about voting groups: a majority must survive the loss of one zone or fault domain."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from controller.spec.codes import Code
from controller.spec.diagnostics import Severity
from controller.spec.rules.placement import domains
from controller.spec.rules.view import PLACEMENT, Finding, pools_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controller.spec.model.fleet import FleetDocument
    from controller.spec.nodes import Path

_QUORUM: Path = ("spec", "quorum")
_VOTERS: Path = (*_QUORUM, "voters")


def findings(document: FleetDocument) -> Iterator[Finding]:
    """Yield what is wrong with the voting group, if the fleet is one."""
    quorum = document.spec.quorum
    replicas = sum(pool.replicas for pool in pools_of(document))
    if quorum is None or replicas == 0:
        return
    voters = quorum.voters or replicas
    if voters > replicas:
        yield Finding(
            Code.QUORUM_VOTERS,
            _VOTERS,
            f"{voters} voters, and {replicas} replicas",
            "a voter is a member: ask for at least as many replicas",
            also=(("spec", "replicas"), ("spec", "pools")),
        )
        return
    placement = document.spec.placement
    left = [name for name in domains(placement) if name not in placement.exclude]
    severity = Severity.ERROR if quorum.zone_loss_safe == "Require" else Severity.WARNING
    reason = zone_loss_reason(voters, max(len(left), 1))
    if reason:
        yield Finding(
            Code.QUORUM,
            _QUORUM,
            f"the loss of one domain can take the majority: {reason}",
            "spread 3 or 5 voters over three zones",
            severity=severity,
            also=(PLACEMENT, ("spec", "replicas"), ("spec", "pools")),
            at_key=True,
        )
    elif voters % 2 == 0:
        yield Finding(
            Code.QUORUM,
            _VOTERS if quorum.voters else _QUORUM,
            f"{voters} voters bear no more losses than {voters - 1}",
            f"choose {voters - 1} or {voters + 1} voters",
            severity=Severity.WARNING,
            also=(("spec", "replicas"), ("spec", "pools")),
        )


def zone_loss_reason(voters: int, domain_count: int) -> str:
    """Say why the loss of the fullest of ``domain_count`` evenly filled domains takes the majority.

    Empty when a majority survives it.
    """
    majority = voters // 2 + 1
    fullest = math.ceil(voters / domain_count)
    if voters - fullest >= majority:
        return ""
    return (
        f"of {voters} voters the fullest of {domain_count} holds {fullest}, "
        f"and {voters - fullest} are fewer than {majority}"
    )
