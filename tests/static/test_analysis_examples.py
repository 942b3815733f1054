"""Rule analysis by examples: one reason each why a rule never acts, and what must not be blamed."""

from __future__ import annotations

from pathlib import Path

import pytest

from zoneguard.model.addresses import parse_prefix
from zoneguard.model.device import Device, Filter, Interface, Permit, Route, Routing, Rule, RuleList, Vrf
from zoneguard.model.intervals import Intervals
from zoneguard.model.match import All, Egress, Field, In, Ingress, Match
from zoneguard.model.packets import PacketSpace
from zoneguard.model.packets.interval import IntervalEngine
from zoneguard.model.spans import SourceSpan
from zoneguard.parsers.iptables import PLUGIN as IPTABLES
from zoneguard.parsers.reading import read_source
from zoneguard.static.analysis import Analysis, Anomaly, Kind, analyse


def analysed(tmp_path: Path, *rules: str, nat: tuple[str, ...] = (), chains: str = "") -> Analysis:
    """The analysis of an ``iptables-save`` file whose FORWARD chain drops; its first rule is line 1."""
    head = ["*filter", ":INPUT ACCEPT [0:0]", ":FORWARD DROP [0:0]", *(f":{c} - [0:0]" for c in chains.split())]
    tail = ["COMMIT", "*nat", ":PREROUTING ACCEPT [0:0]", ":POSTROUTING ACCEPT [0:0]", *nat, "COMMIT"]
    path = tmp_path / "fw.rules"
    path.write_text("\n".join([*head, *rules, *tail]) + "\n")
    (device,) = IPTABLES.parse(read_source(path, "fw.rules"), "fw").devices
    analysis = analyse(device)
    assert not analysis.skipped
    return analysis


def only(analysis: Analysis) -> Anomaly:
    (anomaly,) = analysis.anomalies
    return anomaly


def test_a_permit_under_a_wider_deny_is_contradicted_with_the_line_that_hides_it(tmp_path: Path) -> None:
    found = only(
        analysed(
            tmp_path,
            "-A FORWARD -s 10.0.0.0/8 -j DROP",
            "-A FORWARD -s 172.16.0.0/12 -j ACCEPT",
            "-A FORWARD -s 10.1.0.0/16 -p tcp -m tcp --dport 443 -j ACCEPT",
        )
    )
    assert (found.kind, found.span.first) == (Kind.CONTRADICTED, 6)
    assert [(c.span.first, c.opposite) for c in found.causes] == [(4, True)]
    assert found.complete
    assert found.witness is not None
    assert (found.witness.proto, found.witness.dport) == (6, 443)


def test_only_the_lines_that_are_needed_are_named_as_causes(tmp_path: Path) -> None:
    halves = ["-A FORWARD -s 10.0.0.0/9 -j DROP", "-A FORWARD -s 10.128.0.0/9 -j DROP"]
    others = [f"-A FORWARD -s 10.{n}.0.0/16 -p udp -j DROP" for n in range(40)]
    found = [
        a
        for a in analysed(tmp_path, *others, *halves, "-A FORWARD -s 10.0.0.0/8 -j ACCEPT").anomalies
        if a.action == "permit"
    ]
    assert [c.span.first for c in found[0].causes] == [44, 45]


def test_a_rule_that_says_the_same_again_is_shadowed(tmp_path: Path) -> None:
    found = only(analysed(tmp_path, "-A FORWARD -p tcp -j ACCEPT", "-A FORWARD -p tcp -m tcp --dport 80 -j ACCEPT"))
    assert (found.kind, [c.span.first for c in found.causes]) == (Kind.SHADOWED, [4])


def test_a_narrow_permit_above_a_wider_one_is_redundant(tmp_path: Path) -> None:
    found = only(analysed(tmp_path, "-A FORWARD -p tcp -m tcp --dport 80 -j ACCEPT", "-A FORWARD -p tcp -j ACCEPT"))
    assert (found.kind, found.span.first, [c.span.first for c in found.causes]) == (Kind.REDUNDANT, 4, [5])


