"""``nft -j list ruleset``: the same device as the text gives, line by line where there are lines."""

from __future__ import annotations

import json
from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.parsers import nftables_wire
from tests.parsers.iptables_run import packet, passes
from tests.parsers.nftables_wire import NftWire
from zoneguard.model.device import Concern
from zoneguard.parsers import Parsed, Source, nftables, nftables_json
from zoneguard.parsers._nftables.json_reader import JsonReader
from zoneguard.parsers._nftables.reader import Reader
from zoneguard.parsers._nftables.tree import Ruleset
from zoneguard.parsers.accounting import Ledger

Json = dict[str, object]
TABLE: Json = {"table": {"family": "inet", "name": "t", "handle": 1}}
CHAIN: Json = {"chain": {"family": "inet", "table": "t", "name": "f", "type": "filter", "hook": "forward", "prio": 0,
                         "policy": "drop"}}  # fmt: skip


def rule(*statements: object) -> Json:
    return {"rule": {"family": "inet", "table": "t", "chain": "f", "handle": 2, "expr": list(statements)}}


def compare(protocol: str, field: str, right: object, op: str = "==") -> Json:
    return {"match": {"op": op, "left": {"payload": {"protocol": protocol, "field": field}}, "right": right}}


def parsed(*objects: object, indent: int | None = None) -> Parsed:
    text = json.dumps({"nftables": objects}, indent=indent)
    return nftables_json.parse(Source("fw.json", tuple(text.split("\n"))), "fw")


TCP = packet(proto=6, sport=1111, dport=80, flags=2)


def test_a_rule_is_read() -> None:
    result = parsed({"metainfo": {"version": "1.0.6"}}, TABLE, CHAIN,
                    rule(compare("ip", "saddr", {"prefix": {"addr": "10.1.0.0", "len": 24}}),
                         compare("tcp", "dport", {"set": [22, {"range": [80, 90]}]}), {"accept": None}))  # fmt: skip
    assert not result.account.not_understood
    assert passes(result.devices[0], TCP) is True
    assert passes(result.devices[0], packet(proto=6, dport=91)) is False


def test_evidence_is_the_line_where_there_are_lines() -> None:
    result = parsed({"metainfo": {}}, TABLE, CHAIN, rule({"accept": None}), rule({"mystery": 1}), indent=1)
    first, last = (r.span for r in result.devices[0].vrfs[0].lists["inet/t/f"].rules[:2])
    assert first.first < first.last < last.first
    assert {m.span.first for m in result.account.not_understood} == set(range(last.first, last.last + 1))
    assert result.account.ignored["about the export itself"] == 3


@pytest.mark.parametrize(
    "statement",
    [{"mystery": None}, {"match": {"op": "~", "left": 1, "right": 2}}, {"jump": {"target": "nowhere"}}, {"queue": {}},
     {"match": {"op": "==", "left": {"nonsense": {}}, "right": 2}}, {"xt": {"type": "match", "name": "string"}}, 7,
     {"match": {"op": "==", "left": {"payload": {"protocol": "tcp", "field": "dport"}}, "right": 1.5}}],
)  # fmt: skip
def test_a_rule_not_understood_is_bounded_by_what_is(statement: object) -> None:
    result = parsed(TABLE, CHAIN, rule(compare("ip", "saddr", "10.1.0.2"), statement))
    (entry,) = result.account.not_understood
    assert entry.bounded
    assert not result.devices[0].uncertain
    assert passes(result.devices[0], TCP) is None
    assert passes(result.devices[0], packet("10.1.0.3")) is False


@pytest.mark.parametrize("cut", [20, 60, 150, 250])
def test_a_file_cut_short_is_uncertain(cut: int) -> None:
    text = json.dumps({"nftables": [TABLE, CHAIN, rule({"accept": None})]})[:cut]
    device = nftables_json.parse(Source("fw.json", (text,)), "fw").devices[0]
    assert [m.concern for m in device.uncertain] == [Concern.FILTER]


@pytest.mark.parametrize(
    "unread",
    [
        {"delete": {"rule": {}}},
        {"flush": {"ruleset": None}},
        {"rule": 3},
        5,
        {"frob": {}},
        {"chain": {"table": "t", "name": "g", "hook": "input", "policy": "maybe"}},
    ],
)
def test_an_object_not_read_makes_the_box_uncertain(unread: object) -> None:
    assert parsed(TABLE, CHAIN, unread).devices[0].uncertain


