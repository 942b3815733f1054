"""What each match asks of a packet. Meaning: iptables-extensions(8); ``test_iptables_kernel`` asks the kernel."""

from __future__ import annotations

import pytest

from tests.parsers.iptables_run import packet, passes
from zoneguard.model.device import Device
from zoneguard.model.match import ConnState, Unknown
from zoneguard.model.packet import Packet
from zoneguard.parsers import Source
from zoneguard.parsers.iptables import parse

NEW, ESTABLISHED, RELATED, INVALID, UNTRACKED = range(5)
SYN, RST, ACK = 2, 4, 16
TCP = packet(sport=1024, dport=80, flags=SYN)
UDP = packet(proto=17, sport=1024, dport=53)
PING = packet(proto=1, icmp=8 << 8)
FRAGMENT = packet(proto=6, fragment=1)
MAC = 0x0011223344_55


def box(*lines: str) -> Device:
    text = ("*filter", ":FORWARD DROP [0:0]", *lines, "COMMIT")
    parsed = parse(Source("rules", text), "box")
    assert not parsed.account.not_understood
    return parsed.devices[0]


def tcp(**fields: int) -> Packet:
    return packet(**{"proto": 6, "sport": 1024, "dport": 80, "flags": SYN, **fields})  # type: ignore[arg-type]


