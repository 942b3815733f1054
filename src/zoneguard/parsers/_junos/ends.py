"""Statements behind which no word, or only some words, can follow: what else stands there is said.

After the Junos OS CLI reference ("aggregate", "generate", "rib-groups", "vrrp-group", "interface-range", "attach",
"port (NAT)", "application (Applications)"). Of the other statements the readers themselves ask what is below them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from zoneguard.model.device import Concern
from zoneguard.parsers._forms import not_whole
from zoneguard.parsers._junos.tree import Node
from zoneguard.parsers.accounting import Ledger

_ANYWHERE = frozenset({"apply-groups", "apply-groups-except", "apply-macro"})


def _flat(text: str) -> str:
    return " ".join(text.split())


_APPLICATION = _flat("""
    protocol source-port destination-port icmp-type icmp-code icmp6-type icmp6-code alg
    application-protocol inactivity-timeout rpc-program-number uuid ether-type
""")
_ROUTE = _flat("""
    active passive as-path brief full community discard reject unreachable metric metric2 metric3
    metric4 policy preference preference2 color color2 tag tag2 next-hop install no-install readvertise
    no-readvertise retain no-retain resolve no-resolve
""")
_ROUTING = f"""
routing-options aggregate,generate route * : {_ROUTE}
routing-options aggregate,generate route * active,passive,brief,full,discard,reject,unreachable
routing-options aggregate,generate route * policy *
routing-options aggregate,generate route * tag,tag2,preference,preference2,color,color2 * : type
routing-options interface-routes rib-group inet,inet6 *
routing-options rib-groups * import-rib,export-rib,import-policy *
"""
_ACTIONS = _flat("""
    accept reject next community metric local-preference preference preference2 tag tag2 origin
    as-path-prepend as-path-expand trace external color color2 damping default-action next-hop priority
""")
_POLICY = f"""
apply-groups *

policy-options policy-statement * then accept,reject
policy-options policy-statement * from instance *
policy-options policy-statement * term * then accept,reject
policy-options policy-statement * term * from instance *
policy-options policy-statement * from route-filter * exact,longer,orlonger : {_ACTIONS}
policy-options policy-statement * term * from route-filter * exact,longer,orlonger : {_ACTIONS}
policy-options prefix-list * apply-groups,apply-groups-except *
"""
_INTERFACES = """
interfaces interface-range * member *
interfaces interface-range * member-range * : to
interfaces interface-range * member-range * to *
interfaces interface-range * description,mtu *
interfaces interface-range * gigether-options redundant-parent *
interfaces interface-range * gigether-options 802.3ad * : force-up port-priority
interfaces * gigether-options redundant-parent *
interfaces * gigether-options 802.3ad * : force-up port-priority
interfaces * unit * vlan-tags outer * : inner inner-list inner-range
interfaces * unit * vlan-tags outer * inner *
interfaces * unit * family inet address * arp * l2-interface * : mac multicast-mac
interfaces * unit * family inet address * arp * l2-interface * mac,multicast-mac * : publish
interfaces * unit * family inet address * vrrp-group * virtual-address,authentication-type,authentication-key *
interfaces * unit * family inet address * vrrp-group * fast-interval,advertise-interval,priority *
interfaces * unit * family inet address * vrrp-group * accept-data,no-accept-data,no-preempt
interfaces * unit * family inet address * vrrp-group * preempt : hold-time
interfaces * unit * family inet6 address * vrrp-inet6-group * accept-data,no-accept-data,no-preempt
"""
_FILTERS = """
security address-book * attach zone *
security nat source pool * port no-translation
security nat source pool * port range * to *
security nat source,destination pool * routing-instance *
security nat static rule-set * rule * then static-nat prefix-name,prefix routing-instance *
firewall family * filter * term * from source-address,destination-address,address * except
firewall filter * term * from source-address,destination-address,address * except
"""


@dataclass(slots=True)
class _Place:
    """A place in the tree. ``allowed``: what may stand below it, where that is all there is; ``None``: not known."""

    below: dict[str, _Place] = field(default_factory=dict)
    allowed: frozenset[str] | None = None


def _places() -> _Place:
    top = _Place()
    elsewhere = "".join(f"routing-instances * {line}\n" for line in _ROUTING.strip().splitlines())
    for line in (_ROUTING + elsewhere + _POLICY + _INTERFACES + _FILTERS).strip().splitlines():
        if not line:
            continue
        path, _, allowed = line.partition(" : ")
        level = [top]
        for words in path.split():
            level = [place.below.setdefault(word, _Place()) for place in level for word in words.split(",")]
        for place in level:
            place.allowed = frozenset(allowed.split())
    return top


_TOP = _places()
_CONCERNS = {"interfaces": Concern.INTERFACE, "security": Concern.FILTER, "firewall": Concern.FILTER}


def check_ends(ledger: Ledger, root: Node) -> None:
    """Report the words of ``root`` (the device, or a logical system) that follow where nothing can."""
    for word, node in root.children.items():
        concern = _CONCERNS.get(word, Concern.ROUTING)
        if word in _TOP.below:
            for found in _strange(node, _TOP.below[word]):
                _report(ledger, found, concern)
    for application in root.at("applications", "application").children.values():
        for term in application.at("term").children.values():
            for found in _odd(term):
                _report(ledger, found, Concern.FILTER)


def _strange(node: Node, place: _Place) -> Iterator[Node]:
    level = [(node, place)]
    while level:
        node, place = level.pop()
        if node.inactive:
            continue
        for word, child in node.children.items():
            if place.allowed is not None and word not in place.allowed and word not in _ANYWHERE:
                yield child
            level += [(child, place.below[key]) for key in (word, "*") if key in place.below]


def _odd(term: Node) -> Iterator[Node]:
    """``term t1 protocol tcp destination-port 80``: words that stand where the name of a setting must."""
    known = {*_APPLICATION.split(), *_ANYWHERE}
    level = [term]
    while level:
        node = level.pop()
        for word, child in node.children.items():
            if word in known:
                level += child.children.values()
            elif not child.inactive:
                yield child


def _report(ledger: Ledger, node: Node, concern: Concern) -> None:
    for line in {line for part in node.walk() for line in (*part.lines, *part.frames)}:
        ledger.not_understood(line, not_whole(node.word[:80]), concern)
