"""The bundled table of Azure regions."""

from __future__ import annotations

import pytest

from providers.regions import Region, known_locations, region


@pytest.mark.parametrize(
    ("location", "facts"),
    [
        ("westeurope", Region("westeurope", ("1", "2", "3"), 3)),
        ("West Europe", Region("westeurope", ("1", "2", "3"), 3)),
        ("UKSOUTH", Region("uksouth", ("1", "2", "3"), 2)),
        ("westus", Region("westus", (), 3)),
        ("westcentralus", Region("westcentralus", (), 2)),
        ("marscentral", None),
    ],
)
def test_region_lookup(location: str, facts: Region | None) -> None:
    """A region is found by name or display name, whatever the case, with its zones and fault domains."""
    assert region(location) == facts


def test_known_locations_resolve() -> None:
    """Every location that may be suggested is one that can be looked up."""
    assert [each for each in known_locations() if region(each) is None] == []
