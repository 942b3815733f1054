"""Exports in a pasted session: prompts, commands that show, what a console says between them."""

from __future__ import annotations

import pytest

from zoneguard.model.device import Device, Routing
from zoneguard.parsers import Parsed, Source
from zoneguard.parsers._shell import is_shown
from zoneguard.parsers.reading import detect
from zoneguard.parsers.splitting import parse_source

IOS = (
    "hostname gw\ninterface Vlan10\n ip address 10.1.0.1 255.255.255.0\n!\nip route 10.9.0.0 255.255.0.0 10.1.0.9\nend"
)
ASA = (
    "ASA Version 9.14(2)\nhostname fw\ninterface GigabitEthernet0/0\n nameif inside\n security-level 100\n"
    " ip address 10.1.0.1 255.255.255.0"
)
AWPLUS = (
    "service ssh\n!\nspanning-tree mode rstp\n!\ninterface port1.0.1\n switchport\n!\ninterface vlan10\n"
    " ip address 10.1.0.1/24\n!\nend"
)
ALAXALA = (
    "#Last modified by x at Mon Nov  2 10:00:00 2026 with version 12.1.K\ninterface vlan 10\n"
    "  ip address 10.1.0.1 255.255.255.0\n!"
)
PANOS = (
    "set network interface ethernet ethernet1/1 layer3 ip 10.1.0.1/24\nset zone lan network layer3 ethernet1/1\n"
    "set network virtual-router default interface ethernet1/1"
)
NFT = "table inet f {\n\tchain forward {\n\t\ttype filter hook forward priority filter; policy drop;\n\t}\n}"
IPTABLES = "*filter\n:INPUT DROP [0:0]\n:FORWARD DROP [0:0]\n:OUTPUT ACCEPT [0:0]\nCOMMIT"
VDOM = "FGT # config vdom\nFGT (vdom) # edit root\ncurrent vf=root:0\nFGT (root) # show"
IP_ROUTE = "default via 10.1.0.9 dev eth0\n10.1.0.0/24 dev eth0 proto kernel scope link src 10.1.0.1"
FORTIOS = (
    'config firewall address\nedit "a"\nset subnet 10.1.0.0 255.255.255.0\nnext\nend\n'
    'config firewall policy\nedit 1\nset srcintf "lan"\nset dstintf "wan"\nset srcaddr "a"\nset dstaddr "all"\n'
    'set schedule "always"\nset service "ALL"\nnext\nend'
)


def parsed(lines: list[str]) -> Parsed:
    source = Source("session.log", tuple(lines))
    return parse_source(source, "d", detect(source))


def told(device: Device) -> tuple[object, ...]:
    """What is in the model apart from where it stands."""
    rules = [r.match for v in device.vrfs for s in v.stages if not isinstance(s, Routing) for r in s.rules.rules]
    return [(i.name, i.addresses) for i in device.interfaces], [len(v.routes) for v in device.vrfs], len(rules)


def doubts(found: Parsed) -> list[str]:
    return [m.reason for device in found.devices for m in device.uncertain]


@pytest.mark.parametrize(
    ("text", "before", "after"),
    [
        (IOS, "gw>en\nPassword:\ngw#terminal length 0\ngw#sh run\nBuilding configuration...\n", "gw#logout"),
        (IOS, "User Access Verification\n\nUsername: kanri\nPassword: \ngw>enable\ngw#show running-config", "gw#"),
        (ASA, "fw> en\nPassword: ********\nfw# sh run", "fw# logoff"),
        (ASA, "fw/pri/act# show running-config", "fw/pri/act# "),
        (AWPLUS, "awplus>en\nawplus#term len 0\nawplus#sh run", "awplus#logout"),
        (ALAXALA, "core> enable\ncore# sh running-config", "core# logout"),
        (PANOS, "a@PA> set cli pager off\na@PA> configure\nEntering configuration mode\n[edit]\na@PA# show",
         "[edit]\na@PA# exit\nExiting configuration mode"),
        (NFT, "root@gw:~# nft list ruleset", "root@gw:~# "),
        (NFT, "[root@gw ~]# nft -a list ruleset", "[root@gw ~]#"),
        (NFT, "kanri@gw:/etc$ sudo nft list ruleset", "kanri@gw:/etc$ exit"),
        (IPTABLES, "[root@gw ~]# iptables-save", "[root@gw ~]# "),
        (IPTABLES, "$ sudo iptables-save -c", "$ "),
        (IP_ROUTE, "[root@gw ~]# ip route", "[root@gw ~]# logout"),
        (FORTIOS, VDOM, "FGT (root) # "),
        (FORTIOS, VDOM, "FGT (root) # end\nFGT #"),
    ],
)  # fmt: skip
def test_a_session_around_an_export_changes_nothing(text: str, before: str, after: str) -> None:
    plain = parsed(text.split("\n"))
    session = parsed([*before.split("\n"), *text.split("\n"), *after.split("\n")])
    assert [told(d) for d in session.devices] == [told(d) for d in plain.devices]
    assert doubts(session) == doubts(plain)
    assert len(session.account.not_understood) == len(plain.account.not_understood)


def test_what_was_typed_and_is_not_closed_does_not_hide_an_export_that_is_cut_short() -> None:
    start = ["FGT # config vdom", "FGT (vdom) # edit root", "FGT (root) # show"]
    cut = parsed([*start, *FORTIOS.split("\n")[:-2]])
    assert any("cut short" in m.reason for m in cut.devices[0].uncertain)


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("root@gw:~# nft list ruleset", True), ("[root@gw ~]#", True), ("$ sudo -n ip6tables-save -c", True),
        ("(venv) kanri@gw:~$ ip -6 route show table all", True), ("root@gw:~# iptables -t nat -S", True),
        ("root@gw:~# ipset save", True), ("root@gw:~# cat /etc/nftables.conf", True),
        ("root@gw:~# nft flush ruleset", False), ("root@gw:~# iptables -P FORWARD ACCEPT", False),
        ("root@gw:~# nft list ruleset; nft flush ruleset", False),
        ("root@gw:~# iptables-save | iptables-restore", False),
        ("# a comment", False), ("\tip saddr 10.0.0.0/8 accept # note", False), ("define x = $y", False),
    ],
)  # fmt: skip
def test_only_what_shows_is_passed_over(line: str, shown: bool) -> None:
    assert is_shown(line) is shown


def test_what_is_typed_into_nftables_is_not_passed_over() -> None:
    lines = ["root@gw:~# nft list ruleset", *NFT.split("\n"), "root@gw:~# nft flush ruleset"]
    assert parsed(lines).devices[0].uncertain