def test_sniff() -> None:
    assert nftables_json.PLUGIN.sniff(Source("f", ('{"nftables": [', "]}"))) == 1.0
    assert nftables_json.PLUGIN.sniff(Source("f", ("{", ' "nftables":', " [", "]}"))) == 1.0
    assert nftables_json.PLUGIN.sniff(Source("f", ('{"devices": []}',))) == 0.0


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["10.0.0.1", "@s", "tcp", "*", "accept"]),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["match", "op", "left", "right", "payload", "protocol", "field", "set", "concat", "vmap", "key",
                         "data", "dnat", "addr", "port", "range", "prefix", "len", "map", "mangle", "value", "meta",
                         "ct", "fib", "&", "elem", "val", "jump", "target", "accept", "limit", "reject", "numgen"]),
        inner, max_size=3,
    ),
    max_leaves=12,
)  # fmt: skip


@given(st.lists(VALUES, max_size=4), VALUES)
def test_any_json_is_accounted_for(statements: list[object], other: object) -> None:
    result = parsed(TABLE, CHAIN, rule(*statements), {"set": {"name": "s", "table": "t", "elem": other}}, other)
    account = result.account
    total = account.understood + sum(account.ignored.values()) + len(account.not_understood)
    assert total == account.total


@pytest.mark.parametrize(
    "text",
    [
        '{"nftables":[' + "[" * 100_000,
        '{"nftables":[' + '{"a":' * 100_000,
        '{"nftables":[{"rule":{"expr":[' + '{"&":[' * 200 + "]}" * 200 + "]}}]}",
    ],
)
def test_nesting_is_bounded(text: str) -> None:
    assert nftables_json.parse(Source("f", (text,)), "fw").account.not_understood


@pytest.fixture(scope="module")
def wire() -> Iterator[NftWire]:
    yield from nftables_wire.opened()


MATCHES = (
    "ip saddr {a}",
    "ip daddr != {a}",
    "ip saddr {{ {a}, {b} }}",
    "ip6 daddr fe80::/10",
    "tcp dport {p}",
    "udp sport != {p}",
    "tcp dport {p}-60000",
    "meta l4proto {{ tcp, udp }} th dport {p}",
    'iifname "eth{p}*"',
    'oifname {{ "lo", "eth1*" }}',
    "ct state new",
    "ct state established,related",
    "ct state {{ new, invalid }}",
    "ct state != new",
    "ip saddr . tcp dport {{ {a} . {p}, {b} . 1-9 }}",
    "ip daddr @s",
    "ip daddr . udp dport != @c",
    "icmp type echo-request",
    "icmpv6 type {{ 133, echo-reply }}",
    "tcp flags syn",
    "tcp flags & (fin | syn | ack) == syn",
    "tcp flags ! fin,rst",
    "meta mark {p}",
    "meta mark & 0xff != 0x{p}",
    "ct mark {p}",
    "ip protocol gre",
    "ip6 nexthdr udp",
    "meta nfproto ipv4",
    "ether saddr 00:11:22:33:44:55",
    "ip saddr & 255.0.0.255 == 10.0.0.7",
    "limit rate {p}/minute",
    "ct status dnat",
    "ct original ip daddr {a}",
    "ct direction original",
    "fib daddr type local",
    "fib saddr . iif oif missing",
    "ip ttl {{ 1, 64-128 }}",
    "ip dscp ef",
    "meta skuid 0",
    "counter",
    "tcp dport > {p}",
    "numgen inc mod 3 1",
    "ip frag-off & 0x1fff != 0",
    "rt classid 5",
    'meta hour "08:00"-"17:00"',
    "add @d {{ ip saddr timeout 1m }}",
    "meta mark set {p}",
    "meta mark set meta mark & 0xf0 | 0x{p}",
    "ct mark set meta mark",
    "meta mark set ip saddr map @m",
)
ENDS = (
    "accept",
    "drop",
    "return",
    "jump x",
    "goto x",
    "reject",
    "reject with icmp host-unreachable",
    "continue",
    "",
    "tcp dport vmap {{ {p} : accept, 60000-60009 : jump x, * : drop }}",
    "ip saddr vmap @v",
    'counter comment "why {p}"',
)
NATS = (
    "dnat ip to {a}",
    "tcp dport {p} dnat ip to {a}-{b}:{p}",
    "dnat ip6 to fe80::1",
    "tcp dport {p} redirect to :{p}",
    "dnat ip to ip saddr map @m2",
    "dnat ip to numgen inc mod 2 map {{ 0 : {a}, 1 : {b} }}",
    "redirect",
    "dnat ip prefix to ip daddr map {{ 10.1.0.0/24 : 10.2.0.0/24 }}",
    "ip saddr {a} accept",
    "dnat ip to ip saddr . tcp dport map {{ {a} . {p} : {b} . {p} }}",
)
FRAME = """
table inet t {{
  set s {{ type ipv4_addr; flags interval; elements = {{ 10.0.0.0/8, 192.168.1.1-192.168.1.9 }}; }}
  set c {{ type ipv4_addr . inet_service; elements = {{ 10.0.0.1 . 80 }}; }}
  set d {{ type ipv4_addr; flags dynamic,timeout; size 99; elements = {{ 1.2.3.4 timeout 1h }}; }}
  map m {{ type ipv4_addr : mark; elements = {{ 10.0.0.1 : 5, 10.0.0.2 : 0x10 }}; }}
  map m2 {{ type ipv4_addr : ipv4_addr; elements = {{ 10.0.0.1 : 10.2.0.1 }}; }}
  map v {{ type ipv4_addr : verdict; flags interval; elements = {{ 10.0.0.0/9 : accept, * : goto x }}; }}
  chain x {{
{x}
  }}
  chain f {{ type filter hook forward priority {prio}; policy drop;
{f}
  }}
  chain n {{ type nat hook prerouting priority dstnat + 1;
{n}
  }}
}}
"""


