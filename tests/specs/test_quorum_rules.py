"""Voting groups: when the loss of one zone takes the majority, by counting."""

from __future__ import annotations

import pytest

from controller.spec.rules.quorum import zone_loss_reason
from tests.specs.spec_texts import compiled, edited


def survives(voters: int, domains: int) -> bool:
    """Whether a majority is left after the fullest of evenly filled domains is lost, by counting."""
    filled = [len(range(start, voters, domains)) for start in range(domains)]
    return voters - max(filled) > voters / 2


@pytest.mark.parametrize("voters", range(1, 10))
@pytest.mark.parametrize("domains", range(1, 4))
def test_loss_of_fullest_domain(voters: int, domains: int) -> None:
    """The rule agrees with counting for up to nine voters in up to three domains."""
    assert (zone_loss_reason(voters, domains) == "") == survives(voters, domains)


@pytest.mark.parametrize(
    ("zones", "quorum", "told"),
    [
        ('["1", "2", "3"]', "{voters: 5, zoneLossSafe: Require}", []),
        ('["1", "2", "3"]', "{voters: 3}", []),
        ('["1", "2", "3"]', "{voters: 4}", ["warning"]),
        ('["1", "2", "3"]', "{voters: 4, zoneLossSafe: Require}", ["error"]),
        ('["1", "2"]', "{voters: 5}", ["warning"]),
        ('["1", "2"]', "{voters: 5, zoneLossSafe: Require}", ["error"]),
        ('["1", "2", "3"]\n    exclude: ["3"]', "{voters: 5, zoneLossSafe: Require}", ["error"]),
        ('["1", "2", "3"]', "{voters: 6, zoneLossSafe: Require}", ["warning"]),
    ],
)
def test_what_is_told(zones: str, quorum: str, told: list[str]) -> None:
    """An unsafe group is a warning, or an error where safety is required; an even one a warning."""
    text = edited(
        ('["1", "2", "3"]', zones), ("  replicas: 6", f"  replicas: 6\n  quorum: {quorum}")
    )
    assert [one.severity.value for one in compiled(text).diagnostics] == told
