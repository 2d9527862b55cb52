"""Private and public addresses: the first one free, kept until its holder goes.

Azure: the first four addresses of a subnet and its last one are never given out. Public addresses come
from 198.18.0.0/15 (RFC 2544), where nobody answers.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import TYPE_CHECKING

from providers.arm.errors import Refusal
from providers.simulated.documents import mapping_in, mappings_in

if TYPE_CHECKING:
    from ipaddress import IPv4Network, IPv6Network

    from providers.arm.emulator import Emulator

_RESERVED = 4
_USUAL = "10.0.0.0/16"
_PUBLIC = "198.18.0.0/15"


def private_address(
    emulator: Emulator, subnet_id: str, holder: str, *, asked: str = "", six: bool = False
) -> str | None:
    """The address that a holder has in a subnet, allotted if it has none; ``asked`` is one that it wants.

    None: the subnet is full, or has no IPv6.
    """
    prefix = _prefix(emulator, subnet_id, six=six)
    if prefix is None:
        return None
    return _allotted(emulator, f"{subnet_id}/evenkeel/addresses", prefix, holder, asked=asked)


def public_address(emulator: Emulator, address_id: str) -> str | None:
    """The address behind a public IP address resource, allotted if it has none."""
    group = address_id.lower().partition("/providers/")[0]
    shelf = f"{group.partition('/resourcegroups/')[0]}/evenkeel/public"
    return _allotted(emulator, shelf, ip_network(_PUBLIC), address_id)


def release(emulator: Emulator, subnet_id: str, holder: str) -> None:
    """Take a holder's address back; nothing happens if it has none."""
    _release(emulator, f"{subnet_id}/evenkeel/addresses", holder)


def release_public(emulator: Emulator, address_id: str) -> None:
    """Take a public address back; nothing happens if none was given."""
    group = address_id.lower().partition("/providers/")[0]
    _release(emulator, f"{group.partition('/resourcegroups/')[0]}/evenkeel/public", address_id)


def use_of(emulator: Emulator, subnet_id: str) -> tuple[int, int]:
    """How many IPv4 addresses of a subnet are taken, those that Azure keeps included, and how many it has."""
    prefix = _prefix(emulator, subnet_id, six=False)
    if prefix is None:
        return 0, 0
    held = mapping_in(
        emulator.world.documents.get(f"{subnet_id}/evenkeel/addresses".lower(), {}), "document"
    )
    return _RESERVED + 1 + len(held), prefix.num_addresses


def check_room(emulator: Emulator, subnet_id: str, address: str | None, *, six: bool) -> None:
    """Raise ``Refusal`` (400) if a subnet had no address to give."""
    prefix = _prefix(emulator, subnet_id, six=six)
    if address is None and prefix is not None:
        raise Refusal(
            400,
            "SubnetIsFull",
            f"Subnet {subnet_id.rpartition('/')[2]} with address prefix {prefix} does not have enough capacity "
            "for 1 IP addresses.",
        )


def _allotted(
    emulator: Emulator,
    key: str,
    prefix: IPv4Network | IPv6Network,
    holder: str,
    *,
    asked: str = "",
) -> str | None:
    held = mapping_in(emulator.world.documents.get(key.lower(), {}), "document")
    own = held.get(holder.lower())
    if isinstance(own, str) and asked in {"", own}:
        return own
    address = asked or _first_free(prefix, set(held.values()))
    if address is not None:
        emulator.shelf.keep(key, {**held, holder.lower(): address})
    return address


def _first_free(prefix: IPv4Network | IPv6Network, taken: set[object]) -> str | None:
    addresses = (str(prefix[number]) for number in range(_RESERVED, prefix.num_addresses - 1))
    return next((address for address in addresses if address not in taken), None)


def _release(emulator: Emulator, key: str, holder: str) -> None:
    held = dict(emulator.shelf.get(key) or {})
    if held.pop(holder.lower(), None) is not None:
        emulator.shelf.keep(key, held)


def _prefix(emulator: Emulator, subnet_id: str, *, six: bool) -> IPv4Network | IPv6Network | None:
    network_id, _, name = subnet_id.rpartition("/subnets/")
    network = emulator.shelf.get(network_id) or {}
    subnets = mappings_in(mapping_in(network, "properties"), "subnets")
    entry = next((entry for entry in subnets if str(entry.get("name")).lower() == name.lower()), {})
    properties = mapping_in(entry, "properties")
    listed = properties.get("addressPrefixes")
    prefixes = [properties.get("addressPrefix"), *(listed if isinstance(listed, list) else [])]
    found = (ip_network(str(prefix), strict=False) for prefix in prefixes if prefix)
    usual = None if six else ip_network(_USUAL)
    return next((prefix for prefix in found if (prefix.version == 6) is six), usual)
