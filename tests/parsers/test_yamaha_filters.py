"""Static filters, the lists of interfaces and dynamic filters, held to what the command reference says of packets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.parsers.yamaha_run import answer, device, packet, read, verdict
from zoneguard.model.device import Concern
from zoneguard.model.match import ACK, FIN, RST, SYN, ConnState
from zoneguard.model.packet import Packet

BASE = """
ip lan1 address 192.168.0.1/24
ip lan2 address 203.0.113.2/28
"""


def asked(rule: str, asked_packet: Packet, kind: str = "ip") -> str:
    """What one filter, alone in the list of lan1, does with a packet that comes in there."""
    found = device(f"{BASE}{kind} lan1 secure filter in 1\n{kind} filter 1 {rule}")
    return verdict(found, asked_packet, "lan1", "lan2")


WEB = packet("192.168.0.5", "198.51.100.7", "tcp/80")


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("pass *", "pass"),
        ("pass-log * *", "pass"),
        ("pass-nolog * * tcp", "pass"),
        ("pass * * tcp *", "pass"),
        ("pass 192.168.0.0/24 * tcp * www", "pass"),
        ("pass 192.168.0.0/255.255.255.0 * udp,tcp * 80", "pass"),
        ("pass 192.168.0.0/0xffffff00 * 6 * http", "pass"),
        ("pass 192.168.0.* * * * *", "pass"),
        ("pass 192.168.*.5 * * * *", "pass"),
        ("pass 192.168.*.6 * * * *", "drop"),
        ("pass 192.168.0.1-192.168.0.9 * *", "pass"),
        ("pass -192.168.0.4 * *", "drop"),
        ("pass 192.168.0.5- * *", "pass"),
        ("pass 10.0.0.0/8,192.168.0.5 198.51.100.0/24 *", "pass"),
        ("pass 192.168.0.5 198.51.100.8 *", "drop"),
        ("pass * 192.168.0.5 *", "drop"),
        ("pass * * tcp * 79-81", "pass"),
        ("pass * * tcp * -79", "drop"),
        ("pass * * tcp * 80-", "pass"),
        ("pass * * tcp * ftp,81,www", "pass"),
        ("pass * * tcp 80 *", "drop"),
        ("pass * * tcp 49152-65535 www", "pass"),
        ("pass * * udp * www", "drop"),
        ("pass * * udp,icmp * *", "drop"),
        ("pass * * * * 443", "drop"),
        ("reject * *", "drop"),
        ("reject-log * * tcp * www", "drop"),
        ("restrict * * tcp * www", "pass"),
        ("restrict-nolog * * udp", "drop"),
        ("PASS * * TCP * WWW", "pass"),
        ("pass intranet.example.jp * tcp * www", "may"),
        ("pass *.example.jp,192.168.0.5 * tcp * www", "pass"),
        ("pass map-e * *", "may"),
        ("pass * @m365 * *", "may"),
        ("pass www.example.jp * udp * 53", "drop"),
    ],
)
def test_forms_of_a_filter(rule: str, expected: str) -> None:
    assert asked(rule, WEB) == expected
    assert not read(f"ip filter 1 {rule}").account.not_understood


@pytest.mark.parametrize(
    ("rule", "what", "expected"),
    [
        # 8.1.10: with "*" or a list, ports count for TCP and UDP only; other protocols pass as if none were given
        ("pass * * * * 443", "icmp/8", "pass"),
        ("pass * * * * 443", "esp", "pass"),
        ("pass * * udp,icmp * 53", "icmp/8", "pass"),
        ("pass * * udp,icmp * 53", "udp/53", "pass"),
        ("pass * * udp,icmp * 53", "udp/54", "drop"),
        # alone, ICMP has type and code there
        ("pass * * icmp 8 *", "icmp/8", "pass"),
        ("pass * * icmp 8", "icmp/0", "drop"),
        ("pass * * icmp 5 1", "icmp/5", "drop"),
        ("pass * * icmp 0,8 0", "icmp/8", "pass"),
        ("pass * * icmp", "icmp/13", "pass"),
        ("pass * * icmp-error 9 9", "icmp/3", "pass"),
        ("pass * * icmp-error", "icmp/8", "drop"),
        ("pass * * icmp-info", "icmp/8", "pass"),
        ("pass * * icmp-info", "icmp/11", "drop"),
        ("pass * * esp", "esp", "pass"),
        ("pass * * 50 * *", "esp", "pass"),
        ("pass * * gre,esp * 80", "esp", "pass"),
        ("pass * * gre", "esp", "drop"),
        ("pass * * udp * netbios_ns-netbios_ssn", "udp/138", "pass"),
        ("pass * * udp * ipsec-nat-t", "udp/4500", "pass"),
        ("pass * * udp * ms-rpc-ms-ds", "udp/445", "pass"),
    ],
)
def test_ports_and_icmp(rule: str, what: str, expected: str) -> None:
    assert asked(rule, packet("192.168.0.5", "198.51.100.7", what)) == expected


@pytest.mark.parametrize(
    ("protocol", "flags", "expected"),
    [
        ("established", SYN, "drop"),
        ("established", SYN | ACK, "pass"),
        ("tcpsyn", SYN, "pass"),
        ("tcpsyn", ACK, "drop"),
        ("tcpfin", FIN | ACK, "pass"),
        ("tcprst", FIN | ACK, "drop"),
        ("tcprst", RST, "pass"),
        ("tcpflag=0x0002/0x0017", SYN, "pass"),
        ("tcpflag=0x0002/0x0017", SYN | ACK, "drop"),
        ("tcpflag!=0x0000/0x0007", ACK, "drop"),
        ("tcpflag!=0x0000/0x0007", SYN, "pass"),
        ("tcpflag=0x0018/0x0010", ACK, "drop"),
        ("tcpflag=0x0100/0x0100", ACK, "may"),
        ("udp,established", ACK, "pass"),
    ],
)
def test_tcp_flags(protocol: str, flags: int, expected: str) -> None:
    for ports, of_ports in (("* *", expected), ("* 81", "drop")):
        rule = f"pass * * {protocol} {ports}"
        assert asked(rule, packet("192.168.0.5", "198.51.100.7", "tcp/80", flags=flags)) == of_ports


@pytest.mark.parametrize(
    ("rule", "source", "what", "expected"),
    [
        ("pass * *", "2001:db8::5", "tcp/80", "pass"),
        ("pass 2001:db8::/32 * tcp * www", "2001:db8::5", "tcp/80", "pass"),
        ("pass 2001:db8::1-2001:db8::4 *", "2001:db8::5", "tcp/80", "drop"),
        ("pass 2001:db8::1,2001:db8::5 *", "2001:db8::5", "tcp/80", "pass"),
        ("pass * * icmp6 128 *", "2001:db8::5", "icmp6/128", "pass"),
        ("pass * * icmp6 128 *", "2001:db8::5", "icmp6/135", "drop"),
        ("pass * * icmp 128", "2001:db8::5", "icmp6/128", "pass"),
        ("pass * * icmp-nd", "2001:db8::5", "icmp6/135", "pass"),
        ("pass * * icmp-nd", "2001:db8::5", "icmp6/128", "drop"),
        ("pass * * icmp-error", "2001:db8::5", "icmp6/1", "may"),
    ],
)
def test_ipv6_filters(rule: str, source: str, what: str, expected: str) -> None:
    assert asked(rule, packet(source, "2001:db8:1::7", what), "ipv6") == expected


def test_the_versions_of_ip_have_lists_of_their_own() -> None:
    found = device(
        f"{BASE}ip lan1 secure filter in 1\nip filter 1 reject * *\n"
        "ipv6 lan2 secure filter out 1\nipv6 filter 1 reject * *"
    )
    assert verdict(found, WEB, "lan1", "lan2") == "drop"
    assert verdict(found, packet("203.0.113.3", "192.168.0.5"), "lan2", "lan1") == "pass"
    six = packet("2001:db8::5", "2001:db8:1::7")
    assert verdict(found, six, "lan1", "lan2") == "drop"
    assert verdict(found, six, "lan1", "lan3") == "pass"


# -- lists: 8.1.25 ---------------------------------------------------------------------------------------------------


def test_no_list_passes_everything() -> None:
    assert verdict(device(BASE), WEB, "lan1", "lan2") == "pass"


def test_what_no_filter_of_a_list_matches_is_dropped_by_the_line_of_the_list() -> None:
    found = device(f"{BASE}ip lan1 secure filter in 1\nip filter 1 pass * * udp")
    assert verdict(found, WEB, "lan1", "lan2") == "drop"
    assert found.vrfs[0].stages[0].rules.span.first == 3  # type: ignore[union-attr]


def test_the_order_of_the_list_decides_not_the_numbers() -> None:
    text = f"{BASE}ip filter 1 pass 192.168.0.0/24 *\nip filter 2 reject 192.168.0.5 *\nip lan1 secure filter in "
    assert verdict(device(f"{text}1 2"), WEB, "lan1", "lan2") == "pass"
    assert verdict(device(f"{text}2 1"), WEB, "lan1", "lan2") == "drop"


def test_the_rule_that_decides_is_the_line_of_the_filter() -> None:
    found = device(f"{BASE}ip lan1 secure filter in 9\nip filter 9 pass * *")
    rule = found.vrfs[0].stages[0].rules.rules[-1]  # type: ignore[union-attr]
    assert (rule.name, str(rule.span)) == ("9", "rtx.conf:4")


def test_a_later_filter_of_the_same_number_replaces_the_earlier() -> None:
    found = device(f"{BASE}ip lan1 secure filter in 1\nip filter 1 pass * *\nip filter 1 reject * *")
    assert verdict(found, WEB, "lan1", "lan2") == "drop"


def test_filter_sets_by_name() -> None:
    text = f"{BASE}ip filter 1 reject * * tcp * www\nip filter 2 pass * *\nip filter set office in 1 2 out 2\n"
    found = device(f"{text}ip lan1 secure filter name office")
    assert verdict(found, WEB, "lan1", "lan2") == "drop"
    assert verdict(found, answer(WEB), "lan2", "lan1") == "pass"
    undefined = device(f"{text}ip lan1 secure filter name school")  # 8.1.25: as if no filter were set
    assert verdict(undefined, WEB, "lan1", "lan2") == "pass"


def test_a_filter_that_is_not_defined_leaves_both_ways_open() -> None:
    parsed = read(f"{BASE}ip lan1 secure filter in 1 2\nip filter 1 pass * * udp")
    assert verdict(parsed.devices[0], WEB, "lan1", "lan2") == "may"
    assert verdict(parsed.devices[0], packet("192.168.0.5", "8.8.8.8", "udp/53"), "lan1", "lan2") == "pass"
    (doubt,) = parsed.account.not_understood
    assert (doubt.span.first, doubt.concern, doubt.bounded) == (3, Concern.FILTER, True)
    assert doubt.reason == "filters that are not defined: 2"
    assert not parsed.devices[0].uncertain


@pytest.mark.parametrize(
    "rule",
    [
        "drop * *", "pass", "pass 192.168.0.300 *", "pass * * tcp * 70000", "pass * * tcp * 90-80", "pass * * carp",
        "pass * * tcp * * extra", "pass 10.0.0.0/33 *", "pass * * tcpflag=2/3", "pass 10.0.0.9-10.0.0.1 *",
        "pass 10.0.0 *", "pass * * icmp 256", "pass * * 256", "pass-all * *", "pass 2001:db8::1 *",
    ],
)  # fmt: skip
def test_a_filter_that_cannot_be_read_leaves_both_ways_open(rule: str) -> None:
    parsed = read(f"{BASE}ip lan1 secure filter in 1 2\nip filter 1 {rule}\nip filter 2 reject * *")
    assert verdict(parsed.devices[0], WEB, "lan1", "lan2") == "may"
    (doubt,) = parsed.account.not_understood
    assert (doubt.span.first, doubt.concern, doubt.bounded) == (4, Concern.FILTER, True)


def test_an_unreadable_list_leaves_both_ways_open() -> None:
    parsed = read(f"{BASE}ip lan1 secure filter in 1 two\nip filter 1 pass * *")
    assert verdict(parsed.devices[0], WEB, "lan1", "lan2") == "may"
    (doubt,) = parsed.account.not_understood
    assert (doubt.span.first, doubt.concern, doubt.bounded) == (3, Concern.FILTER, True)


def test_restrict_asks_whether_the_line_is_up_only_on_the_way_out() -> None:
    text = "pp select 1\n ip pp secure filter {} 1\n pp enable 1\nip filter 1 restrict * * udp * ntp\nip lan1 mtu 1500"
    ntp = packet("10.0.0.5", "198.51.100.7", "udp/123")
    assert verdict(device(text.format("out")), ntp, "lan1", "pp1") == "may"
    assert verdict(device(text.format("out")), WEB, "lan1", "pp1") == "drop"
    assert verdict(device(text.format("in")), ntp, "pp1", "lan1") == "pass"  # it came: the line is up


# -- dynamic filters: 8.1.14 -----------------------------------------------------------------------------------------

DYNAMIC = f"""{BASE}
ip lan2 secure filter in 2
ip lan2 secure filter out 1 3 dynamic 100 101
ip filter 1 reject * * udp,tcp * 135
ip filter 2 reject * *
ip filter 3 pass 192.168.0.0/24 *
ip filter dynamic 100 192.168.0.0/24 * www syslog=off
ip filter dynamic 101 * * ftp timeout=60
"""


def test_answers_of_a_session_that_a_dynamic_filter_saw_open_pass() -> None:
    found = device(DYNAMIC)
    assert verdict(found, WEB, "lan1", "lan2") == "pass"
    assert verdict(found, answer(WEB), "lan2", "lan1") == "pass"
    https = packet("192.168.0.5", "198.51.100.7", "tcp/443")  # in a dynamic filter "www" is both
    assert verdict(found, answer(https), "lan2", "lan1") == "pass"


def test_no_session_no_answer() -> None:
    found = device(DYNAMIC)
    ssh = packet("192.168.0.5", "198.51.100.7", "tcp/22")
    assert verdict(found, ssh, "lan1", "lan2") == "pass"
    assert verdict(found, answer(ssh), "lan2", "lan1") == "drop"
    assert verdict(found, packet("198.51.100.7", "192.168.0.5", "tcp/80"), "lan2", "lan1") == "drop"
    fresh = packet("198.51.100.7", "192.168.0.5", "tcp/50000", sport=80)
    assert verdict(found, fresh, "lan2", "lan1") == "drop"


def test_what_a_static_filter_rejects_no_dynamic_filter_admits() -> None:
    text = DYNAMIC.replace("dynamic 101 * * ftp", "dynamic 101 * * tcp")
    assert verdict(device(text), packet("192.168.0.5", "198.51.100.7", "tcp/135"), "lan1", "lan2") == "drop"


def test_data_connections_of_ftp_follow_it_both_ways() -> None:
    found = device(DYNAMIC)
    passive = packet("192.168.0.5", "198.51.100.7", "tcp/40000", state=ConnState.RELATED)
    active = packet("198.51.100.7", "192.168.0.5", "tcp/40000", state=ConnState.RELATED)
    assert verdict(found, passive, "lan1", "lan2") == "pass"
    assert verdict(found, active, "lan2", "lan1") == "pass"


def test_whether_a_dynamic_filter_alone_admits_the_opening_is_open() -> None:
    found = device(f"{BASE}ip lan2 secure filter out dynamic 100\nip filter dynamic 100 * * www")
    assert verdict(found, WEB, "lan1", "lan2") == "may"
    assert verdict(found, packet("192.168.0.5", "198.51.100.7", "tcp/22"), "lan1", "lan2") == "drop"


def test_user_defined_dynamic_filters_borrow_services_not_addresses_nor_actions() -> None:
    found = device(f"""{BASE}
