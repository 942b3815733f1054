"""What each target does with a packet, and IP sets that rules ask for and change."""

from __future__ import annotations

import pytest

from tests.parsers.iptables_run import packet, passes
from zoneguard.model.addresses import parse_address
from zoneguard.model.device import (
    Continue,
    Deny,
    Device,
    EgressAddress,
    IngressAddress,
    KeepHost,
    NatRule,
    Rewrite,
    Rule,
    SetField,
    SetTo,
    Shift,
    Translate,
)
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ConnState, Field
from zoneguard.model.packet import Packet
from zoneguard.parsers import Parsed, Source
from zoneguard.parsers.iptables import parse

TCP = packet(sport=1024, dport=80, flags=2)


def read(*lines: str) -> Parsed:
    return parse(Source("rules", lines), "box")


def table(name: str, *rules: str) -> Device:
    policy = [":FORWARD ACCEPT"] if name == "filter" else []
    parsed = read(f"*{name}", *policy, *rules, "COMMIT")
    assert not parsed.account.not_understood
    return parsed.devices[0]


def rules_of(device: Device, name: str) -> tuple[Rule | NatRule, ...]:
    return device.vrfs[0].lists[name].rules


def addresses(text: str) -> Intervals:
    low, _, high = text.partition("-")
    return Intervals.span(parse_address(low), parse_address(high or low))


@pytest.mark.parametrize(
    "target",
    ['LOG --log-prefix "-j DROP"', "NFLOG --nflog-group 2", "ULOG", "TRACE", "AUDIT --type accept",
     "TEE --gateway 10.0.0.9", "TCPMSS --clamp-mss-to-pmtu", "CLASSIFY --set-class 1:2",
     "SET --add-set seen src --exist", "CHECKSUM --checksum-fill", "TTL --ttl-inc 1", "DSCP --set-dscp 1",
     "CONNMARK --save-mark", "FLOWOFFLOAD --hw"],
)  # fmt: skip
def test_targets_after_which_the_next_rule_is_asked(target: str) -> None:
    device = table("mangle", f"-A FORWARD -j {target}", "-A FORWARD -j DROP")
    assert isinstance(rules_of(device, "mangle/FORWARD")[0].action, Continue)  # type: ignore[union-attr]
    assert passes(device, TCP) is False


@pytest.mark.parametrize("target", ["DROP", "TARPIT", "TARPIT --honeypot", "DELUDE", "CHAOS --delude", "STEAL"])
def test_targets_that_let_nothing_through(target: str) -> None:
    assert passes(table("filter", f"-A FORWARD -p tcp -j {target}"), TCP) is False


def test_a_rule_without_a_target_only_counts() -> None:
    assert passes(table("filter", "-A FORWARD -p tcp", "-A FORWARD -j DROP"), TCP) is False


def test_a_rejection_answers_and_is_possible_in_the_filter_table_only() -> None:
    (rule,) = rules_of(table("filter", "-A FORWARD -j REJECT --reject-with tcp-reset"), "filter/FORWARD")
    assert isinstance(rule, Rule)
    assert rule.action == Deny(reject=True)
    assert read("*mangle", "-A FORWARD -j REJECT", "COMMIT").account.not_understood


@pytest.mark.parametrize(
    ("options", "value", "mask"),
    [
        ("--set-xmark 0x1/0xf", 1, 0xF), ("--set-xmark 5", 5, 0xFFFFFFFF), ("--set-mark 0x10/0xf", 0x10, 0x1F),
        ("--or-mark 4", 4, 4), ("--and-mark 0xff", 0, 0xFFFFFF00), ("--xor-mark 4", 4, 0),
    ],
)  # fmt: skip
def test_marks(options: str, value: int, mask: int) -> None:
    (rule,) = rules_of(table("mangle", f"-A PREROUTING -j MARK {options}"), "mangle/PREROUTING")
    assert isinstance(rule, Rule)
    assert rule.action == SetField(Field.MARK, value, mask)


