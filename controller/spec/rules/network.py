"""Rules about network interfaces and the way out to the internet."""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.spec.codes import Code
from controller.spec.diagnostics import Severity
from controller.spec.rules.view import Finding, repeated, templates_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from controller.spec.model.fleet import FleetDocument
    from controller.spec.model.network import Interface, Network
    from controller.spec.nodes import Path

_PLATFORM = (
    "Azure says: OutboundConnectivityNotEnabledOnVM. No outbound connectivity configured for "
    "virtual machine."
)
_WAYS = (
    "say which: `outbound: natGateway` (on the subnet), `loadBalancer` (a backend pool), `publicIp` "
    "(an address for each member) or `userDefinedRoute` (a firewall)"
)


def findings(document: FleetDocument) -> Iterator[Finding]:
    """Yield what is wrong with the network interfaces of each template."""
    for path, template in templates_of(document):
        place = (*path, "network")
        yield from _outbound(place, template.network)
        yield from _interface(place, template.network)
        for index, nic in enumerate(template.nics):
            yield from _interface((*path, "nics", index), nic)
        for index, name in repeated(nic.name for nic in template.nics):
            yield Finding(
                Code.DUPLICATE_ENTRY,
                (*path, "nics", index, "name"),
                f"two interfaces are called `{name}`",
                "give each a name of its own",
            )


def _outbound(path: Path, network: Network) -> Iterator[Finding]:
    pools = bool(network.load_balancer_backend_pools)
    if network.outbound is None and not pools and network.public_ip is None:
        yield Finding(
            Code.NETWORK_OUTBOUND,
            path,
            "no way out to the internet is stated; Flexible orchestration gives no default one",
            _WAYS,
            (_PLATFORM,),
            severity=Severity.WARNING,
            at_key=True,
        )
    lacking = {"loadBalancer": not pools, "publicIp": network.public_ip is None}
    needed = {"loadBalancer": "loadBalancerBackendPools", "publicIp": "publicIp"}
    if network.outbound is not None and lacking.get(network.outbound, False):
        field = needed[network.outbound]
        yield Finding(
            Code.NETWORK_OUTBOUND,
            (*path, "outbound"),
            f"`outbound: {network.outbound}` needs `{field}`",
            f"add `{field}`, or name another way out",
            (_PLATFORM,),
            also=((*path, field),),
        )


def _interface(path: Path, interface: Interface) -> Iterator[Finding]:
    lists = {
        "loadBalancerBackendPools": interface.load_balancer_backend_pools,
        "applicationGatewayBackendPools": interface.application_gateway_backend_pools,
        "applicationSecurityGroups": interface.application_security_groups,
        "dnsServers": interface.dns_servers,
    }
    for name, values in lists.items():
        for index, _value in repeated(values):
            yield Finding(
                Code.DUPLICATE_ENTRY,
                (*path, name, index),
                f"this stands twice in `{name}`",
                "keep one of the two",
            )
    if interface.inbound_nat_rules:
        yield Finding(
            Code.NO_EFFECT_YET,
            (*path, "inboundNatRules"),
            "`inboundNatRules` has no effect yet: Azure's inline interfaces cannot carry them",
            "let the rule target a backend pool and list that pool: each member then gets a port",
            severity=Severity.WARNING,
            at_key=True,
        )
