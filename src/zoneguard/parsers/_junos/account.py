"""The account of every line: what no reader has used is ignored for a stated reason, or not understood."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase

from zoneguard.model.device import Concern
from zoneguard.model.text import Reason
from zoneguard.parsers._junos.ends import check_ends
from zoneguard.parsers._junos.groups import APPLY, EXCEPT, NODES, UNUSED
from zoneguard.parsers._junos.tree import Node
from zoneguard.parsers.accounting import Ledger

LABEL = "description, tag or other label"
MANAGEMENT = "management of the device itself"
LOGGING = "logging, counting and tracing"
CONTENT = "inspects the content of admitted sessions; it can only take away"
SESSIONS = "handling of sessions that a policy admitted"
SHAPING = "shaping and marking of admitted traffic"
HARDWARE = "hardware and link settings"
LAYER2 = "layer 2: which ports share a segment"
TUNNELS = "how a tunnel is set up; what enters it is decided by routes and policies"
ACCOUNTS = "accounts, keys and certificates"
SERVERS = "servers that the device runs for hosts"
SCREENS = "screens drop only floods, scans and malformed packets"
DYNAMIC = "used by dynamic routing protocols only"
ARP = "answers ARP or neighbour discovery only"
OPEN_FOR_IT = "used by policies that are open for it"
ASKED = "used by routing policies that a reader asks"
FLOODS = "drops only floods"
RELATED = "opens only connections related to an admitted session"
OPEN_LISTS = "lists that only open conditions use"
PROBES = "changes routes only while a probe fails"
LABELLED = "matches MPLS packets, not IP"
SPOOFED = "drops only spoofed source addresses"
CLUSTER = "cluster of members with one configuration"
MULTICAST = "routes multicast only"

IGNORED: Mapping[str, str] = {
    "version": LABEL, "system": MANAGEMENT, "snmp": MANAGEMENT, "event-options": MANAGEMENT, "access": ACCOUNTS,
    "access-profile": ACCOUNTS, "accounting-options": LOGGING, "chassis": HARDWARE, "class-of-service": SHAPING,
    "poe": HARDWARE, "virtual-chassis": CLUSTER, "ethernet-switching-options": LAYER2, "vlans": LAYER2,
    "multi-chassis": CLUSTER, "schedulers": OPEN_FOR_IT, "jsrc": ACCOUNTS,
    "jsrc-partition": ACCOUNTS, "diameter": ACCOUNTS, "unified-edge": MANAGEMENT, "wlan": HARDWARE,
    "smtp": MANAGEMENT, "openconfig-*": MANAGEMENT, "protection": HARDWARE, "ptp": SERVERS, "switch-options": LAYER2,
    "bridge-domains": LAYER2, "policy-options": ASKED,
    "forwarding-options sampling": LOGGING, "forwarding-options port-mirroring": LOGGING,
    "forwarding-options analyzer": LOGGING, "forwarding-options dhcp-relay": SERVERS,
    "forwarding-options helpers": SERVERS, "forwarding-options hash-key": SHAPING,
    "forwarding-options enhanced-hash-key": SHAPING, "forwarding-options load-balance": SHAPING,
    "forwarding-options storm-control*": FLOODS, "forwarding-options accounting": LOGGING,
    "forwarding-options packet-capture": LOGGING, "forwarding-options multicast": MULTICAST,
    "forwarding-options dhcp-security": LAYER2, "forwarding-options vxlan-routing": HARDWARE,
    "interfaces traceoptions": LOGGING, "interfaces interface-set": SHAPING,
    "security alarms": LOGGING, "security alg": RELATED,
    "security analysis": LOGGING, "security anti-*": CONTENT, "security application-firewall": CONTENT,
    "security application-tracking": LOGGING, "security authentication-key-chains": ACCOUNTS,
    "security certificates": ACCOUNTS, "security firewall-authentication": ACCOUNTS, "security flow": SESSIONS,
    "security forwarding-process": HARDWARE, "security gprs": CONTENT, "security idp": CONTENT,
    "security intelligence": CONTENT, "security ike": TUNNELS, "security ipsec": TUNNELS, "security log": LOGGING,
    "security macsec": LAYER2, "security pki": ACCOUNTS, "security resource-manager": HARDWARE,
    "security screen": SCREENS, "security ssh-known-hosts": ACCOUNTS, "security ssl": CONTENT,
    "security utm": CONTENT, "security user-identification": ACCOUNTS, "security traceoptions": LOGGING,
    "security datapath-debug": LOGGING, "security secure-wire": LAYER2, "security dynamic-application": CONTENT,
    "security dynamic-address": OPEN_LISTS, "security key-protect": ACCOUNTS,
    "security master-password": ACCOUNTS, "security distribution-profile": HARDWARE,
    "security nat proxy-*": ARP, "security nat traceoptions": LOGGING,
    "security nat source port-*": SESSIONS, "security nat source pool-utilization-alarm": LOGGING,
    "security nat source interface": SESSIONS, "security nat source address-persistent": SESSIONS,
    "security nat source session-*": SESSIONS, "security nat source pool-default-*": SESSIONS,
    "security policies policy-rematch": SESSIONS, "security policies policy-stats": LOGGING,
    "security policies traceoptions": LOGGING, "security policies pre-id-default-policy": LOGGING,
    "security policies lookup*": HARDWARE, "security policies unified-policy*": LOGGING,
    "services application-identification": CONTENT, "services flow-monitoring": LOGGING, "services rpm": LOGGING,
    "services security-intelligence": CONTENT, "services advanced-anti-malware": CONTENT, "services ssl": CONTENT,
    "services user-identification": ACCOUNTS, "services analytics": LOGGING, "services web-filter": CONTENT,
    "services icap-redirect": CONTENT, "services ip-monitoring": PROBES,
    "firewall policer": SHAPING, "firewall three-color-policer": SHAPING, "firewall hierarchical-policer": SHAPING,
    "firewall family ethernet-switching": LAYER2, "firewall family bridge": LAYER2, "firewall family vpls": LAYER2,
    "firewall family ccc": LAYER2, "firewall family mpls": LABELLED,
    "firewall load-balance-group": SHAPING,
    "protocols lldp": LAYER2, "protocols lldp-med": LAYER2, "protocols rstp": LAYER2, "protocols mstp": LAYER2,
    "protocols stp": LAYER2, "protocols vstp": LAYER2, "protocols lacp": LAYER2, "protocols dot1x": LAYER2,
    "protocols layer2-control": LAYER2, "protocols igmp-snooping": MULTICAST, "protocols mld-snooping": MULTICAST,
    "protocols igmp": MULTICAST, "protocols mld": MULTICAST, "protocols pim": MULTICAST, "protocols msdp": MULTICAST,
    "protocols dvmrp": MULTICAST, "protocols bfd": DYNAMIC, "protocols router-advertisement": SERVERS,
    "protocols router-discovery": SERVERS, "protocols neighbor-discovery": ARP, "protocols sflow": LOGGING,
    "protocols oam": LAYER2, "protocols uplink-failure-detection": LAYER2, "protocols vrrp": SERVERS,
    "protocols protection-group": LAYER2, "protocols l2-learning": LAYER2, "protocols loop-detect": LAYER2,
    "protocols iccp": CLUSTER, "protocols udld": LAYER2, "protocols gvrp": LAYER2, "protocols mvrp": LAYER2,
    "apply-macro": LABEL,
}  # fmt: skip
"""Hierarchies without effect on what is forwarded → why. A reader that uses a part of one goes before."""

ANYWHERE: Mapping[str, str] = {
    "description": LABEL, "apply-macro": LABEL, "traceoptions": LOGGING, "apply-flags": LABEL, "comment": LABEL,
}  # fmt: skip

_CONCERNS = {
    ("security", "nat"): Concern.NAT,
    ("security", "zones"): Concern.FILTER,
    ("routing-options",): Concern.ROUTING,
    ("routing-instances",): Concern.ROUTING,
    ("protocols",): Concern.ROUTING,
    ("policy-options",): Concern.ROUTING,
    ("interfaces",): Concern.INTERFACE,
}
_BY_WORDS: dict[int, dict[str, str]] = {}
_PATTERNS: list[tuple[list[str], str]] = []
_ABOVE = {tuple(path.split()[:n]) for path in IGNORED for n in range(1, len(path.split()))}
for _path, _reason in IGNORED.items():
    if "*" in _path:
        _PATTERNS.append((_path.split(), _reason))
    else:
        _BY_WORDS.setdefault(len(_path.split()), {})[_path] = _reason


def account(ledger: Ledger, root: Node, groups: Node | None) -> None:
    """Enter every line of a tree. ``groups``: the configuration groups, of which only what is inherited matters."""
    book = _Book(ledger)
    check_ends(ledger, root)
    for word, node in root.children.items():
        if word == "groups":
            node.used = True
        elif word == "logical-systems":
            node.used = True
            for system in node.children.values():
                system.used = True
                check_ends(ledger, system)
                for inner in system.children.values():
                    book.enter(inner, (inner.word,), "")
        else:
            book.enter(node, (word,), "")
    if groups is not None:
        _groups(book, groups, {node.group for node in root.walk()})
    book.close()


def _groups(book: _Book, groups: Node, applied: set[str]) -> None:
    """The lines of groups that nothing inherited, and the braces of those of which something was."""
    for line in groups.frames:
        book.fates.setdefault(line, None)
    for name, group in groups.children.items():
        unused = CLUSTER if NODES.match(name) else UNUSED
        for node in group.walk():
            for line in node.frames:
                book.fates.setdefault(line, None if name in applied else unused)
            for line in node.lines:
                book.fates.setdefault(line, unused)


class _Book:
    """Fates of lines before they are entered: what is understood of a line goes before what is ignored of it."""

    def __init__(self, ledger: Ledger) -> None:
        self.fates: dict[int, str | None] = {}
        self._ledger = ledger

    def enter(self, node: Node, path: tuple[str, ...], reason: str) -> None:
        """The lines of ``node`` and below. ``reason``: why nothing above it is of concern, if so."""
        if not node.used or not node.children:
            reason = node.reason or reason or ("" if node.used else _reason_for(path))
        else:
            reason = node.reason or reason
        if node.word in (APPLY, EXCEPT):
            node.take(1)
        if not node.used and not reason and not (_local(path) in _ABOVE and node.children) and not _used_below(node):
            self._unread(node, path)
            return
        for line in node.lines:
            if node.used or reason:
                self._fate(line, reason if reason and not node.used else None)
            elif not node.children:
                self._unread(node, path)
        for child in node.children.values():
            if child.used and not child.children and not child.reason:
                for line in child.lines:
                    self.fates[line] = None
            else:
                self.enter(child, (*path, child.word), reason)
        for line in node.frames:
            self._fate(line, None if node.used and not node.reason else reason or None)
        if node.lines and node.children and not node.used and not reason:
            for line in node.lines:
                self._fate(line, None)

    def _fate(self, line: int, reason: str | None) -> None:
        if reason is None:
            self.fates[line] = None
        else:
            self.fates.setdefault(line, reason)

    def _unread(self, node: Node, path: tuple[str, ...]) -> None:
        """Nothing of it is read: its first line stands for what it may change, the others for nothing more."""
        lines = sorted({line for part in node.walk() for line in (*part.lines, *part.frames)})
        if not lines:
            return
        what = " ".join(path[-3:])
        self._ledger.not_understood(lines[0], Reason('the statement "{what}" is not read', what=what), _concern(path))
        for line in lines[1:]:
            reason = Reason("part of a statement that is not read (line {line})", line=lines[0])
            self._ledger.not_understood(line, reason, Concern.OTHER)

    def close(self) -> None:
        """Enter what has been gathered."""
        for line, reason in self.fates.items():
            if reason is not None:
                self._ledger.ignored(reason, line)
        self._ledger.understood_each((line, line) for line, reason in self.fates.items() if reason is None)


def _used_below(node: Node) -> bool:
    return any(part.used or part.reason for part in node.walk())


def _reason_for(path: tuple[str, ...]) -> str:
    """Why a hierarchy is without effect on forwarding; empty where that is not known."""
    if path[-1] in ANYWHERE:
        return ANYWHERE[path[-1]]
    path = _local(path)
    known = _BY_WORDS.get(len(path))
    found = known.get(" ".join(path)) if known is not None else None
    if found is not None:
        return found
    for pattern, reason in _PATTERNS:
        if len(pattern) == len(path) and all(map(fnmatchcase, path, pattern)):
            return reason
    return ""


def _local(path: tuple[str, ...]) -> tuple[str, ...]:
    """The path as it would be written outside of a routing instance."""
    return path[2:] if path[0] == "routing-instances" and len(path) > 2 else path


def _concern(path: tuple[str, ...]) -> Concern:
    if path[0] == "routing-instances" and len(path) > 2 and path[2] in ("protocols", "interface", "routing-options"):
        return Concern.ROUTING
    return _CONCERNS.get(path[:2]) or _CONCERNS.get(path[:1]) or Concern.FILTER
