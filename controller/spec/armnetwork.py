"""The network profile: interfaces that Azure makes with the VM and deletes with it.

Inline configurations need a ``networkApiVersion`` and cannot carry inbound NAT rules.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from controller.spec.properties import Properties, given, reference

if TYPE_CHECKING:
    from controller.spec.model.network import Interface, PublicIp
    from controller.spec.model.template import Template

NETWORK_API_VERSION = "2020-11-01"
"""The only version that the Compute REST API 2024-07-01 lists for inline interfaces."""


def network_profile(template: Template) -> Properties:
    """Build the network profile: the primary interface first, then the further ones."""
    primary = _interface(template.network, "{name}-nic", primary=True)
    others = [_interface(nic, f"{{name}}-{nic.name}", primary=False) for nic in template.nics]
    return {
        "networkApiVersion": NETWORK_API_VERSION,
        "networkInterfaceConfigurations": [primary, *others],
    }


def _interface(interface: Interface, name: str, *, primary: bool) -> Properties:
    addresses = [_address(interface, name)]
    if interface.ipv6:
        addresses.append(
            {
                "name": "ipv6",
                "properties": {
                    "primary": False,
                    "privateIPAddressVersion": "IPv6",
                    "subnet": {"id": interface.subnet},
                },
            }
        )
    properties: Properties = {"primary": primary, "deleteOption": "Delete"}
    properties |= given(
        enableAcceleratedNetworking=interface.accelerated_networking,
        enableIPForwarding=interface.ip_forwarding or None,
        networkSecurityGroup=reference(interface.network_security_group),
        dnsSettings=given(dnsServers=list(interface.dns_servers)),
        ipConfigurations=addresses,
    )
    return {"name": name, "properties": properties}


def _address(interface: Interface, name: str) -> Properties:
    properties: Properties = {"primary": True, "privateIPAddressVersion": "IPv4"}
    properties |= given(
        subnet=reference(interface.subnet),
        loadBalancerBackendAddressPools=_references(interface.load_balancer_backend_pools),
        applicationGatewayBackendAddressPools=_references(
            interface.application_gateway_backend_pools
        ),
        applicationSecurityGroups=_references(interface.application_security_groups),
        publicIPAddressConfiguration=_public_ip(interface.public_ip, name),
    )
    return {"name": "ipv4", "properties": properties}


def _references(arm_ids: tuple[str, ...]) -> list[Properties]:
    return [{"id": arm_id} for arm_id in arm_ids]


def _public_ip(public_ip: PublicIp | None, name: str) -> Properties | None:
    if public_ip is None:
        return None
    properties: Properties = {
        "deleteOption": "Delete",
        "publicIPAllocationMethod": "Static",
        "publicIPAddressVersion": "IPv4",
        "idleTimeoutInMinutes": public_ip.idle_timeout_minutes,
    }
    properties |= given(
        publicIPPrefix=reference(public_ip.prefix),
        dnsSettings=given(domainNameLabel=public_ip.domain_name_label),
    )
    sku = {"name": public_ip.sku, "tier": "Regional"}
    return {"name": f"{name}-ip", "sku": sku, "properties": properties}
