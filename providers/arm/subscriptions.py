"""Tenants, subscriptions, locations with their zones, and resource providers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from providers import regions
from providers.arm.errors import Refusal
from providers.arm.messages import Reply
from providers.arm.pipeline import COMPUTE_VERSIONS
from providers.arm.routes import Route, segments

if TYPE_CHECKING:
    from providers.arm.emulator import Emulator
    from providers.arm.messages import Request

_SPELLED = {
    "microsoft.compute": "Microsoft.Compute",
    "microsoft.network": "Microsoft.Network",
    "microsoft.resources": "Microsoft.Resources",
    "microsoft.authorization": "Microsoft.Authorization",
    "microsoft.managedidentity": "Microsoft.ManagedIdentity",
    "microsoft.storage": "Microsoft.Storage",
}
# Versions that clients choose for services other than Compute: networks, groups, locks.
_OTHER_VERSIONS = (
    "2026-03-01",
    "2025-05-01",
    "2024-03-01",
    "2022-09-01",
    "2020-06-01",
    "2015-06-15",
)


def tenants(emulator: Emulator, _request: Request) -> Reply:
    """List the one tenant."""
    tenant = emulator.settings.tenant
    shown = {
        "id": f"/tenants/{tenant}",
        "tenantId": tenant,
        "countryCode": "NL",
        "displayName": "Evenkeel",
        "domains": ["evenkeel.onmicrosoft.com"],
        "tenantCategory": "Home",
        "defaultDomain": "evenkeel.onmicrosoft.com",
        "tenantType": "AAD",
    }
    return Reply(200, {"value": [shown]})


def subscriptions(emulator: Emulator, _request: Request) -> Reply:
    """List the one subscription."""
    shown = _subscription(emulator, emulator.settings.subscription)
    return Reply(200, {"value": [shown], "count": {"type": "Total", "value": 1}})


def subscription(emulator: Emulator, request: Request) -> Reply:
    """Show a subscription."""
    return Reply(200, _subscription(emulator, request.params["subscription"]))


def locations(_emulator: Emulator, request: Request) -> Reply:
    """List the locations; those with zones say which physical zone stands behind each logical one."""
    own = request.params["subscription"]
    known = (regions.region(name) for name in regions.known_locations())
    return Reply(200, {"value": [_location(own, place) for place in known if place is not None]})


def providers(emulator: Emulator, request: Request) -> Reply:
    """List the resource providers."""
    own = request.params["subscription"]
    return Reply(200, {"value": [_provider(emulator, own, name) for name in _known(emulator)]})


def provider(emulator: Emulator, request: Request) -> Reply:
    """Show a resource provider, or register it: all of them are registered already."""
    name = _spelled(request.params["namespace"])
    if name.lower() not in {known.lower() for known in _known(emulator)}:
        text = f"The resource namespace '{name}' is invalid."
        raise Refusal(404, "InvalidResourceNamespace", text, gateway=True)
    return Reply(200, _provider(emulator, request.params["subscription"], name))


def _subscription(emulator: Emulator, own: str) -> dict[str, object]:
    return {
        "id": f"/subscriptions/{own}",
        "authorizationSource": "RoleBased",
        "managedByTenants": [],
        "subscriptionId": own,
        "tenantId": emulator.settings.tenant,
        "displayName": "Evenkeel emulator",
        "state": "Enabled",
        "subscriptionPolicies": {
            "locationPlacementId": "Public_2014-09-01",
            "quotaId": "PayAsYouGo_2014-09-01",
            "spendingLimit": "Off",
        },
    }


def _location(own: str, place: regions.Region) -> dict[str, object]:
    name = place.location
    shown: dict[str, object] = {
        "id": f"/subscriptions/{own}/locations/{name}",
        "name": name,
        "type": "Region",
        "displayName": name,
        "regionalDisplayName": name,
        "metadata": {"regionType": "Physical", "regionCategory": "Recommended"},
    }
    if place.zones:
        # Which physical zone a number means differs between subscriptions; here it is the next one.
        physical = (*place.zones[1:], place.zones[0])
        shown["availabilityZoneMappings"] = [
            {"logicalZone": logical, "physicalZone": f"{name}-az{other}"}
            for logical, other in zip(place.zones, physical, strict=True)
        ]
    return shown


def _known(emulator: Emulator) -> list[str]:
    return sorted({_spelled(name) for name in emulator.router.namespaces} | set(_SPELLED.values()))


def _spelled(namespace: str) -> str:
    return _SPELLED.get(namespace.lower(), namespace)


def _provider(emulator: Emulator, own: str, namespace: str) -> dict[str, object]:
    is_compute = namespace == "Microsoft.Compute"
    versions = list(COMPUTE_VERSIONS if is_compute else _OTHER_VERSIONS)
    return {
        "id": f"/subscriptions/{own}/providers/{namespace}",
        "namespace": namespace,
        "resourceTypes": [
            {
                "resourceType": kind,
                "locations": list(regions.known_locations()),
                "apiVersions": versions,
                "defaultApiVersion": versions[0],
                "capabilities": "SupportsTags, SupportsLocation",
            }
            for kind in _kinds(emulator, namespace)
        ],
        "registrationState": "Registered",
        "registrationPolicy": "RegistrationRequired",
    }


def _kinds(emulator: Emulator, namespace: str) -> list[str]:
    found = set()
    for route in emulator.router.routes:
        parts = segments(route.pattern)
        if namespace in parts:
            rest = parts[parts.index(namespace) + 1 :]
            kind = "/".join(part for part in rest[::2] if not part.startswith("{"))
            found.add(kind)
    return sorted(kind for kind in found if kind)


_OWN = "/subscriptions/{subscription}"

ROUTES = (
    Route("GET", "/tenants", tenants),
    Route("GET", "/subscriptions", subscriptions),
    Route("GET", _OWN, subscription),
    Route("GET", f"{_OWN}/locations", locations),
    Route("GET", f"{_OWN}/providers", providers),
    Route("GET", f"{_OWN}/providers/{{namespace}}", provider),
    Route("POST", f"{_OWN}/providers/{{namespace}}/register", provider),
)
