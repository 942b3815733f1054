"""What Azure itself says of one network interface: its effective routes and its effective security rules.

``az network nic show-effective-route-table`` and ``list-effective-nsg`` (REST, «Network Interfaces»). Routes are those
of the subnet: all its interfaces have them. Service tags of rules are written out as they stand at that time. An
answer about routes does not name the interface: the command in front of it does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from zoneguard.model.device import Concern
from zoneguard.parsers._azure.estate import Item
from zoneguard.parsers._azure.expressions import Template
from zoneguard.parsers._azure.kinds import NSG
from zoneguard.parsers._cloud import HARMLESS, account_members, unread
from zoneguard.parsers._json_node import Node
from zoneguard.parsers.accounting import Ledger

ADMIN_RULES = "security admin rules of a network manager, which go before those of groups and are not read"
GOES_ON = "the answer goes on at another address; ask for all of it"
_ENDS = ("source", "destination")
_TEXTS = {f"{end}{rest}": None for end in _ENDS for rest in ("PortRange", "PortRanges", "AddressPrefix",
                                                             "AddressPrefixes")}  # fmt: skip
_RULE: dict[str, object] = {
    **dict.fromkeys(("name", "protocol", "access", "priority", "direction", "expandedSourceAddressPrefix",
                     "expandedDestinationAddressPrefix")),
    **_TEXTS,
}  # fmt: skip
_REFERENCE = {"id": None, "resourceGroup": HARMLESS}
_GROUP: dict[str, object] = {
    "networkSecurityGroup": _REFERENCE, "effectiveSecurityRules": _RULE, "tagMap": HARMLESS,
    "association": {"subnet": _REFERENCE, "networkInterface": _REFERENCE, "networkManager": ADMIN_RULES},
}  # fmt: skip
_ROUTE: dict[str, object] = dict.fromkeys(
    ("addressPrefix", "nextHopType", "nextHopIpAddress", "source", "state", "name", "disableBgpRoutePropagation")
)


@dataclass(slots=True)
class Effective:
    """``routes`` by the name or id, in small letters, of the interface that was asked (empty: not told); ``groups`` by
    the id of the subnet or interface at which their rules stand."""

    routes: dict[str, list[Node]] = field(default_factory=dict)
    groups: dict[str, Item] = field(default_factory=dict)


def taken(documents: Iterable[Node], ledger: Ledger, asked: Callable[[Node], str]) -> tuple[Effective, list[Node]]:
    """The effective answers among documents, and the other documents. ``asked``: the interface that a command names."""
    found = Effective()
    others: list[Node] = []
    for document in documents:
        listed = list(document.each("value")) or list(document.each("effectiveRoutes"))
        if listed and all(entry.get("effectiveSecurityRules") for entry in listed):
            for entry in listed:
                _group(found, entry, ledger)
        elif listed and all(entry.get("nextHopType") and not entry.get("properties") for entry in listed):
            found.routes.setdefault(asked(document), []).extend(listed)
            for entry in listed:
                ledger.understood(entry.first, entry.last)
                account_members(ledger, _ROUTE, entry)
        else:
            others.append(document)
            continue
        if document.text("nextLink"):
            unread(ledger, document, GOES_ON, "nextLink")
    return found, others


def _group(found: Effective, entry: Node, ledger: Ledger) -> None:
    ledger.understood(entry.first, entry.last)
    account_members(ledger, _GROUP, entry)
    association, group = entry.get("association"), entry.get("networkSecurityGroup")
    places = [end.text("id").lower() for key in ("subnet", "networkInterface")
              if association and (end := association.get(key)) and end.text("id")]  # fmt: skip
    if not places:
        ledger.not_understood(entry.first, ADMIN_RULES, Concern.FILTER, about="association")
    listed = list(entry.each("effectiveSecurityRules"))
    own, given = (
        Node([_written_out(r) for r in listed if _is_default(r) is default], entry.first, entry.last)
        for default in (False, True)
    )
    name = (group.text("id") if group else "").rpartition("/")[2]
    properties = Node({"securityRules": own, "defaultSecurityRules": given}, entry.first, entry.last)
    for place in places:
        found.groups[place] = Item(NSG, name, f"{place}#effective", entry, properties, Template(None))


def _is_default(rule: Node) -> bool:
    return rule.text("name").lower().startswith("defaultsecurityrules/")


def _written_out(rule: Node) -> Node:
    """A rule in the words of a group, with the prefixes that its tags stand for."""
    members = dict(rule.members())
    for end in _ENDS:
        expanded = rule.get(f"expanded{end.capitalize()}AddressPrefix")
        if expanded is not None and expanded.value:
            members[f"{end}AddressPrefixes"] = expanded
            members[f"{end}AddressPrefix"] = Node("", rule.first, rule.first)
        elif (several := rule.get(f"{end}AddressPrefixes")) is not None and several.value:
            members[f"{end}AddressPrefix"] = Node("", rule.first, rule.first)
        ports = rule.get(f"{end}PortRanges")
        if ports is not None and ports.value:
            members[f"{end}PortRange"] = Node("", rule.first, rule.first)
    if rule.text("protocol").lower() == "all":
        members["protocol"] = Node("*", rule.first, rule.first)
    name = rule.text("name").rpartition("/")[2]
    return Node(members | {"name": Node(name, rule.first, rule.first)}, rule.first, rule.last)
