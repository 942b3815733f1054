"""What a file says twice, and what it says and takes back: never silently the one or the other."""

from __future__ import annotations

import pytest

from zoneguard.model.addresses import parse_address
from zoneguard.model.device import Concern, Misunderstood
from zoneguard.model.packet import Packet
from zoneguard.parsers import Parsed, Source
from zoneguard.parsers._indented.wholeness import INSIDE, SECOND
from zoneguard.parsers.accounting import TAKEN_BACK
from zoneguard.parsers.reading import parser_named
from zoneguard.static.trace import Disposition, Trace, trace_packet


def read(name: str, text: str) -> Parsed:
    return parser_named(name).parse(Source("d.conf", tuple(text.strip("\n").split("\n"))), "d")


def traced(parsed: Parsed, src: str, dst: str) -> Trace:
    return trace_packet(parsed.devices, Packet(parse_address(src), parse_address(dst), 6, 50000, 80))


def found(parsed: Parsed, reason: str) -> list[Misunderstood]:
    return [m for device in parsed.devices for m in device.uncertain if m.reason == reason]


TWICE = {
    "cisco-ios": (
        "hostname r\ninterface Vlan10\n ip address 10.1.0.1 255.255.255.0\ninterface Vlan20\n"
        " ip address 10.2.0.1 255.255.255.0\ninterface Vlan10\n ip address {} 255.255.255.0\nend"
    ),
    "cisco-nxos": (
        "version 9.3(5)\nfeature interface-vlan\ninterface Vlan10\n  no shutdown\n  ip address 10.1.0.1/24\n"
        "interface Vlan20\n  no shutdown\n  ip address 10.2.0.1/24\ninterface Vlan10\n  ip address {}/24"
    ),
    "cisco-asa": (
        "ASA Version 9.14(2)\ninterface GigabitEthernet0/0\n nameif inside\n ip address 10.1.0.1 255.255.255.0\n"
        "interface GigabitEthernet0/1\n nameif outside\n ip address 10.2.0.1 255.255.255.0\n"
        "interface GigabitEthernet0/0\n ip address {} 255.255.255.0"
    ),
    "nec-ix": (
        "interface GigaEthernet0.0\n  ip address 10.1.0.1/24\n  no shutdown\ninterface GigaEthernet1.0\n"
        "  ip address 10.2.0.1/24\n  no shutdown\ninterface GigaEthernet0.0\n  ip address {}/24"
    ),
    "yamaha": "ip lan1 address 10.1.0.1/24\nip lan2 address 10.2.0.1/24\nip lan1 address {}/24",
    "awplus": (
        "interface vlan10\n ip address 10.1.0.1/24\ninterface vlan20\n ip address 10.2.0.1/24\n"
        "interface vlan10\n ip address {}/24"
    ),
    "alaxala": (
        "interface vlan 10\n  ip address 10.1.0.1 255.255.255.0\ninterface vlan 20\n"
        "  ip address 10.2.0.1 255.255.255.0\ninterface vlan 10\n  ip address {} 255.255.255.0"
    ),
    "sir": "lan 0 ip address 10.1.0.1/24 3\nlan 1 ip address 10.2.0.1/24 3\nlan 0 ip address {}/24 3",
    "fortios": (
        'config system interface\nedit "port1"\nset ip 10.1.0.1 255.255.255.0\nnext\nedit "port2"\n'
        'set ip 10.2.0.1 255.255.255.0\nnext\nedit "port1"\nset ip {} 255.255.255.0\nnext\nend'
    ),
}


@pytest.mark.parametrize("name", TWICE)
def test_an_interface_twice_with_two_addresses_is_said_with_the_line(name: str) -> None:
    text = TWICE[name].format("10.9.0.1")
    (doubt,) = found(read(name, text), SECOND)
    assert (doubt.concern, doubt.bounded) == (Concern.INTERFACE, False)
    assert "10.9.0.1" in doubt.text
    assert traced(read(name, text), "10.2.0.5", "198.51.100.1").disposition is Disposition.UNDETERMINED


@pytest.mark.parametrize("name", TWICE)
def test_an_interface_twice_with_the_same_address_is_no_doubt(name: str) -> None:
    assert not found(read(name, TWICE[name].format("10.1.0.1")), SECOND)


SECONDARY = {
    # as IOS writes them: the secondary addresses first
    "cisco-ios": (
        "interface Vlan10\n ip address 10.1.1.1 255.255.255.0 secondary\n ip address 10.1.2.1 255.255.255.0 secondary\n"
        " ip address 10.1.0.1 255.255.255.0\ninterface Vlan20\n ip address 10.2.0.1 255.255.255.0"
    ),
    "nec-ix": (
        "interface GigaEthernet0.0\n  ip address 10.1.1.1/24 secondary\n  ip address 10.1.2.1/24 secondary\n"
        "  ip address 10.1.0.1/24\n  no shutdown\ninterface GigaEthernet1.0\n  ip address 10.2.0.1/24\n  no shutdown"
    ),
}