YES, NO, MAYBE = True, False, None
DECIDED: list[tuple[str, Packet, bool | None]] = [
    # addresses: one, many, with holes in the mask, in the old place of "!"
    ("-s 10.1.0.0/24", TCP, YES),
    ("-s 10.1.0.0/255.255.255.0", TCP, YES),
    ("-s ! 10.1.0.0/24", TCP, NO),
    ("! -s 10.1.0.0/24", packet("10.9.0.1"), YES),
    ("-s 10.7.0.1,10.1.0.2 -d 10.2.0.0/16", TCP, YES),
    ("-d 0.0.0.2/0.0.0.255", TCP, YES),
    ("! -d 0.0.0.2/0.0.0.255", TCP, NO),
    ("-s 0/0", TCP, YES),
    ("-s 10/8", TCP, YES),
    ("--source 10.1.0.2 --destination 10.2.0.2", TCP, YES),
    ("-s www.example.jp", TCP, MAYBE),
    ("-s www.example.jp -d 10.9.0.0/16", TCP, NO),
    ("-s www.example.jp,10.1.0.2", TCP, YES),
    # interfaces: eth0 in, eth1 out
    ("-i eth0 -o eth1", TCP, YES),
    ("-i eth+", TCP, YES),
    ("-i eth0+", TCP, YES),
    ("-i eth", TCP, NO),
    ("! -i eth+", TCP, NO),
    ("-i ! eth1", TCP, YES),
    ("-o + -i +", TCP, YES),
    ("! -i +", TCP, NO),
    # protocol and fragments
    ("-p tcp", TCP, YES),
    ("-p TCP", TCP, YES),
    ("-p 6", TCP, YES),
    ("-p ! 6", TCP, NO),
    ("! -p tcp", UDP, YES),
    ("-p all", PING, YES),
    ("-p 0", PING, YES),
    ("-p ospf", packet(proto=89), YES),
    ("-f", FRAGMENT, YES),
    ("! -f", FRAGMENT, NO),
    ("-f", TCP, NO),
    # ports, which a later fragment does not have, negated or not
    ("-p tcp -m tcp --dport 80", TCP, YES),
    ("-p tcp --dport http", TCP, YES),
    ("-p tcp --dport=80", TCP, YES),
    ("-p tcp --destination-port 80:", TCP, YES),
    ("-p tcp --sport :1023", TCP, NO),
    ("-p tcp --sport 1024:1024 --dport 1:100", TCP, YES),
    ("-p tcp --dport ! 80", TCP, NO),
    ("-p tcp --dport 90:80", TCP, NO),
    ("-p tcp ! --dport 90:80", TCP, YES),
    ("-p tcp ! --dport 80", tcp(dport=81), YES),
    ("-p tcp ! --dport 80", UDP, NO),
    ("-p tcp ! --dport 80", FRAGMENT, NO),
    ("-p tcp -m tcp", FRAGMENT, NO),
    ("-p tcp", FRAGMENT, YES),
    ("-p udp -m udp --dport 53", UDP, YES),
    ("-p sctp --dport 80", packet(proto=132, dport=80), YES),
    ("-p dccp --dport 80", packet(proto=33, dport=80), YES),
    ("-p udplite -m udplite --dport 80", packet(proto=136, dport=80), YES),
    ("-p sctp --chunk-types any DATA,INIT", packet(proto=132), MAYBE),
    ("-p tcp --tcp-option 7", TCP, MAYBE),
    ("-p tcp --tcp-option 7", UDP, NO),
    # flags
    ("-p tcp --syn", TCP, YES),
    ("-p tcp ! --syn", TCP, NO),
    ("-p tcp ! --syn", UDP, NO),
    ("-p tcp --tcp-flags SYN,RST,ACK,FIN SYN", tcp(flags=SYN | ACK), NO),
    ("-p tcp --tcp-flags SYN,ACK SYN,ACK", tcp(flags=SYN | ACK | 32), YES),
    ("-p tcp --tcp-flags ! SYN,ACK SYN,ACK", tcp(flags=SYN | ACK), NO),
    ("-p tcp --tcp-flags ALL NONE", tcp(flags=0), YES),
    ("-p tcp --tcp-flags SYN ACK", tcp(flags=ACK), NO),
    # ICMP
    ("-p icmp --icmp-type 8", PING, YES),
    ("-p icmp -m icmp --icmp-type echo-request", PING, YES),
    ("-p icmp --icmp-type ping", PING, YES),
    ("-p icmp --icmp-type any", PING, YES),
    ("-p icmp --icmp-type 255", PING, YES),
    ("-p icmp --icmp-type 8/1", PING, NO),
    ("-p icmp --icmp-type ! 8", PING, NO),
    ("-p icmp ! --icmp-type port-unreachable", packet(proto=1, icmp=0x0302), YES),
    ("-p icmp --icmp-type port-unreachable", packet(proto=1, icmp=0x0303), YES),
    # multiport, iprange, mac, comment
    ("-p tcp -m multiport --dports 22,80:90", TCP, YES),
    ("-p tcp -m multiport --ports 1024", TCP, YES),
    ("-p tcp -m multiport --ports 1024", tcp(sport=9), NO),
    ("-p tcp -m multiport ! --sports 1024", TCP, NO),
    ("-p tcp -m multiport --dport 80", TCP, YES),
    ("-p tcp -m multiport ! --dports 22", FRAGMENT, NO),
    ("-p tcp -m tcp --dport 80 -m multiport --sports 1,1024", TCP, YES),
    ("-m iprange --src-range 10.1.0.1-10.1.0.9 --dst-range 10.2.0.2", TCP, YES),
    ("-m iprange ! --src-range 10.1.0.1-10.1.0.9", TCP, NO),
    ("-m iprange --src-range 10.1.0.9-10.1.0.1", TCP, NO),
    ("-m mac --mac-source 00:11:22:33:44:55", tcp(mac=MAC), YES),
    ("-m mac ! --mac-source 00:11:22:33:44:55", tcp(mac=MAC), NO),
    ('-m comment --comment "! -s 1.2.3.4 -j DROP"', TCP, YES),
    ("-m comment --comment -foo", TCP, YES),
    # state
    ("-m state --state NEW", TCP, YES),
    ("-m state --state ESTABLISHED,RELATED", tcp(state=RELATED), YES),
    ("-m state --state ! NEW", tcp(state=ESTABLISHED), YES),
    ("-m conntrack ! --ctstate INVALID", tcp(state=INVALID), NO),
    ("-m conntrack --ctstate UNTRACKED", tcp(state=UNTRACKED), YES),
    ("-m conntrack --ctstate DNAT", tcp(dnat=1), YES),
    ("-m conntrack --ctstate DNAT", TCP, NO),
    ("-m conntrack --ctstate DNAT", tcp(state=ESTABLISHED), MAYBE),
    ("-m conntrack --ctstate SNAT", TCP, NO),
    ("-m conntrack --ctstate NEW,SNAT", TCP, YES),
    ("-m conntrack --ctstate SNAT", tcp(state=ESTABLISHED), MAYBE),
    # the session's addresses are those of its first packet, before translation
    ("-m conntrack --ctorigsrc 10.1.0.0/24 --ctorigdst 10.2.0.2", TCP, YES),
    ("-m conntrack --ctorigdst 10.2.0.2", tcp(dnat=1, orig_dst=9), NO),
    ("-m conntrack --ctorigdst 0.0.0.9", tcp(dnat=1, orig_dst=9), YES),
    ("-m conntrack --ctorigdstport 8080", tcp(dnat=1, orig_dport=8080), YES),
    ("-m conntrack --ctorigdstport 80 --ctorigsrcport 1024", TCP, YES),
    ("-m conntrack --ctreplsrc 10.2.0.2 --ctrepldst 10.1.0.2", TCP, YES),
    ("-m conntrack ! --ctorigsrc 10.1.0.0/24", TCP, NO),
    ("-m conntrack ! --ctorigsrc 10.1.0.0/24", tcp(state=ESTABLISHED), MAYBE),
    ("-m conntrack ! --ctorigsrc 10.1.0.0/24", tcp(state=UNTRACKED), NO),
    ("-m conntrack --ctstate UNTRACKED --ctorigsrc 9.9.9.9", tcp(state=UNTRACKED), YES),
    ("-m conntrack --ctproto 6", TCP, YES),
    ("-m conntrack --ctproto 6", packet(proto=1, state=RELATED), MAYBE),
    ("-m conntrack --ctdir ORIGINAL", TCP, YES),
    ("-m conntrack --ctdir REPLY", TCP, NO),
    ("-m conntrack --ctdir REPLY", tcp(state=ESTABLISHED), MAYBE),
    ("-m conntrack --ctstatus ASSURED", TCP, MAYBE),
    # marks
    ("-m mark --mark 0x0", TCP, YES),
    ("-m mark --mark 0x10/0xf0", tcp(mark=0x1F), YES),
    ("-m mark ! --mark 0x10/0xf0", tcp(mark=0x1F), NO),
    ("-m mark --mark 0x1/0x2", tcp(mark=1), NO),
    ("-m connmark --mark 0", TCP, YES),
    ("-m connmark --mark 1", TCP, NO),
    ("-m connmark --mark 1", tcp(state=ESTABLISHED), MAYBE),
    ("-m connmark ! --mark 1", tcp(state=INVALID), NO),
    # what kind of address
    ("-m addrtype --dst-type MULTICAST", packet(dst="224.0.0.5", proto=89), YES),
    ("-m addrtype --dst-type BROADCAST", packet(dst="255.255.255.255", proto=17), YES),
    ("-m addrtype --dst-type LOCAL", packet(dst="127.0.0.1"), YES),
    ("-m addrtype --dst-type LOCAL", TCP, MAYBE),
    ("-m addrtype ! --dst-type LOCAL", TCP, MAYBE),
    ("-m addrtype --dst-type UNICAST", packet(dst="224.0.0.5"), NO),
    ("-m addrtype --src-type UNSPEC", TCP, NO),
    ("-m addrtype --dst-type LOCAL --limit-iface-in", packet(dst="127.0.0.1"), MAYBE),
    # what only the moment decides
    ("-m limit --limit 5/min --limit-burst 10", TCP, MAYBE),
    ("-m hashlimit --hashlimit-above 10/sec --hashlimit-name x --hashlimit-mode srcip", TCP, MAYBE),
    ("-p tcp --dport 81 -m limit --limit 5/min", TCP, NO),
    ("-m recent --set --name ssh --rsource", TCP, YES),
    ("-m recent ! --set --name ssh", TCP, NO),
    ("-m recent --update --seconds 60 --hitcount 4 --name ssh --rsource", TCP, MAYBE),
    ('-m string --string "-j DROP" --algo bm', TCP, MAYBE),
    ("-m time --timestart 09:00 --timestop 17:00 --weekdays Mon,Tue", TCP, MAYBE),
    ("-m statistic --mode nth --every 2 --packet 0", TCP, MAYBE),
    ("-m geoip --src-cc JP", TCP, MAYBE),
    ("-m policy --dir in --pol ipsec --proto esp", TCP, MAYBE),
    ("-m physdev --physdev-is-bridged", TCP, MAYBE),
    ("-m owner ! --uid-owner 0-99", TCP, MAYBE),
    ("-m rpfilter --invert", TCP, MAYBE),
]  # fmt: skip