ip lan2 secure filter in 9
ip lan2 secure filter out 8 dynamic 1
ip filter 8 pass * *
ip filter 9 reject * *
ip filter 10 reject 10.9.9.9 10.9.9.9 udp * snmp
ip filter 20 reject 10.9.9.9 * udp * snmptrap
ip filter dynamic 1 192.168.0.0/24 * filter 10 in 20
""")
    query = packet("192.168.0.5", "198.51.100.7", "udp/161")
    assert verdict(found, answer(query), "lan2", "lan1") == "pass"
    trap = packet("198.51.100.7", "192.168.0.5", "udp/162")
    assert verdict(found, trap, "lan2", "lan1") == "may"  # while a connection that triggers is open
    assert verdict(found, packet("198.51.100.7", "192.168.1.5", "udp/162"), "lan2", "lan1") == "drop"


@pytest.mark.parametrize(
    ("name", "what", "expected"),
    [
        ("tcp", "tcp/8443", "pass"), ("udp", "tcp/8443", "drop"), ("domain", "udp/53", "pass"),
        ("domain", "tcp/53", "pass"), ("submission", "tcp/587", "pass"), ("telnet", "udp/23", "drop"),
        ("netmeeting", "tcp/1720", "pass"), ("kerberos", "tcp/88", "may"), ("https", "tcp/443", "pass"),
    ],
)  # fmt: skip
def test_applications(name: str, what: str, expected: str) -> None:
    found = device(f"{BASE}ip lan2 secure filter in 2\nip lan2 secure filter out 1 dynamic 7\nip filter 1 pass * *\n"
                   f"ip filter 2 reject * *\nip filter dynamic 7 * * {name}")  # fmt: skip
    assert verdict(found, answer(packet("192.168.0.5", "198.51.100.7", what)), "lan2", "lan1") == expected


def test_ping_answers_are_echo_replies() -> None:
    found = device(f"{BASE}ip lan2 secure filter in 2\nip lan2 secure filter out 1 dynamic 7\nip filter 1 pass * *\n"
                   "ip filter 2 reject * *\nip filter dynamic 7 * * ping")  # fmt: skip
    reply = packet("198.51.100.7", "192.168.0.5", "icmp/0", state=ConnState.ESTABLISHED)
    assert verdict(found, reply, "lan2", "lan1") == "pass"
    assert verdict(found, packet("198.51.100.7", "192.168.0.5", "icmp/8"), "lan2", "lan1") == "drop"


@pytest.mark.parametrize(
    ("line", "first", "reason"),
    [
        ("", 3, "filters that are not defined: dynamic 100"),
        ("ip filter dynamic 100 * *", 7, "malformed"),
        ("ip filter dynamic 100 * * www\nip filter dynamic 100 * 10.0.0 www", 8, "not an address: 10.0.0"),
        ("ip filter dynamic 100 * * filter 1 on 2", 7, "not a filter number: on"),
    ],
)
def test_a_dynamic_filter_that_is_not_known_may_let_anything_by_both_ways(line: str, first: int, reason: str) -> None:
    parsed = read(f"""{BASE}ip lan2 secure filter out 1 dynamic 100
