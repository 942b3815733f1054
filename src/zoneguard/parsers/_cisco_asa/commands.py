"""Commands that say nothing about forwarding, with the reason, and commands that do and are not in the model.

After the lists of the ASA command reference. A row is the words that a command starts with; the longest row that fits
decides. A ``no`` before a command that is ignored is ignored as well.
"""

from __future__ import annotations

from collections.abc import Sequence

from zoneguard.model.device import Concern
from zoneguard.parsers.accounting import TAKEN_BACK

ACCESS = "access to the device itself and its console"
LOGS = "logs, statistics and notices"
NAMES = "names and time"
LEASES = "leasing of addresses to clients"
TUNNELS = "how a tunnel is set up; what passes by it is said elsewhere"
SESSIONS = "timers, limits and inspection of sessions: can only withhold what the lists permit"
CLUSTER = "failover, clustering and hardware"
SWITCH = "switching and link layer settings"
PROTOCOL = "detail of a routing protocol; whether it runs is said elsewhere"
MULTICAST = "multicast; sessions between hosts are judged here"
SYSTEM = "software, licences and files of the device"
DYNAMIC = "dynamic routing: what this protocol learns is not in the configuration; add the exported routing table"

Verdict = str | tuple[Concern, str]


def _rows(text: str, verdict: Verdict) -> dict[tuple[str, ...], Verdict]:
    return {tuple(row.split()): verdict for row in text.split(",")}


