"""The traps of nftables against the Linux kernel: what it does with a packet is among what the parser says.

Skipped where namespaces cannot be made. Each case is a ruleset and packets; the kernel is the truth, and nft's own
listings, text and JSON, must be read as the ruleset itself is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from tests.parsers import nftables_wire
from tests.parsers.iptables_run import outcomes, packet
from tests.parsers.nftables_wire import NftWire
from zoneguard.model.device import Device
from zoneguard.model.match import ConnState
from zoneguard.model.packet import Packet
from zoneguard.parsers import Source, nftables, nftables_json

REASON = nftables_wire.unavailable()
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON)

SYN, ACK, FIN, RST = 2, 16, 1, 4
TCP = packet(proto=6, sport=1111, dport=80, flags=SYN)
UDP = packet(proto=17, sport=2222, dport=53)
PING = packet(proto=1, icmp=8 << 8)
TIMESTAMP = packet(proto=1, icmp=13 << 8)
GRE = packet(proto=47)
FRAGMENT = packet(proto=17, fragment=1)
INVALID = ConnState.INVALID
KINDS = (TCP, UDP, PING, GRE)


def at(dst: str = "10.2.0.2", **fields: int) -> Packet:
    return replace(packet(dst=dst, sport=3333, dport=80, flags=SYN), **fields)


def forward(*rules: str, more: str = "", family: str = "inet") -> str:
    """A table with a forward chain that drops, and ``more`` in it."""
    text = "\n".join(rules)
    return (
        f"table {family} t {{\n{more}\nchain f {{\ntype filter hook forward priority 0; policy drop;\n{text}\n}}\n}}\n"
    )


def base(name: str, hook: str, priority: str, *rules: str, kind: str = "filter", policy: str = "accept") -> str:
    """A base chain in a table of its own."""
    text = "\n".join(rules)
    return (f"table inet {name} {{\nchain c {{\ntype {kind} hook {hook} priority {priority}; policy {policy};\n"
            f"{text}\n}}\n}}\n")  # fmt: skip


NAT = "prerouting", "dstnat"
CASES = {
    "accept ends its base chain only": (
        base("a", "forward", "-10", "accept") + base("b", "forward", "10", "udp dport 53 accept", policy="drop"),
        KINDS,
    ),
    "drop is final": (
        base("a", "forward", "-10", "tcp dport 80 drop") + base("b", "forward", "10", "accept"),
        KINDS,
    ),
    "priority decides, not the order of the file": (
        base("a", "forward", "10", "meta mark 7 drop")
        + base("b", "forward", "-10", "meta l4proto tcp meta mark set 7"),
        KINDS,
    ),
    "prerouting before forward before postrouting": (
        base("a", "postrouting", "-300", "meta mark 3 drop")
        + base("b", "forward", "300", "meta mark 2 meta mark set 3")
        + base("c", "prerouting", "300", "udp dport 53 meta mark set 2"),
        KINDS,
    ),
    "return in a base chain is its policy": (forward("return", "accept"), [TCP]),
    "after goto a return goes on behind the caller": (
        forward("goto x", "accept", more="chain x { udp dport 53 accept\nreturn\n}"),
        [TCP, UDP],
    ),
    "goto in a called chain returns to the caller's caller": (
        forward(
            "jump x",
            "meta l4proto tcp accept",
            more="chain y { meta l4proto icmp accept\n}\nchain x { goto y\nmeta l4proto udp accept\n}",
        ),
        KINDS,
    ),
    "after jump the next rule is asked": (
        forward("jump x", "accept", more="chain x { meta l4proto udp drop\n}"),
        KINDS,
    ),
    "verdict map": (
        forward(
            "meta l4proto vmap { tcp : jump x, udp : accept, icmp : goto y }",
            "accept",
            more="chain x { tcp dport 80 drop\n}\nchain y { return\n}",
        ),
        [*KINDS, at(dport=81)],
    ),
    "verdict map with everything else": (
        forward("tcp dport vmap { 80 : drop, 81-90 : continue, * : accept }", "tcp dport 82 accept"),
        [*KINDS, *(at(dport=p) for p in (81, 82, 99))],
    ),
    "named verdict map with intervals": (
        forward(
            "ip daddr vmap @m",
            more="map m { type ipv4_addr : verdict; flags interval;\n"
            "elements = { 10.2.0.0/16 : accept, 10.9.0.0-10.9.0.255 : drop, * : jump x }\n}\nchain x { accept\n}",
        ),
        [TCP, at("10.9.0.1"), at("10.9.1.1")],
    ),
    "concatenation": (
        forward("ip saddr . ip daddr . tcp dport { 10.1.0.2 . 10.2.0.2 . 80, 10.1.0.3 . 10.9.0.1 . 80 } accept"),
        [TCP, UDP, at("10.9.0.1"), at(dport=81)],
    ),
    "concatenation of intervals": (
        forward(
            "ip daddr . tcp dport @s accept",
            more="set s { type ipv4_addr . inet_service; flags interval;\n"
            "elements = { 10.9.0.0/24 . 1-79, 10.2.0.0-10.2.0.9 . 80 }\n}",
        ),
        [TCP, at("10.9.0.1"), at("10.9.0.1", dport=79), at("10.9.1.1", dport=5)],
    ),
    "negated concatenation keeps the protocol": (
        forward("ip daddr . tcp dport != { 10.2.0.2 . 80 } accept"),
        [TCP, UDP, at(dport=81)],
    ),
    "protocol and port": (
        forward("meta l4proto . th dport { tcp . 80, udp . 53 } accept"),
        [*KINDS, at(dport=53), replace(UDP, dport=80)],
    ),
    "th after its protocols": (forward("meta l4proto { tcp, udp } th dport 53 accept"), [*KINDS, at(dport=53)]),
    "th is ordered": (
        forward("meta l4proto { tcp, udp } th dport < 60 accept", "meta l4proto tcp th dport >= 80 accept"),
        [*KINDS, at(dport=79), at(dport=9000)],
    ),
    "!= of a port keeps its protocol": (forward("tcp dport != 80 accept"), [*KINDS, at(dport=81)]),
    "!= of an address in inet": (
        forward("ip saddr != 10.1.0.2 accept", "ip daddr != 10.9.0.1 udp dport 53 accept"),
        KINDS,
    ),
    "!= of a named set": (
        forward("ip daddr != @s accept", more="set s { type ipv4_addr; elements = { 10.2.0.2 }\n}"),
        [TCP, at("10.9.0.1")],
    ),
    "IPv6 rules say nothing of IPv4": (
        forward("ip6 saddr != ::1 accept", "meta nfproto ipv6 accept", "meta protocol ip udp dport 53 accept"),
        KINDS,
    ),
    "masks with holes": (forward("ip daddr & 255.0.0.255 == 10.0.0.2 accept"), [TCP, at("10.9.0.1"), at("10.9.7.2")]),
    "ranges": (
        forward(
            "ip daddr 10.2.0.1-10.2.0.9 tcp dport 80-90 accept", "tcp sport > 5000 accept", "udp dport <= 53 accept"
        ),
        [TCP, UDP, at(dport=99), at(dport=99, sport=6000)],
    ),
    "flags": (
        forward("tcp flags & (fin|syn|rst|ack) == syn accept"),
        [TCP, at(flags=ACK), at(flags=SYN | ACK), at(flags=SYN | 32)],
    ),
    "some flag": (forward("tcp flags syn,fin accept"), [TCP, at(flags=ACK), at(flags=FIN | ACK)]),
    "exactly these flags": (forward("tcp flags == syn accept"), [TCP, at(flags=SYN | ACK)]),
    "not exactly these flags": (forward("tcp flags != syn accept"), [TCP, UDP, at(flags=SYN | ACK)]),
    "none of the flags": (forward("tcp flags ! fin,rst accept"), [TCP, UDP, at(flags=FIN | SYN), at(flags=RST)]),
    "a set of flags": (forward("tcp flags { syn, syn|ack } accept"), [TCP, at(flags=SYN | ACK), at(flags=SYN | FIN)]),
    "icmp": (forward("icmp type { echo-request, 9 } accept", "icmp code 1 drop"), [PING, TIMESTAMP, TCP]),
    "icmp type and code": (
        forward("icmp type . icmp code { echo-request . 0, 13 . 1 } accept"),
        [PING, TIMESTAMP, packet(proto=1, icmp=8 << 8 | 1)],
    ),
    "interfaces": (forward('iifname "eth*" oifname != "eth0" accept'), KINDS),
    "interfaces by number": (forward('iif "eth0" oif { "eth1", "lo" } udp dport 53 accept'), KINDS),
    "no outgoing interface before routing": (
        base("a", "prerouting", "0", 'oifname "eth1" tcp dport 80 drop', 'oifname != "eth1" udp dport 53 drop'),
        KINDS,
    ),
    "one chain from two hooks": (
        'table inet t {\nchain x {\noifname "eth1" drop\n}\n'
        "chain p {\ntype filter hook prerouting priority 0;\nmeta l4proto tcp jump x\n}\n"
        "chain f {\ntype filter hook forward priority 0;\nmeta l4proto udp jump x\n}\n}\n",
        KINDS,
    ),
    "states": (forward("ct state established,related accept", "ct state new tcp dport 80 accept"), KINDS),
    "not these states": (
        forward("ct state != established | related udp dport 53 accept", "ct state != new accept"),
        KINDS,
    ),
    "a state by its bit": (
        forward("ct state & new == new udp dport 53 accept", "ct state & invalid != invalid tcp dport 80 accept"),
        KINDS,
    ),
    "a status by its bit": (
        base("a", *NAT, "tcp dport 80 dnat ip to 10.9.0.1", kind="nat")
        + forward("ct status & dnat == dnat accept", "ct status & dnat != dnat udp dport 53 accept"),
        KINDS,
    ),
    "marks are ordered where sessions have some": (
        base("a", "prerouting", "mangle", "meta mark set ct mark", "meta l4proto tcp meta mark set 5")
        + forward("meta mark > 4 accept", "meta mark <= 0 udp dport 53 accept"),
        KINDS,
    ),
    "states by map": (
        forward("ct state vmap { invalid : drop, new : jump x }", more="chain x { tcp dport 80 accept\n}"),
        KINDS,
    ),
    "nothing is tracked in raw": (
        base(
            "a",
            "prerouting",
            "raw",
            "tcp dport 80 ct state new drop",
            "udp dport 53 ct state invalid drop",
            "meta l4proto icmp ct mark != 5 drop",
        )
        + base("b", "forward", "0", "ct state new accept"),
        KINDS,
    ),
    "notrack": (
        base("a", "prerouting", "raw", "udp dport 53 notrack")
        + base("b", "forward", "0", "ct state untracked accept", "tcp dport 80 ct state new accept", policy="drop"),
        KINDS,
    ),
    "what is not tracked is not translated": (
        base("a", "prerouting", "raw", "udp dport 53 notrack") + base("b", *NAT, "dnat ip to 10.9.0.1", kind="nat"),
        [TCP, UDP],
    ),
    "marks": (
        base(
            "a",
            "prerouting",
            "mangle",
            "meta l4proto tcp meta mark set 0x13",
            "meta mark set meta mark & 0xf2 | 0x30",
            "meta l4proto udp meta mark set meta mark ^ 0x11",
        )
        + forward("meta mark 0x32 accept", "meta mark & 0x30 == 0x20 accept", "meta mark 0x40-0x50 accept"),
        KINDS,
    ),
    "a mark set before a condition that fails stays": (
        base("a", "prerouting", "mangle", "meta mark set 7 tcp dport 80 accept") + forward("meta mark 7 accept"),
        KINDS,
    ),
    "what a rule asked before it set the mark is not asked again": (
        forward("meta mark 0 meta mark set 7 udp dport 53 accept", "meta mark 7 tcp dport 80 accept"),
        KINDS,
    ),
    "a rule that sets the mark it asked for and returns": (
        base("a", "prerouting", "mangle", "meta mark 0 meta mark set 7 udp dport 53 return", "meta mark set 8")
        + forward("meta mark 7 udp dport 53 accept", "meta mark 8 tcp dport 80 accept"),
        KINDS,
    ),
    "a rule that sets the mark it asked for and goes to a chain that returns": (
        base("a", "prerouting", "mangle", "jump b", "meta mark 3 meta mark set 4").replace(
            "chain c {",
            "chain b {\nmeta mark 0 meta mark set 1 meta l4proto tcp goto d\nmeta mark 1 meta mark set 2 "
            "meta mark 2 meta l4proto udp return\nmeta mark set 9\n}\nchain d {\nmeta mark 1 meta mark set 3\n}\n"
            "chain c {",
        )
        + forward("meta mark 4 meta l4proto tcp accept", "meta mark 2 udp dport 53 accept", "meta mark 9 accept"),
        KINDS,
    ),
    "chains called by mark that change the mark": (
        forward(
            "meta mark vmap { 0 : jump x, 1 : jump y, 2 : goto z }",
            "meta mark 1 meta l4proto { tcp, icmp } accept",
            more="chain x {\nmeta l4proto tcp meta mark set 1\nmeta l4proto udp meta mark set 2\n"
            "meta l4proto icmp meta mark set 1\n}\nchain y {\nicmp type echo-request drop\nmeta mark set 0\n}\n"
            "chain z {\naccept\n}",
        ),
        KINDS,
    ),
    "chains called by state that stop the tracking": (
        base(
            "a", "prerouting", "raw", "ct state vmap { invalid : jump x, untracked : jump y }", "tcp dport 80 notrack"
        ).replace("chain c {", "chain x {\nudp dport 53 notrack\n}\nchain y {\ndrop\n}\nchain c {")
        + base("b", "prerouting", "-290", "ct state untracked tcp dport 80 drop"),
        KINDS,
    ),
    "a state is asked once where the rule stops the tracking": (
        base("a", "prerouting", "raw", "ct state invalid notrack udp dport 53 drop"),
        KINDS,
    ),
    "marks from a map, and on": (
        base("a", "prerouting", "mangle", "meta mark set tcp dport map { 80 : 5, 81 : 6 } accept", "meta mark set 7")
        + forward("meta mark 5 accept", "meta mark 7 accept"),
        [*KINDS, at(dport=81), at(dport=82)],
    ),
    "marks from a map": (
        base("a", "prerouting", "mangle", "meta mark set tcp dport map { 80 : 5, 81 : 6 }")
        + forward("meta mark 5 accept"),
        [*KINDS, at(dport=81), at(dport=82)],
    ),
    "a rule ends where there is no session to take the mark from": (
        forward("meta mark set ct mark accept", "tcp dport 80 accept"),
        [*KINDS, at(flags=FIN | ACK, state=INVALID), at(flags=RST, dport=81, state=INVALID)],
    ),
    "a rule ends where there is nothing to hash": (
        base("a", *NAT, "dnat ip to jhash ip saddr . tcp dport mod 2 map { 0 : 10.9.0.1, 1 : 10.9.0.1 }", kind="nat"),
        KINDS,
    ),
    "a mark of a hash": (forward("meta mark set jhash ip saddr . udp dport mod 2 accept"), KINDS),
    "a rule ends where the header is not there that it would change": (
        forward("ip6 hoplimit set 9 accept", "ip ttl set 9 udp dport 53 accept"),
        KINDS,
    ),
    "a new session has mark zero": (
        base("a", "prerouting", "mangle", "meta mark set 7", "meta mark set ct mark")
        + forward("meta mark 0 ct mark 0 ct direction original accept"),
        [TCP],
    ),
    "DNAT with a port": (
        base("a", *NAT, "tcp dport 80 dnat ip to 10.9.0.1:8080", kind="nat")
        + forward(
            "ip daddr 10.9.0.1 tcp dport 8080 ct status dnat ct original ip daddr 10.2.0.2 ct original proto-dst 80 "
            "ct reply ip saddr 10.9.0.1 accept"
        ),
        [TCP, at(dport=81)],
    ),
    "a chain of type nat comes when translation does, whatever its priority": (
        base("a", "prerouting", "300", "tcp dport 80 dnat ip to 10.9.0.1", kind="nat")
        + base("b", "prerouting", "-50", "ip daddr 10.9.0.1 drop"),
        [TCP, UDP],
    ),
    "of two chains the lower priority translates": (
        base("a", "prerouting", "5", "dnat ip to 10.9.0.5", kind="nat")
        + base("b", "prerouting", "-5", "tcp dport 80 dnat ip to 10.9.0.1", kind="nat"),
        [TCP, UDP],
    ),
    "accept in one nat chain leaves it to the next": (
        base("a", "prerouting", "-5", "tcp dport 80 accept", kind="nat")
        + base("b", "prerouting", "5", "dnat ip to 10.9.0.1", kind="nat"),
        [TCP, UDP],
    ),
    "nat in a table of one family": (
        "table ip n {\nchain c {\ntype nat hook prerouting priority dstnat;\ndnat to 10.9.0.1\n}\n}\n",
        [TCP, UDP],
    ),
    "DNAT by a map": (
        base("a", *NAT, "dnat ip to tcp dport map { 80 : 10.9.0.1, 81 : 10.9.0.2 }", kind="nat")
        + base("b", "prerouting", "0", "udp dport 53 drop"),
        [TCP, UDP, at(dport=81), at(dport=82)],
    ),
    "DNAT by a map of addresses and ports": (
        base("a", *NAT, "dnat ip to ip daddr . tcp dport map { 10.2.0.2 . 80 : 10.9.0.1 . 8080 }", kind="nat"),
        [TCP, at(dport=81)],
    ),
    "DNAT of a prefix": (
        base("a", *NAT, "dnat ip prefix to ip daddr map { 10.2.0.0/24 : 10.9.3.0/24 }", kind="nat"),
        [TCP, UDP],
    ),
    "SNAT": (base("a", "postrouting", "srcnat", "tcp dport 80 snat ip to 192.0.2.7:4000", kind="nat"), [TCP, UDP]),
    "SNAT of a prefix": (
        base("a", "postrouting", "srcnat", "snat ip prefix to ip saddr map { 10.1.0.0/24 : 192.0.2.0/24 }", kind="nat"),
        [TCP, PING],
    ),
    "policy of a nat chain, where anything makes the kernel track": (
        base("a", *NAT, "tcp dport 80 accept", kind="nat", policy="drop")
        + base("b", "forward", "0", "ct state invalid drop"),
        KINDS,
    ),
    "policy of one of two nat chains": (
        base(
            "a",
            "prerouting",
            "-5",
            "tcp dport 80 accept",
            "udp dport 53 dnat ip to 10.9.0.7",
            kind="nat",
            policy="drop",
        )
        + base("b", "prerouting", "5", "dnat ip to 10.9.0.1", kind="nat"),
        KINDS,
    ),
    "two chains of source translation": (
        base("a", "postrouting", "90", "tcp dport 80 accept", "udp dport 53 snat ip to 192.0.2.1", kind="nat")
        + base("b", "postrouting", "110", "snat ip to 192.0.2.2", kind="nat"),
        KINDS,
    ),
    "limit may hold": (forward("limit rate 1/hour burst 1 packets accept"), [TCP, UDP]),
    "adding to a set may fail": (
        forward("add @s { ip saddr } accept", more="set s { type ipv4_addr; flags dynamic; size 9;\n}"),
        [TCP],
    ),
    "reject": (forward("reject", "accept"), [TCP, UDP]),
    "reject with an answer of one family": (
        forward("meta nfproto ipv6 reject", "reject with icmpv6 type no-route", "accept"),
        [TCP, UDP],
    ),
    "reject with a reset may hide its family": (
        forward("meta nfproto ipv6 reject with tcp reset", "accept"),
        [TCP, UDP],
    ),
    "reject with a reset, counted, shows it": (
        forward("meta nfproto ipv6 counter reject with tcp reset", "accept"),
        [TCP, UDP],
    ),
    "reject with a reset is of TCP only": (forward("reject with tcp reset", "accept", family="ip"), [TCP, UDP]),
    "reject with a reset, of TCP that is asked for": (
        forward("meta mark 0 meta l4proto tcp reject with tcp reset", "accept", family="ip"),
        [TCP, UDP],
    ),
    "types of addresses": (
        forward("fib daddr type unicast tcp dport 80 accept", "fib daddr type multicast accept"),
        KINDS,
    ),
    "ethernet type and version": (forward("ether type ip ip version 4 tcp dport 80 accept"), KINDS),
    "fragments": (forward("ip frag-off & 0x1fff != 0 drop", "accept"), KINDS),
    "ports of a later fragment": (forward("udp dport 9 drop", "udp dport != 53 accept"), [FRAGMENT]),
    "the protocol of a later fragment": (forward("meta l4proto tcp drop", "meta l4proto udp accept"), [FRAGMENT]),
    "a device's own hook": (
        'table netdev n {\nchain c {\ntype filter hook ingress device "eth0" priority 0;\nudp dport 53 drop\n}\n}\n',
        KINDS,
    ),
}
OPEN = {
    "ports of a later fragment",
    "limit may hold",
    "adding to a set may fail",
    "types of addresses",
    "reject with a reset may hide its family",
}


@pytest.fixture(scope="module")
def wire() -> Iterator[NftWire]:
    yield from nftables_wire.opened()


@pytest.mark.parametrize("name", CASES)
def test_the_kernel_does_what_the_parser_says(wire: NftWire, name: str) -> None:
    ruleset, packets = CASES[name]
    try:
        wire.load(ruleset)
    except RuntimeError as error:
        if "not supported" not in str(error) and "No such file" not in str(error):
            raise
        pytest.skip("this kernel lacks a part of it")
    for device in (as_text(ruleset), as_text(wire.listed())):
        _compare(wire, device, packets, undecided=name in OPEN)
    in_json = nftables_json.parse(Source("rules.json", tuple(wire.listed("-j").splitlines())), "box")
    whole = not in_json.account.not_understood
    assert whole or "device that is not named" in in_json.account.not_understood[0].reason  # nft 1.0.6 leaves it out
    _compare(wire, in_json.devices[0], packets, undecided=name in OPEN or not whole)


def as_text(text: str) -> Device:
    parsed = nftables.parse(Source("rules.nft", tuple(text.splitlines())), "box")
    assert not parsed.account.not_understood
    return parsed.devices[0]


def _compare(wire: NftWire, device: Device, packets: Sequence[Packet], undecided: bool = False) -> None:
    for sent in packets:
        expected = {_shown(p) for p in outcomes(device, sent)}
        got = _shown(wire.send(sent))
        assert got in expected, str(sent)
        assert undecided or len(expected) == 1, str(sent)


def _shown(p: Packet | None) -> tuple[int, ...] | None:
    """What can be seen of a packet on the wire."""
    return None if p is None else (p.src, p.dst, p.sport, p.dport)


@pytest.mark.parametrize(
    "ruleset",
    [
        forward("jump nowhere"),
        forward("ip saddr @nothing accept"),
        forward("jump a", more="chain b { jump a\n}\nchain a { jump b\n}"),
        base("a", "forward", "0", "dnat ip to 10.9.0.1"),
        base("a", "postrouting", "srcnat", "dnat ip to 10.9.0.1", kind="nat"),
        forward("ct state sleepy accept"),
        forward("tcp dport 90-80 accept"),
        forward("ip saddr 300.1.1.1 accept"),
        "table inet t {\nchain f {\ntype filter hook sideways priority 0;\n}\n}\n",
    ],
)
def test_what_nft_refuses_is_not_understood(wire: NftWire, ruleset: str) -> None:
    with pytest.raises(RuntimeError):
        wire.load(ruleset)
    assert nftables.parse(Source("rules.nft", tuple(ruleset.splitlines())), "box").account.not_understood
