"""Rules that concern several fields, or facts of sizes and regions. Every rule yields findings.

A rule sees one document that is right field by field; fields with mistakes of their own are absent from
it, and findings about such fields are dropped by ``controller.spec.examine``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.spec.rules import (
    disks,
    fleet,
    guest,
    network,
    overlay,
    placement,
    quorum,
    sizes,
    spot,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controller.spec.model.fleet import FleetDocument
    from controller.spec.rules.view import Finding

_MODULES = (fleet, placement, quorum, sizes, spot, disks, network, guest, overlay)


def findings(document: FleetDocument) -> Iterator[Finding]:
    """Yield what all rules find in ``document``, in the order of the rules."""
    for module in _MODULES:
        yield from module.findings(document)
