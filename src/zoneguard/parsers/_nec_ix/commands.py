"""Commands that say nothing about forwarding, with the reason, and commands that do and are not in the model.

After the chapters of the vendor's command reference. A row is the words that a command starts with; the longest row
that fits decides. A ``no`` before a command that is ignored is ignored as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from zoneguard.model.device import Concern
from zoneguard.parsers.accounting import TAKEN_BACK

ACCESS = "access to the device itself and its console"
LOGS = "logs, statistics and notices"
NAMES = "names and time"
LEASES = "leasing of addresses to clients"
TUNNELS = "how a line or tunnel is set up; what passes by it is said elsewhere"
LINK = "link and supervision of an interface, not what it forwards"
QUEUES = "order, marks and bandwidth of packets, not whether they pass"
CACHES = "timers, limits and caches: can only withhold what is forwarded otherwise"
PROTOCOL = "detail of a routing protocol; whether it runs is said elsewhere"
MULTICAST = "multicast; sessions between hosts are judged here"
SYSTEM = "software, licences and files of the device"
OFF = "a setting that is switched off"
DYNAMIC = "dynamic routing: what this protocol learns is not in the configuration; add the exported routing table"

Verdict = str | tuple[Concern, str]
Table = Mapping[tuple[str, ...], Verdict]


def _rows(text: str, verdict: Verdict) -> dict[tuple[str, ...], Verdict]:
    return {tuple(row.split()): verdict for row in text.split(",")}


GLOBAL: Table = {
    **_rows(
        """
        username, password, telnet-server, ssh-server, http-server, web-console, terminal, aaa, radius, tacacs, console,
        enable, configure, exit, end, http, https, auto-config, zero-touch, netmeister, nm, sms, mobile
        """,
        ACCESS,
    ),
    **_rows(
        "logging, syslog, snmp-agent, snmpv3, event, sflow, flow, show, debug, email, monitor, statistics, ip monitor",
        LOGS,
    ),
    **_rows(
        "hostname, timezone, ntp, sntp, dns, proxy-dns, ip name-server, ip host, ip domain, clock, ddns, ipv6 host, "
        "dns-cache, ipv6 name-server, system",
        NAMES,
    ),
    **_rows("ip dhcp, ipv6 dhcp, dhcp, ip dhcp-relay, ipv6 nd, ip local pool", LEASES),
    **_rows(
        """
        ike, ikev2, ipsec, ppp, pki, crypto, l2tp, pppoe, isdn, profile, gre, mape, map-e, ngn, ip map-e, switch-type,
        dialer, auto-tunnel, eoip, ether-ip, openvpn, wireguard
        """,
        TUNNELS,
    ),
    **_rows(
        "device, vlan-group, vlan, lldp, lacp, channel-group, spanning-tree, poe, usb, led, wlan, mac-address", LINK
    ),
    **_rows("class-map, policy-map, qos, service-policy, traffic-shaping", QUEUES),
    **_rows(
        """
        ip ufs-cache, ipv6 ufs-cache, ip arp, arp, ip multipath, ip source-route, ip icmp, ipv6 icmp, ip reassembly,
        ip access-list dynamic cache, ip access-list dynamic timer, ip access-list dynamic timeout,
        ipv6 access-list dynamic cache, ipv6 access-list dynamic timer, ipv6 access-list dynamic timeout,
        ip dynamic-filter, ipv6 dynamic-filter, bridge aging, fdb, ip ips, url-filter, ip url, ipv6 unicast-routing,
        ip redirects, ip unreachables, ip ttl, ip nat translation, ip napt, ipv6 neighbor, ip stealth, ip proxy-arp
        """,
        CACHES,
    ),
    **_rows("ip prefix-list, ipv6 prefix-list, as-path, community-list, key-chain, ip as-path, router-id", PROTOCOL),
    **_rows("ip multicast-routing, ip pim, ip igmp, ipv6 multicast-routing, ipv6 mld, ip mroute", MULTICAST),
    **_rows("boot, license, software-update, file, copy, write, schedule reload, reload, version, startup", SYSTEM),
    **_rows("router, ipv6 router, ip router", (Concern.ROUTING, DYNAMIC)),
    **_rows("bridge irb", LINK),
    **_rows("bridge", (Concern.FILTER, "filters of a bridge are not modelled")),
    **_rows("mac access-list, mac filter", (Concern.FILTER, "filters of frames are not modelled")),
    **_rows("action", (Concern.ROUTING, "what a monitor changes when it fires is not modelled")),
    **_rows("network-monitor", LOGS),
    **_rows("schedule", (Concern.FILTER, "a schedule that may change the configuration is not modelled")),
    **_rows("ip access-list, ipv6 access-list", CACHES),
    **_rows("ip vrf, vrf", NAMES),
    **_rows("ip, ipv6", (Concern.FILTER, "this command is not known")),
}
INTERFACE: Table = {
    **_rows(
        """
        auto-connect, encapsulation, ppp, mtu, speed, duplex, ip mtu, ipv6 mtu, ip tcp, ipv6 tcp, ip proxy-arp, ip arp,
        ipv6 enable, ipv6 nd, ipv6 interface-identifier, ipv6 traffic-class, ip ufs-cache, ipv6 ufs-cache, mdix, media,
        ip redirects, ip unreachables, idle-time, dialer, isdn, ip unnumbered, ipv6 unnumbered, vrrp, mac-address,
        description, link, port, shutdown-delay, bridge ip tcp, bridge ipv6 tcp, ip icmp, ipv6 icmp, keepalive,
        ipv6 address link-local, ip reassembly, ip tos, ip ttl, ip broadcast, ip directed-broadcast, lldp, linkdown,
        bridge forwarding, bridge port, bridge path-cost, bridge priority, bridge bpdu, ip df-bit, network-type
        """,
        LINK,
    ),
    **_rows("ipv6 nd proxy", (Concern.INTERFACE, "neighbours answered for on another interface are not modelled")),
    **_rows("tunnel, ipsec, ikev2, ike, gre, l2tp, pppoe, crypto, pki, ip map-e, wireguard", TUNNELS),
    **_rows("ip dhcp, ipv6 dhcp, proxy-dns, dns, ip dhcp-relay", LEASES),
    **_rows("service-policy, traffic-shaping, qos, ip qos, bandwidth", QUEUES),
    **_rows("ip ospf, ip rip, ipv6 ospf, ipv6 rip, ip bgp, isis", PROTOCOL),
    **_rows("ip igmp, ip pim, ip multicast, ipv6 mld, ipv6 pim", MULTICAST),
    **_rows("sflow, snmp, logging, event", LOGS),
    **_rows(
        """
        ip napt translation, ip nat translation, ip napt reserve, ip napt eim-mode, ip napt reserve-port, ip ips,
        ip napt limit, ip url, ip napt cache, ip napt fragment, ip napt timeout, ip nat timeout
        """,
        CACHES,
    ),
    **_rows("ip napt hairpinning", (Concern.NAT, "hairpin translation is not modelled")),
    **_rows("ip napt upnp, ip nat upnp, upnp", (Concern.NAT, "hosts inside may open translations by UPnP")),
    **_rows("ip napt, ip nat", (Concern.NAT, "this setting of a translation is not known")),
    **_rows("ipv6 nat, ipv6 napt", (Concern.NAT, "this setting of a translation is not known")),
    **_rows("mac filter, mac", (Concern.FILTER, "filters of frames are not modelled")),
    **_rows("bridge ip filter, bridge ipv6 filter, bridge", (Concern.FILTER, "filters of a bridge are not modelled")),
    **_rows("ip, ipv6", (Concern.FILTER, "this command is not known")),
}
UNKNOWN: Verdict = (Concern.FILTER, "this command is not known")


def verdict(words: Sequence[str], table: Table = GLOBAL) -> Verdict:
    """The reason why a command cannot affect forwarding, or what it may change and why that is not in the model."""
    if words[0] == "no" and len(words) > 1:
        found = verdict(words[1:], table)
        return OFF if isinstance(found, str) else (found[0], TAKEN_BACK)
    for length in range(min(len(words), 4), 0, -1):
        row = table.get(tuple(words[:length]))
        if row is not None:
            return row
    return UNKNOWN