@pytest.mark.parametrize(("match", "sent", "answer"), DECIDED, ids=[f"{m} | {p}" for m, p, _ in DECIDED])
def test_matches(match: str, sent: Packet, answer: bool | None) -> None:
    assert passes(box(f"-A FORWARD {match} -j ACCEPT"), sent) is answer
    assert passes(box(f"-A FORWARD {match} -j DROP", "-A FORWARD -j ACCEPT"), sent) is (
        None if answer is None else not answer
    )


@pytest.mark.parametrize(
    "match",
    [
        "-s 300.1.1.1", "-s 10.0.0.0/33", "-s 10.0.0.0/255.0", "-s fd00::1", "-s ''", "! -s 10.0.0.1,10.0.0.2",
        "-i eth*", "-p nonsense", "-p 256", "! -p all", "-p tcp --dport nonsense", "-p tcp --dport 1:2:3",
        "-p tcp --dport 70000",
        "-p tcp --tcp-flags SYN WAVE", "-m icmp --icmp-type nonsense", "-m icmp --icmp-type 256",
        "-p tcp -m multiport --dports 22,", "-m iprange --src-range x", "-m mac --mac-source XX:XX:XX:XX:XX:XX",
        "-m state --state TIRED", "-m conntrack --ctdir UP", "-m mark --mark red", "-m addrtype --dst-type HOLY",
        "-m set --match-set", "-m set", "-m nonsense --what", "--nonsense", "-p tcp -p udp", "-m",
    ],
)  # fmt: skip
def test_what_iptables_would_refuse_is_reported_and_may_match_or_not(match: str) -> None:
    text = ("*filter", ":FORWARD DROP [0:0]", f"-A FORWARD -j ACCEPT -d 10.2.0.2 {match}", "COMMIT")
    parsed = parse(Source("rules", text), "box")
    (entry,) = parsed.account.not_understood
    assert (entry.span.first, entry.bounded) == (3, True)
    assert passes(parsed.devices[0], TCP) is None
    assert passes(parsed.devices[0], packet(dst="10.9.9.9")) is False


