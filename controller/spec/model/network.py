"""Network interfaces of a template. Azure makes them together with the VM and deletes them with it."""

from typing import Annotated, Literal

from pydantic import Field

from controller.spec.model.base import (
    ApplicationGroupId,
    BackendPoolId,
    Many,
    NatRuleId,
    NonEmpty,
    Part,
    PrefixId,
    SecurityGroupId,
    SubnetId,
)
from controller.spec.model.names import ChildName


class PublicIp(Part):
    """A public address of its own for each member, Standard SKU."""

    sku: Literal["Standard"] = "Standard"
    """SKU of the address. Basic is retired and not accepted by Flexible orchestration."""
    idle_timeout_minutes: Annotated[int, Field(ge=4, le=30)] = 4
    """Minutes after which an idle TCP connection is dropped."""
    prefix: PrefixId | None = None
    """ARM id of the public IP prefix from which addresses are taken."""
    domain_name_label: NonEmpty | None = None
    """DNS label; `{name}` in it becomes the member's name."""


class Interface(Part):
    """What every network interface may have."""

    subnet: SubnetId
    """ARM id of the subnet."""
    network_security_group: SecurityGroupId | None = None
    """ARM id of a network security group."""
    application_security_groups: Many[ApplicationGroupId] = ()
    """ARM ids of application security groups."""
    load_balancer_backend_pools: Many[BackendPoolId] = ()
    """ARM ids of backend pools of Standard load balancers."""
    application_gateway_backend_pools: Many[BackendPoolId] = ()
    """ARM ids of backend pools of application gateways."""
    inbound_nat_rules: Many[NatRuleId] = ()
    """ARM ids of inbound NAT rules that target a backend pool. Understood, without effect yet."""
    accelerated_networking: bool | None = None
    """SR-IOV. Absent: Azure's default for the size."""
    ip_forwarding: bool = False
    """Let the member forward traffic that is not addressed to it."""
    dns_servers: Many[NonEmpty] = ()
    """Addresses of DNS servers; those of the network where empty."""
    public_ip: PublicIp | None = None
    """Present: each member has a public address of its own."""
    ipv6: bool = False
    """Add an IPv6 address next to the IPv4 one."""


class Network(Interface):
    """The primary network interface."""

    outbound: Literal["natGateway", "loadBalancer", "publicIp", "userDefinedRoute"] | None = None
    """How members reach the internet; Flexible orchestration gives them no default way."""


class Nic(Interface):
    """A further network interface."""

    name: ChildName
    """Suffix of the interface's name: `<member>-<name>`."""
