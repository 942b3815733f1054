"""Commands that no reader takes: those that cannot affect forwarding, with the reason, and those that can.

After the lists of commands of the vendor's command references for switches (x and IE series) and routers (AR series).
"""

from __future__ import annotations

from zoneguard.model.device import Concern
from zoneguard.parsers._indented.verdicts import Verdicts, rows
from zoneguard.parsers.assembly import learned

ACCESS = "access to the device itself and its console"
LOGS = "logs, statistics and notices"
NAMES = "names and time"
LEASES = "leasing of addresses to clients"
LINK = "how ports, lines and tunnels are set up and supervised"
QUEUES = "order, marks and bandwidth of packets, not whether they pass"
CONTENT = "inspects what was let through: can only withhold, never open"
PROTOCOL = "detail of a routing protocol; whether it runs is said elsewhere"
MULTICAST = "multicast groups; multicast is not in the model"
FABRIC = "stacking, rings, spanning tree and central management"
UNKNOWN = "this command is not known"

_TOP = {
    **rows(
        """
        service, no service, username, enable, line, aaa, no aaa, radius, radius-server, tacacs-server, ssh, no ssh,
        telnet, no telnet, http, crypto, snmp-server, no snmp-server, security-password, banner, no banner, autoboot,
        no autoboot, boot, license, no license, exec-timeout, privilege, login, auth, auth-mac, auth-web,
        auth-web-server, auth-proxy, dot1x, wireless, no openflow, no ip http, ip http, ip ssh, ip radius, ip tacacs,
        ip sftp, gui-timeout, ldap-server, pki, secure-mode, alias, terminal, maximum-access-list, feature
        """,
        ACCESS,
    ),
    **rows("log, no log, logging, debug, no debug, exception, sflow, rmon, mail, test, connection-log, findme", LOGS),
    **rows(
        """
        hostname, clock, ntp, no ntp, ip domain-name, ip domain-lookup, no ip domain-lookup, ip name-server,
        ip domain-list, ip dns, no ip dns, ip host, ipv6 host, ddns, ip ddns, ddns-update-method, system, location,
        contact, ptp
        """,
        NAMES,
    ),
    **rows("ip dhcp, no ip dhcp, ip dhcp-server, ip dhcp-relay, ip dhcp-client, ipv6 dhcp, ipv6 local pool", LEASES),
    **rows(
        """
        vlan, no vlan, speed, duplex, polarity, mdix, no mdix, flowcontrol, no flowcontrol, backpressure, mtu, jumbo,
        mru, ecofriendly, no ecofriendly, power-inline, no power-inline, fiber-monitoring, linkflap, loop-protection,
        no loop-protection, storm-control, no storm-control, thrash-limiting, no thrash-limiting, lacp, lldp, no lldp,
        udld, ip mtu, ipv6 mtu, ip tcp, ipv6 tcp, ppp, peer, keepalive, encapsulation, pppoe-client, l2tp,
        l2tp-profile, ppp-profile, tunnel, cellular, ip proxy-arp, no ip proxy-arp, ip local-proxy-arp,
        ip limited-local-proxy-arp, local-proxy-arp, arp-aging-timeout, arp-mac-disparity, arp security, arp-security,
        arp-reply-bc-dmac, arp log, ip gratuitous-arp-link, ip directed-broadcast, no ip directed-broadcast,
        ip redirects, no ip redirects, ip unreachables, no ip unreachables, ip irdp, ipv6 nd, ipv6 enable, mac,
        mac-learning, platform, mirror, remote-mirror, port-vlan-forwarding-priority, dhcp-snooping, ip source binding,
        ip verify, provision, switch, no switch, hardware-profile, sensor, usb, fan, temperature, ip tftp,
        ip forward-protocol, ip helper-address, ipv6 forward-protocol, egress-rate-limit, ping-poll, ip nhrp
        """,
        LINK,
    ),
    **rows(
        "stack, no stack, atmf, no atmf, spanning-tree, no spanning-tree, epsr, g8032, ethernet cfm, ethernet oam, mrp",
        FABRIC,
    ),
    **rows(
        """
        mls, no mls, qos, class-map, policy-map, priority-queue, wrr-queue, egress-queue, traffic-control,
        traffic-shaping
        """,
        QUEUES,
    ),
    **rows(
        """
        ips, no ips, advanced-ips, ip-reputation, malware-protection, antivirus, web-control, url-filter, dos,
        iot-signature, ssl-inspection, fast-path, no fast-path
        """,
        CONTENT,
    ),
    **rows(
        """
        ip ospf, ip rip, ipv6 ospf, ipv6 rip, ip prefix-list, ipv6 prefix-list, ip as-path, ip community-list,
        ip extcommunity-list, route-map, key chain, maximum-paths, bfd, ip forwarding, ipv6 forwarding
        """,
        PROTOCOL,
    ),
    **rows(
        """
        ip igmp, no ip igmp, ip pim, ip multicast, ip multicast-routing, no ip multicast-routing, ip mroute, ipv6 mld,
        no ipv6 mld, ipv6 pim, ipv6 multicast-routing
        """,
        MULTICAST,
    ),
    **rows("router ospf, router ipv6 ospf", (Concern.ROUTING, learned("OSPF"))),
    **rows("router rip, router ipv6 rip", (Concern.ROUTING, learned("RIP"))),
    **rows("no ip forwarding, no ipv6 forwarding", (Concern.ROUTING, "forwarding switched off is not modelled")),
    **rows("bridge", (Concern.INTERFACE, "what a bridge passes between its members is not routed")),
    **rows("acl-group", (Concern.FILTER, "groups of addresses or ports are not modelled")),
    **rows("private-vlan", (Concern.FILTER, "private VLANs are not modelled")),
    **rows("openflow", (Concern.FILTER, "what an OpenFlow controller decides is not in the configuration")),
    **rows("trigger, script", (Concern.FILTER, "a script may change the configuration")),
    **rows("ip, ipv6, arp", (Concern.ROUTING, UNKNOWN)),
}
TOP = Verdicts(_TOP, (Concern.FILTER, UNKNOWN))

_INTERFACE = {
    **_TOP,
    **rows(
        """
        switchport, no switchport ingress-filter, ip unnumbered, authentication, dialer, timeout, username, description,
        medium, group-size, accept-mode, critical-ip, transition-mode, preempt-mode, advertisement-interval,
        circuit-failover, priority, enable, disable, linkup, lacp, ip dhcp, ipv6 dhcp, ipsec, debounce, load-balancing
        """,
        LINK,
    ),
    **rows(
        "switchport vlan translation, switchport vlan-stacking, switchport mode vlan-stacking",
        (Concern.INTERFACE, "translation of VLANs is not modelled"),
    ),
    **rows("switchport mode private-vlan, switchport private-vlan", (Concern.FILTER, "private VLANs are not modelled")),
    **rows(
        "service-policy",
        (Concern.FILTER, "a QoS policy may drop packets or lead them elsewhere; it is not modelled"),
    ),
    **rows("ip, ipv6", (Concern.INTERFACE, UNKNOWN)),
}
INTERFACE = Verdicts(_INTERFACE, (Concern.INTERFACE, UNKNOWN))
