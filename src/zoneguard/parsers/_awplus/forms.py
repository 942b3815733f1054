"""The whole forms of commands of AlliedWare Plus that are read into the model (see ``_forms``).

After Allied Telesis, "Command Reference for AlliedWare Plus". Entries of lists, rules and entities are not here: their
readers take word after word themselves.
"""

from __future__ import annotations

from zoneguard.model.device import Concern
from zoneguard.parsers._forms import Forms

FORMS = Forms(
    (
        "interface",
        Concern.INTERFACE,
        """
        ip address (<prefix>|<ip> <ip>) {secondary|label <text>}
        ip address negotiated
        ipv6 traffic-filter <name>
        ip vrf forwarding <name>
        access-group <name>
        switchport mode (access|trunk) [ingress-filter (enable|disable)]
        switchport access vlan <1-4094>
        switchport trunk allowed vlan (all|none|(add|remove|except) <name>)
        switchport trunk native vlan (none|<1-4094>)
        static-channel-group <number> [member-filters]
        shutdown
        """,
    ),
    (
        "",
        Concern.FILTER,
        """
        access-list hardware <name>
        firewall
        nat
        ip vrf <name> [<number>]
        vlan access-map <name>
        policy-based-routing
        """,
    ),
    (
        "",
        Concern.ROUTING,
        "ip route [vrf <name>] (<prefix>|<ip> <ip>) (<ip> [<port>]|<port>) [<1-255>] [description <text>]",
    ),
    (
        "",
        Concern.OTHER,
        """
        service (ssh|telnet|http) [ip|ipv6]
        no service (ssh|telnet|http) [ip|ipv6]
        ntp server <name> {prefer|version <1-4>|key <number>|vrf <name>|iburst}
        log host <name> {level <name>|facility <name>|program <name>|exclude <text>|msgtext <text>|secure|vrf <name>}
        username <name> {privilege <1-15>|password [8] <name>|service <name>}
        """,
    ),
)
