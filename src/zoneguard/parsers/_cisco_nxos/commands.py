"""Commands of NX-OS that cannot change what is forwarded, with the reason. What is in no table is not understood."""

from __future__ import annotations

from zoneguard.parsers._cisco.lines import Line
from zoneguard.parsers._cisco.reasons import (
    FOR_ROUTING,
    LAYER_TWO,
    MANAGEMENT,
    MULTICAST,
    OPTIMISATION,
    OWN_PACKETS,
    QUALITY,
    TAKES_AWAY,
    TUNNEL,
    by_word,
    why,
)

_GLOBAL = by_word(
    (
        MANAGEMENT,
        "power install vdc feature-set feature cfs logging username clock tacacs-server radius-server aaa snmp-server "
        "rmon ntp monitor boot flow role password banner callhome event scheduler cli alias license key end exit "
        "errdisable fips xml nxapi telemetry sflow checkpoint ssh telnet hardware poap diagnostic "
        "module slot environment terminal exec-timeout limit-resource session crypto nsdb guestshell grpc "
        "track ldap-server",
    ),
    (
        LAYER_TWO,
        "vlan vtp fex spanning-tree vpc lacp lldp cdp udld mac bfd port-channel fabricpath vxlan fcoe vsan",
    ),
    (QUALITY, "qos class-map policy-map table-map"),
    (FOR_ROUTING, "key-chain"),
    (OWN_PACKETS, "control-plane"),
)
_GLOBAL_IP = by_word(
    (
        MANAGEMENT,
        "domain-lookup domain-name domain-list name-server host ssh telnet ftp tftp http tacacs radius tcp domain",
    ),
    (FOR_ROUTING, "prefix-list as-path community-list extcommunity-list"),
    (MULTICAST, "pim igmp multicast mroute msdp"),
    (OWN_PACKETS, "source-route dhcp arp adjacency icmp icmp-errors gratuitous-arps sla"),
    (OPTIMISATION, "load-sharing"),
    (TAKES_AWAY, "verify"),
)
_GLOBAL_IPV6 = by_word(
    (OWN_PACKETS, "nd dhcp adjacency icmp host"), (FOR_ROUTING, "prefix-list"), (MULTICAST, "pim mld multicast")
)
_SYSTEM = "how ports are by default; a routed port has an address"
_INTERFACE = by_word(
    (
        LAYER_TWO,
        "spanning-tree mtu speed duplex channel-group vpc fex bandwidth delay load-interval mac-address mac "
        "lacp storm-control flowcontrol cdp lldp udld logging negotiate medium media-type beacon carrier-delay "
        "link priority-flow-control lan bfd fec rate-mode snmp port-type cts macsec fabric power "
        "dot1q exit arp",
    ),
    (QUALITY, "service-policy rate-limit queue-limit untagged priority"),
    (TUNNEL, "tunnel source-interface member host-reachability"),
)
_INTERFACE_IP = by_word(
    (OWN_PACKETS, "redirects unreachables proxy-arp local-proxy-arp directed-broadcast dhcp arp tcp port-unreachable"),
    (
        FOR_ROUTING,
        "ospf eigrp rip summary-address hello-interval hold-time authentication bfd delay bandwidth ",
    ),
    (MULTICAST, "pim igmp multicast mroute"),
    (OPTIMISATION, "flow load-sharing"),
    (TAKES_AWAY, "verify"),
)
_INTERFACE_IPV6 = by_word(
    (OWN_PACKETS, "nd redirects unreachables dhcp link-local icmp"),
    (FOR_ROUTING, "ospf eigrp ospfv3"),
    (MULTICAST, "pim mld"),
    (TAKES_AWAY, "verify"),
)


def harmless(line: Line) -> str:
    """Why a global command does not matter; ``""`` where that is not known."""
    words = line.words[1:] if line.word(0) == "no" else line.words
    if words[:1] == ("system",):
        return _SYSTEM if words[1:2] == ("default",) else MANAGEMENT
    return why(words, {"ip": _GLOBAL_IP, "ipv6": _GLOBAL_IPV6}, _GLOBAL)


def harmless_on_interface(line: Line) -> str:
    """Why a command of an interface does not matter; ``""`` where that is not known."""
    return why(line.words, {"ip": _INTERFACE_IP, "ipv6": _INTERFACE_IPV6}, _INTERFACE)
