"""The whole forms of commands of IOS, IOS-XE and NX-OS that are read into the model (see ``_forms``).

After Cisco, "IOS Master Command List" and the command references of the IOS and NX-OS configuration guides.
Entries of access lists, members of groups and routes are not here: their readers take word after word themselves.
"""

from __future__ import annotations

from zoneguard.model.device import Concern
from zoneguard.parsers._forms import Forms

_PORT = """
    shutdown [force]
    no shutdown [force]
    ip access-group <name> (in|out)
    ip port access-group <name> (in|out)
    ipv6 traffic-filter <name> (in|out)
    ipv6 port traffic-filter <name> (in|out)
    ip policy route-map <name>
    ipv6 policy route-map <name>
    ip vrf forwarding <name>
    vrf forwarding <name>
    vrf member <name>
    encapsulation dot1q <1-4094> [native|second-dot1q <words>]
    switchport access vlan <1-4094>
    switchport access (dynamic|vlan dynamic|vlan name <name>)
    switchport trunk allowed vlan [add|remove|except] <words>
    switchport trunk (native|encapsulation|group|ethertype|dot1q|pruning) <text>
    no switchport
    standby [<0-4095>] ip <ip> [secondary]
    glbp <0-1023> ip <ip> [secondary]
    vrrp <1-255> ip <ip> [secondary]
"""
_MANAGEMENT = """
    hostname <name>
    switchname <name>
    logging host <name> {vrf <name>|use-vrf <name>|transport <text>|port <number>|facility <name>|<0-7>|\
            sequence-num-session|session-id <words>|discriminator <name>|xml|filtered <words>|secure <text>}
    logging server <name> {vrf <name>|use-vrf <name>|transport <text>|port <number>|facility <name>|<0-7>|\
            sequence-num-session|session-id <words>|discriminator <name>|xml|filtered <words>|secure <text>}
    ntp server {vrf <name>} <name> {prefer|key <number>|use-vrf <name>|version <1-4>|source <name>|minpoll <4-17>|\
            maxpoll <4-17>|maxpoll|minpoll|burst|iburst|normal-sync}
    ntp peer {vrf <name>} <name> {prefer|key <number>|use-vrf <name>|version <1-4>|source <name>|minpoll <4-17>|\
            maxpoll <4-17>|maxpoll|minpoll|burst|iburst|normal-sync}
    snmp-server community <name> {ro|rw|view <name>|ipv6 <name>|group <name>|<name>}
    username <name> {privilege <0-15>|role <name>|password [<0-9>] <name>|secret [<0-9>] <name>|nopassword|\
            view <name>|autocommand <text>|one-time|algorithm-type <name>|expire <name>|priv-lvl <0-15>|\
            access-class <name>}
    enable secret [level <1-15>] [<0-9>] <name>
    enable password [level <1-15>] [<0-9>] <name>
    version <name> [bios:version [<name>]]
    snmp-server user <name> <name> {v1|v2c|v3|remote <name>|auth <name> <name>|priv [aes|des|3des|aes-128] [128|\
            192|256] <name>|encrypted|localizedkey|localizedv2key|engineid <name>|access <name>|use-ipv4acl <name>|\
            use-ipv6acl <name>}
"""
_MAPS = """
    route-map <name> [permit|deny] [<0-65535>] [pbr-statistics|ordering-seq <name>]
    vlan access-map <name> [<0-65535>]
"""
_ACCESS_MAP = """
    match ip address <words>
    match ipv6 address <words>
    match mac address <words>
    action (forward [capture|local]|drop [log]|redirect <words>)
"""
_CLAUSE = """
    match ip address {<name>}
    match ipv6 address {<name>}
    set interface <words>
    set default interface <words>
    set ip next-hop {<ip>|load-share|force-order|drop-on-fail}
    set ip default next-hop {<ip>}
    set ip next-hop recursive [global|vrf <name>] <ip>
    set ip next-hop verify-availability [<ip> <number> track <number>]
    set ipv6 next-hop recursive <name>
    set ipv6 next-hop verify-availability [<name> <number> track <number>]
"""
_TERMINAL = """
    access-class <name> in [vrf-also|vrfname <name>]
    ipv6 access-class <name> in [vrf-also]
    transport input {all|none|ssh|telnet|rlogin|lat|mop|nasi|pad|udptn|v120|acercon|lapb-ta|onep|sip}
    exec-timeout <0-35791> [<0-2147483>]
"""

