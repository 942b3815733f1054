"""FortiOS settings of a whole VDOM or device, schedules, and what relays sessions beside the policies."""

from __future__ import annotations

from dataclasses import dataclass

from zoneguard.model.device import Concern
from zoneguard.parsers._fortios.blocks import Block
from zoneguard.parsers._fortios.export import Export, Scope
from zoneguard.parsers._fortios.interfaces import REVERSE_PATH
from zoneguard.parsers._fortios.schema import (
    CONTENT,
    DYNAMIC_FILTER,
    LABEL,
    LOGGING,
    MANAGEMENT,
    SERVERS,
    SESSIONS,
    SHAPING,
    TUNNELS,
    Schema,
    account,
    ignore,
)

_WIDER = {
    "asymroute": "with asymmetric routing packets without a session pass",
    "asymroute6": "with asymmetric routing packets without a session pass",
    "asymroute-icmp": "with asymmetric routing packets without a session pass",
    "asymroute6-icmp": "with asymmetric routing packets without a session pass",
    "multicast-skip-policy": "multicast passes without a policy",
}
SETTINGS = Schema(
    frozenset({"opmode", "central-nat", "ngfw-mode", "snat-hairpin-traffic", "vdom-type", *_WIDER}),
    Concern.FILTER,
    {
        "gui-*": MANAGEMENT, "sip-*": SESSIONS, "sccp-*": SESSIONS, "h323-*": SESSIONS, "*-session-check": SESSIONS,
        "default-*": SESSIONS, "inspection-mode": CONTENT, "ike-*": TUNNELS, "dhcp*": SERVERS, "lldp-*": MANAGEMENT,
        "location-id": LABEL, "mac-ttl": LABEL, "vpn-stats-*": LOGGING, "wccp-*": SESSIONS, "utf8-*": CONTENT,
        "*ecmp*": SHAPING, "bfd*": DYNAMIC_FILTER, "auxiliary-session": SESSIONS, "prp-*": SESSIONS, "status": LABEL,
        "email-portal-*": MANAGEMENT, "firewall-session-dirty": SESSIONS, "fw-session-hairpin": SESSIONS,
        "deny-tcp-with-icmp": SESSIONS, "detect-unknown-esp": LOGGING, "discovered-device-timeout": LOGGING,
        "block-land-attack": "drops only floods and anomalies", "application-*": LOGGING, "http-external-dest": CONTENT,
        "internet-service-*": SESSIONS, "link-down-access": MANAGEMENT, "nat46-*": SESSIONS, "nat64-*": SESSIONS,
        "policy-offload-level": SESSIONS, "ses-denied-*": SESSIONS, "device": MANAGEMENT, "allow-subnet-overlap": LABEL,
        "allow-linkdown-path": "changes routes only while a link is down", "strict-src-check": REVERSE_PATH,
        "tcp-session-without-syn": SESSIONS, "sctp-session-without-init": SESSIONS, "multicast-*": "multicast only",
        "lan-extension-*": MANAGEMENT, "gateway*": MANAGEMENT, "ip": MANAGEMENT, "ip6": MANAGEMENT,
        "manageip*": MANAGEMENT,
        "implicit-allow-dns": CONTENT, "consolidated-*": LABEL, "ssl-ssh-profile": CONTENT, "hyperscale-*": SESSIONS,
        "ipv6": LABEL, "intree-ses-*": SESSIONS, "nat-inspect-*": SESSIONS,
    },
)  # fmt: skip
GLOBAL = Schema(
    frozenset({"hostname", "admin-sport", "admin-port", "admin-ssh-port", "admin-telnet-port", "vdom-mode"}),
    Concern.OTHER,
    {"*": MANAGEMENT},
)
SCHEDULE = Schema(frozenset({"day", "start", "end", "start-utc", "end-utc", "expiration-days"}), Concern.FILTER)
_WEEK = frozenset({"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"})
_RELAYS = {
    "firewall proxy-policy": "proxy policies relay sessions that no firewall policy describes",
    "firewall explicit-proxy-policy": "proxy policies relay sessions that no firewall policy describes",
}
_BETWEEN = (("firewall policy46", "firewall vip46"), ("firewall policy64", "firewall vip64"))
_BETWEEN_VERSIONS = "a policy that translates between IPv4 and IPv6 is not followed"
_PROXIES = ("web-proxy explicit", "ftp-proxy explicit", "web-proxy explicit-proxy")
_MULTICAST = ("firewall multicast-policy", "firewall multicast-policy6")
READ_SETTINGS = frozenset({
    "system settings", "system global", "firewall schedule recurring", "firewall schedule onetime", *_RELAYS, *_PROXIES,
    *_MULTICAST, *(path for pair in _BETWEEN for path in pair),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """How a VDOM works. ``policy_mode``: policies ask for applications, and central NAT is implied."""

    central_nat: bool
    policy_mode: bool


def read_settings(export: Export, scope: Scope) -> Settings:
    """The table ``system settings`` of a VDOM."""
    table = scope.table("system settings")
    account(export.ledger, table, SETTINGS)
    if table.word("opmode", "nat") == "transparent":
        reason = "a transparent VDOM forwards between its interfaces at layer 2, which is not modelled"
        export.ledger.not_understood(table.line("opmode"), reason, Concern.FILTER)
    for name, reason in _WIDER.items():
        if table.enabled(name):
            export.ledger.not_understood(table.line(name), reason, Concern.FILTER)
    by_application = table.word("ngfw-mode") == "policy-based"
    if by_application:
        reason = "in policy-based NGFW mode policies ask for applications, which only the content tells"
        export.ledger.not_understood(table.line("ngfw-mode"), reason, Concern.FILTER, bounded=True)
    return Settings(table.enabled("central-nat") or by_application, by_application)


def read_schedules(export: Export, scope: Scope) -> dict[str, bool | None]:
    """Schedules by name: always, never, or (``None``) at some times."""
    known: dict[str, bool | None] = {}
    recurring, once = scope.table("firewall schedule recurring"), scope.table("firewall schedule onetime")
    for table in (recurring, once):
        account(export.ledger, table, SCHEDULE)
    for name, entry in recurring.entries.items():
        days = frozenset(entry.values("day"))
        whole_day = entry.word("start", "00:00") == entry.word("end", "00:00")
        known[name] = None
        if days >= _WEEK and whole_day:
            known[name] = True
        elif not days & _WEEK:
            known[name] = False
    for name in once.entries:
        known[name] = None
    return known


def read_relays(export: Export, scope: Scope) -> None:
    """What lets sessions pass beside the policies is reported; what is off or multicast is ignored."""
    for path, reason in _RELAYS.items():
        table = scope.table(path)
        ignore(export.ledger, table, "settings of a proxy, reported at its first line")
        if any(entry.word("status", "enable") == "enable" for entry in table.entries.values()):
            export.ledger.not_understood(table.first, reason, Concern.FILTER)
    for path in _PROXIES:
        table = scope.table(path)
        ignore(export.ledger, table, "explicit proxy")
        if table.enabled("status"):
            reason = "an explicit proxy relays sessions that no firewall policy describes"
            export.ledger.not_understood(table.line("status"), reason, Concern.FILTER)
    for path, addresses in _BETWEEN:
        table = scope.table(path)
        ignore(export.ledger, table, "settings of a policy between IPv4 and IPv6, reported at its first line")
        ignore(export.ledger, scope.table(addresses), "used by policies between IPv4 and IPv6 only")
        for entry in table.entries.values():
            if entry.word("status", "enable") == "enable" and entry.word("action", "deny") == "accept":
                export.ledger.not_understood(entry.first, _BETWEEN_VERSIONS, Concern.FILTER)
    for path in _MULTICAST:
        ignore(export.ledger, scope.table(path), "multicast only; sessions between hosts are judged here")


def read_global(export: Export, root: Block) -> None:
    """The table ``system global``, wherever it stands."""
    for block in (root, export.shared):
        table = block.blocks.get("system global")
        if table is not None:
            account(export.ledger, table, GLOBAL)
