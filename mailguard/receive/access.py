"""Who may relay: an allow list of networks. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network


class AllowList:
    """The networks whose hosts are trusted. An empty list trusts nobody: there is no open relay by omission."""

    def __init__(self, networks: Iterable[str]) -> None:
        """`networks` are addresses or networks in CIDR form; raises ValueError for anything else, host bits
        included: "10.0.0.5/8" is more likely a slip than a wish."""
        self.networks: tuple[Network, ...] = tuple(ip_network(network) for network in networks)

    def __contains__(self, peer: object) -> bool:
        """True if `peer`, a literal address, lies in one of the networks. An IPv4 address that arrives on an IPv6
        socket (::ffff:192.0.2.1) counts as that IPv4 address; what is not an address is in no network."""
        try:
            address = ip_address(str(peer).partition("%")[0])
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return any(address in network for network in self.networks)
