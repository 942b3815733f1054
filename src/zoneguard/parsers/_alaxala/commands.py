"""Commands that no reader takes: those that cannot affect forwarding, with the reason, and those that can.

After the lists of commands of the configuration command references of AX2500S to AX8600S.
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
PROTOCOL = "detail of a routing protocol; whether it runs is said elsewhere"
MULTICAST = "multicast groups; multicast is not in the model"
FABRIC = "stacking, rings, spanning tree and central management"
LOGIN = "authentication of terminals: can only withhold, never open"
MODES = "which kinds of access lists the hardware takes"
UNKNOWN = "this command is not known"

_TOP = {
    **rows(
        """
        line, username, enable, aaa, radius-server, tacacs-server, ssh, ip ssh, ftp-server, transport, speed, banner,
        ip access-class, http-server, web-server, snmp-server, end-user, commands, parser, save, oan, netconf,
        system l2-table, power, ssh-server, rsh
        """,
        ACCESS,
    ),
    **rows("logging, rmon, sflow, monitor, access-log, mail, log, track-object, trap", LOGS),
    **rows(
        "hostname, clock, ntp, ip host, ipv6 host, ip name-server, ip domain, ip domain-name, ip domain-list, location",
        NAMES,
    ),
    **rows("ip dhcp, service dhcp, ipv6 dhcp, dhcp", LEASES),
    **rows(
        """
        no vlan, vlan-up-message, vlan-dot1q-ethertype, vlan-protocol, vlan-mac, vlan-mac-prefix, name, system,
        swrt_table_resource, swrt_multicast_table, limit-queue-length, lldp, cdp, oadp,
        udld, loop-detection, storm-control, efmoam, ethernet, switchport, media-type, duplex, mdix, mtu,
        flowcontrol, link, bandwidth, mac-address-table, mac-address, no mac-address-table, l2protocol-tunnel, state,
        port-channel, channel-group, arp, ip arp, ip mtu, ip redirects, no ip redirects, ip proxy-arp,
        ip local-proxy-arp, protocol, up-debounce, inter-frame-gap, max-interfaces,
        ip subnet-broadcast, no ip subnet-broadcast, ip icmp, ipv6 icmp, ipv6 nd, ipv6 enable, ipv6 redirects,
        ip source-route, no ip source-route, ip helper-address, ip relay-agent-address, ipv6 relay, ip verify, hardware,
        schedule-power-control, temperature, fan, environment, fwdm, redundancy, keepalive, tunnel, interface async,
        tracking, track, bfd, ip tcp, ipv6 tcp, ip host-route, ip address-conflict
        """,
        LINK,
    ),
    **rows(
        """
        spanning-tree, no spanning-tree, axrp, axrp-ring-port, switch, stack, gsrp, gsrp-vlan, mode, uplink,
        switchport-backup, switchport backup, ethernet cfm, flush-request, snooping, vrrp-vlan
        """,
        FABRIC,
    ),
    **rows(
        """
        qos, ip qos-flow-list, ipv6 qos-flow-list, mac qos-flow-list, ip qos-flow-group, ipv6 qos-flow-group,
        mac qos-flow-group, qos-queue-list, qos-queue-group, traffic-shape, control-packet
        """,
        QUEUES,
    ),
    **rows("flow detection, flow-detection, filter, flow filter", MODES),
    **rows("dot1x, authentication, web-authentication, mac-authentication, fense, op-auth", LOGIN),
    **rows(
        """
        ip ospf, ipv6 ospf, ip rip, ipv6 rip, distribute-list, redistribute, ip as-path, ip community-list, isis,
        maximum-paths, ip multipath, disable
        """,
        PROTOCOL,
    ),
    **rows("ip pim, ip igmp, ip multicast-routing, ipv6 multicast-routing, ipv6 pim, ipv6 mld", MULTICAST),
    **rows("router ospf, ipv6 router ospf", (Concern.ROUTING, learned("OSPF"))),
    **rows("router rip, ipv6 router rip", (Concern.ROUTING, learned("RIP"))),
    **rows("router bgp", (Concern.ROUTING, learned("BGP"))),
    **rows("router isis", (Concern.ROUTING, learned("IS-IS"))),
    **rows("router vrrp", LINK),
    **rows("no ip routing, no ipv6 routing", (Concern.ROUTING, "forwarding switched off is not modelled")),
    **rows("advance access-list", (Concern.FILTER, "advance access lists are not modelled")),
    **rows("private-vlan", (Concern.FILTER, "private VLANs are not modelled")),
    **rows("policy-switch-list", (Concern.FILTER, "policy-based switching is not modelled")),
    **rows("openflow", (Concern.FILTER, "what an OpenFlow controller decides is not in the configuration")),
    **rows("ip nat, nat", (Concern.NAT, UNKNOWN)),
    **rows("ip, ipv6", (Concern.ROUTING, UNKNOWN)),
}
TOP = Verdicts(_TOP, (Concern.FILTER, UNKNOWN))

_INTERFACE = {
    **_TOP,
    **rows(
        "switchport vlan mapping, switchport isolation", (Concern.INTERFACE, "translation of VLANs is not modelled")
    ),
    **rows("switchport private-vlan", (Concern.FILTER, "private VLANs are not modelled")),
    **rows("advance access-group", (Concern.FILTER, "advance access lists are not modelled")),
    **rows("ip policy, ip unnumbered", (Concern.ROUTING, UNKNOWN)),
    **rows("ip, ipv6", (Concern.INTERFACE, UNKNOWN)),
}
INTERFACE = Verdicts(_INTERFACE, (Concern.INTERFACE, UNKNOWN))
