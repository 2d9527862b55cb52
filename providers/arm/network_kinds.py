"""The types of Microsoft.Network that the emulator keeps: their children, what Azure fills in, how long they take.

Everything that differs between a network and a load balancer stands in this table; the handlers know none
of it. Sources: recorded bodies of Azure's command line and service operator; durations are ours.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMESPACE = "Microsoft.Network"


@dataclass(frozen=True, slots=True)
class Child:
    """A type of resource that lives inside another and is written and read with it.

    ``defaults`` are properties that Azure fills in. ``served``: it has routes of its own.
    """

    name: str
    defaults: Mapping[str, object] = field(default_factory=dict)
    served: bool = True


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of resource. ``seconds``: how long a write takes in the region; 0 is done at once.

    ``sku`` is what Azure says where none was asked for; None: this type has no sku.
    """

    name: str
    children: tuple[Child, ...] = ()
    defaults: Mapping[str, object] = field(default_factory=dict)
    sku: Mapping[str, str] | None = None
    seconds: float = 0.0
    delete_seconds: float = 10.0

    @property
    def type(self) -> str:
        """Namespace and type, as documents carry it."""
        return f"{NAMESPACE}/{self.name}"

    def child(self, name: str) -> Child | None:
        """The child type of this name, without regard to case."""
        return next((child for child in self.children if child.name.lower() == name.lower()), None)


CARDS = Kind(
    "networkInterfaces",
    (Child("ipConfigurations", {"privateIPAddressVersion": "IPv4"}),),
    {
        "dnsSettings": {"dnsServers": [], "appliedDnsServers": []},
        "enableAcceleratedNetworking": False,
        "vnetEncryptionSupported": False,
        "enableIPForwarding": False,
        "disableTcpStateTracking": False,
        "hostedWorkloads": [],
        "tapConfigurations": [],
        "nicType": "Standard",
        "allowPort25Out": True,
        "auxiliaryMode": "None",
    },
)
ADDRESSES = Kind(
    "publicIPAddresses",
    defaults={
        "publicIPAddressVersion": "IPv4",
        "publicIPAllocationMethod": "Static",
        "idleTimeoutInMinutes": 4,
        "ipTags": [],
    },
    sku={"name": "Standard", "tier": "Regional"},
    seconds=2.0,
)
NETWORKS = Kind(
    "virtualNetworks",
    (
        Child(
            "subnets",
            {
                "delegations": [],
                "privateEndpointNetworkPolicies": "Disabled",
                "privateLinkServiceNetworkPolicies": "Enabled",
            },
        ),
        Child("virtualNetworkPeerings"),
    ),
    {
        "addressSpace": {"addressPrefixes": ["10.0.0.0/16"]},
        "subnets": [],
        "virtualNetworkPeerings": [],
        "enableDdosProtection": False,
    },
    seconds=3.0,
)
BALANCERS = Kind(
    "loadBalancers",
    (
        Child("frontendIPConfigurations", {"privateIPAllocationMethod": "Dynamic"}),
        Child("backendAddressPools", {"loadBalancerBackendAddresses": []}),
        Child("loadBalancingRules", {"loadDistribution": "Default", "enableFloatingIP": False}),
        Child("probes", {"intervalInSeconds": 15, "numberOfProbes": 2, "probeThreshold": 1}),
        Child("inboundNatRules", {"enableFloatingIP": False, "enableTcpReset": False}),
        Child("outboundRules", {"allocatedOutboundPorts": 0, "idleTimeoutInMinutes": 4}),
        Child("inboundNatPools", served=False),
    ),
    {
        "frontendIPConfigurations": [],
        "backendAddressPools": [],
        "loadBalancingRules": [],
        "probes": [],
        "inboundNatRules": [],
        "outboundRules": [],
        "inboundNatPools": [],
    },
    sku={"name": "Standard", "tier": "Regional"},
)
GROUPS = Kind(
    "networkSecurityGroups",
    (Child("securityRules", {"sourcePortRanges": [], "destinationPortRanges": []}),),
    {"securityRules": []},
    seconds=2.0,
)
GATEWAYS = Kind(
    "natGateways",
    defaults={"idleTimeoutInMinutes": 4, "publicIpAddresses": []},
    sku={"name": "Standard", "tier": "Regional"},
    seconds=5.0,
)
ROUTE_TABLES = Kind(
    "routeTables",
    (Child("routes", {"hasBgpOverride": False}),),
    {"disableBgpRoutePropagation": False, "routes": []},
    seconds=1.0,
)
APPLICATION_GATEWAYS = Kind(
    "applicationGateways",
    tuple(
        Child(name, served=False)
        for name in (
            "gatewayIPConfigurations",
            "frontendIPConfigurations",
            "frontendPorts",
            "backendAddressPools",
            "backendHttpSettingsCollection",
            "httpListeners",
            "requestRoutingRules",
            "probes",
            "sslCertificates",
        )
    ),
    {"operationalState": "Running"},
    seconds=240.0,
    delete_seconds=60.0,
)
SECURITY_LABELS = Kind("applicationSecurityGroups")
PREFIXES = Kind(
    "publicIPPrefixes",
    defaults={"prefixLength": 28, "publicIPAddressVersion": "IPv4"},
    sku={"name": "Standard", "tier": "Regional"},
    seconds=2.0,
)

KINDS = (
    CARDS,
    ADDRESSES,
    NETWORKS,
    BALANCERS,
    GROUPS,
    GATEWAYS,
    ROUTE_TABLES,
    APPLICATION_GATEWAYS,
    SECURITY_LABELS,
    PREFIXES,
)


def kind_of(resource_type: str) -> Kind | None:
    """The kind of a type such as ``Microsoft.Network/virtualNetworks``, without regard to case."""
    wanted = resource_type.lower()
    return next((kind for kind in KINDS if kind.type.lower() == wanted), None)