ip lan2 secure filter in 2
ip filter 1 reject * * tcp * www
ip filter 2 reject * *
{line}""")
    found = parsed.devices[0]
    doubts = [(d.span.first, d.reason, d.bounded) for d in parsed.account.not_understood]
    assert (first, reason, True) in doubts
    assert not found.uncertain
    for sent in (answer(WEB), replace(WEB, state=ConnState.RELATED), WEB):
        assert verdict(found, sent, "lan2", "lan1") == "may"
    assert verdict(found, packet("192.168.0.5", "198.51.100.7", "tcp/22"), "lan1", "lan2") == "may"


def test_routing_switched_off() -> None:
    found = device(f"{BASE}ipv6 routing off")
    assert verdict(found, WEB, "lan1", "lan2") == "pass"
    assert verdict(found, packet("2001:db8::5", "2001:db8:1::7"), "lan1", "lan2") == "drop"
    assert verdict(device(f"{BASE}ip routing off"), WEB, "lan1", "lan2") == "drop"


@pytest.mark.parametrize("source", ["*", "192.168.0.0/24,*", "*,www.example.com"])
def test_a_list_with_anyone_in_it_is_anyone(source: str) -> None:
    assert asked(f"pass {source} * tcp * www", WEB) == "pass"


def test_a_host_of_ipv6_and_what_is_no_address_of_it() -> None:
    sent = packet("2001:db8::5", "2001:db8:1::7")
    assert asked("pass 2001:db8::5 *", sent, "ipv6") == "pass"
    assert asked("pass 2001:db8::6 *", sent, "ipv6") == "drop"
    assert asked("pass 192.168.0.0/24 *", sent, "ipv6") == "may"
    assert asked("pass 2001:db8:::6 *", sent, "ipv6") == "may"


def test_a_dynamic_filter_of_a_filter_that_is_not_known() -> None:
    found = device(f"""{BASE}ip lan2 secure filter out 1 dynamic 7