@pytest.mark.parametrize("name", SECONDARY)
def test_secondary_addresses_before_the_primary_one_stay(name: str) -> None:
    parsed = read(name, SECONDARY[name])
    assert not parsed.devices[0].uncertain
    assert len(parsed.devices[0].interfaces[0].addresses) == 3
    for third in range(3):
        assert traced(parsed, f"10.1.{third}.5", "10.2.0.5").disposition is Disposition.DELIVERED


def test_nec_ix_takes_the_addresses_of_one_version_back() -> None:
    parsed = read(
        "nec-ix",
        "interface GigaEthernet0.0\n  ip address 10.1.0.1/24\n  ipv6 address 2001:db8::1/64\n  no ip address\n"
        "  ip address 10.3.0.1/24\n  no shutdown",
    )
    assert [str(a.length) for a in parsed.devices[0].interfaces[0].addresses] == ["64", "24"]
    assert not found(parsed, SECOND)


IOS = (
    "hostname r\ninterface Vlan10\n ip address 10.1.0.1 255.255.255.0\n ip access-group X in\ninterface Vlan20\n"
    " ip address 10.2.0.1 255.255.255.0\nobject-group network G\n host 10.1.0.5\nip access-list extended X\n"
    " 10 deny ip object-group G any\n 20 permit ip any any\n"
)
NXOS = (
    "version 9.3(5)\nfeature interface-vlan\nip access-list X\n  10 deny ip any any\ninterface Vlan10\n  no shutdown\n"
    "  ip access-group X in\n  ip address 10.1.0.1/24\ninterface Vlan20\n  no shutdown\n  ip address 10.2.0.1/24\n"
)
ASA = (
    "ASA Version 9.14(2)\ninterface GigabitEthernet0/0\n nameif inside\n security-level 100\n"
    " ip address 10.1.0.1 255.255.255.0\ninterface GigabitEthernet0/1\n nameif outside\n security-level 0\n"
    " ip address 10.2.0.1 255.255.255.0\nobject-group network G\n network-object host 10.1.0.5\n"
    "access-list X extended deny ip object-group G any\naccess-list X extended permit ip any any\n"
    "access-group X in interface inside\n"
)
AWPLUS = (
    "access-list hardware X\n 10 deny ip any any\nzone a\n network n\n  ip subnet 10.1.0.0/24\n"
    "zone b\n network n\n  ip subnet 10.2.0.0/24\nfirewall\n rule 10 deny any from a to b\n protect\n"
    "vlan database\n vlan 10,20 state enable\nvlan access-map m\n match access-group X\n"
    "vlan filter m vlan-list 10 input\n"
    "interface vlan10\n ip address 10.1.0.1/24\ninterface vlan20\n ip address 10.2.0.1/24\n"
)
ALAXALA = (
    "interface vlan 10\n  ip address 10.1.0.1 255.255.255.0\n  ip access-group X in\ninterface vlan 20\n"
    "  ip address 10.2.0.1 255.255.255.0\nip access-list extended X\n  10 deny ip any any\n"
)
NEC = (
    "ip access-list X deny ip src any dest any\ninterface GigaEthernet0.0\n  ip address 10.1.0.1/24\n"
    "  ip filter X 1 in\n  no shutdown\ninterface GigaEthernet1.0\n  ip address 10.2.0.1/24\n  no shutdown\n"
)
YAMAHA = (
    "ip lan1 address 10.1.0.1/24\nip lan2 address 10.2.0.1/24\nip filter 1 reject * *\nip lan1 secure filter in 1\n"
    "lan shutdown lan3\npp select 1\n pp enable 1\ntunnel select 1\n tunnel enable 1\n"
)


