"""Tunnels to other sites: IPsec VPNs, and the tunnel interfaces ``gr-`` and ``ip-``, which do not encrypt.

A VPN encrypts where its proposals are of ESP with an encryption algorithm, as those of every ``proposal-set``; AH does
not, and of ESP without a written algorithm it is open (Juniper, "IPsec VPN User Guide", ``proposal (Security IPsec)``).
A GRE or IP-IP tunnel may itself run inside of a VPN: where the file has one, that is open.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.model.addresses import address_or_none
from zoneguard.model.settings import Tunnel
from zoneguard.parsers._junos.export import Export
from zoneguard.parsers._junos.tree import Node

_PLAIN = ("gr-", "ip-")


def read_tunnels(export: Export) -> tuple[Tunnel, ...]:
    """The tunnels of the device and of its logical systems."""
    return tuple(tunnel for scope in export.scopes for tunnel in _tunnels(export, scope.root))


def _tunnels(export: Export, root: Node) -> Iterator[Tunnel]:
    vpns = [vpn for vpn in root.at("security", "ipsec", "vpn").children.values() if not vpn.inactive]
    for vpn in vpns:
        gateway = _word(vpn, "ike", "gateway")
        peer = _word(root, "security", "ike", "gateway", gateway, "address") if gateway else ""
        yield Tunnel(vpn.word, export.span(vpn), _encrypts(root.at("security", "ipsec"), vpn), address_or_none(peer))
    for interface in root.at("interfaces").children.values():
        if not interface.word.startswith(_PLAIN):
            continue
        for unit in interface.at("unit").children.values():
            peer = _word(unit, "tunnel", "destination")
            off = unit.get("disable") or interface.get("disable") or unit.inactive or interface.inactive
            if peer and not off:
                yield Tunnel(
                    f"{interface.word}.{unit.word}", export.span(unit), None if vpns else False, address_or_none(peer)
                )


def _encrypts(ipsec: Node, vpn: Node) -> bool | None:
    manual = vpn.get("manual")
    if manual is not None:
        return manual.get("encryption") is not None and _word(manual, "protocol") != "ah"
    policy = ipsec.get("policy", _word(vpn, "ike", "ipsec-policy"))
    if policy is None:
        return None
    if policy.get("proposal-set") is not None:
        return True
    found = {_secret(ipsec.get("proposal", name)) for name in policy.at("proposals").children}
    return found.pop() if len(found) == 1 else None


def _secret(proposal: Node | None) -> bool | None:
    if proposal is None:
        return None
    if _word(proposal, "protocol") == "ah":
        return False
    return True if _word(proposal, "encryption-algorithm") else None


def _word(node: Node, *path: str) -> str:
    """The first word below a path, which stays unread by this: whether it is understood others say."""
    found = node.get(*path)
    return next(iter(found.children), "") if found is not None else ""