def test_ipv6() -> None:
    lines = ("-A FORWARD -s 2001:db8::/32 -p ipv6-icmp -m icmp6 --icmpv6-type echo-request -j ACCEPT",
             "-A FORWARD -s fd00::1,fd00::2 -p tcp -m multiport --dports 25 -j ACCEPT",
             "-A FORWARD -m iprange --src-range fd01::1-fd01::9 -j ACCEPT",
             "-A FORWARD -m addrtype --dst-type MULTICAST -j ACCEPT")  # fmt: skip
    rules = box(*lines)
    assert passes(rules, packet("2001:db8::9", "fd00::9", proto=58, icmp=128 << 8)) is True
    assert passes(rules, packet("2001:db8::9", "fd00::9", proto=58, icmp=129 << 8)) is False
    assert passes(rules, packet("fd00::2", "fd00::9", dport=25)) is True
    assert passes(rules, packet("fd01::5", "fd00::9")) is True
    assert passes(rules, packet("fd02::5", "ff02::1")) is True


def test_before_tracking_every_packet_is_invalid_unless_marked() -> None:
    def raw(*rules: str) -> Device:
        parsed = parse(Source("rules", ("*raw", *(f"-A PREROUTING {r}" for r in rules), "COMMIT")), "box")
        assert not parsed.account.not_understood
        return parsed.devices[0]

    assert passes(raw("-m state --state NEW -j DROP"), TCP) is True
    assert passes(raw("-m conntrack --ctstate INVALID -j DROP"), TCP) is False
    assert passes(raw("-j CT --notrack", "-m conntrack --ctstate INVALID -j DROP"), TCP) is True
    assert passes(raw("-j NOTRACK", "-m conntrack --ctstate UNTRACKED -j DROP"), TCP) is False
    assert passes(raw("-m conntrack ! --ctorigdst 1.1.1.1 -j DROP"), TCP) is True
    assert passes(raw("-m connmark ! --mark 1 -j DROP"), TCP) is True