def test_a_last_rule_that_does_what_the_policy_does_names_the_policy(tmp_path: Path) -> None:
    found = only(analysed(tmp_path, "-A FORWARD -p tcp -j ACCEPT", "-A FORWARD -j DROP"))
    assert (found.kind, found.action) == (Kind.REDUNDANT, "deny")
    assert [c.default for c in found.causes] == [True]


def test_a_denial_with_an_answer_is_not_made_needless_by_one_without(tmp_path: Path) -> None:
    assert not analysed(tmp_path, "-A FORWARD -p tcp -j REJECT", "-A FORWARD -s 10.0.0.0/8 -p tcp -j ACCEPT").merges
    found = analysed(tmp_path, "-A FORWARD -p udp -j ACCEPT", "-A FORWARD -p tcp -j REJECT")
    assert not found.anomalies


def test_rules_of_a_chain_that_nothing_calls_are_never_called(tmp_path: Path) -> None:
    found = only(analysed(tmp_path, "-A OLD -p tcp -j ACCEPT", chains="OLD"))
    assert (found.kind, found.rules) == (Kind.NEVER_CALLED, "filter/OLD")


def test_what_its_callers_let_through_bounds_a_chain(tmp_path: Path) -> None:
    found = only(
        analysed(
            tmp_path,
            "-A FORWARD -i eth0 -p tcp -j WEB",
            "-A WEB -p udp -j ACCEPT",
            "-A WEB -p tcp -m tcp --dport 80 -j ACCEPT",
            chains="WEB",
        )
    )
    assert (found.kind, found.span.first) == (Kind.NOT_LET_THROUGH, 6)


def test_an_exception_above_a_rule_is_no_anomaly_but_two_that_cross_are(tmp_path: Path) -> None:
    assert not analysed(
        tmp_path, "-A FORWARD -s 10.1.0.0/16 -p tcp -j DROP", "-A FORWARD -s 10.0.0.0/8 -p tcp -j ACCEPT"
    ).anomalies
    found = only(analysed(tmp_path, "-A FORWARD -s 10.1.0.0/16 -j DROP", "-A FORWARD -p tcp -j ACCEPT"))
    assert (found.kind, [c.span.first for c in found.causes]) == (Kind.PARTLY_SHADOWED, [4])


def test_a_condition_that_cannot_be_decided_hides_nothing_for_certain(tmp_path: Path) -> None:
    found = only(
        analysed(tmp_path, "-A FORWARD -p tcp -m geoip --source-country JP -j DROP", "-A FORWARD -p tcp -j ACCEPT")
    )
    assert found.kind is Kind.UNDETERMINED
    assert found.unknowns


def test_a_mark_that_rules_set_may_have_any_value(tmp_path: Path) -> None:
    found = analysed(
        tmp_path,
        "-A FORWARD -p tcp -j MARK --set-xmark 0x1/0xffffffff",
        "-A FORWARD -m mark --mark 0x1 -j ACCEPT",
        "-A FORWARD -m mark --mark 0x1 -p udp -j DROP",
    )
    assert all(a.kind not in (Kind.SHADOWED, Kind.CONTRADICTED) for a in found.anomalies)


def test_a_translation_that_an_earlier_one_takes_is_contradicted_where_it_differs(tmp_path: Path) -> None:
    first = "-A PREROUTING -d 203.0.113.1/32 -p tcp -j DNAT --to-destination 10.0.0.1"
    other = "-A PREROUTING -d 203.0.113.1/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.0.0.2"
    found = only(analysed(tmp_path, nat=(first, other)))
    assert (found.kind, found.action) == (Kind.CONTRADICTED, "translate")
    again = only(analysed(tmp_path, nat=(first, first)))
    assert again.kind is Kind.SHADOWED


def test_lines_that_differ_in_ports_only_could_be_one(tmp_path: Path) -> None:
    (merge,) = analysed(
        tmp_path,
        "-A FORWARD -s 10.0.0.1/32 -p tcp -m tcp --dport 80 -j ACCEPT",
        "-A FORWARD -s 10.0.0.2/32 -p udp -j DROP",
        "-A FORWARD -s 10.0.0.1/32 -p tcp -m tcp --dport 443 -j ACCEPT",
    ).merges
    assert [s.first for s in merge.spans] == [4, 6]
    assert (merge.field, merge.values) == (Field.DPORT, Intervals.of(80, 443))


