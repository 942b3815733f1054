"""The Yamaha parser as a whole: lines and their fate, detection, speed, and any text at all."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers.yamaha_run import device, packet, read, verdict
from zoneguard.model.device import Concern
from zoneguard.parsers import Source
from zoneguard.parsers._indented.wholeness import PART
from zoneguard.parsers.reading import decode, split_lines
from zoneguard.parsers.yamaha import PLUGIN, parse

PLAIN = """
# RTX1210 Rev.14.01.42 (Fri Jul  5 11:17:45 2024)
# MAC Address : 00:00:5e:00:53:01, 00:00:5e:00:53:02, 00:00:5e:00:53:03
# Memory 256Mbytes, 3LAN, 1BRI
# main:  RTX1210 ver=00 serial=S00000000 MAC-Address=00:00:5e:00:53:01 \
MAC-Address=00:00:5e:00:53:02 MAC-Address=00:00:5e:00:53:03
# Reporting Date: Nov 1 09:05:12 2026
login password *
administrator password *
console character ja.sjis
ip route default gateway pp 1
ip filter source-route on
ip lan1 address 192.168.100.1/24
provider type isdn-terminal
pp select 1
 description pp "PRV/PPPoE/0:フレッツ 回線"
 pp keepalive interval 30 retry-interval=30 count=12
 pp always-on on
 pppoe use lan2
 pp auth accept pap chap
 pp auth myname user@isp.example *
 ppp ipcp ipaddress on
 ip pp mtu 1454
 ip pp intrusion detection in on reject=on
 ip pp secure filter in 200003 200020 200021 200022 200023 200024 200025 200030 200032
 ip pp secure filter out 200013 200020 200021 200022 200023 200024 200025 200026 200027 200099 \
dynamic 200080 200082 200098 200099
 ip pp nat descriptor 1000
 pp enable 1