def test_unknowns_of_one_text_are_one_and_rates_are_free_for_each_verdict() -> None:
    rules = box(
        "-A FORWARD -m geoip --src-cc JP -j ACCEPT", "-A FORWARD -m geoip --src-cc JP -j DROP",
        "-A FORWARD -m limit --limit 1/s -j ACCEPT", "-A FORWARD -m limit --limit 2/s -j ACCEPT",
        "-A FORWARD -m limit --limit 1/s -j DROP",
    ).vrfs[0].lists["filter/FORWARD"].rules  # fmt: skip
    keys = [r.match.key for r in rules if isinstance(r.match, Unknown)]
    assert keys[0] == keys[1]
    assert keys[2] == keys[3] != keys[4]


@pytest.mark.parametrize(
    ("mangle", "sent", "answer"),
    [
        (("-j CONNMARK --restore-mark", "-m mark --mark 0 -j MARK --set-mark 2", "-j CONNMARK --save-mark"), TCP, YES),
        (("-j CONNMARK --restore-mark", "-m mark --mark 0 -j MARK --set-mark 2"), tcp(state=ESTABLISHED), MAYBE),
        (("-j CONNMARK --set-mark 2", "-j CONNMARK --restore-mark"), TCP, MAYBE),
        (("-j X", "-j CONNMARK --restore-mark", "-j CONNMARK --save-mark"), TCP, MAYBE),
        (("-j HMARK --hmark-mod 4 --hmark-rnd 1 --hmark-tuple src",), TCP, MAYBE),
        (("-j MARK --set-mark 2", "-j CONNMARK --restore-mark --nfmask 0xd --ctmask 0xf"), TCP, YES),
        (("-j MARK --set-mark 2", "-j CONNMARK --restore-mark"), TCP, NO),
    ],
)
def test_marks_that_come_from_sessions(mangle: tuple[str, ...], sent: Packet, answer: bool | None) -> None:
    text = ("*mangle", ":X - [0:0]", *(f"-A PREROUTING {r}" for r in mangle), "COMMIT",
            "*filter", ":FORWARD DROP", "-A FORWARD -m mark --mark 2 -j ACCEPT", "COMMIT")  # fmt: skip
    assert passes(parse(Source("rules", text), "box").devices[0], sent) is answer


def test_states_are_those_of_the_model() -> None:
    assert (NEW, ESTABLISHED, RELATED) == (ConnState.NEW, ConnState.ESTABLISHED, ConnState.RELATED)
    assert (INVALID, UNTRACKED) == (ConnState.INVALID, ConnState.UNTRACKED)