def test_lines_without_connection_tracking_could_be_one_too(tmp_path: Path) -> None:
    """There, what a later fragment does is a condition inside each rule."""
    path = tmp_path / "plain.rules"
    accepts = (f"-A FORWARD -s 10.0.0.1/32 -p tcp -m tcp --dport {port} -j ACCEPT" for port in (80, 443))
    path.write_text("\n".join(["*filter", ":FORWARD DROP [0:0]", *accepts, "COMMIT"]) + "\n")
    (device,) = IPTABLES.parse(read_source(path, "plain.rules"), "fw").devices
    (merge,) = analyse(device).merges
    assert (merge.field, merge.values) == (Field.DPORT, Intervals.of(80, 443))


def test_lines_with_an_opposite_rule_between_them_stay_apart(tmp_path: Path) -> None:
    assert not analysed(
        tmp_path,
        "-A FORWARD -s 10.0.0.1/32 -p tcp -m tcp --dport 80 -j ACCEPT",
        "-A FORWARD -p tcp -m tcp --dport 400:500 -j DROP",
        "-A FORWARD -s 10.0.0.1/32 -p tcp -m tcp --dport 443 -j ACCEPT",
        "-A FORWARD -s 10.0.0.1/32 -p tcp -m tcp --dport 400:500 -j ACCEPT",
    ).merges[1:]


SPAN, LINE = SourceSpan("made", 1, 1), SourceSpan("made", 2, 2)


def _router(match: Match, routes: tuple[Route, ...]) -> Device:
    listed = RuleList("list", (Rule(match, Permit(), LINE),), Permit(), SPAN)
    ports = (Interface("in", SPAN), Interface("out", SPAN), Interface("down", SPAN, enabled=False))
    vrf = Vrf("main", frozenset({"in", "out", "down"}), routes, (Routing(), Filter(listed)))
    return Device("r", "made", ports, (vrf,), SPAN)


OUT = Route(10 << 24, 8, SPAN, interface="out")
TO_TEN, ELSEWHERE = (In(Field.DST, parse_prefix(p)) for p in ("10.1.0.0/16", "192.0.2.0/24"))


@pytest.mark.parametrize(
    ("match", "kind"),
    [
        (All((Egress(frozenset({"out"})), TO_TEN)), Kind.REDUNDANT),
        (All((Egress(frozenset({"out"})), ELSEWHERE)), Kind.NO_ROUTE),
        (All((Egress(frozenset({"in"})), TO_TEN)), Kind.NO_ROUTE),
        (All((Ingress(frozenset({"down"})), TO_TEN)), Kind.NO_INTERFACE),
        (All((TO_TEN, ELSEWHERE)), Kind.IMPOSSIBLE),
    ],
)
def test_why_nothing_comes_to_a_rule(match: Match, kind: Kind) -> None:
    for space in (PacketSpace(), PacketSpace(IntervalEngine())):
        assert only(analyse(_router(match, (OUT,)), space)).kind is kind


def test_lists_that_are_too_long_are_skipped_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("zoneguard.static.analysis.MOST_LINES", 0)
    found = analyse(_router(TO_TEN, (OUT,)))
    assert (found.skipped, found.anomalies, found.lines) == ((("r", "main"),), (), 0)


def test_without_routes_nothing_is_said_of_routes() -> None:
    assert only(analyse(_router(All((Egress(frozenset({"out"})), ELSEWHERE)), ()))).kind is Kind.REDUNDANT


def test_lists_that_call_each_other_in_a_circle_are_analysed(tmp_path: Path) -> None:
    found = analysed(
        tmp_path,
        "-A FORWARD -j A",
        "-A A -p tcp -j B",
        "-A B -p tcp -j A",
        "-A FORWARD -p udp -j ACCEPT",
        "-A FORWARD -p udp -j DROP",
        chains="A B",
    )
    assert [(a.span.first, a.kind) for a in found.anomalies if a.kind is Kind.CONTRADICTED] == [(10, Kind.CONTRADICTED)]