ip filter 200003 reject 192.168.100.0/24 * * * *
ip filter 200013 reject * 192.168.100.0/24 * * *
ip filter 200020 reject * * udp,tcp 135 *
ip filter 200021 reject * * udp,tcp * 135
ip filter 200022 reject * * udp,tcp netbios_ns-netbios_ssn *
ip filter 200023 reject * * udp,tcp * netbios_ns-netbios_ssn
ip filter 200024 reject * * udp,tcp 445 *
ip filter 200025 reject * * udp,tcp * 445
ip filter 200026 restrict * * tcpfin * www,21,nntp
ip filter 200027 restrict * * tcprst * www,21,nntp
ip filter 200030 pass * 192.168.100.0/24 icmp * *
ip filter 200032 pass * 192.168.100.0/24 tcp * ident
ip filter 200099 pass * * * * *
ip filter 500000 restrict * * * * *
ip filter dynamic 200080 * * ftp
ip filter dynamic 200082 * * www
ip filter dynamic 200098 * * tcp
ip filter dynamic 200099 * * udp
nat descriptor type 1000 masquerade
nat descriptor masquerade incoming 1000 reject
dhcp service server
dhcp scope 1 192.168.100.2-192.168.100.191/24
dns server pp 1
dns private address spoof on
statistics traffic on
""".strip("\n")

# A console of 80 columns goes on in the next line after 79 characters, in the middle of a word if need be.
SHOW_CONFIG = "\n".join(line[at : at + 79] for line in PLAIN.split("\n") for at in range(0, len(line), 79))


def test_a_factory_style_configuration_is_read_whole() -> None:
    parsed = read(SHOW_CONFIG)
    assert not parsed.account.not_understood
    assert parsed.account.understood + sum(parsed.account.ignored.values()) == parsed.account.total == 54
    found = parsed.devices[0]
    web = packet("192.168.100.5", "198.51.100.7", "tcp/80")
    assert verdict(found, web, "lan1", "pp1") == "pass"
    assert verdict(found, packet("192.168.100.5", "198.51.100.7", "tcp/445"), "lan1", "pp1") == "drop"
    assert verdict(found, packet("198.51.100.7", "203.0.113.9", "tcp/113"), "pp1", "lan1") == "drop"  # masquerade
    assert [(i.name, i.description) for i in found.interfaces if i.description] == [
        ("pp1", "PRV/PPPoE/0:フレッツ 回線")
    ]


def test_a_number_broken_by_the_console_is_whole_again() -> None:
    found = device(SHOW_CONFIG)
    names = {s.rules.name: s.rules for s in found.vrfs[0].stages if hasattr(s, "rules")}
    out = names["ip pp1 secure filter out"]
    numbers = [r.name for r in out.rules if r.name.isdigit()]
    assert numbers[7:9] == ["200026", "200026"]  # restrict is a pair of rules: line up, line down
    assert str(out.span) == "rtx.conf:26-27"
    assert numbers == [n for n in numbers if len(n) == 6]
    assert [r.name for r in names["ip pp1 secure filter in"].rules][-1] == "200032"


def wrapped(lines: list[str]) -> list[str]:
    parsed = read("\n".join(lines))
    assert not parsed.account.not_understood
    return [r.name for r in parsed.devices[0].vrfs[0].stages[0].rules.rules if r.name.isdigit()]  # type: ignore[union-attr]


def pieces(cut: int, pad: int) -> list[str]:
    whole = f"ip lan1{' ' * pad} secure filter in {' '.join(LISTED)}"
    return [whole[at : at + cut] for at in range(0, len(whole), cut)]


LISTED = [str(number) for number in range(200000, 200030)]
DEFINED = [f"ip filter {number} pass * *" for number in LISTED]


@pytest.mark.parametrize("pad", range(1, 9))
def test_where_the_console_broke_the_line(pad: int) -> None:
    for cut in (79, 80):
        assert wrapped(pieces(cut, pad) + DEFINED) == LISTED
    trimmed = [piece.rstrip() for piece in pieces(79, pad)]  # as editors and terminals leave it
    assert wrapped(trimmed + DEFINED) == LISTED


def test_prompts_banners_and_commands_that_only_show() -> None:
    parsed = read("""