@pytest.mark.parametrize("target", ["NOTRACK", "CT --notrack"])
def test_untracking(target: str) -> None:
    (rule,) = rules_of(table("raw", f"-A PREROUTING -j {target}"), "raw/PREROUTING")
    assert isinstance(rule, Rule)
    assert isinstance(rule.action, SetField)
    assert rule.action.field is Field.STATE
    assert (ConnState.NEW & ~rule.action.mask) ^ rule.action.value == ConnState.UNTRACKED
    assert isinstance(
        rules_of(table("raw", "-A PREROUTING -j CT --helper ftp"), "raw/PREROUTING")[0].action,  # type: ignore[union-attr]
        Continue,
    )


PORT_80 = SetTo(Field.DPORT, Intervals.of(80))
TRANSLATIONS: list[tuple[str, str, tuple[Rewrite, ...]]] = [
    ("PREROUTING", "-j DNAT --to-destination 10.9.0.1", (SetTo(Field.DST, addresses("10.9.0.1")),)),
    ("PREROUTING", "-p tcp -j DNAT --to-destination 10.9.0.1:80", (SetTo(Field.DST, addresses("10.9.0.1")), PORT_80)),
    ("PREROUTING", "-p tcp -j DNAT --to-destination 10.9.0.1:http", (SetTo(Field.DST, addresses("10.9.0.1")), PORT_80)),
    ("PREROUTING", "-p tcp -j DNAT --to :80", (PORT_80,)),
    ("PREROUTING", "-j DNAT --to-destination 10.9.0.1-10.9.0.4 --random --persistent",
     (SetTo(Field.DST, addresses("10.9.0.1-10.9.0.4")),)),
    ("PREROUTING", "-j DNAT --to-destination 10.9.0.1 --to-destination 10.9.0.2",
     (SetTo(Field.DST, addresses("10.9.0.1-10.9.0.2")),)),
    ("PREROUTING", "-p udp -j DNAT --to-destination 10.9.0.1-10.9.0.2:1000-1010",
     (SetTo(Field.DST, addresses("10.9.0.1-10.9.0.2")), SetTo(Field.DPORT, Intervals.span(1000, 1010)))),
    ("PREROUTING", "-j REDIRECT", (IngressAddress(),)),
    ("PREROUTING", "-p tcp -j REDIRECT --to-ports 80", (IngressAddress(), PORT_80)),
    ("PREROUTING", "-d 10.2.0.0/24 -j NETMAP --to 10.9.0.0/24", (KeepHost(Field.DST, parse_address("10.9.0.0"), 8),)),
    ("POSTROUTING", "-j NETMAP --to 192.0.2.7", (KeepHost(Field.SRC, parse_address("192.0.2.7"), 0),)),
    ("POSTROUTING", "-j SNAT --to-source 192.0.2.1", (SetTo(Field.SRC, addresses("192.0.2.1")),)),
    ("POSTROUTING", "-p tcp -j SNAT --to-source 192.0.2.1:1024-2047",
     (SetTo(Field.SRC, addresses("192.0.2.1")), SetTo(Field.SPORT, Intervals.span(1024, 2047)))),
    ("POSTROUTING", "-j MASQUERADE", (EgressAddress(),)),
    ("POSTROUTING", "-p tcp -j MASQUERADE --to-ports 1024-2047",
     (EgressAddress(), SetTo(Field.SPORT, Intervals.span(1024, 2047)))),
]  # fmt: skip


@pytest.mark.parametrize(("chain", "rule", "rewrites"), TRANSLATIONS, ids=[f"{r}" for _, r, _ in TRANSLATIONS])
def test_translations(chain: str, rule: str, rewrites: tuple[Rewrite, ...]) -> None:
    device = table("nat", f"-A {chain} {rule}")
    (made,) = rules_of(device, f"nat/{chain}")
    assert isinstance(made, NatRule)
    assert made.rewrites == rewrites
    (stage,) = [s for s in device.vrfs[0].stages if isinstance(s, Translate)]
    assert stage.field is (Field.DST if chain == "PREROUTING" else Field.SRC)


def test_translation_to_ipv6() -> None:
    device = table("nat", "-A PREROUTING -p tcp -j DNAT --to-destination [fd00::1]-[fd00::2]:80",
                   "-A PREROUTING -j DNAT --to-destination fd00::1-fd00::2",
                   "-A POSTROUTING -j SNAT --to-source fd00::9")  # fmt: skip
    pool = SetTo(Field.DST, addresses("fd00::1-fd00::2"))
    assert [r.rewrites for r in rules_of(device, "nat/PREROUTING") if isinstance(r, NatRule)] == [
        (pool, PORT_80),
        (pool,),
    ]
    (rule,) = rules_of(device, "nat/POSTROUTING")
    assert isinstance(rule, NatRule)
    assert rule.rewrites == (SetTo(Field.SRC, addresses("fd00::9")),)


