"""What single commands show."""

from dataclasses import replace

import pytest

from tests.reports.sample import FLOW, REPORT
from zoneguard.loading.values import addresses
from zoneguard.model.addresses import V6, parse_address
from zoneguard.model.device import (
    Deny,
    Device,
    EgressAddress,
    Filter,
    Interface,
    InterfaceAddress,
    Jump,
    KeepHost,
    LineAccount,
    NatRule,
    Permit,
    Return,
    Route,
    RouteKind,
    Routing,
    Rule,
    RuleList,
    SetTo,
    Translate,
    Vrf,
)
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import ALWAYS, NEVER, All, AnyOf, Bits, Egress, Field, In, Ingress, Match, Not, Unknown
from zoneguard.model.spans import SourceSpan
from zoneguard.reports._page import Page
from zoneguard.reports.views.flowing import write_flows
from zoneguard.reports.views.matching import match_text
from zoneguard.reports.views.parsing import parsed_json, write_parsed

LINE = SourceSpan("gw.rules", 5, 5)
WEB = All((In(Field.PROTO, Intervals.of(6)), In(Field.DPORT, Intervals.of(80, 443))))


@pytest.mark.parametrize(
    ("match", "text"),
    [
        (ALWAYS, "any"),
        (NEVER, "nothing"),
        (WEB, "proto tcp and dport 80, 443"),
        (In(Field.SRC, addresses("10.0.0.0/8")), "src 10.0.0.0/8"),
        (In(Field.DPORT, Intervals.span(1, 9)), "dport 1-9"),
        (In(Field.ICMP, Intervals.of(0x0304)), "icmp 3:4"),
        (In(Field.STATE, Intervals.of(0, 1)), "state new-established"),
        (In(Field.MAC, Intervals.of(0x5E005320)), "mac 00:00:5e:00:53:20"),
        (Not(Ingress(frozenset({"eth1", "eth0"}))), "not in eth0, eth1"),
        (Egress(frozenset({"ppp*"})), "out ppp*"),
        (AnyOf((WEB, Unknown("geography:JP", LINE))), "(proto tcp and dport 80, 443) or unknown(geography:JP)"),
        (Bits(Field.FLAGS, 2, 0x17), "flags & 0x17 = 0x2"),
        (
            Bits(Field.SRC, parse_address("10.0.0.1"), parse_address("255.0.0.255")),
            "src 10.0.0.1 under mask 255.0.0.255",
        ),
        (In(Field.DPORT, Intervals.from_spans((i, i) for i in range(1, 40, 2))), "dport 1, 3, 5, 7, 9, 11, 13, 15, …"),
    ],
)
def test_conditions_in_words(match: Match, text: str) -> None:
    assert match_text(match) == text


def test_deep_conditions_end() -> None:
    match: Match = ALWAYS
    for _ in range(200):
        match = Not(All((match,) * 50))
    assert "(…)" in match_text(match)
    assert len(match_text(match)) < 10_000


def device() -> Device:
    filters = RuleList(
        "FORWARD",
        (
            Rule(WEB, Permit(), LINE, name="web"),
            Rule(ALWAYS, Jump("log"), LINE, enabled=False),
            Rule(ALWAYS, Deny(reject=True), LINE),
        ),
        Deny(),
        LINE,
    )
    translations = RuleList(
        "nat",
        (
            NatRule(WEB, LINE, (SetTo(Field.DST, addresses("10.9.9.9")),), "VIP web"),
            NatRule(WEB, LINE, (EgressAddress(), KeepHost(Field.SRC, parse_address("10.8.0.0"), 8))),
            NatRule(WEB, LINE),
        ),
        Return(),
        LINE,
    )
    vrf = Vrf(
        "default",
        frozenset({"eth0", "eth1"}),
        (
            Route(0, 0, LINE, next_hop=parse_address("10.1.0.254"), interface="eth0"),
            Route(V6, 0, LINE, RouteKind.BLACKHOLE),
        ),
        (Translate(translations, Field.DST, frozenset({"eth0"})), Routing(), Filter(filters)),
        lists={"log": RuleList("log", (), Return(), LINE)},
    )
    interfaces = (
        Interface("eth0", LINE, (InterfaceAddress(parse_address("10.1.0.1"), 24),), zone="outside"),
        Interface("eth1", LINE, enabled=False),
    )
    return Device("gw", "linux", interfaces, (vrf,), LINE)


def test_the_model_in_text() -> None:
    page = Page("en", terminal=False)
    write_parsed(page, (device(),), REPORT.accounts[0])
    text = " ".join(page.encode().decode().split())
    for said in (
        "100 lines: 80 understood, 18 ignored, 2 not understood",
        "ignored 18: blank or comment",
        "configs/uplink.conf:7 [filter]",
        "ip foo bar",
        "configs/uplink.conf:9 [other]",
        "eth0 10.1.0.1/24 outside",
        "eth1 - (disabled)",
        "0.0.0.0/0 → 10.1.0.254 eth0 static gw.rules:5",
        "::/0 → blackhole gw.rules:5",
        "translate dst nat in eth0",
        "VIP web proto tcp and dport 80, 443 ⇒ set to dst 10.9.9.9",
        "⇒ egress address, keep host src 10.8.0.0 8",
        "⇒ exempt",
        "filter FORWARD",
        "permit proto tcp and dport 80, 443",
        "(disabled) jump log any",
        "deny reject any",
        "default deny",
        "list log",
    ):
        assert said in text


def test_the_model_in_json() -> None:
    shown = parsed_json((device(),), LineAccount("gw.rules", "iptables", 1, 1, {}))
    assert (shown["schema"], shown["format"], shown["account"]["total"]) == ("zoneguard.parse/1", "iptables", 1)
    (gateway,) = shown["devices"]
    assert gateway["interfaces"][0]["addresses"] == [
        {"type": "InterfaceAddress", "address": "10.1.0.1", "length": 24, "span": None}
    ]
    vrf = gateway["vrfs"][0]
    assert vrf["interfaces"] == ["eth0", "eth1"]
    assert vrf["routes"][0]["next_hop"] == "10.1.0.254"
    assert vrf["routes"][0]["span"] == {"file": "gw.rules", "line": 5, "last_line": 5}
    rule = vrf["stages"][2]["rules"]["rules"][0]
    assert rule["action"] == {"type": "Permit"}
    assert rule["match"]["parts"][1] == {"type": "In", "field": "dport", "values": ["80", "443"]}
    assert vrf["stages"][0]["rules"]["rules"][0]["rewrites"][0]["values"] == ["10.9.9.9"]
    assert list(vrf["lists"]) == ["log"]


def test_flows_one_a_line() -> None:
    six = replace(FLOW, src=parse_address("2001:db8::1"), sport=0, dst=parse_address("2001:db8::2"), tunnel=("gre",))
    page = Page("en", terminal=False)
    write_flows(page, [FLOW, six])
    first, second = page.encode().decode().splitlines()
    assert "tcp    10.30.10.10:40000 > 10.20.10.10:25" in first
    assert "closed" in first
    assert "12/10 packets, 9000/800 bytes  captures/lg-edge.pcap#17" in first
    assert "2001:db8::1 > [2001:db8::2]:25" in second
    assert second.endswith("in gre")
    assert first.index("closed") == second.index("closed")
