"""What Cisco's command lines share: words, blocks, object groups, access lists as conditions."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.parsers.yamaha_run import holds, packet
from zoneguard.model.addresses import format_addresses, parse_address
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import Bits, Field, In
from zoneguard.model.packet import Packet
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers import Source, cisco_ios
from zoneguard.parsers._cisco import values
from zoneguard.parsers._cisco.entries import LATER, Entry, Reading, extended_entry, standard_entry
from zoneguard.parsers._cisco.groups import Groups, network_member, service_member
from zoneguard.parsers._cisco.lines import BANNER, LEAVES, MAX_DEPTH, Line, read_lines
from zoneguard.parsers._cisco.lists import AccessList
from zoneguard.parsers._cisco.values import Cursor, UnreadableError
from zoneguard.parsers._forms import not_whole
from zoneguard.parsers.accounting import SESSION, Ledger

SPAN = SourceSpan("r1.conf", 1, 1)


def reading(v6: bool = False) -> Reading:
    return Reading(Groups(), v6, lambda _span: LATER, lambda name, _span: LATER)


def entry(text: str) -> Entry:
    return extended_entry(tuple(text.split()), SPAN, reading())


def test_a_wildcard_may_have_holes() -> None:
    assert values.wildcard(Field.SRC, "10.1.0.7", "0.0.255.255") == In(
        Field.SRC, Intervals.span(parse_address("10.1.0.0"), parse_address("10.1.255.255"))
    )
    odd = values.wildcard(Field.DST, "10.0.1.10", "0.255.254.0")
    assert odd == Bits(Field.DST, parse_address("10.0.1.10"), parse_address("255.0.1.255"))


def test_a_subnet_mask_must_not_have_holes() -> None:
    assert values.interface_address("10.0.0.1", "255.255.255.252").length == 30
    with pytest.raises(UnreadableError):
        values.mask_length("255.0.255.0")


@pytest.mark.parametrize(
    ("text", "spans"),
    [
        ("eq www", ((80, 80),)),
        ("eq 80 443 8080", ((80, 80), (443, 443), (8080, 8080))),
        ("neq 22", ((0, 21), (23, 65535))),
        ("gt 1023", ((1024, 65535),)),
        ("lt 3", ((0, 2),)),
        ("range ftp-data ftp", ((20, 21),)),
    ],
)
def test_ports(text: str, spans: tuple[tuple[int, int], ...]) -> None:
    assert values.ports(Cursor(tuple(text.split())), 6) == Intervals(spans)


def test_a_name_is_looked_up_in_its_protocol() -> None:
    assert values.port("cmd", 6) == values.port("syslog", 17) == 514
    for name, proto in (("cmd", 17), ("snmp", 6), ("nonsense", 6), ("65536", 6)):
        with pytest.raises(UnreadableError):
            values.port(name, proto)


@given(st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1), st.integers(0, 2**32 - 1))
def test_masks_agree_with_arithmetic(value: int, mask: int, asked: int) -> None:
    match = values.masked(Field.DST, value, mask)
    assert holds(match, Packet(0, asked, 6), {}) == (asked & mask == value & mask)


def lines(text: str) -> tuple[list[str], Ledger]:
    source = Source("r1.conf", tuple(text.strip("\n").split("\n")))
    ledger = Ledger(source, "cisco-ios")
    shape = [f"{'>' * depth}{line.text}" for top in read_lines(source, ledger) for depth, line in _walk(top, 0)]
    return shape, ledger


def _walk(line: Line, depth: int) -> Iterator[tuple[int, Line]]:
    yield depth, line
    for child in line.children:
        yield from _walk(child, depth + 1)


def test_modes_by_indentation() -> None:
    shape, _ = lines("interface Gi0/0\n ip address 10.0.0.1 255.0.0.0\n!\nvrf context A\n  ip route 0/0 1.1.1.1\nend")
    assert shape == [
        "interface Gi0/0", ">ip address 10.0.0.1 255.0.0.0", "vrf context A", ">ip route 0/0 1.1.1.1", "end",
    ]  # fmt: skip


def test_modes_of_a_paste_without_indentation() -> None:
    shape, _ = lines("hostname r1\ninterface Gi0/0\nip address 10.0.0.1 255.0.0.0\nip route 0.0.0.0 0.0.0.0 Null0\nend")
    assert shape == [
        "hostname r1", "interface Gi0/0", ">ip address 10.0.0.1 255.0.0.0", "ip route 0.0.0.0 0.0.0.0 Null0", "end",
    ]  # fmt: skip


def test_lines_of_a_list_that_lost_their_indentation_alone() -> None:
    shape, _ = lines("ip access-list extended A\npermit ip any any\ninterface Gi0/0\n shutdown")
    assert shape == ["ip access-list extended A", ">permit ip any any", "interface Gi0/0", ">shutdown"]


def test_a_banner_may_look_like_configuration() -> None:
    shape, ledger = lines("banner motd ^C\nip access-list extended A\n permit ip any any\n^C\nhostname r1")
    assert shape == ["hostname r1"]
    assert ledger.close().ignored == {BANNER: 4}


def test_a_banner_that_never_ends_costs_its_line_only() -> None:
    shape, _ = lines("banner motd ^C\nhostname r1")
    assert shape == ["banner motd ^C", "hostname r1"]


def test_a_console_session() -> None:
    shape, ledger = lines(
        "r1#show running-config\nBuilding configuration...\n\nCurrent configuration : 9 bytes\nend\nr1#"
    )
    assert shape == ["end"]
    assert ledger.close().ignored[SESSION] == 4


def test_hostile_nesting_is_bounded() -> None:
    shape, _ = lines("\n".join(" " * n + "x" for n in range(3000)))
    assert max(line.count(">") for line in shape) == MAX_DEPTH


@pytest.mark.parametrize(
    ("text", "asked", "expected"),
    [
        ("permit tcp any host 10.0.0.9 eq 80", packet("10.1.1.1", "10.0.0.9"), True),
        ("permit tcp any host 10.0.0.9 eq 80", packet("10.1.1.1", "10.0.0.9", "tcp/81"), False),
        ("permit tcp any host 10.0.0.9 eq 80", packet("10.1.1.1", "10.0.0.9", "tcp", fragment=1), True),
        ("deny tcp any host 10.0.0.9 eq 80", packet("10.1.1.1", "10.0.0.9", "tcp", fragment=1), False),
        ("deny ip any any fragments", packet("10.1.1.1", "10.0.0.9", "tcp", fragment=1), True),
        ("deny ip any any fragments", packet("10.1.1.1", "10.0.0.9"), False),
        ("permit tcp any any established", packet("1.1.1.1", "2.2.2.2", flags=2), False),
        ("permit tcp any any established", packet("1.1.1.1", "2.2.2.2", flags=18), True),
        ("permit tcp any any established", packet("1.1.1.1", "2.2.2.2", flags=4), True),
        ("permit tcp any any match-all +syn -ack", packet("1.1.1.1", "2.2.2.2", flags=2), True),
        ("permit tcp any any match-all +syn -ack", packet("1.1.1.1", "2.2.2.2", flags=18), False),
        ("permit tcp any any match-any +fin +rst", packet("1.1.1.1", "2.2.2.2", flags=4), True),
        ("permit tcp any any syn", packet("1.1.1.1", "2.2.2.2", flags=2), True),
        ("permit icmp any any echo", packet("1.1.1.1", "2.2.2.2", "icmp/8"), True),
        ("permit icmp any any echo", packet("1.1.1.1", "2.2.2.2", "icmp/0"), False),
        ("permit icmp any any 3 4", packet("1.1.1.1", "2.2.2.2", "icmp", icmp=3 << 8 | 4), True),
        ("permit udp any range 1000 2000 any gt 99", packet("1.1.1.1", "2.2.2.2", "udp/100", sport=1500), True),
        ("permit esp any any log", packet("1.1.1.1", "2.2.2.2", "esp"), True),
        ("permit 50 10.0.0.0/8 any", packet("10.1.1.1", "2.2.2.2", "esp"), True),
        ("permit ip 10.0.0.1 0.0.255.0 any", packet("10.0.77.1", "2.2.2.2"), True),
        ("permit ip 10.0.0.1 0.0.255.0 any", packet("10.0.77.2", "2.2.2.2"), False),
    ],
)
def test_lines(text: str, asked: Packet, expected: bool) -> None:
    assert holds(entry(text).match, asked, {}) is expected


def test_a_standard_line_without_a_mask_is_a_host() -> None:
    assert standard_entry(("permit", "10.0.0.5"), SPAN).match == In(Field.SRC, Intervals.of(parse_address("10.0.0.5")))


@pytest.mark.parametrize(
    "text", ["permit", "allow ip any any", "permit tcp any", "permit tcp any any eq", "permit ip 10.0.0.0 any", "deny"]
)
def test_what_is_no_line(text: str) -> None:
    with pytest.raises(UnreadableError):
        entry(text)


def test_what_the_model_does_not_have_is_open() -> None:
    match = entry("permit ip any any dscp ef").match
    assert [holds(match, packet("1.1.1.1", "2.2.2.2"), {match.key: v}) for v in (True, False)] == [True, False]  # type: ignore[union-attr]


def groups(**members: list[str]) -> Groups:
    made = Groups()
    for name, texts in members.items():
        group = made.group(name, SPAN)
        for text in texts:
            network_member(tuple(text.split()), group, wildcards=False)
    return made


def test_groups_of_addresses_nest() -> None:
    made = groups(
        A=["10.0.0.0 255.255.255.0", "group-object B"],
        B=["host 192.0.2.9", "range 192.0.2.20 192.0.2.22", "10.9.0.0/16"],
    )
    match = made.network("A", Field.SRC, SPAN)
    assert not made.missing
    known = match.parts[0].values if isinstance(match.parts[0], In) else Intervals()  # type: ignore[union-attr]
    assert format_addresses(known) == ["10.9.0.0/16", "192.0.2.9", "192.0.2.20-192.0.2.22"]


def test_a_group_in_itself_and_one_that_is_missing_are_open() -> None:
    made = groups(A=["group-object B"], B=["group-object A", "host 10.0.0.1"], C=["group-object NONE"])
    for name in ("A", "C"):
        made.network(name, Field.SRC, SPAN)
    assert set(made.missing) == {"A", "C"}


def test_groups_of_services() -> None:
    made = Groups()
    group = made.group("S", SPAN)
    for text in ("tcp eq www", "udp range 100 200", "tcp-udp source gt 1023 eq 53", "icmp echo", "esp"):
        service_member(tuple(text.split()), group)
    match = made.service("S", True, LATER, SPAN)
    assert not made.missing
    for what, expected in (("tcp/80", True), ("udp/150", True), ("udp/53", True), ("icmp/8", True), ("esp", True)):
        assert holds(match, packet("1.1.1.1", "2.2.2.2", what), {}) is expected
    assert not holds(match, packet("1.1.1.1", "2.2.2.2", "tcp/53", sport=99), {})


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30), st.integers(0, 30)), max_size=40), st.integers(0, 31))
def test_a_list_as_one_condition_is_the_first_line_that_matches(asked: list[tuple[bool, int, int]], port: int) -> None:
    known = AccessList("A", False, SPAN)
    for permit, low, high in asked:
        match = In(Field.DPORT, Intervals.span(min(low, high), max(low, high)))
        known.add(Entry(permit, match, SPAN, ""))
    decided = next((permit for permit, low, high in asked if min(low, high) <= port <= max(low, high)), False)
    assert holds(known.permitted(), packet("1.1.1.1", "2.2.2.2", f"tcp/{port}"), {}) is decided


def test_a_mode_may_be_left_by_its_command() -> None:
    shape, ledger = lines("ip access-list extended A\n permit ip any any\n exit\ninterface Gi0/0\n exit\n shutdown")
    assert shape == ["ip access-list extended A", ">permit ip any any", "interface Gi0/0", ">shutdown"]
    assert ledger.close().ignored == {LEAVES: 2}


@pytest.mark.parametrize(
    "text",
    [
        "hostname r\nline 0/0/0\nline vty 0 4\n access-class 10 in vrf-also\n transport input ssh telnet",
        "interface Virtual-Template1 type tunnel\ninterface Serial0/0/0.100 point-to-point\ninterface Port-channel 1",
        "interface Gi0/1\n ip address 10.1.0.1 255.255.255.0\n ip address 10.2.0.1 255.255.255.0 secondary",
        "interface GigabitEthernet0/1\n encapsulation dot1Q 10 native\n standby 1 ip 10.1.0.9 secondary",
        "interface GigabitEthernet0/1\n switchport trunk native vlan 99\n switchport trunk allowed vlan add 5-9,11",
        "version 15.2\nntp server 10.1.0.1 prefer source Vlan1\nlogging host 10.1.0.2 transport udp port 5514",
        "version 15.2\nsnmp-server community open RO 10\nusername a privilege 15 secret 9 x\nenable secret 9 y",
    ],
)
def test_commands_as_devices_write_them_are_whole(text: str) -> None:
    account = cisco_ios.PLUGIN.parse(Source("f", tuple(text.splitlines())), "r").account
    assert not [m for m in account.not_understood if m.reason.startswith(not_whole(""))]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("interface GigabitEthernet0/1\n ip address 10.1.0.1 255.255.255.0 tertiary", 2),
        ("access-list 10 permit any\ninterface GigabitEthernet0/1\n ip access-group 10 in sometimes", 3),
        ("interface GigabitEthernet0/1\n encapsulation dot1Q 4095", 2),
        ("interface GigabitEthernet0/1\n switchport trunk very allowed vlan 5", 2),
        ("interface GigabitEthernet0/1\n shutdown later", 2),
        ("zone-pair security p source a destination b unless", 1),
        ("access-list 10 permit any\nline vty 0 4\n access-class 10 in always", 3),
    ],
)
def test_a_word_or_number_too_much_is_said(text: str, line: int) -> None:
    parsed = cisco_ios.PLUGIN.parse(Source("f", tuple(text.splitlines())), "r")
    assert line in {m.span.first for m in parsed.account.not_understood}
    assert line in {m.span.first for m in parsed.devices[0].uncertain}
