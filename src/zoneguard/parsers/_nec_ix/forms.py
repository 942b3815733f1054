"""The whole forms of commands of a UNIVERGE IX that are read into the model (see ``_forms``).

After NEC, "UNIVERGE IXシリーズ コマンドリファレンスマニュアル" as far as the vendor's examples and what
``show running-config`` prints show it. Access lists, static routes, translations and steps of route maps are not here:
their readers take word after word themselves.
"""

from __future__ import annotations

from zoneguard.model.device import Concern
from zoneguard.parsers._forms import Forms

FORMS = Forms(
    (
        "interface",
        Concern.INTERFACE,
        """
        ip address <prefix> [secondary]
        ip address dhcp [receive-default]
        ip address (ipcp|map-e)
        ipv6 address <prefix> [eui-64|anycast|secondary]
        no ip address
        no ipv6 address
        ppp binding <name>
        shutdown
        no shutdown
        ip vrf forwarding <name>
        vrf forwarding <name>
        encapsulation dot1q <1-4094> [tpid (8100|88a8|9100|9200)]
        bridge-group <1-255>
        """,
    ),
    (
        "interface",
        Concern.FILTER,
        """
        ip filter <name> <1-65535> (in|out) [suppress-logging]
        ipv6 filter <name> <1-65535> (in|out) [suppress-logging]
        """,
    ),
    (
        "interface",
        Concern.NAT,
        """
        ip nat enable
        ip nat pool <name> <ip> [<ip>]
        ip nat dynamic list <name> pool <name>
        ip napt enable
        ip napt address <ip>
        ip napt inside list <name>
        """,
    ),
    ("interface", Concern.ROUTING, "ip policy route-map <name>\n ipv6 policy route-map <name>"),
    ("", Concern.ROUTING, "route-map <name> (permit|deny) <0-65535>"),
    ("", Concern.INTERFACE, "interface (<port>|Null0.0)"),
    (
        "",
        Concern.OTHER,
        """
        username <name> password (plain|hash|secret) <name> [administrator|monitor|operator|read-only]
        username <name> password plain <0-1> <name> [administrator|monitor|operator|read-only]
        syslog ip enable
        syslog ipv6 enable
        syslog ip host <name> [port <1-65535>]
        syslog ipv6 host <name> [port <1-65535>]
        ntp ip enable
        ntp ipv6 enable
        ntp server <name> {priority <number>|version <1-4>|source <name>|prefer}
        sntp server <name> {priority <number>|version <1-4>|source <name>}
        snmp-agent ip enable
        snmp-agent ipv6 enable
        snmp-agent ip community <name> [<name>] [read-only|read-write|ro|rw]
        snmp-agent ip community <name> (read-only|read-write|ro|rw) [<name>]
        ssh-server ip enable
        ssh-server ip access-list <name>
        telnet-server ip enable
        telnet-server ip access-list <name>
        http-server ip enable
        http-server ip access-list <name>
        """,
    ),
)
