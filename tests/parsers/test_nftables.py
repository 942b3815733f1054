"""``nft list ruleset`` as text: what is read, what is accounted for, what is bounded; and the same in JSON."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.parsers.iptables_run import outcomes, packet, passes
from zoneguard.model.device import Concern, Device, Filter, Routing, Translate
from zoneguard.parsers import Parsed, Source, nftables, nftables_json
from zoneguard.parsers.assembly import with_routes
from zoneguard.parsers.iproute import PLUGIN as ROUTES

SYN = 2
TCP = packet(proto=6, sport=1111, dport=80, flags=SYN)
V6 = packet("2001:db8::1", "2001:db8:1::1", proto=6, sport=1111, dport=80, flags=SYN)


def parsed(text: str) -> Parsed:
    return nftables.parse(Source("fw.nft", tuple(text.splitlines())), "fw")


def forward(*rules: str, more: str = "", family: str = "inet") -> Device:
    return parsed(ruleset(*rules, more=more, family=family)).devices[0]


def ruleset(*rules: str, more: str = "", family: str = "inet", hook: str = "forward") -> str:
    text = "\n".join(rules)
    return (f"table {family} t {{\n{more}\nchain f {{\ntype filter hook {hook} priority 0; policy drop;\n"
            f"{text}\n}}\n}}\n")  # fmt: skip


def test_stages_come_by_hook_and_priority_and_translation_at_its_own_place() -> None:
    text = """
table ip nat {
  chain out { type nat hook postrouting priority -500; masquerade; }
  chain in { type nat hook prerouting priority 500; dnat to 10.9.0.1; }
}
table inet filter {
  chain late { type filter hook forward priority filter + 5; policy drop; }
  chain early { type filter hook forward priority filter - 5; policy drop; }
  chain mangle { type filter hook prerouting priority -50; policy drop; }
  chain raw { type filter hook prerouting priority raw; policy drop; }
  chain in { type filter hook input priority 0; policy drop; }
}"""
    (vrf,) = parsed(text).devices[0].vrfs
    named = [s.rules.name if isinstance(s, Filter | Translate) else "routing" for s in vrf.stages]
    assert named == ["inet/filter/raw", "ip/nat/in", "inet/filter/mangle", "routing", "inet/filter/early",
                     "inet/filter/late", "ip/nat/out"]  # fmt: skip
    assert sum(isinstance(stage, Routing) for stage in vrf.stages) == 1
    assert [s.rules.name for s in vrf.local if isinstance(s, Filter)] == ["inet/filter/in"]


def test_a_table_of_one_family_does_not_filter_the_other() -> None:
    device = forward("ip saddr 10.0.0.0/8 accept", family="ip")
    assert passes(device, TCP) is True
    assert passes(device, V6) is True
    assert passes(forward("ip saddr 10.0.0.0/8 accept"), V6) is False


@pytest.mark.parametrize(
    ("rule", "accepted"),
    [
        ("ip6 saddr 2001:db8::/32 tcp dport 80 accept", True),
        ("ip6 daddr 2001:db8:1::1-2001:db8:1::9 accept", True),
        ("ip6 saddr != 2001:db8::1 accept", False),
        ("ip6 saddr & ffff:ffff:: == 2001:db8:: accept", True),
        ("ip6 saddr { ::ffff:0.0.0.0/96, 2001:db8::/32 } accept", True),
        ("ip6 saddr { ::/96, ::ffff:192.0.2.0/120 } accept", False),
        ("ip6 nexthdr tcp accept", True),
        ("ip6 nexthdr { udp, icmpv6 } accept", False),
        ("meta nfproto ipv6 tcp dport http accept", True),
        ("ip6 saddr . tcp dport { 2001:db8::1 . 80 } accept", True),
        ("ip saddr 10.0.0.0/8 accept", False),
        ("icmpv6 type nd-neighbor-solicit accept", False),
    ],
)
def test_ipv6(rule: str, accepted: bool) -> None:
    assert passes(forward(rule), V6) is accepted


def test_variables_and_commands_of_scripts() -> None:
    text = """#!/usr/sbin/nft -f
flush ruleset
define lan = 10.1.0.0/24
define ports = { 80,
  443 }