@pytest.mark.parametrize(
    ("name", "text", "more"),
    [
        ("cisco-ios", IOS, "interface Vlan10\n no ip access-group X in"),
        ("cisco-ios", IOS, "interface Vlan10\n no ip access-group"),
        ("cisco-ios", IOS, "object-group network G\n no host 10.1.0.5"),
        ("cisco-nxos", NXOS, "interface Vlan10\n  no ip access-group X in"),
        ("cisco-nxos", NXOS, "interface Vlan10\n  no ip address"),
        ("cisco-asa", ASA, "interface GigabitEthernet0/0\n no security-level"),
        ("cisco-asa", ASA, "object-group network G\n no network-object host 10.1.0.5"),
        ("awplus", AWPLUS, "access-list hardware X\n no 10"),
        ("awplus", AWPLUS, "access-list hardware X\n no deny ip any any"),
        ("awplus", AWPLUS, "zone a\n network n\n  no ip subnet 10.1.0.0/24"),
        ("awplus", AWPLUS, "firewall\n no rule 10"),
        ("awplus", AWPLUS, "no vlan filter m vlan-list 10 input"),
        ("alaxala", ALAXALA, "ip access-list extended X\n  no 10"),
        ("alaxala", ALAXALA, "ip access-list extended X\n  no 10 deny ip any any\n  20 deny ip any any"),
        ("nec-ix", NEC, "no ip access-list X"),
        ("nec-ix", NEC, "interface GigaEthernet0.0\n  no ip filter X 1 in"),
        ("yamaha", YAMAHA, "no ip lan1 secure filter in"),
    ],
)
def test_what_is_taken_back_is_not_in_force_and_no_all_clear(name: str, text: str, more: str) -> None:
    before = traced(read(name, text), "10.1.0.5", "10.2.0.5")
    assert before.disposition is Disposition.DENIED
    after = read(name, text + more)
    (doubt,) = [m for d in after.devices for m in d.uncertain]
    assert (doubt.text.split()[0], doubt.bounded) == ("no", False)
    assert traced(after, "10.1.0.5", "10.2.0.5").disposition is Disposition.UNDETERMINED


@pytest.mark.parametrize(
    ("name", "text", "more"),
    [
        ("cisco-ios", IOS, "interface Vlan30\n no ip address\n no ip access-group Y out\n no switchport nonegotiate"),
        ("cisco-ios", IOS, "interface Vlan20\n description old\n no description"),
        ("cisco-nxos", NXOS, "interface Vlan20\n  no ip redirects"),
        ("cisco-asa", ASA, "interface GigabitEthernet0/2\n no nameif\n no security-level\n no ip address"),
        ("nec-ix", NEC, "interface Loopback0.0\n  no ip address"),
    ],
)
def test_no_of_what_was_never_said_is_a_default(name: str, text: str, more: str) -> None:
    assert not read(name, text + more).account.not_understood


def test_yamaha_switches_interfaces_off_and_on_again() -> None:
    def up(more: str) -> dict[str, bool]:
        parsed = read("yamaha", YAMAHA + more)
        assert not parsed.account.not_understood
        return {i.name: i.enabled for i in parsed.devices[0].interfaces if i.name in ("lan3", "pp1", "tunnel1")}

    assert up("") == {"lan3": False, "pp1": True, "tunnel1": True}
    assert up("no lan shutdown lan3\nno pp enable 1\nno tunnel enable all") == {
        "lan3": True,
        "pp1": False,
        "tunnel1": False,
    }


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("cisco-ios", IOS),
        ("cisco-nxos", NXOS),
        ("cisco-asa", ASA),
        ("awplus", AWPLUS),
        ("alaxala", ALAXALA),
        ("nec-ix", NEC),
    ],
)
def test_a_file_whose_beginning_is_missing_says_so_where_it_begins_inside_a_block(name: str, text: str) -> None:
    lines = text.split("\n")
    whole = read(name, text).devices[0]
    assert not whole.uncertain
    for at, line in enumerate(lines):
        if line.startswith(" ") and any(later[:1].strip() for later in lines[at:]):
            doubts = found(read(name, "\n".join(lines[at:])), INSIDE)
            assert [(d.span.first, d.concern, d.bounded) for d in doubts] == [(1, Concern.FILTER, False)]
    indented = read(name, "\n".join(f"  {line}" for line in lines))  # as a whole, in a mail for example
    assert not found(indented, INSIDE)


def test_a_dump_of_iptables_whose_beginning_is_missing_says_so() -> None:
    parsed = read("iptables", "-A FORWARD -s 10.1.0.0/16 -j ACCEPT\nCOMMIT\n*nat\n:PREROUTING ACCEPT [0:0]\nCOMMIT")
    (doubt,) = parsed.devices[0].uncertain
    assert (doubt.span.first, doubt.text, doubt.concern) == (2, "COMMIT", Concern.FILTER)


def test_a_reason_is_that_of_the_command_where_the_reader_knows_it() -> None:
    assert found(read("cisco-ios", IOS + "interface Vlan10\n no ip access-group X in"), TAKEN_BACK)


def test_no_switchport_with_more_words_leaves_a_port_switched() -> None:
    """``show running-config all`` writes the defaults of a switched port so."""
    text = IOS + "interface GigabitEthernet1/0/1\n switchport mode access\n switchport access vlan 10\n{}"
    for more in ("", " no switchport nonegotiate\n no switchport protected\n"):
        (socket,) = read("cisco-ios", text.format(more)).devices[0].sockets or ()
        assert socket.name == "GigabitEthernet1/0/1"
    assert not read("cisco-ios", text.format(" no switchport\n")).devices[0].sockets
