"""The whole forms of commands of ASA and FTD that are read into the model (see ``_forms``).

After Cisco, "ASA Series Command Reference". Entries of lists, translations, services and routes are not here: their
readers take word after word themselves.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from zoneguard.model.device import Concern
from zoneguard.parsers._cisco_asa.lines import Command
from zoneguard.parsers._forms import Asked, Forms


def each(commands: Iterable[Command], block: str = "") -> Iterator[Asked]:
    """Every command, with those inside it."""
    for command in commands:
        yield block, command.line, command.words
        if command.inner:
            yield from each(command.inner, command.words[0])


FORMS = Forms(
    (
        "interface",
        Concern.INTERFACE,
        """
        nameif <name>
        security-level <0-100>
        ip address <name> [<ip>] {standby <name>|cluster-pool <name>}
        ip address (dhcp|pppoe) [setroute]
        ipv6 address <name> [<name>] {link-local|eui-64|standby <name>|cluster-pool <name>}
        shutdown
        management-only [individual]
        vlan <1-4094> [secondary <words>]
        no forward interface <words>
        """,
    ),
    (
        "object|object-group",
        Concern.FILTER,
        """
        host <name>
        subnet <name> [<name>]
        range <name> <name>
        fqdn [v4|v6] <name>
        network-object (host|object) <name>
        network-object <name> <name>
        network-object <prefix>
        group-object <name>
        port-object eq <name>
        port-object range <name> <name>
        protocol-object [object] <name>
        icmp-object <name> [<0-255>]
        """,
    ),
    (
        "",
        Concern.FILTER,
        """
        interface <name> [<unit>]
        object (network|service) <name>
        object-group (network|protocol|icmp-type|user|security) <name>
        object-group service <name> [tcp|udp|tcp-udp|sctp]
        access-group <name> (in|out) interface <name> {per-user-override|control-plane}
        access-group <name> global [per-user-override]
        crypto map <name> <1-65535> match address <name>
        crypto map <name> <1-65535> ipsec-isakmp [dynamic <name>]
        crypto map <name> client (authentication <words>|configuration address (initiate|respond))
        crypto map <name> <1-65535> set peer <words>
        crypto map <name> <1-65535> set [ikev1] transform-set <words>
        crypto map <name> <1-65535> set ikev2 ipsec-proposal <words>
        crypto map <name> <1-65535> set ikev2 (pre-shared-key <name>|mode (transport|tunnel|transport-require))
        crypto map <name> <1-65535> set [ikev1|ikev2] phase1-mode (main|aggressive [<name>])
        crypto map <name> <1-65535> set connection-type (answer-only|originate-only|bidirectional)
        crypto map <name> <1-65535> set pfs [<name>]
        crypto map <name> <1-65535> set security-association lifetime {(seconds|kilobytes) (<number>|unlimited)}
        crypto map <name> <1-65535> set trustpoint <name> [chain]
        crypto map <name> <1-65535> set (nat-t-disable|validate-icmp-errors|reverse-route [dynamic])
        crypto map <name> <1-65535> set inheritance (data|rule)
        crypto map <name> <1-65535> set df-bit (clear-df|copy-df|set-df)
        crypto map <name> <1-65535> set tfc-packets <text>
        crypto map <name> interface <name> [ipv6-local-address <v6>]
        nat-control
        """,
    ),
    (
        "",
        Concern.OTHER,
        """
        hostname <name>
        ssh timeout <1-60>
        telnet timeout <1-1440>
        console timeout <0-60>
        ssh <name> [<ip>] <name>
        telnet <name> [<ip>] <name>
        http <name> [<ip>] <name>
        logging enable
        logging host <name> <name> {<transport>|format emblem|secure [reference-identity <name>]}
        ntp server <name> {key <number>|source <name>|prefer}
        http server enable [<1-65535>]
        """,
    ),
)