def random_ruleset(chosen: Random) -> str:
    def filled(template: str) -> str:
        a, b = sorted(chosen.sample(range(1, 250), 2))
        return template.format(a=f"10.0.0.{a}", b=f"10.0.0.{b}", p=chosen.randint(10, 9999))

    def line() -> str:
        matches = [filled(m) for m in chosen.sample(MATCHES, chosen.randint(0, 3))]
        return " ".join([*matches, filled(chosen.choice(ENDS))])

    lines = "\n".join(line() for _ in range(8))
    translations = "\n".join(filled(chosen.choice(NATS)) for _ in range(4))
    return FRAME.format(x="counter", f=lines, n=translations, prio=chosen.choice(["filter", "-5", "mangle + 3"]))


def tree(reader: type[Reader] | type[JsonReader], text: str) -> Ruleset:
    source = Source("fw", tuple(text.splitlines()))
    return reader(source, Ledger(source, "test")).read()


def without_lines(ruleset: Ruleset) -> list[object]:
    found: list[object] = []
    for key, table in ruleset.tables.items():
        for chain in table.chains.values():
            found.append((key, chain.name, chain.kind, chain.hook, chain.priority, chain.policy))
            found += ((r.number, r.statements, r.comment) for r in chain.rules)
        found += ((s.name, s.timeout, s.elements) for s in sorted(table.sets.values(), key=lambda s: s.name))
    return found


def loaded(wire: NftWire, text: str) -> bool:
    """Whether nft takes it: it refuses rules that contradict themselves, which is about every second ruleset."""
    try:
        wire.load(text)
    except RuntimeError as error:
        if "conflicting" in str(error) or "transport protocol" in str(error):
            return False
        raise
    return True


@pytest.mark.skipif(bool(nftables_wire.unavailable()), reason=nftables_wire.unavailable())
@settings(max_examples=15)
@given(seed=st.integers(0, 1 << 32))
def test_nft_s_own_text_and_json_are_one_tree(wire: NftWire, seed: int) -> None:
    chosen = Random(seed)
    while not loaded(wire, random_ruleset(chosen)):
        pass
    text, in_json = without_lines(tree(Reader, wire.listed())), without_lines(tree(JsonReader, wire.listed("-j")))
    assert text == in_json
    assert not nftables.parse(Source("fw", tuple(wire.listed().splitlines())), "fw").account.not_understood