def test_ports_move_with_their_base_and_wrap_around_outside() -> None:
    rules = rules_of(
        table("nat", "-A PREROUTING -p tcp -j DNAT --to-destination 10.9.0.1:1000-1004/100"), "nat/PREROUTING"
    )
    shifted, wrapped = rules
    assert isinstance(shifted, NatRule)
    assert isinstance(wrapped, NatRule)
    assert shifted.rewrites[1] == Shift(Field.DPORT, 900)
    assert wrapped.rewrites[1] == SetTo(Field.DPORT, Intervals.span(1000, 1004))


def test_random_source_ports_stay_in_their_class_and_leave_other_protocols_alone() -> None:
    rules = rules_of(table("nat", "-A POSTROUTING -j MASQUERADE --random-fully"), "nat/POSTROUTING")
    pools = [r.rewrites[1] for r in rules if isinstance(r, NatRule) and len(r.rewrites) > 1]
    assert pools == [SetTo(Field.SPORT, Intervals.span(a, b)) for a, b in ((1, 511), (600, 1023), (1024, 65535))]
    assert isinstance(rules[-1], NatRule)
    assert rules[-1].rewrites == (EgressAddress(),)


def test_accepting_in_nat_is_not_translating() -> None:
    device = table("nat", "-A PREROUTING -d 10.2.0.2/32 -j ACCEPT", "-A PREROUTING -j DNAT --to-destination 10.9.0.1")
    assert passes(device, TCP) is True
    (stage,) = [s for s in device.vrfs[0].stages if isinstance(s, Translate)]
    assert len(stage.rules.rules) == 3  # the other family, packets without a session, then the chain


def test_a_netmap_chain_called_from_both_sides_rewrites_what_each_side_does() -> None:
    lists = table("nat", ":X - [0:0]", "-A PREROUTING -j X", "-A POSTROUTING -j X", "-A X -j NETMAP --to 10.9.0.0/24")
    fields = {
        name: rule.rewrites[0].field
        for name, rules in lists.vrfs[0].lists.items()
        for rule in rules.rules
        if isinstance(rule, NatRule) and isinstance(rule.rewrites[0], KeepHost)
    }
    assert fields == {"nat/X": Field.DST, "nat/X@POSTROUTING": Field.SRC}


@pytest.mark.parametrize(
    "rule",
    [
        "-A POSTROUTING -j DNAT --to-destination 10.0.0.1", "-A PREROUTING -j SNAT --to-source 10.0.0.1",
        "-A PREROUTING -j MASQUERADE", "-A PREROUTING -j DNAT", "-A PREROUTING -j DNAT --to-destination x",
        "-A PREROUTING -p tcp -j DNAT --to-destination 10.0.0.9-10.0.0.1",
        "-A PREROUTING -p tcp -j REDIRECT --to-ports 90-80", "-A PREROUTING -j NETMAP",
        "-A PREROUTING -j NETMAP --to 10.0.0.0/255.0.255.0", "-A PREROUTING -j SAME --to 10.0.0.1",
    ],
)  # fmt: skip
def test_translations_not_understood(rule: str) -> None:
    parsed = read("*nat", rule, "COMMIT")
    assert [e.span.first for e in parsed.devices[0].uncertain] == [2]


def with_sets(match: str, *sets: str, rules: tuple[str, ...] = ()) -> Device:
    parsed = read(*sets, "*filter", ":FORWARD DROP", f"-A FORWARD -m set {match} -j ACCEPT", *rules, "COMMIT")
    assert not parsed.account.not_understood
    return parsed.devices[0]


def test_a_set_whose_members_come_and_go_holds_its_lasting_ones_surely() -> None:
    sets = ("create s hash:ip family inet timeout 300", "add s 10.2.0.2 timeout 0", "add s 10.9.0.1 timeout 12")
    device = with_sets("--match-set s dst", *sets)
    assert passes(device, TCP) is True
    assert passes(device, packet(dst="10.9.0.1")) is None
    assert passes(device, packet(dst="10.7.0.1")) is None
    assert passes(with_sets("! --match-set s dst", *sets), TCP) is False