add table inet t
add chain inet t f { type filter hook forward priority 0; policy drop; }
add rule inet t f ip saddr $lan tcp dport $ports accept
add set inet t bad { type ipv4_addr; }
insert rule inet t f ip daddr @bad drop
add element inet t bad { 10.2.0.9 }
"""
    result = parsed(text)
    assert not result.account.not_understood
    device = result.devices[0]
    assert passes(device, TCP) is True
    assert passes(device, replace(TCP, dport=81)) is False
    assert passes(device, replace(TCP, dst=TCP.dst + 7)) is False


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('include "/etc/nftables/*.nft"\n', "included files are not read"),
        ("delete rule inet t f handle 4\n", "is not done"),
        ("add rule inet t f index 1 accept\n", "given by number"),
        ("table inet t {\nchain f {\naccept\n", "may be cut short"),
        ("table inet t {\nsurprise x {\n}\n}\n", "is not known in a table"),
        ("frobnicate\n", "no command of nft"),
        ("\n\n", "no table of nftables"),
    ],
)
def test_what_is_not_read_makes_the_box_uncertain(text: str, reason: str) -> None:
    result = parsed(text)
    assert any(reason in m.reason and m.concern is Concern.FILTER for m in result.devices[0].uncertain)


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ("ip saddr 10.1.0.2 frobnicate 7 accept", "is no statement"),
        ("ip saddr 10.1.0.2 queue num 0 bypass", "a program decides"),
        ("ip saddr 10.1.0.2 jump nowhere", "is not in this table"),
        ("ip saddr 10.1.0.2 ip daddr @missing accept", "is not in this table"),
        ("ip saddr 10.1.0.2 tcp dport ninetythree accept", "is not known here"),
        ("ip saddr 10.1.0.2 ct state != new,established accept", "list of flags"),
        ('ip saddr 10.1.0.2 xt match "string" accept', "made by iptables"),
        ("ip saddr 10.1.0.2 ip daddr vmap @missing", "is not in this table"),
    ],
)
def test_a_rule_not_understood_is_bounded_by_what_is(rule: str, reason: str) -> None:
    result = parsed(ruleset(rule))
    (entry,) = result.account.not_understood
    assert reason in entry.reason
    assert entry.bounded
    assert not result.devices[0].uncertain
    assert passes(result.devices[0], TCP) is None
    assert passes(result.devices[0], replace(TCP, src=TCP.src + 1)) is False


def test_a_rewrite_of_the_packet_itself_makes_the_box_uncertain() -> None:
    (entry,) = forward("ip daddr set 10.9.0.1").uncertain
    assert entry.concern is Concern.NAT


@pytest.mark.parametrize(
    "rule",
    [
        "limit rate 5/second accept", "ct count over 20 accept", "quota until 10 mbytes accept", "meta skuid 0 accept",
        'meta hour "08:00"-"17:00" accept', "numgen random mod 2 0 accept", "tcp option maxseg size 1460 accept",
        "meta pkttype broadcast accept", "ip ttl < 5 accept", "fib saddr . iif oif exists accept",
        "ct mark 5 ct state established accept", "add @d { ip saddr } accept", "ip saddr @d accept",
        "ip saddr @e accept", "meta l4proto tcp flow add @f accept", "tcp option maxseg size set 1400 accept",
    ],
)  # fmt: skip
def test_what_the_file_cannot_decide_may_hold(rule: str) -> None:
    sets = ("set d { type ipv4_addr; flags dynamic,timeout; timeout 1m; elements = { 10.1.0.2 expires 3s }\n}\n"
            "set e { type ipv4_addr; flags dynamic;\n}\nchain x { update @e { ip saddr }\n}")  # fmt: skip
    result = parsed(ruleset(rule, more=sets))
    assert not result.account.not_understood
    established = replace(TCP, state=1) if "established" in rule else TCP
    assert passes(result.devices[0], established) is None
    assert passes(result.devices[0], V6) in (None, False)


def test_own_addresses_are_known_with_the_interfaces() -> None:
    device = forward("fib daddr type local accept")
    routes = "1: lo: <UP>\n    inet 127.0.0.1/8 scope host lo\n2: eth1: <UP>\n    inet 10.2.0.2/24 scope global eth1\n"
    table = ROUTES.parse(Source("r", tuple(routes.splitlines())), "fw").devices[0]
    assert passes(device, TCP) is None
    assert passes(with_routes(device, table), TCP) is True
    assert passes(with_routes(device, table), replace(TCP, dst=TCP.dst + 1)) is False


def test_tables_that_filter_no_ip_are_ignored_with_the_reason() -> None:
    chain = "chain c {\ntype filter hook forward priority 0; policy drop;\n}\n}\n"
    arp = parsed(f"table arp a {{\n{chain}" + ruleset("accept"))
    assert arp.account.ignored["filters ARP, not IP packets"] == 5
    dormant = parsed(f"table inet d {{\nflags dormant\n{chain}" + ruleset("accept"))
    assert dormant.account.ignored["the table is dormant: the kernel does not ask it"] == 6
    assert passes(arp.devices[0], TCP) is passes(dormant.devices[0], TCP) is True


def test_a_bridge_that_drops_may_drop_what_is_routed() -> None:
    bridge = "table bridge b {\nchain c {\ntype filter hook forward priority 0;\nip saddr 10.1.0.9 drop\n}\n}\n"
    result = parsed(bridge + ruleset("accept"))
    assert passes(result.devices[0], TCP) is None
    assert [m.bounded for m in result.account.not_understood] == [True]


def test_equal_priorities_matter_only_where_one_changes_packets() -> None:
    one = "table inet {0} {{\nchain c {{\ntype {1} priority 0; policy accept;\n{2}\n}}\n}}\n"
    filters = parsed(one.format("a", "filter hook forward", "drop") + one.format("b", "filter hook forward", "accept"))
    assert not filters.devices[0].uncertain
    nat = "nat hook prerouting"
    both = parsed(one.format("a", nat, "dnat ip to 10.9.0.1") + one.format("b", nat, "dnat ip to 10.9.0.2"))
    assert {m.concern for m in both.devices[0].uncertain} == {Concern.NAT}
    marks = parsed(one.format("a", "filter hook forward", "meta mark set 1")
                   + one.format("b", "filter hook forward", "meta mark 1 drop"))  # fmt: skip
    assert {m.concern for m in marks.devices[0].uncertain} == {Concern.FILTER}


def test_a_counter_chooses_from_a_pool() -> None:
    text = """table ip nat {
  chain in { type nat hook prerouting priority dstnat;
    dnat to numgen inc mod 2 map { 0 : 10.9.0.1, 1 : 10.9.0.2 }
  }
}"""
    result = parsed(text)
    assert not result.account.not_understood
    (rule,) = result.devices[0].vrfs[0].lists["ip/nat/in"].rules
    assert "168361985, 168361986" in repr(rule)


TRACKING = "ct state invalid drop"


@pytest.mark.parametrize(
    ("rules", "family", "answer"),
    [
        (["udp dport 53 accept"], "inet", None),
        (["udp dport 53 accept"], "ip", None),
        (["tcp dport 53 accept"], "inet", False),
        (["meta l4proto udp accept"], "inet", True),
        (["udp dport { 53, 54 } drop", "accept"], "inet", None),
        (["udp dport vmap { 53 : drop, 54 : jump x }", "accept"], "inet", None),
        (["udp dport != 53 drop", "accept"], "inet", None),
        ([TRACKING, "udp dport 53 accept"], "inet", False),
        ([TRACKING, "udp dport 53 drop", "accept"], "ip", True),
        (["ip saddr 10.1.0.0/16 accept", "udp dport 53 drop"], "inet", True),
    ],
)
def test_ports_of_a_later_fragment(rules: list[str], family: str, answer: bool | None) -> None:
    """What stands there in place of ports may be anything; where connections are tracked, no fragment comes."""
    device = forward(*rules, more="chain x {\naccept\n}", family=family)
    assert passes(device, packet(proto=17, fragment=1)) is answer


def test_tracking_of_one_family_leaves_fragments_of_the_other() -> None:
    text = (
        ruleset("udp dport 53 accept", family="ip6")
        + "table ip u {\nchain p {\ntype nat hook prerouting priority 0;\n}\n}\n"
    )
    made = parsed(text).devices[0]
    assert passes(made, packet("fd00::1", "fd00::2", proto=17, fragment=1)) is None


def test_a_rule_that_often_changes_what_it_asks_is_cut() -> None:
    endless = " ".join(f"meta mark {n} meta mark set {n + 1}" for n in range(2000))
    account = parsed(ruleset(f"{endless} accept")).account
    assert "too often" in account.not_understood[0].reason


def test_evidence_is_the_line() -> None:
    device = forward("counter", "ip saddr 10.1.0.2 \\", "  accept comment \"why\"")  # fmt: skip
    rule = device.vrfs[0].lists["inet/t/f"].rules[1]
    assert (rule.span.first, rule.span.last) == (6, 7)
    assert getattr(rule, "comment", "") == "why"


def test_chains_that_call_each_other_deeply_are_cut() -> None:
    chains = "".join(f"chain c{n} {{ jump c{n + 1}\n}}\n" for n in range(70))
    result = parsed(ruleset("jump c0", more=chains + "chain c70 { jump c0\n}\n"))
    assert any("circle" in m.reason for m in result.account.not_understood)
    assert outcomes(result.devices[0], TCP)


def test_ten_thousand_rules_take_about_a_second() -> None:
    rules = [f"ip saddr 10.{n >> 8}.{n & 255}.0/24 ip daddr 192.0.2.{n % 250} tcp dport {n % 6000 + 1} counter accept"
             for n in range(10_000)]  # fmt: skip
    source = Source("fw.nft", tuple(ruleset(*rules).splitlines()))
    result = nftables.parse(source, "fw")
    assert len(result.devices[0].vrfs[0].lists["inet/t/f"].rules) == 10_000


@pytest.mark.parametrize(
    ("text", "confidence"),
    [
        ("table inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter; policy accept;\n", 0.95),
        ("table ip x {\n}\n", 0.7),
        ("*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n", 0.0),
        ('{"nftables": []}', 0.0),
        ("hostname router\n", 0.0),
    ],
)
def test_sniff(text: str, confidence: float) -> None:
    assert nftables.PLUGIN.sniff(Source("f", tuple(text.splitlines()))) == confidence


WORDS = ("table", "inet", "ip", "t", "{", "}", "chain", "c", "type", "filter", "hook", "forward", "priority", "0", ";",
         "policy", "drop", "accept", "\n", "ip6", "saddr", "10.0.0.0/8", "10.0.0.1-10.0.0.9", "tcp", "dport", "80",
         "vmap", "map", ":", ",", "@s", "set", "elements", "=", "flags", "jump", "goto", "!=", "&", "|", "(", ")", ".",
         "meta", "mark", "ct", "state", "new", "dnat", "to", "[", "]", "fe80::1", "define", "x", "$x", "add", "rule",
         "limit", "rate", "1/second", "log", "prefix", '"a b"', "numgen", "inc", "mod", "fib", "type", "#", "\\",
         "update", "reject", "with", "icmp", "nat", "prerouting", "masquerade", "flush", "ruleset", "*",
         "0x10")  # fmt: skip


@given(st.lists(st.sampled_from(WORDS), max_size=60))
def test_any_words_are_accounted_for(words: list[str]) -> None:
    accounted(Source("f", tuple(" ".join(words).split("\n"))))


@given(st.text(max_size=300))
def test_any_text_is_accounted_for(text: str) -> None:
    accounted(Source("f", tuple(text.split("\n"))))


@pytest.mark.parametrize("text", ["{" * 5000, "ip saddr {" * 3000, "(" * 5000, "a & " * 5000, "\\" * 9999, "a:" * 9999,
                                  "ct " * 9999, '"' * 9999, "jump " * 9999])  # fmt: skip
def test_nesting_and_length_are_bounded(text: str) -> None:
    accounted(Source("f", tuple(ruleset(text).splitlines())))


def accounted(source: Source) -> None:
    for plugin in (nftables.PLUGIN, nftables_json.PLUGIN):
        assert 0 <= plugin.sniff(source) <= 1
        result = plugin.parse(source, "fw")
        account = result.account
        total = account.understood + sum(account.ignored.values()) + len(account.not_understood)
        assert total == account.total == len(source.lines)


def test_nothing_skipped_is_taken_for_harmless() -> None:
    """A line that no one read is never merely of no concern."""
    result = parsed("table inet t {\nchain f {\nfrob {\ndrop\n}}\nset s {\nnonsense\n}\n}\nrubbish { x\ny\n")
    assert all(m.concern is not Concern.OTHER for m in result.account.not_understood)


NAMED_SET = """table ip t {
	set s {
		type ipv4_addr . inet_service
		size 65535
		flags interval,timeout
		timeout 1h30m
		elements = { 10.1.0.0/16 . 80 timeout 5m expires 4m2s counter packets 3 bytes 180 comment "of a ticket",
			10.2.0.1 . 443 limit rate over 5/second burst 5 packets }
	}
	map m {
		type inet_service : verdict
		elements = { 80 : accept, 443 : drop }
	}
}
"""


def test_sets_as_nft_lists_them_are_understood() -> None:
    assert not parsed(NAMED_SET).account.not_understood


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("inet_service\n\t\tsize", "inet_service more\n\t\tsize", 3),
        ("size 65535", "size many", 4),
        ("timeout 1h30m", "timeout 1h30m or so", 6),
        (": verdict", ": verdict more", 11),
        ("80 : accept", "80 : accept more", 12),
        ('"of a ticket"', '"of a ticket" more', 7),
        ("443 limit", "443 more limit", 8),
    ],
)
def test_words_that_a_set_cannot_have_are_said(old: str, new: str, line: int) -> None:
    account = parsed(NAMED_SET.replace(old, new)).account
    assert line in {m.span.first for m in account.not_understood}
    assert all(m.concern is Concern.FILTER for m in account.not_understood)