_TABLE: dict[tuple[str, ...], Verdict] = {
    **_rows(
        """
        aaa, aaa-server, username, enable, passwd, password, ssh cipher, ssh key-exchange, ssh timeout, ssh version,
        ssh stricthostkeycheck, ssh stack, ssh scopy, ssh pubkey-chain, telnet timeout, http server, http redirect,
        http authentication-certificate, http username-from-certificate, console, management-access, privilege,
        user-identity, banner, asdm, icmp unreachable, ipv6 icmp-error, ldap, kerberos, radius-common, auth-prompt,
        key, virtual, ssl, cts, domain-name-lookup, snmp-server, user-statistics, zonelabs-integrity, password-policy,
        nac-policy, saml, rest-api, terminal, pager, sshclient, names, restapi, scansafe, uauth-timeout,
        dynamic-access-policy-record
        """,
        ACCESS,
    ),
    **_rows(
        """
        logging, flow-export, call-home, smtp-server, mount, event, service-export, crashinfo, asp, capture, debug,
        coredump, threat-detection, hw-module logging, monitor-interface, statistics, cpu, memory, environment
        """,
        LOGS,
    ),
    **_rows("hostname,domain-name,clock,ntp,ptp,dns,prompt,dns-guard,name-server,ddns,time-zone", NAMES),
    **_rows("dhcpd,dhcprelay,dhcp-client,ipv6 dhcp,ipv6 nd,ipv6 dhcprelay,dhcp,ipv6 neighbor,vpn-addr-assign", LEASES),
    **_rows(
        """
        crypto, tunnel-group, tunnel-group-map, group-policy, group-delimiter, vpdn, vpn-sessiondb, vpnsetup, vpn,
        vpnclient, webvpn, isakmp, anyconnect, l2tp, client-update, no-nat-traversal, e-mail, pop3s, imap4s, smtps,
        port-forward, url-list, customization, csd, sso-server, hostscan, ipsec, vpn-load-balancing,
        attribute, nve
        """,
        TUNNELS,
    ),
    **_rows(
        """
        timeout, class-map, policy-map, service-policy, tcp-map, xlate, sysopt, fragment, ip audit, ip verify,
        set, filter, url-server, url-cache, url-block, regex, conn, floodguard, fixup, priority-queue, dynamic-filter,
        threat, inspect, gtp-map, sip-map, ctl-provider, tls-proxy, phone-proxy, media-termination,
        uc-ime, ctl-file, http-map, mgcp-map, dns-map, sctp-map, service resetoutside, service resetinbound,
        service resetoutbound, service password-recovery, service sw-reset-button, service internal, service telemetry,
        service call-home, quota, shun, object-group-search, access-list alert-interval, access-list deny-flow-max,
        arp-inspection, ngips, snort, dp-tcp-proxy, tcp-inspection, route-lookup, service-interface, conn-data-rate,
        conn-rebalance, map, hpm, tcp-proxy-reset, flow-offload, captive-portal, anyconnect-essentials,
        max-header-size, app-agent, nsf, access-list cached, dynamic-fqdn, multi-tcp
        """,
        SESSIONS,
    ),
    **_rows(
        """
        failover, cluster, redundant, resource, class, limit-resource, mac-address, mode, admin-context, cxsc, ips,
        sfr, hw-module, power, lacp, channel, jumbo-frame, vm, environment-monitor, hardware, port-object-limit,
        monitor, config-register, license, throughput, feature, vpnmode, crypto-accelerator, firepower,
        fips, cluster-member-limit, key-chain-hardware
        """,
        CLUSTER,
    ),
    **_rows(
        "mtu,arp,mac-address-table,mac-learn,vlan,switchport,spanning-tree,port-channel,lldp,cdp,ethertype", SWITCH
    ),
    **_rows(
        """
        prefix-list, ipv6 prefix-list, as-path, community-list, key chain, policy-list, router-id, bfd, bfd-template,
        ip as-path, ip community-list, ip prefix-list, route-map, interface-policy, distribute-list, sla, track,
        extcommunity-list
        """,
        PROTOCOL,
    ),
    **_rows("multicast-routing,pim,igmp,mroute,mld,ipv6 mld", MULTICAST),
    **_rows(
        """
        boot, ftp, ftp-map, tftp-server, gdb, image, file, checkheaps, no-config, license-server, smart-license, call,
        patch, dump, service-module, tls, compression, cd, copy, format, upgrade, perfmon, tftp
        """,
        SYSTEM,
    ),
    **_rows(
        "router ospf,router bgp,router eigrp,router rip,router isis,ipv6 router,router", (Concern.ROUTING, DYNAMIC)
    ),
    **_rows("wccp", (Concern.ROUTING, "what a cache takes out of the way of a packet is not modelled")),
    **_rows("established", (Concern.FILTER, "connections that open others back are not modelled")),
    **_rows("conduit,outbound,apply", (Concern.FILTER, "lists of the PIX before access lists are not modelled")),
    **_rows("alias", (Concern.NAT, "this form of translation is not modelled")),
    **_rows("same-security-traffic", (Concern.FILTER, "this form of the command is not known")),
    **_rows(
        "firewall transparent",
        (
            Concern.FILTER,
            "a transparent firewall forwards between its interfaces without routing, which is not modelled",
        ),
    ),
    **_rows("firewall", CLUSTER),
    **_rows("zone", (Concern.FILTER, "traffic zones, which sessions may move inside of, are not modelled")),
    **_rows("vrf", (Concern.ROUTING, "virtual routers are not modelled")),
    **_rows("inline-set", (Concern.INTERFACE, "an interface that passes frames without routing is not modelled")),
    **_rows("access-group", (Concern.FILTER, "this form of the command is not known")),
    **_rows("nat,static,global", (Concern.NAT, "this form of the command is not known")),
    **_rows("route,ipv6 route,policy-route", (Concern.ROUTING, "this form of the command is not known")),
    **_rows("ip,ipv6", (Concern.INTERFACE, "this command is not known")),
    **_rows("no ip verify,no ip audit", SESSIONS),
}
_LONGEST = max(map(len, _TABLE))
UNKNOWN: Verdict = (Concern.FILTER, "this command is not known")
SWITCHED_OFF = "a setting that is switched off"


def verdict(words: Sequence[str]) -> Verdict:
    """The reason why a command cannot affect forwarding, or what it may change and why that is not in the model."""
    for length in range(min(len(words), _LONGEST), 0, -1):
        found = _TABLE.get(tuple(words[:length]))
        if found is not None:
            return found
    if words[0] in ("no", "default") and len(words) > 1:
        found = verdict(words[1:])
        if isinstance(found, str):
            return SWITCHED_OFF
        return found if found == UNKNOWN else (found[0], TAKEN_BACK)
    return UNKNOWN
