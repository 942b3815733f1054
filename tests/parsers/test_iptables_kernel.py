"""The traps of iptables against the Linux kernel: what it does with a packet is among what the parser says.

Skipped where namespaces cannot be made. Each case is a ruleset and packets; the kernel is the truth.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from tests.parsers import kernel_wire
from tests.parsers.iptables_run import outcomes, packet
from tests.parsers.kernel_wire import Wire
from zoneguard.model.packet import Packet
from zoneguard.parsers import Source
from zoneguard.parsers.iptables import parse

REASON = kernel_wire.unavailable()
pytestmark = pytest.mark.skipif(bool(REASON), reason=REASON)

SYN, ACK, FIN = 2, 16, 1
TCP = packet(proto=6, sport=1111, dport=80, flags=SYN)
UDP = packet(proto=17, sport=2222, dport=53)
PING = packet(proto=1, icmp=8 << 8)
TIMESTAMP = packet(proto=1, icmp=13 << 8)
GRE = packet(proto=47)
KINDS = (TCP, UDP, PING, GRE)


def table(name: str, *rules: str, policy: str = "") -> str:
    """A table as iptables-save prints it; ``:X`` lines first."""
    chains = [r for r in rules if r.startswith(":")]
    rest = [r for r in rules if not r.startswith(":")]
    return "\n".join([f"*{name}", *([policy] if policy else []), *chains, *rest, "COMMIT", ""])


def forward(*rules: str) -> str:
    return table("filter", *rules, policy=":FORWARD DROP [0:0]")


def at(dst: str = "10.2.0.2", **fields: int) -> Packet:
    return replace(packet(dst=dst, sport=3333, dport=80, flags=SYN), **fields)


CASES = {
    "RETURN in a built-in chain is its policy": (forward("-A FORWARD -j RETURN", "-A FORWARD -j ACCEPT"), [TCP]),
    "after goto a return goes on behind the caller": (
        forward(":X - [0:0]", "-A FORWARD -g X", "-A FORWARD -j ACCEPT", "-A X -p udp -j ACCEPT", "-A X -j RETURN"),
        [TCP, UDP],
    ),
    "goto in a called chain returns to the caller's caller": (
        forward(":X - [0:0]", ":Y - [0:0]", "-A FORWARD -j X", "-A FORWARD -p tcp -j ACCEPT", "-A X -g Y",
                "-A X -p udp -j ACCEPT", "-A Y -p icmp -j ACCEPT"),
        KINDS,
    ),
    "after jump the next rule is asked": (
        forward(":X - [0:0]", "-A FORWARD -j X", "-A FORWARD -j ACCEPT", "-A X -p udp -j DROP"), [TCP, UDP],
    ),
    "negated ports keep their protocol": (forward("-A FORWARD -p tcp ! --dport 80 -j ACCEPT"), [*KINDS, at(dport=81)]),
    "negated protocol": (forward("-A FORWARD ! -p tcp -j ACCEPT"), KINDS),
    "negated source": (forward("-A FORWARD ! -s 10.1.0.2/32 -j ACCEPT"), [TCP]),
    "mask with holes": (
        forward("-A FORWARD -d 10.0.0.2/255.0.0.255 -j ACCEPT"), [TCP, at("10.9.0.1"), at("10.9.7.2")],
    ),
    "octal address": (forward("-A FORWARD -d 012.2.0.2/32 -j ACCEPT"), [TCP]),
    "lists of addresses": (
        forward("-A FORWARD -s 10.9.9.9,10.1.0.2 -d 10.2.0.2,10.9.0.1 -j ACCEPT"), [TCP, at("10.9.0.2")],
    ),
    "--syn": (
        forward("-A FORWARD -p tcp --syn -j ACCEPT"),
        [TCP, at(flags=ACK), at(flags=SYN | ACK), at(flags=SYN | 32), UDP],
    ),
    "! --syn": (forward("-A FORWARD -p tcp ! --syn -j ACCEPT"), [TCP, at(flags=ACK), at(flags=SYN | FIN), UDP]),
    "--tcp-flags outside its mask": (forward("-A FORWARD -p tcp --tcp-flags SYN ACK -j ACCEPT"), [TCP, at(flags=ACK)]),
    "--tcp-flags ALL NONE": (forward("-A FORWARD -p tcp --tcp-flags ALL NONE -j ACCEPT"), [TCP, at(flags=0)]),
    "multiport either side": (
        forward("-A FORWARD -p udp -m multiport --ports 53,1000:2000 -j ACCEPT"),
        [UDP, *(packet(proto=17, sport=sport, dport=9) for sport in (7, 53, 1500))],
    ),
    "! multiport": (forward("-A FORWARD -p tcp -m multiport ! --dports 80,443 -j ACCEPT"), [TCP, at(dport=81), UDP]),
    "icmp types": (
        forward("-A FORWARD -p icmp --icmp-type 3/1 -j ACCEPT",
                "-A FORWARD -p icmp --icmp-type echo-request -j ACCEPT"),
        [PING, TIMESTAMP, TCP],
    ),
    "icmp any": (forward("-A FORWARD -p icmp --icmp-type any -j ACCEPT"), [PING, TCP]),
    "! icmp type": (forward("-A FORWARD -p icmp ! --icmp-type 8 -j ACCEPT"), [PING, TIMESTAMP, TCP]),
    "reversed range": (forward("-A FORWARD -m iprange --dst-range 10.2.0.9-10.2.0.1 -j ACCEPT"), [TCP]),
    "range": (forward("-A FORWARD -m iprange ! --dst-range 10.2.0.1-10.2.0.9 -j ACCEPT"), [TCP, at("10.9.0.1")]),
    "interfaces": (forward("-A FORWARD -i eth+ ! -o eth0 -j ACCEPT"), [TCP]),
    "any interface": (forward("-A FORWARD -i + -o eth1 -j ACCEPT"), [TCP]),
    "never an interface": (forward("-A FORWARD ! -i + -j ACCEPT"), [TCP]),
    "recent --set holds": (forward("-A FORWARD -p tcp -m recent --set --name a -j ACCEPT"), [TCP, UDP]),
    "recent ! --set does not": (forward("-A FORWARD -p tcp -m recent ! --set --name b -j ACCEPT"), [TCP]),
    "addrtype": (
        forward("-A FORWARD -m addrtype --dst-type UNICAST --src-type UNICAST -p tcp -j ACCEPT",
                "-A FORWARD -m addrtype ! --dst-type LOCAL,MULTICAST -p udp -j ACCEPT"),
        [TCP, UDP],
    ),
    "the raw table sees everything as invalid": (
        table("raw", "-A PREROUTING -p tcp -m conntrack --ctstate NEW -j DROP",
              "-A PREROUTING -p udp -m conntrack --ctstate INVALID -j DROP",
              "-A PREROUTING -p icmp -m conntrack ! --ctorigsrc 1.1.1.1 -j DROP"),
        KINDS,
    ),
    "untracked": (
        table("raw", "-A PREROUTING -p udp -j CT --notrack", "-A PREROUTING -p udp -m state --state INVALID -j DROP")
        + forward("-A FORWARD -m conntrack --ctstate UNTRACKED -j ACCEPT",
                  "-A FORWARD -p tcp -m state --state NEW -j ACCEPT"),
        [TCP, UDP, PING],
    ),
    "what is untracked is not translated": (
        table("raw", "-A PREROUTING -p udp -j CT --notrack")
        + table("nat", "-A PREROUTING -j DNAT --to-destination 10.9.0.1"),
        [TCP, UDP],
    ),
    "an untracked packet has no session to match": (
        table("raw", "-A PREROUTING -p udp -j CT --notrack")
        + forward("-A FORWARD -m conntrack ! --ctorigsrc 9.9.9.9 -j ACCEPT"),
        [TCP, UDP],
    ),
    "untracked and more": (
        table("raw", "-A PREROUTING -p udp -j CT --notrack")
        + forward("-A FORWARD -m conntrack --ctstate UNTRACKED,NEW --ctorigsrc 9.9.9.9 -j ACCEPT"),
        [TCP, UDP],
    ),
    "mangle drops": (table("mangle", "-A PREROUTING -p udp -j DROP", "-A POSTROUTING -p icmp -j DROP"), KINDS),
    "nat policy drops, where anything makes the kernel track": (
        table("nat", "-A PREROUTING -p tcp -j ACCEPT", policy=":PREROUTING DROP [0:0]")
        + table("mangle", "-A FORWARD -m state --state INVALID -j DROP"),
        KINDS,
    ),
    "accept ends a table only": (
        table("mangle", "-A FORWARD -j ACCEPT") + forward("-A FORWARD -p udp -j ACCEPT"), [TCP, UDP],
    ),
    "marks": (
        table("mangle", "-A PREROUTING -p tcp -j MARK --set-mark 0x13/0x3",
              "-A PREROUTING -p tcp -j MARK --and-mark 0xf2", "-A PREROUTING -p udp -j MARK --or-mark 0x30",
              "-A PREROUTING -p udp -j MARK --set-xmark 0x1/0x10")
        + forward("-A FORWARD -m mark --mark 0x12 -j ACCEPT", "-A FORWARD -m mark --mark 0x20/0x30 -j ACCEPT"),
        KINDS,
    ),
    "a new session has mark zero": (
        table("mangle", "-A PREROUTING -j MARK --set-mark 7", "-A PREROUTING -j CONNMARK --restore-mark --mask 0x3")
        + forward("-A FORWARD -m mark --mark 4 -m connmark --mark 0 -j ACCEPT"),
        [TCP],
    ),
    "-o before routing never matches": (
        table("mangle", ":X - [0:0]", "-A PREROUTING -j X", "-A X -p tcp -o eth1 -j DROP",
              "-A X -p udp ! -o eth1 -j DROP"),
        KINDS,
    ),
    "-i after routing": (
        table("mangle", ":X - [0:0]", "-A POSTROUTING -j X", "-A X -p tcp -i eth0 -j DROP",
              "-A X -p udp ! -i eth0 -j DROP"),
        KINDS,
    ),
    "one chain from two hooks": (
        table("mangle", ":X - [0:0]", "-A PREROUTING -p tcp -j X", "-A FORWARD -p udp -j X", "-A X -o eth1 -j DROP"),
        KINDS,
    ),
    "DNAT with a port": (
        table("nat", "-A PREROUTING -p tcp --dport 80 -j DNAT --to-destination 10.9.0.1:8080")
        + forward("-A FORWARD -d 10.9.0.1/32 -p tcp --dport 8080 -m conntrack --ctstate DNAT --ctorigdst 10.2.0.2 "
                  "--ctorigdstport 80 -j ACCEPT"),
        [TCP, at(dport=81)],
    ),
    "DNAT of the port only": (table("nat", "-A PREROUTING -p tcp -j DNAT --to-destination :99"), [TCP, UDP]),
    "DNAT with shifted ports": (
        table("nat", "-A PREROUTING -p tcp --dport 100:104 -j DNAT --to-destination 10.9.0.1:1000-1004/100"),
        [at(dport=100), at(dport=103), at(dport=105)],
    ),
    "NETMAP before routing": (table("nat", "-A PREROUTING -d 10.2.0.0/16 -j NETMAP --to 10.9.0.0/16"), [TCP]),
    "NETMAP after routing": (table("nat", "-A POSTROUTING -s 10.1.0.0/24 -j NETMAP --to 192.0.2.0/24"), [TCP, PING]),
    "SNAT": (table("nat", "-A POSTROUTING -p tcp -o eth1 -j SNAT --to-source 192.0.2.7:4000"), [TCP, UDP]),
    "RETURN in nat": (
        table("nat", ":X - [0:0]", "-A PREROUTING -j X", "-A PREROUTING -p udp -j DNAT --to-destination 10.9.0.1",
              "-A X -p udp --dport 53 -j ACCEPT", "-A X -j RETURN"),
        [TCP, UDP, packet(proto=17, sport=2222, dport=54)],
    ),
    "REJECT": (forward("-A FORWARD -p tcp -j REJECT --reject-with tcp-reset", "-A FORWARD -j ACCEPT"), [TCP, UDP]),
    "limit may hold": (forward("-A FORWARD -m limit --limit 1/hour --limit-burst 1 -j ACCEPT"), [TCP, UDP]),
    "abbreviated": (forward("-A FORWARD --proto tcp --destination-po 80 --in-int eth0 --jump ACCEPT"), [TCP, UDP]),
    "ctproto": (forward("-A FORWARD -m conntrack --ctproto 17 --ctdir ORIGINAL -j ACCEPT"), [TCP, UDP]),
    "reply tuple": (
        table("nat", "-A PREROUTING -p tcp -j DNAT --to-destination 10.9.0.1")
        + forward("-A FORWARD -m conntrack --ctreplsrc 10.9.0.1 --ctrepldst 10.1.0.2 --ctrepldstport 1111 -j ACCEPT"),
        [TCP, UDP],
    ),
}  # fmt: skip


SETS = {
    "nomatch": (
        ("create s hash:net family inet", "add s 10.0.0.0/8", "add s 10.9.0.0/16 nomatch", "add s 10.9.7.0/24"),
        "s dst",
        [TCP, at("10.9.0.1"), at("10.9.7.1")],
    ),
    "address and port": (
        ("create s hash:ip,port family inet", "add s 10.2.0.2,tcp:80", "add s 10.2.0.2,icmp:echo-request",
         "add s 10.2.0.2,47:0", "add s 10.2.0.2,53"),
        "s dst,dst",
        [*KINDS, TIMESTAMP, at(dport=81), at(dport=53)],
    ),
    "source and destination port": (
        ("create s hash:net,port family inet", "add s 10.1.0.0/24,tcp:1000-2000"), "s src,src", [TCP, at(), UDP],
    ),
    "too few directions": (("create s hash:ip,port family inet", "add s 10.2.0.2,tcp:80"), "s dst", [TCP]),
    "too many directions": (("create s hash:ip family inet", "add s 10.2.0.2"), "s dst,src", [TCP, at("10.9.0.1")]),
    "masked addresses": (
        ("create s hash:ip family inet netmask 16", "add s 10.9.0.0"), "s dst", [TCP, at("10.9.7.1")],
    ),
    "ports of any protocol": (
        ("create s bitmap:port range 0-1023", "add s 53", "add s 80"), "s dst", [*KINDS, at(dport=81)],
    ),
    "interfaces": (
        ("create s hash:net,iface family inet", "add s 10.2.0.0/16,eth1", "add s 10.9.0.0/16,eth0"),
        "s dst,dst",
        [TCP, at("10.9.0.1")],
    ),
    "two networks": (
        ("create s hash:net,net family inet", "add s 10.1.0.0/24,10.2.0.0/24"), "s src,dst", [TCP, at("10.9.0.1")],
    ),
    "marks": (("create s hash:ip,mark family inet", "add s 10.2.0.2,0x00000000"), "s dst,dst", [TCP]),
    "a set of sets": (
        ("create a hash:ip family inet", "add a 10.2.0.2", "create b hash:net family inet", "add b 10.9.0.0/24",
         "create s list:set size 8", "add s a", "add s b"),
        "s dst",
        [TCP, at("10.9.0.1"), at("10.9.1.1")],
    ),
}  # fmt: skip


@pytest.mark.skipif(shutil.which("ipset") is None, reason="ipset is not installed")
@pytest.mark.parametrize("negated", ["", "! "])
@pytest.mark.parametrize("name", SETS)
def test_members_of_a_set_are_those_that_the_kernel_finds(wire: Wire, name: str, negated: str) -> None:
    sets, match, packets = SETS[name]
    text = "".join(f"{line}\n" for line in sets) + forward(f"-A FORWARD -m set {negated}--match-set {match} -j ACCEPT")
    try:
        wire.load(text)
    except RuntimeError as error:
        if "type not supported" not in str(error):
            raise
        pytest.skip("the kernel lacks this type of set")
    _compare(wire, text, packets)


@pytest.fixture(scope="module", params=["nft", "legacy"])
def wire(request: pytest.FixtureRequest) -> Iterator[Wire]:
    yield from kernel_wire.opened(request.param)


@pytest.mark.parametrize("name", CASES)
def test_the_kernel_does_what_the_parser_says(wire: Wire, name: str) -> None:
    ruleset, packets = CASES[name]
    wire.load(ruleset)
    _compare(wire, ruleset, packets, undecided=name in ("limit may hold", "-i after routing", "addrtype"))


def _compare(wire: Wire, text: str, packets: Sequence[Packet], undecided: bool = False) -> None:
    parsed = parse(Source("rules.v4", tuple(text.splitlines())), "box")
    assert not parsed.account.not_understood
    for sent in packets:
        expected = {_shown(p) for p in outcomes(parsed.devices[0], sent)}
        got = _shown(wire.send(sent))
        assert got in expected, str(sent)
        assert undecided or len(expected) == 1, str(sent)


def _shown(p: Packet | None) -> tuple[int, ...] | None:
    """What can be seen of a packet on the wire."""
    return None if p is None else (p.src, p.dst, p.sport, p.dport)


@pytest.mark.parametrize(
    "ruleset",
    [
        forward("-A FORWARD ! -s 10.0.0.1,10.0.0.2 -j ACCEPT"),
        forward("-A FORWARD ! -p all -j ACCEPT"),
        forward("-A FORWARD -m state --state SLEEPY -j ACCEPT"),
        forward("-A FORWARD -j NOWHERE"),
        forward("-A FORWARD -p tcp -s 10.0.0.1 -s 10.0.0.2 -j ACCEPT"),
        forward(":A - [0:0]", ":B - [0:0]", "-A FORWARD -j A", "-A A -j B", "-A B -j A"),
        table("mangle", "-A PREROUTING -j REJECT"),
        table("nat", "-A POSTROUTING -j DNAT --to-destination 10.0.0.1"),
        table("mangle", "-A PREROUTING -j CT --notrack"),
        table("filter", "-A FORWARD -j NETMAP --to 10.0.0.0/24"),
    ],
)
def test_what_iptables_refuses_is_not_understood(wire: Wire, ruleset: str) -> None:
    with pytest.raises(RuntimeError):
        wire.load(ruleset)
    account = parse(Source("rules.v4", tuple(ruleset.splitlines())), "box").account
    assert account.not_understood