RTX1210 BootROM Ver. 1.04
Copyright (c) 1994-2024 Yamaha Corporation. All Rights Reserved.
To display the software copyright statement, use 'show copyright' command.
00:00:5e:00:53:01, 00:00:5e:00:53:02
Memory 256Mbytes, 3LAN, 1BRI
Password:
[RTX1210]> administrator
[RTX1210]# show config
Searching ...
sc-rtr# ip lan1 address 192.168.0.1/24
> less config
ip lan2 address 192.168.1.1/24
sc-rtr#
""")
    assert [i.name for i in parsed.devices[0].interfaces] == ["lan1", "lan2"]
    assert not parsed.account.not_understood


def test_comments_and_a_remark_behind_a_command() -> None:
    found = device("ip lan1 address 192.168.0.1/24 # core\n# ip lan1 secure filter in 1\n   # ip filter 1 reject * *\n")
    assert len(found.interfaces[0].addresses) == 1
    assert len(found.vrfs[0].stages) == 1


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ('description lan1 "a # b"', "a # b"),
        ("description lan1 'say \"hi\"'", 'say "hi"'),
        (r"description lan1 a\ b\#c", "a b#c"),
        ('description lan1 "never closed', "never closed"),
        ("description lan1 plain words here", "plain words here"),
    ],
)
def test_quotes(line: str, text: str) -> None:
    assert device(line).interfaces[0].description == text


@pytest.mark.parametrize(
    ("line", "concern"),
    [
        ("ip policy filter 1000 pass-nolog lan1 lan2 * * http", Concern.FILTER),
        ("ip lan1 inbound filter list 1 2", Concern.FILTER),
        ("ip inbound filter 1 pass-nolog * * * * *", Concern.FILTER),
        ("ip lan1 dpi filter in 1", Concern.FILTER),
        ("vlan interconnect group lan1 none", Concern.FILTER),
        ("lan type lan1 port-based-option=4,4,4,123-", Concern.FILTER),
        ("qac-tm use on", Concern.FILTER),
        ("no ip lan1 secure filter in", Concern.FILTER),
        ("schedule at 1 */* 08:00 * ip lan1 secure filter in 1", Concern.FILTER),
        ("schedule at 1 */* 08:00 * lua /evening.lua", Concern.FILTER),
        ("schedule at 1 */* 08:00 pp 1 pp disable 1", Concern.FILTER),
        ("ip lan1 frobnicate", Concern.FILTER),
        ("frobnicate everything", Concern.FILTER),
        ("ip lan1", Concern.INTERFACE),
        ("nat46 descriptor 1", Concern.NAT),
    ],
)
def test_what_may_matter_and_is_not_in_the_model_is_said(line: str, concern: Concern) -> None:
    (doubt,) = device(f"ip lan2 address 192.168.1.1/24\n{line}").uncertain
    assert (doubt.span.first, doubt.text, doubt.concern) == (2, line, concern)


@pytest.mark.parametrize(
    ("line", "concern"),
    [
        ("ip route 10.0.0.0/8 gateway 10.0.0.1 wait 3", Concern.ROUTING),
        ("ip route 10.0.0.0/8 gateway somewhere", Concern.ROUTING),
        ("ip route 10.0.0.300 gateway 10.0.0.1", Concern.ROUTING),
        ("ipv6 route 10.0.0.0/8 gateway pp 1", Concern.ROUTING),
        ("bridge member bridge1 lan1 lan2", Concern.INTERFACE),
        ("pp select one", Concern.INTERFACE),
        ("ip lan1 address 192.168.0.1/255.0.255.0", Concern.INTERFACE),
        ("ip lan1 address 2001:db8::1/64", Concern.INTERFACE),
        ("ipv6 lan1 address 192.168.0.1/24", Concern.INTERFACE),
        ("ip lan1 arp static 192.168.0.9 00:00:5e:00:53", Concern.INTERFACE),
        ("ip lan1 remote address dhcp", Concern.INTERFACE),
        ("ethernet somewhere filter in 1", Concern.FILTER),
        ("ethernet filter one pass *", Concern.FILTER),
        ("ip filter set office 1 2", Concern.FILTER),
        ("ip filter dynamic one * * www", Concern.FILTER),
        ("ip lan1 secure filter both 1", Concern.FILTER),
        ("nat descriptor type one masquerade", Concern.NAT),
        ("nat descriptor address outer 1", Concern.NAT),
        ("nat descriptor address inner 1 2001:db8::1", Concern.NAT),
    ],
)
def test_what_is_malformed_is_said_with_what_it_may_change(line: str, concern: Concern) -> None:
    (doubt,) = device(line).uncertain
    assert (doubt.span.first, doubt.text, doubt.concern) == (1, line, concern)


@pytest.mark.parametrize(
    "line", ["bridge member bridge1 lan1", "ip route 10.0.0.0/8 gateway null", "bridge learning x"]
)
def test_what_is_short_of_a_doubt(line: str) -> None:
    assert not read(line).account.not_understood


@pytest.mark.parametrize(
    "line",
    [
        "login user kanri encrypted *", "syslog host 10.0.0.1", "dns server select 1 10.0.0.1 any .",
        "ntpdate ntp.nict.jp", "dhcp scope option 1 dns=1.1.1.1", "pppoe use lan2",
        "ipsec ike pre-shared-key 1 text abc#def'", "ip lan1 mtu 1454", "queue lan1 type priority",
        "switch control use lan1 on", "ip stealth all", "ip lan1 proxyarp on", "ospf use off",
        "ip lan1 intrusion detection in on reject=on", "upnp use off", "ip filter directed-broadcast filter 1",
        "schedule at 1 */* 04:00 * ntpdate 10.0.0.1", "vlan port mapping lan1.3 vlan2", "nat descriptor timer 1 600",
        "lan type lan1 port-based-option=divide-network", "vlan interconnect group lan1 all",
        "ip icmp echo-reply send off", "ip keepalive 1 icmp-echo 10 5 10.0.0.1", "tunnel endpoint address 10.0.0.1",
        "no tunnel enable all", "lbo use on", "ip filter dynamic timer tcp-idle-time=600",
        "lan type lan1 port-based-option=split-into-12:34",
    ],
)  # fmt: skip
def test_what_cannot_matter_is_ignored_for_a_reason_or_understood(line: str) -> None:
    parsed = read(line)
    assert not parsed.account.not_understood


@pytest.mark.parametrize(
    "line",
    [
        "ip lan1 address 192.168.0.1/24", "ip lan1 secondary address 192.168.1.1/24", "ip lan1 secure filter name a",
        "ip lan1 secure filter in 1", "ip lan1 nat descriptor 1", "ip lan1 arp static 192.168.0.9 00:00:5e:00:53:01",
        "ip lan1 vrrp 1 192.168.0.254", "ip lan1 remote address 192.168.0.9", "ip filter 1 pass * *",
        "ip filter set a in 1", "ip filter dynamic 1 * * www", "ip route default gateway 192.168.0.9", "ip routing off",
        "ipv6 lan1 address 2001:db8::1/64", "ipv6 lan1 prefix 2001:db8::/64", "pp select 1", "pp enable 1",
        "tunnel disable all", "lan shutdown lan1", "vlan lan1/1 802.1q vid=3", "vlan interconnect group lan1 all",
        "bridge member bridge1 lan1", "description lan1 office", "telnetd service off", "sshd service on",
        "sshd host lan1", "ethernet filter 1 pass *", "ethernet lan1 filter in 1", "nat descriptor type 1 masquerade",
        "nat descriptor address outer 1 primary", "nat descriptor address inner 1 auto",
        "nat descriptor static 1 1 192.0.2.1=192.168.0.1", "nat descriptor masquerade incoming 1 reject",
        "nat descriptor masquerade static 1 1 192.168.0.1 tcp 22",
    ],
)  # fmt: skip
def test_what_the_model_holds_is_understood(line: str) -> None:
    account = read(f"{line}\nip filter 1 pass * *\nethernet filter 1 pass *\nnat descriptor type 1 nat").account
    assert (account.understood, dict(account.ignored), account.not_understood) == (4, {}, ())


def test_cp932_from_the_bytes_on() -> None:
    text, encoding = decode(SHOW_CONFIG.encode("cp932"), "f")
    assert encoding == "cp932"
    assert parse(Source("rtx.conf", split_lines(text)), "rtx").devices == read(SHOW_CONFIG).devices


# -- detection -------------------------------------------------------------------------------------------------------


def confidence(text: str) -> float:
    return PLUGIN.sniff(Source("f", tuple(text.strip("\n").split("\n"))))


def test_its_own_files_are_recognised() -> None:
    assert confidence(SHOW_CONFIG) > 0.95
    assert confidence(SHOW_CONFIG[SHOW_CONFIG.index("ip route") :]) > 0.6
    assert confidence("ip filter 1 pass * *\nip lan1 secure filter in 1") > 0.8


@pytest.mark.parametrize(
    "text",
    [
        "config firewall policy\n    edit 1\n        set srcintf port1\n    next\nend",
        "*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j ACCEPT\nCOMMIT",
        "hostname sw\ninterface Vlan10\n ip address 10.0.0.1 255.255.255.0\nip route 0.0.0.0 0.0.0.0 10.0.0.9",
        "ip access-list flt permit udp src any sport any dest any dport eq 500\nip route default GigaEthernet1.1",
        "zone private\n network lan\n  ip subnet 172.16.10.0/24",
        "default via 10.0.0.1 dev eth0",
        "set system host-name fw",
        "",
    ],
)
def test_files_of_others_are_not(text: str) -> None:
    assert confidence(text) < 0.3


# -- any text --------------------------------------------------------------------------------------------------------

SAID = r"""
ip ipv6 lan1 lan2 pp tunnel select none anonymous 1 2 3 200000 address secure filter in out dynamic name set pass
reject restrict * tcp udp icmp established tcpflag=0x2/0x17 www 135-139 - , 192.168.0.1/24 10.0.0.0/8 -10.0.0.1
a.example 2001:db8::/32 route default gateway hide weight metric keepalive null nat descriptor type masquerade
static incoming forward through outer inner auto ipcp primary 1=2 10.0.0.1=192.168.0.1 ethernet 00:00:5e:00:53:01
dhcp scope bind vlan lan1/1 802.1q vid=3 bridge member enable disable all no schedule at # description sshd host
service on off arp remote pool vrrp prefix secondary reverse lan shutdown interconnect group
" ' \
"""
WORDS = st.sampled_from(SAID.split())
LINES = st.lists(st.lists(WORDS, max_size=9).map(" ".join), max_size=25)


