"""What Azure refuses of a scale set, word for word, and how its etag moves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from providers.base import GroupRequest, ProvisioningState
from providers.errors import Conflict, NotFound, ProviderError, Rejected
from providers.simulated.scale_sets import check_single_placement_group
from tests.providers.worlds import (
    FIXED_SPREAD,
    MAX_SPREAD,
    REF,
    ZONAL,
    a_region,
    a_request,
    an_empty_region,
)

if TYPE_CHECKING:
    from providers.base import Group, GroupRef
    from providers.simulated.region import SimulatedRegion

WEST_US = replace(REF, location="westus")
UK = replace(REF, location="uksouth")
MARS = replace(REF, location="mars")

REFUSED = [
    (
        UK,
        GroupRequest((), 3, {}),
        "InvalidParameter: The specified fault domain count 3 must fall in the range 1 to 2.",
    ),
    (
        REF,
        GroupRequest((), 5, {}),
        "InvalidParameter: The specified fault domain count 5 must fall in the range 1 to 3.",
    ),
    (
        REF,
        GroupRequest((), 0, {}),
        "InvalidParameter: The specified fault domain count 0 must fall in the range 1 to 3.",
    ),
    (
        REF,
        GroupRequest(("1",), 2, {}),
        (
            "InvalidParameter: Specifying Availability Zones is not allowed when Virtual Machine Scale Set has "
            "platformFaultDomainCount higher than 1 with OrchestrationMode: 'Flexible'."
        ),
    ),
    (
        WEST_US,
        GroupRequest(("1",), 1, {}),
        (
            "ResourceTypeNotSupportAvailabilityZones: The resource type "
            "'Microsoft.Compute/virtualMachineScaleSets' does not support availability zones at location 'westus'."
        ),
    ),
    (
        REF,
        GroupRequest(("1", "4"), 1, {}),
        "InvalidParameter: The zones 4 are not valid at location 'westeurope'. Valid zones are: 1, 2, 3.",
    ),
    (
        REF,
        GroupRequest((), 1, {"x": "y" * 257}),
        "InvalidParameter: The tag 'x' is too long: names have at most 512 characters, values at most 256.",
    ),
]


def the_set(region: SimulatedRegion) -> Group:
    """The set ``web``; fails if there is none."""
    group = region.observe(REF).group
    assert group is not None
    return group


@pytest.mark.parametrize(("ref", "request_", "text"), REFUSED)
def test_set_refused(ref: GroupRef, request_: GroupRequest, text: str) -> None:
    """A set that breaks a rule of Flexible orchestration is refused in Azure's words."""
    with pytest.raises(Rejected) as refusal:
        an_empty_region().put_set(ref, request_, etag=None)
    assert str(refusal.value) == text


def test_unknown_location_lists_known() -> None:
    """A location that does not exist is refused with the list of those that do."""
    with pytest.raises(Rejected, match=r"'mars' is not available .* 'australiacentral,"):
        an_empty_region().put_set(MARS, MAX_SPREAD, etag=None)


def test_single_placement_group_text() -> None:
    """A single placement group is refused in Azure's words; false is accepted."""
    check_single_placement_group(value=False)
    with pytest.raises(Rejected) as refusal:
        check_single_placement_group(value=True)
    assert str(refusal.value) == (
        "InvalidParameter: The value 'True' of parameter 'singlePlacementGroup' is not allowed. "
        "Allowed values are: False."
    )


def test_delete_with_members_text() -> None:
    """A set that has members is not deleted, in Azure's words."""
    with pytest.raises(Rejected) as refusal:
        a_region(members=1).delete_set(REF)
    assert str(refusal.value) == (
        "OperationNotAllowed: Deletion of Virtual Machine Scale Set is not allowed as it contains one or "
        "more VMs. Please delete or detach the VM(s) before deleting the Virtual Machine Scale Set."
    )


def test_set_takes_time() -> None:
    """A set is Creating with etag 1 first, and Succeeded with etag 2 seconds later."""
    region = an_empty_region()
    made = region.put_set(REF, FIXED_SPREAD, etag=None)
    region.clock.advance(5)
    assert (made.etag, made.provisioning_state) == ('"1"', ProvisioningState.CREATING)
    settled = the_set(region)
    assert (settled.etag, settled.provisioning_state) == ('"2"', ProvisioningState.SUCCEEDED)


def test_etag_guards_tags() -> None:
    """A write needs the present etag, and every write moves it on."""
    region = a_region()
    first = the_set(region).etag
    second = region.put_set(REF, replace(ZONAL, tags={"a": "1"}), etag=first)
    assert (second.tags, second.etag) == ({"a": "1"}, '"3"')
    with pytest.raises(Conflict) as refusal:
        region.put_set(REF, ZONAL, etag=first)
    assert str(refusal.value) == (
        'PreconditionFailed: Etag provided in if-match header "2" does not match etag "3" of resource.'
    )


def test_platform_moves_etag() -> None:
    """The etag moves without the caller when a batch delete is accepted and when it is through."""
    region = a_region(members=2)
    etags = [the_set(region).etag]
    region.delete_members(REF, ["web-000001", "web-000002"])
    etags.append(the_set(region).etag)
    region.clock.advance(70)
    etags.append(the_set(region).etag)
    assert etags == ['"2"', '"3"', '"4"']


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (
            GroupRequest(("1",), 1, {}),
            "PropertyChangeNotAllowed: Changing property 'zones' is not allowed.",
        ),
        (
            GroupRequest((), 1, {}),
            "PropertyChangeNotAllowed: Changing property 'zones' is not allowed.",
        ),
        (
            GroupRequest((), 2, {}),
            "PropertyChangeNotAllowed: Changing property 'platformFaultDomainCount' is not allowed.",
        ),
    ],
)
def test_place_is_fixed(request_: GroupRequest, error: str) -> None:
    """Zones are never taken away from a set, and its fault domain count never changes."""
    region = a_region()
    with pytest.raises(Rejected) as refusal:
        region.put_set(REF, request_, etag=the_set(region).etag)
    assert str(refusal.value) == error


def test_zones_may_be_added() -> None:
    """A zonal set may get a further zone."""
    region = a_region(GroupRequest(("1",), 1, {}))
    group = region.put_set(REF, ZONAL, etag=the_set(region).etag)
    assert group.zones == ("1", "2", "3")


def test_other_location_refused() -> None:
    """A set of that name in another location is refused, with both locations named."""
    with pytest.raises(Rejected, match="already exists in location 'westeurope'"):
        a_region().put_set(UK, ZONAL, etag=None)


def test_write_needs_a_set() -> None:
    """A write with an etag to a set that is gone is NotFound."""
    with pytest.raises(NotFound):
        an_empty_region().put_set(REF, ZONAL, etag='"1"')


def test_leaving_set_takes_nobody() -> None:
    """While a set is being deleted no member is created in it."""
    region = a_region()
    region.delete_set(REF)
    with pytest.raises(Conflict):
        region.create(REF, a_request())


def test_delete_missing_set() -> None:
    """Deleting a set that is not there is accepted."""
    region = an_empty_region()
    region.delete_set(REF)
    assert region.observe(REF).group is None


def test_errors_are_ours() -> None:
    """Every refusal is an error of the provider tree with code and message."""
    assert issubclass(Rejected, ProviderError)
    with pytest.raises(ProviderError) as refusal:
        an_empty_region().put_set(UK, FIXED_SPREAD, etag=None)
    assert refusal.value.code == "InvalidParameter"
