"""What is known of FortiOS tables that are not read, and of settings that cannot change what is forwarded."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from zoneguard.model.device import Concern
from zoneguard.model.text import Reason
from zoneguard.parsers._fortios.blocks import Block
from zoneguard.parsers.accounting import Ledger

LABEL = "label, colour or identifier"
LOGGING = "logging and reports"
CONTENT = "inspects the content of admitted sessions; it can only take away"
SHAPING = "shaping and marking of admitted traffic"
SESSIONS = "handling of sessions that a policy admitted"
HARDWARE = "hardware offloading and link settings"
SWITCH = "joins ports to one interface; between them it can only take away"
ACCOUNTS = "accounts and certificates"
MANAGEMENT = "management of the device itself"
SERVERS = "servers that the device runs for hosts"
MANAGED = "settings of managed access points, switches and extenders"
MESSAGES = "texts shown to users"
DATABASE = "vendor data that only undecided policies use"
DYNAMIC_FILTER = "used by dynamic routing protocols only"
CLUSTER = "cluster of members with one configuration"
TUNNELS = "how a tunnel is set up; what enters it is decided by routes and policies"
FLOODS = "drops only floods and anomalies"
EMPTY = "empty block"

_COMMON = {
    "uuid": LABEL, "uuid-idx": LABEL, "comment": LABEL, "comments": LABEL, "color": LABEL, "visibility": LABEL,
    "tags": LABEL, "label": LABEL, "global-label": LABEL, "description": LABEL, "alias": LABEL, "snmp-index": LABEL,
    "fabric-object": LABEL, "fabric-force-sync": LABEL, "custom-tags": LABEL, "logtraffic*": LOGGING,
}  # fmt: skip

IGNORED_TABLES: dict[str, str] = {
    "system replacemsg*": MESSAGES, "log*": LOGGING, "report *": LOGGING, "alertemail *": LOGGING,
    "system automation-*": MANAGEMENT, "automation *": MANAGEMENT, "monitoring *": LOGGING, "antivirus *": CONTENT,
    "application *": CONTENT, "webfilter *": CONTENT, "emailfilter *": CONTENT, "spamfilter *": CONTENT,
    "dlp *": CONTENT, "dnsfilter *": CONTENT, "icap *": CONTENT, "ips *": CONTENT, "voip *": CONTENT,
    "waf *": CONTENT, "file-filter *": CONTENT, "ssh-filter *": CONTENT, "casb *": CONTENT, "sctp-filter *": CONTENT,
    "diameter-filter *": CONTENT, "videofilter *": CONTENT, "virtual-patch *": CONTENT, "cifs *": CONTENT,
    "credential-store *": CONTENT, "telemetry-controller *": CONTENT, "ztna web-*": CONTENT,
    "firewall ssl-ssh-profile": CONTENT, "firewall profile-*": CONTENT, "firewall ssl *": CONTENT,
    "firewall ssl-server": CONTENT, "firewall ssh *": CONTENT, "firewall wildcard-fqdn *": CONTENT,
    "firewall decrypted-traffic-mirror": CONTENT, "firewall interface-policy*": CONTENT, "firewall sniffer": CONTENT,
    "firewall on-demand-sniffer": CONTENT, "firewall mms-profile": CONTENT, "firewall gtp": CONTENT,
    "firewall DoS-policy*": FLOODS, "firewall ttl-policy": FLOODS, "firewall shaper *": SHAPING,
    "firewall shaping-*": SHAPING, "firewall traffic-class": SHAPING, "firewall internet-service-*": DATABASE,
    "firewall internet-service": DATABASE, "firewall country": DATABASE, "firewall region": DATABASE,
    "firewall city": DATABASE, "firewall vendor-mac*": DATABASE, "firewall network-service-dynamic": DATABASE,
    "firewall address6-template": LABEL, "firewall service category": LABEL,
    "firewall proxy-addr*": "used by proxy policies only",
    "firewall multicast-address*": "used by multicast policies only", "firewall ldb-monitor": SERVERS,
    "firewall auth-portal": ACCOUNTS, "firewall global": MANAGEMENT, "firewall schedule group": LABEL,
    "firewall access-proxy*": "used by virtual addresses of access proxies only", "user *": ACCOUNTS,
    "authentication *": ACCOUNTS, "certificate *": ACCOUNTS, "endpoint-control *": ACCOUNTS,
    "vpn certificate *": ACCOUNTS, "vpn kmip-server": ACCOUNTS, "system password-policy*": ACCOUNTS,
    "system accprofile": ACCOUNTS, "system admin": ACCOUNTS, "system api-user": ACCOUNTS, "system sso-*": ACCOUNTS,
    "system saml": ACCOUNTS, "system fips-cc": ACCOUNTS, "vpn ssl *": TUNNELS, "vpn ocvpn": TUNNELS,
    "vpn ipsec fec": TUNNELS, "vpn ipsec forticlient": TUNNELS, "vpn ipsec phase1": TUNNELS,
    "vpn ipsec phase2": TUNNELS, "vpn ipsec concentrator": TUNNELS, "vpn ipsec manualkey": TUNNELS,
    "vpn qkd": TUNNELS, "system ike": TUNNELS, "vpn l2tp": TUNNELS, "vpn pptp": TUNNELS,
    "wireless-controller *": MANAGED, "switch-controller *": MANAGED, "extender-controller *": MANAGED,
    "extension-controller *": MANAGED, "wanopt *": SESSIONS, "web-proxy global": SESSIONS,
    "web-proxy profile": SESSIONS, "web-proxy forward-server*": SESSIONS, "web-proxy debug-url": SESSIONS,
    "web-proxy url-match": SESSIONS, "web-proxy wisp": SESSIONS, "web-proxy fast-fallback": SESSIONS,
    "rule *": CONTENT, "router access-list*": DYNAMIC_FILTER, "router prefix-list*": DYNAMIC_FILTER,
    "router route-map": DYNAMIC_FILTER, "router aspath-list": DYNAMIC_FILTER, "router community-list": DYNAMIC_FILTER,
    "router key-chain": DYNAMIC_FILTER, "router extcommunity-list": DYNAMIC_FILTER, "router bfd*": DYNAMIC_FILTER,
    "router setting": DYNAMIC_FILTER, "router multicast*": "routes multicast only", "system dhcp*": SERVERS,
    "system dns*": SERVERS, "system ntp": SERVERS, "system ptp": SERVERS, "system ddns": SERVERS,
    "system email-server": SERVERS, "system geoip-*": DATABASE, "system external-resource": DATABASE,
    "system sdn-*": DATABASE, "system vdom-dns": SERVERS, "system vdom-exception": MANAGEMENT,
    "system vdom-property": MANAGEMENT, "system vdom-netflow": LOGGING, "system vdom-sflow": LOGGING,
    "system vdom-radius-server": ACCOUNTS, "system netflow": LOGGING, "system sflow": LOGGING,
    "system snmp *": MANAGEMENT, "system fortiguard": MANAGEMENT, "system fortimanager": MANAGEMENT,
    "system central-management": MANAGEMENT, "system autoupdate *": MANAGEMENT, "system auto-*": MANAGEMENT,
    "system cluster-sync": MANAGEMENT, "system standalone-cluster": MANAGEMENT, "system console": MANAGEMENT,
    "system storage": MANAGEMENT, "system custom-language": MANAGEMENT, "system object-tagging": LABEL,
    "system ftm-push": MANAGEMENT, "system fortisandbox": CONTENT, "system fortindr": CONTENT,
    "system fortiai": CONTENT, "system ips*": CONTENT, "system csf": MANAGEMENT,
    "system federated-upgrade": MANAGEMENT, "system alias": MANAGEMENT, "system alarm": LOGGING,
    "system lldp *": MANAGEMENT, "system probe-response": SERVERS, "system session-ttl": SESSIONS,
    "system session-helper": "opens only connections related to an admitted session", "system np*": HARDWARE,
    "system isf-*": HARDWARE, "system physical-switch": HARDWARE, "system virtual-switch": HARDWARE,
    "system stp": HARDWARE,
    "system switch-interface": SWITCH, "system dpdk*": HARDWARE, "dpdk *": HARDWARE, "system affinity-*": HARDWARE,
    "system speed-test-*": SERVERS, "system modem": HARDWARE, "system 3g-modem *": HARDWARE,
    "system bypass": HARDWARE, "system lte-modem": HARDWARE, "system smc-ntp": SERVERS,
    "system interface-group": LABEL, "gui *": MANAGEMENT, "system gi-gk": SESSIONS,
    "system mac-address-table": HARDWARE, "system tos-based-priority": SHAPING, "system dscp-based-priority": SHAPING,
    "system wccp": SESSIONS, "system resource-limits": SESSIONS, "system device-upgrade*": MANAGEMENT,
    "system ipam": MANAGEMENT, "system nethsm": ACCOUNTS, "system acme": ACCOUNTS, "system fm": MANAGEMENT,
    "system ha-monitor": CLUSTER, "system dedicated-mgmt": MANAGEMENT,
    "system link-monitor": "changes routes only while a probe fails", "system proxy-arp": "answers ARP only",
    "system ipv6-neighbor-cache": "neighbour cache", "system ngfw-settings": CONTENT, "videofilter": CONTENT,
    "system monitors": LOGGING, "system ssh-config": MANAGEMENT, "system security-rating *": MANAGEMENT,
    "system cloud-service": MANAGEMENT, "system custom-*": MANAGEMENT, "sys-config *": MANAGEMENT,
}  # fmt: skip

FAMILY_CONCERN = {
    "firewall": Concern.FILTER,
    "router": Concern.ROUTING,
    "system": Concern.INTERFACE,
    "vpn": Concern.INTERFACE,
    "web-proxy": Concern.FILTER,
    "ftp-proxy": Concern.FILTER,
}


@dataclass(frozen=True, slots=True)
class Schema:
    """Of one table: the settings and nested blocks that its reader uses, those known to be without effect on forwarding
    (names or patterns → reason), and what any other could change."""

    used: frozenset[str]
    concern: Concern
    ignored: Mapping[str, str] = field(default_factory=dict)
    blocks: frozenset[str] = frozenset()

    def reason(self, name: str) -> str | None:
        """Why the setting is without effect on forwarding; ``None`` where it is not known."""
        return look_up(name, self.ignored) or look_up(name, _COMMON)


def account(ledger: Ledger, block: Block, schema: Schema, bounded: bool = False) -> None:
    """Enter every line of a table and of its entries, as its reader uses them. ``bounded``: the reader holds what it
    does not know as a condition that cannot be decided."""
    for first, last in block.spans:
        ledger.understood(first, last)
    reasons: dict[str, str | None] = {}
    for part in (block, *block.entries.values()):
        for name, setting in part.settings.items():
            if name in schema.used:
                continue
            if name not in reasons:
                reasons[name] = schema.reason(name)
            reason = reasons[name]
            if reason is not None:
                ledger.ignored(reason, setting[1], setting[2])
            else:
                ledger.not_understood(
                    setting[1], Reason('the setting "{name}" is not known', name=name), schema.concern, bounded
                )
        for name, nested in part.blocks.items():
            if name in schema.blocks:
                continue
            reason = schema.reason(name)
            if reason is not None:
                ignore(ledger, nested, reason)
            else:
                unread(ledger, nested, schema.concern)


def look_up(name: str, patterns: Mapping[str, str]) -> str | None:
    """The value of the first pattern that fits ``name``."""
    if name in patterns:
        return patterns[name]
    return next((reason for pattern, reason in patterns.items() if "*" in pattern and fnmatchcase(name, pattern)), None)


def ignore(ledger: Ledger, block: Block, reason: str) -> None:
    """The whole block cannot change what is forwarded."""
    for first, last in block.spans:
        ledger.ignored(reason, first, last)


def unread(ledger: Ledger, block: Block, concern: Concern) -> None:
    """No reader knows the block: its first line stands for what it may change, the others for nothing more."""
    if not block.settings and not block.entries and not block.blocks:
        ignore(ledger, block, EMPTY)
        return
    ledger.not_understood(block.first, Reason('the block "{name}" is not read', name=block.name), concern)
    for first, last in block.spans:
        for line in range(first, last + 1):
            ledger.not_understood(
                line, Reason("part of a block that is not read (line {line})", line=block.first), Concern.OTHER
            )


def account_rest(ledger: Ledger, blocks: Iterable[Block]) -> None:
    """Tables without a reader: ignored for their reason, or not understood."""
    for block in blocks:
        reason = look_up(block.name, IGNORED_TABLES)
        if reason is not None:
            ignore(ledger, block, reason)
        else:
            unread(ledger, block, FAMILY_CONCERN.get(block.name.split(" ", 1)[0], Concern.OTHER))