def check_accounts(lines: tuple[str, ...]) -> None:
    parsed = parse(Source("f", lines), "rtx")
    account = parsed.account
    assert (
        account.understood + sum(account.ignored.values()) + len(account.not_understood) == account.total == len(lines)
    )
    uncertain = tuple(m for m in account.not_understood if m.concern is not Concern.OTHER and not m.bounded)
    assert tuple(m for m in parsed.devices[0].uncertain if m.reason != PART) == uncertain
    assert uncertain or parsed.devices[0].uncertain or any(i.addresses for i in parsed.devices[0].interfaces)
    found = parsed.devices[0]
    assert len({i.name for i in found.interfaces}) == len(found.interfaces)
    assert found.vrfs[0].interfaces == {i.name for i in found.interfaces}
    assert all(0 <= PLUGIN.sniff(Source("f", lines)) <= 1 for _ in "x")


@settings(max_examples=300, deadline=None)
@given(LINES)
def test_commands_of_any_shape_are_accounted_for(lines: list[str]) -> None:
    check_accounts(tuple(lines))


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=400))
def test_any_text_is_accounted_for(text: str) -> None:
    check_accounts(split_lines(text))


def test_ten_thousand_filters_in_a_second() -> None:
    numbers = range(1, 10001)
    lines = [
        f"ip filter {n} pass 10.{n >> 8 & 255}.{n & 255}.0/24 192.168.0.0/16,172.16.0.0/12 tcp * www,{n}"
        for n in numbers
    ]
    lines.append(f"ip lan1 secure filter in {' '.join(map(str, numbers))}")
    lines += [
        f"ip route 10.{n >> 8}.{n & 255}.0/24 gateway pp 1 hide filter 1 gateway 192.168.0.9 hide" for n in range(3000)
    ]
    source = Source("f", tuple(lines))
    parsed = parse(source, "rtx")
    assert not parsed.account.not_understood


def test_hostile_lines_take_no_time() -> None:
    lines = (
        "ip filter 1 pass * * tcp * " + "-" * 200_000,
        "ip filter 2 pass " + "*." * 100_000,
        "ip filter 3 pass " + ",".join(["10.0.0.1"] * 50_000),
        "description lan1 " + "\"'\\" * 100_000,
        "a" * 500_000,
        "ip route default" + " gateway pp 1" * 20_000,
        "nat descriptor static 1 1 10.0.0.0=192.168.0.0 1000",
        "ip pp remote address pool 0.0.0.0-255.255.255.255",
        "ip lan1 address 10.0.0.1/" + "9" * 10_000,
    )
    check_accounts(lines)
