"""The whole forms of commands of Yamaha routers that are read into the model (see ``_forms``).

After Yamaha, 「コマンドリファレンス」 (the headings 書式 of chapters 4, 8, 9, 14, 21, 23, 30, 37, 38 and 45). Static
filters and static routes are not here: their readers take word after word themselves. ``ip lan1 …`` stands in the
block ``ip`` without these two words, ``ipv6 lan1 …`` in the block ``ipv6``.
"""

from __future__ import annotations

from collections.abc import Iterator

from zoneguard.model.device import Concern
from zoneguard.parsers._forms import Asked, Forms
from zoneguard.parsers._yamaha.config import is_interface
from zoneguard.parsers._yamaha.lines import Command

_HOSTS = "(any|none|lan|(<range>|<v6>|<port>) {<range>|<v6>|<port>})"


def asked(command: Command) -> Iterator[Asked]:
    """The command as it is looked up."""
    words = command.words
    if words[0] not in ("ip", "ipv6"):
        yield "", command.first, words
    elif len(words) > 2 and is_interface(words[1]):
        yield words[0], command.first, words[2:]
    elif words[1:2] != ("route",) and not (words[1:2] == ("filter",) and words[2:3] and words[2].isdigit()):
        yield "", command.first, words


FORMS = Forms(
    (
        "ip",
        Concern.INTERFACE,
        """
        address <name> [broadcast <ip>]
        secondary address <name>
        arp static <ip> <mac> [mtu=]
        vrrp <1-255> <ip> {priority=|preempt=|auth=|advertise-interval=|down-interval=}
        remote address <name>
        remote address pool <words>
        nat descriptor <number> {<number>}
        """,
    ),
    (
        "ipv6",
        Concern.INTERFACE,
        """
        address <prefix> [unicast|anycast]
        prefix <prefix>
        vrrp <1-255> <v6> {priority=|preempt=|auth=|advertise-interval=|down-interval=}
        """,
    ),
    ("ip|ipv6", Concern.FILTER, "secure filter (in|out) <words>\n secure filter name <name>"),
    ("", Concern.ROUTING, "ip routing (on|off)\n ipv6 routing (on|off)"),
    (
        "",
        Concern.FILTER,
        """
        ip filter set <name> <words>
        ipv6 filter set <name> <words>
        ip filter dynamic <number> <name> <name> (filter {<number>|in|out}|<name>) {syslog=|timeout=}
        ipv6 filter dynamic <number> <name> <name> (filter {<number>|in|out}|<name>) {syslog=|timeout=}
        ethernet filter <1-512> <name> (dhcp-bind|dhcp-not-bind) [<1-65535>|<ip>] [<number> <name>]
        ethernet filter <1-512> <name> <name> [<name> [<number> <name>]]
        """,
    ),
    (
        "",
        Concern.NAT,
        """
        nat descriptor type <1-2147483647> <name> [hairpin=]
        nat descriptor address outer <1-2147483647> (ipcp|primary|secondary|map-e|hb46pp|<range> {<range>})
        nat descriptor address inner <1-2147483647> (auto|<range> {<range>})
        nat descriptor static <1-2147483647> <1-2147483647> <name> [<number>]
        nat descriptor masquerade static <1-2147483647> <1-2147483647> <ip> <name> [<name>]
        nat descriptor masquerade incoming <1-2147483647> (reject|discard|through|forward <ip>)
        """,
    ),
    (
        "",
        Concern.INTERFACE,
        """
        pp select (<number>|anonymous|none)
        tunnel select (<number>|none)
        vlan <port> 802.1q {vid=|name=}
        vlan interconnect group <port> all
        """,
    ),
    (
        "",
        Concern.OTHER,
        f"""
        telnetd service (on|off)
        sshd service (on|off)
        httpd service (on|off)
        telnetd host {_HOSTS}
        sshd host {_HOSTS}
        httpd host {_HOSTS}
        sftpd host {_HOSTS}
        tftp host {_HOSTS}
        snmp host <name> [<name> [<name>]]
        snmpv2c host <name> [<name> [<name>]]
        snmpv3 host (none|<name> user <words>)
        snmp community (read-only|read-write) <name>
        snmpv2c community (read-only|read-write) <name>
        snmpv3 usm user <1-65535> <name> [group <1-65535>] [(md5|sha) <name> [(des-cbc|aes128-cfb) <name>]]
        login timer (<120-21474836>|clear)
        login password [encrypted] [<name>]
        login user <name> [encrypted] [<name>]
        login user <name> * <name>
        administrator password [encrypted] [<name>]
        syslog host <name> {{<name>}}
        ntpdate <name> [syslog]
        rdate <name> [syslog]
        schedule at <number> [<name>] <name> (*|pp <name>|tunnel <name>|switch <name>) (ntpdate|rdate) <name> [syslog]
        """,
    ),
)
