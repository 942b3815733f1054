"""Tunnels to other sites: IPsec, and GRE, which does not encrypt.

An IPsec tunnel encrypts as its crypto profile says: ESP with an algorithm other than ``null``; AH does not (Palo Alto
Networks, "PAN-OS Web Interface Help", Network > Network Profiles > IPSec Crypto, Network > GRE Tunnels). The profile
``default`` is delivered with ESP and AES. A GRE tunnel may itself run inside of an IPsec tunnel: where the file has
one, that is open.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.model.addresses import address_or_none
from zoneguard.model.settings import Tunnel
from zoneguard.parsers._panos.export import Export
from zoneguard.parsers._panos.layout import Firewall
from zoneguard.parsers._panos.tree import Node

_PROFILES = ("ike", "crypto-profiles", "ipsec-crypto-profiles")


def read_tunnels(export: Export, firewall: Firewall) -> tuple[Tunnel, ...]:
    """The tunnels of the firewall that are on."""
    return tuple(_tunnels(export, firewall.network))


def _tunnels(export: Export, network: Node) -> Iterator[Tunnel]:
    tunnels = [t for t in network.below("tunnel", "ipsec").values() if not t.yes("disabled")]
    for tunnel in tunnels:
        gateway = next(iter(tunnel.words("auto-key", "ike-gateway")), "")
        peer = network.at("ike", "gateway", gateway, "peer-address")
        yield Tunnel(tunnel.name, export.span(tunnel), _encrypts(network, tunnel), _address(peer))
    for tunnel in network.below("tunnel", "gre").values():
        if not tunnel.yes("disabled"):
            yield Tunnel(
                tunnel.name, export.span(tunnel), None if tunnels else False, _address(tunnel.at("peer-address"))
            )


def _encrypts(network: Node, tunnel: Node) -> bool | None:
    if tunnel.at("manual-key") is not None:
        return tunnel.at("manual-key", "esp", "encryption") is not None
    name = tunnel.word("auto-key", "ipsec-crypto-profile", default="default")
    profile = network.at(*_PROFILES, name)
    if profile is None:
        return True if name == "default" else None
    if profile.at("ah") is not None:
        return False
    algorithms = set(profile.words("esp", "encryption"))
    return (
        None if not algorithms or len(algorithms & {"null"}) not in (0, len(algorithms)) else "null" not in algorithms
    )


def _address(place: Node | None) -> int | None:
    text = (place.word("ip") or "") if place is not None else ""
    return address_or_none(text.split("/")[0])  # it may be an address object, or a peer whose address changes
