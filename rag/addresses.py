"""Which network addresses a page may be fetched from: those of the open internet, told after names are resolved."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

_OF_CLOUDS = frozenset((ip_address("168.63.129.16"),))
"""Public by number, yet answered by the machine's host, with its secrets. The usual 169.254.169.254 is link-local."""
_NAT64 = ip_network("64:ff9b::/96")
"""RFC 6052: the last 32 bits are the IPv4 address that is reached."""


def is_public(address: str) -> bool:
    """Whether an address as a resolver writes it (`93.184.215.14`, `fe80::1%eth0`) is one of the open internet.

    Not: loopback, private, shared (RFC 6598), link-local, unspecified, multicast, reserved, metadata services; nor
    these inside an IPv6 address (mapped, 6to4, NAT64). What is no address at all is not public either.
    """
    try:
        known = _reached(ip_address(address.partition("%")[0]))
    except ValueError:
        return False
    return known.is_global and not known.is_multicast and known not in _OF_CLOUDS


def _reached(address: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 address stands for; else the address itself."""
    if isinstance(address, IPv4Address):
        return address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address