ip lan2 secure filter in 2
ip filter 1 pass * *
ip filter 2 reject * *
ip filter dynamic 7 192.168.0.0/24 * filter 10 in 11""")
    assert verdict(found, answer(WEB), "lan2", "lan1") == "may"
    assert verdict(found, answer(packet("192.168.1.5", "198.51.100.7")), "lan2", "lan1") == "drop"


def test_an_unknown_filter_may_reject_what_a_later_one_passes() -> None:
    assert verdict(device(f"{BASE}ip lan1 secure filter in 1 2\nip filter 2 pass * *"), WEB, "lan1", "lan2") == "may"


def test_a_connection_goes_on_in_the_direction_that_opened_it() -> None:
    found = device(f"""{BASE}ip lan2 secure filter out 1 dynamic 7
ip filter 1 pass * * tcpsyn
ip filter dynamic 7 * * tcp""")
    assert verdict(found, replace(WEB, flags=SYN), "lan1", "lan2") == "pass"
    assert verdict(found, replace(WEB, flags=ACK, state=ConnState.ESTABLISHED), "lan1", "lan2") == "pass"


def test_what_an_opened_connection_lets_in_is_answered() -> None:
    found = device(f"""{BASE}ip lan2 secure filter out 1 dynamic 7
ip lan2 secure filter in 2
ip filter 1 pass * * udp * snmp
ip filter 2 reject * *
ip filter 20 pass * * udp * 162
ip filter dynamic 7 * * filter 1 in 20""")
    trap = packet("198.51.100.7", "192.168.0.5", "udp/162")
    assert verdict(found, answer(trap), "lan1", "lan2") == "pass"
    assert verdict(found, replace(answer(trap), state=ConnState.NEW), "lan1", "lan2") == "drop"
    assert verdict(found, replace(trap, state=ConnState.ESTABLISHED), "lan2", "lan1") == "pass"
    assert verdict(found, trap, "lan2", "lan1") == "may"


def test_protocols_by_number() -> None:
    assert asked("pass * * 112", replace(WEB, proto=112)) == "pass"
    assert asked("pass * * 112", WEB) == "drop"
    assert asked("pass * * 255", replace(WEB, proto=255)) == "pass"
