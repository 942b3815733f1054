"""The whole forms of commands of ALAXALA AX that are read into the model (see ``_forms``).

After ALAXALA Networks, "AX3660S コンフィグレーションコマンドレファレンス". Entries of lists and routes are not
here: their readers take word after word themselves.
"""

from __future__ import annotations

from zoneguard.model.device import Concern
from zoneguard.parsers._forms import Forms

FORMS = Forms(
    (
        "interface",
        Concern.INTERFACE,
        """
        ip address <ip> <ip> [secondary]
        vrf forwarding <name>
        switchport access vlan <1-4094>
        switchport mode (access|trunk|protocol-vlan|mac-vlan|dot1q-tunnel|stack)
        switchport trunk allowed vlan [add|remove] <name>
        switchport trunk native vlan <1-4094>
        ip access-group <name> <name> [layer2-forwarding|layer3-forwarding]
        mac access-group <name> <name>
        shutdown
        """,
    ),
    (
        "",
        Concern.FILTER,
        """
        interface range <words>
        interface <name> <name>
        ip access-list (standard|extended) <name>
        ipv6 access-list <name>
        mac access-list extended <name>
        vrf definition <name>
        """,
    ),
    ("", Concern.ROUTING, "route-map <name> [permit|deny] [<0-65535>]"),
    (
        "",
        Concern.OTHER,
        """
        ntp client server <name> {vrf <name>|version <number>|key <number>|prefer}
        """,
    ),
)
