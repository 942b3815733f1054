"""The settings of FortiOS policies: what is read, what cannot be decided, what cannot change who may open a session.

After the CLI references of FortiOS 5.0 to 7.6, ``firewall policy`` and its kin.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from zoneguard.model.device import Concern
from zoneguard.parsers._fortios.schema import CONTENT, HARDWARE, LABEL, LOGGING, SESSIONS, SHAPING, Schema

MAY = frozenset({
    "users", "groups", "fsso-groups", "devices", "src-vendor-mac", "ztna-status", "ztna-ems-tag", "ztna-geo-tag",
    "ztna-ems-tag-secondary", "sgt", "sgt-check", "tos", "vlan-filter", "reputation-minimum", "reputation-minimum6",
    "network-service-dynamic", "network-service-src-dynamic", "policy-expiry", "identity-based", "application",
    "app-category", "app-group", "url-category", "url-risk", "casi-profile-list", "dscp-match", "rsso", "custom-app",
    "endpoint-check", "internet-service-fortiguard", "ha-mgmt-intf-only",
})  # fmt: skip
"""Settings by which a policy takes only some of the packets, which ones the file does not tell."""

OPENS = frozenset({"permit-any-host", "permit-stun-host", "pcp-inbound", "pcp-outbound", "nat46", "nat64"})
"""Settings by which more passes than the policy says."""

_READ = frozenset({
    "name", "srcintf", "dstintf", "intf", "interface", "srcaddr", "dstaddr", "srcaddr6", "dstaddr6", "srcaddr-negate",
    "dstaddr-negate", "srcaddr6-negate", "dstaddr6-negate", "service", "service-negate", "action", "status", "schedule",
    "nat", "ippool", "poolname", "poolname6", "fixedport", "match-vip", "match-vip-only", "send-deny-packet",
    "internet-service", "internet-service-src", "internet-service-negate", "internet-service-src-negate",
    "internet-service6", "internet-service6-src", "internet-service6-negate", "internet-service6-src-negate",
    "comments", "tos-mask", "tos-negate", "policy-expiry-date", "policy-expiry-date-utc", "ztna-tags-match-logic",
    "srcaddr4", "dstaddr4",
}) | frozenset(
    f"internet-service{six}{src}-{kind}"
    for six in ("", "6")
    for src in ("", "-src")
    for kind in ("name", "id", "group", "custom", "custom-group", "fortiguard")
)  # fmt: skip

LOGIN = "how users log in"
_IGNORED = {
    "*-profile": CONTENT, "*-sensor": CONTENT, "*-filter": CONTENT, "*-list": CONTENT, "profile-*": CONTENT,
    "utm-*": CONTENT, "inspection-mode": CONTENT, "wanopt*": SESSIONS, "webcache*": SESSIONS, "webproxy*": CONTENT,
    "wccp": CONTENT, "*-policy-redirect": CONTENT, "redirect-url": CONTENT, "dsri": CONTENT, "fec": HARDWARE,
    "decrypted-traffic-mirror": LOGGING, "capture-packet": LOGGING, "ssl-mirror*": LOGGING, "custom-log-fields": LABEL,
    "*shap*": SHAPING, "diffserv*": SHAPING, "vlan-cos*": SHAPING, "traffic-shaper*": SHAPING, "tcp-mss*": HARDWARE,
    "auto-asic-offload": HARDWARE, "np-acc*": HARDWARE, "policy-offload": HARDWARE, "delay-tcp-npu*": HARDWARE,
    "anti-replay": SESSIONS, "firewall-session-dirty": SESSIONS, "session-ttl": SESSIONS, "timeout-*": SESSIONS,
    "schedule-timeout": SESSIONS, "tcp-session-without-syn": SESSIONS, "port-preserve": SESSIONS,
    "port-random": SESSIONS, "rtp-*": SESSIONS, "cgn-*": SESSIONS, "passive-wan-*": LOGGING,
    "block-notification": LABEL, "replacemsg*": LABEL, "auth-*": LOGIN, "captive-*": LOGIN, "disclaimer": LOGIN,
    "email-collect": LOGIN, "ntlm*": LOGIN, "fsso*": LOGIN, "wsso": LABEL, "radius-*": LOGIN, "require-tfa": LOGIN,
    "ztna-*": LOGIN,
    "geoip-*": "how geography is told", "reputation-direction*": "how geography is told", "fall-through-*": LABEL,
    "inbound": "policy-based IPsec", "outbound": "policy-based IPsec", "natinbound": "policy-based IPsec",
    "natoutbound": "policy-based IPsec", "natip": "policy-based IPsec", "vpntunnel": "policy-based IPsec",
    "identity-based-route": SESSIONS, "pcp-poolname": SESSIONS, "scan-botnet-*": CONTENT, "enforce-default-*": CONTENT,
    "learning-mode": LOGGING, "virtual-patch": CONTENT, "fragment": SESSIONS, "dynamic-shaping": SHAPING,
    "app-monitor": LOGGING, "log-http-transaction": LOGGING, "eif-*": SESSIONS, "sso-auth-*": LOGIN,
    "isolator-server": CONTENT, "telemetry-*": LOGGING, "transparent": SESSIONS, "sctp-*": CONTENT, "expiry*": LABEL,
}  # fmt: skip

POLICY = Schema(_READ | MAY | OPENS, Concern.FILTER, _IGNORED, frozenset({"identity-based-policy"}))


class Noted(NamedTuple):
    """The settings of a policy that a packet alone does not decide, those that are not known, and those by which more
    passes."""

    may: tuple[str, ...]
    strange: tuple[str, ...]
    opens: tuple[str, ...]


@lru_cache(maxsize=1024)
def note(names: tuple[str, ...]) -> Noted:
    """Which of the settings ``names`` are such: nearly every policy has the settings of another one."""
    strange = tuple(name for name in names if _is_strange(name))
    return Noted(tuple(sorted(MAY.intersection(names))), strange, tuple(sorted(OPENS.intersection(names))))


@lru_cache(maxsize=1024)
def _is_strange(name: str) -> bool:
    return name not in POLICY.used and POLICY.reason(name) is None