def test_a_set_that_packets_change() -> None:
    sets = ("create s hash:ip", "add s 10.2.0.2")
    grows = with_sets("--match-set s dst", *sets, rules=("-A FORWARD -j SET --add-set s src",))
    shrinks = with_sets("--match-set s dst", *sets, rules=("-A FORWARD -j SET --del-set s src",))
    assert (passes(grows, TCP), passes(grows, packet(dst="10.9.0.1"))) == (True, None)
    assert (passes(shrinks, TCP), passes(shrinks, packet(dst="10.9.0.1"))) == (None, None)


MAC = 0x0011223344_55


@pytest.mark.parametrize(
    ("sets", "match", "sent", "answer"),
    [
        (("create s hash:net family inet6", "add s fd00::/8"), "--match-set s dst", TCP, False),
        (("create s hash:mac", "add s 00:11:22:33:44:55"), "--match-set s src", packet(mac=MAC), True),
        (("create s hash:ip,mac", "add s 10.1.0.2,00:11:22:33:44:55"), "--match-set s src,src", packet(mac=MAC), True),
        (("create s hash:ip,mac", "add s 10.1.0.2,00:11:22:33:44:55"), "--match-set s src,src", packet(mac=9), False),
        (("create s bitmap:ip,mac range 10.1.0.0/24", "add s 10.1.0.2"), "--match-set s src,src", TCP, None),
        (("create s hash:net,iface", "add s 10.2.0.0/16,eth wildcard"), "--match-set s dst,dst", TCP, True),
        (("create s hash:net,iface", "add s 10.2.0.0/16,physdev:eth1"), "--match-set s dst,dst", TCP, None),
        (("create s hash:ip,port", "add s 10.2.0.2,8080-8090"), "--match-set s dst,dst", packet(dport=8085), True),
        (("create s hash:ip", "add s 10.2.0.1-10.2.0.3"), "--match-set s dst", TCP, True),
        (("create s hash:ip,mark markmask 0xf", "add s 10.2.0.2,3"), "--match-set s dst,dst", packet(mark=0x13), True),
        (("create s hash:net,net", "add s 0.0.0.0/0,10.2.0.0/16", "add s 0.0.0.0/0,10.2.0.0/24 nomatch"),
         "--match-set s src,dst", TCP, None),
        (("create s hash:net,net", "add s 0.0.0.0/0,10.2.0.0/16", "add s 0.0.0.0/0,10.2.0.0/24 nomatch"),
         "--match-set s src,dst", packet(dst="10.2.9.9"), True),
        (("create s hash:ip counters", "add s 10.2.0.2 packets 4 bytes 9"), "--match-set s dst --packets-gt 3", TCP,
         None),
        (("create s hash:ip comment", 'add s 10.2.0.2 comment "a, b"'), "--match-set s dst ! --update-counters", TCP,
         True),
        (("ipset create s list:set -exist", "create a hash:ip", "ipset add s a", "add a 10.2.0.2"),
         "--match-set s dst", TCP, True),
        (("create s list:set", "add s s"), "--match-set s dst", TCP, None),
    ],
)  # fmt: skip
def test_members_of_sets(sets: tuple[str, ...], match: str, sent: Packet, answer: bool | None) -> None:
    assert passes(with_sets(match, *sets), sent) is answer


def test_a_set_defined_behind_the_rules_counts_too() -> None:
    parsed = read("*filter", ":FORWARD DROP", "-A FORWARD -m set --match-set s dst -j ACCEPT", "COMMIT",
                  "create s hash:net", "add s 10.2.0.0/16")  # fmt: skip
    assert passes(parsed.devices[0], TCP) is True


@pytest.mark.parametrize("entry", ["10.2.0.2/99", "x", "10.2.0.2 flying", ""])
def test_a_member_that_is_none_leaves_the_set_open(entry: str) -> None:
    parsed = read("create s hash:net", f"add s {entry}", "*filter", ":FORWARD DROP",
                  "-A FORWARD -m set --match-set s dst -j ACCEPT", "COMMIT")  # fmt: skip
    assert parsed.account.not_understood
