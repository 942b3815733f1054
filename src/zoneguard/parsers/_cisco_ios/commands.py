"""Commands of IOS that cannot change what is forwarded, each with the reason. What is in no table is not understood."""

from __future__ import annotations

from zoneguard.parsers._cisco.lines import Line
from zoneguard.parsers._cisco.reasons import (
    DEFINED_ONLY,
    FOR_ROUTING,
    LAYER_TWO,
    MANAGEMENT,
    MULTICAST,
    OPTIMISATION,
    OWN_PACKETS,
    QUALITY,
    TAKES_AWAY,
    TUNNEL,
    VOICE,
    by_word,
    why,
)

_GLOBAL = by_word(
    (
        MANAGEMENT,
        "version service boot boot-start-marker boot-end-marker logging enable aaa username clock snmp-server ntp sntp "
        "alias archive tacacs-server radius-server tacacs radius license memory memory-size redundancy diagnostic "
        "hw-module card scheduler exception process privilege parser kron event file macro menu key password security "
        "login system setup rmon rtr end exit call-home netconf-yang netconf restconf telemetry transceiver platform "
        "subscriber mmi warm-reboot config-register prompt cns tftp-server monitor banner terminal guestshell "
        "app-hosting service-template pnp power network-clock-participate network-clock-select network-clock spd "
        "multilink sampler bfd bfd-template flow controller virtual-service facility-alarm default ftp-server wsma",
    ),
    (
        LAYER_TWO,
        "spanning-tree vtp vlan errdisable udld lldp cdp port-channel lacp mac mac-address-table switch dot1x "
        "authentication dot11 wlccp ap wireless stack-power stack-mac bridge-domain ethernet bridge",
    ),
    (QUALITY, "mls qos queue-list priority-list table-map auto srr-queue"),
    (VOICE, "voice voice-port dial-peer telephony-service sccp ccm-manager gateway sip-ua dspfarm ephone"),
    (DEFINED_ONLY, "dialer dialer-list bba-group vpdn vpdn-group template chat-script"),
    (OWN_PACKETS, "control-plane"),
    (FOR_ROUTING, "mpls"),
)
_GLOBAL_IP = by_word(
    (
        MANAGEMENT,
        "domain domain-name domain-lookup domain-list name-server host ssh tftp ftp scp rcmd finger bootp identd "
        "radius tacacs sla telnet accounting accounting-threshold accounting-list accounting-transits flow-export "
        "flow-cache flow flow-top-talkers device-tracking",
    ),
    (FOR_ROUTING, "as-path community-list extcommunity-list bgp-community prefix-list ospf rip eigrp"),
    (MULTICAST, "multicast multicast-routing pim igmp mroute msdp mfib"),
    (
        OWN_PACKETS,
        "icmp tcp options gratuitous-arps source-route local dhcp forward-protocol arp rtcp rsvp spd",
    ),
    (OPTIMISATION, "cef classless subnet-zero cache virtual-reassembly fragment load-sharing"),
    (TAKES_AWAY, "verify source urlfilter nbar ips"),
)
_GLOBAL_IPV6 = by_word(
    (
        OWN_PACKETS,
        "icmp hop-limit neighbor dhcp nd host source-route local domain name-server spd general-prefix cef flow mfib",
    ),
    (FOR_ROUTING, "prefix-list ospf rip"),
    (MULTICAST, "multicast multicast-routing pim mld"),
    (TAKES_AWAY, "source-guard snooping"),
)
_CRYPTO = by_word(
    (
        DEFINED_ONLY,
        "pki key ca isakmp ipsec keyring ikev2 engine provisioning logging call dynamic-map gdoi gkm identity mib",
    )
)
_INTERFACE = by_word(
    (
        LAYER_TWO,
        "speed duplex half-duplex full-duplex media-type negotiation mtu bandwidth delay load-interval keepalive "
        "carrier-delay hold-queue spanning-tree storm-control cdp lldp udld channel-group channel-protocol lacp pagp "
        "port-channel mac-address mac mdix power link macsec mka authentication dot1x mab snmp flowcontrol errdisable "
        "vtp dot1q ethernet clock clockrate framing cablelength atm pvc dialer dialer-group ppp pppoe pppoe-client "
        "isdn physical-layer async line encryption ssid rts channel station-role broadcast-key antenna world-mode "
        "bridge-group frame-relay x25 serial cable dsl logging load-balancing access-session device-tracking arp "
        "backup tx-ring-limit max-reserved-bandwidth service-module dsu down-when-looped "
        "bundle-enable cts ntp exit protocol vbr-nrt ubr "
        "oam-pvc peer bfd carrier lan-name nmsp auto ospfv3 isis clns",
    ),
    (
        QUALITY,
        "service-policy rate-limit traffic-shape priority-group custom-queue-list fair-queue random-detect mls "
        "srr-queue wrr-queue priority-queue trust qos",
    ),
    (TUNNEL, "tunnel"),
    (VOICE, "voice"),
)
_INTERFACE_IP = by_word(
    (
        OWN_PACKETS,
        "redirects unreachables proxy-arp local-proxy-arp mask-reply mtu tcp directed-broadcast helper-address dhcp "
        "domain dns icmp gratuitous-arps broadcast-address arp",
    ),
    (
        OPTIMISATION,
        "route-cache cef load-sharing virtual-reassembly virtual-reassembly-out accounting flow nbar rtp rsvp",
    ),
    (
        FOR_ROUTING,
        "ospf eigrp isis rip bgp router hello-interval hold-time split-horizon summary-address bandwidth-percent "
        "authentication next-hop-self",
    ),
    (MULTICAST, "pim igmp multicast mroute mfib cgmp"),
    (TAKES_AWAY, "verify source ips device"),
    (TUNNEL, "nhrp"),
)
_INTERFACE_IPV6 = by_word(
    (OWN_PACKETS, "enable nd mtu redirects unreachables dhcp tcp mode"),
    (OPTIMISATION, "flow cef mfib virtual-reassembly"),
    (
        FOR_ROUTING,
        "ospf eigrp rip router hello-interval hold-time split-horizon bandwidth-percent",
    ),
    (MULTICAST, "mld pim multicast"),
    (TAKES_AWAY, "verify source-guard snooping"),
    (TUNNEL, "nhrp"),
)


def harmless(line: Line) -> str:
    """Why a global command does not matter; ``""`` where that is not known."""
    words = line.words[1:] if line.word(0) == "no" else line.words
    return why(words, {"ip": _GLOBAL_IP, "ipv6": _GLOBAL_IPV6, "crypto": _CRYPTO}, _GLOBAL)


def harmless_on_interface(line: Line) -> str:
    """Why a command of an interface does not matter; ``""`` where that is not known."""
    return why(line.words, {"ip": _INTERFACE_IP, "ipv6": _INTERFACE_IPV6}, _INTERFACE)