IOS = Forms(
    ("interface", Concern.FILTER, _PORT),
    (
        "interface",
        Concern.INTERFACE,
        """
        ip address <ip> <ip> [secondary [vrf <name> match]]
        ip address <prefix> [secondary]
        ipv6 address <name> [eui-64|anycast|cga]
        switchport mode (access|trunk|dynamic (auto|desirable)|dot1q-tunnel|private-vlan (host|promiscuous|\
            trunk <text>))
        zone-member security <name>
        ip nat (inside|outside)
        ip inspect <name> (in|out)
        ip unnumbered <words>
        ip ospf <number> area <name> [secondaries none]
        ipv6 ospf <number> area <name> [instance <0-255>]
        ip router isis [<name>]
        """,
    ),
    ("", Concern.OTHER, _MANAGEMENT),
    ("", Concern.ROUTING, _MAPS),
    (
        "",
        Concern.FILTER,
        """
        end
        interface (range <words>|<name> [<unit>] [point-to-point|multipoint|l2transport|type <name>])
        ip access-list (standard|extended) <name>
        ipv6 access-list [standard|extended] <name>
        object-group (network|v6-network|service|ip port) <name>
        vrf definition <name>
        ip vrf <name>
        ipv6 unicast-routing
        class-map type inspect [match-any|match-all] <name>
        policy-map type inspect <name>
        ip routing [protocol purge interface]
        no ip routing
        ip http (server|secure-server)
        no ip http (server|secure-server)
        ip http access-class [ipv4|ipv6] <name>
        zone (security <name>)
        zone-pair security <name> source <name> destination <name>
        ip nat pool <name> [<ip> <ip>] (netmask <ip>|prefix-length <1-32>) {type (rotary|match-host)|add-route|\
            arp-ping|accounting <name>}
        line (console|con|aux|vty|tty|<unit>) {<unit>}
        arp [vrf <name>] <ip> <name> <name> [<name>] [<name>]
        """,
    ),
    ("line", Concern.FILTER, _TERMINAL),
    ("route-map", Concern.ROUTING, _CLAUSE),
    ("vlan", Concern.FILTER, _ACCESS_MAP),
    ("object-group", Concern.FILTER, "group-object <name>"),
    ("policy-map", Concern.FILTER, "class [type inspect] <name>"),
    (
        "class",
        Concern.FILTER,
        """
        inspect [<name>]
        pass [log]
        drop [log]
        """,
    ),
    (
        "class-map",
        Concern.FILTER,
        """
        match access-group (name <name>|<1-2699>)
        match protocol <name> [signature]
        match class-map <name>
        """,
    ),
)

NXOS = Forms(
    ("interface", Concern.FILTER, _PORT),
    (
        "interface",
        Concern.INTERFACE,
        """
        ip address <prefix> {secondary|tag <number>|route-preference <1-255>}
        ip address <ip> <ip> {secondary|tag <number>|route-preference <1-255>}
        ipv6 address <prefix> {eui64|anycast|tag <number>|use-bia}
        switchport mode (access|trunk|dot1q-tunnel|fex-fabric|monitor|private-vlan <words>)
        ip router (ospf|ospfv3|eigrp|isis|rip) <name> [area <name> [secondaries none]|multi-area <name>]
        ipv6 router (ospfv3|eigrp|isis|rip) <name> [area <name> [secondaries none]]
        ip unnumbered <words>
        inherit port-profile <name>
        """,
    ),
    (
        "hsrp|vrrp|vrrpv3",
        Concern.INTERFACE,
        """
        ip <ip> [secondary]
        address <name> [primary|secondary]
        """,
    ),
    ("", Concern.OTHER, _MANAGEMENT),
    ("", Concern.ROUTING, _MAPS),
    (
        "",
        Concern.FILTER,
        """
        interface <name> [<unit>] [point-to-point|multipoint]
        ip access-list <name>
        ipv6 access-list <name>
        object-group (ip|ipv6) (address|port) <name>
        vrf context <name>
        port-profile [type <name>] <name>
        vlan filter <name> vlan-list <words>
        line (console|vty|com1)
        feature (ssh|telnet|nxapi)
        no feature (ssh|telnet|nxapi)
        """,
    ),
    ("line", Concern.FILTER, _TERMINAL),
    ("route-map", Concern.ROUTING, _CLAUSE),
    ("vlan", Concern.FILTER, _ACCESS_MAP),
    ("object-group", Concern.FILTER, "group-object <name>"),
)
