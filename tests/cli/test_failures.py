"""Errors of the platform are explained: what they mean here, and what to do."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from controller.formats.failures import explain_failure, remedy_for
from providers.errors import Forbidden, ProviderError
from providers.simulated import failures
from providers.simulated.scenario import Allocation

_LATER = datetime(2026, 11, 21, 12, tzinfo=UTC)

# The four errors that users of Flexible scale sets meet most, and others whose cure is known.
_EXPLAINED = [
    (failures.fault_domain_count(5, 3), "placement.faultDomains"),
    (failures.zones_with_fault_domains(), "never both"),
    (failures.set_has_members(), "scale the fleet to 0"),
    (failures.single_placement_group(), "always sends false"),
    (failures.no_outbound(), "NAT gateway"),
    (failures.scope_locked("/x", "delete", ["/x"]), "lock's owner"),
    (Forbidden("AuthorizationFailed", "may not write"), "assign the role"),
    (
        Forbidden(
            "AuthorizationFailed",
            "may not perform action 'Microsoft.Compute/virtualMachineScaleSets/delete/action' over x",
        ),
        "assign the role",
    ),
    (
        Forbidden(
            "AuthorizationFailed",
            "may not perform action 'Microsoft.Compute/virtualMachineScaleSets/delete' over x",
        ),
        "delete the scale set yourself",
    ),
    (failures.nic_reserved("/x"), "next pass"),
]


@pytest.mark.parametrize(("error", "cure"), _EXPLAINED, ids=lambda value: str(value)[:40])
def test_error_has_a_cure(error: ProviderError, cure: str) -> None:
    """Azure's own words stand first, then the cause, then what to do."""
    words, cause, advice = explain_failure(error.code, error.message)
    assert words == f"{error.code}: {error.message}"
    assert cause.startswith("cause: ")
    assert cure in advice


@pytest.mark.parametrize("code", list(Allocation))
def test_every_lack_of_capacity_is_explained(code: Allocation) -> None:
    """Every code for a lack of capacity has a cause and a cure."""
    assert remedy_for(code.value) is not None


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (
            "OperationNotAllowed",
            "It results in exceeding approved standardDSv5Family Cores quota.",
        ),
        ("QuotaExceeded", "anything"),
    ],
)
def test_quota_is_told_from_state(code: str, text: str) -> None:
    """One code of Azure means quota or a wrong state; the text decides."""
    remedy = remedy_for(code, text)
    assert remedy is not None
    assert "quota" in remedy.cure


def test_unknown_error_is_shown_as_it_is() -> None:
    """An error that nobody knows is shown in Azure's words, on one line, without a guess."""
    assert explain_failure("Novel", "first\n  second") == ("Novel: first second",)


def test_throttling_needs_no_cure() -> None:
    """Throttling cures itself, so nothing is advised."""
    error = failures.throttled(_LATER)
    assert len(explain_failure(error.code, error.message)) == 1
